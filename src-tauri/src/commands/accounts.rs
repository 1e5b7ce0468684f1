//! Accounts.

use patchbay_contract::accounts::{AccountRow, NewAccount};
use patchbay_contract::error::IpcError;
use patchbay_core::id::MageId;
use tauri::State;

use super::said;
use crate::request::Request;
use crate::wiring::Door;

/// Every account, by label.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_accounts(door: State<'_, Door>) -> Result<Vec<AccountRow>, IpcError> {
    let accounts = door.patchbay()?.accounts().await.map_err(said)?;
    Ok(accounts.iter().map(AccountRow::from).collect())
}

/// Adds an account.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn add_account(
    request: Request<NewAccount>,
    door: State<'_, Door>,
) -> Result<AccountRow, IpcError> {
    let NewAccount { label, mage_id } = request.0;
    let mage_id = mage_id.as_deref().map(MageId::parse).transpose();
    let mage_id = mage_id.map_err(|error| IpcError::from(&error))?;
    let account = door.patchbay()?.add_account(&label, mage_id).await;
    Ok(AccountRow::from(&account.map_err(said)?))
}
