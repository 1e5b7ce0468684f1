//! Errors: those the window can act on, and the document the command line answers with.
//!
//! The detail is logged where it is known and nobody matches on a text. A variant of [`IpcError`]
//! is added only when the window does something different for it.

use std::collections::BTreeMap;

use patchbay_core::Error;
use patchbay_core::ports::records::RecordsError;
use patchbay_core::text::TextError;
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
    /// The keychain did not do what was asked; nothing was lost, and trying again can help.
    Keychain {
        /// What is the matter with it.
        trouble: Trouble,
    },
    /// A field was filled in with something that cannot be taken; nothing was changed.
    BadInput {
        /// Which field.
        field: InputField,
        /// What is wrong with it.
        problem: InputProblem,
        /// The most characters allowed, for `tooLong`.
        max: Option<u32>,
        /// The same as an English sentence.
        text: String,
    },
    /// What was brought is no private key that can be used (G8); nothing was kept.
    PrivateKeyRefused {
        /// What it is instead.
        trouble: Trouble,
    },
    /// The private key that was brought waits no longer: it was used, given back or is too old.
    IntakeGone,
    /// The clipboard or the file could not be read.
    NotRead {
        /// `file` or `clipboard`.
        from: IntakeSource,
        /// What the system says, in English, cleaned.
        why: String,
    },
    /// The name is taken; another one is needed.
    NameTaken {
        /// The name.
        name: String,
    },
    /// What was asked about is not there any more; reading again shows what there is.
    NoSuch {
        /// What kind of thing: `instance`, `account`, `key pair` and so on.
        what: String,
        /// Its name or id.
        name: String,
    },
    /// An instance was not reached or did not answer.
    NotReached {
        /// Why.
        trouble: Trouble,
    },
    /// Adobe gave no usable answer, or a rejection.
    Adobe {
        /// Which.
        trouble: Trouble,
    },
    /// Something is not as it must be; nothing was changed.
    Refused {
        /// What, and what to do.
        trouble: Trouble,
    },
    /// What the window asked has not the form it must have; nothing was done.
    BadRequest {
        /// What is wrong with its form, in English, without its content.
        why: String,
    },
    /// Anything the window can only show; the details are in the log.
    Internal,
}

impl IpcError {
    /// A request whose form is wrong; `what` names the part, never its content.
    pub fn bad_request(what: &str) -> Self {
        Self::BadRequest {
            why: format!("Not of the form it must have: {what}."),
        }
    }
}

/// Where a private key was brought from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum IntakeSource {
    /// Chosen in the system's dialog.
    File,
    /// Dropped on the window.
    Drop,
    /// Taken from the clipboard.
    Clipboard,
}

/// A field that a person fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
#[expect(missing_docs, reason = "each is named as its label says")]
pub enum InputField {
    Name,
    Label,
    ProjectName,
    Tag,
    Note,
    Url,
    ApiKey,
    MageId,
    ProjectId,
    DataSpaceId,
    SshTarget,
    Port,
    Root,
    IdentityFile,
    Php,
    RunAs,
    Container,
    /// A setting's value.
    Setting,
    /// Some other field.
    Other,
}

/// What is wrong with what was filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum InputProblem {
    /// Nothing but white space.
    Empty,
    /// Longer than allowed.
    TooLong,
    /// Control, direction or invisible characters.
    Unprintable,
    /// Not of the form that is needed.
    Shape,
}

impl From<&Error> for IpcError {
    fn from(error: &Error) -> Self {
        let trouble = || Trouble::from(error);
        match error {
            Error::Records(error) => error.into(),
            Error::Text(error) => error.into(),
            // What it is instead has a code and a sentence of its own.
            Error::Intake(refusal) => Self::PrivateKeyRefused {
                trouble: Trouble {
                    code: refusal.code().to_owned(),
                    ..trouble()
                },
            },
            Error::Crypto(patchbay_core::ports::crypto::CryptoError::BrokenKey) => {
                Self::PrivateKeyRefused { trouble: trouble() }
            }
            Error::Keychain(_) => Self::Keychain { trouble: trouble() },
            Error::Transport(_) => Self::NotReached { trouble: trouble() },
            Error::Gateway(_) | Error::Portal(_) => Self::Adobe { trouble: trouble() },
            Error::NoSuch { what, name } => Self::NoSuch {
                what: (*what).to_owned(),
                name: name.clone(),
            },
            Error::Refused {
                code: "badSetting", ..
            } => Self::BadInput {
                field: InputField::Setting,
                problem: InputProblem::Shape,
                max: None,
                text: trouble().text,
            },
            Error::Outlet(_) | Error::Refused { .. } => Self::Refused { trouble: trouble() },
            Error::Crypto(_) => Self::Internal,
        }
    }
}

impl From<&TextError> for IpcError {
    fn from(error: &TextError) -> Self {
        let (what, problem, max) = match *error {
            TextError::Empty { what } => (what, InputProblem::Empty, None),
            TextError::TooLong { what, max } => {
                (what, InputProblem::TooLong, u32::try_from(max).ok())
            }
            TextError::Unprintable { what } => (what, InputProblem::Unprintable, None),
            TextError::Shape { what, .. } => (what, InputProblem::Shape, None),
        };
        Self::BadInput {
            field: field(what),
            problem,
            max,
            text: sentence(&error.to_string()),
        }
    }
}

/// The field that the core's words mean.
fn field(what: &str) -> InputField {
    match what {
        "the name" => InputField::Name,
        "the label" => InputField::Label,
        "the project name" => InputField::ProjectName,
        "the tag" => InputField::Tag,
        "the note" => InputField::Note,
        "the URL" => InputField::Url,
        "the API key" => InputField::ApiKey,
        "the MageID" => InputField::MageId,
        "the project id" => InputField::ProjectId,
        "the data space id" => InputField::DataSpaceId,
        "the SSH target" => InputField::SshTarget,
        "the port" => InputField::Port,
        "the application root" => InputField::Root,
        "the identity file" => InputField::IdentityFile,
        "the PHP program" => InputField::Php,
        "the user to run as" => InputField::RunAs,
        "the container" => InputField::Container,
        _ => InputField::Other,
    }
}

impl From<&RecordsError> for IpcError {
    fn from(error: &RecordsError) -> Self {
        match error {
            RecordsError::Unusable { why } => Self::DataDirectoryUnusable { why: why.clone() },
            RecordsError::Newer { .. } => Self::DataDirectoryNewer,
            RecordsError::NameTaken { name, .. } => Self::NameTaken { name: name.clone() },
            RecordsError::InUse { .. } => Self::Refused {
                trouble: Trouble::from(&Error::Records(error.clone())),
            },
            RecordsError::JournalLine { .. } | RecordsError::Failed { .. } => Self::Internal,
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
    /// What is filled into the text, by name; with the code it is enough to say it in another
    /// language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(type = "Record<string, string>", optional)]
    pub words: BTreeMap<String, String>,
}

impl Trouble {
    /// Trouble in the shell's own words.
    pub fn new(code: &str, text: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
            next: next.into(),
            words: BTreeMap::new(),
        }
    }
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        let words = error.words().into_iter();
        Self {
            words: words.map(|(name, word)| (name.to_owned(), word)).collect(),
            ..Self::new(error.code(), sentence(&error.to_string()), error.next())
        }
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
