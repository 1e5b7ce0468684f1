//! Projects and their data spaces.

use std::time::SystemTime;

use super::{MAX_DATA_SPACES, MAX_PROJECTS, World, WorldError};
use crate::account::{DataSpace, DataSpaceType, Project};
use crate::words;

impl World {
    /// Creates a project with the data spaces that the licence brings.
    ///
    /// # Errors
    /// Unknown account, malformed name, too many projects.
    pub fn initialize(&mut self, mage_id: &str, name: &str) -> Result<Project, WorldError> {
        let licence = self.account(mage_id)?.licence;
        let data_spaces = words::standard_data_spaces(licence)
            .iter()
            .map(|(name, kind)| new_data_space(name, *kind))
            .collect();
        let project = Project {
            id: words::random_uuid(),
            name: words::name(name)?,
            data_spaces,
        };
        self.add_project(mage_id, project)
    }

    /// Adds a project exactly as given; times left empty are filled in.
    ///
    /// # Errors
    /// Unknown account, malformed or taken ids and names, too many.
    pub fn add_project(
        &mut self,
        mage_id: &str,
        mut project: Project,
    ) -> Result<Project, WorldError> {
        words::check_uuid(&project.id)?;
        project.name = words::name(&project.name)?;
        if self
            .accounts
            .iter()
            .flat_map(|account| &account.projects)
            .any(|other| other.id == project.id)
        {
            return Err(WorldError::Taken("project id"));
        }
        let data_spaces = std::mem::take(&mut project.data_spaces);
        let account = self.account_mut(mage_id)?;
        if account.projects.len() >= MAX_PROJECTS {
            return Err(WorldError::TooMany("projects"));
        }
        let id = project.id.clone();
        account.projects.push(project);
        for data_space in data_spaces {
            if let Err(error) = self.add_data_space(&id, data_space) {
                self.drop_project(&id);
                return Err(error);
            }
        }
        self.project(&id).cloned()
    }

    fn drop_project(&mut self, id: &str) {
        for account in &mut self.accounts {
            account.projects.retain(|project| project.id != id);
        }
    }

    fn project(&self, id: &str) -> Result<&Project, WorldError> {
        let mut all = self.accounts.iter().flat_map(|account| &account.projects);
        all.find(|project| project.id == id)
            .ok_or(WorldError::Unknown("project"))
    }

    /// Adds a data space to a project, which at the real place only Support can do.
    ///
    /// # Errors
    /// Unknown project, malformed or taken id, malformed name, too many.
    pub fn add_data_space(
        &mut self,
        project: &str,
        mut data_space: DataSpace,
    ) -> Result<DataSpace, WorldError> {
        words::check_uuid(&data_space.id)?;
        data_space.name = words::name(&data_space.name)?;
        let now = words::rfc3339(SystemTime::now());
        for time in [&mut data_space.created_at, &mut data_space.updated_at] {
            if time.is_empty() {
                time.clone_from(&now);
            }
        }
        let mut all = self.accounts.iter().flat_map(|account| &account.projects);
        if all.any(|p| p.data_spaces.iter().any(|other| other.id == data_space.id)) {
            return Err(WorldError::Taken("data space id"));
        }
        let mut all = self
            .accounts
            .iter_mut()
            .flat_map(|account| &mut account.projects);
        let project = all
            .find(|p| p.id == project)
            .ok_or(WorldError::Unknown("project"))?;
        if project.data_spaces.len() >= MAX_DATA_SPACES {
            return Err(WorldError::TooMany("data spaces"));
        }
        project.data_spaces.push(data_space.clone());
        Ok(data_space)
    }

    /// Removes a data space, as Support may do.
    ///
    /// # Errors
    /// [`WorldError::Unknown`].
    pub fn remove_data_space(&mut self, id: &str) -> Result<(), WorldError> {
        for project in self
            .accounts
            .iter_mut()
            .flat_map(|account| &mut account.projects)
        {
            let before = project.data_spaces.len();
            project.data_spaces.retain(|data_space| data_space.id != id);
            if project.data_spaces.len() < before {
                return Ok(());
            }
        }
        Err(WorldError::Unknown("data space"))
    }

    pub(crate) fn own_project_mut(&mut self, mage_id: &str, id: &str) -> Option<&mut Project> {
        self.account_mut(mage_id)
            .ok()?
            .projects
            .iter_mut()
            .find(|project| project.id == id)
    }

    pub(crate) fn own_data_space_mut(&mut self, mage_id: &str, id: &str) -> Option<&mut DataSpace> {
        let projects = &mut self.account_mut(mage_id).ok()?.projects;
        projects
            .iter_mut()
            .flat_map(|project| &mut project.data_spaces)
            .find(|space| space.id == id)
    }
}

/// A data space with a fresh id.
#[must_use]
pub fn new_data_space(name: &str, kind: DataSpaceType) -> DataSpace {
    let now = words::rfc3339(SystemTime::now());
    DataSpace {
        id: words::random_uuid(),
        name: name.to_owned(),
        kind,
        cloud_id: None,
        created_at: now.clone(),
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Licence;
    use crate::world::NewAccount;

    fn world() -> World {
        let mut world = World::default();
        world.create_account(NewAccount::default()).unwrap();
        world
    }

    #[test]
    fn a_project_gets_the_data_spaces_of_its_licence() {
        let mut world = world();
        let open = NewAccount {
            licence: Licence::OpenSource,
            ..NewAccount::default()
        };
        let open = world.create_account(open).unwrap().mage_id;
        let kinds = |project: Project| {
            project
                .data_spaces
                .iter()
                .map(|s| s.kind)
                .collect::<Vec<_>>()
        };
        use DataSpaceType::{Production, Testing};
        assert_eq!(
            kinds(world.initialize("MAG000000001", "A").unwrap()),
            [Production, Testing, Testing]
        );
        assert_eq!(kinds(world.initialize(&open, "B").unwrap()), [Production]);
    }

    #[test]
    fn a_project_that_cannot_be_added_whole_is_not_added() {
        let mut world = world();
        let taken = world
            .initialize("MAG000000001", "Shop")
            .unwrap()
            .data_spaces[0]
            .clone();
        let project = Project {
            id: words::random_uuid(),
            name: "B".into(),
            data_spaces: vec![taken],
        };
        let refused = world.add_project("MAG000000001", project);
        assert_eq!(refused, Err(WorldError::Taken("data space id")));
        assert_eq!(world.account("MAG000000001").unwrap().projects.len(), 1);
    }
}
