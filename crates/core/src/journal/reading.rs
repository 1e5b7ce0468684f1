//! The journal asked for by people: all of it, or the part they want.
//!
//! Not here: whether it is whole (`Patchbay::verify_journal`) and what is written into it when.

use std::collections::BTreeSet;

use super::entries::{Entry, entries};
use super::filter::{self, Choices, Filter, OwnersNow};
use super::{AccountThen, Action, JournalEvent, JournalLine, Phase};
use crate::error::Result;
use crate::id::{EntryId, PushId};
use crate::instance::Instance;
use crate::patchbay::Patchbay;

/// A part of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPart {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// Their lines, oldest first, with the numbers they have in the whole journal.
    pub lines: Vec<JournalLine>,
    /// What the whole journal has to choose from.
    pub choices: Choices,
}

impl Patchbay {
    /// The journal, oldest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn journal(&self) -> Result<Vec<JournalLine>> {
        Ok(self.ports.records.journal().await?)
    }

    /// The part of the journal that a filter lets through.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn journal_part(&self, wanted: &Filter) -> Result<JournalPart> {
        let mut lines = self.journal().await?;
        let now = self.owners_now().await?;
        let mut found = entries(&lines, self.now());
        let choices = filter::choices(&found, &now);
        found.retain(|entry| wanted.lets_through(entry, &now));
        let ids = filter::ids(&found);
        lines.retain(|line| ids.contains(&line.event.entry));
        Ok(JournalPart {
            entries: found,
            lines,
            choices,
        })
    }

    async fn owners_now(&self) -> Result<OwnersNow> {
        let accounts = self.accounts().await?;
        let owners = self.instances().await?.into_iter().filter_map(|instance| {
            let account = accounts.iter().find(|one| one.id == instance.account)?;
            let now = AccountThen {
                id: account.id.clone(),
                label: account.label.clone(),
            };
            Some((instance.id, now))
        });
        Ok(owners.collect())
    }

    /// A line about an instance as it stands now, with nothing changed and no outcome yet.
    pub(crate) async fn event_on(
        &self,
        instance: &Instance,
        entry: EntryId,
        push: PushId,
        phase: Phase,
        action: Action,
    ) -> JournalEvent {
        let account = match self.account_by_id(&instance.account).await {
            Ok(account) => Some(AccountThen {
                id: account.id,
                label: account.label,
            }),
            // A line without it says all that matters; whoever filters looks up whose it is now.
            Err(error) => {
                tracing::warn!(%error, "a line of the journal does not name the account");
                None
            }
        };
        JournalEvent {
            entry,
            push,
            at: self.ports.clock.now(),
            person: self.person.clone(),
            phase,
            action,
            instance: instance.id.clone(),
            instance_name: instance.name.clone(),
            account,
            parts: BTreeSet::new(),
            changes: Vec::new(),
            outcome: None,
            error: None,
        }
    }
}
