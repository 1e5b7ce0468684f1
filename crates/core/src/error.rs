//! Why a use case could not be carried out, with what to do next.
//!
//! One door for every room's own error. Each has a stable code for programs, a sentence that says
//! what happened, and a next step. Not here: how the window draws it or which exit code it is.

use crate::keypair::ExportWay;
use crate::keypair::intake::IntakeError;
use crate::ports::crypto::CryptoError;
use crate::ports::gateway::{GatewayError, Rejection};
use crate::ports::keychain::KeychainError;
use crate::ports::outlet::OutletError;
use crate::ports::portal::PortalError;
use crate::ports::records::RecordsError;
use crate::ports::transport::TransportError;
use crate::text::TextError;

/// Why a use case could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A typed text was refused.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No private key could be read (G8).
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The keychain did not do what was asked.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The records did not.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An instance was not reached or did not answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A gateway gave no usable answer.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The portal gave no key.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// A file or the clipboard did not take a copy.
    #[error(transparent)]
    Outlet(#[from] OutletError),
    /// Cryptography failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// There is nothing of that name.
    #[error("there is no {what} called \"{name}\"")]
    NoSuch {
        /// What kind of thing.
        what: &'static str,
        /// The name that was given.
        name: String,
    },
    /// Something a use case needs is not as it must be.
    #[error("{text}")]
    Refused {
        /// Stable, camelCase.
        code: &'static str,
        /// What is wrong.
        text: String,
        /// What to do.
        next: String,
        /// What is filled into the sentence, by name, so that it can be said in another language.
        words: Vec<(&'static str, String)>,
    },
}

impl Error {
    /// Makes a refusal.
    pub fn refused(code: &'static str, text: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Refused {
            code,
            text: text.into(),
            next: next.into(),
            words: Vec::new(),
        }
    }

    /// Names one word that is filled into a refusal's sentence; other errors stay as they are.
    #[must_use]
    pub fn with(mut self, name: &'static str, word: impl Into<String>) -> Self {
        if let Error::Refused { words, .. } = &mut self {
            words.push((name, word.into()));
        }
        self
    }

    /// What is filled into the sentence, by name; with the code it is enough to say it in another
    /// language. Never a secret.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Refused { words, .. } => words.clone(),
            Error::NoSuch { what, name } => {
                vec![("what", (*what).to_owned()), ("name", name.clone())]
            }
            Error::Records(RecordsError::NameTaken { what, name }) => {
                vec![("what", (*what).to_owned()), ("name", name.clone())]
            }
            Error::Records(RecordsError::InUse { what, by }) => {
                vec![("what", (*what).to_owned()), ("by", by.clone())]
            }
            Error::Intake(IntakeError::Several { count }) => vec![("count", count.to_string())],
            Error::Intake(IntakeError::TooSmall { bits } | IntakeError::TooBig { bits }) => {
                vec![("bits", bits.to_string())]
            }
            Error::Keychain(KeychainError::Missing { hint }) => vec![("hint", hint.clone())],
            Error::Outlet(
                OutletError::Refused { detail, .. } | OutletError::Failed { detail, .. },
            ) => vec![("detail", detail.clone())],
            Error::Transport(error) => transport_words(error),
            Error::Gateway(GatewayError::Rejected {
                clock_ahead: Some(ahead),
                ..
            }) => vec![("clockAhead", ahead.to_string())],
            _ => Vec::new(),
        }
    }

    /// A stable code, camelCase.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Text(_) => "badInput",
            Error::Intake(_) => "privateKeyRefused",
            Error::Keychain(error) => keychain_code(error),
            Error::Records(error) => records_code(error),
            Error::Transport(error) => transport_code(error),
            Error::Gateway(error) => gateway_code(error),
            Error::Portal(error) => match error {
                PortalError::NotReached { .. } => "portalNotReached",
                PortalError::Refused { .. } => "portalRefused",
                PortalError::AnswerLost { .. } => "portalAnswerLost",
            },
            Error::Outlet(error) => outlet_code(error),
            Error::Crypto(error) => match error {
                CryptoError::NoRandom => "noRandom",
                CryptoError::BrokenKey => "privateKeyBroken",
                CryptoError::Seal => "sealFailed",
            },
            Error::NoSuch { .. } => "noSuch",
            Error::Refused { code, .. } => code,
        }
    }

    /// What to do next, as one sentence.
    pub fn next(&self) -> String {
        match self {
            Error::Refused { next, .. } => next.clone(),
            Error::Transport(error) => transport_next(transport_code(error)).to_owned(),
            Error::Gateway(error) => gateway_next(error),
            _ => match self.code() {
                "badInput" => "Correct it and try again.",
                "privateKeyRefused" | "privateKeyBroken" => {
                    "Choose the private key file downloaded from the API Portal, or create a new key pair there."
                }
                "keychainMissing" => "Start the keychain service and try again; nothing was saved.",
                "keychainLocked" | "keychainDenied" | "keychainSlow" => {
                    "Unlock the keychain and try again; nothing was lost."
                }
                "dataDirectoryUnusable" => "Choose another folder with --data-dir, or correct its rights.",
                "dataDirectoryNewer" => "Update Patchbay.",
                "nameTaken" => "Choose another name.",
                "inUse" => "Change what uses it first.",
                "portalAnswerLost" => {
                    "Look at the API Portal: a key whose private key was lost must be deleted there."
                }
                "clipboardRefused" => "Save it to a file instead; your one copy is still there.",
                "clipboardFailed" | "fileRefused" | "fileFailed" => {
                    "Try again, or choose another way or place; your one copy is still there."
                }
                "noSuch" => "List what there is and use one of those names.",
                _ => "Try again; if it stays, look at the log.",
            }
            .to_owned(),
        }
    }
}

