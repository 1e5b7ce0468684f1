//! Adobe's gateways and the merchant registry behind them, over HTTPS.
//!
//! Facts: docs/facts.md, Gateway protocol, Gateway errors, Merchant registry. Only the two
//! addresses of the settings are ever asked. Tokens go into headers marked as sensitive and
//! nowhere else; no error and no log line holds one. Not here: signing tokens
//! ([`crate::crypto`]) and what an answer means for a connection (the core).

mod answer;

use std::sync::OnceLock;

use async_trait::async_trait;
use patchbay_core::config::Purpose;
use patchbay_core::id::{DataSpaceId, ProjectId};
use patchbay_core::ports::gateway::{Answered, Bearer, Gateway, GatewayError, Rejection};
use patchbay_core::registry::DataSpace;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

use crate::http::{self, Base, HttpSetupError, Patience, ProxyAddress, Trouble};
use answer::{Rows, not_the_gateway};

/// Adobe's own gateway for production keys (docs/facts.md, Switches and endpoints).
pub const PRODUCTION_GATEWAY: &str = "https://commerce.adobe.io/";

/// Adobe's own gateway for sandbox keys.
pub const SANDBOX_GATEWAY: &str = "https://commerce-beta.adobe.io/";

/// The most bytes a token may have; ours have about 900.
const TOKEN_MAX: usize = 8 * 1024;

/// Which gateways to ask and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Base address for production keys: https, or plain http to this computer itself.
    pub production: String,
    /// Base address for sandbox keys.
    pub sandbox: String,
    /// How long a request may take.
    pub patience: Patience,
    /// The proxy for everything that leaves this computer, where one is needed.
    pub proxy: Option<ProxyAddress>,
}

impl Default for GatewaySettings {
    /// Adobe's gateways, no proxy.
    fn default() -> Self {
        Self {
            production: PRODUCTION_GATEWAY.to_owned(),
            sandbox: SANDBOX_GATEWAY.to_owned(),
            patience: Patience::default(),
            proxy: None,
        }
    }
}

/// The gateways of the settings.
#[derive(Clone, Debug)]
pub struct HttpGateway {
    /// Made with the first question: reading the computer's certificate authorities takes longer
    /// than everything else a list on the command line does.
    client: OnceLock<Result<Client, HttpSetupError>>,
    patience: Patience,
    proxy: Option<ProxyAddress>,
    production: Base,
    sandbox: Base,
}

impl HttpGateway {
    /// Checks the addresses; asks nobody. A computer without certificate authorities is told with
    /// the first question.
    ///
    /// # Errors
    /// [`HttpSetupError`] for an address that may not be asked.
    pub fn new(settings: &GatewaySettings) -> Result<Self, HttpSetupError> {
        let production = Base::parse("the production gateway", &settings.production)?;
        let sandbox = Base::parse("the sandbox gateway", &settings.sandbox)?;
        Ok(Self {
            client: OnceLock::new(),
            patience: settings.patience,
            proxy: settings.proxy.clone(),
            production,
            sandbox,
        })
    }

    fn client(&self) -> Result<&Client, GatewayError> {
        let plain = self.production.is_plain() && self.sandbox.is_plain();
        let make = || http::client(self.patience, self.proxy.as_ref(), plain);
        self.client
            .get_or_init(make)
            .as_ref()
            .map_err(|error| GatewayError::Unreachable {
                detail: error.to_string(),
            })
    }

    fn base(&self, purpose: Purpose) -> &Base {
        match purpose {
            Purpose::Production => &self.production,
            Purpose::Sandbox => &self.sandbox,
        }
    }

    /// A signed request to something below the registry's prefix.
    fn request(
        &self,
        method: Method,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        path: &[&str],
    ) -> Result<RequestBuilder, GatewayError> {
        let segments = [&["merchant-registry", "v1"], path].concat();
        let api_key = sensitive(bearer.api_key.as_str().as_bytes())?;
        Ok(self
            .client()?
            .request(method, self.base(purpose).below(&segments))
            .header("magento-api-key", api_key.clone())
            .header("x-api-key", api_key)
            .header("x-gw-signature", token(bearer)?)
            .header(CONTENT_TYPE, "application/json"))
    }
}

