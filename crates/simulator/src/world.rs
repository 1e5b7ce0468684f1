//! What may be done with the accounts: create, register, revoke, rename, look up.
//!
//! Pure but for random ids and the present time. Every rule about names, ids and numbers is
//! here, so that the portal, the registry, the control interface and the in-process handle
//! cannot disagree. No HTTP.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::account::{
    Account, ApiKey, DataSpace, DataSpaceType, Gateway, Licence, Project, ReadyKey, Role, SignIn,
};
use crate::token::{self, MadePair};
use crate::words;

/// How many accounts one simulator holds.
pub const MAX_ACCOUNTS: usize = 1_000;
/// How many keys one account may have at one gateway.
pub const MAX_KEYS: usize = 20;
/// How many projects one account may have.
pub const MAX_PROJECTS: usize = 500;
/// How many data spaces one project may have.
pub const MAX_DATA_SPACES: usize = 100;

/// Why something asked of the [`World`] was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// There is no such account, project, data space or key.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// The id, API key or token is already taken.
    #[error("this {0} is already taken")]
    Taken(&'static str),
    /// A value is malformed; the text says what is expected.
    #[error("{0}")]
    Malformed(&'static str),
    /// A limit of the simulator is reached.
    #[error("there are too many of this kind: {0}")]
    TooMany(&'static str),
    /// No pair could be made.
    #[error(transparent)]
    CannotMake(#[from] token::CannotMake),
}

/// What a new account starts with. Everything left out is made up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    /// `MAG` and nine digits.
    #[serde(default)]
    pub mage_id: Option<String>,
    /// The organisation's name.
    #[serde(default)]
    pub organisation: Option<String>,
    /// What the account has bought.
    #[serde(default)]
    pub licence: Licence,
}

/// Every account, by MageID.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct World {
    #[serde(default)]
    accounts: Vec<Account>,
    #[serde(skip)]
    index: BTreeMap<(Gateway, String), KeyPlace>,
}

/// Where a key is found, with its public half ready to check signatures.
#[derive(Clone, Debug)]
pub(crate) struct KeyPlace {
    pub(crate) mage_id: String,
    pub(crate) public_key: Vec<u8>,
}

impl World {
    /// Reads a saved world and checks every rule that its content must keep.
    ///
    /// # Errors
    /// A sentence that names what is wrong, without quoting the content.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let saved: Self = serde_json::from_str(text).map_err(|error| {
            format!(
                "not a saved state: line {}, column {}",
                error.line(),
                error.column()
            )
        })?;
        let mut world = Self::default();
        for account in saved.accounts {
            world.adopt(account).map_err(|error| error.to_string())?;
        }
        Ok(world)
    }

    /// The world as JSON that [`World::from_json`] reads. It holds no private key.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "accounts": self.accounts })
    }

    /// Every account, in the order of creation.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// One account.
    ///
    /// # Errors
    /// [`WorldError::Unknown`].
    pub fn account(&self, mage_id: &str) -> Result<&Account, WorldError> {
        let found = self
            .accounts
            .iter()
            .find(|account| account.mage_id == mage_id);
        found.ok_or(WorldError::Unknown("account"))
    }

    fn account_mut(&mut self, mage_id: &str) -> Result<&mut Account, WorldError> {
        let found = self
            .accounts
            .iter_mut()
            .find(|account| account.mage_id == mage_id);
        found.ok_or(WorldError::Unknown("account"))
    }

    fn adopt(&mut self, mut account: Account) -> Result<(), WorldError> {
        words::check_mage_id(&account.mage_id)?;
        if self.account(&account.mage_id).is_ok() {
            return Err(WorldError::Taken("MageID"));
        }
        let (keys, projects) = (
            std::mem::take(&mut account.keys),
            std::mem::take(&mut account.projects),
        );
        let mage_id = account.mage_id.clone();
        self.push_account(account)?;
        for project in projects {
            self.add_project(&mage_id, project)?;
        }
        for key in keys {
            self.insert_key(&mage_id, key)?;
        }
        Ok(())
    }

    fn push_account(&mut self, account: Account) -> Result<(), WorldError> {
        if self.accounts.len() >= MAX_ACCOUNTS {
            return Err(WorldError::TooMany("accounts"));
        }
        self.accounts.push(account);
        Ok(())
    }

    /// Creates an account with one owner's sign-in.
    ///
    /// # Errors
    /// A malformed or taken MageID, a malformed name, too many accounts.
    pub fn create_account(&mut self, new: NewAccount) -> Result<Account, WorldError> {
        let mage_id = new.mage_id.unwrap_or_else(|| self.free_mage_id());
        words::check_mage_id(&mage_id)?;
        if self.account(&mage_id).is_ok() {
            return Err(WorldError::Taken("MageID"));
        }
        let organisation = new
            .organisation
            .unwrap_or_else(|| format!("Organisation {mage_id}"));
        let account = Account {
            organisation: words::name(&organisation)?,
            organisation_id: format!("{}0", &mage_id[3..]),
            mage_id,
            licence: new.licence,
            suspended: false,
            entitlements: words::entitlements(new.licence),
            feature_set: words::feature_set(new.licence),
            sign_ins: vec![SignIn {
                token: words::random_hex::<24>(),
                role: Role::Owner,
            }],
            projects: Vec::new(),
            keys: Vec::new(),
        };
        self.push_account(account.clone())?;
        Ok(account)
    }

    fn free_mage_id(&self) -> String {
        let taken = |id: &String| self.account(id).is_ok();
        let ids = (1..=MAX_ACCOUNTS * 2).map(|number| format!("MAG{number:09}"));
        ids.into_iter().find(|id| !taken(id)).unwrap_or_default()
    }

    /// Suspends an account or lifts that again.
    ///
    /// # Errors
    /// [`WorldError::Unknown`].
    pub fn suspend(&mut self, mage_id: &str, suspended: bool) -> Result<(), WorldError> {
        self.account_mut(mage_id)?.suspended = suspended;
        Ok(())
    }

    /// Adds a way into the portal and gives its bearer token.
    ///
    /// # Errors
    /// [`WorldError::Unknown`], or too many sign-ins.
    pub fn add_sign_in(&mut self, mage_id: &str, role: Role) -> Result<SignIn, WorldError> {
        let account = self.account_mut(mage_id)?;
        if account.sign_ins.len() >= MAX_KEYS {
            return Err(WorldError::TooMany("sign-ins"));
        }
        let sign_in = SignIn {
            token: words::random_hex::<24>(),
            role,
        };
        account.sign_ins.push(sign_in.clone());
        Ok(sign_in)
    }

    /// Whose sign-in a bearer token is.
    #[must_use]
    pub fn signed_in(&self, token: &str) -> Option<(&Account, Role)> {
        self.accounts.iter().find_map(|account| {
            let found = account
                .sign_ins
                .iter()
                .find(|sign_in| sign_in.token == token)?;
            Some((account, found.role))
        })
    }

    /// Registers a public key under an API key. Without an API key one is made up.
    ///
    /// # Errors
    /// Malformed name, API key or public key; an API key that gateway already knows; too many keys.
    pub fn register_key(
        &mut self,
        mage_id: &str,
        gateway: Gateway,
        name: &str,
        api_key: Option<&str>,
        public_key: &[u8],
    ) -> Result<ApiKey, WorldError> {
        let public_key = token::read_public_key(public_key)
            .map_err(|_| WorldError::Malformed("not an RSA public key of at least 2048 bit"))?;
        let key = ApiKey {
            id: words::random_uuid(),
            name: words::key_name(name)?,
            gateway,
            api_key: api_key.map_or_else(words::random_hex::<16>, str::to_owned),
            created_at: words::rfc3339(SystemTime::now()),
            public_key: STANDARD.encode(public_key),
        };
        self.insert_key(mage_id, key.clone())?;
        Ok(key)
    }

    fn insert_key(&mut self, mage_id: &str, key: ApiKey) -> Result<(), WorldError> {
        words::check_api_key(&key.api_key)?;
        let public_key = token::read_public_key(key.public_key.as_bytes())
            .map_err(|_| WorldError::Malformed("not an RSA public key of at least 2048 bit"))?;
        let place = (key.gateway, key.api_key.clone());
        if self.index.contains_key(&place) {
            return Err(WorldError::Taken("API key"));
        }
        let account = self.account_mut(mage_id)?;
        if account
            .keys
            .iter()
            .filter(|other| other.gateway == key.gateway)
            .count()
            >= MAX_KEYS
        {
            return Err(WorldError::TooMany("keys"));
        }
        account.keys.push(key);
        self.index.insert(
            place,
            KeyPlace {
                mage_id: mage_id.to_owned(),
                public_key,
            },
        );
        Ok(())
    }

    /// Makes a pair (see [`token::make_pair`] for its cost), registers it and hands it out.
    ///
    /// # Errors
    /// As [`World::register_key`], and when no pair could be made.
    pub fn make_key(
        &mut self,
        mage_id: &str,
        gateway: Gateway,
        name: &str,
    ) -> Result<ReadyKey, WorldError> {
        self.account(mage_id)?;
        let pair = token::make_pair()?;
        self.hand_out(mage_id, gateway, name, pair)
    }

    pub(crate) fn hand_out(
        &mut self,
        mage_id: &str,
        gateway: Gateway,
        name: &str,
        pair: MadePair,
    ) -> Result<ReadyKey, WorldError> {
        let key = self.register_key(mage_id, gateway, name, None, &pair.public_key)?;
        Ok(ReadyKey {
            id: key.id,
            name: key.name,
            gateway,
            api_key: key.api_key,
            private_key: pair.private_key,
            created_at: key.created_at,
        })
    }

    /// Deletes a key, given its id or its API key, from whichever account holds it.
    ///
    /// # Errors
    /// [`WorldError::Unknown`].
    pub fn revoke_key(&mut self, id_or_api_key: &str) -> Result<ApiKey, WorldError> {
        for account in &mut self.accounts {
            let fits = |key: &ApiKey| key.id == id_or_api_key || key.api_key == id_or_api_key;
            if let Some(at) = account.keys.iter().position(fits) {
                let key = account.keys.remove(at);
                self.index.remove(&(key.gateway, key.api_key.clone()));
                return Ok(key);
            }
        }
        Err(WorldError::Unknown("key"))
    }

    pub(crate) fn key_at(&self, gateway: Gateway, api_key: &str) -> Option<&KeyPlace> {
        self.index.get(&(gateway, api_key.to_owned()))
    }

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
    use proptest::prelude::*;

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
    fn several_keys_of_one_gateway_coexist_until_one_is_revoked() {
        let mut world = world();
        let first = world
            .make_key("MAG000000001", Gateway::Production, "first")
            .unwrap();
        let second = world
            .make_key("MAG000000001", Gateway::Production, "second")
            .unwrap();
        assert!(world.key_at(Gateway::Production, &first.api_key).is_some());
        assert!(
            world.key_at(Gateway::Sandbox, &first.api_key).is_none(),
            "the gateways are separate"
        );
        world.revoke_key(&first.id).unwrap();
        assert!(world.key_at(Gateway::Production, &first.api_key).is_none());
        assert!(world.key_at(Gateway::Production, &second.api_key).is_some());
        assert_eq!(world.revoke_key(&first.id), Err(WorldError::Unknown("key")));
    }

    #[test]
    fn a_saved_state_comes_back_and_its_keys_still_work() {
        let mut world = world();
        let key = world
            .make_key("MAG000000001", Gateway::Sandbox, "one")
            .unwrap();
        world.initialize("MAG000000001", "Shop").unwrap();
        let text = world.to_json().to_string();
        assert!(
            !text.contains("PRIVATE"),
            "a saved state holds no private key"
        );
        let back = World::from_json(&text).unwrap();
        assert_eq!(back.accounts(), world.accounts());
        assert!(back.key_at(Gateway::Sandbox, &key.api_key).is_some());
    }

    #[test]
    fn a_saved_state_must_keep_the_rules() {
        let mut world = world();
        world.initialize("MAG000000001", "Shop").unwrap();
        let good = world.to_json();
        let mut twice = good.clone();
        let account = twice["accounts"][0].clone();
        twice["accounts"].as_array_mut().unwrap().push(account);
        assert!(
            World::from_json(&twice.to_string()).is_err(),
            "one MageID, one account"
        );
        let mut bad = good.clone();
        bad["accounts"][0]["projects"][0]["id"] = "../etc".into();
        assert!(World::from_json(&bad.to_string()).is_err(), "ids are UUIDs");
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

    proptest! {
        #[test]
        fn reading_a_saved_state_never_panics(text in "\\PC{0,300}") {
            let _ = World::from_json(&text);
        }

        #[test]
        fn half_a_saved_state_is_refused(cut in 0usize..2_000) {
            let mut world = world();
            world.initialize("MAG000000001", "Shop").unwrap();
            let text = world.to_json().to_string();
            let cut = cut % text.len();
            prop_assert!(World::from_json(&text[..cut]).is_err());
        }
    }
}
