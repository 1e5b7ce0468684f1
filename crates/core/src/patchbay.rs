//! The one door: everything a window or a command line may ask.
//!
//! The use cases themselves stand in their rooms as further methods of [`Patchbay`]; here is what
//! they share. Not here: choosing adapters (the shell's wiring).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::fingerprint::FingerprintKey;
use crate::id::{
    AccountId, ClaimId, EntryId, HandOverId, InstanceId, KeyPairId, KeychainItem, Nonce, PushId,
    ReplacementId,
};
use crate::instance::Instance;
use crate::journal::{ChainKey, Head, JournalEvent};
use crate::keypair::exporting::Exports;
use crate::ports::clock::{Clock, UnixMillis};
use crate::ports::crypto::Crypto;
use crate::ports::gateway::Gateway;
use crate::ports::keychain::{Asked, Keychain, KeychainError};
use crate::ports::portal::Portal;
use crate::ports::records::{InstanceLock, OwnSecret, Records};
use crate::ports::storefront::Storefront;
use crate::ports::transport::{Transport, UndoBlob};
use crate::secret::Secret;

/// Everything outside, behind ports.
#[derive(Clone)]
pub struct Ports {
    /// Where private keys live.
    pub keychain: Arc<dyn Keychain>,
    /// Keys, random numbers, sealing.
    pub crypto: Arc<dyn Crypto>,
    /// Adobe's gateways.
    pub gateway: Arc<dyn Gateway>,
    /// A portal with an API.
    pub portal: Arc<dyn Portal>,
    /// What we remember on disk.
    pub records: Arc<dyn Records>,
    /// Shops as visitors see them.
    pub storefront: Arc<dyn Storefront>,
    /// The way to instances.
    pub transport: Arc<dyn Transport>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The one door to everything Patchbay decides.
#[derive(Clone)]
pub struct Patchbay {
    pub(crate) ports: Ports,
    pub(crate) person: String,
    pub(crate) exports: Arc<Exports>,
    kept: Arc<Mutex<Kept>>,
}

/// What is asked for once and kept while the program runs.
#[derive(Default)]
struct Kept {
    fingerprint_key: Option<FingerprintKey>,
    chain_key: Option<Arc<ChainKey>>,
    head: Option<Head>,
    /// How many runs began in this process.
    runs: u64,
    /// Who handed which token over first, and how many runs had begun then.
    handed: HashMap<String, (u64, InstanceId)>,
    /// When Adobe answered, by the clock that only goes forward.
    answered: HashMap<InstanceId, (UnixMillis, Duration)>,
    /// When an instance was looked at, by the same clock.
    looked: HashMap<InstanceId, (UnixMillis, Duration)>,
}

/// One run against one instance, by its place among all that began in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run(u64);

impl Patchbay {
    /// Opens the door over the given outside. `person` is the login name for the journal.
    pub fn new(ports: Ports, person: &str) -> Self {
        Self {
            ports,
            person: crate::text::outside(person, 64),
            exports: Arc::default(),
            kept: Arc::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn fingerprint_key(&self) -> Result<FingerprintKey> {
        let known = self.kept().fingerprint_key.clone();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = self.ports.records.fingerprint_key().await?;
        self.kept().fingerprint_key = Some(key.clone());
        Ok(key)
    }

    /// Finds an instance by its id or its name. The id goes first: a window asks by it, and a
    /// name that somebody chose must never stand for another instance.
    pub(crate) async fn instance_named(&self, name: &str) -> Result<Instance> {
        let mut instances = self.ports.records.instances().await?;
        let wanted = name.trim();
        let place = instances
            .iter()
            .position(|instance| instance.id.as_str() == wanted)
            .or_else(|| {
                instances
                    .iter()
                    .position(|instance| instance.name == wanted)
            });
        place
            .map(|place| instances.swap_remove(place))
            .ok_or_else(|| no_such("instance", name))
    }

    pub(crate) async fn instance_by_id(&self, id: &InstanceId) -> Result<Instance> {
        let instances = self.ports.records.instances().await?;
        instances
            .into_iter()
            .find(|instance| &instance.id == id)
            .ok_or_else(|| no_such("instance", id.as_str()))
    }

    fn random16(&self) -> Result<[u8; 16]> {
        let random = self.ports.crypto.random()?;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&random[..16]);
        Ok(bytes)
    }

    /// A random id for something that lives only as long as the program: 32 hex digits that
    /// nobody can guess.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn opaque_id(&self) -> Result<String> {
        Ok(crate::id::hex(&self.random16()?))
    }

    pub(crate) fn new_account_id(&self) -> Result<AccountId> {
        Ok(AccountId::from_random(self.random16()?))
    }

    pub(crate) fn new_key_pair_id(&self) -> Result<KeyPairId> {
        Ok(KeyPairId::from_random(self.random16()?))
    }