/// The token as a header. One from an instance may be anything; what is not even built like a
/// token is rejected here as the gateway would, without asking.
fn token(bearer: &Bearer<'_>) -> Result<HeaderValue, GatewayError> {
    let bytes = bearer.token.expose();
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if bytes.is_empty() || bytes.len() > TOKEN_MAX || !bytes.iter().all(alphabet) {
        return Err(unsigned());
    }
    sensitive(bytes)
}

fn sensitive(bytes: &[u8]) -> Result<HeaderValue, GatewayError> {
    let mut value = HeaderValue::from_bytes(bytes).map_err(|_| unsigned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn unsigned() -> GatewayError {
    GatewayError::Rejected {
        kind: Rejection::BadSignature,
        clock_ahead: None,
    }
}

/// Sends a request and reads its answer with `read`.
async fn ask<T>(
    request: RequestBuilder,
    read: impl FnOnce(&http::Answer) -> Result<T, GatewayError>,
) -> Result<Answered<T>, GatewayError> {
    let answer = http::ask(request).await.map_err(failed)?;
    Ok(Answered {
        value: read(&answer)?,
        clock_ahead: answer.clock_ahead,
    })
}

fn failed(trouble: Trouble) -> GatewayError {
    match trouble {
        Trouble::NotReached(detail) => GatewayError::Unreachable { detail },
        Trouble::BrokeOff(detail) => GatewayError::Unreachable {
            detail: format!("the connection broke off: {detail}"),
        },
        Trouble::TimedOut => GatewayError::TimedOut,
        Trouble::Garbage => not_the_gateway("something that is not HTTP"),
        Trouble::TooLarge => not_the_gateway("an answer of more than 1 MiB"),
        Trouble::Redirect(status) => {
            not_the_gateway(&format!("a redirect (HTTP status {status}), not followed"))
        }
    }
}

/// The rows that could be read; the others are only counted, in the log.
fn kept(answered: Answered<Rows>) -> Answered<Vec<DataSpace>> {
    let Rows { spaces, skipped } = answered.value;
    if skipped > 0 {
        tracing::warn!(
            skipped,
            kept = spaces.len(),
            "rows of the registry without a usable id or type were left out"
        );
    }
    Answered {
        value: spaces,
        clock_ahead: answered.clock_ahead,
    }
}

#[async_trait]
impl Gateway for HttpGateway {
    fn base_url(&self, purpose: Purpose) -> String {
        self.base(purpose).as_str().to_owned()
    }

    fn is_ours(&self, purpose: Purpose, url: &str) -> bool {
        self.base(purpose).same_server(url)
    }

    async fn ping(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<()>, GatewayError> {
        let request = self.request(Method::GET, purpose, bearer, &["ping"])?;
        ask(request, answer::pong).await
    }

    async fn data_spaces(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        let request = self.request(Method::GET, purpose, bearer, &["registry"])?;
        ask(request, answer::list).await.map(kept)
    }

    async fn project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &ProjectId,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        let path = ["registry", "projects", id.as_str()];
        let request = self.request(Method::GET, purpose, bearer, &path)?;
        ask(request, |answer| answer::project(answer, id))
            .await
            .map(kept)
    }

    async fn data_space(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
    ) -> Result<Answered<DataSpace>, GatewayError> {
        let path = ["registry", "environments", id.as_str()];
        let request = self.request(Method::GET, purpose, bearer, &path)?;
        ask(request, |answer| answer::single(answer, id)).await
    }

    async fn create_project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        name: &str,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        let path = ["registry", "initialize"];
        let body = json!({ "projectName": name }).to_string();
        let request = self.request(Method::POST, purpose, bearer, &path)?;
        let answered = ask(request.body(body), answer::list).await.map(kept)?;
        if answered.value.is_empty() {
            return Err(not_the_gateway("a new project without a data space"));
        }
        Ok(answered)
    }

    async fn label_cloud(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
        cloud_project: &str,
    ) -> Result<Answered<()>, GatewayError> {
        // The name comes from an instance and becomes part of a path.
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&cloud_project.len()) || !cloud_project.bytes().all(word) {
            return Err(GatewayError::NotFound);
        }
        let path = [
            "registry",
            "environments",
            id.as_str(),
            "cloudid",
            cloud_project,
        ];
        let request = self.request(Method::PUT, purpose, bearer, &path)?;
        ask(request, answer::accepted).await
    }
}
