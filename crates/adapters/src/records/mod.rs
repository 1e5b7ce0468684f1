//! What Patchbay remembers, in one SQLite database in the data directory, behind the core's
//! [`Records`] port; never a secret.
//!
//! Several processes may have the same directory open. Every call is one transaction on one
//! connection of this process, off the async threads; whoever writes takes the database's write
//! lock at once, so that what it read is what it changes. One module per room's table; [`directory`]
//! looks after the folder and its files, [`migrations`] after the schema, [`locks`] after the right
//! to write to an instance. Not here: what the rows mean (the core).

mod accounts;
mod assignments;
mod directory;
mod evidence;
mod fault;
mod hand_overs;
mod instances;
mod journal;
mod key_pairs;
mod locks;
mod migrations;
mod own;
mod replacements;
mod resyncs;
mod settings;
mod tokens;

pub(crate) use directory::DATABASE;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_core::account::Account;
use patchbay_core::assignment::Assignment;
use patchbay_core::connection::Evidence;
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::handover::{HandOver, KeyRequest};
use patchbay_core::id::{
    AccountId, EntryId, HandOverId, InstanceId, KeyPairId, KeychainItem, ReplacementId,
};
use patchbay_core::instance::Instance;
use patchbay_core::journal::{ChainKey, Head, JournalEvent, JournalLine};
use patchbay_core::keypair::{Export, KeyPair};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::records::{
    Aside, InstanceLock, OwnSecret, Records, RecordsError, StoredBlob,
};
use patchbay_core::ports::transport::UndoBlob;
use patchbay_core::replacing::Replacement;
use patchbay_core::resync::ResyncDue;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use self::fault::Fault;
use self::migrations::Mark;

/// How long a call waits for another process to finish its transaction.
const BUSY: Duration = Duration::from_secs(15);

/// The records of one data directory.
pub struct SqliteRecords {
    connection: Arc<Mutex<Connection>>,
    directory: PathBuf,
}

impl SqliteRecords {
    /// Opens the records in a data directory; makes both where there is nothing yet, and brings an
    /// older database up to date after a backup.
    ///
    /// Blocks for file work, and for up to a minute while another process upgrades.
    ///
    /// # Errors
    /// [`RecordsError::Unusable`] when the directory is not a folder of ours that only we may enter
    /// and write to; [`RecordsError::Newer`] for a database of a newer Patchbay, which is left
    /// untouched; [`RecordsError::Failed`] for a damaged one.
    pub fn open(dir: &Path) -> Result<Self, RecordsError> {
        Self::open_with(dir, migrations::STEPS, Mark::OWN)
    }

    /// As [`SqliteRecords::open`], for the demo: the records are marked as the demo's when they are
    /// made, and only records so marked are opened.
    #[cfg(feature = "demo")]
    pub(crate) fn open_demo(dir: &Path) -> Result<Self, RecordsError> {
        Self::open_with(dir, migrations::STEPS, Mark::DEMO)
    }

