//! What belongs to the data directory itself: its fingerprint key, and the random names under which
//! our own secrets lie in the keychain. Each is made on its first call and never changes.

use aws_lc_rs::rand;
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::id::{KeychainItem, hex, unhex};
use patchbay_core::ports::records::OwnSecret;
use rusqlite::{Connection, OptionalExtension};

use super::fault::Fault;

/// The key for exact fingerprints.
pub(super) fn fingerprint_key(db: &rusqlite::Transaction<'_>) -> Result<FingerprintKey, Fault> {
    let text = once(db, "fingerprintKey", || Ok(hex(&random::<32>()?)))?;
    unhex(&text)
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(FingerprintKey::new)
        .ok_or_else(|| Fault::unreadable("the key for fingerprints"))
}

/// Where one of our own secrets lies.
pub(super) fn item(db: &Connection, which: OwnSecret) -> Result<KeychainItem, Fault> {
    let make = || Ok(KeychainItem::from_random(random()?).as_str().to_owned());
    let text = once(db, which.as_str(), make)?;
    KeychainItem::parse(&text).ok_or_else(|| Fault::unreadable("the name of a keychain item"))
}

fn once(
    db: &Connection,
    name: &str,
    make: impl FnOnce() -> Result<String, Fault>,
) -> Result<String, Fault> {
    let found = db
        .query_row("SELECT value FROM own WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let value = make()?;
    db.execute(
        "INSERT INTO own (name, value) VALUES (?1, ?2)",
        [name, &value],
    )?;
    Ok(value)
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| {
        Fault::failed("the operating system gave no random numbers; restart the computer")
    })?;
    Ok(bytes)
}
