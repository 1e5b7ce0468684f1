//! Checking connections, and what a start looks after.

use patchbay_contract::connection::CheckRequest;
use patchbay_contract::error::IpcError;
use patchbay_contract::instances::InstanceRow;
use patchbay_contract::push::running::{ListenerRequest, RunEvent};
use patchbay_contract::start::StartFinding;
use patchbay_core::Error;
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::push::order::Cancel;
use tauri::State;

use super::said;
use crate::listeners::Listeners;
use crate::request::{Events, Request};
use crate::runs::Runs;
use crate::wiring::Door;

/// Checks instances and answers with their rows.
#[tauri::command]
#[tracing::instrument(skip_all, fields(instances = request.0.instances.len()), err(Debug))]
pub(crate) async fn check_instances(
    request: Request<CheckRequest>,
    progress: Events<RunEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<Vec<InstanceRow>, IpcError> {
    let patchbay = door.patchbay()?;
    let (run, cancel) = (patchbay.opaque_id().map_err(said)?, Cancel::default());
    let _running = runs.begin(run.clone(), cancel.clone());
    progress.tell(RunEvent::Begun { run });
    let on_look = |one: &_, step| progress.tell(RunEvent::look(one, step));
    let names = request.0.instances;
    let checked = patchbay
        .check_aloud(&names, &cancel, &on_look)
        .await
        .map_err(said)?;
    let board = patchbay.board().await.map_err(said)?;
    let asked = board
        .iter()
        .filter(|one| checked.iter().any(|c| c.instance.id == one.instance.id));
    Ok(asked.map(InstanceRow::from).collect())
}

/// Looks after what an earlier run left unfinished. A keychain that stays locked leaves it for
/// another time: nobody asked for this.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn look_after(door: State<'_, Door>) -> Result<Vec<StartFinding>, IpcError> {
    let patchbay = door.patchbay()?;
    let recovered = waits(patchbay.recover_key_pairs().await)?;
    let settled = waits(patchbay.settle().await)?;
    let recovered = recovered.iter().map(StartFinding::from);
    Ok(recovered
        .chain(settled.iter().map(StartFinding::from))
        .collect())
}

fn waits<T>(found: Result<Vec<T>, Error>) -> Result<Vec<T>, IpcError> {
    match found {
        Err(Error::Keychain(KeychainError::Locked | KeychainError::Missing { .. })) => {
            Ok(Vec::new())
        }
        found => found.map_err(said),
    }
}

/// From now on changes of the records are told, whoever makes them.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn watch_records(
    events: Events<()>,
    listeners: State<'_, Listeners>,
) -> Result<u32, IpcError> {
    Ok(listeners.records.begin(events))
}

/// Changes of the records are no longer told.
#[tauri::command]
#[tracing::instrument(skip_all)]
pub(crate) async fn stop_watching(
    request: Request<ListenerRequest>,
    listeners: State<'_, Listeners>,
) -> Result<(), IpcError> {
    listeners.records.end(request.0.listener);
    Ok(())
}
