//! The journal: what was done to which instance, by whom, and how it ended; nothing secret.
//!
//! Entries carry an HMAC chain whose key and head lie in the keychain, so that a change, a removal
//! and a cut at the end can be told apart. Not here: undo blobs (a table of their own in the
//! records) and where the rows lie.

pub mod entries;
pub mod filter;
pub mod reading;
#[cfg(test)]
mod tampering;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::Part;
use crate::fingerprint::mac;
use crate::id::{AccountId, EntryId, InstanceId, PushId, hex, is_hex};
use crate::ports::clock::UnixMillis;
use crate::secret::Secret;

/// One line of the journal. An action writes `Begun` before the first byte of a value leaves, and
/// `Ended` when its outcome is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEvent {
    /// The action on one instance that this line belongs to.
    pub entry: EntryId,
    /// The order it was part of.
    pub push: PushId,
    /// When.
    pub at: UnixMillis,
    /// Who: the login name on this computer, cleaned.
    pub person: String,
    /// Begun or ended.
    pub phase: Phase,
    /// What was done.
    pub action: Action,
    /// To which instance.
    pub instance: InstanceId,
    /// What it was called then.
    pub instance_name: String,
    /// Whose it was then; none in lines of versions that did not write it.
    pub account: Option<AccountThen>,
    /// The parts it was allowed to touch; empty where there are none to choose (adopt, repin) and in
    /// lines that were written before this was noted.
    pub parts: BTreeSet<Part>,
    /// What was to change, as `(path, from, to)`; secrets as fingerprints.
    pub changes: Vec<ChangeLine>,
    /// How it ended, for `Ended`.
    pub outcome: Option<String>,
    /// The error's code and text, where it failed.
    pub error: Option<(String, String)>,
}

/// The account of an instance as it was when a line was written: the instance may be moved, and
/// either may be removed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountThen {
    /// Which one.
    pub id: AccountId,
    /// What it was called then.
    pub label: String,
}

/// One changed value in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLine {
    /// The path; of a payments setting with its scope ([`crate::look::PaymentPlace`]).
    pub path: String,
    /// What was there: shown form, and exact fingerprint or empty.
    pub from: (String, String),
    /// What was to be there: shown form, and exact fingerprint or empty.
    pub to: (String, String),
}

/// Where in an action a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Written before `go`.
    Begun,
    /// Written when the outcome is known.
    Ended,
}

impl Phase {
    /// The word in records and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Begun => "begun",
            Phase::Ended => "ended",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Phase::Begun, Phase::Ended]
            .into_iter()
            .find(|phase| phase.as_str() == text)
    }
}

/// What an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The assignment was applied.
    Push,
    /// An earlier entry was taken back.
    Undo,
    /// A copy was disconnected.
    Detach,
    /// The instance went over to another MageID.
    Move,
    /// The instance went back to what it last held when it was proven.
    Repair,
    /// The catalogue was sent again.
    Resync,
    /// What an instance held became its assignment.
    Adopt,
    /// The instance was pinned again.
    Repin,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 8] = [
        Action::Push,
        Action::Undo,
        Action::Detach,
        Action::Move,
        Action::Repair,
        Action::Resync,
        Action::Adopt,
        Action::Repin,
    ];

    /// The word in records and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Push => "push",
            Action::Undo => "undo",
            Action::Detach => "detach",
            Action::Move => "move",
            Action::Repair => "repair",
            Action::Resync => "resync",
            Action::Adopt => "adopt",
            Action::Repin => "repin",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// The key of the chain: 32 random bytes that lie in the keychain.
///
/// A clone shares the bytes and does not copy them, so that the records can carry the key to
/// where they write.
#[derive(Clone, Debug)]
pub struct ChainKey(Arc<Secret>);

impl ChainKey {
    /// Takes the key as it was read from the keychain.
    pub fn new(secret: Secret) -> Self {
        Self(Arc::new(secret))
    }

    /// The MAC of an event that follows a line with MAC `previous`.
    pub fn mac(&self, previous: &Link, event: &JournalEvent) -> Link {
        Link(hex(&mac(
            self.0.expose(),
            &[previous.0.as_bytes(), &canonical(event)],
        )))
    }
}

/// The MAC of one line: 64 hex digits; the first line follows [`Link::start`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// What the first line follows.
    pub fn start() -> Self {
        Self("0".repeat(64))
    }

    /// Reads 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, 64).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A line as the records keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// What it says.
    pub event: JournalEvent,
    /// The MAC it was written with.
    pub link: Link,
}

/// The last line as the keychain remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many lines there were.
    pub seq: u64,
    /// The MAC of the last.
    pub link: Link,
}

impl Head {
    /// As kept in the keychain: `seq link`.
    pub fn to_secret(&self) -> Secret {
        Secret::new(format!("{} {}", self.seq, self.link.as_str()).into_bytes())
    }

    /// Reads it back; `None` where it is not a head.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(secret.expose()).ok()?;
        let (seq, link) = text.split_once(' ')?;
        Some(Self {
            seq: seq.parse().ok()?,
            link: Link::parse(link)?,
        })
    }
}

