//! A shop's address, as any visitor sees it.
//!
//! Facts: docs/facts.md, Reading without SSH. Requests hold nothing that says who asks: no
//! key, no token, no cookie, and of an answer nothing is kept but a data space. Plain http is only
//! spoken inside this computer; a redirect is followed to the very same server alone. Not here:
//! what another data space than the expected one means (the core).

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_core::id::DataSpaceId;
use patchbay_core::ports::storefront::{ShopAnswer, ShopChannel, Storefront, StorefrontError};
use patchbay_core::registry::DataSpaceType;
use patchbay_core::text::outside;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::http::{self, Base, DETAIL_MAX, HttpSetupError, Patience, Trouble};

/// What is asked of the GraphQL interface.
const QUESTION: &str =
    r#"{"query":"{dataServicesStorefrontInstanceContext{environment_id environment}}"}"#;

/// The most redirects within one server.
const HOPS: usize = 3;

/// How far from the name of the context its values may stand on a page, in bytes.
const NEAR: usize = 8 * 1024;

/// How long a shop is waited for: it is asked beside other things and never the only proof.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(4),
    total: Duration::from_secs(8),
};

/// Shops over HTTPS.
#[derive(Debug)]
pub struct HttpStorefront {
    /// Made with the first question, as reading the computer's certificate authorities takes long.
    client: OnceLock<Result<Client, HttpSetupError>>,
    /// For shops inside this computer, so that they need no certificate authorities.
    inside: OnceLock<Result<Client, HttpSetupError>>,
    patience: Patience,
}

impl Default for HttpStorefront {
    fn default() -> Self {
        Self::new(PATIENCE)
    }
}

impl HttpStorefront {
    /// Asks nobody yet.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            client: OnceLock::new(),
            inside: OnceLock::new(),
            patience,
        }
    }

    fn client(&self, plain: bool) -> Result<&Client, StorefrontError> {
        let cell = if plain { &self.inside } else { &self.client };
        cell.get_or_init(|| http::client(self.patience, None, plain))
            .as_ref()
            .map_err(|error| StorefrontError::Unreachable {
                detail: error.to_string(),
            })
    }

    /// `None` where the interface answers and shows no data space.
    async fn by_graphql(&self, base: &Base) -> Result<Option<ShopAnswer>, StorefrontError> {
        let request = self
            .client(base.is_plain())?
            .post(base.below(&["graphql"]))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(QUESTION);
        match sent(request).await? {
            // Nobody follows a redirect with a question in its body; the page is asked instead.
            Sent::Onwards(_) => Ok(None),
            Sent::Answered { body, .. } => Ok(said_by_graphql(&body)),
        }
    }

    async fn by_page(&self, base: &Base) -> Result<ShopAnswer, StorefrontError> {
        let mut url = base.url();
        for _ in 0..=HOPS {
            let request = self.client(base.is_plain())?.get(url.clone());
            match sent(request.header(ACCEPT, "text/html")).await? {
                Sent::Answered { status, body } => {
                    return said_by_page(&body).ok_or_else(|| silent(status));
                }
                Sent::Onwards(location) => url = within(base, &url, &location)?,
            }
        }
        Err(StorefrontError::Unusable {
            detail: "it sends visitors round in circles".to_owned(),
        })
    }
}

/// A page without a data space: a shop that shows none, or no shop at all.
fn silent(status: u16) -> StorefrontError {
    match status {
        200..=299 => StorefrontError::SaysNothing,
        401 | 403 => StorefrontError::Unusable {
            detail: format!("it wants visitors to sign in (HTTP status {status})"),
        },
        _ => StorefrontError::Unusable {
            detail: format!("HTTP status {status}"),
        },
    }
}

/// Where a redirect leads, if that is the very same server.
fn within(base: &Base, from: &Url, location: &str) -> Result<Url, StorefrontError> {
    let unusable = |_| StorefrontError::Unusable {
        detail: "a redirect that leads nowhere".to_owned(),
    };
    let to = from.join(location).map_err(unusable)?;
    if base.same_server(to.as_str()) {
        return Ok(to);
    }
    Err(StorefrontError::SentElsewhere {
        host: outside(to.host_str().unwrap_or_default(), 100),
    })
}

enum Sent {
    Onwards(String),
    Answered {
        status: u16,
        body: Zeroizing<Vec<u8>>,
    },
}

async fn sent(request: RequestBuilder) -> Result<Sent, StorefrontError> {
    let mut response = request
        .send()
        .await
        .map_err(|error| failed(http::trouble(error)))?;
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        return Ok(Sent::Onwards(location.unwrap_or_default().to_owned()));
    }
    let body = http::take_in(&mut response).await.map_err(failed)?;
    Ok(Sent::Answered {
        status: status.as_u16(),
        body,
    })
}

fn failed(trouble: Trouble) -> StorefrontError {
    let unusable = |what: &str| StorefrontError::Unusable {
        detail: what.to_owned(),
    };
    match trouble {
        Trouble::NotReached(detail) => StorefrontError::Unreachable { detail },
        Trouble::BrokeOff(detail) => StorefrontError::Unreachable {
            detail: format!("the connection broke off: {detail}"),
        },
        Trouble::TimedOut => StorefrontError::TimedOut,
        Trouble::Garbage => unusable("something that is not HTTP"),
        Trouble::TooLarge => unusable("an answer of more than 1 MiB"),
        Trouble::Redirect(status) => unusable(&format!("HTTP status {status}")),
    }
}

