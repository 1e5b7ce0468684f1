//! Records in memory.
//!
//! Several handles on the same memory stand for several processes on one data directory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::trouble::Trouble;
use super::{lock, step_aside};
use crate::account::Account;
use crate::assignment::Assignment;
use crate::connection::Evidence;
use crate::fingerprint::FingerprintKey;
use crate::handover::{HandOver, KeyRequest};
use crate::id::{
    AccountId, EntryId, HandOverId, InstanceId, KeyPairId, KeychainItem, ReplacementId,
};
use crate::instance::Instance;
use crate::journal::{ChainKey, Head, JournalEvent, JournalLine, Link};
use crate::keypair::{Export, KeyPair};
use crate::ports::clock::UnixMillis;
use crate::ports::records::{Aside, InstanceLock, OwnSecret, Records, RecordsError, StoredBlob};
use crate::ports::transport::UndoBlob;
use crate::replacing::Replacement;
use crate::resync::ResyncDue;

#[derive(Default)]
struct Tables {
    settings: BTreeMap<String, String>,
    accounts: BTreeMap<AccountId, Account>,
    key_pairs: BTreeMap<KeyPairId, KeyPair>,
    replacements: Vec<Replacement>,
    key_requests: Vec<KeyRequest>,
    hand_overs: Vec<HandOver>,
    instances: BTreeMap<InstanceId, Instance>,
    assignments: BTreeMap<InstanceId, Assignment>,
    aside: BTreeMap<(Aside, InstanceId), Assignment>,
    resyncs: BTreeMap<InstanceId, ResyncDue>,
    evidence: BTreeMap<InstanceId, Evidence>,
    tokens: BTreeSet<String>,
    token_expiry: HashMap<InstanceId, i64>,
    journal: Vec<JournalLine>,
    blobs: HashMap<EntryId, (UnixMillis, StoredBlob)>,
    locks: BTreeSet<InstanceId>,
}

/// Records for tests.
#[derive(Default)]
pub struct MemoryRecords {
    tables: Arc<Mutex<Tables>>,
    seed: u8,
    /// Tells calls to fail; nothing is changed by a call that fails.
    pub trouble: Trouble<RecordsError>,
}

impl MemoryRecords {
    /// Records whose random names and key differ from those of another seed.
    pub fn seeded(seed: u8) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// A second handle on the same memory, as another process on the data directory has it.
    #[must_use]
    pub fn another_process(&self) -> Self {
        Self {
            tables: self.tables.clone(),
            seed: self.seed,
            trouble: Trouble::default(),
        }
    }

    /// Makes the next call fail with `error`; the call after it works again.
    pub fn fail_next(&self, error: RecordsError) {
        self.trouble.once_after(0, error);
    }

    /// Changes the journal from behind, as somebody with the file could.
    pub fn tamper_journal(&self, act: impl FnOnce(&mut Vec<JournalLine>)) {
        act(&mut lock(&self.tables).journal);
    }

    async fn call<T>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, RecordsError> + Send,
    ) -> Result<T, RecordsError> {
        step_aside().await;
        self.trouble.check()?;
        act(&mut lock(&self.tables))
    }

    fn random(&self, what: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update([self.seed])
            .chain_update(what)
            .finalize()
            .into()
    }
}

fn missing(what: &str) -> RecordsError {
    RecordsError::Failed {
        detail: format!("there is no such {what}"),
    }
}

fn taken(what: &'static str, name: &str) -> RecordsError {
    RecordsError::NameTaken {
        what,
        name: name.to_owned(),
    }
}

impl Tables {
    fn by_account(&self, pair: &KeyPair) -> (String, String, crate::config::Purpose) {
        let label = self
            .accounts
            .get(&pair.account)
            .map(|account| account.label.clone());
        (label.unwrap_or_default(), pair.name.clone(), pair.purpose)
    }

    fn account_use(&self, id: &AccountId) -> Option<String> {
        let pairs = self
            .key_pairs
            .values()
            .filter(|pair| pair.account == *id)
            .count();
        let instances = self
            .instances
            .values()
            .filter(|one| one.account == *id)
            .count();
        (pairs + instances > 0).then(|| {
            format!("it has {pairs} key pairs and {instances} instances; remove them first")
        })
    }

    fn pair_use(&self, id: &KeyPairId) -> Option<String> {
        let names: Vec<&str> = self
            .assignments
            .values()
            .filter(|one| one.sandbox.as_ref() == Some(id) || one.production.as_ref() == Some(id))
            .filter_map(|one| self.instances.get(&one.instance))
            .map(|instance| instance.name.as_str())
            .collect();
        (!names.is_empty()).then(|| format!("it is assigned to {}", names.join(", ")))
    }
}

