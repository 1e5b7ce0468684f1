//! Key pairs: everything but the private key.

use patchbay_core::config::Purpose;
use patchbay_core::fingerprint::{ExactFingerprint, IdentityFingerprint};
use patchbay_core::id::{AccountId, ApiKey, ClaimId, KeyPairId, KeychainItem};
use patchbay_core::keypair::{Export, ExportWay, KeyPair, KeyPairState, Origin};
use patchbay_core::ports::clock::UnixMillis;
use rusqlite::{Connection, Row, Transaction, named_params};

use super::fault::Fault;

/// All, by account and name.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<KeyPair>, Fault> {
    let sql = "SELECT key_pairs.* FROM key_pairs JOIN accounts ON accounts.id = key_pairs.account
               ORDER BY accounts.label, key_pairs.name, key_pairs.purpose DESC";
    db.prepare(sql)?.query_and_then([], read)?.collect()
}

/// Adds or replaces one. What became of its export is changed by [`change_export`] alone.
pub(super) fn save(db: &Connection, pair: &KeyPair) -> Result<(), Fault> {
    let taken = "SELECT 1 FROM key_pairs
                 WHERE account = ?1 AND purpose = ?2 AND name = ?3 AND id <> ?4";
    let (account, purpose) = (pair.account.as_str(), pair.purpose.as_str());
    if db
        .prepare(taken)?
        .exists([account, purpose, &pair.name, pair.id.as_str()])?
    {
        return Err(Fault::taken("a key pair", &pair.name));
    }
    db.execute(
        "INSERT INTO key_pairs (id, account, purpose, name, api_key, identity, exact,
             api_key_exact, origin, state, export, item, ticket, created_at, accepted_at, note)
         VALUES (:id, :account, :purpose, :name, :api_key, :identity, :exact,
             :api_key_exact, :origin, :state, :export, :item, :ticket, :created_at, :accepted_at,
             :note)
         ON CONFLICT (id) DO UPDATE SET account = :account, purpose = :purpose, name = :name,
             api_key = :api_key, identity = :identity, exact = :exact,
             api_key_exact = :api_key_exact, origin = :origin, state = :state,
             export = CASE :export WHEN 'none' THEN 'none' ELSE export END, item = :item, ticket = :ticket, created_at = :created_at,
             accepted_at = :accepted_at, note = :note",
        named_params! {
            ":id": pair.id.as_str(),
            ":account": account,
            ":purpose": purpose,
            ":name": pair.name,
            ":api_key": pair.api_key.as_ref().map(ApiKey::as_str),
            ":identity": pair.identity.as_ref().map(IdentityFingerprint::as_str),
            ":exact": pair.exact.as_ref().map(ExactFingerprint::as_str),
            ":api_key_exact": pair.api_key_exact.as_ref().map(ExactFingerprint::as_str),
            ":origin": pair.origin.as_str(),
            ":state": pair.state.as_str(),
            ":export": pair.export.as_str(),
            ":item": pair.item.as_str(),
            ":ticket": pair.ticket.as_ref().map(KeychainItem::as_str),
            ":created_at": pair.created_at.0,
            ":accepted_at": pair.accepted_at.map(|at| at.0),
            ":note": pair.note,
        },
    )?;
    Ok(())
}

/// Removes one that no assignment refers to.
pub(super) fn remove(db: &Connection, id: &KeyPairId) -> Result<(), Fault> {
    let sql = "SELECT instances.name FROM assignments
               JOIN instances ON instances.id = assignments.instance
               WHERE assignments.sandbox = ?1 OR assignments.production = ?1
               ORDER BY instances.name";
    let names: Vec<String> = db
        .prepare(sql)?
        .query_map([id.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if !names.is_empty() {
        let by = format!("it is assigned to {}", names.join(", "));
        return Err(Fault::in_use("the key pair", by));
    }
    db.execute("DELETE FROM key_pairs WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<KeyPair, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    Ok(KeyPair {
        id: known(KeyPairId::parse(&text("id")?))?,
        account: known(AccountId::parse(&text("account")?))?,
        purpose: known(Purpose::parse(&text("purpose")?))?,
        name: row.get("name")?,
        api_key: optional(maybe("api_key")?, |text| ApiKey::parse(text).ok())?,
        identity: optional(maybe("identity")?, IdentityFingerprint::parse)?,
        exact: optional(maybe("exact")?, ExactFingerprint::parse)?,
        api_key_exact: optional(maybe("api_key_exact")?, ExactFingerprint::parse)?,
        origin: known(Origin::parse(&text("origin")?))?,
        state: known(KeyPairState::parse(&text("state")?))?,
        export: known(export(row)?)?,
        item: known(KeychainItem::parse(&text("item")?))?,
        ticket: optional(maybe("ticket")?, KeychainItem::parse)?,
        created_at: UnixMillis(row.get("created_at")?),
        accepted_at: row.get::<_, Option<i64>>("accepted_at")?.map(UnixMillis),
        note: row.get("note")?,
    })
}

/// Changes the export of one, if it is still what it was.
pub(super) fn change_export(
    db: &Connection,
    pair: &KeyPairId,
    from: &Export,
    to: &Export,
) -> Result<bool, Fault> {
    let changed = db.execute(
        "UPDATE key_pairs SET export = :to, export_claim = :to_claim, export_way = :to_way,
             export_at = :to_at
         WHERE id = :id AND export = :from AND export_claim IS :from_claim
             AND export_way IS :from_way AND export_at IS :from_at",
        named_params! {
            ":id": pair.as_str(),
            ":from": from.as_str(),
            ":from_claim": claim(from),
            ":from_way": way(from),
            ":from_at": at(from),
            ":to": to.as_str(),
            ":to_claim": claim(to),
            ":to_way": way(to),
            ":to_at": at(to),
        },
    )?;
    Ok(changed == 1)
}

fn claim(export: &Export) -> Option<&str> {
    match export {
        Export::Claimed { by } => Some(by.as_str()),
        _ => None,
    }
}

fn way(export: &Export) -> Option<&'static str> {
    match export {
        Export::Used { way, .. } => Some(way.as_str()),
        _ => None,
    }
}

fn at(export: &Export) -> Option<i64> {
    match export {
        Export::Used { at, .. } => Some(at.0),
        _ => None,
    }
}

/// What the columns say of the export; `None` where they are not as any Patchbay wrote them.
fn export(row: &Row<'_>) -> Result<Option<Export>, Fault> {
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let word: String = row.get("export")?;
    Ok(match word.as_str() {
        "none" => Some(Export::None),
        "unused" => Some(Export::Unused),
        "interrupted" => Some(Export::Interrupted),
        "waived" => Some(Export::Waived),
        "claimed" => maybe("export_claim")?
            .and_then(|text| ClaimId::parse(&text))
            .map(|by| Export::Claimed { by }),
        "used" => maybe("export_way")?
            .and_then(|text| ExportWay::parse(&text))
            .zip(row.get::<_, Option<i64>>("export_at")?)
            .map(|(way, at)| Export::Used {
                way,
                at: UnixMillis(at),
            }),
        _ => None,
    })
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::unreadable("a key pair"))
}

fn optional<T>(
    text: Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Fault> {
    text.map(|text| known(parse(&text))).transpose()
}