/// What the interface's answer says, where it shows the context.
fn said_by_graphql(body: &[u8]) -> Option<ShopAnswer> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let context = answer
        .get("data")?
        .get("dataServicesStorefrontInstanceContext")?;
    let word = |name: &str| context.get(name).and_then(Value::as_str);
    Some(ShopAnswer {
        data_space: DataSpaceId::parse(word("environment_id")?).ok()?,
        kind: word("environment").and_then(DataSpaceType::parse),
        channel: ShopChannel::GraphQl,
    })
}

/// What a page says: the values that stand with the storefront's context. A page that names two
/// data spaces says nothing.
fn said_by_page(body: &[u8]) -> Option<ShopAnswer> {
    let page = String::from_utf8_lossy(body);
    let mut found: Option<ShopAnswer> = None;
    for (at, _) in page.match_indices("torefrontInstance") {
        let near: String = page[at..].chars().take(NEAR).collect();
        let Some(answer) = context_in(&near) else {
            continue;
        };
        match &found {
            Some(known) if known.data_space != answer.data_space => return None,
            _ => found = Some(answer),
        }
    }
    found
}

fn context_in(text: &str) -> Option<ShopAnswer> {
    let id = text_value(text, "environmentId")?;
    Some(ShopAnswer {
        data_space: DataSpaceId::parse(id).ok()?,
        kind: text_value(text, "environment").and_then(DataSpaceType::parse),
        channel: ShopChannel::Page,
    })
}

/// The text of `"name":"…"`, where it needs no unescaping.
fn text_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{name}\"");
    let (_, rest) = text.split_once(&quoted)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let (value, _) = rest.strip_prefix('"')?.split_once('"')?;
    (!value.contains('\\')).then_some(value)
}

#[async_trait]
impl Storefront for HttpStorefront {
    async fn data_space(&self, url: &str) -> Result<ShopAnswer, StorefrontError> {
        let base = Base::parse("it", url).map_err(|error| StorefrontError::NotAllowed {
            detail: outside(&error.to_string(), DETAIL_MAX),
        })?;
        // An interface that is blocked or broken says nothing about the page.
        let told = match self.by_graphql(&base).await {
            Ok(told) => told,
            Err(StorefrontError::Unusable { .. }) => None,
            Err(error) => return Err(error),
        };
        match told {
            Some(answer) => Ok(answer),
            None => self.by_page(&base).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "22222222-2222-4222-8222-222222222222";
    const OTHER: &str = "33333333-3333-4333-8333-333333333333";

    #[test]
    fn the_interface_is_read_or_says_nothing() {
        let said = |json: &str| said_by_graphql(json.as_bytes());
        let context = format!(
            r#"{{"data":{{"dataServicesStorefrontInstanceContext":{{"environment_id":"{ID}","environment":"Testing"}}}}}}"#
        );
        let answer = said(&context).unwrap();
        assert_eq!(answer.data_space.as_str(), ID);
        assert_eq!(answer.kind, Some(DataSpaceType::Testing));
        for nothing in [
            r#"{"errors":[{"message":"Cannot query field \"dataServicesStorefrontInstanceContext\" on type \"Query\"."}]}"#,
            r#"{"data":{"dataServicesStorefrontInstanceContext":null}}"#,
            r#"{"data":{"dataServicesStorefrontInstanceContext":{"environment_id":""}}}"#,
            r#"{"data":{"dataServicesStorefrontInstanceContext":{"environment_id":"<script>"}}}"#,
            "<html>",
            "",
        ] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(said(&deep), None, "depth is no way to end the program");
    }

    #[test]
    fn a_page_is_read_in_both_spellings_and_never_half() {
        let said = |page: String| said_by_page(page.as_bytes()).map(|answer| answer.data_space);
        let context = |id: &str| {
            format!(
                r#"{{"storeUrl":"https:\/\/x\/","environmentId":"{id}","environment":"Production"}}"#
            )
        };
        let id = DataSpaceId::parse(ID).ok();
        let set = |id: &str| {
            format!(
                "<script>events.context.setStorefrontInstance(\n {});",
                context(id)
            )
        };
        let layer = |id: &str| {
            format!(
                r#"<script>window.dsDataLayer = {{"storefrontInstanceContext":{}}}"#,
                context(id)
            )
        };
        assert_eq!(said(set(ID)), id);
        assert_eq!(said(layer(ID)), id);
        assert_eq!(said(format!("{}{}", set(ID), layer(ID))), id);
        assert_eq!(
            said(format!("{}{}", set(ID), layer(OTHER))),
            None,
            "two are none"
        );
        assert_eq!(said(context(ID)), None, "somebody else's JSON");
        assert_eq!(said("setStorefrontInstance".to_owned()), None);
        let kind = said_by_page(set(ID).as_bytes()).and_then(|answer| answer.kind);
        assert_eq!(kind, Some(DataSpaceType::Production));
    }

    #[test]
    fn only_the_same_server_is_followed() {
        let base = Base::parse("it", "https://shop.example/de/").unwrap();
        let from = base.url();
        assert!(within(&base, &from, "/en/").is_ok());
        assert!(within(&base, &from, "https://shop.example/x").is_ok());
        for elsewhere in [
            "https://www.shop.example/",
            "http://shop.example/",
            "https://shop.example:8443/",
            "//other.example/",
            "https://user@shop.example/",
            "javascript:alert(1)",
        ] {
            assert!(within(&base, &from, elsewhere).is_err(), "{elsewhere}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in ".{0,60}") {
            let _ = (said_by_graphql(&bytes), said_by_page(&bytes));
            let around = format!("setStorefrontInstance({text}\"environmentId\":\"{text}\"");
            let _ = said_by_page(around.as_bytes());
        }
    }
}
