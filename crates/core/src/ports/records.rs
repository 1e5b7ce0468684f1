//! Port: what we remember on disk; never a secret.
//!
//! One data directory, several processes. Every call is its own transaction.

use async_trait::async_trait;

use crate::account::Account;
use crate::assignment::Assignment;
use crate::connection::Evidence;
use crate::fingerprint::FingerprintKey;
use crate::handover::{HandOver, KeyRequest};
use crate::id::{
    AccountId, EntryId, HandOverId, InstanceId, KeyPairId, KeychainItem, ReplacementId,
};
use crate::instance::Instance;
use crate::journal::{ChainKey, Head, JournalEvent, JournalLine};
use crate::keypair::{Export, KeyPair};
use crate::ports::clock::UnixMillis;
use crate::ports::transport::UndoBlob;
use crate::replacing::Replacement;
use crate::resync::ResyncDue;

/// Why the records could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// The data directory cannot be used: read-only, a symlink, somebody else's, no space.
    #[error("the data directory cannot be used: {why}")]
    Unusable {
        /// What is wrong and what to do.
        why: String,
    },
    /// Written by a newer Patchbay.
    #[error(
        "the data directory was written by a newer Patchbay (schema {found}, this one knows {known}); update Patchbay"
    )]
    Newer {
        /// The schema found.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// The name is taken.
    #[error("there is already {what} called \"{name}\"; choose another name")]
    NameTaken {
        /// What kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Something else still refers to it.
    #[error("{what} is still in use; {by}")]
    InUse {
        /// What kind of thing.
        what: &'static str,
        /// By what.
        by: String,
    },
    /// A line of the journal is not as any Patchbay wrote it.
    #[error(
        "line {seq} of the journal cannot be read: it was changed after it was written; restore a copy from the folder \"backups\" in the data directory"
    )]
    JournalLine {
        /// Its number.
        seq: u64,
    },
    /// The database is damaged or failed.
    #[error("the records failed: {detail}")]
    Failed {
        /// For the log and the person.
        detail: String,
    },
}

/// One of the program's own secrets that lie in the keychain under a random name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnSecret {
    /// Key of the journal's chain.
    JournalKey,
    /// Head of the journal's chain.
    JournalHead,
    /// Key under which saved plans are made tamper-evident (P13).
    PlanKey,
}

impl OwnSecret {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            OwnSecret::JournalKey => "journalKey",
            OwnSecret::JournalHead => "journalHead",
            OwnSecret::PlanKey => "planKey",
        }
    }
}

/// Why an assignment is kept beside the instance's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aside {
    /// The one it was last proven with.
    Proven,
    /// The one that a push which may be running leads to.
    Coming,
}

impl Aside {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Aside::Proven => "proven",
            Aside::Coming => "coming",
        }
    }
}

/// Held while this process works on one instance; let go when dropped, also by a killed process.
pub trait InstanceLock: Send + Sync {}

/// An undo blob with what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The instance.
    pub instance: InstanceId,
    /// The blob.
    pub blob: UndoBlob,
}

/// What Patchbay remembers.
#[async_trait]
pub trait Records: Send + Sync {
    /// The data directory's own key for exact fingerprints; made on the first call.
    async fn fingerprint_key(&self) -> Result<FingerprintKey, RecordsError>;
    /// Where one of our own secrets lies; a random name made on the first call.
    async fn own_secret(&self, which: OwnSecret) -> Result<KeychainItem, RecordsError>;

    /// A setting that the core needs.
    async fn setting(&self, key: &str) -> Result<Option<String>, RecordsError>;
    /// All settings that were set.
    async fn settings(&self) -> Result<Vec<(String, String)>, RecordsError>;
    /// Sets a setting.
    async fn set_setting(&self, key: &str, value: &str) -> Result<(), RecordsError>;

    /// Every account, by label.
    async fn accounts(&self) -> Result<Vec<Account>, RecordsError>;
    /// Adds or replaces an account; labels are unique.
    async fn save_account(&self, account: &Account) -> Result<(), RecordsError>;
    /// Removes an account that no key pair and no instance refers to, with its requests and
    /// hand-overs.
    async fn remove_account(&self, id: &AccountId) -> Result<(), RecordsError>;

    /// Every key pair, by account and name.
    async fn key_pairs(&self) -> Result<Vec<KeyPair>, RecordsError>;
    /// Adds or replaces a key pair; names are unique within account and purpose. The export of a
    /// pair that is there already only ever becomes [`Export::None`] by this: whoever saves may have
    /// read before somebody else used it.
    async fn save_key_pair(&self, pair: &KeyPair) -> Result<(), RecordsError>;
    /// Changes a pair's export from one to the other in one step that is on disk when this returns;
    /// `false` where it was not `from` any more, also for a pair that is gone. Of many callers at
    /// once, in any number of processes, at most one gets `true`.
    async fn change_export(
        &self,
        pair: &KeyPairId,
        from: &Export,
        to: &Export,
    ) -> Result<bool, RecordsError>;
    /// Removes a key pair that no assignment refers to, and with it the replacements of it; a
    /// replacement by it goes back to waiting for a new pair.
    async fn remove_key_pair(&self, id: &KeyPairId) -> Result<(), RecordsError>;

