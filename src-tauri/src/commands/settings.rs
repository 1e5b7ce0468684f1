//! The window's own preferences.

use patchbay_contract::error::IpcError;
use patchbay_contract::settings::WindowPreferences;
use tauri::AppHandle;

use crate::preferences;

/// What the person chose for the window.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn window_preferences(app: AppHandle) -> WindowPreferences {
    preferences::load(&app)
}

/// Remembers what the person chose for the window.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn set_window_preferences(
    app: AppHandle,
    preferences: WindowPreferences,
) -> Result<(), IpcError> {
    preferences::save(&app, &preferences).map_err(|error| {
        tracing::error!(%error, "the window's preferences could not be saved");
        IpcError::Internal
    })
}
