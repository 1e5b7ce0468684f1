//! What the guards are told besides the plan: who else has to do with the data space, and what an
//! undo would bring back.

use super::guards::{self, FormerKeys, Surroundings};
use super::plan::{Plan, Shown};
use super::prepare::Prepared;
use crate::config::ConfigPath;
use crate::connection::judge::Neighbour;
use crate::connection::others::{Known, holders};
use crate::error::Result;
use crate::id::{DataSpaceId, ProjectId};
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::registry::{DataSpace, DataSpaceType};

impl Patchbay {
    pub(crate) async fn guards(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        look: &Look,
        former: Option<&FormerKeys>,
    ) -> Result<Vec<guards::GuardFinding>> {
        let instances = self.instances().await?;
        let assignments = self.ports.records.assignments().await?;
        let evidence = self.ports.records.evidence().await?;
        let target = plan
            .changes
            .iter()
            .find(|change| change.path == ConfigPath::DataSpaceId)
            .and_then(|change| match &change.to {
                Shown::Plain(id) => Some(id.clone()),
                _ => None,
            });
        let known = Known {
            instances: &instances,
            assignments: &assignments,
            evidence: &evidence,
        };
        let others = |space: &str| holders(&prepared.instance, space, Some(&look.pin), &known);
        let names = |found: Vec<Neighbour>, assigned_only: bool| -> Vec<String> {
            found
                .into_iter()
                .filter(|n| n.assigned || !assigned_only)
                .map(|n| n.name)
                .collect()
        };
        let holders = target
            .as_deref()
            .map_or_else(Vec::new, |space| names(others(space), false));
        let rightful = look
            .plain(ConfigPath::DataSpaceId)
            .map_or_else(Vec::new, |space| names(others(space), true));
        let account = self.account_by_id(&prepared.instance.account).await?;
        let owner = account
            .mage_id
            .map_or(account.label, |id| id.as_str().to_owned());
        let restored = target
            .as_deref()
            .and_then(|id| DataSpaceId::parse(id).ok())
            .filter(|_| prepared.data_space.is_none())
            .and_then(|id| restored_space(plan, look, id));
        Ok(guards::speak(
            plan,
            &Surroundings {
                instance: &prepared.instance,
                look,
                data_space: prepared.data_space.as_ref().or(restored.as_ref()),
                holders: &holders,
                rightful: &rightful,
                pairs: &prepared.pairs,
                owner: &owner,
                former,
                bulk: prepared.bulk,
            },
        ))
    }
}

fn restored_space(plan: &Plan, look: &Look, id: DataSpaceId) -> Option<DataSpace> {
    let after = |path: ConfigPath| {
        plan.changes
            .iter()
            .find(|change| change.path == path)
            .map_or_else(
                || look.plain(path).map(str::to_owned),
                |change| Some(change.to.text()),
            )
    };
    Some(DataSpace {
        id,
        name: after(ConfigPath::DataSpaceName).unwrap_or_default(),
        kind: DataSpaceType::parse(&after(ConfigPath::DataSpaceType)?)?,
        project_id: ProjectId::parse(&after(ConfigPath::ProjectId)?).ok()?,
        project_name: after(ConfigPath::ProjectName).unwrap_or_default(),
        mage_id: None,
        organisation: None,
        features: Vec::new(),
        cloud_id: None,
        account_sync: None,
    })
}
