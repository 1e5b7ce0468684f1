//! Getting ready for a push: everything that needs neither the instance nor a decision.
//!
//! Keys are read from the keychain and Adobe is asked before anything connects (P1, P3).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use crate::assignment::Assignment;
use crate::config::{ConfigPath, Part, Purpose};
use crate::connection::held::space_values;
use crate::error::{Error, Result};
use crate::fingerprint::ExactFingerprint;
use crate::id::EntryId;
use crate::instance::adding::ssh_way;
use crate::instance::{Instance, SshWay};
use crate::journal::{JournalEvent, Phase};
use crate::keypair::{KeyPair, KeyPairState, intake};
use crate::look::{Look, PaymentPlace};
use crate::patchbay::{Patchbay, no_such};
use crate::ports::gateway::GatewayError;
use crate::ports::transport::{Former, Restore};
use crate::push::guards::PairFacts;
use crate::push::in_hand::{InHand, Shared};
use crate::push::order::{OrderKind, Outcome, PushOrder};
use crate::push::plan::{PaymentsWanted, PlanKind, Shown, Wanted};
use crate::registry::DataSpace;
use crate::secret::Secret;

/// One instance's part of an order, ready to connect.
pub(crate) struct Prepared {
    pub(crate) instance: Instance,
    pub(crate) way: SshWay,
    pub(crate) kind: PlanKind,
    pub(crate) parts: BTreeSet<Part>,
    /// What should be there, as far as it can be said without the instance.
    pub(crate) wanted: BTreeMap<ConfigPath, Wanted>,
    /// The values behind it; none for an undo.
    pub(crate) values: BTreeMap<ConfigPath, Secret>,
    pub(crate) data_space: Option<DataSpace>,
    pub(crate) pairs: Vec<PairFacts>,
    /// For an undo.
    pub(crate) restore: Option<Restore>,
    /// For an undo: what the entry left, which must still be there.
    pub(crate) left: BTreeMap<ConfigPath, Option<ExactFingerprint>>,
    /// The same for payments settings: the marks the journal keeps.
    pub(crate) left_payments: BTreeMap<PaymentPlace, String>,
    /// The assignment that becomes the instance's own once this is written.
    pub(crate) coming: Option<Assignment>,
    pub(crate) confirmed: bool,
    pub(crate) expected: Option<String>,
    pub(crate) bulk: bool,
}

impl Prepared {
    /// What should become of the payments settings, given what is there and what an undo would
    /// bring back.
    pub(crate) fn payments_beside(&self, look: &Look, former: Option<&Former>) -> PaymentsWanted {
        match (&self.kind, &self.restore, former) {
            (PlanKind::Detach, ..) => look
                .payments
                .iter()
                .map(|row| (row.place(), None))
                .collect(),
            (_, Some(restore), Some(former)) => {
                let places = restore.payments.iter();
                places
                    .map(|place| {
                        let mut rows = former.payments.iter();
                        let row = rows.find(|row| &row.place() == place);
                        (place.clone(), row.map(|row| row.value.clone()))
                    })
                    .collect()
            }
            _ => PaymentsWanted::new(),
        }
    }

    /// What should be there, given what is: a private key that is the wanted one in another
    /// spelling is left as it is (P5), unless its pair is written anyway: then the plan says so, and
    /// an undo brings the spelling back.
    pub(crate) fn wanted_beside(&self, look: &Look) -> BTreeMap<ConfigPath, Wanted> {
        let mut wanted = self.wanted.clone();
        for purpose in Purpose::ALL {
            let api_key = self.wanted.get(&purpose.api_key_path());
            let kept = match api_key {
                None => true,
                Some(Wanted::Set { exact, .. }) => {
                    look.exact(purpose.api_key_path()) == Some(exact)
                }
                Some(Wanted::Remove) => false,
            };
            let path = purpose.private_key_path();
            if let (
                true,
                Some(Wanted::Set {
                    exact,
                    shown: Shown::Key(identity),
                }),
                Some(value),
            ) = (
                kept && self.restore.is_none(),
                wanted.get_mut(&path),
                look.values.get(&path),
            ) && value.identity.as_ref() == Some(identity)
                && !value.looks_encrypted
            {
                *exact = value.exact.clone();
            }
        }
        wanted
    }
}

