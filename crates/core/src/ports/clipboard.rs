//! Port: what other programs put into the clipboard.
//!
//! Only reading, and only when a person asks for it. Not here: handing text to other programs with
//! the marks that keep it out of histories.

use async_trait::async_trait;

use crate::secret::Secret;

/// Why the clipboard could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clipboard cannot be read: {detail}")]
pub struct ClipboardError {
    /// What the system says, cleaned.
    pub detail: String,
}

/// The clipboard of the session.
///
/// Absence is an answer: nothing there, or nothing that is text, is `None`.
#[async_trait]
pub trait Clipboard: Send + Sync {
    /// The text in the clipboard, taken as a secret because it may be one.
    async fn read_text(&self) -> Result<Option<Secret>, ClipboardError>;
}
