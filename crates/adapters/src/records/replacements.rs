//! Replacements of key pairs.

use patchbay_core::config::Purpose;
use patchbay_core::id::{AccountId, InstanceId, KeyPairId, ReplacementId};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::replacing::{Member, MemberState, OldPair, Replacement};
use rusqlite::{Connection, Row, Transaction, named_params};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// A [`Member`] as it stands in the row.
#[derive(Deserialize, Serialize)]
struct MemberRow {
    instance: String,
    state: String,
}

/// All, oldest first.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Replacement>, Fault> {
    let sql = "SELECT * FROM replacements ORDER BY began_at, id";
    db.prepare(sql)?.query_and_then([], read)?.collect()
}

/// Adds or replaces one.
pub(super) fn save(db: &Connection, replacement: &Replacement) -> Result<(), Fault> {
    let other = "SELECT 1 FROM replacements WHERE old = ?1 AND id <> ?2";
    let (id, old) = (replacement.id.as_str(), replacement.old.as_str());
    if db.prepare(other)?.exists([old, id])? {
        let by = "it is being replaced already".to_owned();
        return Err(Fault::in_use("the key pair", by));
    }
    let members: Vec<MemberRow> = replacement
        .members
        .iter()
        .map(|member| MemberRow {
            instance: member.instance.as_str().to_owned(),
            state: member.state.as_str().to_owned(),
        })
        .collect();
    let members =
        serde_json::to_string(&members).map_err(|error| Fault::failed(error.to_string()))?;
    db.execute(
        "INSERT INTO replacements (id, account, purpose, old, new, members, old_pair, began_at,
             ended_at)
         VALUES (:id, :account, :purpose, :old, :new, :members, :old_pair, :began_at, :ended_at)
         ON CONFLICT (id) DO UPDATE SET account = :account, purpose = :purpose, old = :old,
             new = :new, members = :members, old_pair = :old_pair, began_at = :began_at,
             ended_at = :ended_at",
        named_params! {
            ":id": id,
            ":account": replacement.account.as_str(),
            ":purpose": replacement.purpose.as_str(),
            ":old": old,
            ":new": replacement.new.as_ref().map(KeyPairId::as_str),
            ":members": members,
            ":old_pair": replacement.old_pair.as_str(),
            ":began_at": replacement.began_at.0,
            ":ended_at": replacement.ended_at.map(|at| at.0),
        },
    )?;
    Ok(())
}

/// Removes one.
pub(super) fn remove(db: &Connection, id: &ReplacementId) -> Result<(), Fault> {
    db.execute("DELETE FROM replacements WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Replacement, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let new: Option<String> = row.get("new")?;
    let members: Vec<MemberRow> =
        serde_json::from_str(&text("members")?).map_err(|_| unreadable())?;
    let members = members.iter().map(|member| {
        Ok(Member {
            instance: known(InstanceId::parse(&member.instance))?,
            state: known(MemberState::parse(&member.state))?,
        })
    });
    Ok(Replacement {
        id: known(ReplacementId::parse(&text("id")?))?,
        account: known(AccountId::parse(&text("account")?))?,
        purpose: known(Purpose::parse(&text("purpose")?))?,
        old: known(KeyPairId::parse(&text("old")?))?,
        new: new.map(|id| known(KeyPairId::parse(&id))).transpose()?,
        members: members.collect::<Result<_, Fault>>()?,
        old_pair: known(OldPair::parse(&text("old_pair")?))?,
        began_at: UnixMillis(row.get("began_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(UnixMillis),
    })
}

fn unreadable() -> Fault {
    Fault::unreadable("a replacement")
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(unreadable)
}