fn keychain_code(error: &KeychainError) -> &'static str {
    match error {
        KeychainError::Missing { .. } => "keychainMissing",
        KeychainError::Locked => "keychainLocked",
        KeychainError::Denied => "keychainDenied",
        KeychainError::Slow => "keychainSlow",
        KeychainError::NotEncrypted => "keychainNotEncrypted",
        KeychainError::WrongBytes => "keychainWrongBytes",
        KeychainError::Failed { .. } => "keychainFailed",
    }
}

fn outlet_code(error: &OutletError) -> &'static str {
    match error {
        OutletError::Refused { way, .. } => match way {
            ExportWay::Clipboard => "clipboardRefused",
            ExportWay::File => "fileRefused",
        },
        OutletError::Failed { way, .. } => match way {
            ExportWay::Clipboard => "clipboardFailed",
            ExportWay::File => "fileFailed",
        },
    }
}

fn records_code(error: &RecordsError) -> &'static str {
    match error {
        RecordsError::Unusable { .. } => "dataDirectoryUnusable",
        RecordsError::Newer { .. } => "dataDirectoryNewer",
        RecordsError::NameTaken { .. } => "nameTaken",
        RecordsError::InUse { .. } => "inUse",
        RecordsError::JournalLine { .. } | RecordsError::Failed { .. } => "recordsFailed",
    }
}

/// What is filled into a transport error's sentence, by name.
pub(crate) fn transport_words(error: &TransportError) -> Vec<(&'static str, String)> {
    match error {
        TransportError::SignInExpired { renew } => vec![("renew", renew.clone())],
        TransportError::WrongOwner { owner } => vec![("owner", owner.clone())],
        TransportError::TimedOut { during: detail }
        | TransportError::PermissionDenied { detail }
        | TransportError::PhpUnsuitable { detail }
        | TransportError::BootFailed { detail }
        | TransportError::DatabaseDown { detail }
        | TransportError::UndoUnusable { detail }
        | TransportError::Garbled { detail }
        | TransportError::Broken { detail }
        | TransportError::Local { detail } => vec![("detail", detail.clone())],
        _ => Vec::new(),
    }
}

