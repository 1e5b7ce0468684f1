//! Instances on the board.

use patchbay_contract::error::IpcError;
use patchbay_contract::instances::InstanceRow;
use tauri::State;

use crate::wiring::Door;

/// Every instance as it stands now, by name; nobody is asked for it.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_instances(door: State<'_, Door>) -> Result<Vec<InstanceRow>, IpcError> {
    let board = door.patchbay()?.board().await;
    let board = board.map_err(|error| IpcError::from(&error))?;
    Ok(board.iter().map(InstanceRow::from).collect())
}
