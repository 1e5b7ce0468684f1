//! An instance that differs from its assignment: what was expected and found, who pushed last, and
//! the answer *remind me later*.
//!
//! *Accept* makes what it holds its assignment; *apply again* is a push, another room's use case.
//! What differs is told by what the last look found; nobody is asked for it.

use std::time::Duration;

use super::Seen;
use super::held::{Found, expected_of};
use crate::config::ConfigPath;
use crate::error::{Error, Result};
use crate::fingerprint::{ExactFingerprint, IdentityFingerprint};
use crate::id::EntryId;
use crate::instance::Instance;
use crate::instance::adopting::Adopted;
use crate::journal::Action;
use crate::journal::entries::entries;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::push::order::Outcome;

/// The longest a reminder may be put off, in days.
pub const LATER_MAX: u32 = 30;

/// What an instance holds against what it should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The instance.
    pub instance: Instance,
    /// Every value that differs, in the order of the configuration.
    pub values: Vec<DriftedValue>,
    /// When that was read; `None` where it was never looked at.
    pub seen_at: Option<UnixMillis>,
    /// The last push from here that wrote; `None` where there is none.
    pub last_push: Option<LastPush>,
    /// Until when nobody wants to hear of just this difference.
    pub later: Option<UnixMillis>,
}

/// One value that is not as assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftedValue {
    /// Which.
    pub path: ConfigPath,
    /// What it should be.
    pub expected: Told,
    /// What was found.
    pub found: Told,
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// There is none.
    Absent,
    /// A plain value or an API key.
    Plain(String),
    /// A private key, by its identity.
    Key(IdentityFingerprint),
    /// There is one that nothing more can be said of.
    Present,
}

/// A push from here that wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPush {
    /// Its entry in the journal.
    pub entry: EntryId,
    /// When it ended.
    pub at: UnixMillis,
    /// The login name of who did it.
    pub person: String,
}

impl Patchbay {
    /// How an instance differs from its assignment, by what was last read there.
    ///
    /// # Errors
    /// No such instance, or the records.
    pub async fn drift(&self, name: &str) -> Result<Drift> {
        let instance = self.instance_named(name).await?;
        let evidence = self.evidence_of(&instance).await?;
        let seen = evidence.and_then(|evidence| evidence.seen);
        let values = match &seen {
            Some(seen) => self.drifted_values(&instance, seen).await?,
            None => Vec::new(),
        };
        let mark = mark(seen.as_ref(), &values);
        let later = instance.answers.drift_later.as_ref();
        let now = self.ports.clock.now();
        let later = later.filter(|later| later.mark == mark && later.until > now);
        Ok(Drift {
            later: later.map(|later| later.until),
            seen_at: seen.map(|seen| seen.at),
            last_push: self.last_push(&instance).await?,
            values,
            instance,
        })
    }

    /// Accepts what an instance holds: it becomes its assignment, labels as they stand there
    /// included. Private keys stay where they are.
    ///
    /// # Errors
    /// As [`Patchbay::adopt_instance`].
    pub async fn accept_drift(&self, name: &str) -> Result<Adopted> {
        let mut adopted = self.adopt_instance(name, false).await?;
        let evidence = self.evidence_of(&adopted.instance).await?;
        let seen = evidence.and_then(|evidence| evidence.seen);
        let space = &mut adopted.assignment.data_space;
        let Some(seen) = seen.filter(|seen| seen.data_space.as_ref() == Some(&space.id)) else {
            return Ok(adopted);
        };
        // Labels say nothing about where data goes; the registry's own may be newer or older.
        let label = |path: ConfigPath| seen.plain.get(&path).cloned();
        if let Some(name) = label(ConfigPath::ProjectName) {
            space.project_name = name;
        }
        if let Some(name) = label(ConfigPath::DataSpaceName) {
            space.name = name;
        }
        let assignment = &adopted.assignment;
        self.ports.records.save_assignment(assignment).await?;
        Ok(adopted)
    }

