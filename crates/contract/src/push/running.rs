//! What the window orders, and what it hears while an order runs.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_core::config::Part;
use patchbay_core::connection::check::LookStep;
use patchbay_core::id::{DataSpaceId, EntryId, InstanceId, ProjectId, PushId, is_hex};
use patchbay_core::instance::Instance;
use patchbay_core::push::order::{MoveTarget, OrderKind, PushOrder, Step};
use patchbay_core::push::settle;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::PushOutcome;
use crate::error::IpcError;

/// A part that a plan may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum PlanPart {
    /// Both key pairs.
    Keys,
    /// Project and data space.
    DataSpace,
}

/// Which instances a plan is made for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct PlanRequest {
    /// Their ids; all that have an assignment where empty.
    pub instances: Vec<String>,
    /// The parts it may touch; both where empty.
    pub parts: Vec<PlanPart>,
}

/// What is taken back: one entry, or every entry of a push.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub enum UndoTarget {
    /// One entry.
    Entry {
        /// Its id.
        entry: String,
    },
    /// Every entry of a push.
    Push {
        /// Its id.
        push: String,
    },
}

/// The plans that a person saw and agrees to. An instance that has changed since is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct Agreement {
    /// The plans, one for each instance.
    pub plans: Vec<AgreedPlan>,
    /// The instance names that were typed to confirm, as they were typed.
    pub typed_names: Vec<String>,
}

/// One plan that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct AgreedPlan {
    /// The instance's id.
    pub instance: String,
    /// The hash of its plan.
    pub hash: String,
}

/// A push of plans that were seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct PushRequest {
    /// What was agreed to.
    pub agreement: Agreement,
    /// The parts the plans were made for; both where empty.
    pub parts: Vec<PlanPart>,
}

/// An undo of which the plan was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct UndoRequest {
    /// What is taken back.
    pub target: UndoTarget,
    /// What was agreed to.
    pub agreement: Agreement,
}

/// Where *Move to another MageID* leads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct MoveTo {
    /// The sandbox pair's id.
    pub sandbox: String,
    /// The production pair's id.
    pub production: String,
    /// The project's id.
    pub project: String,
    /// The data space's id.
    pub data_space: String,
}

/// Asks what a move to another MageID would change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct MovePlanRequest {
    /// The instance's id.
    pub instance: String,
    /// Where it leads.
    pub target: MoveTo,
}

/// A move of which the plan was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct MoveRequest {
    /// Where it leads.
    pub target: MoveTo,
    /// What was agreed to.
    pub agreement: Agreement,
}

/// A repair of which the plan was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct RepairRequest {
    /// What was agreed to.
    pub agreement: Agreement,
}

/// What is heard while an order runs; the result comes as the command's own answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum RunEvent {
    /// It runs; `cancel` takes this id. Always the first.
    Begun {
        /// The run's id.
        run: String,
    },
    /// An instance went on.
    Step {
        /// The instance's id.
        instance: String,
        /// How far it is.
        step: RunStep,
        /// How it ended, for `done` of a push.
        outcome: Option<PushOutcome>,
    },
}

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum RunStep {
    /// Keys and registry.
    Preparing,
    /// Connecting and reading.
    Connecting,
    /// Writing: it cannot be stopped any more.
    Writing,
    /// Adobe is asked.
    Verifying,
    /// Ended.
    Done,
}

/// A run by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct RunRequest {
    /// Its id, as the run's first event said it.
    pub run: String,
}

/// A listener by its number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ListenerRequest {
    /// Its number, as the command that began it answered.
    pub listener: u32,
}

/// The instances whose part of the last push failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FailedPush {
    /// That push.
    pub push: String,
    /// The ids of the instances; for a new plan.
    pub instances: Vec<String>,
    /// The parts it was limited to; both where empty.
    pub parts: Vec<PlanPart>,
}

