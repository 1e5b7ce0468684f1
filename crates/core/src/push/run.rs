//! Carrying a push out: connect, plan again from `ready`, let the guards speak, write the journal,
//! `go`, read back, prove.
//!
//! A bulk push is many of these on the same path. Nothing is sent before every guard has spoken,
//! and nothing is called done before the instance was read again.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::{Either, join, select};

use crate::config::{Part, Purpose};
use crate::connection::Evidence;
use crate::error::{Error, Result};
use crate::id::{EntryId, PushId};
use crate::instance::Instance;
use crate::instance::adding::refuse_another;
use crate::journal::{Action, JournalEvent, Phase};
use crate::look::{ConnectorModule, Look};
use crate::patchbay::Patchbay;
use crate::ports::gateway::Bearer;
use crate::ports::keychain::Asked;
use crate::ports::transport::{BeginRequest, Conversation, Ready, TransportError};
use crate::push::also;
use crate::push::carry::{action, change_lines, payment_side};
use crate::push::guards::{self, FormerKeys};
use crate::push::in_hand::Shared;
use crate::push::many;
use crate::push::order::{InstanceResult, Outcome, PushOrder, PushReport, Step};
use crate::push::plan::{self, Plan, PlanInput, PlanKind, Shown, Wanted};
use crate::push::prepare::Prepared;

/// Told how far each instance is; called from several tasks.
pub type OnStep<'a> = &'a (dyn Fn(&Instance, Step) + Send + Sync);

/// What one instance's push came to, before it is reported.
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) plan: Option<Plan>,
    pub(super) error: Option<Error>,
    pub(super) evidence: Option<Evidence>,
    pub(super) entry: Option<EntryId>,
}

impl Ending {
    fn of(outcome: Outcome, plan: Plan) -> Self {
        Self {
            outcome,
            plan: Some(plan),
            error: None,
            evidence: None,
            entry: None,
        }
    }

    fn failed(error: Error) -> Self {
        Self {
            outcome: Outcome::Failed,
            plan: None,
            error: Some(error),
            evidence: None,
            entry: None,
        }
    }

    /// Stopped before anything was asked.
    fn cancelled() -> Self {
        Self {
            outcome: Outcome::Cancelled,
            plan: None,
            error: None,
            evidence: None,
            entry: None,
        }
    }

    fn with(mut self, error: Error) -> Self {
        self.error = Some(error);
        self
    }
}

impl Patchbay {
    /// Plans the order over looks of its own; nothing is written.
    ///
    /// # Errors
    /// Unknown names or the records. What concerns one instance stands beside its plan.
    pub async fn plan(&self, order: &PushOrder) -> Result<Vec<(Instance, Result<Plan>)>> {
        let resolved = self.resolve(order).await?;
        let shared = &Shared::of(resolved.len());
        let kinds: Vec<PlanKind> = resolved.iter().map(|(_, kind)| kind.clone()).collect();
        let instances: Vec<Instance> = resolved.into_iter().map(|(instance, _)| instance).collect();
        let (named, kinds) = (&instances, &kinds);
        let plans = many::at_once(self, instances.clone(), |instance| async move {
            let at = named
                .iter()
                .position(|one| one.id == instance.id)
                .unwrap_or_default();
            let kind = kinds.get(at).cloned().unwrap_or(PlanKind::Assignment);
            (
                instance.clone(),
                self.plan_one(instance, kind, order, shared).await,
            )
        })
        .await?;
        Ok(plans)
    }

    async fn plan_one(
        &self,
        instance: Instance,
        kind: PlanKind,
        order: &PushOrder,
        shared: &Shared,
    ) -> Result<Plan> {
        let prepared = self.prepare(instance, kind, order, shared).await?;
        if prepared.restore.is_some() {
            let entry = self.new_entry_id()?;
            let conversation = self.begin(&prepared, &entry).await?;
            let plan = self.plan_from(&prepared, conversation.ready()).await;
            conversation.leave().await;
            return plan;
        }
        let look = self
            .look_at(&prepared.instance, &prepared.way, None)
            .await??;
        self.spend_tokens(&prepared.instance, &look.tokens).await?;
        refuse_another(&prepared.instance, &look)?;
        refuse_missing(&prepared.instance, &look)?;
        let mut plan = plan::make(&PlanInput {
            instance: &prepared.instance.id,
            name: &prepared.instance.name,
            kind: &prepared.kind,
            parts: &prepared.parts,
            wanted: &prepared.wanted_beside(&look),
            payments: &prepared.payments_beside(&look, None),
            look: &look,
        });
        plan.also = also::all(&plan, &look);
        plan.guards = self.guards(&prepared, &plan, &look, None).await?;
        Ok(plan)
    }

