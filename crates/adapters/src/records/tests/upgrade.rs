//! Tests: schemas, older, newer and foreign.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn backups(dir: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(dir.join(directory::BACKUPS)).unwrap();
    let mut all: Vec<PathBuf> = inside.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
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
    let new = SqliteRecords::open_with(&dir, &upgraded(0), Mark::OWN).unwrap();
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
        ("8".to_owned(), migrations::schema_of(migrations::STEPS)),
        "what was there before is in the copy"
    );
    drop(new);

    drop(SqliteRecords::open_with(&dir, &upgraded(0), Mark::OWN).unwrap());
    assert_eq!(
        backups(&dir).len(),
        1,
        "an up to date database is not copied again"
    );
    for steps in 1..=7 {
        drop(SqliteRecords::open_with(&dir, &upgraded(steps), Mark::OWN).unwrap());
    }
    let kept = backups(&dir);
    assert_eq!(kept.len(), 5);
    assert!(!kept.contains(&copies[0]), "the oldest went");
}

#[tokio::test]
async fn a_database_of_the_first_schema_keeps_its_unused_copy() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    drop(SqliteRecords::open_with(&dir, &migrations::STEPS[..1], Mark::OWN).unwrap());
    let pair = sample_key_pair(2, &sample_account(1).unwrap()).unwrap();
    behind(
        &dir,
        &format!(
            "INSERT INTO accounts (id, label, created_at) VALUES ('{}', 'Nordlys', 1);
             INSERT INTO key_pairs (id, account, purpose, name, origin, state, export, item,
                 ticket, created_at, note)
             VALUES ('{}', '{}', 'production', 'Made', 'generated', 'ready', 'unused', '{}', '{}',
                 1, '')",
            pair.account, pair.id, pair.account, pair.item, pair.item,
        ),
    );
    let records = SqliteRecords::open(&dir).unwrap();
    assert_eq!(backups(&dir).len(), 1, "after a copy was put aside");
    let read = records.key_pairs().await.unwrap().remove(0);
    assert_eq!(read.export, Export::Unused);
    let waived = records.change_export(&pair.id, &Export::Unused, &Export::Waived);
    assert!(waived.await.unwrap());
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
    assert!(SqliteRecords::open_with(&dir, &steps, Mark::OWN).is_err());
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
            scope.spawn(|| drop(SqliteRecords::open_with(&dir, &steps, Mark::OWN).unwrap()));
        }
    });
    assert_eq!(backups(&dir).len(), 1);
}

#[test]
fn a_demo_and_a_persons_own_records_never_open_as_each_other() {
    let parent = TempDir::new().unwrap();
    for (made, other, why) in [
        (Mark::OWN, Mark::DEMO, "real records"),
        (Mark::DEMO, Mark::OWN, "belongs to the demo"),
    ] {
        let dir = parent.path().join(format!("{made:?}"));
        let open = |mark| SqliteRecords::open_with(&dir, migrations::STEPS, mark);
        drop(open(made).unwrap());
        let before = everything_in(&dir);
        match open(other).err() {
            Some(RecordsError::Unusable { why: said }) => assert!(said.contains(why), "{said}"),
            wrong => panic!("{made:?} opened as {other:?}: {wrong:?}"),
        }
        assert_eq!(everything_in(&dir), before, "nothing was touched");
        assert!(open(made).is_ok());
    }
}

#[tokio::test]
async fn lines_written_before_accounts_were_noted_still_hold() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let without = JournalEvent {
        account: None,
        parts: Default::default(),
        ..sample_event(1, &EntryId::from_random([1; 16]), Phase::Begun)
    };
    {
        let old = SqliteRecords::open_with(&dir, &migrations::STEPS[..1], Mark::OWN).unwrap();
        drop(old);
        // As the first schema's program wrote it: these columns and no others.
        let link = key().mac(&Link::start(), &without);
        behind(
            &dir,
            &format!(
                "INSERT INTO journal VALUES (1, '{}', '{}', {}, '{}', 'begun', 'push', '{}', '{}',
                 '[{{\"path\":\"{}\",\"from\":[\"\",\"\"],\"to\":[\"北光\",\"{}\"]}}]', NULL, NULL, NULL, '{}')",
                without.entry,
                without.push,
                without.at.0,
                without.person,
                without.instance,
                without.instance_name,
                without.changes[0].path,
                "f".repeat(64),
                link.as_str(),
            ),
        );
    }
    let new = SqliteRecords::open(&dir).unwrap();
    let next = sample_event(2, &EntryId::from_random([2; 16]), Phase::Ended);
    let head = new.append(&key(), &next, None).await.unwrap();
    let lines = new.journal().await.unwrap();
    assert_eq!(lines[0].event, without);
    assert_eq!(lines[1].event.account, next.account);
    assert_eq!(
        verify(&lines, &key(), Some(&head)),
        JournalCheck::Good { lines: 2 }
    );
}
