//! The journal and, in a table of their own, the undo blobs.

use patchbay_core::config::Part;
use patchbay_core::id::{AccountId, EntryId, InstanceId, PushId};
use patchbay_core::journal::{
    AccountThen, Action, ChainKey, ChangeLine, Head, JournalEvent, JournalLine, Link, Phase,
};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::records::{RecordsError, StoredBlob};
use patchbay_core::ports::transport::UndoBlob;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// A [`ChangeLine`] as it stands in the row.
#[derive(Deserialize, Serialize)]
struct ChangeRow {
    path: String,
    from: (String, String),
    to: (String, String),
}

/// Appends a line that follows the last one there is, and the entry's blob with it.
pub(super) fn append(
    db: &Transaction<'_>,
    key: &ChainKey,
    event: &JournalEvent,
    blob: Option<&UndoBlob>,
) -> Result<Head, Fault> {
    let sql = "SELECT seq, link FROM journal ORDER BY seq DESC LIMIT 1";
    let last: Option<(i64, String)> = db
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, previous) = match last {
        None => (1, Link::start()),
        Some((seq, link)) => (known(seq.checked_add(1))?, known(Link::parse(&link))?),
    };
    let link = key.mac(&previous, event);
    insert(db, seq, event, &link)?;
    if let Some(blob) = blob {
        db.execute(
            "INSERT INTO blobs (entry, instance, at, blob) VALUES (?1, ?2, ?3, ?4)",
            params![
                event.entry.as_str(),
                event.instance.as_str(),
                event.at.0,
                blob.0
            ],
        )?;
    }
    Ok(Head {
        seq: known(u64::try_from(seq).ok())?,
        link,
    })
}

fn insert(db: &Connection, seq: i64, event: &JournalEvent, link: &Link) -> Result<(), Fault> {
    let changes: Vec<ChangeRow> = event
        .changes
        .iter()
        .map(|change| ChangeRow {
            path: change.path.clone(),
            from: change.from.clone(),
            to: change.to.clone(),
        })
        .collect();
    let changes =
        serde_json::to_string(&changes).map_err(|error| Fault::failed(error.to_string()))?;
    let parts: Vec<&str> = event.parts.iter().map(|part| part.as_str()).collect();
    db.execute(
        "INSERT INTO journal (seq, entry, push, at, person, phase, action, instance,
             instance_name, account, account_label, parts, changes, outcome, error_code, error_text,
             link)
         VALUES (:seq, :entry, :push, :at, :person, :phase, :action, :instance,
             :instance_name, :account, :account_label, :parts, :changes, :outcome, :error_code,
             :error_text, :link)",
        named_params! {
            ":seq": seq,
            ":entry": event.entry.as_str(),
            ":push": event.push.as_str(),
            ":at": event.at.0,
            ":person": event.person,
            ":phase": event.phase.as_str(),
            ":action": event.action.as_str(),
            ":instance": event.instance.as_str(),
            ":instance_name": event.instance_name,
            ":account": event.account.as_ref().map(|account| account.id.as_str()),
            ":account_label": event.account.as_ref().map(|account| &account.label),
            ":parts": parts.join(","),
            ":changes": changes,
            ":outcome": event.outcome,
            ":error_code": event.error.as_ref().map(|(code, _)| code),
            ":error_text": event.error.as_ref().map(|(_, text)| text),
            ":link": link.as_str(),
        },
    )?;
    Ok(())
}

/// Every line, oldest first.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<JournalLine>, Fault> {
    let mut statement = db.prepare("SELECT * FROM journal ORDER BY seq")?;
    let readable = |row: &Row<'_>| {
        read(row).map_err(|fault| {
            let seq = row.get::<_, i64>("seq").ok();
            match seq.and_then(|seq| u64::try_from(seq).ok()) {
                Some(seq) => RecordsError::JournalLine { seq }.into(),
                None => fault,
            }
        })
    };
    statement.query_and_then([], readable)?.collect()
}

/// An entry's undo blob.
pub(super) fn blob(db: &Connection, entry: &EntryId) -> Result<Option<StoredBlob>, Fault> {
    let sql = "SELECT instance, blob FROM blobs WHERE entry = ?1";
    let found: Option<(String, Vec<u8>)> = db
        .query_row(sql, [entry.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(instance, blob)| {
            Ok(StoredBlob {
                instance: known(InstanceId::parse(&instance))?,
                blob: UndoBlob(blob),
            })
        })
        .transpose()
}

/// Drops blobs written before a time; says how many.
pub(super) fn drop_blobs_before(db: &Connection, time: UnixMillis) -> Result<u64, Fault> {
    Ok(db.execute("DELETE FROM blobs WHERE at < ?1", [time.0])? as u64)
}

/// Drops the blobs of one instance; says how many.
pub(super) fn drop_blobs_of(db: &Connection, id: &InstanceId) -> Result<u64, Fault> {
    Ok(db.execute("DELETE FROM blobs WHERE instance = ?1", [id.as_str()])? as u64)
}

fn read(row: &Row<'_>) -> Result<JournalLine, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let changes: Vec<ChangeRow> = known(serde_json::from_str(&text("changes")?).ok())?;
    let changes = changes
        .into_iter()
        .map(|change| ChangeLine {
            path: change.path,
            from: change.from,
            to: change.to,
        })
        .collect();
    let error = match (maybe("error_code")?, maybe("error_text")?) {
        (None, None) => None,
        (code, text) => Some((code.unwrap_or_default(), text.unwrap_or_default())),
    };
    let account = match (maybe("account")?, maybe("account_label")?) {
        (None, None) => None,
        (id, label) => Some(AccountThen {
            id: known(id.as_deref().and_then(AccountId::parse))?,
            label: known(label)?,
        }),
    };
    let parts = text("parts")?;
    let parts = parts.split(',').filter(|part| !part.is_empty());
    let event = JournalEvent {
        entry: known(EntryId::parse(&text("entry")?))?,
        push: known(PushId::parse(&text("push")?))?,
        at: UnixMillis(row.get("at")?),
        person: row.get("person")?,
        phase: known(Phase::parse(&text("phase")?))?,
        action: known(Action::parse(&text("action")?))?,
        instance: known(InstanceId::parse(&text("instance")?))?,
        instance_name: row.get("instance_name")?,
        account,
        parts: known(parts.map(Part::parse).collect())?,
        changes,
        outcome: row.get("outcome")?,
        error,
    };
    Ok(JournalLine {
        seq: known(u64::try_from(row.get::<_, i64>("seq")?).ok())?,
        event,
        link: known(Link::parse(&text("link")?))?,
    })
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::unreadable("a line of the journal"))
}
