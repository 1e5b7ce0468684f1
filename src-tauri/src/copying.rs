//! Where the one copy of a created key may go: a file that a person chose in the system's dialog,
//! and the clipboard, for some seconds.
//!
//! The window gets an opaque id for a file and never its path. Not here: whether there is a copy to
//! make (the core).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_adapters::clipboard::lending::LentClipboard;
use patchbay_adapters::clipboard::managers;
use patchbay_adapters::ending;
use patchbay_adapters::files::synced;
use patchbay_contract::exports::ChosenFile;
use patchbay_core::ports::outlet::Outlet;
use patchbay_core::text;
use tauri::{AppHandle, Manager, Runtime};

/// The most files that are chosen and not written at once.
const MOST: usize = 8;

/// A clipboard that can be lent a text.
pub(crate) trait Lends: Send + Sync {
    /// The clipboard for one text, which stays there for that long.
    fn outlet(&self, stays: Duration) -> Box<dyn Outlet>;
    /// Clears what was lent, if it still lies there; blocks until that is done.
    fn clear(&self);
    /// Programs that may keep a copy, by name.
    fn managers(&self) -> Vec<String>;
}

impl Lends for LentClipboard {
    fn outlet(&self, stays: Duration) -> Box<dyn Outlet> {
        Box::new(LentClipboard::outlet(self, stays))
    }

    fn clear(&self) {
        self.clear_now();
    }

    fn managers(&self) -> Vec<String> {
        managers::running().into_iter().map(str::to_owned).collect()
    }
}

/// The clipboard, as the shell manages it for copies.
pub(crate) struct Lending(pub(crate) Arc<dyn Lends>);

/// Files that were chosen; an id is good for one copy that succeeds.
#[derive(Debug, Default)]
pub(crate) struct ChosenFiles(Mutex<BTreeMap<String, PathBuf>>);

impl ChosenFiles {
    /// Remembers a file under `id` and says what a person should know about it.
    pub(crate) fn put(&self, id: String, path: PathBuf) -> ChosenFile {
        let told = ChosenFile {
            id: id.clone(),
            file_name: file_name(&path),
            synced: synced::service_of(&path).map(str::to_owned),
        };
        let mut files = self.lock();
        while files.len() >= MOST && files.pop_first().is_some() {}
        files.insert(id, path);
        told
    }

    /// Where it is; it stays chosen, so that a copy that failed can be tried again.
    pub(crate) fn path(&self, id: &str) -> Option<PathBuf> {
        self.lock().get(id).cloned()
    }

    /// Forgets a file that was written.
    pub(crate) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    text::outside(&name, 120)
}

/// Clears the clipboard before the program ends because the system asks it to.
pub(crate) fn clear_when_asked_to_end<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match ending::asked_to_end() {
            Ok(asked) => {
                asked.await;
                clear(&app);
                app.exit(0);
            }
            Err(error) => tracing::warn!(%error, "nobody says when the program should end"),
        }
    });
}

/// Clears the clipboard of what was lent.
pub(crate) fn clear<R: Runtime>(app: &AppHandle<R>) {
    if let Some(lending) = app.try_state::<Lending>() {
        lending.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_file_is_known_by_its_id_until_it_is_written() {
        let files = ChosenFiles::default();
        let told = files.put("1".into(), "/home/mei/Dropbox/live.pem".into());
        assert_eq!(told.file_name, "live.pem");
        assert_eq!(told.synced.as_deref(), Some("Dropbox"));
        assert!(files.path("1").is_some() && files.path("2").is_none());
        files.forget("1");
        assert!(files.path("1").is_none());
        for n in 0..20 {
            files.put(format!("{n:02}"), "/tmp/a".into());
        }
        assert_eq!(files.lock().len(), MOST);
    }
}
