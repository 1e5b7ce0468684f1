//! Tests of the records; some start this test binary again as a process of its own.

mod folder;
mod upgrade;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use patchbay_core::fakes::records_contract;
use patchbay_core::fakes::samples::{
    sample_account, sample_assignment, sample_event, sample_evidence, sample_instance,
    sample_key_pair,
};
use patchbay_core::journal::{JournalCheck, Link, Phase, verify};
use patchbay_core::secret::Secret;
use tempfile::TempDir;

use super::*;

/// Says to a second process of this test binary what to do.
const ROLE: &str = "PATCHBAY_TEST_RECORDS_ROLE";
const DIR: &str = "PATCHBAY_TEST_RECORDS_DIR";

fn key() -> ChainKey {
    ChainKey::new(Secret::new(vec![5; 32]))
}

fn data(parent: &TempDir) -> PathBuf {
    parent.path().join("data")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn refusal(dir: &Path) -> String {
    match SqliteRecords::open(dir) {
        Err(RecordsError::Unusable { why }) => why,
        Err(other) => panic!("{} should be unusable, got {other:?}", dir.display()),
        Ok(_) => panic!("{} should be unusable", dir.display()),
    }
}

fn everything_in(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

/// Changes the database from behind.
fn behind(dir: &Path, sql: &str) {
    let connection = Connection::open(dir.join(directory::DATABASE)).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn they_keep_the_contract() {
    let parent = TempDir::new().unwrap();
    let one = SqliteRecords::open(&data(&parent)).unwrap();
    let two = SqliteRecords::open(&data(&parent)).unwrap();
    records_contract(&one, &two).await.unwrap();
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let parent = TempDir::new().unwrap();
    // Such a path must reach SQLite unharmed.
    let dir = parent.path().join("50%3f of #1? 資料");
    let account = sample_account(2).unwrap();
    let pair = sample_key_pair(2, &account).unwrap();
    let instance = sample_instance(2, &account);
    let assignment = sample_assignment(&instance.id, None, Some(pair.id.clone())).unwrap();
    let evidence = sample_evidence(2, &instance.id).unwrap();
    let event = sample_event(2, &EntryId::from_random([9; 16]), Phase::Begun);
    let blob = UndoBlob(vec![1, 2, 3]);
    let (fingerprints, item) = {
        let records = SqliteRecords::open(&dir).unwrap();
        records.save_account(&account).await.unwrap();
        records.save_key_pair(&pair).await.unwrap();
        records.save_instance(&instance).await.unwrap();
        records.save_assignment(&assignment).await.unwrap();
        records.save_evidence(&evidence).await.unwrap();
        records.append(&key(), &event, Some(&blob)).await.unwrap();
        let item = records.own_secret(OwnSecret::JournalKey).await.unwrap();
        (records.fingerprint_key().await.unwrap(), item)
    };
    let records = SqliteRecords::open(&dir).unwrap();
    assert_eq!(records.accounts().await.unwrap(), [account]);
    assert_eq!(records.key_pairs().await.unwrap(), [pair]);
    assert_eq!(records.instances().await.unwrap(), [instance]);
    assert_eq!(records.assignments().await.unwrap(), [assignment]);
    assert_eq!(records.evidence().await.unwrap(), [evidence]);
    assert_eq!(records.journal().await.unwrap()[0].event, event);
    assert_eq!(
        records.blob(&event.entry).await.unwrap().unwrap().blob,
        blob
    );
    assert_eq!(records.fingerprint_key().await.unwrap(), fingerprints);
    assert_eq!(
        records.own_secret(OwnSecret::JournalKey).await.unwrap(),
        item
    );
    let other = SqliteRecords::open(&data(&parent)).unwrap();
    assert_ne!(
        other.fingerprint_key().await.unwrap(),
        fingerprints,
        "every data directory has a key of its own"
    );
}

/// What a second process does; nothing unless [`ROLE`] is set.
#[tokio::test]
#[ignore = "started by other tests as a process of its own"]
async fn another_process() {
    let (Ok(role), Ok(dir)) = (std::env::var(ROLE), std::env::var(DIR)) else {
        return;
    };
    let opened = SqliteRecords::open(Path::new(&dir));
    if role == "open" {
        println!("\nanswer: {:?}", opened.err());
        return;
    }
    let records = opened.unwrap();
    match role.as_str() {
        "append" => {
            let number = (std::process::id() % 200) as u8;
            for _ in 0..200 {
                let entry = EntryId::from_random([number; 16]);
                let event = sample_event(1, &entry, Phase::Begun);
                records.append(&key(), &event, None).await.unwrap();
            }
            let key = records.fingerprint_key().await.unwrap();
            println!("\nanswer: {}", patchbay_core::id::hex(key.bytes()));
        }
        "append forever" => loop {
            let entry = EntryId::from_random([7; 16]);
            let event = sample_event(1, &entry, Phase::Begun);
            let head = records.append(&key(), &event, None).await.unwrap();
            println!("\nanswer: {}", head.seq);
        },
        "hold" => {
            records.set_setting("held", "yes").await.unwrap();
            let id = InstanceId::from_random([1; 16]);
            let held = records.lock_instance(&id).await.unwrap();
            println!("\nanswer: {}", held.is_some());
            // Until the other side closes the pipe or ends this process.
            let _ = std::io::stdin().read(&mut [0]);
        }
        other => panic!("unknown role {other}"),
    }
}

/// Starts this test binary again in a role; with `around`, as what that command runs.
fn process(role: &str, dir: &Path, around: &[&str]) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match around {
        [] => Command::new(&this),
        [program, words @ ..] => {
            let mut command = Command::new(program);
            command.args(words).arg(&this);
            command
        }
    };
    command
        .args([
            "--exact",
            "records::tests::another_process",
            "--ignored",
            "--nocapture",
        ])
        .env(ROLE, role)
        .env(DIR, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn answer(child: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    lines.find_map(|line| line.unwrap().strip_prefix("answer: ").map(str::to_owned))
}

#[tokio::test]
async fn two_processes_start_at_once_and_make_one_chain() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let mut children = [process("append", &dir, &[]), process("append", &dir, &[])];
    let keys = children.each_mut().map(|child| answer(child).unwrap());
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(keys[0], keys[1], "both made the same data directory");
    let records = SqliteRecords::open(&dir).unwrap();
    let event = sample_event(1, &EntryId::from_random([250; 16]), Phase::Ended);
    let head = records.append(&key(), &event, None).await.unwrap();
    let lines = records.journal().await.unwrap();
    assert_eq!(
        verify(&lines, &key(), Some(&head)),
        JournalCheck::Good { lines: 401 }
    );
    let writers: std::collections::BTreeSet<_> =
        lines[..400].iter().map(|line| &line.event.entry).collect();
    assert_eq!(writers.len(), 2, "both wrote");
}

#[tokio::test]
async fn whatever_is_changed_in_a_line_is_told_as_a_change_of_that_line() {
    for column in [
        "entry",
        "push",
        "person",
        "phase",
        "action",
        "instance",
        "instance_name",
        "account",
        "account_label",
        "changes",
        "outcome",
        "error_code",
        "error_text",
        "link",
    ] {
        let parent = TempDir::new().unwrap();
        let dir = data(&parent);
        let records = SqliteRecords::open(&dir).unwrap();
        for nth in 1..4 {
            let event = sample_event(nth, &EntryId::from_random([nth; 16]), Phase::Ended);
            records.append(&key(), &event, None).await.unwrap();
        }
        behind(
            &dir,
            &format!("UPDATE journal SET {column} = 'x' WHERE seq = 2"),
        );
        let told = match records.journal().await {
            Ok(lines) => verify(&lines, &key(), None) == JournalCheck::Changed { seq: 2 },
            Err(error) => error == RecordsError::JournalLine { seq: 2 },
        };
        assert!(told, "{column} was changed in line 2");
    }
}

#[tokio::test]
async fn a_line_that_was_promised_survives_a_kill() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    for round in 0..5_u64 {
        let mut child = process("append forever", &dir, &[]);
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut promised = || {
            let mut answers = output.by_ref().map_while(Result::ok);
            answers.find_map(|line| line.strip_prefix("answer: ")?.parse::<u64>().ok())
        };
        let mut last = 0;
        for _ in 0..10 + 7 * round {
            last = promised().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(more) = promised() {
            last = more;
        }
        let records = SqliteRecords::open(&dir).unwrap();
        let lines = records.journal().await.unwrap();
        assert!(
            lines.len() as u64 >= last,
            "{} of {last} lines",
            lines.len()
        );
        let check = verify(&lines, &key(), None);
        assert!(matches!(check, JournalCheck::Good { .. }), "{check:?}");
    }
}

#[tokio::test]
async fn a_lock_lives_as_long_as_the_process_that_has_it() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let records = SqliteRecords::open(&dir).unwrap();
    let id = InstanceId::from_random([1; 16]);
    let mut child = process("hold", &dir, &[]);
    assert_eq!(answer(&mut child).as_deref(), Some("true"));
    assert!(
        records.lock_instance(&id).await.unwrap().is_none(),
        "the other process has it"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        records.lock_instance(&id).await.unwrap().is_some(),
        "a killed process has nothing"
    );
}

#[tokio::test]
async fn rows_that_nobody_of_ours_wrote_are_an_answer_and_no_panic() {
    for (table, column) in [
        ("accounts", "id"),
        ("accounts", "mage_id"),
        ("key_pairs", "purpose"),
        ("key_pairs", "api_key"),
        ("key_pairs", "state"),
        ("key_pairs", "identity"),
        ("instances", "role"),
        ("instances", "way"),
        ("instances", "target"),
        ("instances", "tags"),
        ("instances", "answers"),
        ("assignments", "data_space"),
        ("assignments", "features"),
        ("evidence", "body"),
        ("journal", "phase"),
        ("journal", "changes"),
        ("journal", "link"),
        ("own", "value"),
    ] {
        let parent = TempDir::new().unwrap();
        let dir = data(&parent);
        let records = SqliteRecords::open(&dir).unwrap();
        let account = sample_account(2).unwrap();
        let pair = sample_key_pair(2, &account).unwrap();
        let instance = sample_instance(2, &account);
        let event = sample_event(2, &EntryId::from_random([9; 16]), Phase::Begun);
        records.save_account(&account).await.unwrap();
        records.save_key_pair(&pair).await.unwrap();
        records.save_instance(&instance).await.unwrap();
        let assignment = sample_assignment(&instance.id, None, Some(pair.id)).unwrap();
        records.save_assignment(&assignment).await.unwrap();
        records
            .save_evidence(&sample_evidence(2, &instance.id).unwrap())
            .await
            .unwrap();
        records.append(&key(), &event, None).await.unwrap();
        records.fingerprint_key().await.unwrap();
        behind(
            &dir,
            &format!("PRAGMA foreign_keys = OFF; UPDATE {table} SET {column} = '-x y'"),
        );
        let failed = match table {
            "accounts" => records.accounts().await.err(),
            "key_pairs" => records.key_pairs().await.err(),
            "instances" => records.instances().await.err(),
            "assignments" => records.assignments().await.err(),
            "evidence" => records.evidence().await.err(),
            "journal" => records.journal().await.err(),
            _ => records.fingerprint_key().await.err(),
        };
        assert!(
            matches!(
                failed,
                Some(RecordsError::Failed { .. } | RecordsError::JournalLine { .. })
            ),
            "{table}.{column}: {failed:?}"
        );
    }
}

#[tokio::test]
async fn a_dropped_blob_leaves_no_trace_in_the_files() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let records = SqliteRecords::open(&dir).unwrap();
    let mark = b"former rows of a shop, encrypted";
    let event = sample_event(1, &EntryId::from_random([9; 16]), Phase::Begun);
    let blob = UndoBlob(mark.repeat(300));
    records.append(&key(), &event, Some(&blob)).await.unwrap();
    let found = || {
        let files = everything_in(&dir);
        files
            .iter()
            .any(|(_, bytes)| bytes.windows(mark.len()).any(|seen| seen == mark))
    };
    assert!(found(), "it was on disk when append returned");
    assert_eq!(
        records
            .drop_blobs_before(UnixMillis(i64::MAX))
            .await
            .unwrap(),
        1
    );
    assert!(!found(), "and is nowhere afterwards");
}

#[tokio::test]
async fn tokens_long_expired_are_forgotten() {
    let parent = TempDir::new().unwrap();
    let records = SqliteRecords::open(&data(&parent)).unwrap();
    assert!(
        records
            .first_use_of_token(&"1".repeat(64), 1_000)
            .await
            .unwrap()
    );
    assert!(
        !records
            .first_use_of_token(&"1".repeat(64), 1_000)
            .await
            .unwrap()
    );
    assert!(
        records
            .first_use_of_token(&"2".repeat(64), 4_000_000_000)
            .await
            .unwrap()
    );
    let count = |records: &SqliteRecords| {
        let connection = records.connection.lock().unwrap();
        let sql = "SELECT count(*) FROM tokens";
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(count(&records), 1, "the old one went when a new one came");
}

#[tokio::test]
async fn what_must_last_is_synced_and_what_is_deleted_is_overwritten() {
    let parent = TempDir::new().unwrap();
    let records = SqliteRecords::open(&data(&parent)).unwrap();
    let connection = records.connection.lock().unwrap();
    let pragma = |name: &str| {
        let sql = format!("PRAGMA {name}");
        connection
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(pragma("synchronous"), 2, "FULL");
    assert_eq!(pragma("foreign_keys"), 1);
    assert_eq!(pragma("secure_delete"), 1);
    assert_eq!(
        pragma("application_id"),
        i64::from(u32::from_be_bytes(*b"Pbay"))
    );
}
