//! The journal as CSV, safe to open in a spreadsheet.

use super::JournalRow;
use crate::csv::record;
use crate::push::PlannedChange;

/// The journal as CSV (RFC 4180): one row for each change, or one for a line without changes.
pub fn csv(rows: &[JournalRow]) -> String {
    let head = [
        "seq",
        "at",
        "phase",
        "action",
        "instance",
        "account",
        "entry",
        "push",
        "outcome",
        "error",
        "errorText",
        "path",
        "from",
        "to",
        "person",
    ];
    let mut text = record(&head.map(str::to_owned));
    for row in rows {
        let none = [PlannedChange {
            path: String::new(),
            from: None,
            to: None,
            scope: None,
        }];
        let changes = if row.changes.is_empty() {
            &none[..]
        } else {
            &row.changes
        };
        for change in changes {
            text.push_str(&record(&cells(row, change)));
        }
    }
    text
}

fn cells(row: &JournalRow, change: &PlannedChange) -> [String; 15] {
    let error = row.error.as_ref();
    [
        row.seq.to_string(),
        row.at.clone().unwrap_or_default(),
        row.phase.clone(),
        row.action.clone(),
        row.instance.clone(),
        row.account.clone().unwrap_or_default(),
        row.entry.clone(),
        row.push.clone(),
        row.outcome.clone().unwrap_or_default(),
        error.map(|e| e.code.clone()).unwrap_or_default(),
        error.and_then(|e| e.text.clone()).unwrap_or_default(),
        placed(change),
        change.from.clone().unwrap_or_default(),
        change.to.clone().unwrap_or_default(),
        row.person.clone().unwrap_or_default(),
    ]
}

/// A path, with its scope where it has one.
fn placed(change: &PlannedChange) -> String {
    match &change.scope {
        Some(scope) => format!("{} ({scope})", change.path),
        None => change.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Telling;
    use patchbay_core::fakes::samples::sample_event;
    use patchbay_core::id::EntryId;
    use patchbay_core::journal::{JournalLine, Link, Phase};

    fn line() -> JournalLine {
        JournalLine {
            seq: 1,
            event: sample_event(2, &EntryId::from_random([5; 16]), Phase::Ended),
            link: Link::start(),
        }
    }

    #[test]
    fn csv_has_a_row_for_every_change() {
        let text = csv(&[JournalRow::new(&line(), Telling::Reduced)]);
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].split(',').count(), 15);
        assert!(rows[1].contains("project_name"));
    }
}
