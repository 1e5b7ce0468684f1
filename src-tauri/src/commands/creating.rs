//! Creating key pairs: at a click where the portal has an API, on its page in a window of ours, or
//! in the person's own browser.

use std::time::Instant;

use patchbay_contract::error::IpcError;
use patchbay_contract::exports::{
    ApiKeyRequest, CreateRequest, CreatedIntake, CreationRequest, OriginAnswer, PortalEvent,
    WaysToCreate,
};
use patchbay_contract::keypairs::{KeyPairRow, KeyPairVerified};
use tauri::{AppHandle, Runtime, State};

use super::keypairs::{row, shown};
use super::said;
use crate::intakes::Intakes;
use crate::portal::places::Places;
use crate::portal::{self, Portal};
use crate::request::{Events, Request};
use crate::wiring::Door;

/// How keys can be created for an account.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn ways_to_create(
    request: Request<CreationRequest>,
    door: State<'_, Door>,
    places: State<'_, Places>,
) -> Result<WaysToCreate, IpcError> {
    let place = places.of(door.patchbay()?, &request.0.account).await?;
    Ok(WaysToCreate {
        one_click: place.api.is_some(),
        origin: portal::origins::origin(&place.page),
    })
}

/// Creates one at a click.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn generate_key_pair(
    request: Request<CreateRequest>,
    door: State<'_, Door>,
    places: State<'_, Places>,
) -> Result<KeyPairVerified, IpcError> {
    let patchbay = door.patchbay()?;
    let CreateRequest {
        account,
        r#for,
        name,
    } = request.0;
    let place = places.of(patchbay, &account).await?;
    let api = place.api.ok_or_else(|| {
        IpcError::from(&patchbay_core::Error::refused(
            "portalHasNoApi",
            "The portal of this account creates no keys at a click.",
            "Create it on the portal's page.",
        ))
    })?;
    let kept = patchbay.generate_key(&account, r#for.into(), &name, &api.url, &api.sign_in);
    shown(patchbay, &kept.await.map_err(said)?).await
}

/// Opens the portal's page in a window of ours; what happens there is told until it is closed.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn open_portal<R: Runtime>(
    request: Request<CreateRequest>,
    events: Events<PortalEvent>,
    app: AppHandle<R>,
    door: State<'_, Door>,
    places: State<'_, Places>,
) -> Result<(), IpcError> {
    let patchbay = door.patchbay()?;
    let CreateRequest {
        account,
        r#for,
        name,
    } = request.0;
    let place = places.of(patchbay, &account).await?;
    let guided = patchbay.begin_guided(&account, r#for.into(), &name).await;
    let guided = guided.map_err(said)?;
    portal::open(&app, patchbay, place.page, guided, events).await
}

/// Closes the portal's page.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn close_portal<R: Runtime>(app: AppHandle<R>) -> Result<(), IpcError> {
    portal::close(&app);
    Ok(())
}

/// Says whether the portal's page may go where it asked to go.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn answer_origin<R: Runtime>(
    request: Request<OriginAnswer>,
    app: AppHandle<R>,
    portal: State<'_, Portal>,
) -> Result<(), IpcError> {
    portal.answer(&app, &request.0.origin, request.0.allow);
    Ok(())
}

/// Opens the portal's page in the person's own browser.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn open_in_browser(
    request: Request<CreationRequest>,
    door: State<'_, Door>,
    places: State<'_, Places>,
) -> Result<(), IpcError> {
    let place = places.of(door.patchbay()?, &request.0.account).await?;
    portal::browser::open(&place.page)
}

/// Keeps a key that was created in the person's own browser and then brought. After a refusal it
/// waits on, so that a name can be corrected.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn keep_created_intake(
    request: Request<CreatedIntake>,
    intakes: State<'_, Intakes>,
    door: State<'_, Door>,
) -> Result<KeyPairRow, IpcError> {
    let patchbay = door.patchbay()?;
    let CreatedIntake {
        intake,
        account,
        r#for,
        name,
    } = request.0;
    let waiting = intakes.take(&intake, Instant::now());
    let waiting = waiting.ok_or(IpcError::IntakeGone)?;
    let guided = match patchbay.begin_guided(&account, r#for.into(), &name).await {
        Ok(guided) => guided,
        Err(error) => {
            intakes.give_back(intake, waiting);
            return Err(said(error));
        }
    };
    match patchbay.keep_guided(&guided, &waiting.key).await {
        Ok(pair) => row(patchbay, &pair).await,
        Err(error) => {
            // The person still has the key itself, so nothing was lost at Adobe.
            patchbay.abandon_guided(guided).await;
            intakes.give_back(intake, waiting);
            Err(said(error))
        }
    }
}

/// Adds the API key to a created pair that waits for it, and asks Adobe.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn complete_key_pair(
    request: Request<ApiKeyRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairVerified, IpcError> {
    let patchbay = door.patchbay()?;
    let ApiKeyRequest { key_pair, api_key } = request.0;
    let done = patchbay.complete_guided(&key_pair, &api_key).await;
    shown(patchbay, &done.map_err(said)?).await
}
