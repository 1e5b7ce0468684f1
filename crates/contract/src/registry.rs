//! Projects and data spaces as Adobe's registry lists them, and what is assigned from them.

use patchbay_core::account::Account;
use patchbay_core::assignment::Assignment;
use patchbay_core::connection::standing::Standing;
use patchbay_core::keypair::KeyPair;
use patchbay_core::registry::DataSpace;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::instances::Role;
use crate::moment::rfc3339;

/// `registry projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectList {
    /// The account's label.
    pub account: String,
    /// Its MageID, where known.
    pub mage_id: Option<String>,
    /// The organisation, where known.
    pub organisation: Option<String>,
    /// Its projects.
    pub projects: Vec<ProjectRow>,
}

/// `registry create-project`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectsCreated {
    /// The account's label.
    pub account: String,
    /// The projects the registry now answers with.
    pub projects: Vec<ProjectRow>,
}

/// One project with its data spaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ProjectRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its data spaces.
    pub data_spaces: Vec<DataSpaceRow>,
}

/// One data space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DataSpaceRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Production` or `Testing`.
    pub r#type: String,
    /// Whose it is, where the registry says so.
    pub mage_id: Option<String>,
    /// Services it may use, where the registry says so.
    pub features: Vec<String>,
    /// The Commerce Cloud project that uses it, where the registry says so.
    pub cloud_id: Option<String>,
}

/// An account's projects with who uses what, for choosing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RegistryPage {
    /// The account's id.
    pub account: String,
    /// Its MageID, where known.
    pub mage_id: Option<String>,
    /// The organisation, where known.
    pub organisation: Option<String>,
    /// Its projects.
    pub projects: Vec<RegistryProject>,
}

/// One project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RegistryProject {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its data spaces.
    pub data_spaces: Vec<RegistryDataSpace>,
}

/// One data space with who uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RegistryDataSpace {
    /// As the registry lists it.
    #[serde(flatten)]
    #[ts(flatten)]
    pub row: DataSpaceRow,
    /// The instances that use it, by name.
    pub used_by: Vec<DataSpaceUser>,
}

/// An instance that uses a data space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DataSpaceUser {
    /// The instance's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Whether it is what the instance should hold.
    pub assigned: bool,
    /// Whether the instance was last seen to hold it.
    pub seen: bool,
}

/// An account by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct RegistryRequest {
    /// The account's id.
    pub account: String,
}

/// A project to be created (G13).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct NewProject {
    /// The account's id.
    pub account: String,
    /// What to call it.
    pub name: String,
    /// Whether the person asked again, knowing that there is one already.
    pub again: bool,
}

/// What an instance should hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct AssignRequest {
    /// The instance's id.
    pub instance: String,
    /// The sandbox pair's id; `null` leaves what is there.
    pub sandbox: Option<String>,
    /// The production pair's id; `null` leaves what is there.
    pub production: Option<String>,
    /// The project's id.
    pub project: String,
    /// The data space's id.
    pub data_space: String,
}

/// `assign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AssignedDocument {
    /// What the instance should hold now.
    pub assignment: AssignmentRow,
}

/// What an instance should hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AssignmentRow {
    /// The instance's name.
    pub instance: String,
    /// The name of its sandbox pair; `null` leaves what is there.
    pub sandbox: Option<String>,
    /// The name of its production pair; `null` leaves what is there.
    pub production: Option<String>,
    /// The sandbox pair's id.
    pub sandbox_id: Option<String>,
    /// The production pair's id.
    pub production_id: Option<String>,
    /// Its project's id.
    pub project_id: String,
    /// Its project's name.
    pub project_name: String,
    /// Its data space.
    pub data_space: DataSpaceRow,
    /// When it was decided, RFC 3339.
    pub assigned_at: Option<String>,
}

/// Data spaces under their projects, in the registry's order.
pub fn projects(spaces: &[DataSpace]) -> Vec<ProjectRow> {
    let mut projects: Vec<ProjectRow> = Vec::new();
    for space in spaces {
        let row = DataSpaceRow::from(space);
        match projects
            .iter_mut()
            .find(|p| p.id == space.project_id.as_str())
        {
            Some(project) => project.data_spaces.push(row),
            None => projects.push(ProjectRow {
                id: space.project_id.as_str().to_owned(),
                name: space.project_name.clone(),
                data_spaces: vec![row],
            }),
        }
    }
    projects
}

