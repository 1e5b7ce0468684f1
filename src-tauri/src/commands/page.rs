//! One instance's page, put together from what the core knows. No command of its own.

use patchbay_contract::error::IpcError;
use patchbay_contract::instances::details::InstanceDetails;
use patchbay_contract::instances::drift::DriftPage;
use patchbay_contract::instances::page::{EvidencePage, InstancePage};
use patchbay_contract::journal::JournalEntry;
use patchbay_contract::registry::AssignmentRow;
use patchbay_core::Patchbay;
use patchbay_core::connection::ConnectionState;
use patchbay_core::connection::standing::Standing;
use patchbay_core::instance::Instance;
use patchbay_core::journal::entries::entries;

use super::said;

/// How many entries of its history are shown.
const HISTORY: usize = 50;

/// Everything about the instance with this id.
pub(super) async fn of(patchbay: &Patchbay, id: &str) -> Result<InstancePage, IpcError> {
    let board = patchbay.board().await.map_err(said)?;
    let standing = board.iter().find(|one| one.instance.id.as_str() == id);
    let standing = standing.ok_or_else(|| IpcError::NoSuch {
        what: "instance".to_owned(),
        name: patchbay_core::text::outside(id, 120),
    })?;
    let instance = &standing.instance;
    let evidence = patchbay.evidence().await.map_err(said)?;
    let evidence = evidence.iter().find(|one| one.instance == instance.id);
    let connected = standing.verdict.state == ConnectionState::Connected;
    Ok(InstancePage {
        instance: InstanceDetails::from(standing),
        evidence: EvidencePage::new(evidence, connected),
        assignment: assignment(patchbay, instance).await?,
        same_identity: unanswered(instance, &board),
        drift: drift(patchbay, instance).await?,
        history: history(patchbay, instance).await?,
    })
}

async fn assignment(
    patchbay: &Patchbay,
    instance: &Instance,
) -> Result<Option<AssignmentRow>, IpcError> {
    let assignments = patchbay.assignments().await.map_err(said)?;
    let pairs = patchbay.key_pairs().await.map_err(said)?;
    let own = assignments.iter().find(|one| one.instance == instance.id);
    Ok(own.map(|own| AssignmentRow::new(&instance.name, own, &pairs)))
}

/// How it differs from its assignment, where it does.
async fn drift(patchbay: &Patchbay, instance: &Instance) -> Result<Option<DriftPage>, IpcError> {
    let drift = patchbay.drift(instance.id.as_str()).await.map_err(said)?;
    Ok((!drift.values.is_empty()).then(|| DriftPage::from(&drift)))
}

async fn history(patchbay: &Patchbay, instance: &Instance) -> Result<Vec<JournalEntry>, IpcError> {
    let lines = patchbay.journal().await.map_err(said)?;
    let all = entries(&lines, patchbay.now());
    let own = all.iter().filter(|one| one.event.instance == instance.id);
    Ok(own.take(HISTORY).map(JournalEntry::from).collect())
}

/// Other entries with this one's identity about which nobody said what they are (P12).
fn unanswered(instance: &Instance, board: &[Standing]) -> Vec<String> {
    let identity = |one: &Instance| one.pin.as_ref().map(|pin| pin.identity.clone());
    let Some(own) = identity(instance) else {
        return Vec::new();
    };
    let answers = &instance.answers;
    let others = board
        .iter()
        .map(|standing| &standing.instance)
        .filter(|other| {
            other.id != instance.id
                && identity(other).as_ref() == Some(&own)
                && !answers.same_as.contains(&other.id)
                && !answers.copy_of.contains(&other.id)
        });
    others.map(|other| other.name.clone()).collect()
}
