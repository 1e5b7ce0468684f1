//! Tokens that instances handed over, so that none proves anything twice; only their digests.

use std::time::{SystemTime, UNIX_EPOCH};

use patchbay_core::id::InstanceId;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;

/// How long a digest is kept after its token expired, in seconds: 30 days. An expired token proves
/// nothing by itself, so this only has to outlive a wrong clock.
const KEPT_AFTER_EXPIRY: i64 = 30 * 24 * 60 * 60;

/// Remembers a token; `true` only for the first time.
pub(super) fn first_use(db: &Connection, digest: &str, expires: i64) -> Result<bool, Fault> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    let new = db.execute(
        "INSERT INTO tokens (digest, expires) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING",
        params![digest, expires],
    )?;
    db.execute(
        "DELETE FROM tokens WHERE expires < ?1 AND digest <> ?2",
        params![now.saturating_sub(KEPT_AFTER_EXPIRY), digest],
    )?;
    Ok(new == 1)
}

/// The largest `exp` an instance handed over; 0 where there was none.
pub(super) fn last_expiry(db: &Connection, instance: &InstanceId) -> Result<i64, Fault> {
    let sql = "SELECT expires FROM token_expiry WHERE instance = ?1";
    let found = db.query_row(sql, [instance.as_str()], |row| row.get(0));
    Ok(found.optional()?.unwrap_or(0))
}

/// Remembers an `exp`, if it is the largest.
pub(super) fn set_last_expiry(
    db: &Connection,
    instance: &InstanceId,
    expires: i64,
) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO token_expiry (instance, expires) VALUES (?1, ?2)
         ON CONFLICT (instance) DO UPDATE SET expires = max(expires, excluded.expires)",
        params![instance.as_str(), expires],
    )?;
    Ok(())
}