impl Patchbay {
    /// The instances and kinds an order stands for.
    pub(crate) async fn resolve(&self, order: &PushOrder) -> Result<Vec<(Instance, PlanKind)>> {
        match &order.kind {
            OrderKind::Assignment => {
                let mut chosen = self.chosen(&order.names).await?;
                if order.names.is_empty() {
                    let assignments = self.ports.records.assignments().await?;
                    chosen.retain(|instance| assignments.iter().any(|a| a.instance == instance.id));
                }
                Ok(chosen
                    .into_iter()
                    .map(|instance| (instance, PlanKind::Assignment))
                    .collect())
            }
            OrderKind::Detach => {
                if order.names.is_empty() {
                    return Err(Error::refused(
                        "noInstanceNamed",
                        "Nothing is disconnected unless it is named.",
                        "Name the copies to disconnect.",
                    ));
                }
                let chosen = self.chosen(&order.names).await?;
                Ok(chosen
                    .into_iter()
                    .map(|instance| (instance, PlanKind::Detach))
                    .collect())
            }
            OrderKind::Move(_) => self.only_one(order, PlanKind::Move).await,
            OrderKind::Repair => self.only_one(order, PlanKind::Repair).await,
            OrderKind::Undo(entry) => {
                let begun = self.begun(entry).await?;
                let instance = self.instance_by_id(&begun.instance).await?;
                Ok(vec![(instance, PlanKind::Undo(entry.clone()))])
            }
            OrderKind::UndoPush(push) => {
                let lines = self.ports.records.journal().await?;
                let mut found = Vec::new();
                for line in &lines {
                    let event = &line.event;
                    let written = event.outcome.as_deref() == Some(Outcome::Pushed.as_str());
                    if &event.push == push && event.phase == Phase::Ended && written {
                        let instance = self.instance_by_id(&event.instance).await?;
                        found.push((instance, PlanKind::Undo(event.entry.clone())));
                    }
                }
                if found.is_empty() {
                    return Err(no_such("push that wrote something", push.as_str()));
                }
                Ok(found)
            }
        }
    }

    async fn only_one(
        &self,
        order: &PushOrder,
        kind: PlanKind,
    ) -> Result<Vec<(Instance, PlanKind)>> {
        let [name] = order.names.as_slice() else {
            return Err(Error::refused(
                "oneAtATime",
                "This is done for one instance at a time.",
                "Name the instance.",
            ));
        };
        Ok(vec![(self.instance_named(name).await?, kind)])
    }

    /// The line that began an entry.
    pub(crate) async fn begun(&self, entry: &EntryId) -> Result<JournalEvent> {
        let lines = self.ports.records.journal().await?;
        lines
            .into_iter()
            .map(|line| line.event)
            .find(|event| &event.entry == entry && event.phase == Phase::Begun)
            .ok_or_else(|| no_such("journal entry that wrote something", entry.as_str()))
    }

    pub(crate) async fn prepare(
        &self,
        instance: Instance,
        kind: PlanKind,
        order: &PushOrder,
        shared: &Shared,
    ) -> Result<Prepared> {
        let way = ssh_way(&instance)?.clone();
        let confirmed = order
            .confirmed
            .iter()
            .any(|name| name.trim() == instance.name);
        let expected = order
            .expected
            .as_ref()
            .and_then(|all| all.get(&instance.id).cloned());
        let mut prepared = Prepared {
            instance,
            way,
            kind,
            parts: order.parts.clone(),
            wanted: BTreeMap::new(),
            values: BTreeMap::new(),
            data_space: None,
            pairs: Vec::new(),
            restore: None,
            left: BTreeMap::new(),
            left_payments: BTreeMap::new(),
            coming: None,
            confirmed,
            expected,
            bulk: shared.bulk,
        };
        match prepared.kind.clone() {
            PlanKind::Assignment => {
                let assignment = self.assignment_of(&prepared.instance).await?;
                self.prepare_assignment(&mut prepared, assignment, shared)
                    .await?;
            }
            PlanKind::Move | PlanKind::Repair => {
                let assignment = match &order.kind {
                    OrderKind::Move(target) => self.moved_to(&prepared.instance, target).await?,
                    _ => self.proven_of(&prepared.instance).await?,
                };
                prepared.parts = Part::ALL.into_iter().collect();
                prepared.coming = Some(assignment.clone());
                self.prepare_assignment(&mut prepared, assignment, shared)
                    .await?;
            }
            PlanKind::Detach => {
                prepared.parts = Part::WITH_PAYMENTS.into_iter().collect();
                prepared.wanted = ConfigPath::ALL
                    .into_iter()
                    .map(|path| (path, Wanted::Remove))
                    .collect();
            }
            PlanKind::Undo(entry) => self.prepare_undo(&mut prepared, &entry).await?,
        }
        Ok(prepared)
    }

