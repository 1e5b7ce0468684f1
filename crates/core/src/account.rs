//! Accounts: one Commerce account (a MageID and its licence owner) as Patchbay knows it.
//!
//! Not here: what the account owns at Adobe (the registry room) and its keys (the key pair room).

use crate::error::Result;
use crate::id::{AccountId, MageId};
use crate::patchbay::{Patchbay, no_such};
use crate::ports::clock::UnixMillis;
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
