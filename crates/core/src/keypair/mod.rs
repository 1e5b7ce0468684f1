//! Key pairs: a public API key and a private key, for `sandbox` or `production`.
//!
//! [`intake`] reads a private key from whatever people bring, [`exporting`] hands its one copy out.
//! Not here: where the private key lies (the keychain port) and where a copy goes (the outlet port).

pub(crate) mod adopted;
pub mod exporting;
pub mod guiding;
pub mod intake;
pub mod keeping;
pub mod life;
pub mod notes;
pub mod recognising;
pub mod recovering;
mod using;

use crate::config::Purpose;
use crate::fingerprint::{ExactFingerprint, IdentityFingerprint};
use crate::id::{AccountId, ApiKey, ClaimId, KeyPairId, KeychainItem};
use crate::ports::clock::UnixMillis;

/// A key pair as the records know it; nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// Random id.
    pub id: KeyPairId,
    /// Whose it is.
    pub account: AccountId,
    /// Sandbox or production.
    pub purpose: Purpose,
    /// What people call it; unique within the account and purpose.
    pub name: String,
    /// The public half people copy; absent while a created key waits for it.
    pub api_key: Option<ApiKey>,
    /// The private key's identity, for people; absent while pending.
    pub identity: Option<IdentityFingerprint>,
    /// HMAC of the private key as it would be in effect on an instance; absent while pending.
    /// Of an adopted pair: as it was read there.
    pub exact: Option<ExactFingerprint>,
    /// HMAC of the API key as it would be in effect.
    pub api_key_exact: Option<ExactFingerprint>,
    /// How it came here.
    pub origin: Origin,
    /// Where it is in its life.
    pub state: KeyPairState,
    /// Whether its one export was used.
    pub export: Export,
    /// Where the private key lies in the keychain.
    pub item: KeychainItem,
    /// Where its export ticket lies; only for created keys.
    pub ticket: Option<KeychainItem>,
    /// When it came here.
    pub created_at: UnixMillis,
    /// When Adobe last accepted it.
    pub accepted_at: Option<UnixMillis>,
    /// Free words of the user's.
    pub note: String,
}

/// How a key pair came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a file, the clipboard or standard input.
    Brought,
    /// Created in My Account with the app's help.
    Guided,
    /// Created through the portal's API.
    Generated,
    /// Read from an instance that was connected already.
    Adopted,
    /// Handed over, sealed, from another computer (R8).
    Received,
}

/// Where a key pair is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPairState {
    /// Recorded, not yet in the keychain. Found at a start: see [`Origin`] whether a key may exist
    /// at Adobe that nobody holds.
    Pending,
    /// In the keychain.
    Ready,
    /// The instance holds the only private key (P11).
    HeldByInstance,
    /// Created at Adobe, private key lost on the way: delete it there.
    LostOnTheWay,
    /// The user said the private key is lost.
    Lost,
    /// Replaced; kept for history.
    Retired,
    /// Deleted at Adobe; kept for history.
    DeletedAtAdobe,
}

/// The one export of a created key (R2). It is changed by [`Records::change_export`] alone, which
/// compares first.
///
/// [`Records::change_export`]: crate::ports::records::Records::change_export
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// A brought, adopted or received key has none.
    None,
    /// Not used yet.
    Unused,
    /// A process is using it up; given back where that process dies before it took the ticket.
    Claimed {
        /// The process; it holds the lock of this name while it lives.
        by: ClaimId,
    },
    /// Used.
    Used {
        /// How.
        way: ExportWay,
        /// When.
        at: UnixMillis,
    },
    /// Interrupted: not known whether it was copied.
    Interrupted,
    /// The user did without.
    Waived,
}

impl Export {
    /// The word in records and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Export::None => "none",
            Export::Unused => "unused",
            Export::Claimed { .. } => "claimed",
            Export::Used { .. } => "used",
            Export::Interrupted => "interrupted",
            Export::Waived => "waived",
        }
    }
}

/// How the one copy went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportWay {
    /// Saved to a file.
    File,
    /// Copied to the clipboard.
    Clipboard,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// The word in records and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Origin { Brought = "brought", Guided = "guided", Generated = "generated", Adopted = "adopted", Received = "received" });
words!(KeyPairState {
    Pending = "pending",
    Ready = "ready",
    HeldByInstance = "heldByInstance",
    LostOnTheWay = "lostOnTheWay",
    Lost = "lost",
    Retired = "retired",
    DeletedAtAdobe = "deletedAtAdobe",
});
words!(ExportWay { File = "file", Clipboard = "clipboard" });

impl KeyPair {
    /// Whether its private key can be pushed from here.
    pub fn is_here(&self) -> bool {
        self.state == KeyPairState::Ready && self.api_key.is_some()
    }

    /// Whether an instance may be told to hold it: it is here, or an instance holds it already.
    pub fn is_assignable(&self) -> bool {
        self.is_here() || self.state == KeyPairState::HeldByInstance
    }
}
