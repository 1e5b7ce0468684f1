//! Carrying a replacement on: one instance first, then the rest, each proven before it counts.
//!
//! A step is: say in the records what an instance should hold, push its keys, and take Adobe's
//! answer about the token that the instance signed. Each can be repeated: what was done already is
//! found on the instance and not done again.

use std::collections::BTreeSet;

use super::choosing::done;
use super::{MemberState, OldPair, Replacement, Stage};
use crate::config::Part;
use crate::connection::{Evidence, PairAnswer};
use crate::error::{Error, Result};
use crate::id::InstanceId;
use crate::keypair::{KeyPair, KeyPairState};
use crate::patchbay::{Patchbay, no_such};
use crate::push::order::{Cancel, InstanceResult, OrderKind, Outcome, PushOrder};
use crate::push::run::OnStep;

/// How a replacement is carried on.
#[derive(Clone, Debug, Default)]
pub struct CarryOrder {
    /// Instance names that were typed to confirm what a guard asks.
    pub confirmed: Vec<String>,
    /// Whether to stop once the first instance is proven, so that a person can look at it.
    pub only_first: bool,
    /// Raised to stop what has not begun to write.
    pub cancel: Cancel,
}

/// How far a replacement came.
#[derive(Clone, Debug)]
pub struct CarryReport {
    /// As it stands now.
    pub replacement: Replacement,
    /// What came of every instance that was worked on in this run, in order.
    pub instances: Vec<InstanceResult>,
    /// Why it stopped before the end, naming an instance; `None` where it came as far as it should.
    pub stopped: Option<Error>,
}

impl Patchbay {
    /// Carries a replacement on, as far as it goes: to its first instance, to the rest, and to the
    /// point where only the old pair is left to be deleted.
    ///
    /// # Errors
    /// No such pair or replacement, no new pair chosen yet, records, keychain. What concerns an
    /// instance is in the report.
    pub async fn carry_replacement(
        &self,
        old: &str,
        order: &CarryOrder,
        on_step: OnStep<'_>,
    ) -> Result<CarryReport> {
        let old = self.key_pair_named(old, None).await?;
        let mut replacement = self.begun_replacement(&old).await?;
        match replacement.stage() {
            Stage::Ended => return Err(done(&old)),
            Stage::AwaitsNewPair => return Err(no_new_pair(&old)),
            _ => {}
        }
        let new = self.new_pair_of(&replacement).await?;
        let mut report = CarryReport {
            replacement: replacement.clone(),
            instances: Vec::new(),
            stopped: None,
        };
        loop {
            // A pair that is switched off half way is no reason to go slowly.
            if replacement.stage() == Stage::First && replacement.old_pair != OldPair::SwitchedOff {
                let now = self.old_pair_now(&old, &replacement).await?;
                if now != replacement.old_pair && now != OldPair::NotKnown {
                    replacement.old_pair = now;
                    self.ports.records.save_replacement(&replacement).await?;
                }
            }
            let first = replacement.stage() == Stage::First;
            let due = replacement.due();
            if due.is_empty() {
                break;
            }
            let results = self
                .give_new_pair(&mut replacement, &new, &due, order, on_step)
                .await?;
            report.stopped = self.first_open(&replacement, &due, &results).await?;
            report.instances.extend(results);
            if report.stopped.is_some() || (first && order.only_first) || order.cancel.is_raised() {
                break;
            }
        }
        if replacement.stage() == Stage::DeleteOld {
            self.retire_replaced(&old).await?;
        }
        report.replacement = replacement;
        Ok(report)
    }

    async fn new_pair_of(&self, replacement: &Replacement) -> Result<KeyPair> {
        let pairs = self.key_pairs().await?;
        pairs
            .into_iter()
            .find(|pair| replacement.new.as_ref() == Some(&pair.id))
            .ok_or_else(|| no_such("key pair", "the new one of this replacement"))
    }

