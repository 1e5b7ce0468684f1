//! What the window asks to add, change and pin instances, and what probing one found.

use patchbay_core::Error;
use patchbay_core::instance::adding::InstanceEdit;
use patchbay_core::instance::answering::Kinship;
use patchbay_core::instance::finding::Found;
use patchbay_core::instance::probing::Probed;
use patchbay_core::instance::{SshWay, Way};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Role;
use super::details::{InstanceDetails, SshDetails};
use crate::connection::VersionsSeen;
use crate::error::Trouble;

/// How to get to an instance, as it was filled in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub enum WayIn {
    /// Over the user's own ssh.
    Ssh {
        /// Where to.
        ssh: SshDetails,
    },
    /// An address only; never written to.
    WatchOnly,
}

/// An instance to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct NewInstance {
    /// What to call it.
    pub name: String,
    /// The account's id.
    pub account: String,
    /// What it is for.
    pub role: Role,
    /// How to get there.
    pub way: WayIn,
    /// Its storefront address; needed where it is watched only.
    pub url: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
}

/// What came of adding an instance: it is added also when it cannot be reached now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AddedInstance {
    /// The instance as it is kept now.
    pub instance: InstanceDetails,
    /// Why it was not reached; `null` where it was, or where it is watched only.
    pub trouble: Option<Trouble>,
}

/// An instance as it should be kept from now on; nothing changes on the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ChangedInstance {
    /// Its id.
    pub instance: String,
    /// Its name; `null` leaves it.
    pub name: Option<String>,
    /// What it is for; `null` leaves it.
    pub role: Option<Role>,
    /// How to get there; `null` leaves it.
    pub way: Option<WayIn>,
    /// Its storefront address; `null` leaves it.
    pub url: Option<String>,
    /// Free words; `null` leaves them.
    pub tags: Option<Vec<String>>,
}

/// Which server is meant: that of an instance, or one that is not added yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub enum Place {
    /// The server of an instance, by its id.
    Instance {
        /// Its id.
        instance: String,
    },
    /// A server that is not added yet.
    Way {
        /// How to get there.
        ssh: SshDetails,
    },
}

/// A host key to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct TrustedHostKey {
    /// Of which server.
    pub place: Place,
    /// `SHA256:` and 43 base64 characters, as it was shown.
    pub fingerprint: String,
}

/// What a server that is not added yet shows, and what it suggests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProbeResult {
    /// The storefront address in effect.
    pub url: String,
    /// A name that is still free.
    pub name: String,
    /// What it seems to be for.
    pub role: Role,
    /// `Community` or `Enterprise`, where found.
    pub edition: String,
    /// Versions found.
    pub versions: VersionsSeen,
    /// Whether the connector is installed and enabled.
    pub connector: bool,
    /// Whether it holds at least one of the nine values: it can be adopted.
    pub holds_values: bool,
    /// The name of the instance it is already known as, where it is.
    pub known_as: Option<String>,
}

/// One place where an instance was found on a server that is not added yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FoundInstance {
    /// How to get there, as it would be added.
    pub ssh: SshDetails,
    /// Who owns its files.
    pub owner: String,
    /// The version of the PHP that was found for it; empty where there is none.
    pub php: String,
    /// What a look at it showed.
    pub probed: Option<ProbeResult>,
    /// Why nothing could be seen, where nothing could.
    pub trouble: Option<Trouble>,
}

impl From<&Found> for FoundInstance {
    fn from(found: &Found) -> Self {
        let trouble = found.looked.as_ref().err();
        Self {
            ssh: (&found.way).into(),
            owner: found.owner.clone(),
            php: found.php.clone(),
            probed: found.looked.as_ref().ok().map(ProbeResult::from),
            trouble: trouble.map(|error| Trouble::from(&Error::Transport(error.clone()))),
        }
    }
}

/// What a person says an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct InstanceAnswer {
    /// The instance's id.
    pub instance: String,
    /// What it is.
    pub answer: Answer,
}

/// The answers to the questions of G12 and P12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Answer {
    /// A live shop.
    Live,
    /// No live shop.
    NotLive,
    /// Another way into the same instance.
    Same,
    /// A copy of the other one.
    Copy,
}

/// An instance by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct InstanceRequest {
    /// Its id.
    pub instance: String,
}

/// An instance to be pinned again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct RepinnedInstance {
    /// Its id.
    pub instance: String,
    /// Its name as it was typed.
    pub typed_name: String,
}

/// An instance whose values become its assignment (P11).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct AdoptedInstance {
    /// Its id.
    pub instance: String,
    /// Whether its private keys are taken, too, into the keychain.
    pub take_keys: bool,
}

impl From<WayIn> for Way {
    fn from(way: WayIn) -> Self {
        match way {
            WayIn::Ssh { ssh } => Way::Ssh(SshWay::from(ssh)),
            WayIn::WatchOnly => Way::WatchOnly,
        }
    }
}

impl From<ChangedInstance> for InstanceEdit {
    fn from(changed: ChangedInstance) -> Self {
        Self {
            name: changed.name,
            role: changed.role.map(Into::into),
            way: changed.way.map(Into::into),
            url: changed.url,
            tags: changed.tags,
        }
    }
}

impl Answer {
    /// The kinship it states, where it is about that.
    pub fn kinship(self) -> Option<Kinship> {
        match self {
            Answer::Same => Some(Kinship::Same),
            Answer::Copy => Some(Kinship::Copy),
            Answer::Live | Answer::NotLive => None,
        }
    }
}

impl From<&Probed> for ProbeResult {
    fn from(probed: &Probed) -> Self {
        Self {
            url: probed.url.clone(),
            name: probed.name.clone(),
            role: probed.role.into(),
            edition: probed.versions.edition.clone(),
            versions: (&probed.versions).into(),
            connector: probed.connector,
            holds_values: probed.holds_values,
            known_as: probed.known_as.clone(),
        }
    }
}
