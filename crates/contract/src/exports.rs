//! The one copy of a created key, and creating keys with the window's help; never a private key.

use patchbay_core::keypair::{Export, ExportWay, KeyPair};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::IpcError;
use crate::keypairs::{KeyPairRow, Purpose};
use crate::moment::rfc3339;

/// Where a created key's one copy stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum OneCopy {
    /// The key was not created here, so there is none.
    None,
    /// It can be made.
    Unused,
    /// It is just being made; by another program where the window did not begin it.
    Claimed,
    /// It was made.
    Used {
        /// How.
        way: CopyWay,
        /// When, RFC 3339.
        at: Option<String>,
    },
    /// It was interrupted; nobody knows whether it was made.
    Interrupted,
    /// The user did without.
    Waived,
}

/// How the one copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CopyWay {
    /// Saved to a file.
    File,
    /// Copied to the clipboard.
    Clipboard,
}

impl From<&KeyPair> for OneCopy {
    fn from(pair: &KeyPair) -> Self {
        match &pair.export {
            Export::None => Self::None,
            Export::Unused => Self::Unused,
            Export::Claimed { .. } => Self::Claimed,
            Export::Used { way, at } => Self::Used {
                way: match way {
                    ExportWay::File => CopyWay::File,
                    ExportWay::Clipboard => CopyWay::Clipboard,
                },
                at: rfc3339(*at),
            },
            Export::Interrupted => Self::Interrupted,
            Export::Waived => Self::Waived,
        }
    }
}

/// What is to be known before a copy is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CopyPlaces {
    /// Why the clipboard cannot be used, in English; `null` where it can.
    pub clipboard_refused: Option<String>,
    /// Clipboard managers that run now and may keep a copy, by name.
    pub managers: Vec<String>,
    /// How many seconds a copied key stays in the clipboard.
    pub seconds: u32,
}

/// A file that was chosen in the system's dialog; nothing is written yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ChosenFile {
    /// Opaque; good for one copy.
    pub id: String,
    /// The file's name without its folder, cleaned.
    pub file_name: String,
    /// The service that copies that folder to other computers, where one does.
    pub synced: Option<String>,
}

/// A copy to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CopyRequest {
    /// The key pair's id.
    pub key_pair: String,
    /// The chosen file's id; `null` for the clipboard.
    pub file: Option<String>,
}

/// A pair to be created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CreateRequest {
    /// The account's id.
    pub account: String,
    /// What the pair is for.
    pub r#for: Purpose,
    /// What to call it.
    pub name: String,
}

/// An account by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CreationRequest {
    /// The account's id.
    pub account: String,
}

/// How keys can be created for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct WaysToCreate {
    /// Whether its portal creates one at a click.
    pub one_click: bool,
    /// Where its page is: scheme and host.
    pub origin: String,
}

/// An API key for a created pair that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ApiKeyRequest {
    /// The key pair's id.
    pub key_pair: String,
    /// The public half.
    pub api_key: String,
}

/// A private key that was brought and belongs to a pair that was just created in the person's own
/// browser.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CreatedIntake {
    /// The intake's id.
    pub intake: String,
    /// The account's id.
    pub account: String,
    /// What the pair is for.
    pub r#for: Purpose,
    /// What to call it.
    pub name: String,
}

/// What is heard while the portal's page is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum PortalEvent {
    /// The page now shows this origin.
    At {
        /// Scheme and host.
        origin: String,
    },
    /// The page wants to go to an origin that is not listed; it waits for an answer.
    AsksOrigin {
        /// Scheme and host.
        origin: String,
    },
    /// A private key was caught and is in the keychain; its API key is still to come.
    Kept {
        /// The pair.
        keypair: Box<KeyPairRow>,
    },
    /// What the page handed over was no private key, or it could not be kept.
    NotKept {
        /// Why.
        error: IpcError,
    },
    /// The page was closed.
    Closed,
}

/// Whether the portal's page may go to an origin that it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct OriginAnswer {
    /// Scheme and host, as asked.
    pub origin: String,
    /// Whether it may.
    pub allow: bool,
}