    /// Wants to hear of this very difference only later; another one is told at once.
    ///
    /// # Errors
    /// No such instance, nothing differs, not 1 to [`LATER_MAX`] days, or the records.
    pub async fn remind_later(&self, name: &str, days: u32) -> Result<Drift> {
        if !(1..=LATER_MAX).contains(&days) {
            return Err(Error::refused(
                "badReminder",
                format!("A reminder can be put off for 1 to {LATER_MAX} days."),
                "Give a number of days in that range.",
            ));
        }
        let drift = self.drift(name).await?;
        let mut instance = drift.instance.clone();
        if drift.values.is_empty() {
            return Err(Error::refused(
                "nothingDrifted",
                format!(
                    "When it was last read, \"{}\" held what it should.",
                    instance.name
                ),
                "Check it to see whether that is still so.",
            ));
        }
        let evidence = self.evidence_of(&instance).await?;
        let seen = evidence.and_then(|evidence| evidence.seen);
        let wait = Duration::from_secs(u64::from(days) * 86_400);
        let until = self.ports.clock.now().0 + i64::try_from(wait.as_millis()).unwrap_or(0);
        instance.answers.drift_later = Some(DriftLater {
            until: UnixMillis(until),
            mark: mark(seen.as_ref(), &drift.values),
        });
        self.ports.records.save_instance(&instance).await?;
        self.drift(name).await
    }

    async fn drifted_values(&self, instance: &Instance, seen: &Seen) -> Result<Vec<DriftedValue>> {
        let assignments = self.ports.records.assignments().await?;
        let assignment = assignments.iter().find(|a| a.instance == instance.id);
        let pairs = self.key_pairs().await?;
        let key = self.fingerprint_key().await?;
        let there = |path: ConfigPath| {
            Some(Found {
                exact: seen.exact.get(&path)?,
                identity: seen.identity.get(&path),
            })
        };
        let (expected, _) = expected_of(assignment, &pairs, there, &key);
        let Some(assignment) = assignment else {
            return Ok(Vec::new());
        };
        let plain = super::held::space_values(assignment);
        let told = |path: ConfigPath| {
            let text = plain.iter().find(|(at, _)| *at == path);
            if let Some((_, text)) = text {
                return Told::Plain(text.clone());
            }
            let id = path.purpose().and_then(|purpose| assignment.pair(purpose));
            let pair = pairs.iter().find(|pair| Some(&pair.id) == id);
            match pair {
                Some(pair) if path.is_private_key() => {
                    pair.identity.clone().map_or(Told::Present, Told::Key)
                }
                Some(pair) => pair
                    .api_key
                    .as_ref()
                    .map_or(Told::Present, |key| Told::Plain(key.as_str().to_owned())),
                None => Told::Present,
            }
        };
        Ok(ConfigPath::ALL
            .into_iter()
            .filter_map(|path| Some((path, expected.get(&path)?)))
            .filter(|(path, exact)| seen.exact.get(path) != Some(*exact))
            .map(|(path, _)| DriftedValue {
                path,
                expected: told(path),
                found: found(seen, path),
            })
            .collect())
    }

    async fn last_push(&self, instance: &Instance) -> Result<Option<LastPush>> {
        let lines = self.journal().await?;
        let all = entries(&lines, self.ports.clock.now());
        let wrote = all.into_iter().find(|entry| {
            entry.event.instance == instance.id
                && matches!(
                    entry.event.action,
                    Action::Push | Action::Undo | Action::Detach
                )
                && entry.outcome.as_deref() == Some(Outcome::Pushed.as_str())
        });
        Ok(wrote.map(|entry| LastPush {
            at: entry.ended_at.unwrap_or(entry.event.at),
            person: entry.event.person,
            entry: entry.event.entry,
        }))
    }
}

/// An answer that holds for one very difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftLater {
    /// Until when.
    pub until: UnixMillis,
    /// What was found then; something else found later is another difference.
    pub mark: String,
}

/// Stands for just this difference: paths and exact fingerprints of what was found.
fn mark(seen: Option<&Seen>, values: &[DriftedValue]) -> String {
    let exact = |path: ConfigPath| seen.and_then(|seen| seen.exact.get(&path));
    let parts = values.iter().map(|value| {
        let found = exact(value.path).map_or("", ExactFingerprint::as_str);
        format!("{}={found}", value.path.as_str())
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn found(seen: &Seen, path: ConfigPath) -> Told {
    if !seen.exact.contains_key(&path) {
        return Told::Absent;
    }
    if path.is_private_key() {
        let identity = seen.identity.get(&path).cloned();
        return identity.map_or(Told::Present, Told::Key);
    }
    seen.plain
        .get(&path)
        .cloned()
        .map_or(Told::Present, Told::Plain)
}
