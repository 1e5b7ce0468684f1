//! The schema, and how an older database is brought to it: under a lock that all processes share,
//! after a copy of the whole database was put aside.
//!
//! A database of a newer Patchbay is refused before anything is written, even a log beside it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use patchbay_core::ports::records::RecordsError;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::directory::{
    BACKUPS, DATABASE, closed_file, private_database, private_file, reason, sync_folder, unusable,
};
use super::fault::Fault;

/// What a database is for, as its header says from the first step on; nothing changes it later, so
/// a demo's directory can never be opened as a person's own, nor the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(i32);

impl Mark {
    /// A person's own records.
    pub(super) const OWN: Self = Self(i32::from_be_bytes(*b"Pbay"));
    /// Those of the demo, which plays with pretended keys only.
    pub(super) const DEMO: Self = Self(i32::from_be_bytes(*b"PbDm"));
}

/// How many copies are kept.
const BACKUPS_KEPT: usize = 5;
/// How long to wait for another process that is upgrading.
const PATIENCE: Duration = Duration::from_secs(60);

/// What brings a database from one schema to the next; the first makes an empty one. Never change a
/// step that was released: add one.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
];

/// Makes sure that the database is there and has this Patchbay's schema; says where it is.
pub(super) fn bring_up_to_date(
    dir: &Path,
    steps: &[&str],
    mark: Mark,
) -> Result<PathBuf, RecordsError> {
    let known = schema_of(steps);
    let file = dir.join(DATABASE);
    let current = closed_file(&file)? && header(&file, known, mark)? == known;
    // Opened for writing in any case: where nothing can be written, the system says so plainly
    // here, and SQLite would not.
    let turn = dir.join("upgrade.lock");
    let lock = private_file(&turn)?;
    if current {
        return Ok(file);
    }
    take_turn(&lock, &turn)?;
    if private_database(&file)? {
        sync_folder(dir);
    }
    // Looked at again: whoever had the lock before may have upgraded it.
    header(&file, known, mark)?;
    upgrade(dir, &file, steps, mark)?;
    Ok(file)
}

/// The schema that these steps lead to.
pub(super) fn schema_of(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// The schema in the file's header; 0 for an empty file. Read without a lock and without the
/// write-ahead log, so what another process has just written may not be in it yet.
fn header(file: &Path, known: u32, mark: Mark) -> Result<u32, RecordsError> {
    let mut url = url::Url::from_file_path(file)
        .map_err(|()| unusable(file, "its path cannot be used; choose another folder"))?;
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_URI;
    let marks = Connection::open_with_flags(url.as_str(), flags)
        .map_err(Fault::from)
        .and_then(|connection| marks(&connection));
    match marks {
        Ok(marks) => whose(file, marks, known, mark),
        Err(Fault::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(foreign(file))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Looks again once the database is open, when the log counts too.
pub(super) fn check(
    connection: &Connection,
    file: &Path,
    known: u32,
    mark: Mark,
) -> Result<(), RecordsError> {
    whose(file, marks(connection)?, known, mark).map(|_| ())
}

/// Refuses databases that are not ours or too new. One without any mark is one whose first upgrade
/// did not come to its end.
fn whose(
    file: &Path,
    (application, schema): (i32, i32),
    known: u32,
    mark: Mark,
) -> Result<u32, RecordsError> {
    match (Mark(application), u32::try_from(schema)) {
        (Mark(0), Ok(0)) => Ok(0),
        (Mark::DEMO, Ok(_)) if mark != Mark::DEMO => Err(unusable(
            file,
            "it belongs to the demo, whose keys are pretended; choose another folder",
        )),
        (Mark::OWN, Ok(_)) if mark != Mark::OWN => Err(unusable(
            file,
            "it holds real records, which the demo never touches; choose another folder",
        )),
        (found, Ok(_)) if found != mark => Err(foreign(file)),
        (_, Ok(found)) if found > known => Err(RecordsError::Newer { found, known }),
        (_, Ok(found)) => Ok(found),
        _ => Err(foreign(file)),
    }
}

fn foreign(file: &Path) -> RecordsError {
    unusable(
        file,
        "it is not a database of Patchbay's; move it away or choose another folder",
    )
}

/// Waits until no other process upgrades; the turn lasts until the file is closed.
fn take_turn(file: &File, path: &Path) -> Result<(), RecordsError> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(unusable(
                    path,
                    "another Patchbay has been upgrading the database for a minute; wait for it \
                     or end it",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(path, &reason(&error))),
        }
    }
}

fn upgrade(dir: &Path, file: &Path, steps: &[&str], mark: Mark) -> Result<(), RecordsError> {
    let known = schema_of(steps);
    let mut connection = open(file)?;
    let found = whose(file, marks(&connection)?, known, mark)?;
    if found == 0 && has_tables(&connection)? {
        return Err(foreign(file));
    }
    if found > 0 && found < known {
        back_up(&connection, dir, found)?;
    }
    for (number, step) in (1_u32..).zip(steps).skip(found as usize) {
        take(&mut connection, number, step, mark)?;
    }
    Ok(())
}

fn open(file: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

fn marks(connection: &Connection) -> Result<(i32, i32), Fault> {
    let mark = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    Ok((mark("application_id")?, mark("user_version")?))
}

fn has_tables(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// One step in one transaction, together with the mark that it was taken.
fn take(connection: &mut Connection, number: u32, step: &str, mark: Mark) -> Result<(), Fault> {
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step)?;
    let dangling = transaction
        .prepare("PRAGMA foreign_key_check")?
        .exists([])?;
    if dangling {
        return Err(Fault::failed(format!(
            "the upgrade to schema {number} would leave rows that refer to nothing; nothing was \
             changed, please report this"
        )));
    }
    transaction.pragma_update(None, "application_id", mark.0)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()?;
    Ok(())
}

/// Puts a copy of the whole database aside, 0600 and on disk, and drops the oldest ones.
fn back_up(connection: &Connection, dir: &Path, schema: u32) -> Result<(), RecordsError> {
    let sql = "SELECT strftime('%Y%m%dT%H%M%fZ', 'now')";
    let time: String = connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(|error| RecordsError::from(Fault::from(error)))?;
    let folder = dir.join(BACKUPS);
    let path = folder.join(format!(
        "patchbay-{}-schema-{schema}.db",
        time.replace('.', "")
    ));
    // Made beforehand, because SQLite would make it readable for others.
    let file = private_file(&path)?;
    connection
        .execute("VACUUM INTO ?1", [path.to_string_lossy()])
        .map_err(|error| RecordsError::from(Fault::from(error)))?;
    file.sync_all()
        .map_err(|error| unusable(&path, &reason(&error)))?;
    sync_folder(&folder);
    prune(&folder)
}

/// Keeps the newest copies; their names begin with the time.
fn prune(folder: &Path) -> Result<(), RecordsError> {
    let inside = fs::read_dir(folder).map_err(|error| unusable(folder, &reason(&error)))?;
    let mut copies: Vec<PathBuf> = inside
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with("patchbay-") && name.ends_with(".db")
        })
        .collect();
    copies.sort();
    let old = copies.len().saturating_sub(BACKUPS_KEPT);
    for path in copies.iter().take(old) {
        fs::remove_file(path).map_err(|error| unusable(path, &reason(&error)))?;
    }
    Ok(())
}
