//! What is ordered, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::config::Part;
use crate::connection::Evidence;
use crate::error::Error;
use crate::id::{DataSpaceId, EntryId, InstanceId, ProjectId, PushId};
use crate::push::guards::GuardFinding;
use crate::push::plan::Plan;

/// An order to change instances.
#[derive(Clone, Debug)]
pub struct PushOrder {
    /// The instances' names; all that have an assignment where empty. Ignored for an undo.
    pub names: Vec<String>,
    /// What to do.
    pub kind: OrderKind,
    /// The parts to touch.
    pub parts: BTreeSet<Part>,
    /// Instance names that were typed to confirm.
    pub confirmed: Vec<String>,
    /// The hash each instance's plan must have; an instance that is not here has no plan yet.
    pub expected: Option<BTreeMap<InstanceId, String>>,
    /// Raised to stop what has not begun to write.
    pub cancel: Cancel,
}

impl PushOrder {
    /// An order of that kind with every part and nothing confirmed.
    pub fn new(kind: OrderKind, names: Vec<String>) -> Self {
        Self {
            names,
            kind,
            parts: Part::ALL.into_iter().collect(),
            confirmed: Vec::new(),
            expected: None,
            cancel: Cancel::default(),
        }
    }
}

/// What an order does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Applies the assignments.
    Assignment,
    /// Removes keys, SaaS identifier and payments settings.
    Detach,
    /// Takes one entry back.
    Undo(EntryId),
    /// Takes every entry of a push back.
    UndoPush(PushId),
    /// Takes one instance over to another MageID, keys and data space in one.
    Move(Box<MoveTarget>),
    /// Takes one instance back to what it last held when it was proven.
    Repair,
}

/// Where *Move to another MageID* leads; both pairs, as the new account has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveTarget {
    /// The sandbox pair's name or id.
    pub sandbox: String,
    /// The production pair's name or id.
    pub production: String,
    /// The project.
    pub project: ProjectId,
    /// The data space.
    pub data_space: DataSpaceId,
}

/// A flag that many hands can raise.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Mutex<Flag>>);

#[derive(Debug, Default)]
struct Flag {
    raised: bool,
    waiting: Vec<Waker>,
}

impl Cancel {
    fn flag(&self) -> MutexGuard<'_, Flag> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises it; before `go` nothing is written, after it the instance finishes.
    pub fn raise(&self) {
        let waiting = {
            let mut flag = self.flag();
            flag.raised = true;
            std::mem::take(&mut flag.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.flag().raised
    }

    /// Ends once it is raised.
    pub async fn raised(&self) {
        poll_fn(|context| {
            let mut flag = self.flag();
            if flag.raised {
                return Poll::Ready(());
            }
            if !flag
                .waiting
                .iter()
                .any(|one| one.will_wake(context.waker()))
            {
                flag.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// How far one instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Keys and registry.
    Preparing,
    /// Connecting and reading.
    Connecting,
    /// Writing.
    Writing,
    /// Adobe is asked.
    Verifying,
    /// Ended.
    Done(Outcome),
}

/// How an instance's part of an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Written and read back.
    Pushed,
    /// Nothing to change; nothing was written.
    Unchanged,
    /// It is not what the plan saw; nothing was written.
    ChangedSincePlan,
    /// A guard forbade it; nothing was written.
    Blocked,
    /// It failed; nothing was written, unless the error says so.
    Failed,
    /// The connection broke at the wrong moment and a second look could not tell.
    OutcomeUnknown,
    /// Stopped before anything was written.
    Cancelled,
}

impl Outcome {
    /// The word in JSON and in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Pushed => "pushed",
            Outcome::Unchanged => "unchanged",
            Outcome::ChangedSincePlan => "changedSincePlan",
            Outcome::Blocked => "blocked",
            Outcome::Failed => "failed",
            Outcome::OutcomeUnknown => "outcomeUnknown",
            Outcome::Cancelled => "cancelled",
        }
    }
}

/// What came of one instance.
#[derive(Clone, Debug)]
pub struct InstanceResult {
    /// Its id.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Its journal entry, where there is one.
    pub entry: Option<EntryId>,
    /// The plan that was carried out or refused, where it came that far.
    pub plan: Option<Plan>,
    /// What the guards said.
    pub guards: Vec<GuardFinding>,
    /// What went wrong.
    pub error: Option<Error>,
    /// How it stands now, where it was looked at.
    pub evidence: Option<Evidence>,
    /// How long it took, milliseconds.
    pub millis: u64,
}

/// What came of an order.
#[derive(Clone, Debug)]
pub struct PushReport {
    /// Shared by all its entries.
    pub push: PushId,
    /// Every instance, in order.
    pub instances: Vec<InstanceResult>,
}
