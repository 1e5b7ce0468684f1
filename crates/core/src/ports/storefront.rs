//! Port: a shop's address, looked at as any visitor could.
//!
//! Nothing that says who asks is ever sent: no key, no token, no cookie. What a visitor sees is the
//! data space the shop really works with (docs/facts.md, Reading without SSH). It proves
//! nothing about keys: there is no way to see those from outside.

use async_trait::async_trait;

use crate::id::DataSpaceId;
use crate::registry::DataSpaceType;

/// How a shop said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShopChannel {
    /// Its GraphQL interface, answered for this very question.
    GraphQl,
    /// A page, which may come from a cache and so be some hours old.
    Page,
}

impl ShopChannel {
    /// The word in JSON and records.
    pub fn as_str(self) -> &'static str {
        match self {
            ShopChannel::GraphQl => "graphQl",
            ShopChannel::Page => "page",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::GraphQl, Self::Page]
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }
}

/// The data space a shop says it works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopAnswer {
    /// The data space.
    pub data_space: DataSpaceId,
    /// Its type, where the shop said one of the two.
    pub kind: Option<DataSpaceType>,
    /// How it was said.
    pub channel: ShopChannel,
}

/// Why a shop did not say it. Details are cleaned and hold no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorefrontError {
    /// The address may not be asked: plain http to another computer, a user in it, no address.
    #[error("the shop's address cannot be looked at: {detail}")]
    NotAllowed {
        /// What is wrong with it.
        detail: String,
    },
    /// Name, route, refusal, TLS.
    #[error("the shop could not be reached: {detail}")]
    Unreachable {
        /// What failed.
        detail: String,
    },
    /// No complete answer in time.
    #[error("the shop did not answer in time")]
    TimedOut,
    /// It sends visitors to another address, which is not followed.
    #[error("the shop sends visitors on to another address ({host}), which is not followed")]
    SentElsewhere {
        /// The other host.
        host: String,
    },
    /// It answers with an error, a sign-in page or too much.
    #[error("the shop answered with something that cannot be used: {detail}")]
    Unusable {
        /// What it looked like.
        detail: String,
    },
    /// It answers, and shows no data space: the module that would is not there.
    #[error("the shop shows no data space to visitors")]
    SaysNothing,
}

impl StorefrontError {
    /// The code in JSON and reasons.
    pub fn code(&self) -> &'static str {
        match self {
            StorefrontError::NotAllowed { .. } => "shopAddressRefused",
            StorefrontError::Unreachable { .. } => "shopUnreachable",
            StorefrontError::TimedOut => "shopTimedOut",
            StorefrontError::SentElsewhere { .. } => "shopSendsElsewhere",
            StorefrontError::Unusable { .. } => "shopUnusable",
            StorefrontError::SaysNothing => "shopSaysNothing",
        }
    }
}

/// Shops as visitors see them.
#[async_trait]
pub trait Storefront: Send + Sync {
    /// Which data space the shop at this address works with: by its GraphQL interface, else by the
    /// page at the address.
    ///
    /// # Errors
    /// [`StorefrontError`]; that a shop shows none is [`StorefrontError::SaysNothing`].
    async fn data_space(&self, url: &str) -> Result<ShopAnswer, StorefrontError>;
}
