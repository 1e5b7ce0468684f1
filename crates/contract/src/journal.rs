//! The journal as it is listed and exported.
//!
//! An export leaves this computer more easily than a list does: unless asked for, it names no
//! person, and of an error only the code, since the text may name hosts and folders.

pub mod asking;
mod csv;

use patchbay_core::journal::entries::Entry;
use patchbay_core::journal::filter::{Choices, DONE};
use patchbay_core::journal::{ChangeLine, JournalCheck, JournalLine};
use patchbay_core::look::PaymentPlace;
use serde::Serialize;
use ts_rs::TS;

pub use csv::csv;

use crate::moment::rfc3339;
use crate::push::PlannedChange;

/// `journal list` and `journal export --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalDocument {
    /// Every line, oldest first.
    pub lines: Vec<JournalRow>,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct JournalRow {
    /// Its place, from 1.
    #[ts(type = "number")]
    pub seq: u64,
    /// When, RFC 3339.
    pub at: Option<String>,
    /// `begun` or `ended`.
    pub phase: String,
    /// `push`, `undo`, `detach`, `adopt` or `repin`.
    pub action: String,
    /// The instance's name then.
    pub instance: String,
    /// The label of its account then; `null` in lines of versions that did not note it.
    pub account: Option<String>,
    /// The action this line belongs to.
    pub entry: String,
    /// The order it was part of.
    pub push: String,
    /// How it ended; `null` where it only began.
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<JournalError>,
    /// What changed, or was to.
    pub changes: Vec<PlannedChange>,
    /// The login name of who did it; `null` where it is left out.
    pub person: Option<String>,
}

/// What went wrong, in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct JournalError {
    /// Stable, camelCase.
    pub code: String,
    /// In English; `null` where it is left out.
    pub text: Option<String>,
}

/// `journal verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct JournalVerified {
    /// `good`, `changed`, `removed`, `cutShort` or `keyMissing`.
    #[ts(type = "\"good\" | \"changed\" | \"removed\" | \"cutShort\" | \"keyMissing\"")]
    pub result: &'static str,
    /// How many lines there are, where that was counted.
    #[ts(type = "number | null")]
    pub lines: Option<u64>,
    /// How many there were, for `cutShort`.
    #[ts(type = "number | null")]
    pub expected: Option<u64>,
    /// Which line, for `changed` and `removed`.
    #[ts(type = "number | null")]
    pub seq: Option<u64>,
    /// The same as a sentence.
    pub text: String,
}

/// A stretch of the journal, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JournalPage {
    /// The entries.
    pub entries: Vec<JournalEntry>,
    /// How many the filter lets through in all.
    pub total: u32,
    /// What the whole journal has to choose from.
    pub choices: JournalChoices,
}

/// What a filter of the journal can name, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JournalChoices {
    /// Instances, also removed ones.
    pub instances: Vec<JournalChoice>,
    /// Accounts, also removed ones.
    pub accounts: Vec<JournalChoice>,
    /// Login names.
    pub people: Vec<String>,
}

/// Something a filter can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JournalChoice {
    /// Its id.
    pub id: String,
    /// What it was called last.
    pub name: String,
}

impl From<Choices> for JournalChoices {
    fn from(choices: Choices) -> Self {
        let choice = |id: &str, name: String| JournalChoice {
            id: id.to_owned(),
            name,
        };
        let instances = choices.instances.into_iter();
        let accounts = choices.accounts.into_iter();
        Self {
            instances: instances
                .map(|(id, name)| choice(id.as_str(), name))
                .collect(),
            accounts: accounts
                .map(|one| choice(one.id.as_str(), one.label))
                .collect(),
            people: choices.people,
        }
    }
}

/// One action on one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JournalEntry {
    /// Its id: an undo takes it.
    pub entry: String,
    /// What all entries of one order share: an undo takes that, too.
    pub push: String,
    /// The instance's id.
    pub instance: String,
    /// The instance's name then.
    pub instance_name: String,
    /// The label of its account then; `null` in entries of versions that did not note it.
    pub account: Option<String>,
    /// What was done.
    #[ts(
        type = "\"push\" | \"undo\" | \"detach\" | \"move\" | \"repair\" | \"resync\" | \"adopt\" | \"repin\""
    )]
    pub action: String,
    /// When it began, RFC 3339.
    pub at: Option<String>,
    /// When it ended; `null` while it runs, or where it was interrupted.
    pub ended_at: Option<String>,
    /// How it ended: an outcome of a push; `null` where that is not known yet, and for an action
    /// that has none.
    #[ts(as = "Option<crate::push::PushOutcome>")]
    pub outcome: Option<String>,
    /// What went wrong.
    pub error: Option<JournalError>,
    /// What changed, or was to. Private keys as short fingerprints.
    pub changes: Vec<PlannedChange>,
    /// The login name of who did it.
    pub person: String,
    /// Whether it can be taken back.
    pub can_undo: bool,
}

