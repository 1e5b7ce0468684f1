//! Other instances that have to do with one: the same data space, or the same identity (P12).
//!
//! Pure. Not here: what follows from it for a plan (guards).

use super::judge::Neighbour;
use super::{ConnectionState as State, Evidence, Remark, Verdict};
use crate::assignment::Assignment;
use crate::config::ConfigPath;
use crate::id::DataSpaceId;
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
        found.extend(user(other, space, known));
    }
    found
}

/// Every instance that holds or is assigned a data space.
pub(crate) fn users(space: &str, known: &Known<'_>) -> Vec<Neighbour> {
    let users = known.instances.iter();
    users
        .filter_map(|instance| user(instance, space, known))
        .collect()
}

fn user(instance: &Instance, space: &str, known: &Known<'_>) -> Option<Neighbour> {
    let assigned = known
        .assignments
        .iter()
        .any(|a| a.instance == instance.id && a.data_space.id.as_str() == space);
    let holds = known
        .evidence
        .iter()
        .any(|e| e.instance == instance.id && e.data_spaces().any(|id| id.as_str() == space));
    (assigned || holds).then(|| Neighbour {
        name: instance.name.clone(),
        live: instance.is_live(),
        assigned,
    })
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

/// Whose a data space is that several instances use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Nobody else uses it.
    Alone,
    /// It keeps it, though these use it too.
    Keeps(String),
    /// It belongs to these, or it cannot be told whose it is.
    Carries(String),
}

impl Sharing {
    /// Of the data space `here` on an instance: the one it is assigned to keeps it, else the only
    /// live one.
    pub(super) fn of(
        here: &str,
        assigned: Option<&DataSpaceId>,
        live: bool,
        others: &[Neighbour],
    ) -> Self {
        if others.is_empty() {
            return Self::Alone;
        }
        let ours = assigned.is_some_and(|id| id.as_str() == here);
        let theirs = others.iter().any(|other| other.assigned);
        let keeps = match (ours, theirs) {
            (true, false) => true,
            (false, true) | (true, true) => false,
            (false, false) => live && !others.iter().any(|other| other.live),
        };
        let names: Vec<&str> = others.iter().map(|other| other.name.as_str()).collect();
        let names = names.join(", ");
        if keeps {
            Self::Keeps(names)
        } else {
            Self::Carries(names)
        }
    }

    /// What is to be said about it.
    pub(super) fn remark(&self) -> Option<Remark> {
        match self {
            Self::Alone => None,
            Self::Keeps(names) => Some(
                Remark::new(
                    "dataSpaceAlsoUsed",
                    format!("Its data space is also used by {names}."),
                )
                .with("others", names),
            ),
            Self::Carries(names) => Some(
                Remark::new(
                    "dataSpaceUsedTwice",
                    format!("Its data space belongs to {names}."),
                )
                .with("others", names),
            ),
        }
    }
}

/// What is now to be said of an instance that was judged before, after others changed; `None` where
/// that is the same as before. It was not looked at, so nothing gets better by this than `unverified`.
pub(super) fn judged_again(
    instance: &Instance,
    evidence: &Evidence,
    known: &Known<'_>,
) -> Option<Verdict> {
    let before = &evidence.verdict;
    let unseen = [State::Unknown, State::Unreachable, State::ConnectorMissing];
    let seen = evidence.seen.as_ref()?;
    if unseen.contains(&before.state) {
        return None;
    }
    let assigned = known
        .assignments
        .iter()
        .find(|a| a.instance == instance.id)
        .map(|a| &a.data_space.id);
    let sharing = seen.data_space.as_ref().map_or(Sharing::Alone, |space| {
        let others = holders(instance, space.as_str(), Some(&seen.pin), known);
        Sharing::of(space.as_str(), assigned, instance.is_live(), &others)
    });
    let mut after = before.clone();
    after
        .findings
        .retain(|finding| !SHARED.contains(&finding.code.as_str()));
    let carried = before.state == State::DataSpaceConflict;
    let said = sharing.remark();
    match (&sharing, said) {
        (Sharing::Carries(_), Some(said)) if carried => after.reason = said,
        (Sharing::Carries(_), Some(said)) if before.state.goes_before(State::DataSpaceConflict) => {
            after.findings.insert(0, said);
        }
        (Sharing::Carries(_), Some(said)) => {
            let former = std::mem::replace(&mut after.reason, said);
            if before.state != State::Connected {
                after.findings.insert(0, former);
            }
            after.state = State::DataSpaceConflict;
        }
        (_, said) => {
            after.findings.extend(said);
            if carried {
                after.state = State::Unverified;
                after.reason = Remark::new(
                    "conflictEnded",
                    "Its data space is not in question any more; check it again.",
                );
            }
        }
    }
    (after != *before).then_some(after)
}

/// What is said of a shared data space.
const SHARED: [&str; 2] = ["dataSpaceAlsoUsed", "dataSpaceUsedTwice"];

fn is_one(instance: &Instance, other: &Instance, pin: Option<&Pin>) -> bool {
    instance.is_same_as(other) || (pin.is_some() && other.pin.as_ref() == pin)
}