    /// Assigns and pushes the new pair to these instances, and notes of each how far it came.
    async fn give_new_pair(
        &self,
        replacement: &mut Replacement,
        new: &KeyPair,
        due: &[InstanceId],
        order: &CarryOrder,
        on_step: OnStep<'_>,
    ) -> Result<Vec<InstanceResult>> {
        for instance in due {
            self.assign_pair_of(instance, replacement, &new.id).await?;
        }
        let ids = due.iter().map(|id| id.as_str().to_owned()).collect();
        let push = PushOrder {
            // Keys only: a data space never changes along with them.
            parts: BTreeSet::from([Part::Keys]),
            confirmed: order.confirmed.clone(),
            cancel: order.cancel.clone(),
            ..PushOrder::new(OrderKind::Assignment, ids)
        };
        let mut results = self.push(&push, on_step).await?.instances;
        for result in &mut results {
            let there = matches!(result.outcome, Outcome::Pushed | Outcome::Unchanged);
            if there && !result.evidence.as_ref().is_some_and(|e| proves(e, new)) {
                // Written by an earlier run, or the proof was lost: Adobe is asked again.
                let checked = self.check(&[result.instance.as_str().to_owned()]).await?;
                result.evidence = checked.into_iter().next().map(|one| one.evidence);
            }
            let proven = result.evidence.as_ref().is_some_and(|e| proves(e, new));
            if let (true, Some(member)) = (there, replacement.member_mut(&result.instance)) {
                member.state = match proven {
                    true => MemberState::Proven,
                    false => MemberState::Written,
                };
            }
        }
        self.ports.records.save_replacement(replacement).await?;
        Ok(results)
    }

    /// Why it cannot go on: the first instance that is not proven.
    async fn first_open(
        &self,
        replacement: &Replacement,
        due: &[InstanceId],
        results: &[InstanceResult],
    ) -> Result<Option<Error>> {
        let open = replacement
            .members
            .iter()
            .find(|member| member.state != MemberState::Proven && due.contains(&member.instance));
        let Some(open) = open else { return Ok(None) };
        let result = results.iter().find(|one| one.instance == open.instance);
        let name = match result {
            Some(result) => result.name.clone(),
            None => self.instance_by_id(&open.instance).await?.name,
        };
        let failed = result.and_then(|one| one.error.clone());
        Ok(Some(failed.unwrap_or_else(|| {
            Error::refused(
                "newPairNotProven",
                format!("Adobe has not confirmed the new pair on \"{name}\" yet."),
                "Carry the replacement on: it asks again and goes on from there.",
            )
            .with("name", name)
        })))
    }

    /// The old pair is only kept for its history once nobody uses it any more.
    async fn retire_replaced(&self, old: &KeyPair) -> Result<()> {
        let keeps = matches!(
            old.state,
            KeyPairState::Ready | KeyPairState::HeldByInstance | KeyPairState::Lost
        );
        if keeps && self.users_of(&old.id).await?.is_empty() {
            let mut retired = old.clone();
            retired.state = KeyPairState::Retired;
            self.ports.records.save_key_pair(&retired).await?;
        }
        Ok(())
    }
}

/// Whether Adobe accepted this very pair by a token that the instance signed with it.
fn proves(evidence: &Evidence, new: &KeyPair) -> bool {
    let path = new.purpose.private_key_path();
    let holds = evidence.seen.as_ref().is_some_and(|seen| {
        seen.identity.get(&path) == new.identity.as_ref()
            && seen.exact.get(&new.purpose.api_key_path()) == new.api_key_exact.as_ref()
    });
    let accepted = evidence.adobe.as_ref().is_some_and(|proof| {
        proof.by_instance_token
            && proof.pair(new.purpose) == &PairAnswer::Accepted
            && proof.at.0 >= evidence.seen.as_ref().map_or(i64::MAX, |seen| seen.at.0)
    });
    new.identity.is_some() && holds && accepted
}

fn no_new_pair(old: &KeyPair) -> Error {
    Error::refused(
        "newPairMissing",
        format!("No new pair is chosen for \"{}\" yet.", old.name),
        "Create or bring the new pair, then choose it.",
    )
    .with("name", &old.name)
}
