//! Which part of the journal the window asks for, and in which form it is written to a file.

use patchbay_core::id::{AccountId, InstanceId};
use patchbay_core::journal::filter::{Ended, Filter};
use patchbay_core::ports::clock::UnixMillis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::IpcError;
use crate::moment;

/// Which entries of the journal are wanted; `null` lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct JournalFilter {
    /// Only those of this instance, by id.
    pub instance: Option<String>,
    /// Only those whose instance was this account's then, by id.
    pub account: Option<String>,
    /// Only those by this login name.
    pub person: Option<String>,
    /// Only those that ended so; `outcomeUnknown` are those without an end.
    #[ts(
        type = "\"pushed\" | \"unchanged\" | \"changedSincePlan\" | \"blocked\" | \"failed\" | \"outcomeUnknown\" | \"cancelled\" | \"done\" | null"
    )]
    pub outcome: Option<String>,
    /// Nothing that had ended before, RFC 3339.
    pub since: Option<String>,
    /// Nothing that began at this time or later, RFC 3339.
    pub until: Option<String>,
}

impl TryFrom<JournalFilter> for Filter {
    type Error = IpcError;

    fn try_from(asked: JournalFilter) -> Result<Self, IpcError> {
        let time = |what, text: Option<String>| -> Result<Option<UnixMillis>, IpcError> {
            let parsed =
                |text: String| moment::parse(&text).ok_or_else(|| IpcError::bad_request(what));
            text.map(parsed).transpose()
        };
        let instance = asked.instance.map(|id| {
            InstanceId::parse(&id).ok_or_else(|| IpcError::bad_request("the instance's id"))
        });
        let account = asked.account.map(|id| {
            AccountId::parse(&id).ok_or_else(|| IpcError::bad_request("the account's id"))
        });
        let outcome = asked
            .outcome
            .map(|word| Ended::parse(&word).ok_or_else(|| IpcError::bad_request("the outcome")));
        Ok(Self {
            instances: instance.transpose()?.map(|id| [id].into()),
            account: account.transpose()?,
            person: asked.person,
            outcome: outcome.transpose()?,
            since: time("the time since which", asked.since)?,
            until: time("the time until which", asked.until)?,
        })
    }
}

/// A stretch of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct JournalRequest {
    /// Which entries.
    pub filter: JournalFilter,
    /// How many newer ones are left out: 0 for the first page.
    pub skip: u32,
    /// At most this many, 1 to 500.
    pub limit: u32,
}

/// A part of the journal to be written to a file that the person chooses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ExportRequest {
    /// Which entries.
    pub filter: JournalFilter,
    /// In which form.
    pub format: ExportForm,
    /// Also user names, and error texts, which may name hosts and folders.
    pub full: bool,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ExportForm {
    /// One JSON document.
    Json,
    /// A table for a spreadsheet.
    Csv,
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::push::order::Outcome;

    #[test]
    fn a_filter_is_read_strictly() {
        let asked = |change: fn(&mut JournalFilter)| {
            let mut filter = JournalFilter::default();
            change(&mut filter);
            Filter::try_from(filter)
        };
        assert_eq!(asked(|_| {}), Ok(Filter::default()));
        let told = asked(|f| {
            f.outcome = Some("pushed".into());
            f.until = Some("2026-03-20T09:46:40Z".into());
        });
        let told = told.unwrap();
        assert_eq!(told.outcome, Some(Ended::With(Outcome::Pushed)));
        assert_eq!(told.until, Some(UnixMillis(1_774_000_000_000)));
        let bad: [fn(&mut JournalFilter); 5] = [
            |f| f.instance = Some("x".into()),
            |f| f.account = Some(String::new()),
            |f| f.outcome = Some("Pushed".into()),
            |f| f.since = Some("yesterday".into()),
            |f| f.until = Some("2026-03-20".into()),
        ];
        for change in bad {
            assert!(matches!(asked(change), Err(IpcError::BadRequest { .. })));
        }
    }
}
