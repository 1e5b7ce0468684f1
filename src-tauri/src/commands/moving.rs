//! Plans of their own: moving to another MageID, and repairing.

use patchbay_contract::error::IpcError;
use patchbay_contract::instances::adding::InstanceRequest;
use patchbay_contract::push::running::{MovePlanRequest, MoveRequest, RepairRequest, RunEvent};
use patchbay_contract::push::{PlanReport, PushDocument};
use patchbay_core::push::order::{OrderKind, PushOrder};
use tauri::State;

use super::push::{carry_out, planned};
use crate::request::{Events, Request};
use crate::runs::Runs;
use crate::wiring::Door;

/// What a move to another MageID would change.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn plan_move(
    request: Request<MovePlanRequest>,
    door: State<'_, Door>,
) -> Result<PlanReport, IpcError> {
    planned(door.patchbay()?, &request.0.try_into()?).await
}

/// Moves an instance whose plan was seen to another MageID.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn move_instance(
    request: Request<MoveRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<PushDocument, IpcError> {
    carry_out(door.patchbay()?, &request.0.try_into()?, &progress, &runs).await
}

/// What going back to what was last proven would change.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn plan_repair(
    request: Request<InstanceRequest>,
    door: State<'_, Door>,
) -> Result<PlanReport, IpcError> {
    let order = PushOrder::new(OrderKind::Repair, vec![request.0.instance]);
    planned(door.patchbay()?, &order).await
}

/// Takes an instance whose plan was seen back to what it was last proven with.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn repair_instance(
    request: Request<RepairRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<PushDocument, IpcError> {
    carry_out(door.patchbay()?, &request.0.try_into()?, &progress, &runs).await
}
