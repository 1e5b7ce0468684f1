//! Settings that the core needs, as words; what they mean is read where they are used.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::fault::Fault;

/// One setting.
pub(super) fn one(db: &Connection, key: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT value FROM settings WHERE key = ?1";
    Ok(db.query_row(sql, [key], |row| row.get(0)).optional()?)
}

/// All that were set, by key.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<(String, String)>, Fault> {
    let mut statement = db.prepare("SELECT key, value FROM settings ORDER BY key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets one.
pub(super) fn set(db: &Connection, key: &str, value: &str) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO settings (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )?;
    Ok(())
}
