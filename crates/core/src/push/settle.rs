//! After an interrupted push: what the next start says about it (P9).
//!
//! An entry that was begun and never ended is named old or new by a look under the same database
//! lock that a push takes. An entry of a living process is left alone.

use std::collections::BTreeSet;

use crate::config::{ConfigPath, Part};
use crate::error::Result;
use crate::fingerprint::ExactFingerprint;
use crate::id::{EntryId, InstanceId, PushId};
use crate::instance::Way;
use crate::instance::adding::refuse_another;
use crate::journal::{Action, JournalCheck, JournalEvent, Phase, verify};
use crate::look::{Look, PaymentPlace};
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::keychain::Asked;
use crate::ports::records::{OwnSecret, RecordsError};
use crate::ports::transport::LookRequest;
use crate::push::carry::payment_side;
use crate::push::order::Outcome;

/// How long a second look waits for the instance's lock.
pub(crate) const SECOND_LOOK_SECONDS: u32 = 40;

/// How long undo blobs are kept.
pub(crate) const BLOB_DAYS: i64 = 90;

/// The code of an entry that was named only after an interruption.
const INTERRUPTED: &str = "interrupted";

/// What was found about an entry that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The entry.
    pub entry: EntryId,
    /// The instance's name then.
    pub instance: String,
    /// `Pushed`: the new values are there. `Failed`: the former ones. `OutcomeUnknown`: neither, or
    /// not to be told now; then it is asked again at the next start.
    pub outcome: Outcome,
}

/// What a retry of the last push would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedPush {
    /// That push.
    pub push: PushId,
    /// The instances whose part of it failed or is still open, as far as they are still known.
    pub instances: Vec<InstanceId>,
    /// The parts it was allowed to touch; a retry touches no others.
    pub parts: BTreeSet<Part>,
}

impl Patchbay {
    /// Checks the journal's chain against what the keychain remembers.
    ///
    /// # Errors
    /// Records and keychain.
    pub async fn verify_journal(&self) -> Result<JournalCheck> {
        let lines = match self.ports.records.journal().await {
            // What cannot be read any more was changed, whatever its MAC would say.
            Err(RecordsError::JournalLine { seq }) => return Ok(JournalCheck::Changed { seq }),
            lines => lines?,
        };
        let key_item = self.ports.records.own_secret(OwnSecret::JournalKey).await?;
        let Some(key) = self.ports.keychain.read(&key_item, Asked::ByUser).await? else {
            return Ok(if lines.is_empty() {
                JournalCheck::Good { lines: 0 }
            } else {
                JournalCheck::KeyMissing
            });
        };
        let head_item = self
            .ports
            .records
            .own_secret(OwnSecret::JournalHead)
            .await?;
        let head = self.ports.keychain.read(&head_item, Asked::ByUser).await?;
        let head = head.as_ref().and_then(crate::journal::Head::from_secret);
        Ok(verify(
            &lines,
            &crate::journal::ChainKey::new(key),
            head.as_ref(),
        ))
    }

