//! Assignments, each with the registry's answer it was made from.

use patchbay_core::assignment::Assignment;
use patchbay_core::id::{DataSpaceId, InstanceId, KeyPairId, MageId, ProjectId};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::records::Aside;
use patchbay_core::registry::{DataSpace, DataSpaceType};
use rusqlite::{Connection, Row, ToSql, Transaction};

use super::fault::Fault;

/// All.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Assignment>, Fault> {
    let mut statement = db.prepare("SELECT * FROM assignments ORDER BY instance")?;
    statement.query_and_then([], read)?.collect()
}

/// The columns that both tables have beside the instance.
const COLUMNS: [&str; 12] = [
    "sandbox",
    "production",
    "data_space",
    "data_space_name",
    "data_space_type",
    "project",
    "project_name",
    "mage_id",
    "organisation",
    "features",
    "cloud_id",
    "assigned_at",
];

/// Those kept aside for one reason.
pub(super) fn all_aside(db: &Transaction<'_>, which: Aside) -> Result<Vec<Assignment>, Fault> {
    let mut statement =
        db.prepare("SELECT * FROM assignments_aside WHERE kind = ?1 ORDER BY instance")?;
    statement.query_and_then([which.as_str()], read)?.collect()
}

/// Sets an instance's.
pub(super) fn save(db: &Connection, assignment: &Assignment) -> Result<(), Fault> {
    put(db, "assignments", &[], assignment)
}

/// Sets the one that is kept aside for an instance.
pub(super) fn save_aside(
    db: &Connection,
    which: Aside,
    assignment: &Assignment,
) -> Result<(), Fault> {
    put(
        db,
        "assignments_aside",
        &[("kind", which.as_str())],
        assignment,
    )
}

/// Adds a row or replaces the one with the same key: the instance and what is given beside it.
fn put(
    db: &Connection,
    table: &str,
    beside: &[(&str, &str)],
    assignment: &Assignment,
) -> Result<(), Fault> {
    let space = &assignment.data_space;
    let features =
        serde_json::to_string(&space.features).map_err(|error| Fault::failed(error.to_string()))?;
    let values: [&dyn ToSql; 12] = [
        &assignment.sandbox.as_ref().map(KeyPairId::as_str),
        &assignment.production.as_ref().map(KeyPairId::as_str),
        &space.id.as_str(),
        &space.name,
        &space.kind.as_str(),
        &space.project_id.as_str(),
        &space.project_name,
        &space.mage_id.as_ref().map(MageId::as_str),
        &space.organisation,
        &features,
        &space.cloud_id,
        &assignment.assigned_at.0,
    ];
    let keys: Vec<&str> = std::iter::once("instance")
        .chain(beside.iter().map(|(name, _)| *name))
        .collect();
    let names = [keys.as_slice(), &COLUMNS].concat();
    let sets: Vec<String> = COLUMNS
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let marks = vec!["?"; names.len()].join(", ");
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({marks}) ON CONFLICT ({}) DO UPDATE SET {}",
        names.join(", "),
        keys.join(", "),
        sets.join(", "),
    );
    let instance = assignment.instance.as_str();
    let mut all: Vec<&dyn ToSql> = vec![&instance];
    all.extend(beside.iter().map(|(_, value)| value as &dyn ToSql));
    all.extend(values);
    db.execute(&sql, all.as_slice())?;
    Ok(())
}

/// Takes an instance's away.
pub(super) fn remove(db: &Connection, id: &InstanceId) -> Result<(), Fault> {
    db.execute("DELETE FROM assignments WHERE instance = ?1", [id.as_str()])?;
    Ok(())
}

/// Takes the one away that is kept aside for an instance.
pub(super) fn remove_aside(db: &Connection, which: Aside, id: &InstanceId) -> Result<(), Fault> {
    db.execute(
        "DELETE FROM assignments_aside WHERE kind = ?1 AND instance = ?2",
        [which.as_str(), id.as_str()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Assignment, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let pair = |column: &str| {
        let id = maybe(column)?;
        id.map(|id| known(KeyPairId::parse(&id))).transpose()
    };
    let mage_id = maybe("mage_id")?;
    Ok(Assignment {
        instance: known(InstanceId::parse(&text("instance")?))?,
        sandbox: pair("sandbox")?,
        production: pair("production")?,
        data_space: DataSpace {
            id: known(DataSpaceId::parse(&text("data_space")?).ok())?,
            name: row.get("data_space_name")?,
            kind: known(DataSpaceType::parse(&text("data_space_type")?))?,
            project_id: known(ProjectId::parse(&text("project")?).ok())?,
            project_name: row.get("project_name")?,
            mage_id: mage_id
                .map(|text| known(MageId::parse(&text).ok()))
                .transpose()?,
            organisation: row.get("organisation")?,
            features: known(serde_json::from_str(&text("features")?).ok())?,
            cloud_id: row.get("cloud_id")?,
            // It is told by fresh answers only.
            account_sync: None,
        },
        assigned_at: UnixMillis(row.get("assigned_at")?),
    })
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::unreadable("an assignment"))
}
