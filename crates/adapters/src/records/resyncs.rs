//! Instances whose catalogue has to be sent again, and which feeds were sent since.

use patchbay_core::id::InstanceId;
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::resync::ResyncDue;
use rusqlite::{Connection, Row, Transaction, named_params};

use super::fault::Fault;

/// All.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<ResyncDue>, Fault> {
    let mut statement = db.prepare("SELECT * FROM resyncs ORDER BY instance")?;
    statement.query_and_then([], read)?.collect()
}

/// Adds or replaces an instance's.
pub(super) fn save(db: &Connection, due: &ResyncDue) -> Result<(), Fault> {
    let sent =
        serde_json::to_string(&due.sent).map_err(|error| Fault::failed(error.to_string()))?;
    db.execute(
        "INSERT INTO resyncs (instance, since, sent) VALUES (:instance, :since, :sent)
         ON CONFLICT (instance) DO UPDATE SET since = :since, sent = :sent",
        named_params! {
            ":instance": due.instance.as_str(),
            ":since": due.since.0,
            ":sent": sent,
        },
    )?;
    Ok(())
}

/// Takes an instance's away.
pub(super) fn remove(db: &Connection, id: &InstanceId) -> Result<(), Fault> {
    db.execute("DELETE FROM resyncs WHERE instance = ?1", [id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ResyncDue, Fault> {
    let instance: String = row.get("instance")?;
    let sent: String = row.get("sent")?;
    let known = || {
        Some(ResyncDue {
            instance: InstanceId::parse(&instance)?,
            since: UnixMillis(row.get("since").ok()?),
            sent: serde_json::from_str(&sent).ok()?,
        })
    };
    known().ok_or_else(|| Fault::unreadable("a catalogue to be sent again"))
}