    pub(crate) fn new_instance_id(&self) -> Result<InstanceId> {
        Ok(InstanceId::from_random(self.random16()?))
    }

    pub(crate) fn new_entry_id(&self) -> Result<EntryId> {
        Ok(EntryId::from_random(self.random16()?))
    }

    pub(crate) fn new_push_id(&self) -> Result<PushId> {
        Ok(PushId::from_random(self.random16()?))
    }

    pub(crate) fn new_replacement_id(&self) -> Result<ReplacementId> {
        Ok(ReplacementId::from_random(self.random16()?))
    }

    pub(crate) fn new_hand_over_id(&self) -> Result<HandOverId> {
        Ok(HandOverId::from_random(self.random16()?))
    }

    pub(crate) fn new_nonce(&self) -> Result<Nonce> {
        Ok(Nonce::from_random(self.random16()?))
    }

    pub(crate) fn new_claim_id(&self) -> Result<ClaimId> {
        Ok(ClaimId::from_random(self.random16()?))
    }

    pub(crate) fn new_item(&self) -> Result<KeychainItem> {
        Ok(KeychainItem::from_random(self.random16()?))
    }

    /// Reads one of our own secrets, making it on the first use. Of two processes that would make it
    /// at once one waits for the other's: a key that is replaced after its first use would make
    /// everything signed with it look forged.
    pub(crate) async fn own_key(&self, which: OwnSecret) -> Result<Secret> {
        let item = self.ports.records.own_secret(which).await?;
        if let Some(found) = self.ports.keychain.read(&item, Asked::ByUser).await? {
            return Ok(found);
        }
        let _alone = self.alone_with(&item).await?;
        if let Some(found) = self.ports.keychain.read(&item, Asked::ByUser).await? {
            return Ok(found);
        }
        let made = Secret::new(self.ports.crypto.random()?.to_vec());
        self.ports.keychain.write(&item, &made).await?;
        self.ports
            .keychain
            .read(&item, Asked::ByUser)
            .await?
            .ok_or(Error::Keychain(KeychainError::WrongBytes))
    }

    /// Waits until nobody else on this data directory makes the same item. The lock is one of the
    /// instances', under a name that no instance has.
    async fn alone_with(&self, item: &KeychainItem) -> Result<Box<dyn InstanceLock>> {
        const EACH: Duration = Duration::from_millis(20);
        let busy = || {
            Error::refused(
                "busy",
                "Another Patchbay is preparing this data directory and does not end.",
                "End it, or answer the keychain's question it may have asked, and try again.",
            )
        };
        for _ in 0..1_500 {
            if let Some(lock) = self.lock_named(item.as_str()).await? {
                return Ok(lock);
            }
            self.ports.clock.sleep(EACH).await;
        }
        Err(busy())
    }

    /// A lock of another name than any instance has: `name` is 32 random hex digits.
    pub(crate) async fn lock_named(&self, name: &str) -> Result<Option<Box<dyn InstanceLock>>> {
        let name = InstanceId::parse(name).ok_or_else(|| no_such("lock", name))?;
        Ok(self.ports.records.lock_instance(&name).await?)
    }

    /// Asks the keychain for an item that is not there yet, so that one that does not work is known
    /// before anything begins: nothing is recorded, and no key is created at Adobe to be lost.
    pub(crate) async fn keychain_works(&self, item: &KeychainItem) -> Result<()> {
        self.ports.keychain.read(item, Asked::ByUser).await?;
        Ok(())
    }

    pub(crate) async fn chain_key(&self) -> Result<Arc<ChainKey>> {
        let known = self.kept().chain_key.clone();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = Arc::new(ChainKey::new(self.own_key(OwnSecret::JournalKey).await?));
        self.kept().chain_key = Some(Arc::clone(&key));
        Ok(key)
    }

    /// Appends to the journal; the keychain learns the new head from [`Patchbay::remember_head`].
    pub(crate) async fn write_journal(
        &self,
        event: &JournalEvent,
        blob: Option<&UndoBlob>,
    ) -> Result<()> {
        let key = self.chain_key().await?;
        let head = self.ports.records.append(&key, event, blob).await?;
        let mut kept = self.kept();
        if kept.head.as_ref().is_none_or(|known| known.seq < head.seq) {
            kept.head = Some(head);
        }
        Ok(())
    }

    /// A run begins: whatever was handed over until now was handed over by an earlier one.
    pub(crate) fn new_run(&self) -> Run {
        let mut kept = self.kept();
        kept.runs += 1;
        Run(kept.runs)
    }