/// The code of a transport error; also the reason code of the state `unreachable`.
pub fn transport_code(error: &TransportError) -> &'static str {
    match error {
        TransportError::SshMissing => "sshMissing",
        TransportError::UnknownHost => "unknownHost",
        TransportError::NoRoute => "noRoute",
        TransportError::Refused => "connectionRefused",
        TransportError::TimedOut { .. } => "timedOut",
        TransportError::HostKeyUnknown => "hostKeyUnknown",
        TransportError::HostKeyChanged => "hostKeyChanged",
        TransportError::LoginRefused => "loginRefused",
        TransportError::SignInExpired { .. } => "signInExpired",
        TransportError::RootMissing => "rootMissing",
        TransportError::NotACommerceRoot => "notACommerceRoot",
        TransportError::PermissionDenied { .. } => "permissionDenied",
        TransportError::WrongOwner { .. } => "wrongOwner",
        TransportError::PhpMissing => "phpMissing",
        TransportError::PhpUnsuitable { .. } => "phpUnsuitable",
        TransportError::PhpTraces => "phpTraces",
        TransportError::BootFailed { .. } => "bootFailed",
        TransportError::DatabaseDown { .. } => "databaseDown",
        TransportError::Busy => "busy",
        TransportError::UndoUnusable { .. } => "undoUnusable",
        TransportError::Garbled { .. } => "answerGarbled",
        TransportError::Broken { .. } => "connectionBroken",
        TransportError::Local { .. } => "localTrouble",
    }
}

/// What to do about a transport error, by its code; also the next step of the state `unreachable`.
pub fn transport_next(code: &str) -> &'static str {
    match code {
        "sshMissing" => "Install OpenSSH on this computer.",
        "unknownHost" => "Check the spelling of the target, or your network.",
        "noRoute" | "timedOut" => "Check your network or VPN, then check again.",
        "connectionRefused" => "Check the port, and that the server runs SSH.",
        "hostKeyUnknown" => {
            "Run host-key show, compare the fingerprint with your host's, then host-key trust."
        }
        "hostKeyChanged" => {
            "Ask your host whether the server was replaced before you trust the new key."
        }
        "loginRefused" => "Check the user, the key file and your SSH agent.",
        "signInExpired" => "Renew the sign-in with that command, then try again.",
        "rootMissing" | "notACommerceRoot" => {
            "Correct the root: the folder that holds bin/magento and app/etc."
        }
        "permissionDenied" | "wrongOwner" => {
            "Add --run-as with the user who owns the files, or sign in as that user."
        }
        "phpMissing" | "phpUnsuitable" => {
            "Name the right PHP program with --php, for example php8.2."
        }
        "phpTraces" => "Ask your host to switch off Xdebug's trace mode for the command line.",
        "bootFailed" => "Ask your developer: bin/magento does not start there either.",
        "databaseDown" => "Ask your host: the shop's database does not answer.",
        "busy" => "Wait for the other push to end, then try again.",
        "undoUnusable" => "Push what this instance should hold instead of undoing.",
        "localTrouble" => "Correct that on this computer and try again.",
        _ => "Check again; if it stays, look at the log.",
    }
}

fn gateway_code(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::Rejected { kind, .. } => kind.as_str(),
        GatewayError::NotFound => "notInRegistry",
        GatewayError::Unreachable { .. } => "gatewayUnreachable",
        GatewayError::TimedOut => "gatewayTimedOut",
        GatewayError::NotTheGateway { .. } => "notTheGateway",
        GatewayError::Refused { .. } => "gatewayError",
    }
}

fn gateway_next(error: &GatewayError) -> String {
    match error {
        GatewayError::Rejected {
            kind: Rejection::BadSignature,
            clock_ahead: Some(ahead),
        } if ahead.abs() > 60 => format!(
            "This computer's clock is {} s {}; set it right and try again.",
            ahead.abs(),
            if *ahead > 0 { "ahead" } else { "behind" }
        ),
        GatewayError::Rejected { kind, .. } => match kind {
            Rejection::UnknownApiKey | Rejection::ApiKeyMissing => {
                "Check in the API Portal that this API key exists and is for this purpose.".to_owned()
            }
            Rejection::BadSignature | Rejection::TokenMissing => {
                "The private key does not belong to this API key; bring the right one or create a new pair."
                    .to_owned()
            }
        },
        GatewayError::NotFound => "List the projects of the account and choose one of those.".to_owned(),
        GatewayError::Unreachable { .. } | GatewayError::TimedOut => {
            "Check your network; firewalls must let commerce.adobe.io and commerce-beta.adobe.io through."
                .to_owned()
        }
        GatewayError::NotTheGateway { .. } => {
            "A proxy or firewall answers in Adobe's place; ask your network's administrator.".to_owned()
        }
        GatewayError::Refused { .. } => "Wait a little and try again.".to_owned(),
    }
}

/// The outcome of a use case.
pub type Result<T> = std::result::Result<T, Error>;