    /// Carries the order out.
    ///
    /// # Errors
    /// Unknown names, the records, or the keychain before anything began. What concerns one
    /// instance is in the report.
    pub async fn push(&self, order: &PushOrder, on_step: OnStep<'_>) -> Result<PushReport> {
        let resolved = self.resolve(order).await?;
        self.settle_those(|id| resolved.iter().any(|(instance, _)| &instance.id == id))
            .await?;
        let push = self.new_push_id()?;
        let shared = &Shared::of(resolved.len());
        let kinds: Vec<PlanKind> = resolved.iter().map(|(_, kind)| kind.clone()).collect();
        let instances: Vec<Instance> = resolved.into_iter().map(|(instance, _)| instance).collect();
        let (named, kinds, push_id) = (&instances, &kinds, &push);
        let results = many::at_once(self, instances.clone(), |instance| async move {
            let at = named
                .iter()
                .position(|one| one.id == instance.id)
                .unwrap_or_default();
            let kind = kinds.get(at).cloned().unwrap_or(PlanKind::Assignment);
            self.push_one(instance, kind, order, push_id, shared, on_step)
                .await
        })
        .await?;
        self.remember_head_if_possible().await;
        Ok(PushReport {
            push,
            instances: results,
        })
    }

    async fn push_one(
        &self,
        instance: Instance,
        kind: PlanKind,
        order: &PushOrder,
        push: &PushId,
        shared: &Shared,
        on_step: OnStep<'_>,
    ) -> InstanceResult {
        let started = self.ports.clock.monotonic();
        let (id, name) = (instance.id.clone(), instance.name.clone());
        let stepped = instance.clone();
        let meant = action(&kind);
        let mut ending = match self
            .push_locked(instance, kind, order, push, shared, on_step)
            .await
        {
            Ok(ending) => ending,
            Err(error) => Ending::failed(error),
        };
        self.note_refusal(&stepped, push, (meant, &order.parts), &mut ending)
            .await;
        on_step(&stepped, Step::Done(ending.outcome));
        let took = self.ports.clock.monotonic().saturating_sub(started);
        InstanceResult {
            instance: id,
            name,
            outcome: ending.outcome,
            entry: ending.entry,
            guards: ending
                .plan
                .as_ref()
                .map(|plan| plan.guards.clone())
                .unwrap_or_default(),
            plan: ending.plan,
            error: ending.error,
            evidence: ending.evidence,
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Notes in the journal that nothing was written, and why; a journal that fails here takes
    /// nothing back and is only logged.
    async fn note_refusal(
        &self,
        instance: &Instance,
        push: &PushId,
        (meant, parts): (Action, &BTreeSet<Part>),
        ending: &mut Ending,
    ) {
        let worth = matches!(
            ending.outcome,
            Outcome::Failed | Outcome::Blocked | Outcome::ChangedSincePlan
        );
        // The journal's key lies in the keychain: one that just refused is not asked once more.
        let shut = matches!(ending.error, Some(Error::Keychain(_)));
        if !worth || shut || ending.entry.is_some() {
            return;
        }
        let noted = async {
            let entry = self.new_entry_id()?;
            let (id, of) = (entry.clone(), push.clone());
            let event = JournalEvent {
                parts: parts.clone(),
                changes: ending.plan.as_ref().map(change_lines).unwrap_or_default(),
                outcome: Some(ending.outcome.as_str().to_owned()),
                error: ending
                    .error
                    .as_ref()
                    .map(|e| (e.code().to_owned(), e.to_string())),
                ..self.event_on(instance, id, of, Phase::Ended, meant).await
            };
            self.write_journal(&event, None).await?;
            Ok::<_, Error>(entry)
        };
        match noted.await {
            Ok(entry) => ending.entry = Some(entry),
            Err(error) => {
                tracing::warn!(%error, "a refused push could not be noted in the journal")
            }
        }
    }

    async fn push_locked(
        &self,
        instance: Instance,
        kind: PlanKind,
        order: &PushOrder,
        push: &PushId,
        shared: &Shared,
        on_step: OnStep<'_>,
    ) -> Result<Ending> {
        if order.cancel.is_raised() {
            return Ok(Ending::cancelled());
        }
        let Some(_lock) = self.ports.records.lock_instance(&instance.id).await? else {
            return Err(TransportError::Busy.into());
        };
        on_step(&instance, Step::Preparing);
        let begun = pin!(async {
            let prepared = self.prepare(instance, kind, order, shared).await?;
            on_step(&prepared.instance, Step::Connecting);
            let entry = self.new_entry_id()?;
            let conversation = self.begin(&prepared, &entry).await?;
            Ok::<_, Error>((prepared, entry, conversation))
        });
        // Nothing was sent yet that could be written: whoever cancels need not wait for a server
        // that does not answer. A connection that is dropped ends the far side's input.
        let (prepared, entry, conversation) = match select(pin!(order.cancel.raised()), begun).await
        {
            Either::Left(_) => return Ok(Ending::cancelled()),
            Either::Right((begun, _)) => begun?,
        };
        let plan = match self.plan_from(&prepared, conversation.ready()).await {
            Ok(plan) => plan,
            Err(error) => {
                conversation.leave().await;
                return Err(error);
            }
        };
        if let Some(ending) = self.stop_before_go(&prepared, &plan, order, conversation.ready()) {
            conversation.leave().await;
            return Ok(ending);
        }
        on_step(&prepared.instance, Step::Writing);
        let ending = self
            .write(&prepared, plan, entry, push, conversation, on_step)
            .await?;
        if ending.outcome == Outcome::Pushed
            && let Err(error) = self.remember_confirmed(&prepared, &ending).await
        {
            tracing::warn!(%error, "a confirmation could not be remembered and is asked for again");
        }
        Ok(ending)
    }

    async fn begin(&self, prepared: &Prepared, entry: &EntryId) -> Result<Box<dyn Conversation>> {
        let request = BeginRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            sign_after: self.sign_after(&prepared.instance).await?,
            entry: entry.clone(),
            restore: prepared.restore.clone(),
            asked: Asked::ByUser,
        };
        // The journal's key is needed once the instance is ready; a keychain that refuses it says so
        // then.
        let transport = &self.ports.transport;
        let (begun, _) = join(transport.begin(&prepared.way, &request), self.chain_key()).await;
        Ok(begun?)
    }

    /// The plan over what `ready` says, with the guards.
    async fn plan_from(&self, prepared: &Prepared, ready: &Ready) -> Result<Plan> {
        refuse_another(&prepared.instance, &ready.look)?;
        refuse_missing(&prepared.instance, &ready.look)?;
        let mut wanted = prepared.wanted_beside(&ready.look);
        let mut former = None;
        if let Some(restore) = &prepared.restore {
            let back = ready.former.as_ref().ok_or(TransportError::Garbled {
                detail: "it does not say what the undo would bring back".to_owned(),
            })?;
            for path in &restore.touched {
                let exact = back
                    .exact
                    .iter()
                    .find(|(at, _)| at == path)
                    .map(|(_, exact)| exact.clone());
                let identity = back
                    .identity
                    .iter()
                    .find(|(at, _)| at == path)
                    .map(|(_, id)| id.clone());
                let plain = back
                    .plain
                    .iter()
                    .find(|(at, _)| at == path)
                    .map(|(_, text)| text.clone());
                let shown = identity
                    .map(Shown::Key)
                    .or(plain.map(Shown::Plain))
                    .unwrap_or(Shown::Unreadable);
                wanted.insert(
                    *path,
                    exact.map_or(Wanted::Remove, |exact| Wanted::Set { exact, shown }),
                );
            }
            former = Some(self.former_keys(ready).await?);
        }
        let mut plan = plan::make(&PlanInput {
            instance: &prepared.instance.id,
            name: &prepared.instance.name,
            kind: &prepared.kind,
            parts: &prepared.parts,
            wanted: &wanted,
            payments: &prepared.payments_beside(&ready.look, ready.former.as_ref()),
            look: &ready.look,
        });
        plan.also = also::all(&plan, &ready.look);
        plan.guards = self
            .guards(prepared, &plan, &ready.look, former.as_ref())
            .await?;
        Ok(plan)
    }

    /// Asks Adobe about the keys an undo would bring back (P7).
    async fn former_keys(&self, ready: &Ready) -> Result<FormerKeys> {
        let Some(former) = &ready.former else {
            return Ok(FormerKeys::Fine);
        };
        let touched = |purpose: Purpose| {
            former
                .touched
                .iter()
                .any(|path| path.purpose() == Some(purpose))
                && former
                    .exact
                    .iter()
                    .any(|(path, _)| *path == purpose.private_key_path())
        };
        let key = self.fingerprint_key().await?;
        let mut rejected = Vec::new();
        let mut open = false;
        for purpose in Purpose::ALL.into_iter().filter(|purpose| touched(*purpose)) {
            let signed = former.tokens.iter().find(|token| token.purpose == purpose);
            let parts = signed.and_then(|s| Some((s.api_key.as_ref()?, s.token.as_ref().ok()?)));
            // A token for some other API key says nothing about the former one.
            let parts = parts.filter(|(api_key, _)| {
                let exact = key.exact(api_key.as_str().as_bytes());
                former
                    .exact
                    .iter()
                    .any(|(path, there)| *path == purpose.api_key_path() && *there == exact)
            });
            let Some((api_key, token)) = parts else {
                rejected.push(purpose);
                continue;
            };
            match self
                .ports
                .gateway
                .ping(purpose, &Bearer { api_key, token })
                .await
            {
                Ok(_) => {}
                Err(crate::ports::gateway::GatewayError::Rejected { .. }) => rejected.push(purpose),
                Err(_) => open = true,
            }
        }
        Ok(if !rejected.is_empty() {
            FormerKeys::Rejected(rejected)
        } else if open {
            FormerKeys::NotProvable
        } else {
            FormerKeys::Fine
        })
    }

    /// Everything that ends a push before a value leaves.
    fn stop_before_go(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        order: &PushOrder,
        ready: &Ready,
    ) -> Option<Ending> {
        let left_changed = prepared
            .left
            .iter()
            .any(|(path, exact)| ready.look.exact(*path) != exact.as_ref())
            || prepared
                .left_payments
                .iter()
                .any(|(place, left)| &payment_side(ready.look.payment(place)).1 != left);
        // What is taken back already is no change to stumble over.
        if left_changed && !plan.is_empty() {
            return Some(
                Ending::of(Outcome::ChangedSincePlan, plan.clone()).with(Error::refused(
                    "changedSincePlan",
                    format!(
                        "\"{}\" no longer holds what that entry wrote; nothing was written.",
                        plan.name
                    ),
                    "Look at the instance and push what it should hold.",
                )),
            );
        }
        if prepared
            .expected
            .as_ref()
            .is_some_and(|hash| hash != &plan.hash)
        {
            return Some(
                Ending::of(Outcome::ChangedSincePlan, plan.clone()).with(Error::refused(
                    "changedSincePlan",
                    format!(
                        "\"{}\" is not what the plan saw; nothing was written.",
                        plan.name
                    ),
                    "Make a new plan and look at it again.",
                )),
            );
        }
        if plan.is_empty() {
            return Some(Ending::of(Outcome::Unchanged, plan.clone()));
        }
        if let Some(finding) = guards::forbids(&plan.guards, prepared.confirmed) {
            let next = match finding.effect {
                guards::Effect::Confirm => format!("Type the name: --confirm \"{}\".", plan.name),
                _ => "Change the assignment, or follow what the guard says.".to_owned(),
            };
            let error = Error::refused("blockedByGuard", finding.text.clone(), next);
            return Some(Ending::of(Outcome::Blocked, plan.clone()).with(error));
        }
        if order.cancel.is_raised() {
            return Some(Ending::of(Outcome::Cancelled, plan.clone()));
        }
        None
    }

    /// Remembers a confirmation that is asked for once (G4, G11).
    async fn remember_confirmed(&self, prepared: &Prepared, ending: &Ending) -> Result<()> {
        let Some(plan) = &ending.plan else {
            return Ok(());
        };
        let mut instance = self.instance_by_id(&prepared.instance.id).await?;
        let before = instance.answers.confirmed.len();
        for finding in &plan.guards {
            let once = matches!(finding.id, guards::GuardId::G4 | guards::GuardId::G11);
            let id = finding.id.as_str().to_owned();
            if once
                && finding.effect == guards::Effect::Confirm
                && !instance.answers.confirmed.contains(&id)
            {
                instance.answers.confirmed.push(id);
            }
        }
        if instance.answers.confirmed.len() > before {
            self.ports.records.save_instance(&instance).await?;
        }
        Ok(())
    }
}

/// Refuses to work on an instance without the connector.
pub(crate) fn refuse_missing(instance: &Instance, look: &Look) -> Result<()> {
    let what = match look.connector {
        ConnectorModule::Enabled => return Ok(()),
        ConnectorModule::Disabled => "is switched off",
        ConnectorModule::Absent => "is not installed",
    };
    Err(Error::refused(
        "connectorMissing",
        format!(
            "The Commerce Services Connector (Magento_ServicesId) {what} on \"{}\".",
            instance.name
        ),
        "Ask your developer to install and enable it, then check again.",
    ))
}
