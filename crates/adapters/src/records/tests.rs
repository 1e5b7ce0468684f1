use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::{Child, Command, Stdio};

use patchbay_core::fakes::records_contract;
use patchbay_core::fakes::samples::{
    sample_account, sample_assignment, sample_event, sample_evidence, sample_instance,
    sample_key_pair,
};
use patchbay_core::journal::{JournalCheck, Phase, verify};
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

fn backups(dir: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(dir.join(directory::BACKUPS)).unwrap();
    let mut all: Vec<PathBuf> = inside.map(|entry| entry.unwrap().path()).collect();
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

/// Starts this test binary again in a role, behind `before` words of a shell if given.
fn process(role: &str, dir: &Path, shell: Option<&str>) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match shell {
        None => Command::new(&this),
        Some(script) => {
            let mut command = Command::new("unshare");
            command.args(["-rm", "sh", "-c", script]).arg(&this);
            if script.starts_with("umask") {
                command = Command::new("sh");
                command.args(["-c", script]).arg(&this);
            }
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
    let mut children = [process("append", &dir, None), process("append", &dir, None)];
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
async fn a_lock_lives_as_long_as_the_process_that_has_it() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let records = SqliteRecords::open(&dir).unwrap();
    let id = InstanceId::from_random([1; 16]);
    let mut child = process("hold", &dir, None);
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

#[test]
fn files_are_private_whatever_the_umask() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let mut child = process("hold", &dir, Some("umask 000; exec \"$0\" \"$@\""));
    assert_eq!(answer(&mut child).as_deref(), Some("true"));
    let mut seen = Vec::new();
    for folder in [
        dir.clone(),
        dir.join(directory::LOCKS),
        dir.join(directory::BACKUPS),
    ] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                seen.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    for expected in [
        "patchbay.db",
        "patchbay.db-wal",
        "patchbay.db-shm",
        "upgrade.lock",
    ] {
        assert!(
            seen.iter().any(|name| name == expected),
            "{expected} among {seen:?}"
        );
    }
    assert_eq!(seen.len(), 5, "and the lock of one instance: {seen:?}");
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    child.wait().unwrap();
}

#[test]
fn a_file_others_could_read_is_closed() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    let file = dir.join(directory::DATABASE);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    drop(SqliteRecords::open(&dir).unwrap());
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn links_and_other_peoples_folders_are_refused() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    let link = parent.path().join("link");
    symlink(&dir, &link).unwrap();
    assert!(refusal(&link).contains("link to somewhere else"));
    assert!(
        refusal(&link.join("")).contains("link to somewhere else"),
        "also with a slash"
    );
    assert!(
        refusal(&link.join(".")).contains("link to somewhere else"),
        "also with a dot"
    );

    let above = parent.path().join("above");
    symlink(parent.path(), &above).unwrap();
    assert!(
        SqliteRecords::open(&above.join("data")).is_ok(),
        "a link further up is the user's own"
    );

    let file = dir.join(directory::DATABASE);
    let elsewhere = parent.path().join("elsewhere.db");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(refusal(&dir).contains("link to somewhere else"));

    let locks = parent.path().join("other");
    drop(SqliteRecords::open(&locks).unwrap());
    fs::remove_dir_all(locks.join(directory::LOCKS)).unwrap();
    symlink(parent.path(), locks.join(directory::LOCKS)).unwrap();
    assert!(refusal(&locks).contains("link to somewhere else"));

    // Only root can give a folder away.
    let stranger = parent.path().join("stranger");
    fs::create_dir(&stranger).unwrap();
    if chown(&stranger, Some(65_533), None).is_ok() {
        assert!(refusal(&stranger).contains("belongs to another user"));
    }
}

#[test]
fn a_folder_that_others_may_enter_is_refused_unless_empty() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    drop(SqliteRecords::open(&dir).unwrap());
    assert_eq!(mode(&dir), 0o700, "an empty one is closed");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o750)).unwrap();
    assert!(refusal(&dir).contains("chmod 700"));
}

#[test]
fn what_cannot_be_written_is_refused_with_its_reason() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    let before = everything_in(&dir);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o500)).unwrap();
    assert!(
        refusal(&dir).contains("read-only"),
        "root could write there all the same"
    );
    assert_eq!(everything_in(&dir), before);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();

    let file = parent.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(refusal(&file).contains("it is a file"));
    assert!(refusal(&file.join("data")).contains("--data-dir"));
    assert!(refusal(Path::new("/proc/patchbay")).contains("--data-dir"));
}

/// A read-only mount stops root too; made in a namespace of its own, where the system allows that.
#[test]
fn a_read_only_disk_is_refused() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    let script = "mount --bind \"$PATCHBAY_TEST_RECORDS_DIR\" \"$PATCHBAY_TEST_RECORDS_DIR\" && \
                  mount -o remount,bind,ro \"$PATCHBAY_TEST_RECORDS_DIR\" && exec \"$0\" \"$@\"";
    let allowed = Command::new("unshare").args(["-rm", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("no namespaces here, so no read-only disk to try");
        return;
    }
    let mut child = process("open", &dir, Some(script));
    let said = answer(&mut child).unwrap();
    child.wait().unwrap();
    assert!(
        said.contains("Unusable") && said.contains("read-only"),
        "{said}"
    );
    assert!(SqliteRecords::open(&dir).is_ok(), "and nothing was harmed");
}

