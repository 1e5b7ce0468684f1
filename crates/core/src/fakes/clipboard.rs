//! A clipboard in memory.

use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::ports::clipboard::{Clipboard, ClipboardError};
use crate::secret::Secret;

/// A clipboard that holds what a test put there.
#[derive(Debug, Default)]
pub struct MemoryClipboard {
    text: Mutex<Option<Vec<u8>>>,
    next_error: Mutex<Option<ClipboardError>>,
}

impl MemoryClipboard {
    /// Puts text there; `None` empties it.
    pub fn put(&self, text: Option<&[u8]>) {
        *lock(&self.text) = text.map(<[u8]>::to_vec);
    }

    /// Makes the next read fail; the one after it works again.
    pub fn fail_next(&self, error: ClipboardError) {
        *lock(&self.next_error) = Some(error);
    }
}

#[async_trait]
impl Clipboard for MemoryClipboard {
    async fn read_text(&self) -> Result<Option<Secret>, ClipboardError> {
        if let Some(error) = lock(&self.next_error).take() {
            return Err(error);
        }
        Ok(lock(&self.text).clone().map(Secret::new))
    }
}

/// What every clipboard must do; `put` fills it as another program would.
///
/// # Errors
/// When it could not be read at all.
pub async fn clipboard_contract(
    clipboard: &dyn Clipboard,
    mut put: impl FnMut(&str),
) -> Result<(), ClipboardError> {
    for text in ["first", "second\nwith lines\n", "第三"] {
        put(text);
        let read = clipboard.read_text().await?;
        assert_eq!(
            read.as_ref().map(Secret::expose),
            Some(text.as_bytes()),
            "what is there is read as it is"
        );
    }
    let again = clipboard.read_text().await?;
    assert!(again.is_some(), "reading takes nothing away");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_stand_in_keeps_the_promise_of_the_port() {
        let clipboard = MemoryClipboard::default();
        assert!(clipboard.read_text().await.unwrap().is_none());
        clipboard_contract(&clipboard, |text| clipboard.put(Some(text.as_bytes())))
            .await
            .unwrap();
    }
}