    async fn prepare_undo(&self, prepared: &mut Prepared, entry: &EntryId) -> Result<()> {
        let begun = self.begun(entry).await?;
        let stored = self.ports.records.blob(entry).await?;
        let stored = stored.ok_or_else(|| {
            Error::refused(
                "undoGone",
                "What is needed to restore the previous values is not kept any more (90 days).",
                "Push what this instance should hold instead.",
            )
        })?;
        let (mut touched, mut payments) = (Vec::new(), Vec::new());
        for change in &begun.changes {
            if let Some(place) = PaymentPlace::parse(&change.path) {
                let left = change.to.1.clone();
                prepared.left_payments.insert(place.clone(), left);
                payments.push(place);
            } else if let Some(path) = ConfigPath::parse(&change.path) {
                touched.push(path);
                prepared
                    .left
                    .insert(path, ExactFingerprint::parse(&change.to.1));
            }
        }
        prepared.parts = match payments.is_empty() {
            true => Part::ALL.into_iter().collect(),
            false => Part::WITH_PAYMENTS.into_iter().collect(),
        };
        prepared.restore = Some(Restore {
            entry: entry.clone(),
            blob: stored.blob,
            touched,
            payments,
        });
        Ok(())
    }

    async fn prepare_assignment(
        &self,
        prepared: &mut Prepared,
        mut assignment: Assignment,
        shared: &Shared,
    ) -> Result<()> {
        let known = self.key_pairs().await?;
        let mut pairs: Vec<KeyPair> = Vec::new();
        for purpose in [Purpose::Production, Purpose::Sandbox] {
            let Some(id) = assignment.pair(purpose) else {
                continue;
            };
            let pair = known
                .iter()
                .find(|pair| &pair.id == id)
                .filter(|pair| pair.is_assignable() || pair.state == KeyPairState::Lost)
                .ok_or_else(|| gone(&prepared.instance, purpose))?;
            pairs.push(pair.clone());
        }
        // Both at once: each waits for Adobe most of the time.
        let asked = pairs.iter().map(|pair| self.in_hand(shared, pair));
        let mut in_hand = Vec::new();
        for answer in join_all(asked).await {
            in_hand.push(answer?);
        }
        let mut facts = Vec::new();
        for (pair, in_hand) in pairs.iter().zip(&in_hand) {
            facts.push(
                self.prepare_pair(prepared, pair, in_hand.as_deref())
                    .await?,
            );
        }
        let fresh = self
            .prepare_space(&mut assignment, &pairs, &in_hand, &mut facts)
            .await?;
        match &mut prepared.coming {
            Some(coming) => coming.clone_from(&assignment),
            None if fresh => self.ports.records.save_assignment(&assignment).await?,
            None => {}
        }
        let key = self.fingerprint_key().await?;
        for (path, value) in space_values(&assignment) {
            let wanted = Wanted::Set {
                exact: key.exact(value.as_bytes()),
                shown: Shown::Plain(value.clone()),
            };
            prepared.wanted.insert(path, wanted);
            prepared
                .values
                .insert(path, Secret::new(value.into_bytes()));
        }
        prepared
            .wanted
            .retain(|path, _| prepared.parts.contains(&path.part()));
        prepared.data_space = Some(assignment.data_space);
        prepared.pairs = facts;
        Ok(())
    }

