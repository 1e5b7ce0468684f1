//! Accounts.

use patchbay_core::account::Account;
use patchbay_core::id::{AccountId, MageId};
use patchbay_core::ports::clock::UnixMillis;
use rusqlite::{Connection, Row, Transaction, params};

use super::fault::Fault;

/// All, by label.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Account>, Fault> {
    let sql = "SELECT id, label, mage_id, organisation, created_at FROM accounts ORDER BY label";
    db.prepare(sql)?.query_and_then([], read)?.collect()
}

/// Adds or replaces one.
pub(super) fn save(db: &Connection, account: &Account) -> Result<(), Fault> {
    let id = account.id.as_str();
    let taken = "SELECT 1 FROM accounts WHERE label = ?1 AND id <> ?2";
    if db.prepare(taken)?.exists([account.label.as_str(), id])? {
        return Err(Fault::taken("an account", &account.label));
    }
    db.execute(
        "INSERT INTO accounts (id, label, mage_id, organisation, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET label = ?2, mage_id = ?3, organisation = ?4,
             created_at = ?5",
        params![
            id,
            account.label,
            account.mage_id.as_ref().map(MageId::as_str),
            account.organisation,
            account.created_at.0,
        ],
    )?;
    Ok(())
}

/// Removes one that nothing refers to.
pub(super) fn remove(db: &Connection, id: &AccountId) -> Result<(), Fault> {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table} WHERE account = ?1");
        db.query_row(&sql, [id.as_str()], |row| row.get::<_, i64>(0))
    };
    let (pairs, instances) = (count("key_pairs")?, count("instances")?);
    if pairs + instances > 0 {
        let by = format!("it has {pairs} key pairs and {instances} instances; remove them first");
        return Err(Fault::in_use("the account", by));
    }
    db.execute("DELETE FROM accounts WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Account, Fault> {
    let unreadable = || Fault::unreadable("an account");
    let mage_id: Option<String> = row.get("mage_id")?;
    Ok(Account {
        id: AccountId::parse(&row.get::<_, String>("id")?).ok_or_else(unreadable)?,
        label: row.get("label")?,
        mage_id: mage_id
            .map(|text| MageId::parse(&text).map_err(|_| unreadable()))
            .transpose()?,
        organisation: row.get("organisation")?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}