impl From<settle::FailedPush> for FailedPush {
    fn from(failed: settle::FailedPush) -> Self {
        let ids = failed.instances.iter();
        let parts = failed.parts.into_iter().filter_map(PlanPart::of);
        Self {
            push: failed.push.as_str().to_owned(),
            instances: ids.map(|id| id.as_str().to_owned()).collect(),
            parts: parts.collect(),
        }
    }
}

impl PlanPart {
    /// The part of an ordinary plan; no such plan touches the payments settings.
    fn of(part: Part) -> Option<Self> {
        match part {
            Part::Keys => Some(PlanPart::Keys),
            Part::DataSpace => Some(PlanPart::DataSpace),
            Part::Payments => None,
        }
    }
}

impl From<PlanPart> for Part {
    fn from(part: PlanPart) -> Self {
        match part {
            PlanPart::Keys => Part::Keys,
            PlanPart::DataSpace => Part::DataSpace,
        }
    }
}

impl RunEvent {
    /// The event for a step of the core.
    pub fn step(instance: &Instance, step: Step) -> Self {
        let (step, outcome) = match step {
            Step::Preparing => (RunStep::Preparing, None),
            Step::Connecting => (RunStep::Connecting, None),
            Step::Writing => (RunStep::Writing, None),
            Step::Verifying => (RunStep::Verifying, None),
            Step::Done(outcome) => (RunStep::Done, Some(outcome.into())),
        };
        Self::Step {
            instance: instance.id.as_str().to_owned(),
            step,
            outcome,
        }
    }
}

impl RunEvent {
    /// The event for a step of a check.
    pub fn look(instance: &Instance, step: LookStep) -> Self {
        Self::Step {
            instance: instance.id.as_str().to_owned(),
            step: match step {
                LookStep::Looking => RunStep::Connecting,
                LookStep::Looked => RunStep::Done,
            },
            outcome: None,
        }
    }
}

impl From<PlanRequest> for PushOrder {
    fn from(request: PlanRequest) -> Self {
        let mut order = PushOrder::new(OrderKind::Assignment, request.instances);
        narrow(&mut order, request.parts);
        order
    }
}

impl TryFrom<UndoTarget> for OrderKind {
    type Error = IpcError;

    fn try_from(target: UndoTarget) -> Result<Self, IpcError> {
        let kind = match target {
            UndoTarget::Entry { entry } => EntryId::parse(&entry).map(OrderKind::Undo),
            UndoTarget::Push { push } => PushId::parse(&push).map(OrderKind::UndoPush),
        };
        kind.ok_or_else(|| IpcError::bad_request("the id of what is to be taken back"))
    }
}

impl TryFrom<PushRequest> for PushOrder {
    type Error = IpcError;

    fn try_from(request: PushRequest) -> Result<Self, IpcError> {
        let names = request.agreement.instances();
        let mut order = PushOrder::new(OrderKind::Assignment, names);
        narrow(&mut order, request.parts);
        request.agreement.bind(&mut order)?;
        Ok(order)
    }
}

impl TryFrom<UndoRequest> for PushOrder {
    type Error = IpcError;

    fn try_from(request: UndoRequest) -> Result<Self, IpcError> {
        let mut order = PushOrder::new(request.target.try_into()?, Vec::new());
        request.agreement.bind(&mut order)?;
        Ok(order)
    }
}

impl TryFrom<MoveTo> for OrderKind {
    type Error = IpcError;

    fn try_from(to: MoveTo) -> Result<Self, IpcError> {
        let bad = |_| IpcError::bad_request("the id of the project or data space");
        Ok(OrderKind::Move(Box::new(MoveTarget {
            sandbox: to.sandbox,
            production: to.production,
            project: ProjectId::parse(&to.project).map_err(bad)?,
            data_space: DataSpaceId::parse(&to.data_space).map_err(bad)?,
        })))
    }
}

impl TryFrom<MovePlanRequest> for PushOrder {
    type Error = IpcError;

