//! Accounts: one Commerce account (a MageID and its licence owner) as Patchbay knows it.
//!
//! Not here: what the account owns at Adobe (the registry room) and its keys (the key pair room).

use crate::error::{Error, Result};
use crate::id::{AccountId, MageId};
use crate::instance::Instance;
use crate::keypair::KeyPair;
use crate::patchbay::{Patchbay, no_such};
use crate::ports::clock::UnixMillis;
use crate::ports::transport::TransportError;
use crate::registry::DataSpace;
use crate::text;

/// A merchant's Commerce account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Random id.
    pub id: AccountId,
    /// What people call it; unique in one data directory.
    pub label: String,
    /// Read from the registry's first answer where it says it, or typed.
    pub mage_id: Option<MageId>,
    /// The organisation the registry names, cleaned for showing.
    pub organisation: Option<String>,
    /// When it was added.
    pub created_at: UnixMillis,
}

/// What was forgotten with a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The account.
    pub account: Account,
    /// The names of its instances.
    pub instances: Vec<String>,
    /// The names of its key pairs.
    pub key_pairs: Vec<String>,
}

impl Patchbay {
    /// Every account, by label.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        Ok(self.ports.records.accounts().await?)
    }

    /// Adds an account. The MageID may be left out; it is learned from the registry.
    ///
    /// # Errors
    /// A bad or taken label, or the records.
    pub async fn add_account(&self, label: &str, mage_id: Option<MageId>) -> Result<Account> {
        let account = Account {
            id: self.new_account_id()?,
            label: text::name("the label", label)?,
            mage_id,
            organisation: None,
            created_at: self.ports.clock.now(),
        };
        self.ports.records.save_account(&account).await?;
        Ok(account)
    }

    /// Forgets a merchant on this computer: every instance of the account with its assignment,
    /// evidence and undo data, every key pair with its private key, every request and hand-over.
    /// Nothing changes at Adobe or on any server, and the journal stays. `typed` is the label as a
    /// person typed it. Killed half way, it is finished by asking again.
    ///
    /// # Errors
    /// No such account, another label typed, an instance that is being written to or whose last
    /// outcome is not known yet, keychain and records.
    pub async fn forget_account(&self, label: &str, typed: &str) -> Result<Forgotten> {
        let account = self.account_named(label).await?;
        if typed.trim() != account.label {
            return Err(Error::refused(
                "notAgreed",
                format!(
                    "\"{}\" is forgotten only when its name is typed.",
                    account.label
                ),
                "Type the account's label.",
            )
            .with("name", &account.label));
        }
        let instances: Vec<_> = self
            .instances()
            .await?
            .into_iter()
            .filter(|instance| instance.account == account.id)
            .collect();
        let pairs: Vec<_> = self
            .key_pairs()
            .await?
            .into_iter()
            .filter(|pair| pair.account == account.id)
            .collect();
        if let Some(pair) = pairs.first() {
            self.keychain_works(&pair.item).await?;
        }
        self.refuse_busy(&instances).await?;
        let records = &self.ports.records;
        for request in self.key_requests().await? {
            if request.account.as_ref() == Some(&account.id) {
                self.cancel_request(&request.id).await?;
            }
        }
        for instance in &instances {
            records.drop_blobs_of(&instance.id).await?;
            records.remove_instance(&instance.id).await?;
        }
        for pair in &pairs {
            self.ports.keychain.forget(&pair.item).await?;
            if let Some(ticket) = &pair.ticket {
                self.ports.keychain.forget(ticket).await?;
            }
            records.remove_key_pair(&pair.id).await?;
        }
        self.forget_hand_overs(&account, &pairs).await?;
        records.remove_account(&account.id).await?;
        Ok(Forgotten {
            account,
            instances: instances.into_iter().map(|one| one.name).collect(),
            key_pairs: pairs.into_iter().map(|one| one.name).collect(),
        })
    }

    /// Refuses while one of these is written to, or while it is not known what was written.
    async fn refuse_busy(&self, instances: &[Instance]) -> Result<()> {
        let open = self.open_entries().await?;
        for instance in instances {
            let free = self.ports.records.lock_instance(&instance.id).await?;
            if free.is_none() || open.iter().any(|event| event.instance == instance.id) {
                return Err(TransportError::Busy.into());
            }
        }
        Ok(())
    }

    async fn forget_hand_overs(&self, account: &Account, pairs: &[KeyPair]) -> Result<()> {
        let records = &self.ports.records;
        for mut hand_over in self.hand_overs().await? {
            hand_over.keys.retain(|key| {
                key.account != account.label && !pairs.iter().any(|pair| pair.id == key.pair)
            });
            match hand_over.keys.is_empty() {
                true => records.remove_hand_over(&hand_over.id).await?,
                false => records.save_hand_over(&hand_over).await?,
            }
        }
        Ok(())
    }

    /// Finds an account by its id or its label, the id first.
    pub(crate) async fn account_named(&self, label: &str) -> Result<Account> {
        let mut accounts = self.accounts().await?;
        let wanted = label.trim();
        let place = accounts
            .iter()
            .position(|account| account.id.as_str() == wanted)
            .or_else(|| accounts.iter().position(|account| account.label == wanted));
        place
            .map(|place| accounts.swap_remove(place))
            .ok_or_else(|| no_such("account", label))
    }

    pub(crate) async fn account_by_id(&self, id: &AccountId) -> Result<Account> {
        let accounts = self.accounts().await?;
        accounts
            .into_iter()
            .find(|account| &account.id == id)
            .ok_or_else(|| no_such("account", id.as_str()))
    }

    /// Fills in what the registry said about the account, where it was not known.
    pub(crate) async fn learn_account(&self, id: &AccountId, spaces: &[DataSpace]) -> Result<()> {
        let mut account = self.account_by_id(id).await?;
        let before = account.clone();
        let says = |pick: fn(&DataSpace) -> Option<String>| spaces.iter().find_map(pick);
        if account.mage_id.is_none() {
            account.mage_id = spaces.iter().find_map(|space| space.mage_id.clone());
        }
        if account.organisation.is_none() {
            account.organisation = says(|space| space.organisation.clone());
        }
        if account != before {
            self.ports.records.save_account(&account).await?;
        }
        Ok(())
    }
}