    fn open_with(dir: &Path, steps: &[&str], mark: Mark) -> Result<Self, RecordsError> {
        let directory = directory::prepare(dir)?;
        let file = migrations::bring_up_to_date(&directory, steps, mark)?;
        let connection = connect(&file)?;
        migrations::check(&connection, &file, migrations::schema_of(steps), mark)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            directory,
        })
    }

    /// Runs one reading call off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, RecordsError> {
        self.run(TransactionBehavior::Deferred, act).await
    }

    /// Runs one writing call off the async threads; all of it is on disk, or nothing.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, RecordsError> {
        self.run(TransactionBehavior::Immediate, act).await
    }

    /// Moves the write-ahead log into the database, so that what was deleted is nowhere any more.
    /// Left for the next time where another process is reading.
    async fn empty_log(&self) -> Result<(), RecordsError> {
        let connection = self.connection.clone();
        off_thread(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            connection.query_row(sql, [], |_| Ok(()))?;
            Ok(())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, RecordsError> {
        let connection = self.connection.clone();
        off_thread(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(behavior)?;
            let value = act(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }
}

/// Runs file work where it may block.
async fn off_thread<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, RecordsError> {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done.map_err(RecordsError::from),
        Err(_) => Err(RecordsError::Failed {
            detail: "the work on the records was stopped".to_owned(),
        }),
    }
}

/// Opens an existing, up to date database for ordinary work.
fn connect(file: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::unusable(format!(
            "its file system cannot hold a database that several programs share ({mode}); move \
             it to a disk of this computer"
        )));
    }
    connection.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

#[async_trait]
impl Records for SqliteRecords {
    async fn fingerprint_key(&self) -> Result<FingerprintKey, RecordsError> {
        self.write(own::fingerprint_key).await
    }

    async fn own_secret(&self, which: OwnSecret) -> Result<KeychainItem, RecordsError> {
        self.write(move |db| own::item(db, which)).await
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, RecordsError> {
        let key = key.to_owned();
        self.read(move |db| settings::one(db, &key)).await
    }

    async fn settings(&self) -> Result<Vec<(String, String)>, RecordsError> {
        self.read(settings::all).await
    }

    async fn set_setting(&self, key: &str, value: &str) -> Result<(), RecordsError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |db| settings::set(db, &key, &value)).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, RecordsError> {
        self.read(accounts::all).await
    }

    async fn save_account(&self, account: &Account) -> Result<(), RecordsError> {
        let account = account.clone();
        self.write(move |db| accounts::save(db, &account)).await
    }

    async fn remove_account(&self, id: &AccountId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| accounts::remove(db, &id)).await
    }

    async fn key_pairs(&self) -> Result<Vec<KeyPair>, RecordsError> {
        self.read(key_pairs::all).await
    }

    async fn save_key_pair(&self, pair: &KeyPair) -> Result<(), RecordsError> {
        let pair = pair.clone();
        self.write(move |db| key_pairs::save(db, &pair)).await
    }

    async fn change_export(
        &self,
        pair: &KeyPairId,
        from: &Export,
        to: &Export,
    ) -> Result<bool, RecordsError> {
        let (pair, from, to) = (pair.clone(), from.clone(), to.clone());
        self.write(move |db| key_pairs::change_export(db, &pair, &from, &to))
            .await
    }

    async fn remove_key_pair(&self, id: &KeyPairId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| key_pairs::remove(db, &id)).await
    }

    async fn replacements(&self) -> Result<Vec<Replacement>, RecordsError> {
        self.read(replacements::all).await
    }

    async fn save_replacement(&self, replacement: &Replacement) -> Result<(), RecordsError> {
        let replacement = replacement.clone();
        self.write(move |db| replacements::save(db, &replacement))
            .await
    }

    async fn remove_replacement(&self, id: &ReplacementId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| replacements::remove(db, &id)).await
    }

    async fn key_requests(&self) -> Result<Vec<KeyRequest>, RecordsError> {
        self.read(hand_overs::requests).await
    }

    async fn save_key_request(&self, request: &KeyRequest) -> Result<(), RecordsError> {
        let request = request.clone();
        self.write(move |db| hand_overs::save_request(db, &request))
            .await
    }

    async fn remove_key_request(&self, id: &HandOverId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| hand_overs::remove_request(db, &id))
            .await
    }

    async fn hand_overs(&self) -> Result<Vec<HandOver>, RecordsError> {
        self.read(hand_overs::all).await
    }

    async fn save_hand_over(&self, hand_over: &HandOver) -> Result<(), RecordsError> {
        let hand_over = hand_over.clone();
        self.write(move |db| hand_overs::save(db, &hand_over)).await
    }

    async fn remove_hand_over(&self, id: &HandOverId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| hand_overs::remove(db, &id)).await
    }

    async fn instances(&self) -> Result<Vec<Instance>, RecordsError> {
        self.read(instances::all).await
    }

    async fn save_instance(&self, instance: &Instance) -> Result<(), RecordsError> {
        let instance = instance.clone();
        self.write(move |db| instances::save(db, &instance)).await
    }

    async fn remove_instance(&self, id: &InstanceId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| instances::remove(db, &id)).await
    }

    async fn assignments(&self) -> Result<Vec<Assignment>, RecordsError> {
        self.read(assignments::all).await
    }

    async fn save_assignment(&self, assignment: &Assignment) -> Result<(), RecordsError> {
        let assignment = assignment.clone();
        self.write(move |db| assignments::save(db, &assignment))
            .await
    }

    async fn remove_assignment(&self, id: &InstanceId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| assignments::remove(db, &id)).await
    }

    async fn assignments_aside(&self, which: Aside) -> Result<Vec<Assignment>, RecordsError> {
        self.read(move |db| assignments::all_aside(db, which)).await
    }

    async fn save_aside(&self, which: Aside, assignment: &Assignment) -> Result<(), RecordsError> {
        let assignment = assignment.clone();
        self.write(move |db| assignments::save_aside(db, which, &assignment))
            .await
    }

    async fn remove_aside(&self, which: Aside, id: &InstanceId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| assignments::remove_aside(db, which, &id))
            .await
    }

    async fn resyncs_due(&self) -> Result<Vec<ResyncDue>, RecordsError> {
        self.read(resyncs::all).await
    }

    async fn save_resync_due(&self, due: &ResyncDue) -> Result<(), RecordsError> {
        let due = due.clone();
        self.write(move |db| resyncs::save(db, &due)).await
    }

    async fn remove_resync_due(&self, id: &InstanceId) -> Result<(), RecordsError> {
        let id = id.clone();
        self.write(move |db| resyncs::remove(db, &id)).await
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, RecordsError> {
        self.read(evidence::all).await
    }

    async fn save_evidence(&self, evidence: &Evidence) -> Result<(), RecordsError> {
        let evidence = evidence.clone();
        self.write(move |db| evidence::save(db, &evidence)).await
    }

    async fn first_use_of_token(&self, digest: &str, expires: i64) -> Result<bool, RecordsError> {
        let digest = digest.to_owned();
        self.write(move |db| tokens::first_use(db, &digest, expires))
            .await
    }

    async fn last_token_expiry(&self, instance: &InstanceId) -> Result<i64, RecordsError> {
        let instance = instance.clone();
        self.read(move |db| tokens::last_expiry(db, &instance))
            .await
    }

    async fn set_last_token_expiry(
        &self,
        instance: &InstanceId,
        expires: i64,
    ) -> Result<(), RecordsError> {
        let instance = instance.clone();
        self.write(move |db| tokens::set_last_expiry(db, &instance, expires))
            .await
    }

    async fn append(
        &self,
        key: &ChainKey,
        event: &JournalEvent,
        blob: Option<&UndoBlob>,
    ) -> Result<Head, RecordsError> {
        let (key, event, blob) = (key.clone(), event.clone(), blob.cloned());
        self.write(move |db| journal::append(db, &key, &event, blob.as_ref()))
            .await
    }

    async fn journal(&self) -> Result<Vec<JournalLine>, RecordsError> {
        self.read(journal::all).await
    }

    async fn blob(&self, entry: &EntryId) -> Result<Option<StoredBlob>, RecordsError> {
        let entry = entry.clone();
        self.read(move |db| journal::blob(db, &entry)).await
    }

    async fn drop_blobs_before(&self, time: UnixMillis) -> Result<u64, RecordsError> {
        let dropped = self
            .write(move |db| journal::drop_blobs_before(db, time))
            .await?;
        if dropped > 0 {
            self.empty_log().await?;
        }
        Ok(dropped)
    }

    async fn drop_blobs_of(&self, id: &InstanceId) -> Result<u64, RecordsError> {
        let id = id.clone();
        let dropped = self
            .write(move |db| journal::drop_blobs_of(db, &id))
            .await?;
        if dropped > 0 {
            self.empty_log().await?;
        }
        Ok(dropped)
    }

    async fn lock_instance(
        &self,
        id: &InstanceId,
    ) -> Result<Option<Box<dyn InstanceLock>>, RecordsError> {
        let (directory, id) = (self.directory.clone(), id.clone());
        off_thread(move || locks::take(&directory, &id)).await
    }
}

// They look at modes, owners and links, which are Unix's.
#[cfg(test)]
#[cfg(unix)]
mod tests;
