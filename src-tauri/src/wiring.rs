//! Chooses what stands behind the ports, and keeps why that failed for the window to say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_adapters::outside::{self, OpenError, Overrides};
use patchbay_adapters::transport::askpass::{Askpass, DesktopPerson};
use patchbay_contract::error::IpcError;
use patchbay_core::Patchbay;
use patchbay_core::id::hex;
use sha2::{Digest, Sha256};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Runtime};

/// The one value Tauri manages: the door to the core, or why it stays shut.
///
/// A window without records still opens, because it is the window that says what to do.
pub(crate) struct Door(Result<Patchbay, IpcError>);

impl Door {
    /// A door to a core that is open already.
    #[cfg(any(test, feature = "demo"))]
    pub(crate) fn to(patchbay: Patchbay) -> Self {
        Self(Ok(patchbay))
    }

    /// Opens the real outside over `data_directory`; `None` where the system names none.
    pub(crate) async fn open(data_directory: Option<&Path>, person: &str) -> Self {
        let Some(directory) = data_directory else {
            return Self(Err(IpcError::DataDirectoryUnusable {
                why: "The system does not say where your data is kept; name a folder in \
                      PATCHBAY_DATA_DIR."
                    .to_owned(),
            }));
        };
        let overrides = Overrides {
            askpass: std::env::current_exe().ok().map(|program| Askpass {
                program,
                person: Arc::new(DesktopPerson::default()),
            }),
            ..Overrides::default()
        };
        let opened = outside::open(directory, overrides).await;
        Self(match opened {
            Ok(ports) => Ok(Patchbay::new(ports, person)),
            Err(error) => Err(shown(&error)),
        })
    }

    /// A door that stays shut; why, as one sentence.
    #[cfg(feature = "demo")]
    pub(crate) fn shut(why: String) -> Self {
        Self(Err(IpcError::DataDirectoryUnusable { why }))
    }

    /// The core.
    ///
    /// # Errors
    /// Why it could not be opened when the program started.
    pub(crate) fn patchbay(&self) -> Result<&Patchbay, IpcError> {
        self.0.as_ref().map_err(Clone::clone)
    }
}

/// The data directory: the one named for this run, else the usual one; for the demo a folder of its
/// own inside it.
pub(crate) fn data_directory() -> Option<PathBuf> {
    let named = std::env::var_os("PATCHBAY_DATA_DIR").filter(|named| !named.is_empty());
    let directory = named
        .map(PathBuf::from)
        .or_else(|| outside::usual_data_directory(|name| std::env::var_os(name)));
    if is_demo() {
        return directory.map(|directory| directory.join("demo"));
    }
    directory
}

/// Whether the window shows the demo.
pub(crate) fn is_demo() -> bool {
    #[cfg(feature = "demo")]
    return crate::demo::is_wanted();
    #[cfg(not(feature = "demo"))]
    return false;
}

/// Where the window's preferences are kept: the demo's own folder is emptied at every start.
pub(crate) fn kept_beside(directory: &Path) -> &Path {
    if is_demo() {
        return directory.parent().unwrap_or(directory);
    }
    directory
}

/// Who is sitting here, for the journal.
pub(crate) fn person() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    name.unwrap_or_default()
}

/// One window for one data directory: a second start calls `again` in the first and ends.
///
/// On other systems than Linux it is one window for the whole session.
pub(crate) fn only_one<R: Runtime>(again: fn(&AppHandle<R>)) -> TauriPlugin<R> {
    let directory = data_directory().and_then(|path| std::path::absolute(path).ok());
    let path = directory.unwrap_or_default();
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(format!("app.patchbay.desktop.d{}", &hex(&digest)[..16]))
        .callback(move |app, _, _| again(app))
        .build()
}

fn shown(error: &OpenError) -> IpcError {
    match error {
        OpenError::Records(error) => error.into(),
        OpenError::Http(_) => IpcError::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_data_directory_that_cannot_be_used_is_told_and_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data");
        std::fs::write(&file, "not a directory").unwrap();
        let door = Door::open(Some(&file), "mei").await;
        let why = door.patchbay().err();
        assert!(
            matches!(why, Some(IpcError::DataDirectoryUnusable { .. })),
            "{why:?}"
        );
        assert_eq!(std::fs::read(&file).unwrap(), b"not a directory");
    }

    #[tokio::test]
    async fn a_fresh_data_directory_is_an_empty_board() {
        let dir = tempfile::tempdir().unwrap();
        let door = Door::open(Some(&dir.path().join("data")), "mei").await;
        assert!(door.patchbay().unwrap().board().await.unwrap().is_empty());
    }
}
