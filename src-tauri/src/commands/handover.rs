//! Handing keys over: codes cross the bridge, keys and sealed files never do.

use std::path::PathBuf;

use patchbay_adapters::files;
use patchbay_contract::error::{IntakeSource, IpcError};
use patchbay_contract::handover::{
    AskedPage, CancelKeyRequest, CodeRequest, ForgetAccount, ForgottenAccount, HandOverPage,
    HandOverRow, KeyRequestRow, LeftKeyRow, LeftPage, NewKeyRequest, OpenedPage, PeerRequest,
    ReceiptRequest, ReceiptTaken, SealRequest, SealedPage,
};
use patchbay_core::handover::code::RequestCode;
use patchbay_core::handover::compare_words;
use patchbay_core::handover::opening::FILE_MAX;
use patchbay_core::handover::requesting::NewRequest;
use patchbay_core::handover::sealing::SealOrder;
use patchbay_core::id::HandOverId;
use patchbay_core::text;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

use super::keypairs::row;
use super::replacing::shown;
use super::said;
use crate::request::Request;
use crate::wiring::Door;

/// What was asked for, what was handed over, and who has keys.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_hand_overs(door: State<'_, Door>) -> Result<HandOverPage, IpcError> {
    let patchbay = door.patchbay()?;
    let mut requests = Vec::new();
    for request in patchbay.key_requests().await.map_err(said)? {
        let code = patchbay.code_of(&request).await.map_err(said)?;
        requests.push(KeyRequestRow::new(&request, &code));
    }
    let hand_overs = patchbay.hand_overs().await.map_err(said)?;
    Ok(HandOverPage {
        requests,
        hand_overs: hand_overs.iter().map(HandOverRow::from).collect(),
        peers: patchbay.peers().await.map_err(said)?,
    })
}

/// Makes a request code.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn request_keys(
    request: Request<NewKeyRequest>,
    door: State<'_, Door>,
) -> Result<KeyRequestRow, IpcError> {
    let new = NewRequest {
        account: request.0.account.as_deref(),
        purposes: request.0.r#for.iter().map(|one| (*one).into()).collect(),
        who: &request.0.who,
    };
    let made = door.patchbay()?.request_keys(&new).await;
    let (request, code) = made.map_err(said)?;
    Ok(KeyRequestRow::new(&request, &code))
}

/// Gives a request up.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn cancel_key_request(
    request: Request<CancelKeyRequest>,
    door: State<'_, Door>,
) -> Result<(), IpcError> {
    let id = HandOverId::parse(&request.0.request);
    let id = id.ok_or_else(|| IpcError::bad_request("the request's id"))?;
    door.patchbay()?.cancel_request(&id).await.map_err(said)
}

/// What a pasted code asks for, and what of it is here.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn read_request_code(
    request: Request<CodeRequest>,
    door: State<'_, Door>,
) -> Result<AskedPage, IpcError> {
    let patchbay = door.patchbay()?;
    let code = RequestCode::read(&request.0.code).map_err(said)?;
    let mut fitting = Vec::new();
    for pair in patchbay.fitting_pairs(&code).await.map_err(said)? {
        fitting.push(row(patchbay, &pair).await?);
    }
    Ok(AskedPage {
        asks: (&code).into(),
        fitting,
    })
}

/// Seals keys into a file the person chooses; nothing when they close the dialog, and then nothing
/// was sealed.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn seal_hand_over<R: Runtime>(
    request: Request<SealRequest>,
    app: AppHandle<R>,
    door: State<'_, Door>,
) -> Result<Option<SealedPage>, IpcError> {
    let patchbay = door.patchbay()?;
    let code = RequestCode::read(&request.0.code).map_err(said)?;
    // Nothing about whose keys they are stands in the name.
    let name = format!(
        "patchbay-{}.age",
        compare_words(&code.public).replace(' ', "")
    );
    let Some(path) = chosen_place(&app, &name).await else {
        return Ok(None);
    };
    let order = SealOrder {
        code: &code,
        keys: &request.0.key_pairs,
        from: &request.0.from,
    };
    let sealed = patchbay.seal_hand_over(&order).await.map_err(said)?;
    let file = shown_name(&path);
    let written = files::write(path, sealed.file).await;
    written.map_err(|error| not_read(&error))?;
    Ok(Some(SealedPage {
        hand_over: (&sealed.hand_over).into(),
        file,
    }))
}

