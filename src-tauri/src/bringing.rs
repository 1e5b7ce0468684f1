//! How a private key gets from a person to the core without passing through the window: a file
//! chosen in the system's dialog, a file dropped, or the clipboard.
//!
//! What comes out is an intake: an id and what was recognised. Not here: keeping the key (core).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use patchbay_adapters::files;
use patchbay_contract::error::{IntakeSource, IpcError, Trouble};
use patchbay_contract::keypairs::{DropEvent, Intake};
use patchbay_core::keypair::intake::INPUT_MAX;
use patchbay_core::ports::clipboard::Clipboard;
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::secret::Secret;
use patchbay_core::text;
use tauri::{AppHandle, DragDropEvent, Manager, Runtime};

use crate::intakes::{Intakes, WAITS};
use crate::listeners::Listeners;
use crate::wiring::Door;

/// The clipboard, as the shell manages it.
pub(crate) struct Pasteboard(pub(crate) Arc<dyn Clipboard>);

/// Reads a file that a person chose or dropped.
pub(crate) async fn from_file<R: Runtime>(
    app: &AppHandle<R>,
    path: PathBuf,
    source: IntakeSource,
) -> Result<Intake, IpcError> {
    let name = file_name(&path);
    let key = files::read_secret(path, INPUT_MAX).await;
    let key = key.map_err(|error| IpcError::NotRead {
        from: source,
        why: text::outside(&error.to_string(), 200),
    })?;
    wait(app, key, source, name).await
}

/// Takes what is in the clipboard.
pub(crate) async fn from_clipboard<R: Runtime>(app: &AppHandle<R>) -> Result<Intake, IpcError> {
    let source = IntakeSource::Clipboard;
    let read = app.state::<Pasteboard>().0.read_text().await;
    let key = read.map_err(|error| IpcError::NotRead {
        from: source,
        why: error.detail,
    })?;
    // An empty clipboard is refused in the intake's own words.
    let key = key.unwrap_or_else(|| Secret::new(Vec::new()));
    wait(app, key, source, None).await
}

/// Recognises a key and lets it wait, for ten minutes at most.
async fn wait<R: Runtime>(
    app: &AppHandle<R>,
    key: Secret,
    source: IntakeSource,
    file_name: Option<String>,
) -> Result<Intake, IpcError> {
    let door = app.state::<Door>();
    let patchbay = door.patchbay()?;
    let said = |error| IpcError::from(&error);
    let recognised = patchbay.recognise(&key).await.map_err(said)?;
    let id = patchbay.opaque_id().map_err(said)?;
    app.state::<Intakes>().put(id.clone(), key, Instant::now());
    let later = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(WAITS).await;
        later.state::<Intakes>().forget_old(Instant::now());
    });
    let waits = i64::try_from(WAITS.as_millis()).unwrap_or(i64::MAX);
    let until = UnixMillis(patchbay.now().0.saturating_add(waits));
    Ok(Intake::new(id, source, file_name, &recognised, until))
}

/// What happens when something is dragged over the window: only while somebody waits for a key is
/// anything read.
pub(crate) fn dragged<R: Runtime>(app: &AppHandle<R>, event: &DragDropEvent) {
    let listeners = app.state::<Listeners>();
    match event {
        DragDropEvent::Enter { .. } => listeners.drops.tell(DropEvent::Over),
        DragDropEvent::Leave => listeners.drops.tell(DropEvent::Left),
        DragDropEvent::Drop { paths, .. } if listeners.drops.is_heard() => {
            let (app, paths) = (app.clone(), paths.clone());
            tauri::async_runtime::spawn(async move {
                let event = match dropped(&app, paths).await {
                    Ok(intake) => DropEvent::Taken { intake },
                    Err(error) => DropEvent::Refused { error },
                };
                app.state::<Listeners>().drops.tell(event);
            });
        }
        _ => {}
    }
}

async fn dropped<R: Runtime>(
    app: &AppHandle<R>,
    mut paths: Vec<PathBuf>,
) -> Result<Intake, IpcError> {
    match (paths.pop(), paths.is_empty()) {
        (Some(path), true) => from_file(app, path, IntakeSource::Drop).await,
        _ => Err(IpcError::Refused {
            trouble: Trouble::new(
                "dropOneFile",
                "That was not exactly one file.",
                "Drop the one file with the private key.",
            ),
        }),
    }
}

fn file_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    Some(text::outside(&name, 120))
}
