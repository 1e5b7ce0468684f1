//! Projects and data spaces, and which of them an instance should hold.

use patchbay_contract::error::IpcError;
use patchbay_contract::registry::{
    AssignRequest, AssignmentRow, NewProject, RegistryPage, RegistryRequest,
};
use patchbay_core::Patchbay;
use patchbay_core::assignment::AssignOrder;
use patchbay_core::id::{DataSpaceId, ProjectId};
use tauri::State;

use super::said;
use crate::request::Request;
use crate::wiring::Door;

/// An account's projects and data spaces, with who uses which.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_data_spaces(
    request: Request<RegistryRequest>,
    door: State<'_, Door>,
) -> Result<RegistryPage, IpcError> {
    page(door.patchbay()?, &request.0.account).await
}

/// Creates a project with its standard data spaces.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn create_project(
    request: Request<NewProject>,
    door: State<'_, Door>,
) -> Result<RegistryPage, IpcError> {
    let patchbay = door.patchbay()?;
    let NewProject {
        account,
        name,
        again,
    } = request.0;
    let created = patchbay.create_project(&account, &name, again).await;
    created.map_err(said)?;
    page(patchbay, &account).await
}

async fn page(patchbay: &Patchbay, account: &str) -> Result<RegistryPage, IpcError> {
    let (account, spaces) = patchbay.data_spaces(account).await.map_err(said)?;
    let board = patchbay.board().await.map_err(said)?;
    let assignments = patchbay.assignments().await.map_err(said)?;
    Ok(RegistryPage::new(&account, &spaces, &board, &assignments))
}

/// Decides what an instance should hold.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn assign(
    request: Request<AssignRequest>,
    door: State<'_, Door>,
) -> Result<AssignmentRow, IpcError> {
    let patchbay = door.patchbay()?;
    let assignment = patchbay.assign(&order(&request.0)?).await.map_err(said)?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let instances = patchbay.instances().await.map_err(said)?;
    let own = instances.iter().find(|one| one.id == assignment.instance);
    let name = own.map_or("", |instance| &instance.name);
    Ok(AssignmentRow::new(name, &assignment, &pairs))
}

fn order(request: &AssignRequest) -> Result<AssignOrder<'_>, IpcError> {
    let project = ProjectId::parse(&request.project).map_err(|error| IpcError::from(&error))?;
    let space = DataSpaceId::parse(&request.data_space).map_err(|error| IpcError::from(&error))?;
    Ok(AssignOrder {
        instance: &request.instance,
        sandbox: request.sandbox.as_deref(),
        production: request.production.as_deref(),
        project,
        data_space: space,
    })
}