fn in_use(what: &'static str, by: Option<String>) -> Result<(), RecordsError> {
    by.map_or(Ok(()), |by| Err(RecordsError::InUse { what, by }))
}

#[async_trait]
impl Records for MemoryRecords {
    async fn fingerprint_key(&self) -> Result<FingerprintKey, RecordsError> {
        let key = FingerprintKey::new(self.random("fingerprint key"));
        self.call(|_| Ok(key)).await
    }

    async fn own_secret(&self, which: OwnSecret) -> Result<KeychainItem, RecordsError> {
        let mut half = [0; 16];
        half.copy_from_slice(&self.random(which.as_str())[..16]);
        self.call(|_| Ok(KeychainItem::from_random(half))).await
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, RecordsError> {
        self.call(|tables| Ok(tables.settings.get(key).cloned()))
            .await
    }

    async fn settings(&self) -> Result<Vec<(String, String)>, RecordsError> {
        self.call(|tables| Ok(tables.settings.clone().into_iter().collect()))
            .await
    }

    async fn set_setting(&self, key: &str, value: &str) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.settings.insert(key.to_owned(), value.to_owned());
            Ok(())
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, RecordsError> {
        self.call(|tables| {
            let mut all: Vec<Account> = tables.accounts.values().cloned().collect();
            all.sort_by(|a, b| a.label.cmp(&b.label));
            Ok(all)
        })
        .await
    }

    async fn save_account(&self, account: &Account) -> Result<(), RecordsError> {
        self.call(|tables| {
            let mut others = tables
                .accounts
                .values()
                .filter(|other| other.id != account.id);
            if others.any(|other| other.label == account.label) {
                return Err(taken("an account", &account.label));
            }
            tables.accounts.insert(account.id.clone(), account.clone());
            Ok(())
        })
        .await
    }

    async fn remove_account(&self, id: &AccountId) -> Result<(), RecordsError> {
        self.call(|tables| {
            in_use("the account", tables.account_use(id))?;
            tables.accounts.remove(id);
            let of = |request: &KeyRequest| request.account.as_ref() == Some(id);
            tables.key_requests.retain(|request| !of(request));
            Ok(())
        })
        .await
    }

    async fn key_pairs(&self) -> Result<Vec<KeyPair>, RecordsError> {
        self.call(|tables| {
            let mut all: Vec<KeyPair> = tables.key_pairs.values().cloned().collect();
            all.sort_by_key(|pair| tables.by_account(pair));
            Ok(all)
        })
        .await
    }

    async fn save_key_pair(&self, pair: &KeyPair) -> Result<(), RecordsError> {
        self.call(|tables| {
            if !tables.accounts.contains_key(&pair.account) {
                return Err(missing("account"));
            }
            let mut others = tables
                .key_pairs
                .values()
                .filter(|other| other.id != pair.id);
            if others.any(|other| {
                (&other.account, other.purpose, &other.name)
                    == (&pair.account, pair.purpose, &pair.name)
            }) {
                return Err(taken("a key pair", &pair.name));
            }
            let mut pair = pair.clone();
            if let (Some(there), true) =
                (tables.key_pairs.get(&pair.id), pair.export != Export::None)
            {
                pair.export = there.export.clone();
            }
            tables.key_pairs.insert(pair.id.clone(), pair);
            Ok(())
        })
        .await
    }

    async fn change_export(
        &self,
        pair: &KeyPairId,
        from: &Export,
        to: &Export,
    ) -> Result<bool, RecordsError> {
        self.call(|tables| {
            let there = tables.key_pairs.get_mut(pair);
            let there = there.filter(|there| there.export == *from);
            Ok(there.map(|there| there.export = to.clone()).is_some())
        })
        .await
    }

    async fn remove_key_pair(&self, id: &KeyPairId) -> Result<(), RecordsError> {
        self.call(|tables| {
            in_use("the key pair", tables.pair_use(id))?;
            tables.key_pairs.remove(id);
            tables.replacements.retain(|one| &one.old != id);
            for one in &mut tables.replacements {
                one.new.take_if(|new| new == id);
            }
            Ok(())
        })
        .await
    }

    async fn replacements(&self) -> Result<Vec<Replacement>, RecordsError> {
        self.call(|tables| {
            let mut all = tables.replacements.clone();
            all.sort_by_key(|one| one.began_at);
            Ok(all)
        })
        .await
    }

    async fn save_replacement(&self, replacement: &Replacement) -> Result<(), RecordsError> {
        self.call(|tables| {
            let mut pairs = std::iter::once(&replacement.old).chain(&replacement.new);
            if !pairs.all(|pair| tables.key_pairs.contains_key(pair)) {
                return Err(missing("key pair"));
            }
            let mut others = tables.replacements.iter();
            if others.any(|one| one.old == replacement.old && one.id != replacement.id) {
                return Err(RecordsError::InUse {
                    what: "the key pair",
                    by: "it is being replaced already".to_owned(),
                });
            }
            tables.replacements.retain(|one| one.id != replacement.id);
            tables.replacements.push(replacement.clone());
            Ok(())
        })
        .await
    }

    async fn remove_replacement(&self, id: &ReplacementId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.replacements.retain(|one| &one.id != id);
            Ok(())
        })
        .await
    }

    async fn key_requests(&self) -> Result<Vec<KeyRequest>, RecordsError> {
        self.call(|tables| {
            let mut all = tables.key_requests.clone();
            all.sort_by_key(|one| one.created_at);
            Ok(all)
        })
        .await
    }

    async fn save_key_request(&self, request: &KeyRequest) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.key_requests.retain(|one| one.id != request.id);
            tables.key_requests.push(request.clone());
            Ok(())
        })
        .await
    }

    async fn remove_key_request(&self, id: &HandOverId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.key_requests.retain(|one| &one.id != id);
            Ok(())
        })
        .await
    }

    async fn hand_overs(&self) -> Result<Vec<HandOver>, RecordsError> {
        self.call(|tables| {
            let mut all = tables.hand_overs.clone();
            all.sort_by_key(|one| one.at);
            Ok(all)
        })
        .await
    }

    async fn save_hand_over(&self, hand_over: &HandOver) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.hand_overs.retain(|one| one.id != hand_over.id);
            tables.hand_overs.push(hand_over.clone());
            Ok(())
        })
        .await
    }

    async fn remove_hand_over(&self, id: &HandOverId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.hand_overs.retain(|one| &one.id != id);
            Ok(())
        })
        .await
    }

    async fn instances(&self) -> Result<Vec<Instance>, RecordsError> {
        self.call(|tables| {
            let mut all: Vec<Instance> = tables.instances.values().cloned().collect();
            all.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(all)
        })
        .await
    }

    async fn save_instance(&self, instance: &Instance) -> Result<(), RecordsError> {
        self.call(|tables| {
            if !tables.accounts.contains_key(&instance.account) {
                return Err(missing("account"));
            }
            let mut others = tables
                .instances
                .values()
                .filter(|other| other.id != instance.id);
            if others.any(|other| other.name == instance.name) {
                return Err(taken("an instance", &instance.name));
            }
            tables
                .instances
                .insert(instance.id.clone(), instance.clone());
            Ok(())
        })
        .await
    }

    async fn remove_instance(&self, id: &InstanceId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.instances.remove(id);
            tables.assignments.remove(id);
            tables.aside.retain(|(_, whose), _| whose != id);
            tables.resyncs.remove(id);
            tables.evidence.remove(id);
            tables.token_expiry.remove(id);
            Ok(())
        })
        .await
    }

    async fn assignments(&self) -> Result<Vec<Assignment>, RecordsError> {
        self.call(|tables| Ok(tables.assignments.values().cloned().collect()))
            .await
    }

    async fn save_assignment(&self, assignment: &Assignment) -> Result<(), RecordsError> {
        self.call(|tables| {
            if !tables.instances.contains_key(&assignment.instance) {
                return Err(missing("instance"));
            }
            let mut pairs = assignment.sandbox.iter().chain(&assignment.production);
            if !pairs.all(|pair| tables.key_pairs.contains_key(pair)) {
                return Err(missing("key pair"));
            }
            tables
                .assignments
                .insert(assignment.instance.clone(), assignment.clone());
            Ok(())
        })
        .await
    }

    async fn remove_assignment(&self, id: &InstanceId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.assignments.remove(id);
            Ok(())
        })
        .await
    }

    async fn assignments_aside(&self, which: Aside) -> Result<Vec<Assignment>, RecordsError> {
        self.call(|tables| {
            let all = tables.aside.iter();
            let of_kind = all.filter(|((kind, _), _)| *kind == which);
            Ok(of_kind.map(|(_, one)| one.clone()).collect())
        })
        .await
    }

    async fn save_aside(&self, which: Aside, assignment: &Assignment) -> Result<(), RecordsError> {
        self.call(|tables| {
            if !tables.instances.contains_key(&assignment.instance) {
                return Err(missing("instance"));
            }
            let key = (which, assignment.instance.clone());
            tables.aside.insert(key, assignment.clone());
            Ok(())
        })
        .await
    }

    async fn remove_aside(&self, which: Aside, id: &InstanceId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.aside.remove(&(which, id.clone()));
            Ok(())
        })
        .await
    }

    async fn resyncs_due(&self) -> Result<Vec<ResyncDue>, RecordsError> {
        self.call(|tables| Ok(tables.resyncs.values().cloned().collect()))
            .await
    }

    async fn save_resync_due(&self, due: &ResyncDue) -> Result<(), RecordsError> {
        self.call(|tables| {
            if !tables.instances.contains_key(&due.instance) {
                return Err(missing("instance"));
            }
            tables.resyncs.insert(due.instance.clone(), due.clone());
            Ok(())
        })
        .await
    }

    async fn remove_resync_due(&self, id: &InstanceId) -> Result<(), RecordsError> {
        self.call(|tables| {
            tables.resyncs.remove(id);
            Ok(())
        })
        .await
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, RecordsError> {
        self.call(|tables| Ok(tables.evidence.values().cloned().collect()))
            .await
    }

    async fn save_evidence(&self, evidence: &Evidence) -> Result<(), RecordsError> {
        self.call(|tables| {
            if tables.instances.contains_key(&evidence.instance) {
                tables
                    .evidence
                    .insert(evidence.instance.clone(), evidence.clone());
            }
            Ok(())
        })
        .await
    }

    async fn first_use_of_token(&self, digest: &str, _expires: i64) -> Result<bool, RecordsError> {
        self.call(|tables| Ok(tables.tokens.insert(digest.to_owned())))
            .await
    }

    async fn last_token_expiry(&self, instance: &InstanceId) -> Result<i64, RecordsError> {
        self.call(|tables| Ok(tables.token_expiry.get(instance).copied().unwrap_or(0)))
            .await
    }

    async fn set_last_token_expiry(
        &self,
        instance: &InstanceId,
        expires: i64,
    ) -> Result<(), RecordsError> {
        self.call(|tables| {
            let last = tables.token_expiry.entry(instance.clone()).or_insert(0);
            *last = expires.max(*last);
            Ok(())
        })
        .await
    }

    async fn append(
        &self,
        key: &ChainKey,
        event: &JournalEvent,
        blob: Option<&UndoBlob>,
    ) -> Result<Head, RecordsError> {
        self.call(|tables| {
            if blob.is_some() && tables.blobs.contains_key(&event.entry) {
                return Err(RecordsError::Failed {
                    detail: "this entry already has its former rows".to_owned(),
                });
            }
            let last = tables.journal.last();
            let seq = last.map_or(0, |line| line.seq) + 1;
            let previous = last.map_or_else(Link::start, |line| line.link.clone());
            let link = key.mac(&previous, event);
            let event = event.clone();
            if let Some(blob) = blob {
                let stored = StoredBlob {
                    instance: event.instance.clone(),
                    blob: blob.clone(),
                };
                tables.blobs.insert(event.entry.clone(), (event.at, stored));
            }
            let head = Head {
                seq,
                link: link.clone(),
            };
            tables.journal.push(JournalLine { seq, event, link });
            Ok(head)
        })
        .await
    }

    async fn journal(&self) -> Result<Vec<JournalLine>, RecordsError> {
        self.call(|tables| Ok(tables.journal.clone())).await
    }

    async fn blob(&self, entry: &EntryId) -> Result<Option<StoredBlob>, RecordsError> {
        self.call(|tables| Ok(tables.blobs.get(entry).map(|(_, stored)| stored.clone())))
            .await
    }

    async fn drop_blobs_before(&self, time: UnixMillis) -> Result<u64, RecordsError> {
        self.call(|tables| {
            let before = tables.blobs.len();
            tables.blobs.retain(|_, (at, _)| *at >= time);
            Ok((before - tables.blobs.len()) as u64)
        })
        .await
    }

    async fn drop_blobs_of(&self, id: &InstanceId) -> Result<u64, RecordsError> {
        self.call(|tables| {
            let before = tables.blobs.len();
            tables.blobs.retain(|_, (_, stored)| &stored.instance != id);
            Ok((before - tables.blobs.len()) as u64)
        })
        .await
    }

    async fn lock_instance(
        &self,
        id: &InstanceId,
    ) -> Result<Option<Box<dyn InstanceLock>>, RecordsError> {
        let shared = self.tables.clone();
        self.call(|tables| {
            let free = tables.locks.insert(id.clone());
            Ok(free.then(|| -> Box<dyn InstanceLock> {
                Box::new(MemoryLock {
                    tables: shared,
                    id: id.clone(),
                })
            }))
        })
        .await
    }
}

struct MemoryLock {
    tables: Arc<Mutex<Tables>>,
    id: InstanceId,
}

impl InstanceLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        lock(&self.tables).locks.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::records_contract;

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let records = MemoryRecords::default();
        records_contract(&records, &records.another_process())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn it_fails_when_told() {
        let records = MemoryRecords::default();
        let error = RecordsError::Failed {
            detail: "disk full".into(),
        };
        records.fail_next(error.clone());
        assert_eq!(records.set_setting("a", "b").await, Err(error));
        assert_eq!(
            records.setting("a").await,
            Ok(None),
            "and nothing was written"
        );
    }
}
