//! Tests: the data directory and its files.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use super::*;

#[test]
fn files_are_private_whatever_the_umask() {
    let parent = TempDir::new().unwrap();
    let dir = data(&parent);
    let mut child = process("hold", &dir, &["sh", "-c", "umask 000; exec \"$0\" \"$@\""]);
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
    let mut child = process("open", &dir, &["unshare", "-rm", "sh", "-c", script]);
    let said = answer(&mut child).unwrap();
    child.wait().unwrap();
    assert!(
        said.contains("Unusable") && said.contains("read-only"),
        "{said}"
    );
    assert!(SqliteRecords::open(&dir).is_ok(), "and nothing was harmed");
}
