//! Assignments that are not the instance's own yet, or not any more: the one it was last proven
//! with, which *Repair* goes back to, and the one a *Move* or *Repair* leads to, which becomes its
//! own when the values are there, also after an interruption.

use super::order::{MoveTarget, Outcome};
use super::prepare::Prepared;
use crate::assignment::Assignment;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::{AccountId, InstanceId};
use crate::instance::Instance;
use crate::journal::{Action, JournalEvent};
use crate::keypair::KeyPair;
use crate::patchbay::Patchbay;
use crate::ports::records::Aside;

impl Patchbay {
    /// Where a move leads, with the data space fresh from the registry.
    ///
    /// # Errors
    /// Unknown or unusable pairs, pairs of two accounts or of the account the instance is at
    /// already, a data space that these keys do not see.
    pub(super) async fn moved_to(
        &self,
        instance: &Instance,
        target: &MoveTarget,
    ) -> Result<Assignment> {
        let production = self.pair_to_move_to(&target.production, Purpose::Production);
        let production = production.await?;
        let sandbox = self.pair_to_move_to(&target.sandbox, Purpose::Sandbox);
        let sandbox = sandbox.await?;
        if production.account != sandbox.account {
            return Err(Error::refused(
                "pairsOfTwoAccounts",
                "The two pairs belong to two accounts; an instance moves to one.",
                "Give both pairs of the account it moves to.",
            ));
        }
        if self.account_held(instance).await? == production.account {
            return Err(Error::refused(
                "sameAccount",
                format!(
                    "\"{}\" belongs to that account already, so this is no move to another MageID (G1).",
                    instance.name
                ),
                "Change the keys first (plan --only keys); once connected, the data space.",
            ));
        }
        let data_space = self
            .fresh_space(
                &[&production, &sandbox],
                &target.project,
                &target.data_space,
            )
            .await?;
        Ok(Assignment {
            instance: instance.id.clone(),
            sandbox: Some(sandbox.id),
            production: Some(production.id),
            data_space,
            assigned_at: self.ports.clock.now(),
        })
    }

    async fn pair_to_move_to(&self, name: &str, purpose: Purpose) -> Result<KeyPair> {
        let pair = self.assigned_pair(Some(name), purpose).await?;
        pair.filter(KeyPair::is_here).ok_or_else(|| {
            Error::refused(
                "keyNotHere",
                format!(
                    "The private key of the {purpose} pair \"{name}\" is not on this computer."
                ),
                "Bring it, or have it handed over.",
            )
        })
    }

    /// The account whose keys an instance should hold now: that of its assigned pairs, else the one
    /// it was added for.
    async fn account_held(&self, instance: &Instance) -> Result<AccountId> {
        let assignments = self.ports.records.assignments().await?;
        let assigned = assignments.iter().find(|a| a.instance == instance.id);
        let ids: Vec<_> = assigned
            .iter()
            .flat_map(|a| a.production.iter().chain(a.sandbox.iter()))
            .collect();
        let pairs = self.key_pairs().await?;
        let held = pairs.into_iter().find(|pair| ids.contains(&&pair.id));
        Ok(held.map_or_else(|| instance.account.clone(), |pair| pair.account))
    }

    /// What an instance should hold when it was last connected.
    ///
    /// # Errors
    /// It never was.
    pub(super) async fn proven_of(&self, instance: &Instance) -> Result<Assignment> {
        self.kept_aside(Aside::Proven, &instance.id)
            .await?
            .ok_or_else(|| {
                Error::refused(
                    "neverProven",
                    format!(
                        "\"{}\" was never proven with an assignment of its own, so there is nothing to go back to.",
                        instance.name
                    ),
                    "Assign key pairs and a data space, or adopt what it holds.",
                )
            })
    }

    async fn kept_aside(&self, which: Aside, id: &InstanceId) -> Result<Option<Assignment>> {
        let kept = self.ports.records.assignments_aside(which).await?;
        Ok(kept.into_iter().find(|one| &one.instance == id))
    }

    /// Puts where a move or repair leads on disk, before anything is written there.
    pub(super) async fn put_aside(&self, prepared: &Prepared) -> Result<()> {
        if let Some(coming) = &prepared.coming {
            let records = &self.ports.records;
            records.save_aside(Aside::Coming, coming).await?;
        }
        Ok(())
    }

    /// Once the outcome of an entry is known: makes where a move or repair led the instance's own
    /// assignment, or forgets it, and remembers that the catalogue has to be sent again.
    pub(crate) async fn follow_up(&self, event: &JournalEvent, outcome: Outcome) -> Result<()> {
        let id = &event.instance;
        if outcome == Outcome::Pushed {
            self.note_space(id, &event.changes).await?;
        }
        let leads = matches!(event.action, Action::Move | Action::Repair);
        if leads && outcome != Outcome::OutcomeUnknown {
            if let (Outcome::Pushed, Some(coming)) =
                (outcome, self.kept_aside(Aside::Coming, id).await?)
            {
                self.take_over(&coming).await?;
            }
            self.ports.records.remove_aside(Aside::Coming, id).await?;
        }
        Ok(())
    }

    async fn take_over(&self, coming: &Assignment) -> Result<()> {
        self.ports.records.save_assignment(coming).await?;
        let pairs = self.key_pairs().await?;
        let leading = coming.production.as_ref().or(coming.sandbox.as_ref());
        let whose = pairs.into_iter().find(|pair| leading == Some(&pair.id));
        let mut instance = self.instance_by_id(&coming.instance).await?;
        if let Some(pair) = whose.filter(|pair| pair.account != instance.account) {
            instance.account = pair.account;
            self.ports.records.save_instance(&instance).await?;
        }
        Ok(())
    }

    /// Remembers with which assignments instances were proven just now.
    pub(crate) async fn note_proven(&self, proven: &[&Assignment]) -> Result<()> {
        if proven.is_empty() {
            return Ok(());
        }
        let known = self.ports.records.assignments_aside(Aside::Proven).await?;
        for one in proven.iter().filter(|one| !known.contains(one)) {
            self.ports.records.save_aside(Aside::Proven, one).await?;
        }
        Ok(())
    }
}