impl From<&Entry> for JournalEntry {
    fn from(entry: &Entry) -> Self {
        let event = &entry.event;
        Self {
            entry: event.entry.as_str().to_owned(),
            push: event.push.as_str().to_owned(),
            instance: event.instance.as_str().to_owned(),
            instance_name: event.instance_name.clone(),
            account: event.account.as_ref().map(|account| account.label.clone()),
            action: event.action.as_str().to_owned(),
            at: rfc3339(event.at),
            ended_at: entry.ended_at.and_then(rfc3339),
            outcome: entry.outcome.clone().filter(|outcome| outcome != DONE),
            error: entry.error.as_ref().map(|(code, text)| JournalError {
                code: code.clone(),
                text: Some(text.clone()),
            }),
            changes: event.changes.iter().map(PlannedChange::from).collect(),
            person: event.person.clone(),
            can_undo: entry.can_undo,
        }
    }
}

impl From<&ChangeLine> for PlannedChange {
    fn from(change: &ChangeLine) -> Self {
        let shown = |(shown, exact): &(String, String)| (!exact.is_empty()).then(|| shown.clone());
        let place = PaymentPlace::parse(&change.path);
        Self {
            path: place.as_ref().map_or(&change.path, |at| &at.path).clone(),
            from: shown(&change.from),
            to: shown(&change.to),
            scope: place.map(|at| at.scope_text()),
        }
    }
}

/// How much of a line is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Without persons and error texts.
    Reduced,
    /// Everything.
    Full,
}

impl JournalRow {
    /// The row of a line.
    pub fn new(line: &JournalLine, telling: Telling) -> Self {
        let event = &line.event;
        let full = telling == Telling::Full;
        Self {
            seq: line.seq,
            at: rfc3339(event.at),
            phase: event.phase.as_str().to_owned(),
            action: event.action.as_str().to_owned(),
            instance: event.instance_name.clone(),
            account: event.account.as_ref().map(|account| account.label.clone()),
            entry: event.entry.as_str().to_owned(),
            push: event.push.as_str().to_owned(),
            outcome: event.outcome.clone(),
            error: event.error.as_ref().map(|(code, text)| JournalError {
                code: code.clone(),
                text: full.then(|| text.clone()),
            }),
            changes: event.changes.iter().map(PlannedChange::from).collect(),
            person: full.then(|| event.person.clone()),
        }
    }
}

impl From<&JournalCheck> for JournalVerified {
    fn from(check: &JournalCheck) -> Self {
        let plain = |result, text: String| Self {
            result,
            lines: None,
            expected: None,
            seq: None,
            text,
        };
        match check {
            JournalCheck::Good { lines } => Self {
                lines: Some(*lines),
                ..plain("good", format!("The journal is whole: {lines} lines."))
            },
            JournalCheck::Changed { seq } => Self {
                seq: Some(*seq),
                ..plain(
                    "changed",
                    format!("Line {seq} was changed after it was written."),
                )
            },
            JournalCheck::Removed { seq } => Self {
                seq: Some(*seq),
                ..plain("removed", format!("Line {seq} was removed."))
            },
            JournalCheck::CutShort { lines, expected } => Self {
                lines: Some(*lines),
                expected: Some(*expected),
                ..plain(
                    "cutShort",
                    format!("It was cut short: {lines} lines are there, {expected} were written."),
                )
            },
            JournalCheck::KeyMissing => plain(
                "keyMissing",
                "The keychain holds no key for this journal, so it cannot be verified.".to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::sample_event;
    use patchbay_core::id::EntryId;
    use patchbay_core::journal::{Link, Phase};

    fn line() -> JournalLine {
        JournalLine {
            seq: 1,
            event: sample_event(2, &EntryId::from_random([5; 16]), Phase::Ended),
            link: Link::start(),
        }
    }

    #[test]
    fn a_reduced_row_names_nobody_and_no_error_text() {
        let reduced = JournalRow::new(&line(), Telling::Reduced);
        let json = serde_json::to_string(&reduced).unwrap();
        assert!(!json.contains("mei") && !json.contains("Wait."));
        assert_eq!(reduced.error.unwrap().code, "busy");
        let full = JournalRow::new(&line(), Telling::Full);
        assert_eq!(full.person.as_deref(), Some("mei"));
        assert_eq!(
            full.changes[0].from, None,
            "an empty fingerprint is no value"
        );
    }
}