impl RegistryPage {
    /// The account with everything the registry lists for it, and which of these instances use it.
    pub fn new(
        account: &Account,
        spaces: &[DataSpace],
        board: &[Standing],
        assignments: &[Assignment],
    ) -> Self {
        let user = |space: &DataSpaceRow, standing: &Standing| {
            let instance = &standing.instance;
            let assigned = assignments
                .iter()
                .any(|a| a.instance == instance.id && a.data_space.id.as_str() == space.id);
            let here = standing.data_space_id.as_ref();
            let seen = here.is_some_and(|id| id.as_str() == space.id);
            (assigned || seen).then(|| DataSpaceUser {
                id: instance.id.as_str().to_owned(),
                name: instance.name.clone(),
                role: instance.role.into(),
                assigned,
                seen,
            })
        };
        let listed = projects(spaces).into_iter().map(|project| RegistryProject {
            id: project.id,
            name: project.name,
            data_spaces: project
                .data_spaces
                .into_iter()
                .map(|row| RegistryDataSpace {
                    used_by: board.iter().filter_map(|one| user(&row, one)).collect(),
                    row,
                })
                .collect(),
        });
        Self {
            account: account.id.as_str().to_owned(),
            mage_id: account.mage_id.as_ref().map(|id| id.as_str().to_owned()),
            organisation: account.organisation.clone(),
            projects: listed.collect(),
        }
    }
}

impl ProjectList {
    /// The account with everything the registry lists for it.
    pub fn new(account: &Account, spaces: &[DataSpace]) -> Self {
        Self {
            account: account.label.clone(),
            mage_id: account.mage_id.as_ref().map(|id| id.as_str().to_owned()),
            organisation: account.organisation.clone(),
            projects: projects(spaces),
        }
    }
}

impl From<&DataSpace> for DataSpaceRow {
    fn from(space: &DataSpace) -> Self {
        Self {
            id: space.id.as_str().to_owned(),
            name: space.name.clone(),
            r#type: space.kind.as_str().to_owned(),
            mage_id: space.mage_id.as_ref().map(|id| id.as_str().to_owned()),
            features: space.features.clone(),
            cloud_id: space.cloud_id.clone(),
        }
    }
}

impl AssignmentRow {
    /// The assignment of the instance called `instance`; `pairs` gives the names.
    pub fn new(instance: &str, assignment: &Assignment, pairs: &[KeyPair]) -> Self {
        let space = &assignment.data_space;
        let name = |id: &Option<patchbay_core::id::KeyPairId>| {
            let id = id.as_ref()?;
            let pair = pairs.iter().find(|pair| &pair.id == id);
            Some(pair.map_or_else(|| id.as_str().to_owned(), |pair| pair.name.clone()))
        };
        Self {
            instance: instance.to_owned(),
            sandbox: name(&assignment.sandbox),
            production: name(&assignment.production),
            sandbox_id: assignment.sandbox.as_ref().map(ToString::to_string),
            production_id: assignment.production.as_ref().map(ToString::to_string),
            project_id: space.project_id.as_str().to_owned(),
            project_name: space.project_name.clone(),
            data_space: space.into(),
            assigned_at: rfc3339(assignment.assigned_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::sample_assignment;
    use patchbay_core::id::{DataSpaceId, InstanceId};

    #[test]
    fn data_spaces_of_one_project_stand_together() {
        let one = sample_assignment(&InstanceId::from_random([1; 16]), None, None)
            .unwrap()
            .data_space;
        let two = DataSpace {
            id: DataSpaceId::parse("33333333-3333-4333-8333-333333333333").unwrap(),
            ..one.clone()
        };
        let listed = projects(&[one, two]);
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].data_spaces.len(), 2);
        let json = serde_json::to_value(&listed[0]).unwrap();
        assert_eq!(json["dataSpaces"][0]["type"], "Testing");
    }
}
