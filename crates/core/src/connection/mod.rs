//! Connection states: the one pure state machine, and what was known when it spoke.
//!
//! First match wins; whatever else is true is listed under it as a finding. Not here: collecting
//! the evidence (the check room) and drawing it.

pub mod age;
pub mod check;
pub mod drift;
pub(crate) mod held;
pub mod judge;
pub mod next;
mod obstacle;
pub(crate) mod others;
mod prove;
mod remarks;
pub mod renew;
pub mod shop;
pub mod sign_in;
pub mod standing;

use std::collections::BTreeMap;

use crate::config::{ConfigPath, Purpose};
use crate::fingerprint::{ExactFingerprint, IdentityFingerprint};
use crate::id::{DataSpaceId, InstanceId, MageId, ProjectId};
use crate::instance::Pin;
use crate::look::{Flow, Versions};
use crate::ports::clock::UnixMillis;
use crate::ports::gateway::Rejection;

use shop::ShopSeen;

/// How an instance stands, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Never checked.
    Unknown,
    /// Name, route, refusal, time-out, host key, login, permission or PHP.
    Unreachable,
    /// Not the instance that was added.
    DifferentInstance,
    /// Magento_ServicesId absent or disabled, or not a Commerce root.
    ConnectorMissing,
    /// None of the values present.
    NotConnected,
    /// Some values missing.
    Incomplete,
    /// Adobe rejects the keys.
    AccountNotVerified,
    /// Its data space is another known instance's.
    DataSpaceConflict,
    /// Type against role, not in the project, or another MageID's.
    DataSpaceMismatch,
    /// It talks to a gateway that is not in our settings.
    GatewayOverridden,
    /// It differs from its assignment.
    Drifted,
    /// Values present, proof missing or too old.
    Unverified,
    /// All of it, proven.
    Connected,
}

/// The three lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Light {
    /// Green.
    Connected,
    /// Vermilion.
    NotConnected,
    /// Amber.
    NeedsALook,
}

impl ConnectionState {
    /// Every state, in the order in which the first match wins.
    pub const ALL: [ConnectionState; 13] = [
        Self::Unknown,
        Self::Unreachable,
        Self::DifferentInstance,
        Self::ConnectorMissing,
        Self::NotConnected,
        Self::Incomplete,
        Self::AccountNotVerified,
        Self::DataSpaceConflict,
        Self::DataSpaceMismatch,
        Self::GatewayOverridden,
        Self::Drifted,
        Self::Unverified,
        Self::Connected,
    ];

    /// The word in JSON and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::DifferentInstance => "differentInstance",
            Self::ConnectorMissing => "connectorMissing",
            Self::NotConnected => "notConnected",
            Self::Incomplete => "incomplete",
            Self::AccountNotVerified => "accountNotVerified",
            Self::DataSpaceConflict => "dataSpaceConflict",
            Self::DataSpaceMismatch => "dataSpaceMismatch",
            Self::GatewayOverridden => "gatewayOverridden",
            Self::Drifted => "drifted",
            Self::Unverified => "unverified",
            Self::Connected => "connected",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it wins over the other where both are true.
    pub(crate) fn goes_before(self, other: Self) -> bool {
        let place = |state| Self::ALL.iter().position(|one| *one == state);
        place(self) < place(other)
    }

    /// Which light it shows.
    pub fn light(self) -> Light {
        match self {
            Self::Connected => Light::Connected,
            Self::ConnectorMissing
            | Self::NotConnected
            | Self::Incomplete
            | Self::AccountNotVerified => Light::NotConnected,
            _ => Light::NeedsALook,
        }
    }
}

impl Light {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Light::Connected => "connected",
            Light::NotConnected => "notConnected",
            Light::NeedsALook => "needsALook",
        }
    }
}

/// A reason or a finding: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Stable, camelCase.
    pub code: String,
    /// What it means for this instance, in English.
    pub text: String,
    /// What is filled into the sentence, by name; with the code it is enough to say it in another
    /// language. Roles, purposes and paths are codes, several of them joined by commas; everything
    /// else is for showing. Never a secret.
    pub words: BTreeMap<String, String>,
}

