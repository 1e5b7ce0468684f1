//! Accounts: one Commerce account (a MageID and its licence owner) as Patchbay knows it.
//!
//! Not here: what the account owns at Adobe (the registry room) and its keys (the key pair room).

use crate::id::{AccountId, MageId};
use crate::ports::clock::UnixMillis;

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