    fn try_from(request: MovePlanRequest) -> Result<Self, IpcError> {
        let names = vec![request.instance];
        Ok(PushOrder::new(request.target.try_into()?, names))
    }
}

impl TryFrom<MoveRequest> for PushOrder {
    type Error = IpcError;

    fn try_from(request: MoveRequest) -> Result<Self, IpcError> {
        let names = request.agreement.instances();
        let mut order = PushOrder::new(request.target.try_into()?, names);
        request.agreement.bind(&mut order)?;
        Ok(order)
    }
}

impl TryFrom<RepairRequest> for PushOrder {
    type Error = IpcError;

    fn try_from(request: RepairRequest) -> Result<Self, IpcError> {
        let mut order = PushOrder::new(OrderKind::Repair, request.agreement.instances());
        request.agreement.bind(&mut order)?;
        Ok(order)
    }
}

impl TryFrom<Agreement> for PushOrder {
    type Error = IpcError;

    /// A disconnection of the copies whose plans were seen.
    fn try_from(agreement: Agreement) -> Result<Self, IpcError> {
        let mut order = PushOrder::new(OrderKind::Detach, agreement.instances());
        agreement.bind(&mut order)?;
        Ok(order)
    }
}

impl Agreement {
    fn instances(&self) -> Vec<String> {
        self.plans
            .iter()
            .map(|plan| plan.instance.clone())
            .collect()
    }

    /// Ties an order to exactly these plans. At least one: an order for nobody would mean all.
    fn bind(self, order: &mut PushOrder) -> Result<(), IpcError> {
        if self.plans.is_empty() {
            return Err(IpcError::bad_request("the plans: there is none"));
        }
        let expected: Option<BTreeMap<InstanceId, String>> = self
            .plans
            .into_iter()
            .map(|plan| {
                let hash = is_hex(&plan.hash, 64).then_some(plan.hash)?;
                Some((InstanceId::parse(&plan.instance)?, hash))
            })
            .collect();
        order.expected =
            Some(expected.ok_or_else(|| IpcError::bad_request("a plan's id or hash"))?);
        order.confirmed = self.typed_names;
        Ok(())
    }
}

fn narrow(order: &mut PushOrder, parts: Vec<PlanPart>) {
    if !parts.is_empty() {
        order.parts = parts.into_iter().map(Part::from).collect::<BTreeSet<_>>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(instance: &str, hash: &str) -> Agreement {
        Agreement {
            plans: vec![AgreedPlan {
                instance: instance.to_owned(),
                hash: hash.to_owned(),
            }],
            typed_names: vec!["Nordlys".into()],
        }
    }

    #[test]
    fn an_order_is_tied_to_the_plans_that_were_seen() {
        let (id, hash) = ("7".repeat(32), "a".repeat(64));
        let request = PushRequest {
            agreement: agreement(&id, &hash),
            parts: vec![PlanPart::Keys],
        };
        let order = PushOrder::try_from(request).unwrap();
        let expected = order.expected.unwrap();
        assert_eq!(expected.get(&InstanceId::parse(&id).unwrap()), Some(&hash));
        assert_eq!(order.names, [id]);
        assert_eq!(order.parts.len(), 1);
        assert_eq!(order.confirmed, ["Nordlys"]);
    }

    #[test]
    fn an_order_without_plans_or_with_bad_ids_is_refused() {
        let none = Agreement {
            plans: Vec::new(),
            typed_names: Vec::new(),
        };
        let (id, hash) = ("7".repeat(32), "a".repeat(64));
        for bad in [
            none,
            agreement("Nordlys", &hash),
            agreement(&id, "a"),
            agreement(&id.to_uppercase().replace('7', "G"), &hash),
        ] {
            let refused = PushOrder::try_from(bad.clone());
            assert!(
                matches!(refused, Err(IpcError::BadRequest { .. })),
                "{bad:?}"
            );
        }
    }
}