#[test]
fn a_newer_schema_is_left_untouched() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    behind(&dir, "PRAGMA user_version = 99");
    let before = everything_in(&dir);
    let known = migrations::schema_of(migrations::STEPS);
    let refused = SqliteRecords::open(&dir).err();
    assert_eq!(refused, Some(RecordsError::Newer { found: 99, known }));
    assert_eq!(everything_in(&dir), before, "no byte changed, no file came");
    assert!(backups(&dir).is_empty());
}

#[test]
fn a_newer_schema_is_seen_in_the_log_too() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let open = SqliteRecords::open(&dir).unwrap();
    // Not moved into the database file while the first handle keeps it open.
    open.connection
        .lock()
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let refused = SqliteRecords::open(&dir).err();
    assert!(
        matches!(refused, Some(RecordsError::Newer { found: 99, .. })),
        "{refused:?}"
    );
}

#[test]
fn other_databases_and_other_files_are_refused() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    let file = dir.join(directory::DATABASE);
    for sql in [
        "CREATE TABLE theirs (a)",
        "PRAGMA application_id = 7; CREATE TABLE theirs (a)",
        "PRAGMA user_version = 1; CREATE TABLE theirs (a)",
    ] {
        behind(&dir, sql);
        let before = fs::read(&file).unwrap();
        assert!(
            refusal(&dir).contains("not a database of Patchbay's"),
            "{sql}"
        );
        assert_eq!(fs::read(&file).unwrap(), before);
        fs::remove_file(&file).unwrap();
    }
    fs::write(
        &file,
        "some text that is longer than the header of any database ".repeat(40),
    )
    .unwrap();
    assert!(refusal(&dir).contains("not a database of Patchbay's"));
}

const NEXT: &str = "ALTER TABLE accounts ADD COLUMN colour TEXT; DELETE FROM settings;";

fn upgraded(steps: usize) -> Vec<&'static str> {
    let mut all = migrations::STEPS.to_vec();
    all.push(NEXT);
    all.extend(std::iter::repeat_n(
        "UPDATE accounts SET colour = 'blue';",
        steps,
    ));
    all
}

#[tokio::test]
async fn an_upgrade_puts_a_whole_copy_aside_first() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    {
        let old = SqliteRecords::open(&dir).unwrap();
        old.set_setting("parallel", "8").await.unwrap();
        assert!(backups(&dir).is_empty(), "a new database needs no copy");
    }
    let new = SqliteRecords::open_with(&dir, &upgraded(0)).unwrap();
    assert_eq!(
        new.setting("parallel").await.unwrap(),
        None,
        "the step was taken"
    );
    let copies = backups(&dir);
    assert_eq!(copies.len(), 1);
    assert_eq!(mode(&copies[0]), 0o600);
    let copy = Connection::open(&copies[0]).unwrap();
    let kept: (String, u32) = copy
        .query_row(
            "SELECT value, (SELECT user_version FROM pragma_user_version) FROM settings",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(
        kept,
        ("8".to_owned(), 1),
        "what was there before is in the copy"
    );
    drop(new);

    drop(SqliteRecords::open_with(&dir, &upgraded(0)).unwrap());
    assert_eq!(
        backups(&dir).len(),
        1,
        "an up to date database is not copied again"
    );
    for steps in 1..=7 {
        drop(SqliteRecords::open_with(&dir, &upgraded(steps)).unwrap());
    }
    let kept = backups(&dir);
    assert_eq!(kept.len(), 5);
    assert!(!kept.contains(&copies[0]), "the oldest went");
}

#[tokio::test]
async fn an_upgrade_that_fails_changes_nothing() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    {
        let old = SqliteRecords::open(&dir).unwrap();
        old.set_setting("parallel", "8").await.unwrap();
    }
    let mut steps = migrations::STEPS.to_vec();
    steps.push("DELETE FROM settings; INSERT INTO nowhere VALUES (1);");
    assert!(SqliteRecords::open_with(&dir, &steps).is_err());
    assert_eq!(backups(&dir).len(), 1);
    let old = SqliteRecords::open(&dir).unwrap();
    assert_eq!(old.setting("parallel").await.unwrap().as_deref(), Some("8"));
}

#[test]
fn of_many_that_start_at_once_one_upgrades() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open(&dir).unwrap());
    let steps = upgraded(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| drop(SqliteRecords::open_with(&dir, &steps).unwrap()));
        }
    });
    assert_eq!(backups(&dir).len(), 1);
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
            matches!(failed, Some(RecordsError::Failed { .. })),
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
