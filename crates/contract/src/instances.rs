//! Instances as the board shows them; [`details`] is everything else that is kept about one.

pub mod adding;
pub mod details;
pub mod drift;
pub mod importing;
pub mod page;
pub mod recipe;
pub mod shop;

use std::collections::BTreeMap;

use patchbay_core::assignment::Assignment;
use patchbay_core::connection;
use patchbay_core::connection::next;
use patchbay_core::connection::standing::Standing;
use patchbay_core::id::KeyPairId;
use patchbay_core::instance::{self, Instance, Way};
use patchbay_core::look::Flow;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::moment::rfc3339;

/// One instance on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InstanceRow {
    /// Opaque id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The label of its account.
    pub account: String,
    /// The SSH target, or the storefront address of one that is only watched.
    pub address: String,
    /// Whether it is only watched, never written to.
    pub watch_only: bool,
    /// The name or id of the data space it uses, where known.
    pub data_space: Option<String>,
    /// How it stands now.
    pub state: ConnectionState,
    /// Which light that shows.
    pub light: Light,
    /// Why, in one line.
    pub reason: Remark,
    /// Whatever else is true.
    pub findings: Vec<Remark>,
    /// What to do next.
    pub next_step: NextStep,
    /// Whether it is decided what it should hold.
    pub assigned: bool,
    /// What it should hold, as the ends of its cables; `null` where that is not decided.
    pub should: Option<RowAssignment>,
    /// Free words to filter by.
    pub tags: Vec<String>,
    /// The id of the data space it was last seen to use.
    pub data_space_id: Option<String>,
    /// The identity fingerprint of the sandbox private key last seen there.
    pub sandbox_key: Option<String>,
    /// The same of the production private key.
    pub production_key: Option<String>,
    /// Until when `connected` holds, RFC 3339; `null` where time alone changes nothing.
    pub holds_until: Option<String>,
    /// When Adobe's answer behind the state came, RFC 3339.
    pub proven_at: Option<String>,
    /// When it last was connected, RFC 3339.
    pub connected_at: Option<String>,
    /// Whether its data flows, by its own export logs; `null` where they say nothing.
    pub flow: Option<FlowRow>,
}

/// Whether data flows, by the instance's own logs and clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FlowRow {
    /// When something was last sent, RFC 3339.
    pub sent_at: Option<String>,
    /// Since when only failures were logged after that, RFC 3339; `null` where none were.
    pub failing_since: Option<String>,
}

impl From<Flow> for FlowRow {
    fn from(flow: Flow) -> Self {
        Self {
            sent_at: flow.sent_at.and_then(rfc3339),
            failing_since: flow.failing_since.and_then(rfc3339),
        }
    }
}

/// The ends of an instance's assignment, for drawing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RowAssignment {
    /// The sandbox pair's id; `null` leaves what is there.
    pub sandbox: Option<String>,
    /// The production pair's id; `null` leaves what is there.
    pub production: Option<String>,
    /// The data space's id.
    pub data_space_id: String,
    /// The data space's name.
    pub data_space: String,
}

impl From<&Assignment> for RowAssignment {
    fn from(assignment: &Assignment) -> Self {
        let id = |pair: &Option<KeyPairId>| pair.as_ref().map(|pair| pair.as_str().to_owned());
        Self {
            sandbox: id(&assignment.sandbox),
            production: id(&assignment.production),
            data_space_id: assignment.data_space.id.to_string(),
            data_space: assignment.data_space.name.clone(),
        }
    }
}

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Role {
    /// Real customers buy here.
    Live,
    /// Will be live.
    LiveNotOpenYet,
    /// A copy for trying things.
    Staging,
    /// A developer's copy.
    Development,
}

/// How an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
#[expect(
    missing_docs,
    reason = "the core's states, one for one; they are explained there"
)]
pub enum ConnectionState {
    Unknown,
    Unreachable,
    DifferentInstance,
    ConnectorMissing,
    NotConnected,
    Incomplete,
    AccountNotVerified,
    DataSpaceConflict,
    DataSpaceMismatch,
    GatewayOverridden,
    Drifted,
    Unverified,
    Connected,
}

/// What to do next about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
#[expect(
    missing_docs,
    reason = "the core's steps, one for one; they are explained there"
)]
pub enum NextStep {
    Check,
    TrustHostKey,
    AskAboutHostKey,
    RenewSignIn,
    CorrectWay,
    AskHost,
    AskDeveloper,
    Repin,
    Assign,
    Plan,
    ChooseKeys,
    ResolveConflict,
    ChooseDataSpace,
    ReviewDrift,
    SetUpPayments,
}

/// The three lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Light {
    /// All of it, proven.
    Connected,
    /// Something is missing or rejected.
    NotConnected,
    /// Somebody should look.
    NeedsALook,
}

/// A reason or a finding: a code for programs, an English sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Remark {
    /// Stable, camelCase.
    pub code: String,
    /// What it means for this instance.
    pub text: String,
    /// What is filled into the sentence, by name, to say it in another language. Roles, purposes and
    /// paths are codes, several of them joined by commas.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(type = "Record<string, string>", optional)]
    pub words: BTreeMap<String, String>,
}

