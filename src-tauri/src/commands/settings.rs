//! The core's settings and the window's own preferences.

use patchbay_contract::error::IpcError;
use patchbay_contract::settings::{SettingList, SettingRequest, SettingRow, WindowPreferences};
use tauri::{AppHandle, Runtime, State};

use super::said;
use crate::preferences;
use crate::request::Request;
use crate::wiring::Door;

/// Every setting the core needs.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_settings(door: State<'_, Door>) -> Result<Vec<SettingRow>, IpcError> {
    let set = door.patchbay()?.settings().await.map_err(said)?;
    Ok(SettingList::new(&set).settings)
}

/// Sets one of them.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn set_setting(
    request: Request<SettingRequest>,
    door: State<'_, Door>,
) -> Result<(), IpcError> {
    let SettingRequest { key, value } = request.0;
    door.patchbay()?
        .set_setting(&key, &value)
        .await
        .map_err(said)
}

/// What the person chose for the window.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn window_preferences<R: Runtime>(app: AppHandle<R>) -> WindowPreferences {
    preferences::load(&app)
}

/// Remembers what the person chose for the window.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn set_window_preferences<R: Runtime>(
    app: AppHandle<R>,
    request: Request<WindowPreferences>,
) -> Result<(), IpcError> {
    preferences::save(&app, &request.0).map_err(|error| {
        tracing::error!(%error, "the window's preferences could not be saved");
        IpcError::Internal
    })
}
