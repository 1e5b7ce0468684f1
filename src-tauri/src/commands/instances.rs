//! Instances: the board, one instance's page, adding, changing and pinning them.

use patchbay_contract::error::{IpcError, Trouble};
use patchbay_contract::instances::InstanceRow;
use patchbay_contract::instances::adding::{
    AddedInstance, AdoptedInstance, Answer, ChangedInstance, FoundInstance, InstanceAnswer,
    InstanceRequest, NewInstance, Place, ProbeResult, RepinnedInstance, TrustedHostKey,
};
use patchbay_contract::instances::details::{
    HostKeyRow, InstanceAdopted, InstanceDetails, SshDetails,
};
use patchbay_contract::instances::drift::{DriftPage, LaterRequest};
use patchbay_contract::instances::page::InstancePage;
use patchbay_contract::instances::shop::{ShopLook, ShopRequest};
use patchbay_core::instance::{Instance, adding};
use patchbay_core::{Error, Patchbay};
use tauri::State;

use super::{page, said};
use crate::request::Request;
use crate::wiring::Door;

/// Every instance as it stands now, by name; nobody is asked for it.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_instances(door: State<'_, Door>) -> Result<Vec<InstanceRow>, IpcError> {
    let board = door.patchbay()?.board().await.map_err(said)?;
    Ok(board.iter().map(InstanceRow::from).collect())
}

/// Everything about one instance; nobody is asked for it.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn instance_page(
    request: Request<InstanceRequest>,
    door: State<'_, Door>,
) -> Result<InstancePage, IpcError> {
    page::of(door.patchbay()?, &request.0.instance).await
}

/// Looks at a server that is not added yet.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn probe_instance(
    request: Request<SshDetails>,
    door: State<'_, Door>,
) -> Result<ProbeResult, IpcError> {
    let probed = door.patchbay()?.probe(request.0.into()).await;
    Ok(ProbeResult::from(&probed.map_err(said)?))
}

/// Searches a server that is not added yet for instances, and looks at each.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn find_instances(
    request: Request<SshDetails>,
    door: State<'_, Door>,
) -> Result<Vec<FoundInstance>, IpcError> {
    let found = door
        .patchbay()?
        .find(request.0.into())
        .await
        .map_err(said)?;
    Ok(found.iter().map(FoundInstance::from).collect())
}

/// The host keys a server shows now.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn host_keys(
    request: Request<Place>,
    door: State<'_, Door>,
) -> Result<Vec<HostKeyRow>, IpcError> {
    let patchbay = door.patchbay()?;
    let keys = match request.0 {
        Place::Instance { instance } => patchbay.host_keys(&instance).await,
        Place::Way { ssh } => patchbay.host_keys_at(ssh.into()).await,
    };
    Ok(keys.map_err(said)?.iter().map(HostKeyRow::from).collect())
}

/// Trusts a host key that was shown.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn trust_host_key(
    request: Request<TrustedHostKey>,
    door: State<'_, Door>,
) -> Result<HostKeyRow, IpcError> {
    let patchbay = door.patchbay()?;
    let TrustedHostKey { place, fingerprint } = request.0;
    let key = match place {
        Place::Instance { instance } => patchbay.trust_host_key(&instance, &fingerprint).await,
        Place::Way { ssh } => patchbay.trust_host_key_at(ssh.into(), &fingerprint).await,
    };
    Ok(HostKeyRow::from(&key.map_err(said)?))
}

/// Adds an instance; it is added also when it cannot be reached now.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn add_instance(
    request: Request<NewInstance>,
    door: State<'_, Door>,
) -> Result<AddedInstance, IpcError> {
    let patchbay = door.patchbay()?;
    let added = patchbay
        .add_instance(described(&request.0))
        .await
        .map_err(said)?;
    let trouble = added.look.and_then(Result::err).map(Error::Transport);
    Ok(AddedInstance {
        instance: details(patchbay, &added.instance).await?,
        trouble: trouble.as_ref().map(Trouble::from),
    })
}

fn described(new: &NewInstance) -> adding::NewInstance<'_> {
    adding::NewInstance {
        name: &new.name,
        account: &new.account,
        role: new.role.into(),
        way: new.way.clone().into(),
        url: new.url.as_deref(),
        tags: new.tags.clone(),
    }
}

