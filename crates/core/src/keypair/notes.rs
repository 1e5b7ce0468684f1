//! Free words of the user's beside a key pair.

use super::KeyPair;
use crate::error::Result;
use crate::patchbay::Patchbay;
use crate::text::{self, TextError};

/// The longest note, in characters.
pub const NOTE_MAX: usize = 2_000;

impl Patchbay {
    /// Replaces the note of a key pair; an empty one takes it away. Line breaks are kept.
    ///
    /// # Errors
    /// No such pair, a note that is too long or holds control characters, or the records.
    pub async fn note_key_pair(&self, name: &str, note: &str) -> Result<KeyPair> {
        let mut pair = self.key_pair_named(name, None).await?;
        pair.note = checked_note(note)?;
        self.ports.records.save_key_pair(&pair).await?;
        Ok(pair)
    }
}

fn checked_note(note: &str) -> std::result::Result<String, TextError> {
    let note = note.trim().replace("\r\n", "\n");
    if note.chars().count() > NOTE_MAX {
        return Err(TextError::TooLong {
            what: "the note",
            max: NOTE_MAX,
        });
    }
    if !note.chars().all(|c| c == '\n' || text::is_plain(c)) {
        return Err(TextError::Unprintable { what: "the note" });
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_lines_and_nothing_invisible() {
        assert_eq!(checked_note(" one\r\ntwo "), Ok("one\ntwo".to_owned()));
        assert_eq!(checked_note(""), Ok(String::new()));
        assert!(checked_note("\u{1b}[31m").is_err());
        assert!(checked_note(&"x".repeat(NOTE_MAX + 1)).is_err());
    }
}
