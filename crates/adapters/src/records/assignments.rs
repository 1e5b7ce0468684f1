//! Assignments, each with the registry's answer it was made from.

use patchbay_core::assignment::Assignment;
use patchbay_core::id::{DataSpaceId, InstanceId, KeyPairId, MageId, ProjectId};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::registry::{DataSpace, DataSpaceType};
use rusqlite::{Connection, Row, Transaction, named_params};

use super::fault::Fault;

/// All.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Assignment>, Fault> {
    let mut statement = db.prepare("SELECT * FROM assignments ORDER BY instance")?;
    statement.query_and_then([], read)?.collect()
}

/// Sets an instance's.
pub(super) fn save(db: &Connection, assignment: &Assignment) -> Result<(), Fault> {
    let space = &assignment.data_space;
    let features = serde_json::to_string(&space.features);
    db.execute(
        "INSERT INTO assignments (instance, sandbox, production, data_space, data_space_name,
             data_space_type, project, project_name, mage_id, organisation, features, cloud_id,
             assigned_at)
         VALUES (:instance, :sandbox, :production, :data_space, :data_space_name,
             :data_space_type, :project, :project_name, :mage_id, :organisation, :features,
             :cloud_id, :assigned_at)
         ON CONFLICT (instance) DO UPDATE SET sandbox = :sandbox, production = :production,
             data_space = :data_space, data_space_name = :data_space_name,
             data_space_type = :data_space_type, project = :project,
             project_name = :project_name, mage_id = :mage_id, organisation = :organisation,
             features = :features, cloud_id = :cloud_id, assigned_at = :assigned_at",
        named_params! {
            ":instance": assignment.instance.as_str(),
            ":sandbox": assignment.sandbox.as_ref().map(KeyPairId::as_str),
            ":production": assignment.production.as_ref().map(KeyPairId::as_str),
            ":data_space": space.id.as_str(),
            ":data_space_name": space.name,
            ":data_space_type": space.kind.as_str(),
            ":project": space.project_id.as_str(),
            ":project_name": space.project_name,
            ":mage_id": space.mage_id.as_ref().map(MageId::as_str),
            ":organisation": space.organisation,
            ":features": features.map_err(|error| Fault::failed(error.to_string()))?,
            ":cloud_id": space.cloud_id,
            ":assigned_at": assignment.assigned_at.0,
        },
    )?;
    Ok(())
}

/// Takes an instance's away.
pub(super) fn remove(db: &Connection, id: &InstanceId) -> Result<(), Fault> {
    db.execute("DELETE FROM assignments WHERE instance = ?1", [id.as_str()])?;
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
        },
        assigned_at: UnixMillis(row.get("assigned_at")?),
    })
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::unreadable("an assignment"))
}
