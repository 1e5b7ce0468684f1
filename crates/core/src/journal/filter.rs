//! Which entries of the journal somebody wants to see.
//!
//! Pure, and by entry: its lines are shown together or not at all, so that no beginning loses its
//! end. Not here: how the lines are put together (entries) and which words a person may type.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::Entry;
use super::{AccountThen, JournalEvent};
use crate::id::{AccountId, EntryId, InstanceId};
use crate::ports::clock::UnixMillis;
use crate::push::order::Outcome;

/// The outcome of an action that cannot go wrong half-way: adopting, pinning again.
pub const DONE: &str = "done";

/// What is wanted; whatever is not named lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these instances.
    pub instances: Option<BTreeSet<InstanceId>>,
    /// Whose the instance was when the entry was written; where that was not noted, whose it is.
    pub account: Option<AccountId>,
    /// Who did it, without regard to capitals.
    pub person: Option<String>,
    /// How it ended.
    pub outcome: Option<Ended>,
    /// Nothing that had ended before this time.
    pub since: Option<UnixMillis>,
    /// Nothing that began at this time or later.
    pub until: Option<UnixMillis>,
}

/// How an entry ended, as a filter names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With the outcome of a push; one that is not known yet is [`Outcome::OutcomeUnknown`].
    With(Outcome),
    /// An adoption, or a new pin.
    Done,
}

impl Ended {
    /// Every way to end.
    pub const ALL: [Ended; 8] = [
        Ended::With(Outcome::Pushed),
        Ended::With(Outcome::Unchanged),
        Ended::With(Outcome::ChangedSincePlan),
        Ended::With(Outcome::Blocked),
        Ended::With(Outcome::Failed),
        Ended::With(Outcome::OutcomeUnknown),
        Ended::With(Outcome::Cancelled),
        Ended::Done,
    ];

    /// The word in JSON and in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::With(outcome) => outcome.as_str(),
            Ended::Done => DONE,
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// Whose instances are now, for lines that do not say whose they were.
pub type OwnersNow = BTreeMap<InstanceId, AccountThen>;

impl Filter {
    /// Whether an entry is wanted.
    pub fn lets_through(&self, entry: &Entry, now: &OwnersNow) -> bool {
        let event = &entry.event;
        let instance = self.instances.as_ref();
        let account = self.account.as_ref();
        let person = self.person.as_deref().map(str::to_lowercase);
        // One that runs, or was interrupted, reaches until now.
        let last = entry.ended_at;
        instance.is_none_or(|wanted| wanted.contains(&event.instance))
            && account.is_none_or(|wanted| owner(event, now).is_some_and(|own| &own.id == wanted))
            && person.is_none_or(|wanted| event.person.to_lowercase() == wanted)
            && self
                .outcome
                .is_none_or(|wanted| ended(entry) == wanted.as_str())
            && self
                .since
                .is_none_or(|since| last.is_none_or(|last| last >= since))
            && self.until.is_none_or(|until| event.at < until)
    }
}

/// Whose the instance of a line was, as far as anybody knows.
pub fn owner<'a>(event: &'a JournalEvent, now: &'a OwnersNow) -> Option<&'a AccountThen> {
    event.account.as_ref().or_else(|| now.get(&event.instance))
}

/// An entry without an end is one whose outcome nobody knows yet.
fn ended(entry: &Entry) -> &str {
    let unknown = Outcome::OutcomeUnknown.as_str();
    entry.outcome.as_deref().unwrap_or(unknown)
}

/// What there is to choose from in a journal, newest first and each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Instances, with the last name each had.
    pub instances: Vec<(InstanceId, String)>,
    /// Accounts, with the last label each had.
    pub accounts: Vec<AccountThen>,
    /// Login names.
    pub people: Vec<String>,
}

/// What there is to choose from in `entries`, which come newest first.
pub fn choices(entries: &[Entry], now: &OwnersNow) -> Choices {
    let mut found = Choices::default();
    for event in entries.iter().map(|entry| &entry.event) {
        if !found.instances.iter().any(|(id, _)| id == &event.instance) {
            let named = (event.instance.clone(), event.instance_name.clone());
            found.instances.push(named);
        }
        if let Some(account) = owner(event, now)
            && !found.accounts.iter().any(|known| known.id == account.id)
        {
            found.accounts.push(account.clone());
        }
        let person = event.person.to_lowercase();
        if !found
            .people
            .iter()
            .any(|known| known.to_lowercase() == person)
        {
            found.people.push(event.person.clone());
        }
    }
    found
}

