//! What the person chose for the window, kept by the store plugin and touched from Rust only.
//!
//! Nothing the core decides by; that is in the records. Without a usable data directory choices
//! hold until the program ends.

use std::path::{Path, PathBuf};

use patchbay_contract::settings::WindowPreferences;
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_store::StoreExt;

/// Where the store lies, inside the data directory.
const FILE: &str = "window/preferences.json";

/// The file of the window's preferences, as the shell manages it.
pub(crate) struct PreferencesFile(PathBuf);

impl PreferencesFile {
    /// The file inside `data_directory`.
    pub(crate) fn inside(data_directory: &Path) -> Self {
        Self(data_directory.join(FILE))
    }
}

/// Why preferences could not be saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    /// There is no data directory to save in.
    #[error("there is no usable data directory")]
    Nowhere,
    /// The file could not be written.
    #[error(transparent)]
    Store(#[from] tauri_plugin_store::Error),
    /// They could not be put in words.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What was saved; what cannot be read counts as never chosen.
pub(crate) fn load<R: Runtime>(app: &AppHandle<R>) -> WindowPreferences {
    let Some(file) = app.try_state::<PreferencesFile>() else {
        return WindowPreferences::default();
    };
    let store = match app.store(file.0.clone()) {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!(%error, "the window's preferences could not be read");
            return WindowPreferences::default();
        }
    };
    let saved = store.entries().into_iter().collect();
    serde_json::from_value(serde_json::Value::Object(saved)).unwrap_or_default()
}

/// Saves what was chosen, for the next start.
///
/// # Errors
/// When there is no data directory or the file cannot be written.
pub(crate) fn save<R: Runtime>(
    app: &AppHandle<R>,
    preferences: &WindowPreferences,
) -> Result<(), SaveError> {
    let file = app
        .try_state::<PreferencesFile>()
        .ok_or(SaveError::Nowhere)?;
    let store = app.store(file.0.clone())?;
    if let serde_json::Value::Object(entries) = serde_json::to_value(preferences)? {
        for (key, value) in entries {
            store.set(key, value);
        }
    }
    store.save()?;
    Ok(())
}