impl From<&Standing> for InstanceRow {
    fn from(standing: &Standing) -> Self {
        let Standing {
            instance,
            verdict,
            keys: [sandbox, production],
            ..
        } = standing;
        Self {
            id: instance.id.as_str().to_owned(),
            name: instance.name.clone(),
            role: instance.role.into(),
            account: standing.account.clone(),
            address: address(instance),
            watch_only: matches!(instance.way, Way::WatchOnly),
            data_space: standing.data_space.clone(),
            state: verdict.state.into(),
            light: verdict.state.light().into(),
            reason: (&verdict.reason).into(),
            findings: verdict.findings.iter().map(Remark::from).collect(),
            next_step: standing.next.into(),
            assigned: standing.assignment.is_some(),
            should: standing.assignment.as_ref().map(RowAssignment::from),
            tags: instance.tags.clone(),
            data_space_id: standing.data_space_id.as_ref().map(ToString::to_string),
            sandbox_key: sandbox.as_ref().map(|key| key.as_str().to_owned()),
            production_key: production.as_ref().map(|key| key.as_str().to_owned()),
            holds_until: standing.holds_until.and_then(rfc3339),
            proven_at: standing.proven_at.and_then(rfc3339),
            connected_at: standing.connected_at.and_then(rfc3339),
            flow: standing.flow.map(FlowRow::from),
        }
    }
}

fn address(instance: &Instance) -> String {
    match &instance.way {
        Way::Ssh(way) => way.target.clone(),
        Way::WatchOnly => instance.url.clone().unwrap_or_default(),
    }
}

impl From<instance::Role> for Role {
    fn from(role: instance::Role) -> Self {
        match role {
            instance::Role::Live => Self::Live,
            instance::Role::LiveNotOpenYet => Self::LiveNotOpenYet,
            instance::Role::Staging => Self::Staging,
            instance::Role::Development => Self::Development,
        }
    }
}

impl From<Role> for instance::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Live => Self::Live,
            Role::LiveNotOpenYet => Self::LiveNotOpenYet,
            Role::Staging => Self::Staging,
            Role::Development => Self::Development,
        }
    }
}

impl From<next::NextStep> for NextStep {
    fn from(step: next::NextStep) -> Self {
        use next::NextStep as Core;
        match step {
            Core::Check => Self::Check,
            Core::TrustHostKey => Self::TrustHostKey,
            Core::AskAboutHostKey => Self::AskAboutHostKey,
            Core::RenewSignIn => Self::RenewSignIn,
            Core::CorrectWay => Self::CorrectWay,
            Core::AskHost => Self::AskHost,
            Core::AskDeveloper => Self::AskDeveloper,
            Core::Repin => Self::Repin,
            Core::Assign => Self::Assign,
            Core::Plan => Self::Plan,
            Core::ChooseKeys => Self::ChooseKeys,
            Core::ResolveConflict => Self::ResolveConflict,
            Core::ChooseDataSpace => Self::ChooseDataSpace,
            Core::ReviewDrift => Self::ReviewDrift,
            Core::SetUpPayments => Self::SetUpPayments,
        }
    }
}

impl From<connection::ConnectionState> for ConnectionState {
    fn from(state: connection::ConnectionState) -> Self {
        use connection::ConnectionState as Core;
        match state {
            Core::Unknown => Self::Unknown,
            Core::Unreachable => Self::Unreachable,
            Core::DifferentInstance => Self::DifferentInstance,
            Core::ConnectorMissing => Self::ConnectorMissing,
            Core::NotConnected => Self::NotConnected,
            Core::Incomplete => Self::Incomplete,
            Core::AccountNotVerified => Self::AccountNotVerified,
            Core::DataSpaceConflict => Self::DataSpaceConflict,
            Core::DataSpaceMismatch => Self::DataSpaceMismatch,
            Core::GatewayOverridden => Self::GatewayOverridden,
            Core::Drifted => Self::Drifted,
            Core::Unverified => Self::Unverified,
            Core::Connected => Self::Connected,
        }
    }
}

impl From<connection::Light> for Light {
    fn from(light: connection::Light) -> Self {
        match light {
            connection::Light::Connected => Self::Connected,
            connection::Light::NotConnected => Self::NotConnected,
            connection::Light::NeedsALook => Self::NeedsALook,
        }
    }
}

impl From<&connection::Remark> for Remark {
    fn from(remark: &connection::Remark) -> Self {
        Self {
            code: remark.code.clone(),
            text: remark.text.clone(),
            words: remark.words.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::id::{AccountId, InstanceId};
    use patchbay_core::instance::Answers;
    use patchbay_core::ports::clock::UnixMillis;

    fn watched() -> Instance {
        Instance {
            id: InstanceId::from_random([7; 16]),
            name: "Nordlys live".into(),
            account: AccountId::from_random([1; 16]),
            role: instance::Role::Live,
            way: Way::WatchOnly,
            url: Some("https://shop.example/".into()),
            tags: Vec::new(),
            pin: None,
            answers: Answers::default(),
            created_at: UnixMillis(0),
        }
    }

    fn standing() -> Standing {
        Standing {
            connected_at: Some(UnixMillis(1_774_000_000_500)),
            ..Standing::new(watched(), "Nordlys Group", None, None, UnixMillis(0))
        }
    }

    #[test]
    fn an_instance_that_was_never_checked_is_unknown() {
        let row = InstanceRow::from(&standing());
        assert_eq!(row.state, ConnectionState::Unknown);
        assert_eq!(row.light, Light::NeedsALook);
        assert_eq!(row.reason.code, "neverChecked");
        assert_eq!(row.address, "https://shop.example/");
    }

    #[test]
    fn every_state_of_the_core_has_the_same_word_here() {
        for state in connection::ConnectionState::ALL {
            let word = serde_json::to_value(ConnectionState::from(state)).unwrap();
            assert_eq!(word, state.as_str());
            let light = serde_json::to_value(Light::from(state.light())).unwrap();
            assert_eq!(light, state.light().as_str());
        }
    }

    #[test]
    fn times_are_written_as_the_contract_says() {
        let row = InstanceRow::from(&standing());
        assert_eq!(row.connected_at.as_deref(), Some("2026-03-20T09:46:40.5Z"));
    }
}
