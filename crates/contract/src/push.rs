//! Plans, saved plans and what came of a push.

use std::collections::BTreeMap;

use patchbay_core::config::Part;
use patchbay_core::error::Error;
use patchbay_core::instance::Instance;
use patchbay_core::push::also::Also;
use patchbay_core::push::guards::GuardFinding;
use patchbay_core::push::order::{InstanceResult, Outcome, PushReport};
use patchbay_core::push::plan::{Change, PaymentChange, Plan, Shown, hash_of_all};
use patchbay_core::push::settle::Settled;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::Trouble;

pub mod running;
pub mod saved;

/// `plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PlanReport {
    /// What these plans together are known by.
    pub hash: String,
    /// One plan, or why there is none, for each instance.
    pub instances: Vec<PlannedInstance>,
}

/// One instance's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PlannedInstance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What this plan is known by; `null` where there is none.
    pub hash: Option<String>,
    /// What would change; empty when nothing would.
    pub changes: Vec<PlannedChange>,
    /// Values that are fixed elsewhere.
    pub locks: Vec<LockedValue>,
    /// What the guards say.
    pub guards: Vec<GuardSaid>,
    /// What else carrying it out does.
    pub also: Vec<AlsoDone>,
    /// Why there is no plan.
    pub error: Option<Trouble>,
}

/// One value that would change. A private key is shown by its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PlannedChange {
    /// The configuration path.
    pub path: String,
    /// What is there; `null` where there is nothing.
    pub from: Option<String>,
    /// What would be there; `null` where it would be removed.
    pub to: Option<String>,
    /// Of a payments setting: the scope of its row, like `websites 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub scope: Option<String>,
}

/// One more thing that carrying a plan out does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct AlsoDone {
    /// Which sentence.
    pub case: String,
    /// What it says, in English.
    pub text: String,
    /// What is filled into the sentence, by name; for showing.
    #[ts(type = "Record<string, string>")]
    pub words: BTreeMap<String, String>,
}

/// A value that is fixed outside the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct LockedValue {
    /// The configuration path.
    pub path: String,
    /// Where: `app/etc/env.php`, `app/etc/config.php` or `variable`.
    pub source: String,
    /// The variable's name, for a variable.
    pub name: Option<String>,
}

/// What one guard says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct GuardSaid {
    /// Which guard: `G1` and so on.
    pub id: String,
    /// `blocked`, `confirm` or `warning`.
    #[ts(type = "\"blocked\" | \"confirm\" | \"warning\"")]
    pub effect: String,
    /// What it says, in English.
    pub text: String,
    /// Which of its sentences that is; empty in a file of an older Patchbay.
    #[serde(default)]
    pub case: String,
    /// What is filled into the sentence, by name. Roles, purposes and configuration paths are
    /// codes, several of them joined by commas; everything else is for showing.
    #[serde(default)]
    #[ts(type = "Record<string, string>")]
    pub words: BTreeMap<String, String>,
}

/// `push`, `undo`, `detach`, `move` and `repair`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PushDocument {
    /// The journal entry, where exactly one instance was worked on and has one.
    pub entry: Option<String>,
    /// What all entries of this order share: `undo --push` takes it.
    pub push: Option<String>,
    /// Every instance, in order.
    pub instances: Vec<PushedInstance>,
}

/// How an instance's part of an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
#[expect(
    missing_docs,
    reason = "the core's outcomes, one for one; they are explained there"
)]
pub enum PushOutcome {
    Pushed,
    Unchanged,
    ChangedSincePlan,
    Blocked,
    Failed,
    OutcomeUnknown,
    Cancelled,
}

impl From<Outcome> for PushOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pushed => Self::Pushed,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::ChangedSincePlan => Self::ChangedSincePlan,
            Outcome::Blocked => Self::Blocked,
            Outcome::Failed => Self::Failed,
            Outcome::OutcomeUnknown => Self::OutcomeUnknown,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

/// What came of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PushedInstance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: PushOutcome,
    /// Its journal entry, where there is one: `undo` takes it.
    pub entry: Option<String>,
    /// What went wrong.
    pub error: Option<Trouble>,
    /// What the guards said.
    pub guards: Vec<GuardSaid>,
    /// What was changed, or would have been.
    pub changes: Vec<PlannedChange>,
    /// How long it took, milliseconds.
    #[ts(type = "number")]
    pub ms: u64,
}

impl PlanReport {
    /// The report over what planning gave.
    pub fn new(planned: &[(Instance, Result<Plan, Error>)]) -> Self {
        let plans: Vec<Plan> = planned
            .iter()
            .filter_map(|(_, plan)| plan.as_ref().ok().cloned())
            .collect();
        Self {
            hash: hash_of_all(&plans),
            instances: planned
                .iter()
                .map(|(instance, plan)| match plan {
                    Ok(plan) => plan.into(),
                    Err(error) => PlannedInstance {
                        id: instance.id.as_str().to_owned(),
                        name: instance.name.clone(),
                        hash: None,
                        changes: Vec::new(),
                        locks: Vec::new(),
                        guards: Vec::new(),
                        also: Vec::new(),
                        error: Some(error.into()),
                    },
                })
                .collect(),
        }
    }
}

