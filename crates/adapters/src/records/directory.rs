//! The data directory and the files in it: ours alone, 0700 and 0600, no symlinks.
//!
//! A link or a folder of somebody else's could lead the records to where others read or replace
//! them, so nothing is opened before that is looked at. Not here: what is in the files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use patchbay_core::ports::records::RecordsError;

/// Where the locks on instances lie.
pub(super) const LOCKS: &str = "locks";
/// Where copies made before an upgrade lie.
pub(super) const BACKUPS: &str = "backups";
/// The database.
pub(crate) const DATABASE: &str = "patchbay.db";

/// Makes sure of the data directory and its folders, and says where it really is.
pub(super) fn prepare(dir: &Path) -> Result<PathBuf, RecordsError> {
    // Without this a slash at the end would make the system follow a link.
    let plain: PathBuf = std::path::absolute(dir)
        .map_err(|error| unusable(dir, &reason(&error)))?
        .components()
        .collect();
    private_folder(&plain, true)?;
    // Folders above may be links; SQLite is told the real path because it is told to follow none.
    let real = fs::canonicalize(&plain).map_err(|error| unusable(dir, &reason(&error)))?;
    for inner in [LOCKS, BACKUPS] {
        private_folder(&real.join(inner), false)?;
    }
    Ok(real)
}

/// A file of ours in the data directory, opened for reading and writing and made, 0600, where there
/// is none. Never for the database: see [`private_database`].
pub(super) fn private_file(path: &Path) -> Result<File, RecordsError> {
    closed_file(path)?;
    let mut options = private_options();
    options.create(true).truncate(false);
    options
        .open(path)
        .map_err(|error| unusable(path, &reason(&error)))
}

/// Makes sure of the database file and makes it where there is none; says whether it had to.
///
/// An existing one is not even opened: closing it again would take SQLite's own locks on it away
/// from everything in this process (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
pub(super) fn private_database(path: &Path) -> Result<bool, RecordsError> {
    if closed_file(path)? {
        return Ok(false);
    }
    match private_options().create_new(true).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unusable(path, &reason(&error))),
    }
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether the file is there; if so, it is an ordinary one of ours and nobody else's to read.
pub(super) fn closed_file(path: &Path) -> Result<bool, RecordsError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unusable(path, &reason(&error))),
    };
    if found.is_symlink() {
        return Err(unusable(path, "it is a link to somewhere else; remove it"));
    }
    if !found.is_file() {
        return Err(unusable(path, "it is not an ordinary file; remove it"));
    }
    #[cfg(unix)]
    keep_private(path, &found)?;
    Ok(true)
}

#[cfg(unix)]
fn keep_private(path: &Path, found: &fs::Metadata) -> Result<(), RecordsError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(unusable(path, "it belongs to another user"));
    }
    if found.mode() & 0o777 != 0o600 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(|error| unusable(path, &reason(&error)))?;
    }
    Ok(())
}

/// Makes sure that a folder is there, no link, ours, and closed to everybody else.
fn private_folder(path: &Path, above: bool) -> Result<(), RecordsError> {
    if let Err(error) = fs::symlink_metadata(path)
        && error.kind() == ErrorKind::NotFound
    {
        let mut builder = DirBuilder::new();
        builder.recursive(above);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Ok(()) => {}
            // Another process of ours was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unusable(path, &reason(&error))),
        }
    }
    let found = fs::symlink_metadata(path).map_err(|error| unusable(path, &reason(&error)))?;
    if found.is_symlink() {
        return Err(unusable(
            path,
            "it is a link to somewhere else; give the folder itself",
        ));
    }
    if !found.is_dir() {
        return Err(unusable(path, "it is a file; choose a folder"));
    }
    #[cfg(unix)]
    closed_to_others(path, &found)?;
    Ok(())
}

#[cfg(unix)]
fn closed_to_others(path: &Path, found: &fs::Metadata) -> Result<(), RecordsError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(unusable(
            path,
            "it belongs to another user; choose a folder of your own",
        ));
    }
    let mode = found.mode() & 0o777;
    if mode & 0o700 != 0o700 {
        let why = format!("it is read-only; run: chmod 700 '{}'", path.display());
        return Err(unusable(path, &why));
    }
    if mode == 0o700 {
        return Ok(());
    }
    // An empty folder holds nothing that others could have read or put there, so it is closed
    // without asking.
    let empty = fs::read_dir(path).is_ok_and(|mut inside| inside.next().is_none());
    if !empty {
        let why = format!("others may enter it; run: chmod 700 '{}'", path.display());
        return Err(unusable(path, &why));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|error| unusable(path, &reason(&error)))
}

/// Puts a folder's own entries on disk, after a file in it was made.
pub(super) fn sync_folder(path: &Path) {
    // Some file systems cannot do this; the file itself is synced all the same.
    if let Ok(folder) = File::open(path) {
        let _ = folder.sync_all();
    }
}

/// Says which path cannot be used and why.
pub(super) fn unusable(path: &Path, why: &str) -> RecordsError {
    RecordsError::Unusable {
        why: format!("{}: {why}", path.display()),
    }
}

/// The system's error in words that say what to do.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "there is no right to write there; choose another one with --data-dir".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "it is on a read-only disk; choose another one with --data-dir".to_owned()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "there is no space left; make some".to_owned()
        }
        ErrorKind::NotADirectory | ErrorKind::NotFound => {
            "there is no such folder and it cannot be made; choose another one with --data-dir"
                .to_owned()
        }
        _ => error.to_string(),
    }
}
