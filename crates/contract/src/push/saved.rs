//! A plan in a file, with the MAC that makes it more than reading matter (P13).
//!
//! Read strictly: a field that is not known or stands there twice is refused, so that what a
//! person reads in the file is what a push does. Not here: the key of the MAC (core, keychain).

use std::collections::{BTreeMap, BTreeSet};

use patchbay_core::config::Part;
use patchbay_core::id::{InstanceId, is_hex};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::push::plan::{Plan, hash_of_all};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AlsoDone, GuardSaid, LockedValue, PlannedChange, PlannedInstance, part_words};
use crate::moment::rfc3339;

/// What the file says it is.
const KIND: &str = "patchbay plan";

/// The form this program writes and reads.
const VERSION: u32 = 1;

/// The largest file that is read, in bytes; a plan of one instance has about 3 kB.
pub const FILE_MAX: usize = 64 * 1024 * 1024;

/// `plan --out`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// What this file is.
    pub file: String,
    /// Its form.
    pub version: u32,
    /// When it was made, RFC 3339.
    pub made_at: Option<String>,
    /// The parts it covers: `keys`, `data-space`.
    pub parts: Vec<String>,
    /// What the plans together are known by.
    pub hash: String,
    /// The plans.
    pub instances: Vec<SavedInstance>,
    /// HMAC over everything else; empty until it is sealed.
    pub mac: String,
}

/// One instance's plan in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedInstance {
    /// The instance's id in this data directory.
    pub id: String,
    /// What it was called then.
    pub name: String,
    /// What the plan is known by.
    pub hash: String,
    /// What would change.
    pub changes: Vec<PlannedChange>,
    /// Values that are fixed elsewhere.
    pub locks: Vec<LockedValue>,
    /// What the guards said.
    pub guards: Vec<GuardSaid>,
    /// What else carrying it out does; none in a file of an older Patchbay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoDone>,
}

/// Why a file is no saved plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPlan {
    /// It is not a saved plan at all, or was changed so that it cannot be read.
    Unreadable,
    /// A newer Patchbay wrote it.
    Newer,
}

impl SavedPlan {
    /// The file for these plans, not yet sealed.
    pub fn new(plans: &[Plan], parts: &BTreeSet<Part>, at: UnixMillis) -> Self {
        let instances = plans.iter().map(|plan| {
            let PlannedInstance {
                name,
                changes,
                locks,
                guards,
                also,
                ..
            } = plan.into();
            SavedInstance {
                id: plan.instance.as_str().to_owned(),
                name,
                hash: plan.hash.clone(),
                changes,
                locks,
                guards,
                also,
            }
        });
        Self {
            file: KIND.to_owned(),
            version: VERSION,
            made_at: rfc3339(at),
            parts: part_words(parts),
            hash: hash_of_all(plans),
            instances: instances.collect(),
            mac: String::new(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`NotAPlan`].
    pub fn read(bytes: &[u8]) -> Result<Self, NotAPlan> {
        let plan: Self = serde_json::from_slice(bytes).map_err(|_| NotAPlan::Unreadable)?;
        if plan.file != KIND {
            return Err(NotAPlan::Unreadable);
        }
        if plan.version != VERSION {
            return Err(NotAPlan::Newer);
        }
        Ok(plan)
    }

    /// What the MAC covers: the whole document without it, keys sorted, no white space.
    pub fn canonical(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("mac");
        }
        let mut text = String::new();
        write_sorted(&value, &mut text);
        text.into_bytes()
    }

    /// The parts; `None` where a word is not known.
    pub fn parts(&self) -> Option<BTreeSet<Part>> {
        let ordinary = |word: &String| Part::parse(word).filter(|part| Part::ALL.contains(part));
        self.parts.iter().map(ordinary).collect()
    }

    /// The hash each instance's plan must have; `None` where an id or a hash is none.
    pub fn expected(&self) -> Option<BTreeMap<InstanceId, String>> {
        self.instances
            .iter()
            .map(|one| {
                let hash = is_hex(&one.hash, 64).then(|| one.hash.clone())?;
                Some((InstanceId::parse(&one.id)?, hash))
            })
            .collect()
    }
}

/// Writes JSON with sorted keys, whatever order the map at hand keeps them in.
fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_sorted(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_sorted(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> SavedPlan {
        let mut plan = SavedPlan::new(&[], &Part::ALL.into_iter().collect(), UnixMillis(0));
        plan.instances.push(SavedInstance {
            id: "7".repeat(32),
            name: "Nordlys".into(),
            hash: "a".repeat(64),
            changes: vec![PlannedChange {
                path: "services_connector/services_id/project_id".into(),
                from: None,
                to: Some("x".into()),
                scope: None,
            }],
            locks: Vec::new(),
            guards: Vec::new(),
            also: Vec::new(),
        });
        plan
    }

    #[test]
    fn what_was_written_reads_back_with_the_same_canonical_bytes() {
        let plan = saved();
        let bytes = serde_json::to_vec_pretty(&plan).unwrap();
        let back = SavedPlan::read(&bytes).unwrap();
        assert_eq!(back, plan);
        assert_eq!(back.canonical(), plan.canonical());
        assert_eq!(back.parts().unwrap().len(), 2);
        assert_eq!(back.expected().unwrap().len(), 1);
    }

    #[test]
    fn every_field_but_the_mac_is_covered() {
        let plan = saved();
        let sealed = SavedPlan {
            mac: "f".repeat(64),
            ..plan.clone()
        };
        assert_eq!(sealed.canonical(), plan.canonical());
        let mut edited = plan.clone();
        edited.instances[0].changes[0].to = Some("y".into());
        assert_ne!(edited.canonical(), plan.canonical());
        let mut fewer = plan.clone();
        fewer.parts.pop();
        assert_ne!(fewer.canonical(), plan.canonical());
    }

    #[test]
    fn a_field_too_many_or_twice_is_refused() {
        let text = serde_json::to_string(&saved()).unwrap();
        let more = text.replacen('{', "{\"extra\":1,", 1);
        assert_eq!(SavedPlan::read(more.as_bytes()), Err(NotAPlan::Unreadable));
        let twice = text.replacen('{', "{\"mac\":\"\",", 1);
        assert_eq!(SavedPlan::read(twice.as_bytes()), Err(NotAPlan::Unreadable));
        let newer = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(SavedPlan::read(newer.as_bytes()), Err(NotAPlan::Newer));
        assert_eq!(SavedPlan::read(b"not json"), Err(NotAPlan::Unreadable));
    }
}
