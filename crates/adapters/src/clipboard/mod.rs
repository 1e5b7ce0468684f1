//! The session's clipboard: reading it, behind the core's [`Clipboard`] port, and lending it a text,
//! behind the core's [`Outlet`](patchbay_core::ports::outlet::Outlet) port.
//!
//! | Room | What for |
//! |---|---|
//! | here | reading, when a person asks for it |
//! | [`lending`] | a text with the marks that keep it out of histories, cleared in time |
//! | [`managers`] | programs that keep what is copied, by their names |
//! | `session_lock` | the desktop says that the session is being locked |
//!
//! Opened for every read: a display that was not there at the start may be there now. Never on an
//! async thread, because another program may take its time to hand its text over.

pub mod lending;
pub mod managers;
#[cfg(target_os = "linux")]
mod session_lock;

use std::time::Duration;

use async_trait::async_trait;
use patchbay_core::ports::clipboard::{Clipboard, ClipboardError};
use patchbay_core::secret::Secret;
use patchbay_core::text;

/// How long another program may take to hand its text over.
const PATIENCE: Duration = Duration::from_secs(10);

/// The clipboard of the session this program runs in.
#[derive(Debug, Default)]
pub struct SystemClipboard;

#[async_trait]
impl Clipboard for SystemClipboard {
    async fn read_text(&self) -> Result<Option<Secret>, ClipboardError> {
        let read = tokio::task::spawn_blocking(read);
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(failed("it stopped while it was read")),
            Err(_) => Err(failed("the program that holds the text does not answer")),
        }
    }
}

fn read() -> Result<Option<Secret>, ClipboardError> {
    let mut clipboard = arboard::Clipboard::new().map_err(|error| said(&error))?;
    match clipboard.get_text() {
        // The text's own memory becomes the secret's, so that it is wiped with it.
        Ok(text) => Ok(Some(Secret::new(text.into_bytes()))),
        Err(arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) => Ok(None),
        Err(error) => Err(said(&error)),
    }
}

fn said(error: &arboard::Error) -> ClipboardError {
    failed(&error.to_string())
}

fn failed(detail: &str) -> ClipboardError {
    ClipboardError {
        detail: text::outside(detail, 200),
    }
}
