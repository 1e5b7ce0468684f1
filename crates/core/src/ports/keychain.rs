//! Port: where private keys and the program's own secrets live.

use async_trait::async_trait;

use crate::id::KeychainItem;
use crate::secret::Secret;

/// Why the keychain did not do what was asked. Nothing was lost or overwritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// There is no keychain service; what to install or start.
    #[error("no keychain is running on this computer: {hint}")]
    Missing {
        /// The package or service to start.
        hint: String,
    },
    /// It is locked and was not unlocked, or nobody may be asked now.
    #[error("the keychain is locked; unlock it and try again")]
    Locked,
    /// The user or the system refused.
    #[error("access to the keychain was refused; allow it for Patchbay and try again")]
    Denied,
    /// No answer within the time allowed; a question may still be open on the screen.
    #[error(
        "the keychain did not answer in time; look for its question on the screen and try again"
    )]
    Slow,
    /// The connection to it is not encrypted, so it is not used.
    #[error(
        "the keychain offers no encrypted connection, so it is not used; update gnome-keyring or KWallet"
    )]
    NotEncrypted,
    /// It gave back other bytes than were stored.
    #[error("the keychain gave back something else than was stored; nothing was replaced")]
    WrongBytes,
    /// Anything else; the detail is cleaned and holds no stored bytes.
    #[error("the keychain failed: {detail}")]
    Failed {
        /// For the log and the person.
        detail: String,
    },
}

/// Whether a call may show the user a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The user started this; a locked keychain may ask to be unlocked.
    ByUser,
    /// Nobody asked; a locked keychain stays locked and the answer is [`KeychainError::Locked`].
    ByNobody,
}

/// Keeps secrets under random names.
///
/// Absence is an answer: `read` gives `None`, and `forget` succeeds for an unknown item.
#[async_trait]
pub trait Keychain: Send + Sync {
    /// Reads the secret stored under `item`.
    async fn read(
        &self,
        item: &KeychainItem,
        asked: Asked,
    ) -> Result<Option<Secret>, KeychainError>;
    /// Stores `secret` under `item`, replacing what was there.
    async fn write(&self, item: &KeychainItem, secret: &Secret) -> Result<(), KeychainError>;
    /// Removes whatever is stored under `item`.
    async fn forget(&self, item: &KeychainItem) -> Result<(), KeychainError>;
    /// Removes what is stored under `item` and says whether this very call removed it: of many
    /// callers at once, in any number of processes, at most one gets `true`.
    async fn take(&self, item: &KeychainItem) -> Result<bool, KeychainError>;
}
