//! Plans, and carrying them out: push, disconnect, undo.

use patchbay_contract::error::IpcError;
use patchbay_contract::instances::adding::InstanceRequest;
use patchbay_contract::push::running::{
    Agreement, FailedPush, PlanRequest, PushRequest, RunEvent, RunRequest, UndoRequest, UndoTarget,
};
use patchbay_contract::push::{PlanReport, PushDocument};
use patchbay_core::Patchbay;
use patchbay_core::push::order::{OrderKind, PushOrder};
use tauri::State;

use super::said;
use crate::request::{Events, Request};
use crate::runs::Runs;
use crate::wiring::Door;

/// What a push would change.
#[tauri::command]
#[tracing::instrument(skip_all, fields(instances = request.0.instances.len()), err(Debug))]
pub(crate) async fn plan_push(
    request: Request<PlanRequest>,
    door: State<'_, Door>,
) -> Result<PlanReport, IpcError> {
    planned(door.patchbay()?, &request.0.into()).await
}

/// Carries out plans that were seen.
#[tauri::command]
#[tracing::instrument(skip_all, fields(instances = request.0.agreement.plans.len()), err(Debug))]
pub(crate) async fn push_config(
    request: Request<PushRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<PushDocument, IpcError> {
    carry_out(door.patchbay()?, &request.0.try_into()?, &progress, &runs).await
}

/// What disconnecting a copy would remove.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn plan_detach(
    request: Request<InstanceRequest>,
    door: State<'_, Door>,
) -> Result<PlanReport, IpcError> {
    let order = PushOrder::new(OrderKind::Detach, vec![request.0.instance]);
    planned(door.patchbay()?, &order).await
}

/// Disconnects copies whose plans were seen.
#[tauri::command]
#[tracing::instrument(skip_all, fields(instances = request.0.plans.len()), err(Debug))]
pub(crate) async fn detach_instance(
    request: Request<Agreement>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<PushDocument, IpcError> {
    carry_out(door.patchbay()?, &request.0.try_into()?, &progress, &runs).await
}

/// What taking an entry or a push back would change.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn plan_undo(
    request: Request<UndoTarget>,
    door: State<'_, Door>,
) -> Result<PlanReport, IpcError> {
    let order = PushOrder::new(request.0.try_into()?, Vec::new());
    planned(door.patchbay()?, &order).await
}

/// Takes an entry or a push back whose plan was seen.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn undo_push(
    request: Request<UndoRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<PushDocument, IpcError> {
    carry_out(door.patchbay()?, &request.0.try_into()?, &progress, &runs).await
}

/// The instances whose part of the last push failed.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn failed_of_last_push(
    door: State<'_, Door>,
) -> Result<Option<FailedPush>, IpcError> {
    let failed = door.patchbay()?.failed_of_last_push().await.map_err(said)?;
    let failed = failed.filter(|failed| !failed.instances.is_empty());
    Ok(failed.map(FailedPush::from))
}

/// Stops a run: what has not begun to write writes nothing, the rest finishes.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn cancel_run(
    request: Request<RunRequest>,
    runs: State<'_, Runs>,
) -> Result<(), IpcError> {
    runs.cancel(&request.0.run);
    Ok(())
}

pub(super) async fn planned(
    patchbay: &Patchbay,
    order: &PushOrder,
) -> Result<PlanReport, IpcError> {
    let planned = patchbay.plan(order).await.map_err(said)?;
    Ok(PlanReport::new(&planned))
}

pub(super) async fn carry_out(
    patchbay: &Patchbay,
    order: &PushOrder,
    progress: &Events<RunEvent>,
    runs: &Runs,
) -> Result<PushDocument, IpcError> {
    let run = patchbay.opaque_id().map_err(said)?;
    let _running = runs.begin(run.clone(), order.cancel.clone());
    progress.tell(RunEvent::Begun { run });
    let report = patchbay
        .push(order, &|instance, step| {
            progress.tell(RunEvent::step(instance, step))
        })
        .await;
    Ok(PushDocument::from(&report.map_err(said)?))
}
