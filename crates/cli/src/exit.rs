//! How a command ends: its exit code, and what it says where it failed.

use std::process::ExitCode;

use patchbay_contract::error::Trouble;
use patchbay_core::Error;
use patchbay_core::ports::records::RecordsError;

/// The exit codes that programs rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All well; for a check: all connected.
    Well = 0,
    /// At least one failed, changed or is not connected.
    Failed = 1,
    /// The command line was not understood, or a word on it cannot be taken.
    Usage = 2,
    /// At least one was blocked by a guard.
    Blocked = 3,
    /// The keychain did not do what was asked.
    Keychain = 4,
    /// The data directory cannot be used.
    DataDirectory = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    pub(crate) exit: Exit,
}

pub(crate) type Done = Result<Exit, Failure>;

impl Failure {
    /// The command line asks for something that cannot be.
    pub(crate) fn usage(code: &str, text: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            trouble: Trouble::new(code, text, next),
            exit: Exit::Usage,
        }
    }

    /// Something on this computer failed.
    pub(crate) fn local(what: &str, error: &std::io::Error) -> Self {
        Self {
            trouble: Trouble::new(
                "localTrouble",
                format!("{what}: {error}."),
                "Correct that on this computer and try again.",
            ),
            exit: Exit::Failed,
        }
    }

    /// The core's own kind of refusal, with the exit code that belongs to it.
    pub(crate) fn refused(code: &'static str, text: impl Into<String>, next: &str) -> Self {
        Error::refused(code, text, next).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            trouble: Trouble::from(&error),
            exit: exit_of(&error),
        }
    }
}

/// Codes of refusals that are a guard's (G5, G6, G8, G9, G13).
const GUARDS: [&str; 7] = [
    "blockedByGuard",
    "otherAccount",
    "otherMageId",
    "pairsSwapped",
    "projectExists",
    "projectNameIsService",
    "stillUsed",
];

/// The exit code that belongs to an error.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Text(_) => Exit::Usage,
        Error::Intake(_) => Exit::Blocked,
        Error::Keychain(_) => Exit::Keychain,
        Error::Records(
            RecordsError::Unusable { .. }
            | RecordsError::Newer { .. }
            | RecordsError::JournalLine { .. }
            | RecordsError::Failed { .. },
        ) => Exit::DataDirectory,
        Error::Refused { code, .. } if GUARDS.contains(code) => Exit::Blocked,
        Error::Refused {
            code: "badSetting" | "noPairGiven" | "nameNotTyped",
            ..
        } => Exit::Usage,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::ports::keychain::KeychainError;
    use patchbay_core::text::TextError;

    #[test]
    fn errors_end_with_the_codes_of_the_contract() {
        let text = TextError::Empty { what: "the name" };
        assert_eq!(exit_of(&text.into()), Exit::Usage);
        assert_eq!(exit_of(&KeychainError::Slow.into()), Exit::Keychain);
        let newer = RecordsError::Newer { found: 2, known: 1 };
        assert_eq!(exit_of(&newer.into()), Exit::DataDirectory);
        let taken = RecordsError::NameTaken {
            what: "an account",
            name: "x".into(),
        };
        assert_eq!(exit_of(&taken.into()), Exit::Failed);
        assert_eq!(
            exit_of(&Error::refused("pairsSwapped", "", "")),
            Exit::Blocked
        );
        assert_eq!(exit_of(&Error::refused("watchOnly", "", "")), Exit::Failed);
    }
}