    async fn assignment_of(&self, instance: &Instance) -> Result<Assignment> {
        let assignments = self.ports.records.assignments().await?;
        assignments
            .into_iter()
            .find(|a| a.instance == instance.id)
            .ok_or_else(|| {
                Error::refused(
                    "notAssigned",
                    format!("Nothing is assigned to \"{}\" yet.", instance.name),
                    "Assign key pairs and a data space, or adopt what it holds.",
                )
            })
    }

    /// Says what should be on the instance of a pair.
    async fn prepare_pair(
        &self,
        prepared: &mut Prepared,
        pair: &KeyPair,
        in_hand: Option<&InHand>,
    ) -> Result<PairFacts> {
        if let Some(in_hand) = in_hand {
            let pem = intake::to_pem(&in_hand.der);
            if let Some(api_key) = &pair.api_key {
                let bytes = api_key.as_str().as_bytes().to_vec();
                prepared
                    .values
                    .insert(pair.purpose.api_key_path(), Secret::new(bytes));
            }
            prepared.values.insert(pair.purpose.private_key_path(), pem);
        }
        let shown = pair.identity.clone().map_or(Shown::Unreadable, Shown::Key);
        if let Some(exact) = pair.exact.clone() {
            prepared.wanted.insert(
                pair.purpose.private_key_path(),
                Wanted::Set { exact, shown },
            );
        }
        if let (Some(exact), Some(api_key)) = (pair.api_key_exact.clone(), &pair.api_key) {
            let shown = Shown::Plain(api_key.as_str().to_owned());
            prepared
                .wanted
                .insert(pair.purpose.api_key_path(), Wanted::Set { exact, shown });
        }
        let account = self.account_by_id(&pair.account).await?;
        let owner = account
            .mage_id
            .map_or(account.label, |id| id.as_str().to_owned());
        Ok(PairFacts {
            purpose: pair.purpose,
            accepted_as: in_hand.map(|in_hand| in_hand.accepted_as),
            owner,
            owns_data_space: None,
        })
    }

    /// Takes the data space fresh from the registry and finds out whose it is (G6); says whether the
    /// registry describes it otherwise than before.
    async fn prepare_space(
        &self,
        assignment: &mut Assignment,
        pairs: &[KeyPair],
        in_hand: &[Option<Arc<InHand>>],
        facts: &mut [PairFacts],
    ) -> Result<bool> {
        let mut found: Option<(usize, DataSpace)> = None;
        for (at, in_hand) in in_hand.iter().enumerate() {
            let Some(in_hand) = in_hand else {
                continue;
            };
            let gateway = &self.ports.gateway;
            let (bearer, id) = (in_hand.bearer(), &assignment.data_space.id);
            match gateway.data_space(in_hand.accepted_as, &bearer, id).await {
                Ok(answer) => {
                    found = Some((at, answer.value));
                    break;
                }
                Err(GatewayError::NotFound) => facts[at].owns_data_space = Some(false),
                Err(error) => return Err(error.into()),
            }
        }
        if in_hand.iter().any(Option::is_some) && found.is_none() {
            return Err(GatewayError::NotFound.into());
        }
        let Some((by, space)) = found else {
            // Held by the instance only: nothing of ours can be asked; the assignment came from
            // the registry when it was adopted.
            facts
                .iter_mut()
                .for_each(|fact| fact.owns_data_space = Some(true));
            return Ok(false);
        };
        for (at, pair) in pairs.iter().enumerate() {
            if facts[at].owns_data_space.is_some() {
                continue;
            }
            let ours = self.account_by_id(&pair.account).await?.mage_id;
            facts[at].owns_data_space = match (&ours, &space.mage_id) {
                (Some(ours), Some(theirs)) => Some(ours == theirs),
                _ if at == by || pair.account == pairs[by].account => Some(true),
                _ => None,
            };
        }
        let fresh = space != assignment.data_space;
        assignment.data_space = space;
        Ok(fresh)
    }
}

fn gone(instance: &Instance, purpose: Purpose) -> Error {
    Error::refused(
        "assignedPairGone",
        format!(
            "The {purpose} pair assigned to \"{}\" is not usable from here any more.",
            instance.name
        ),
        "Assign another pair to it.",
    )
}
