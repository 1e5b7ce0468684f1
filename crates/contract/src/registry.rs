//! Projects and data spaces as Adobe's registry lists them, and what is assigned from them.

use patchbay_core::account::Account;
use patchbay_core::assignment::Assignment;
use patchbay_core::keypair::KeyPair;
use patchbay_core::registry::DataSpace;
use serde::Serialize;
use ts_rs::TS;

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