/// Opens a sealed file the person chooses; nothing when they close the dialog.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn open_hand_over<R: Runtime>(
    app: AppHandle<R>,
    door: State<'_, Door>,
) -> Result<Option<OpenedPage>, IpcError> {
    let patchbay = door.patchbay()?;
    let (chosen, choice) = tokio::sync::oneshot::channel();
    app.dialog().file().pick_file(move |file| {
        // The window may be gone by the time the dialog closes.
        let _ = chosen.send(file);
    });
    let file = choice.await.ok().flatten();
    let Some(path) = file.and_then(|file| file.into_path().ok()) else {
        return Ok(None);
    };
    let read = files::read_secret(path, FILE_MAX).await;
    let read = read.map_err(|error| not_read(&error))?;
    let opened = patchbay.open_hand_over(read.expose()).await.map_err(said)?;
    let accounts = patchbay.accounts().await.map_err(said)?;
    Ok(Some(OpenedPage::new(&opened, &accounts)))
}

/// After a move: forgets here what the new computer has.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn take_receipt(
    request: Request<ReceiptRequest>,
    door: State<'_, Door>,
) -> Result<ReceiptTaken, IpcError> {
    let taken = door.patchbay()?.acknowledge(&request.0.receipt).await;
    let (hand_over, removed) = taken.map_err(said)?;
    Ok(ReceiptTaken::new(&hand_over, &removed))
}

/// Every key that lay on somebody's computer; with `start`, the replacement of each is begun.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn keys_with(
    request: Request<PeerRequest>,
    door: State<'_, Door>,
) -> Result<LeftPage, IpcError> {
    let patchbay = door.patchbay()?;
    let PeerRequest { peer, start } = request.0;
    let mut keys = Vec::new();
    if start {
        for begun in patchbay.someone_left(&peer).await.map_err(said)? {
            let survey = begun
                .survey
                .as_ref()
                .and_then(|survey| survey.as_ref().ok());
            let fresh = survey.and_then(|survey| survey.replacement.clone());
            let known = fresh.or(begun.left.replacement.clone());
            let replacement = shown(patchbay, known.as_ref()).await?;
            keys.push(LeftKeyRow::begun(&begun, replacement));
        }
    } else {
        for left in patchbay.keys_with(&peer).await.map_err(said)? {
            let replacement = shown(patchbay, left.replacement.as_ref()).await?;
            keys.push(LeftKeyRow::new(&left, replacement));
        }
    }
    Ok(LeftPage { peer, keys })
}

/// Forgets a merchant on this computer.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn forget_account(
    request: Request<ForgetAccount>,
    door: State<'_, Door>,
) -> Result<ForgottenAccount, IpcError> {
    let ForgetAccount {
        account,
        typed_name,
    } = request.0;
    let forgotten = door.patchbay()?.forget_account(&account, &typed_name).await;
    Ok((&forgotten.map_err(said)?).into())
}

async fn chosen_place<R: Runtime>(app: &AppHandle<R>, name: &str) -> Option<PathBuf> {
    let (chosen, choice) = tokio::sync::oneshot::channel();
    let dialog = app.dialog().file().set_file_name(name);
    dialog.save_file(move |file| {
        // The window may be gone by the time the dialog closes.
        let _ = chosen.send(file);
    });
    choice.await.ok().flatten()?.into_path().ok()
}

fn shown_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or_default();
    text::outside(&name.to_string_lossy(), 120)
}

fn not_read(error: &std::io::Error) -> IpcError {
    IpcError::NotRead {
        from: IntakeSource::File,
        why: text::outside(&error.to_string(), 200),
    }
}