    /// Whether a token may count for a run. `first` is what the records say. The same token from
    /// another instance counts if it came only after this run began: two instances that hold one
    /// pair and sign in the same second make the same token, and neither can have copied it.
    pub(crate) fn handed_over(&self, digest: &str, by: &InstanceId, first: bool, run: Run) -> bool {
        let mut kept = self.kept();
        if !first {
            let known = kept.handed.get(digest);
            return known.is_some_and(|(at, whose)| whose != by && *at >= run.0);
        }
        if kept.handed.len() >= 10_000 {
            kept.handed.clear();
        }
        let began = kept.runs;
        kept.handed.insert(digest.to_owned(), (began, by.clone()));
        true
    }

    /// Remembers when Adobe answered about an instance, by both clocks.
    pub(crate) fn note_answer_at(&self, instance: &InstanceId, at: UnixMillis, forward: Duration) {
        self.kept().answered.insert(instance.clone(), (at, forward));
    }

    /// Remembers when an instance was looked at, by both clocks.
    pub(crate) fn note_look_at(&self, instance: &InstanceId, at: UnixMillis, forward: Duration) {
        self.kept().looked.insert(instance.clone(), (at, forward));
    }

    /// How long ago an instance was looked at, by the clock that only goes forward; `None` where
    /// another process did.
    pub(crate) fn since_look(
        &self,
        instance: &InstanceId,
        seen: Option<&crate::connection::Seen>,
    ) -> Option<Duration> {
        let looked = self.kept().looked.get(instance).copied();
        looked
            .filter(|(then, _)| seen.is_some_and(|seen| seen.at == *then))
            .map(|(_, forward)| self.ports.clock.monotonic().saturating_sub(forward))
    }

    /// How long ago that answer came, by the clock that only goes forward; `None` where it came to
    /// another process.
    pub(crate) fn since_answer(&self, instance: &InstanceId, at: UnixMillis) -> Option<Duration> {
        let answered = self.kept().answered.get(instance).copied();
        answered
            .filter(|(then, _)| *then == at)
            .map(|(_, forward)| self.ports.clock.monotonic().saturating_sub(forward))
    }

    /// Lets the keychain remember where the journal ends now. Use cases call it once, after their
    /// last line; a longer chain whose MACs hold is good all the same.
    pub(crate) async fn remember_head(&self) -> Result<()> {
        let head = self.kept().head.take();
        if let Some(head) = head {
            let item = self
                .ports
                .records
                .own_secret(OwnSecret::JournalHead)
                .await?;
            self.ports.keychain.write(&item, &head.to_secret()).await?;
        }
        Ok(())
    }

    /// As [`Patchbay::remember_head`], for use cases whose work is done and must be reported: a
    /// head that lags behind is good all the same.
    pub(crate) async fn remember_head_if_possible(&self) {
        if let Err(error) = self.remember_head().await {
            tracing::warn!(%error, "the keychain could not learn where the journal ends");
        }
    }
}

pub(crate) fn no_such(what: &'static str, name: &str) -> Error {
    Error::NoSuch {
        what,
        name: crate::text::outside(name, 120),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use futures_util::future::join_all;

    use super::*;
    use crate::fakes::{MemoryKeychain, together};

    /// A keychain that takes another time for each write, as real ones do.
    #[derive(Default)]
    struct Uneven {
        keeps: MemoryKeychain,
        writes: AtomicUsize,
    }

    #[async_trait]
    impl Keychain for Uneven {
        async fn read(
            &self,
            item: &KeychainItem,
            asked: Asked,
        ) -> std::result::Result<Option<Secret>, KeychainError> {
            self.keeps.read(item, asked).await
        }
        async fn write(
            &self,
            item: &KeychainItem,
            secret: &Secret,
        ) -> std::result::Result<(), KeychainError> {
            for _ in 0..7 * self.writes.fetch_add(1, Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            self.keeps.write(item, secret).await
        }
        async fn forget(&self, item: &KeychainItem) -> std::result::Result<(), KeychainError> {
            self.keeps.forget(item).await
        }
        async fn take(&self, item: &KeychainItem) -> std::result::Result<bool, KeychainError> {
            self.keeps.take(item).await
        }
    }

    #[tokio::test]
    async fn everybody_who_needs_a_secret_of_ours_at_once_gets_the_same_one() {
        let keychain = Arc::new(Uneven::default());
        let ports = Ports {
            keychain: keychain.clone(),
            ..together().patchbay.ports
        };
        let programs: Vec<Patchbay> = (0..4)
            .map(|_| Patchbay::new(ports.clone(), "tester"))
            .collect();
        let asked = programs
            .iter()
            .map(|one| one.own_key(OwnSecret::JournalKey));
        let keys = join_all(asked).await;
        let kept = programs[0].own_key(OwnSecret::JournalKey).await.unwrap();
        for key in keys {
            let same = key.unwrap().same_as(&kept);
            assert!(same, "a key was replaced after its first use");
        }
        assert_eq!(keychain.writes.load(Ordering::SeqCst), 1);
    }
}
