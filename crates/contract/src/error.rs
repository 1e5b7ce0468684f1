//! Errors: those the window can act on, and the document the command line answers with.
//!
//! The detail is logged where it is known and nobody matches on a text. A variant of [`IpcError`]
//! is added only when the window does something different for it.

use patchbay_core::Error;
use patchbay_core::ports::records::RecordsError;
use serde::Serialize;
use ts_rs::TS;

/// Why a command failed, as the window sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "code",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum IpcError {
    /// The data directory cannot be used; nothing can be shown or changed until it can.
    DataDirectoryUnusable {
        /// What is wrong with it and what to do, in English.
        why: String,
    },
    /// A newer Patchbay wrote the data directory; this one must be updated.
    DataDirectoryNewer,
    /// Anything the window can only show; the details are in the log.
    Internal,
}

impl From<&Error> for IpcError {
    fn from(error: &Error) -> Self {
        match error {
            Error::Records(error) => error.into(),
            _ => Self::Internal,
        }
    }
}

impl From<&RecordsError> for IpcError {
    fn from(error: &RecordsError) -> Self {
        match error {
            RecordsError::Unusable { why } => Self::DataDirectoryUnusable { why: why.clone() },
            RecordsError::Newer { .. } => Self::DataDirectoryNewer,
            RecordsError::NameTaken { .. }
            | RecordsError::InUse { .. }
            | RecordsError::Failed { .. } => Self::Internal,
        }
    }
}

/// What the command line answers with instead of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorDocument {
    /// What went wrong.
    pub error: Trouble,
}

/// What went wrong, and what to do about it; never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Trouble {
    /// Stable, camelCase.
    pub code: String,
    /// What happened, in English.
    pub text: String,
    /// What to do next, in English.
    pub next: String,
}

impl Trouble {
    /// Trouble in the shell's own words.
    pub fn new(code: &str, text: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
            next: next.into(),
        }
    }
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        Self::new(error.code(), sentence(&error.to_string()), error.next())
    }
}

/// A sentence of its own from an error's words.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let mut text: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_inside_the_records_keeps_its_detail_to_the_log() {
        let failed = RecordsError::Failed {
            detail: "disk image is malformed at page 7".into(),
        };
        let json = serde_json::to_string(&IpcError::from(&failed)).unwrap();
        assert_eq!(json, r#"{"code":"internal"}"#);
    }

    #[test]
    fn a_refusal_becomes_code_sentence_and_next_step() {
        let trouble = Trouble::from(&Error::NoSuch {
            what: "instance",
            name: "Nordlys".into(),
        });
        assert_eq!(trouble.code, "noSuch");
        assert_eq!(trouble.text, "There is no instance called \"Nordlys\".");
        assert!(trouble.next.ends_with('.'));
    }

    #[test]
    fn an_unusable_data_directory_says_why() {
        let unusable = RecordsError::Unusable {
            why: "it is a symbolic link".into(),
        };
        let json = serde_json::to_string(&IpcError::from(&unusable)).unwrap();
        assert_eq!(
            json,
            r#"{"code":"dataDirectoryUnusable","why":"it is a symbolic link"}"#
        );
    }
}
