//! Replacing key pairs, and the later life of one.

use patchbay_contract::error::IpcError;
use patchbay_contract::handover::KeyPairPage;
use patchbay_contract::keypairs::{KeyPairRequest, KeyPairRow};
use patchbay_contract::push::running::RunEvent;
use patchbay_contract::replacing::{
    CarriedReplacement, CarryRequest, ChooseNewPair, DeletionPage, DeletionRequest, ReplacementRow,
    SurveyPage,
};
use patchbay_core::Patchbay;
use patchbay_core::push::order::Cancel;
use patchbay_core::replacing::Replacement;
use patchbay_core::replacing::carrying::CarryOrder;
use tauri::State;

use super::keypairs::row;
use super::said;
use crate::request::{Events, Request};
use crate::runs::Runs;
use crate::wiring::Door;

/// A pair with where it came from, to whom it went, and its replacement.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn key_pair_page(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairPage, IpcError> {
    let patchbay = door.patchbay()?;
    let named = patchbay.where_used_by_name(&request.0.key_pair).await;
    let (pair, _) = named.map_err(said)?;
    let provenance = patchbay.provenance(&pair.id).await.map_err(said)?;
    let replacement = patchbay.replacement_of(&pair.id).await.map_err(said)?;
    let replacement = shown(patchbay, replacement.as_ref()).await?;
    Ok(KeyPairPage::new(
        row(patchbay, &pair).await?,
        &provenance,
        replacement,
    ))
}

/// Keeps a pair that nobody uses for its history only.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn retire_key_pair(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairRow, IpcError> {
    let patchbay = door.patchbay()?;
    let retired = patchbay.retire_key_pair(&request.0.key_pair).await;
    row(patchbay, &retired.map_err(said)?).await
}

/// Notes that the private key of a pair is lost.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn lose_key_pair(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<KeyPairRow, IpcError> {
    let patchbay = door.patchbay()?;
    let lost = patchbay.lose_key_pair(&request.0.key_pair).await;
    row(patchbay, &lost.map_err(said)?).await
}

/// Looks at every instance on a pair and begins its replacement where none is in the way.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn begin_replacement(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<SurveyPage, IpcError> {
    let patchbay = door.patchbay()?;
    let survey = patchbay.survey_replacement(&request.0.key_pair).await;
    let survey = survey.map_err(said)?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let instances = patchbay.instances().await.map_err(said)?;
    Ok(SurveyPage::new(&survey, &pairs, &instances))
}

/// Names the new pair, and asks Adobe about both.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn choose_replacement(
    request: Request<ChooseNewPair>,
    door: State<'_, Door>,
) -> Result<Option<ReplacementRow>, IpcError> {
    let patchbay = door.patchbay()?;
    let chosen = patchbay
        .choose_replacement(&request.0.key_pair, &request.0.new)
        .await
        .map_err(said)?;
    shown(patchbay, Some(&chosen)).await
}

/// Carries a replacement on.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn carry_replacement(
    request: Request<CarryRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<CarriedReplacement, IpcError> {
    let patchbay = door.patchbay()?;
    let order = CarryOrder {
        confirmed: request.0.typed_names,
        only_first: request.0.only_first,
        cancel: Cancel::default(),
    };
    let run = patchbay.opaque_id().map_err(said)?;
    let _running = runs.begin(run.clone(), order.cancel.clone());
    progress.tell(RunEvent::Begun { run });
    let report = patchbay
        .carry_replacement(&request.0.key_pair, &order, &|instance, step| {
            progress.tell(RunEvent::step(instance, step))
        })
        .await
        .map_err(said)?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let instances = patchbay.instances().await.map_err(said)?;
    Ok(CarriedReplacement::new(&report, &pairs, &instances))
}

/// Leaves a replacement of which nothing was written yet.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn abandon_replacement(
    request: Request<KeyPairRequest>,
    door: State<'_, Door>,
) -> Result<(), IpcError> {
    let left = door
        .patchbay()?
        .abandon_replacement(&request.0.key_pair)
        .await;
    left.map_err(said)
}

/// Whether a pair may be deleted at Adobe (G9), and whether it was.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn delete_at_adobe(
    request: Request<DeletionRequest>,
    door: State<'_, Door>,
) -> Result<DeletionPage, IpcError> {
    let patchbay = door.patchbay()?;
    let deletion = patchbay
        .delete_at_adobe(&request.0.key_pair, request.0.said_done)
        .await
        .map_err(said)?;
    let keypair = row(patchbay, &deletion.pair).await?;
    Ok(DeletionPage::new(&deletion, keypair))
}

/// The row of a replacement.
pub(super) async fn shown(
    patchbay: &Patchbay,
    replacement: Option<&Replacement>,
) -> Result<Option<ReplacementRow>, IpcError> {
    let Some(replacement) = replacement else {
        return Ok(None);
    };
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let instances = patchbay.instances().await.map_err(said)?;
    Ok(Some(ReplacementRow::new(replacement, &pairs, &instances)))
}