/// What a look over the whole journal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalCheck {
    /// Every MAC holds and it reaches at least the remembered head.
    Good {
        /// How many lines there are.
        lines: u64,
    },
    /// A line's content does not fit its MAC.
    Changed {
        /// Which line.
        seq: u64,
    },
    /// A line is missing in the middle.
    Removed {
        /// The first place where one is missing.
        seq: u64,
    },
    /// It ends before the remembered head.
    CutShort {
        /// How many lines are there.
        lines: u64,
        /// How many there were.
        expected: u64,
    },
    /// It has lines, but the keychain remembers no key for them.
    KeyMissing,
}

/// Checks the chain. `head` is what the keychain remembers; a longer chain whose MACs hold is good.
pub fn verify(lines: &[JournalLine], key: &ChainKey, head: Option<&Head>) -> JournalCheck {
    let mut previous = Link::start();
    for (at, line) in lines.iter().enumerate() {
        let expected = at as u64 + 1;
        if line.seq != expected {
            return JournalCheck::Removed { seq: expected };
        }
        if key.mac(&previous, &line.event) != line.link {
            return JournalCheck::Changed { seq: line.seq };
        }
        if head.is_some_and(|head| head.seq == line.seq && head.link != line.link) {
            return JournalCheck::Changed { seq: line.seq };
        }
        previous = line.link.clone();
    }
    let lines = lines.len() as u64;
    match head {
        Some(head) if head.seq > lines => JournalCheck::CutShort {
            lines,
            expected: head.seq,
        },
        _ => JournalCheck::Good { lines },
    }
}

/// The bytes that a MAC covers: every field with its length before it, so that no two events have
/// the same bytes.
fn canonical(event: &JournalEvent) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut field = |text: &str| {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    field(event.entry.as_str());
    field(event.push.as_str());
    field(&event.at.0.to_string());
    field(&event.person);
    field(event.phase.as_str());
    field(event.action.as_str());
    field(event.instance.as_str());
    field(&event.instance_name);
    field(&event.changes.len().to_string());
    for change in &event.changes {
        for text in [
            &change.path,
            &change.from.0,
            &change.from.1,
            &change.to.0,
            &change.to.1,
        ] {
            field(text);
        }
    }
    field(event.outcome.as_deref().map_or("-", |_| "+"));
    field(event.outcome.as_deref().unwrap_or_default());
    let (code, text) = event
        .error
        .as_ref()
        .map_or(("", ""), |(code, text)| (code, text));
    field(code);
    field(text);
    // Only where they are there: lines that were written without them keep their MACs.
    if let Some(account) = &event.account {
        field(account.id.as_str());
        field(&account.label);
    }
    if !event.parts.is_empty() {
        let parts: Vec<&str> = event.parts.iter().map(|part| part.as_str()).collect();
        field(&format!("parts {}", parts.join(",")));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: i64) -> JournalEvent {
        JournalEvent {
            entry: EntryId::from_random([1; 16]),
            push: PushId::from_random([2; 16]),
            at: UnixMillis(n),
            person: "mei".into(),
            phase: Phase::Begun,
            action: Action::Push,
            instance: InstanceId::from_random([3; 16]),
            instance_name: "Nordlys live".into(),
            account: None,
            parts: Part::ALL.into_iter().collect(),
            changes: Vec::new(),
            outcome: None,
            error: None,
        }
    }

    fn chain(key: &ChainKey, count: u64) -> Vec<JournalLine> {
        let mut previous = Link::start();
        (1..=count)
            .map(|seq| {
                let event = event(seq as i64);
                let link = key.mac(&previous, &event);
                previous = link.clone();
                JournalLine { seq, event, link }
            })
            .collect()
    }

    fn head(lines: &[JournalLine]) -> Option<Head> {
        lines.last().map(|line| Head {
            seq: line.seq,
            link: line.link.clone(),
        })
    }

    #[test]
    fn changed_removed_and_cut_short_are_told_apart() {
        let key = ChainKey::new(Secret::new(vec![9; 32]));
        let lines = chain(&key, 5);
        let remembered = head(&lines);
        assert_eq!(
            verify(&lines, &key, remembered.as_ref()),
            JournalCheck::Good { lines: 5 }
        );

        let mut changed = lines.clone();
        changed[2].event.person = "eve".into();
        assert_eq!(
            verify(&changed, &key, remembered.as_ref()),
            JournalCheck::Changed { seq: 3 }
        );

        let mut narrowed = lines.clone();
        narrowed[3].event.parts.clear();
        assert_eq!(
            verify(&narrowed, &key, remembered.as_ref()),
            JournalCheck::Changed { seq: 4 }
        );

        let mut removed = lines.clone();
        removed.remove(1);
        assert_eq!(
            verify(&removed, &key, remembered.as_ref()),
            JournalCheck::Removed { seq: 2 }
        );

        let cut = &lines[..3];
        assert_eq!(
            verify(cut, &key, remembered.as_ref()),
            JournalCheck::CutShort {
                lines: 3,
                expected: 5
            }
        );
    }

    #[test]
    fn a_longer_chain_whose_macs_hold_is_good() {
        let key = ChainKey::new(Secret::new(vec![9; 32]));
        let lines = chain(&key, 5);
        let earlier = head(&lines[..3]);
        assert_eq!(
            verify(&lines, &key, earlier.as_ref()),
            JournalCheck::Good { lines: 5 }
        );
    }

    #[test]
    fn a_head_reads_back() {
        let head = Head {
            seq: 12,
            link: Link::start(),
        };
        assert_eq!(Head::from_secret(&head.to_secret()), Some(head));
        assert_eq!(Head::from_secret(&Secret::new(b"rubbish".to_vec())), None);
    }
}
