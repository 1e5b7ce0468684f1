//! Key pairs. A private key comes by the shell's own ways and never through the window.

use std::time::Instant;

use patchbay_contract::error::{IntakeSource, IpcError};
use patchbay_contract::keypairs::{
    ConfirmedIntake, DropEvent, Intake, IntakeRequest, KeyPairRequest, KeyPairRow, KeyPairVerified,
};
use patchbay_contract::push::running::ListenerRequest;
use patchbay_core::Patchbay;
use patchbay_core::keypair::KeyPair;
use patchbay_core::keypair::keeping::{BroughtKey, KeptKey};
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

use super::said;
use crate::bringing;
use crate::intakes::Intakes;
use crate::listeners::Listeners;
use crate::request::{Events, Request};
use crate::wiring::Door;

/// Every key pair, with where it is used.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_key_pairs(door: State<'_, Door>) -> Result<Vec<KeyPairRow>, IpcError> {
    let patchbay = door.patchbay()?;
    let mut rows = Vec::new();
    for pair in patchbay.key_pairs().await.map_err(said)? {
        rows.push(row(patchbay, &pair).await?);
    }
    Ok(rows)
}

/// A pair as the window lists it.
pub(crate) async fn row(patchbay: &Patchbay, pair: &KeyPair) -> Result<KeyPairRow, IpcError> {
    let accounts = patchbay.accounts().await.map_err(said)?;
    let used = patchbay.where_used(&pair.id).await.map_err(said)?;
    Ok(KeyPairRow::new(pair, &accounts, used))
}

/// Lets the person choose a file in the system's dialog; nothing when they close it.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn pick_private_key<R: Runtime>(
    app: AppHandle<R>,
) -> Result<Option<Intake>, IpcError> {
    let (chosen, choice) = tokio::sync::oneshot::channel();
    app.dialog().file().pick_file(move |file| {
        // The window may be gone by the time the dialog closes.
        let _ = chosen.send(file);
    });
    let path = choice
        .await
        .ok()
        .flatten()
        .and_then(|file| file.into_path().ok());
    match path {
        Some(path) => bringing::from_file(&app, path, IntakeSource::File)
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// Takes what is in the clipboard.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn paste_private_key<R: Runtime>(app: AppHandle<R>) -> Result<Intake, IpcError> {
    bringing::from_clipboard(&app).await
}

/// From now on files dropped on the window are taken.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn receive_drops(
    events: Events<DropEvent>,
    listeners: State<'_, Listeners>,
) -> Result<u32, IpcError> {
    Ok(listeners.drops.begin(events))
}

/// Files dropped on the window are no longer taken.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn stop_drops(
    request: Request<ListenerRequest>,
    listeners: State<'_, Listeners>,
) -> Result<(), IpcError> {
    listeners.drops.end(request.0.listener);
    Ok(())
}

/// Makes an intake a key pair. After a refusal the key waits on, so that a name can be corrected.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn confirm_intake(
    request: Request<ConfirmedIntake>,
    intakes: State<'_, Intakes>,
    door: State<'_, Door>,
) -> Result<KeyPairVerified, IpcError> {
    let patchbay = door.patchbay()?;
    let waiting = intakes.take(&request.0.intake, Instant::now());
    let waiting = waiting.ok_or(IpcError::IntakeGone)?;
    let brought = BroughtKey {
        account: &request.0.account,
        purpose: request.0.r#for.into(),
        name: &request.0.name,
        api_key: &request.0.api_key,
        private_key: &waiting.key,
    };
    match patchbay.bring_key(&brought).await {
        // What it is for is what Adobe accepts it for, whatever was chosen.
        Ok(kept) => {
            let kept = patchbay.correct_purpose(kept).await.map_err(said)?;
            shown(patchbay, &kept).await
        }
        Err(error) => {
            intakes.give_back(request.0.intake, waiting);
            Err(said(error))
        }
    }
}

/// A pair that was kept, with what Adobe says.
pub(crate) async fn shown(
    patchbay: &Patchbay,
    kept: &KeptKey,
) -> Result<KeyPairVerified, IpcError> {
    let accounts = patchbay.accounts().await.map_err(said)?;
    Ok(KeyPairVerified::kept(kept, &accounts))
}

/// Forgets an intake.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn discard_intake(
    request: Request<IntakeRequest>,
    intakes: State<'_, Intakes>,
) -> Result<(), IpcError> {
    // Taken and dropped, which wipes it.
    drop(intakes.take(&request.0.intake, Instant::now()));
    Ok(())
}

/// Asks Adobe about a pair.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn verify_key_pair(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairVerified, IpcError> {
    let patchbay = door.patchbay()?;
    let verified = patchbay.verify_key_pair(&request.0.key_pair).await;
    let (pair, verification) = verified.map_err(said)?;
    Ok(KeyPairVerified {
        keypair: row(patchbay, &pair).await?,
        repairs: Vec::new(),
        verification: (&verification).into(),
    })
}

/// Removes a pair from this computer.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn remove_key_pair(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<(), IpcError> {
    let removed = door.patchbay()?.remove_key_pair(&request.0.key_pair).await;
    removed.map(|_| ()).map_err(said)
}
