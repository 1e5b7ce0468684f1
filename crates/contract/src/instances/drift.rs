//! What an instance holds against what it should hold, and the answers to that.

use patchbay_core::connection::drift::{Drift, DriftedValue, Told};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::moment::rfc3339;

/// `drift`: how an instance differs from its assignment, by what was last read there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DriftPage {
    /// The instance's name.
    pub instance: String,
    /// Every value that differs, in the order of the configuration.
    pub values: Vec<DriftRow>,
    /// When that was read, RFC 3339; `null` where it was never looked at.
    pub seen_at: Option<String>,
    /// Who pushed last from here; `null` where nobody did.
    pub last_push: Option<LastPushRow>,
    /// Until when nobody wants to hear of just this difference, RFC 3339.
    pub later: Option<String>,
}

/// One value that is not as assigned. Private keys by their fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DriftRow {
    /// The configuration path.
    pub path: String,
    /// What it should be.
    pub expected: ToldValue,
    /// What was found.
    pub found: ToldValue,
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ToldValue {
    /// Whether there is one.
    pub present: bool,
    /// The value itself: plain values and API keys only.
    pub value: Option<String>,
    /// Of a private key: SHA-256 of its public half.
    pub fingerprint: Option<String>,
}

/// A push from here that wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LastPushRow {
    /// Its entry in the history.
    pub entry: String,
    /// When it ended, RFC 3339.
    pub at: Option<String>,
    /// The login name of who did it.
    pub person: String,
}

/// The answer *remind me later*.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct LaterRequest {
    /// The instance's id.
    pub instance: String,
    /// In how many days, 1 to 30.
    pub days: u32,
}

impl From<&Told> for ToldValue {
    fn from(told: &Told) -> Self {
        let (value, fingerprint) = match told {
            Told::Plain(text) => (Some(text.clone()), None),
            Told::Key(identity) => (None, Some(identity.as_str().to_owned())),
            Told::Absent | Told::Present => (None, None),
        };
        Self {
            present: *told != Told::Absent,
            value,
            fingerprint,
        }
    }
}

impl From<&DriftedValue> for DriftRow {
    fn from(value: &DriftedValue) -> Self {
        Self {
            path: value.path.as_str().to_owned(),
            expected: (&value.expected).into(),
            found: (&value.found).into(),
        }
    }
}

impl From<&Drift> for DriftPage {
    fn from(drift: &Drift) -> Self {
        Self {
            instance: drift.instance.name.clone(),
            values: drift.values.iter().map(DriftRow::from).collect(),
            seen_at: drift.seen_at.and_then(rfc3339),
            last_push: drift.last_push.as_ref().map(|push| LastPushRow {
                entry: push.entry.as_str().to_owned(),
                at: rfc3339(push.at),
                person: push.person.clone(),
            }),
            later: drift.later.and_then(rfc3339),
        }
    }
}
