//! Port: Adobe's service that vouches for a key pair, and its merchant registry.
//!
//! Facts: docs/facts.md, gateway protocol, gateway errors, merchant registry. The adapter knows
//! the two gateways of the settings and contacts no other host; redirects are not followed.

use async_trait::async_trait;

use crate::config::Purpose;
use crate::id::{ApiKey, DataSpaceId, ProjectId};
use crate::registry::DataSpace;
use crate::secret::Secret;

/// What signs a request: an API key and a token made with its private key.
#[derive(Debug)]
pub struct Bearer<'a> {
    /// The public half.
    pub api_key: &'a ApiKey,
    /// The token, signed here or on an instance.
    pub token: &'a Secret,
}

/// An answer, and how far our clock is from the gateway's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// What was asked for.
    pub value: T,
    /// Seconds our clock is ahead of the gateway's `Date` header, where it sent one.
    pub clock_ahead: Option<i64>,
}

/// What kind of "these keys are wrong" a body said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// `Client ID is invalid` (403003): unknown, deleted, or the other gateway's key.
    UnknownApiKey,
    /// `Client ID is missing`.
    ApiKeyMissing,
    /// `JWT is invalid`: the private key does not match the API key, or a clock is off.
    BadSignature,
    /// `JWT is required`.
    TokenMissing,
}

impl Rejection {
    /// The code in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Rejection::UnknownApiKey => "apiKeyInvalid",
            Rejection::ApiKeyMissing => "apiKeyMissing",
            Rejection::BadSignature => "signatureInvalid",
            Rejection::TokenMissing => "tokenMissing",
        }
    }

    /// Reads the code back.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::UnknownApiKey,
            Self::ApiKeyMissing,
            Self::BadSignature,
            Self::TokenMissing,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }
}

/// Why there is no usable answer. Details are cleaned and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Adobe says the keys are wrong.
    #[error("Adobe rejected the keys ({})", .kind.as_str())]
    Rejected {
        /// What the body said.
        kind: Rejection,
        /// Seconds our clock is ahead of the gateway's, where known.
        clock_ahead: Option<i64>,
    },
    /// The thing asked for is not there for these keys.
    #[error("the registry knows no such project or data space for these keys")]
    NotFound,
    /// Name, route, refusal, TLS.
    #[error("the gateway could not be reached: {detail}")]
    Unreachable {
        /// What failed.
        detail: String,
    },
    /// No complete answer in time.
    #[error("the gateway did not answer in time")]
    TimedOut,
    /// An answer that is not the gateway's: a proxy page, garbage, too large, a redirect.
    #[error("something else answered in the gateway's place: {detail}")]
    NotTheGateway {
        /// What it looked like.
        detail: String,
    },
    /// An answer of the gateway's that says it cannot answer now.
    #[error("the gateway answered with an error ({status}): {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its message.
        detail: String,
    },
}

/// Adobe's gateways.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// The base URL of the gateway for a purpose, as the settings have it.
    fn base_url(&self, purpose: Purpose) -> String;
    /// Whether a gateway URL found on an instance names the same gateway as ours.
    fn is_ours(&self, purpose: Purpose, url: &str) -> bool;
    /// `ping`: exactly 200 is good.
    async fn ping(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<()>, GatewayError>;
    /// `registry`: every data space the pair may see.
    async fn data_spaces(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError>;
    /// `registry/projects/{id}`: the data spaces of one project; `NotFound` where there is none.
    async fn project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &ProjectId,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError>;
    /// `registry/environments/{id}`: one data space.
    async fn data_space(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
    ) -> Result<Answered<DataSpace>, GatewayError>;
    /// `registry/initialize`: creates a project with its standard data spaces.
    async fn create_project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        name: &str,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError>;
    /// `registry/environments/{id}/cloudid/{cloudProjectId}`: records the Cloud project that uses
    /// the data space.
    async fn label_cloud(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
        cloud_project: &str,
    ) -> Result<Answered<()>, GatewayError>;
}
