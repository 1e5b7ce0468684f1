//! Port: a portal with an API that creates key pairs (today: the simulator).

use async_trait::async_trait;

use crate::config::Purpose;
use crate::id::ApiKey;
use crate::secret::Secret;

/// A key pair just created; the private key is in no other place.
#[derive(Debug)]
pub struct CreatedKey {
    /// The public half.
    pub api_key: ApiKey,
    /// The private key as the portal gave it, to be read by the intake.
    pub private_key: Secret,
}

/// Why no key came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// The portal was never reached, so nothing was created.
    #[error("the portal could not be reached, nothing was created: {detail}")]
    NotReached {
        /// What failed.
        detail: String,
    },
    /// It refused.
    #[error("the portal refused: {detail}")]
    Refused {
        /// Its words, cleaned.
        detail: String,
    },
    /// The request left but no usable answer came: a key may exist there that nobody holds.
    #[error("the answer of the portal was lost; a key may have been created there: {detail}")]
    AnswerLost {
        /// What failed.
        detail: String,
    },
}

/// Creates key pairs at a portal.
#[async_trait]
pub trait Portal: Send + Sync {
    /// Creates one at the portal with this base URL (https, or plain http to loopback only).
    async fn create_key(
        &self,
        portal: &str,
        sign_in: &Secret,
        purpose: Purpose,
        name: &str,
    ) -> Result<CreatedKey, PortalError>;
}