/// Changes what is kept about an instance.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn edit_instance(
    request: Request<ChangedInstance>,
    door: State<'_, Door>,
) -> Result<InstanceDetails, IpcError> {
    let patchbay = door.patchbay()?;
    let id = request.0.instance.clone();
    let changed = patchbay.edit_instance(&id, request.0.into()).await;
    details(patchbay, &changed.map_err(said)?).await
}

/// Removes an instance from this computer.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn remove_instance(
    request: Request<InstanceRequest>,
    door: State<'_, Door>,
) -> Result<(), IpcError> {
    let removed = door.patchbay()?.remove_instance(&request.0.instance).await;
    removed.map(|_| ()).map_err(said)
}

/// Makes what a connected instance holds its assignment.
#[tauri::command]
#[tracing::instrument(skip_all, fields(take_keys = request.0.take_keys), err(Debug))]
pub(crate) async fn adopt_instance(
    request: Request<AdoptedInstance>,
    door: State<'_, Door>,
) -> Result<InstanceAdopted, IpcError> {
    let patchbay = door.patchbay()?;
    let AdoptedInstance {
        instance,
        take_keys,
    } = request.0;
    let adopted = patchbay
        .adopt_instance(&instance, take_keys)
        .await
        .map_err(said)?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let shown = details(patchbay, &adopted.instance).await?;
    Ok(InstanceAdopted::new(shown, &adopted, &pairs))
}

/// Makes what an instance holds its assignment; private keys stay where they are.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn accept_drift(
    request: Request<InstanceRequest>,
    door: State<'_, Door>,
) -> Result<InstanceDetails, IpcError> {
    let patchbay = door.patchbay()?;
    let accepted = patchbay.accept_drift(&request.0.instance).await;
    details(patchbay, &accepted.map_err(said)?.instance).await
}

/// Tells of what differs on an instance now only later.
#[tauri::command]
#[tracing::instrument(skip_all, fields(days = request.0.days), err(Debug))]
pub(crate) async fn remind_about_drift(
    request: Request<LaterRequest>,
    door: State<'_, Door>,
) -> Result<DriftPage, IpcError> {
    let LaterRequest { instance, days } = request.0;
    let drift = door.patchbay()?.remind_later(&instance, days).await;
    Ok(DriftPage::from(&drift.map_err(said)?))
}

/// Looks at any shop's address as its visitors do; nothing is kept.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn look_at_shop(
    request: Request<ShopRequest>,
    door: State<'_, Door>,
) -> Result<ShopLook, IpcError> {
    let looked = door.patchbay()?.look_at_shop(&request.0.url).await;
    Ok(ShopLook::from(&looked.map_err(said)?))
}

/// Says who an instance is now; its name was typed.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn repin_instance(
    request: Request<RepinnedInstance>,
    door: State<'_, Door>,
) -> Result<InstanceDetails, IpcError> {
    let patchbay = door.patchbay()?;
    let RepinnedInstance {
        instance,
        typed_name,
    } = request.0;
    let pinned = patchbay.repin_instance(&instance, &typed_name).await;
    details(patchbay, &pinned.map_err(said)?).await
}

/// Takes an answer that only a person can give.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn answer_about_instance(
    request: Request<InstanceAnswer>,
    door: State<'_, Door>,
) -> Result<InstanceDetails, IpcError> {
    let patchbay = door.patchbay()?;
    let InstanceAnswer { instance, answer } = request.0;
    let answered = match answer.kinship() {
        Some(kinship) => patchbay
            .answer_kinship(&instance, kinship)
            .await
            .map(|(one, _)| one),
        None => {
            patchbay
                .answer_live(&instance, matches!(answer, Answer::Live))
                .await
        }
    };
    details(patchbay, &answered.map_err(said)?).await
}

/// An instance as the board shows it, and how to get there.
pub(super) async fn details(
    patchbay: &Patchbay,
    instance: &Instance,
) -> Result<InstanceDetails, IpcError> {
    let board = patchbay.board().await.map_err(said)?;
    let standing = board.iter().find(|one| one.instance.id == instance.id);
    standing
        .map(InstanceDetails::from)
        .ok_or_else(|| IpcError::NoSuch {
            what: "instance".to_owned(),
            name: instance.name.clone(),
        })
}
