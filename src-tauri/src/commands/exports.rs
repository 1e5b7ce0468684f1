//! The one copy of a created key: where it may go, making it, doing without.

use std::time::Duration;

use patchbay_adapters::files::saved::SavedFile;
use patchbay_contract::error::IpcError;
use patchbay_contract::exports::{ChosenFile, CopyPlaces, CopyRequest};
use patchbay_contract::keypairs::{KeyPairRequest, KeyPairRow};
use patchbay_core::ports::outlet::{Outlet, OutletError};
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

use super::keypairs::row;
use super::said;
use crate::copying::{ChosenFiles, Lending};
use crate::request::Request;
use crate::wiring::Door;

/// What is to be known before a copy is made.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn copy_places(
    door: State<'_, Door>,
    lending: State<'_, Lending>,
) -> Result<CopyPlaces, IpcError> {
    let stays = door.patchbay()?.clipboard_time().await.map_err(said)?;
    let ready = lending.0.outlet(Duration::ZERO).ready().await;
    let clipboard_refused = match ready {
        Ok(()) => None,
        Err(OutletError::Refused { detail, .. } | OutletError::Failed { detail, .. }) => {
            Some(detail)
        }
    };
    Ok(CopyPlaces {
        clipboard_refused,
        managers: lending.0.managers(),
        seconds: u32::try_from(stays.as_secs()).unwrap_or(u32::MAX),
    })
}

/// Lets the person choose where to save a copy; nothing when they close the dialog.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn choose_key_file<R: Runtime>(
    request: Request<KeyPairRequest>,
    app: AppHandle<R>,
    files: State<'_, ChosenFiles>,
    door: State<'_, Door>,
) -> Result<Option<ChosenFile>, IpcError> {
    let patchbay = door.patchbay()?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let wanted = request.0.key_pair;
    let pair = pairs.into_iter().find(|pair| pair.id.as_str() == wanted);
    let pair = pair.ok_or_else(|| IpcError::NoSuch {
        what: "key pair".to_owned(),
        name: patchbay_core::text::outside(&wanted, 120),
    })?;
    let (chosen, choice) = tokio::sync::oneshot::channel();
    let suggested = format!("{}.pem", plain(&pair.name));
    let dialog = app.dialog().file().set_file_name(suggested);
    dialog.save_file(move |file| {
        // The window may be gone by the time the dialog closes.
        let _ = chosen.send(file);
    });
    let path = choice.await.ok().flatten();
    let path = path.and_then(|file| file.into_path().ok());
    let id = patchbay.opaque_id().map_err(said)?;
    Ok(path.map(|path| files.put(id, path)))
}

/// A name that is fine for a file everywhere.
fn plain(name: &str) -> String {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let name: String = name
        .chars()
        .map(|c| if fine(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "private-key" } else { name }.to_owned()
}

/// Makes the one copy.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn copy_private_key(
    request: Request<CopyRequest>,
    door: State<'_, Door>,
    files: State<'_, ChosenFiles>,
    lending: State<'_, Lending>,
) -> Result<KeyPairRow, IpcError> {
    let patchbay = door.patchbay()?;
    let CopyRequest { key_pair, file } = request.0;
    let outlet: Box<dyn Outlet> = match &file {
        Some(id) => {
            let path = files.path(id).ok_or(IpcError::IntakeGone)?;
            Box::new(SavedFile::at(path))
        }
        None => {
            let stays = patchbay.clipboard_time().await.map_err(said)?;
            lending.0.outlet(stays)
        }
    };
    let copied = patchbay.export_key(&key_pair, &*outlet).await;
    let pair = copied.map_err(said)?;
    if let Some(id) = &file {
        files.forget(id);
    }
    row(patchbay, &pair).await
}

/// Does without the one copy.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn waive_copy(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairRow, IpcError> {
    let patchbay = door.patchbay()?;
    let waived = patchbay.waive_export(&request.0.key_pair).await;
    row(patchbay, &waived.map_err(said)?).await
}

/// Clears a copied key from the clipboard before its time.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn clear_clipboard(lending: State<'_, Lending>) -> Result<(), IpcError> {
    let lending = lending.0.clone();
    // It waits for the desktop, so never on an async thread.
    let cleared = tokio::task::spawn_blocking(move || lending.clear()).await;
    cleared.map_err(|_| IpcError::Internal)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_suggested_name_leads_nowhere_else() {
        for (name, file) in [
            ("Nordlys 2026, production", "Nordlys-2026--production"),
            ("../../etc/passwd", "etc-passwd"),
            ("北光", "北光"),
            ("...", "private-key"),
        ] {
            assert_eq!(plain(name), file);
        }
    }
}
