//! Accounts as the command line and the window list them.

use patchbay_core::account::Account;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::moment::rfc3339;

/// `account list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountList {
    /// Every account, by label.
    pub accounts: Vec<AccountRow>,
}

/// `account add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountAdded {
    /// The account as it is kept now.
    pub account: AccountRow,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AccountRow {
    /// Opaque id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Its MageID, where known.
    pub mage_id: Option<String>,
    /// The organisation the registry names.
    pub organisation: Option<String>,
    /// When it was added, RFC 3339.
    pub created_at: Option<String>,
}

/// An account to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct NewAccount {
    /// What to call it.
    pub label: String,
    /// Its MageID, where the person knows it; the registry's first answer says it otherwise.
    pub mage_id: Option<String>,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.as_str().to_owned(),
            label: account.label.clone(),
            mage_id: account.mage_id.as_ref().map(|id| id.as_str().to_owned()),
            organisation: account.organisation.clone(),
            created_at: rfc3339(account.created_at),
        }
    }
}