    /// Every replacement, oldest first.
    async fn replacements(&self) -> Result<Vec<Replacement>, RecordsError>;
    /// Adds or replaces a replacement; there is one of each old pair at a time.
    async fn save_replacement(&self, replacement: &Replacement) -> Result<(), RecordsError>;
    /// Removes a replacement; succeeds where there is none.
    async fn remove_replacement(&self, id: &ReplacementId) -> Result<(), RecordsError>;

    /// Every request for keys that still waits, oldest first.
    async fn key_requests(&self) -> Result<Vec<KeyRequest>, RecordsError>;
    /// Adds or replaces a request.
    async fn save_key_request(&self, request: &KeyRequest) -> Result<(), RecordsError>;
    /// Removes a request; succeeds where there is none.
    async fn remove_key_request(&self, id: &HandOverId) -> Result<(), RecordsError>;

    /// Every hand-over, oldest first.
    async fn hand_overs(&self) -> Result<Vec<HandOver>, RecordsError>;
    /// Adds or replaces a hand-over.
    async fn save_hand_over(&self, hand_over: &HandOver) -> Result<(), RecordsError>;
    /// Removes a hand-over; succeeds where there is none.
    async fn remove_hand_over(&self, id: &HandOverId) -> Result<(), RecordsError>;

    /// Every instance, by name.
    async fn instances(&self) -> Result<Vec<Instance>, RecordsError>;
    /// Adds or replaces an instance; names are unique.
    async fn save_instance(&self, instance: &Instance) -> Result<(), RecordsError>;
    /// Removes an instance with its assignment and evidence; the journal stays.
    async fn remove_instance(&self, id: &InstanceId) -> Result<(), RecordsError>;

    /// Every assignment.
    async fn assignments(&self) -> Result<Vec<Assignment>, RecordsError>;
    /// Sets an instance's assignment.
    async fn save_assignment(&self, assignment: &Assignment) -> Result<(), RecordsError>;
    /// Takes an instance's assignment away; succeeds where there is none.
    async fn remove_assignment(&self, id: &InstanceId) -> Result<(), RecordsError>;

    /// Every assignment that is kept beside the instances' own, of one kind.
    async fn assignments_aside(&self, which: Aside) -> Result<Vec<Assignment>, RecordsError>;
    /// Keeps one for its instance, in place of any other of that kind. Its key pairs may be removed
    /// meanwhile.
    async fn save_aside(&self, which: Aside, assignment: &Assignment) -> Result<(), RecordsError>;
    /// Forgets an instance's; succeeds where there is none.
    async fn remove_aside(&self, which: Aside, id: &InstanceId) -> Result<(), RecordsError>;

    /// Every instance whose catalogue has to be sent again (P14).
    async fn resyncs_due(&self) -> Result<Vec<ResyncDue>, RecordsError>;
    /// Adds or replaces an instance's.
    async fn save_resync_due(&self, due: &ResyncDue) -> Result<(), RecordsError>;
    /// Forgets an instance's; succeeds where there is none.
    async fn remove_resync_due(&self, id: &InstanceId) -> Result<(), RecordsError>;

    /// The last evidence of every instance that has some.
    async fn evidence(&self) -> Result<Vec<Evidence>, RecordsError>;
    /// Replaces an instance's evidence.
    async fn save_evidence(&self, evidence: &Evidence) -> Result<(), RecordsError>;

    /// Remembers that a token was handed over; `true` only for the first time ever. Given is the
    /// hex SHA-256 of the token and its `exp`; tokens long expired may be forgotten.
    async fn first_use_of_token(&self, digest: &str, expires: i64) -> Result<bool, RecordsError>;
    /// The largest `exp` of a token this instance handed over, 0 where there was none.
    async fn last_token_expiry(&self, instance: &InstanceId) -> Result<i64, RecordsError>;
    /// Remembers that expiry.
    async fn set_last_token_expiry(
        &self,
        instance: &InstanceId,
        expires: i64,
    ) -> Result<(), RecordsError>;

    /// Appends a line to the journal, and with it the entry's undo blob, in one transaction that is
    /// on disk when this returns. The chain goes on from the last line there is.
    async fn append(
        &self,
        key: &ChainKey,
        event: &JournalEvent,
        blob: Option<&UndoBlob>,
    ) -> Result<Head, RecordsError>;
    /// The whole journal, oldest first.
    async fn journal(&self) -> Result<Vec<JournalLine>, RecordsError>;
    /// An entry's undo blob, unless it was dropped.
    async fn blob(&self, entry: &EntryId) -> Result<Option<StoredBlob>, RecordsError>;
    /// Drops blobs written before a time; says how many.
    async fn drop_blobs_before(&self, time: UnixMillis) -> Result<u64, RecordsError>;
    /// Drops the blobs of one instance; says how many.
    async fn drop_blobs_of(&self, id: &InstanceId) -> Result<u64, RecordsError>;

    /// Takes the right to write to one instance; `None` where another living process has it.
    async fn lock_instance(
        &self,
        id: &InstanceId,
    ) -> Result<Option<Box<dyn InstanceLock>>, RecordsError>;
}