    /// The entries that were begun and never ended.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn open_entries(&self) -> Result<Vec<JournalEvent>> {
        let lines = self.ports.records.journal().await?;
        let ended = |entry: &EntryId| {
            lines
                .iter()
                .any(|line| &line.event.entry == entry && line.event.phase == Phase::Ended)
        };
        Ok(lines
            .iter()
            .filter(|line| line.event.phase == Phase::Begun && !ended(&line.event.entry))
            .map(|line| line.event.clone())
            .collect())
    }

    /// Names what became of interrupted entries, and drops undo blobs that are too old.
    ///
    /// # Errors
    /// Records and keychain. An instance that cannot be reached leaves its entry open.
    pub async fn settle(&self) -> Result<Vec<Settled>> {
        self.settle_those(|_| true).await
    }

    /// As [`Patchbay::settle`], for some instances only.
    pub(crate) async fn settle_those(
        &self,
        wanted: impl Fn(&InstanceId) -> bool,
    ) -> Result<Vec<Settled>> {
        let now = self.ports.clock.now();
        let old = UnixMillis(now.0 - BLOB_DAYS * 86_400_000);
        self.ports.records.drop_blobs_before(old).await?;
        let mut settled = Vec::new();
        for begun in self.open_entries().await? {
            if !wanted(&begun.instance) {
                continue;
            }
            let Some(_lock) = self.ports.records.lock_instance(&begun.instance).await? else {
                continue;
            };
            let still = self.open_entries().await?;
            if !still.iter().any(|event| event.entry == begun.entry) {
                continue;
            }
            let outcome = self.settle_one(&begun).await?;
            if outcome != Outcome::OutcomeUnknown {
                self.follow_up(&begun, outcome).await?;
                let event = JournalEvent {
                    at: self.ports.clock.now(),
                    phase: Phase::Ended,
                    outcome: Some(outcome.as_str().to_owned()),
                    error: Some((INTERRUPTED.to_owned(), said(outcome).to_owned())),
                    ..begun.clone()
                };
                self.write_journal(&event, None).await?;
            }
            settled.push(Settled {
                entry: begun.entry,
                instance: begun.instance_name,
                outcome,
            });
        }
        self.remember_head_if_possible().await;
        Ok(settled)
    }

    async fn settle_one(&self, begun: &JournalEvent) -> Result<Outcome> {
        let Ok(instance) = self.instance_by_id(&begun.instance).await else {
            return Ok(Outcome::OutcomeUnknown);
        };
        let Way::Ssh(way) = &instance.way else {
            return Ok(Outcome::OutcomeUnknown);
        };
        let request = LookRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            sign_after: self.sign_after(&instance).await?,
            under_lock: Some(SECOND_LOOK_SECONDS),
            take_keys: None,
            asked: Asked::ByUser,
        };
        let look = match self.ports.transport.look(way, &request).await {
            Ok(look) if refuse_another(&instance, &look).is_ok() => look,
            Ok(_) | Err(_) => return Ok(Outcome::OutcomeUnknown),
        };
        self.spend_tokens(&instance, &look.tokens).await?;
        Ok(named(begun, &look))
    }

    /// What failed of the last push; `None` where there was none.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn failed_of_last_push(&self) -> Result<Option<FailedPush>> {
        let lines = self.ports.records.journal().await?;
        // Notes (adopt, repin) and entries of older pushes that were settled later are no push.
        let Some(last) = lines.iter().rev().find(|line| {
            let settled = line
                .event
                .error
                .as_ref()
                .is_some_and(|(code, _)| code == INTERRUPTED);
            line.event.action == Action::Push && !settled
        }) else {
            return Ok(None);
        };
        let failed = [
            Outcome::Failed.as_str(),
            Outcome::Blocked.as_str(),
            Outcome::ChangedSincePlan.as_str(),
        ];
        let open = self.open_entries().await?;
        let known = self.instances().await?;
        let mut found = FailedPush {
            push: last.event.push.clone(),
            instances: Vec::new(),
            parts: last.event.parts.clone(),
        };
        for event in lines.iter().map(|line| &line.event) {
            let outcome = event.outcome.as_deref();
            let of_it = event.push == found.push
                && (outcome.is_some_and(|outcome| failed.contains(&outcome))
                    || open.iter().any(|begun| begun.entry == event.entry));
            if of_it
                && !found.instances.contains(&event.instance)
                && known.iter().any(|one| one.id == event.instance)
            {
                found.instances.push(event.instance.clone());
            }
        }
        if found.parts.is_empty() {
            found.parts = Part::ALL.into_iter().collect();
        }
        Ok(Some(found))
    }
}

fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pushed => "Interrupted; the new values are there.",
        _ => "Interrupted; the former values are there, nothing was written.",
    }
}

/// Names what an instance holds against what an entry was to change.
fn named(begun: &JournalEvent, look: &Look) -> Outcome {
    let holds = |pick: fn(&crate::journal::ChangeLine) -> &str| {
        begun.changes.iter().all(|change| {
            if let Some(place) = PaymentPlace::parse(&change.path) {
                return payment_side(look.payment(&place)).1 == pick(change);
            }
            let Some(path) = ConfigPath::parse(&change.path) else {
                return false;
            };
            let there = look.exact(path).map_or("", ExactFingerprint::as_str);
            there == pick(change)
        })
    };
    if holds(|change| &change.to.1) {
        Outcome::Pushed
    } else if holds(|change| &change.from.1) {
        Outcome::Failed
    } else {
        Outcome::OutcomeUnknown
    }
}