impl From<&Plan> for PlannedInstance {
    fn from(plan: &Plan) -> Self {
        Self {
            id: plan.instance.as_str().to_owned(),
            name: plan.name.clone(),
            hash: Some(plan.hash.clone()),
            changes: changes_of(plan),
            locks: plan
                .locks
                .iter()
                .map(|lock| LockedValue {
                    path: lock.path.as_str().to_owned(),
                    source: lock.source.as_str().to_owned(),
                    name: lock.name.clone(),
                })
                .collect(),
            guards: plan.guards.iter().map(GuardSaid::from).collect(),
            also: plan.also.iter().map(AlsoDone::from).collect(),
            error: None,
        }
    }
}

impl From<&Change> for PlannedChange {
    fn from(change: &Change) -> Self {
        let from = change.from_exact.as_ref().map(|_| whole(&change.from));
        let to = change.to_exact.as_ref().map(|_| whole(&change.to));
        Self {
            path: change.path.as_str().to_owned(),
            from,
            to,
            scope: None,
        }
    }
}

impl From<&PaymentChange> for PlannedChange {
    fn from(change: &PaymentChange) -> Self {
        Self {
            path: change.place.path.clone(),
            from: change.from.clone(),
            to: change.to.clone(),
            scope: Some(change.place.scope_text()),
        }
    }
}

impl From<&Also> for AlsoDone {
    fn from(also: &Also) -> Self {
        let words = also.words.iter();
        Self {
            case: also.case.to_owned(),
            text: also.text.clone(),
            words: words
                .map(|(name, word)| ((*name).to_owned(), word.clone()))
                .collect(),
        }
    }
}

/// Everything a plan changes: the nine values, then the payments settings.
fn changes_of(plan: &Plan) -> Vec<PlannedChange> {
    let values = plan.changes.iter().map(PlannedChange::from);
    let payments = plan.payments.iter().map(PlannedChange::from);
    values.chain(payments).collect()
}

/// A value for programs: a private key by its whole fingerprint.
fn whole(shown: &Shown) -> String {
    match shown {
        Shown::Key(identity) => identity.as_str().to_owned(),
        other => other.text(),
    }
}

impl From<&GuardFinding> for GuardSaid {
    fn from(finding: &GuardFinding) -> Self {
        Self {
            id: finding.id.as_str().to_owned(),
            effect: finding.effect.as_str().to_owned(),
            text: finding.text.clone(),
            case: finding.case.to_owned(),
            words: finding
                .words
                .iter()
                .map(|(name, word)| ((*name).to_owned(), spoken(name, word)))
                .collect(),
        }
    }
}

/// A word as this contract spells it: roles have a spelling of their own here.
fn spoken(name: &str, word: &str) -> String {
    match (name, word) {
        ("role", "live-not-open-yet") => "liveNotOpenYet".to_owned(),
        _ => word.to_owned(),
    }
}

impl From<&PushReport> for PushDocument {
    fn from(report: &PushReport) -> Self {
        let entry = match report.instances.as_slice() {
            [only] => only.entry.as_ref().map(|entry| entry.as_str().to_owned()),
            _ => None,
        };
        Self {
            entry,
            push: Some(report.push.as_str().to_owned()),
            instances: report.instances.iter().map(PushedInstance::from).collect(),
        }
    }
}

impl From<&InstanceResult> for PushedInstance {
    fn from(result: &InstanceResult) -> Self {
        let plan = result.plan.as_ref();
        Self {
            id: result.instance.as_str().to_owned(),
            name: result.name.clone(),
            outcome: result.outcome.into(),
            entry: result.entry.as_ref().map(|entry| entry.as_str().to_owned()),
            error: result.error.as_ref().map(Trouble::from),
            guards: result.guards.iter().map(GuardSaid::from).collect(),
            changes: plan.map(changes_of).unwrap_or_default(),
            ms: result.millis,
        }
    }
}

/// What a start found about an interrupted entry, as a sentence.
pub fn settled_text(settled: &Settled) -> String {
    let found = match settled.outcome {
        Outcome::Pushed => "the new values are there",
        Outcome::Failed => "the former values are there, nothing was written",
        _ => "it cannot be told now which values are there; it is asked again at the next start",
    };
    format!("An interrupted push on {}: {found}.", settled.instance)
}

/// The words of the parts, in order.
pub fn part_words<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Vec<String> {
    parts
        .into_iter()
        .map(|part| part.as_str().to_owned())
        .collect()
}