/// The ids of entries.
pub fn ids(entries: &[Entry]) -> BTreeSet<EntryId> {
    entries.iter().map(|one| one.event.entry.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::samples::sample_event;
    use crate::journal::Phase;

    fn entry(n: u8, outcome: Option<&str>, ended_at: Option<i64>) -> Entry {
        let event = sample_event(n, &EntryId::from_random([n; 16]), Phase::Begun);
        Entry {
            event: JournalEvent {
                at: UnixMillis(i64::from(n) * 100),
                person: format!("Person{}", n % 2),
                ..event
            },
            ended_at: ended_at.map(UnixMillis),
            outcome: outcome.map(str::to_owned),
            error: None,
            can_undo: false,
        }
    }

    fn all() -> Vec<Entry> {
        vec![
            entry(4, None, None),
            entry(3, Some("failed"), Some(350)),
            entry(2, Some("pushed"), Some(250)),
            entry(1, Some("done"), Some(100)),
        ]
    }

    fn through(filter: &Filter) -> Vec<i64> {
        let wanted = all();
        let wanted = wanted
            .iter()
            .filter(|one| filter.lets_through(one, &OwnersNow::new()));
        wanted.map(|one| one.event.at.0 / 100).collect()
    }

    #[test]
    fn each_field_narrows_and_none_lets_everything_through() {
        assert_eq!(through(&Filter::default()), [4, 3, 2, 1]);
        let of = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            through(&filter)
        };
        let second = |f: &mut Filter| f.instances = Some([all()[2].event.instance.clone()].into());
        assert_eq!(of(second), [2]);
        assert_eq!(of(|f| f.instances = Some(BTreeSet::new())), [0; 0]);
        assert_eq!(
            of(|f| f.account = Some(AccountId::from_random([3; 16]))),
            [3]
        );
        assert_eq!(of(|f| f.person = Some("PERSON1".into())), [3, 1]);
        assert_eq!(of(|f| f.outcome = Ended::parse("pushed")), [2]);
        assert_eq!(of(|f| f.outcome = Ended::parse("done")), [1]);
        assert_eq!(
            of(|f| f.outcome = Ended::parse("outcomeUnknown")),
            [4],
            "it has no end"
        );
    }

    #[test]
    fn a_time_takes_in_whatever_was_under_way_then() {
        let of = |since: i64, until: i64| {
            through(&Filter {
                since: Some(UnixMillis(since)),
                until: Some(UnixMillis(until)),
                ..Filter::default()
            })
        };
        assert_eq!(of(240, 260), [2], "began before, ended within");
        assert_eq!(of(320, 400), [3], "400 has begun at the end, not before it");
        assert_eq!(of(500, 600), [4], "what has no end is still under way");
        assert_eq!(of(100, 101), [1]);
    }

    #[test]
    fn lines_that_name_no_account_count_for_the_one_that_has_the_instance_now() {
        let mut old = entry(7, Some("pushed"), Some(800));
        old.event.account = None;
        let account = |n: u8| AccountThen {
            id: AccountId::from_random([n; 16]),
            label: format!("Account {n}"),
        };
        let now = OwnersNow::from([(old.event.instance.clone(), account(9))]);
        let of = |n: u8| Filter {
            account: Some(account(n).id),
            ..Filter::default()
        };
        assert!(of(9).lets_through(&old, &now));
        assert!(!of(9).lets_through(&old, &OwnersNow::new()));
        let moved = entry(7, Some("pushed"), Some(800));
        assert!(of(7).lets_through(&moved, &now), "whose it was then counts");
        assert!(!of(9).lets_through(&moved, &now));
    }

    #[test]
    fn what_can_be_chosen_stands_there_once_with_its_newest_name() {
        let mut entries = all();
        entries[3].event.instance = entries[0].event.instance.clone();
        entries[3].event.instance_name = "Former name".into();
        entries[1].event.person = "person1".into();
        let found = choices(&entries, &OwnersNow::new());
        assert_eq!(found.instances.len(), 3);
        assert!(
            found
                .instances
                .iter()
                .all(|(_, name)| name == "Instance 北光")
        );
        assert_eq!(found.accounts.len(), 4);
        assert_eq!(found.people, ["Person0", "person1"]);
    }
}