impl Remark {
    /// Makes a remark.
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
            words: BTreeMap::new(),
        }
    }

    /// Names one word that is filled into its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, word: impl Into<String>) -> Self {
        self.words.insert(name.to_owned(), word.into());
        self
    }
}

/// What the state machine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: ConnectionState,
    /// Why, in one line.
    pub reason: Remark,
    /// Whatever else is true.
    pub findings: Vec<Remark>,
}

/// What Adobe said about one pair of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairAnswer {
    /// `ping` answered 200.
    Accepted,
    /// A body that says the pair is wrong.
    Rejected(Rejection),
    /// No usable answer, and why.
    NotProvable(Remark),
    /// The instance has no such pair at all.
    Absent,
}

impl PairAnswer {
    /// The word in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            PairAnswer::Accepted => "accepted",
            PairAnswer::Rejected(_) => "rejected",
            PairAnswer::NotProvable(_) => "notProvable",
            PairAnswer::Absent => "absent",
        }
    }
}

/// What Adobe answered about an instance, and by whose token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdobeProof {
    /// The production pair.
    pub production: PairAnswer,
    /// The sandbox pair.
    pub sandbox: PairAnswer,
    /// What `registry/environments/{id}` said of the data space the instance claims.
    pub data_space: DataSpaceAnswer,
    /// When the answers about the instance's own tokens came.
    pub at: UnixMillis,
    /// Whether the instance signed the tokens in this very run.
    pub by_instance_token: bool,
    /// When Adobe last answered the same about a token signed here with the very key that was seen
    /// on the instance; `None` where nobody asked since the look.
    pub renewed_at: Option<UnixMillis>,
    /// Seconds this computer's clock was ahead of the gateway's, where that said its time.
    pub clock_ahead: Option<i64>,
    /// What the registry says of the account's own synchronisation, where it says anything.
    pub account_sync: Option<AccountSync>,
}

/// `accountSyncStatus` of a data space. Texts are cleaned; Adobe documents no list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSync {
    /// The status in Adobe's word.
    pub status: String,
    /// When it last changed, as the registry writes it.
    pub updated_at: Option<String>,
}

impl AdobeProof {
    /// When Adobe last answered, whoever signed.
    pub fn last_at(&self) -> UnixMillis {
        self.renewed_at.unwrap_or(self.at)
    }

    /// The answer about one pair.
    pub fn pair(&self, purpose: Purpose) -> &PairAnswer {
        match purpose {
            Purpose::Sandbox => &self.sandbox,
            Purpose::Production => &self.production,
        }
    }
}

/// What the registry said of a data space for a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSpaceAnswer {
    /// It was not asked, or gave no usable answer; and why.
    NotProvable(Remark),
    /// That pair sees no such data space.
    NotFound,
    /// It is there.
    Found {
        /// Its project.
        project: ProjectId,
        /// Its type.
        kind: crate::registry::DataSpaceType,
        /// Its account, where said.
        mage_id: Option<MageId>,
    },
}

/// The last thing seen on an instance, kept in the records; nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub at: UnixMillis,
    /// Who it was.
    pub pin: Pin,
    /// Exact fingerprints of the nine values in effect; absent where empty.
    pub exact: BTreeMap<ConfigPath, ExactFingerprint>,
    /// Plain values and API keys in effect.
    pub plain: BTreeMap<ConfigPath, String>,
    /// Identities of the private keys in effect, where they could be read as keys.
    pub identity: BTreeMap<ConfigPath, IdentityFingerprint>,
    /// The data space it claims, where that is one.
    pub data_space: Option<DataSpaceId>,
    /// Which pair it uses for registry and feeds, where that is one of the two.
    pub used: Option<Purpose>,
    /// Whether data flows, by its own export logs.
    pub flow: Option<Flow>,
    /// Versions found.
    pub versions: Versions,
}

/// Everything kept about the last check of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Which instance.
    pub instance: InstanceId,
    /// When the check ended.
    pub at: UnixMillis,
    /// What the state machine said then.
    pub verdict: Verdict,
    /// What was last seen on it; kept when a later look fails.
    pub seen: Option<Seen>,
    /// What Adobe last answered.
    pub adobe: Option<AdobeProof>,
    /// What its shop last showed to visitors.
    pub shop: Option<ShopSeen>,
    /// When it last was `connected`.
    pub connected_at: Option<UnixMillis>,
}
