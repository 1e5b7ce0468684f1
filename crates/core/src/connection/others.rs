//! Other instances that have to do with one: the same data space, or the same identity (P12).
//!
//! Pure. Not here: what follows from it (judge and guards).

use super::Evidence;
use super::judge::Neighbour;
use crate::assignment::Assignment;
use crate::config::ConfigPath;
use crate::instance::{Instance, Pin};
use crate::look::Look;

/// What is known of all instances.
pub(crate) struct Known<'a> {
    pub(crate) instances: &'a [Instance],
    pub(crate) assignments: &'a [Assignment],
    pub(crate) evidence: &'a [Evidence],
}

/// Other instances that hold or are assigned the data space found here.
pub(crate) fn neighbours(instance: &Instance, look: &Look, known: &Known<'_>) -> Vec<Neighbour> {
    look.plain(ConfigPath::DataSpaceId)
        .map_or_else(Vec::new, |space| {
            holders(instance, space, Some(&look.pin), known)
        })
}

/// Other instances that hold or are assigned a data space. Several ways into one instance (P12)
/// are one.
pub(crate) fn holders(
    instance: &Instance,
    space: &str,
    pin: Option<&Pin>,
    known: &Known<'_>,
) -> Vec<Neighbour> {
    let others = known
        .instances
        .iter()
        .filter(|other| other.id != instance.id && !is_one(instance, other, pin));
    let mut found = Vec::new();
    for other in others {
        let assigned = known
            .assignments
            .iter()
            .any(|a| a.instance == other.id && a.data_space.id.as_str() == space);
        let holds = known.evidence.iter().any(|e| {
            e.instance == other.id
                && e.seen
                    .as_ref()
                    .and_then(|seen| seen.data_space.as_ref())
                    .is_some_and(|id| id.as_str() == space)
        });
        if assigned || holds {
            found.push(Neighbour {
                name: other.name.clone(),
                live: other.is_live(),
                assigned,
            });
        }
    }
    found
}

/// Other instances that have the same identity but another base URL or server, and about which
/// nobody answered yet whether they are the same or a copy (P12).
pub(crate) fn twins(instance: &Instance, pin: &Pin, instances: &[Instance]) -> Vec<String> {
    instances
        .iter()
        .filter(|other| other.id != instance.id && !instance.is_answered_about(other))
        .filter(|other| {
            other
                .pin
                .as_ref()
                .is_some_and(|theirs| theirs.identity == pin.identity && theirs != pin)
        })
        .map(|other| other.name.clone())
        .collect()
}

fn is_one(instance: &Instance, other: &Instance, pin: Option<&Pin>) -> bool {
    instance.is_same_as(other) || (pin.is_some() && other.pin.as_ref() == pin)
}
