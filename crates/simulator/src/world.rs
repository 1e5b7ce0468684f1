//! What may be done with the accounts: create, register, revoke, rename, look up.
//!
//! Pure but for random ids and the present time. Every rule about names, ids and numbers is
//! here, so that the portal, the registry, the control interface and the in-process handle
//! cannot disagree. No HTTP.

mod projects;

pub use projects::new_data_space;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::fingerprint::IdentityFingerprint;
use serde::{Deserialize, Serialize};

use crate::account::{Account, ApiKey, Gateway, Licence, ReadyKey, Role, SignIn};
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
    /// Public halves of the pairs that were made here, revoked ones included.
    #[serde(skip)]
    made: BTreeSet<IdentityFingerprint>,
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
        if !account.organisation.is_empty() {
            account.organisation = words::name(&account.organisation)?;
        }
        if account.sign_ins.len() > MAX_KEYS {
            return Err(WorldError::TooMany("sign-ins"));
        }
        if account
            .sign_ins
            .iter()
            .any(|own| own.token.is_empty() || self.signed_in(&own.token).is_some())
        {
            return Err(WorldError::Taken("sign-in token"));
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
        words::key_name(&key.name)?;
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
        self.made
            .insert(IdentityFingerprint::of_spki(&pair.public_key));
        Ok(ReadyKey {
            id: key.id,
            name: key.name,
            gateway,
            api_key: key.api_key,
            private_key: pair.private_key,
            created_at: key.created_at,
        })
    }

    /// Whether the pair with this public half was made here, so that it is pretended and no
    /// merchant's.
    #[must_use]
    pub fn made_here(&self, identity: &IdentityFingerprint) -> bool {
        self.made.contains(identity)
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
        let mut bad = good.clone();
        bad["accounts"][0]["organisation"] = "a\u{1b}[2J".into();
        assert!(
            World::from_json(&bad.to_string()).is_err(),
            "names are clean"
        );
        let mut second = good["accounts"][0].clone();
        second["mageId"] = "MAG000000002".into();
        second["projects"] = serde_json::json!([]);
        let both = |second: &serde_json::Value| serde_json::json!({"accounts": [good["accounts"][0], second]});
        let why = World::from_json(&both(&second).to_string()).unwrap_err();
        assert!(
            why.contains("sign-in token"),
            "one token, one account: {why}"
        );
        second["signIns"] = serde_json::json!([]);
        assert!(World::from_json(&both(&second).to_string()).is_ok());
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
