//! The journal as people read it: one entry for each action on one instance, from its first line
//! to its last.
//!
//! Pure. Not here: whether the lines are what was written (the chain) and taking an entry back
//! (a push).

use super::{Action, JournalEvent, JournalLine, Phase};
use crate::ports::clock::UnixMillis;
use crate::push::order::Outcome;
use crate::push::settle::BLOB_DAYS;

/// One action on one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What its first line says; of one that was refused before it began, its only line.
    pub event: JournalEvent,
    /// When it ended; `None` while it runs, or where it was interrupted and is not settled yet.
    pub ended_at: Option<UnixMillis>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What went wrong, as code and text.
    pub error: Option<(String, String)>,
    /// Whether it wrote something that can still be taken back.
    pub can_undo: bool,
}

/// The entries of a journal, newest first.
pub fn entries(lines: &[JournalLine], now: UnixMillis) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for line in lines {
        let event = &line.event;
        let place = *places.entry(event.entry.clone()).or_insert_with(|| {
            found.push(Entry {
                event: event.clone(),
                ended_at: None,
                outcome: None,
                error: None,
                can_undo: false,
            });
            found.len() - 1
        });
        if let (Phase::Ended, Some(entry)) = (event.phase, found.get_mut(place)) {
            entry.ended_at = Some(event.at);
            entry.outcome = event.outcome.clone();
            entry.error = event.error.clone();
            entry.can_undo = can_undo(entry, now);
        }
    }
    found.reverse();
    found
}

fn can_undo(entry: &Entry, now: UnixMillis) -> bool {
    let wrote = matches!(
        entry.event.action,
        Action::Push | Action::Undo | Action::Detach | Action::Move | Action::Repair
    ) && entry.event.phase == Phase::Begun
        && entry.outcome.as_deref() == Some(Outcome::Pushed.as_str());
    wrote && now.0 - entry.event.at.0 < BLOB_DAYS * 86_400_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{EntryId, InstanceId, PushId};
    use crate::journal::Link;

    fn line(
        seq: u64,
        entry: u8,
        phase: Phase,
        action: Action,
        outcome: Option<&str>,
    ) -> JournalLine {
        JournalLine {
            seq,
            event: JournalEvent {
                entry: EntryId::from_random([entry; 16]),
                push: PushId::from_random([9; 16]),
                at: UnixMillis(i64::try_from(seq).unwrap() * 1_000),
                person: "mei".into(),
                phase,
                action,
                instance: InstanceId::from_random([1; 16]),
                instance_name: "Nordlys".into(),
                account: None,
                parts: Default::default(),
                changes: Vec::new(),
                outcome: outcome.map(str::to_owned),
                error: None,
            },
            link: Link::start(),
        }
    }

    #[test]
    fn lines_of_one_action_are_one_entry_newest_first() {
        let lines = [
            line(1, 1, Phase::Begun, Action::Push, None),
            line(2, 2, Phase::Begun, Action::Detach, None),
            line(3, 1, Phase::Ended, Action::Push, Some("pushed")),
            line(4, 3, Phase::Ended, Action::Adopt, None),
        ];
        let found = entries(&lines, UnixMillis(5_000));
        let told: Vec<_> = found
            .iter()
            .map(|entry| (entry.event.action, entry.ended_at, entry.can_undo))
            .collect();
        assert_eq!(
            told,
            [
                (Action::Adopt, Some(UnixMillis(4_000)), false),
                (Action::Detach, None, false),
                (Action::Push, Some(UnixMillis(3_000)), true),
            ],
            "only what was written to its end can be taken back"
        );
    }

    #[test]
    fn what_is_too_old_or_was_not_written_cannot_be_taken_back() {
        let wrote = [
            line(1, 1, Phase::Begun, Action::Push, None),
            line(2, 1, Phase::Ended, Action::Push, Some("pushed")),
        ];
        let late = UnixMillis(1_000 + BLOB_DAYS * 86_400_000);
        assert!(!entries(&wrote, late)[0].can_undo);
        let failed = [
            line(1, 1, Phase::Begun, Action::Push, None),
            line(2, 1, Phase::Ended, Action::Push, Some("failed")),
        ];
        assert!(!entries(&failed, UnixMillis(3_000))[0].can_undo);
    }
}
