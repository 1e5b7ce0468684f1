//! Requests for keys, and hand-overs of some.

use patchbay_core::config::Purpose;
use patchbay_core::fingerprint::IdentityFingerprint;
use patchbay_core::handover::{Direction, ExportThere, HandOver, HandedKey, KeyRequest};
use patchbay_core::id::{AccountId, ApiKey, HandOverId, KeyPairId, KeychainItem};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::crypto::SealPublic;
use rusqlite::{Connection, Row, Transaction, named_params};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// A [`HandedKey`] as it stands in the row.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow {
    pair: String,
    name: String,
    account: String,
    purpose: String,
    api_key: String,
    identity: String,
    export: String,
}

/// Every request, oldest first.
pub(super) fn requests(db: &Transaction<'_>) -> Result<Vec<KeyRequest>, Fault> {
    let sql = "SELECT * FROM key_requests ORDER BY created_at, id";
    db.prepare(sql)?.query_and_then([], read_request)?.collect()
}

/// Adds or replaces a request.
pub(super) fn save_request(db: &Connection, request: &KeyRequest) -> Result<(), Fault> {
    let purposes: Vec<&str> = request.purposes.iter().map(|one| one.as_str()).collect();
    db.execute(
        "INSERT INTO key_requests (id, account, purposes, moving, who, public, item, created_at)
         VALUES (:id, :account, :purposes, :moving, :who, :public, :item, :created_at)
         ON CONFLICT (id) DO UPDATE SET account = :account, purposes = :purposes,
             moving = :moving, who = :who, public = :public, item = :item,
             created_at = :created_at",
        named_params! {
            ":id": request.id.as_str(),
            ":account": request.account.as_ref().map(AccountId::as_str),
            ":purposes": purposes.join(","),
            ":moving": request.moving,
            ":who": request.who,
            ":public": request.public.0,
            ":item": request.item.as_str(),
            ":created_at": request.created_at.0,
        },
    )?;
    Ok(())
}

/// Removes a request.
pub(super) fn remove_request(db: &Connection, id: &HandOverId) -> Result<(), Fault> {
    db.execute("DELETE FROM key_requests WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

/// Every hand-over, oldest first.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<HandOver>, Fault> {
    let sql = "SELECT * FROM hand_overs ORDER BY at, id";
    db.prepare(sql)?.query_and_then([], read)?.collect()
}

/// Adds or replaces a hand-over.
pub(super) fn save(db: &Connection, hand_over: &HandOver) -> Result<(), Fault> {
    let keys: Vec<KeyRow> = hand_over
        .keys
        .iter()
        .map(|key| KeyRow {
            pair: key.pair.as_str().to_owned(),
            name: key.name.clone(),
            account: key.account.clone(),
            purpose: key.purpose.as_str().to_owned(),
            api_key: key.api_key.as_str().to_owned(),
            identity: key.identity.as_str().to_owned(),
            export: key.export.as_str().to_owned(),
        })
        .collect();
    let keys = serde_json::to_string(&keys).map_err(|error| Fault::failed(error.to_string()))?;
    db.execute(
        "INSERT INTO hand_overs (id, direction, peer, moving, at, receipt, acknowledged_at, keys)
         VALUES (:id, :direction, :peer, :moving, :at, :receipt, :acknowledged_at, :keys)
         ON CONFLICT (id) DO UPDATE SET direction = :direction, peer = :peer, moving = :moving,
             at = :at, receipt = :receipt, acknowledged_at = :acknowledged_at, keys = :keys",
        named_params! {
            ":id": hand_over.id.as_str(),
            ":direction": hand_over.direction.as_str(),
            ":peer": hand_over.peer,
            ":moving": hand_over.moving,
            ":at": hand_over.at.0,
            ":receipt": hand_over.receipt,
            ":acknowledged_at": hand_over.acknowledged_at.map(|at| at.0),
            ":keys": keys,
        },
    )?;
    Ok(())
}

/// Removes a hand-over.
pub(super) fn remove(db: &Connection, id: &HandOverId) -> Result<(), Fault> {
    db.execute("DELETE FROM hand_overs WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn read_request(row: &Row<'_>) -> Result<KeyRequest, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let account: Option<String> = row.get("account")?;
    let purposes = text("purposes")?;
    let purposes = purposes.split(',').filter(|word| !word.is_empty());
    let public: Vec<u8> = row.get("public")?;
    Ok(KeyRequest {
        id: known(HandOverId::parse(&text("id")?))?,
        account: account.map(|id| known(AccountId::parse(&id))).transpose()?,
        purposes: purposes
            .map(|word| known(Purpose::parse(word)))
            .collect::<Result<_, Fault>>()?,
        moving: row.get("moving")?,
        who: row.get("who")?,
        public: SealPublic(public.try_into().map_err(|_| unreadable())?),
        item: known(KeychainItem::parse(&text("item")?))?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}

fn read(row: &Row<'_>) -> Result<HandOver, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let keys: Vec<KeyRow> = serde_json::from_str(&text("keys")?).map_err(|_| unreadable())?;
    Ok(HandOver {
        id: known(HandOverId::parse(&text("id")?))?,
        direction: known(Direction::parse(&text("direction")?))?,
        peer: row.get("peer")?,
        moving: row.get("moving")?,
        at: UnixMillis(row.get("at")?),
        receipt: row.get("receipt")?,
        acknowledged_at: row
            .get::<_, Option<i64>>("acknowledged_at")?
            .map(UnixMillis),
        keys: keys.into_iter().map(key).collect::<Result<_, Fault>>()?,
    })
}

fn key(row: KeyRow) -> Result<HandedKey, Fault> {
    Ok(HandedKey {
        pair: known(KeyPairId::parse(&row.pair))?,
        name: row.name,
        account: row.account,
        purpose: known(Purpose::parse(&row.purpose))?,
        api_key: ApiKey::parse(&row.api_key).map_err(|_| unreadable())?,
        identity: known(IdentityFingerprint::parse(&row.identity))?,
        export: known(ExportThere::parse(&row.export))?,
    })
}

fn unreadable() -> Fault {
    Fault::unreadable("a hand-over")
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(unreadable)
}
