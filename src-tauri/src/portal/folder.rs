//! The folder for a download that the system hands over only as a file: in the runtime directory,
//! which is memory on most systems, closed to everybody else, and empty but for a moment.
//!
//! What a crash leaves is overwritten and removed at the next start.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use patchbay_core::id::hex;
use patchbay_core::secret::Secret;
use sha2::{Digest, Sha256};

/// The folder, as the shell manages it.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder of one data directory, whose window is the only one that uses it.
    pub(crate) fn of(data_directory: &Path) -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let runtime = runtime.filter(|path| path.is_absolute() && cfg!(target_os = "linux"));
        let digest = Sha256::digest(data_directory.as_os_str().as_encoded_bytes());
        let name = format!("patchbay-portal-{}", &hex(&digest)[..16]);
        // Elsewhere the data directory is the one place that is surely this user's alone.
        Self(runtime.map_or_else(
            || data_directory.join("portal"),
            |runtime| runtime.join(name),
        ))
    }

    /// Removes whatever an earlier run left there.
    pub(crate) fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.0) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            if let Err(error) = wipe(&entry.path()) {
                tracing::error!(%error, "what a download left behind could not be removed");
            }
        }
        let _ = fs::remove_dir(&self.0);
    }

    /// Where the next download may be put; nothing is there yet.
    ///
    /// # Errors
    /// The folder cannot be made, or is not this user's alone.
    pub(crate) fn place(&self, name: &str) -> io::Result<PathBuf> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        #[cfg(unix)]
        only_ours(&self.0)?;
        Ok(self.0.join(name))
    }

    /// Takes what was put there; nothing is left of it, whether it could be read or not.
    ///
    /// # Errors
    /// It could not be read or not be removed.
    pub(crate) fn take(&self, path: &Path, max: usize) -> io::Result<Secret> {
        let read = (|| {
            let length = usize::try_from(fs::metadata(path)?.len()).unwrap_or(usize::MAX);
            if length > max {
                // Whoever reads it says that it is too much.
                return Ok(Secret::new(vec![b'A'; max + 1]));
            }
            fs::read(path).map(Secret::new)
        })();
        wipe(path)?;
        let _ = fs::remove_dir(&self.0);
        read
    }
}

#[cfg(unix)]
fn only_ours(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let found = fs::symlink_metadata(folder)?;
    // Whoever can change the rights is the owner, or may do everything anyway.
    if !found.is_dir() {
        return Err(io::Error::other("it is no folder"));
    }
    if found.mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Overwrites a file and removes it; absence is fine.
fn wipe(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_file() {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let zeros = vec![0; 64 * 1024];
        let mut left = found.len();
        while left > 0 {
            let now = usize::try_from(left)
                .unwrap_or(zeros.len())
                .min(zeros.len());
            file.write_all(&zeros[..now])?;
            left -= now as u64;
        }
        file.sync_all()?;
    }
    fs::remove_file(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder(inside: &Path) -> Folder {
        Folder(inside.join("patchbay-portal-1"))
    }

    #[test]
    fn what_was_put_there_is_read_once_and_gone() {
        let runtime = tempfile::tempdir().unwrap();
        let folder = folder(runtime.path());
        let place = folder.place("key").unwrap();
        let mode = fs::metadata(place.parent().unwrap())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::write(&place, "key").unwrap();
        assert_eq!(folder.take(&place, 100).unwrap().expose(), b"key");
        assert_eq!(fs::read_dir(runtime.path()).unwrap().count(), 0);
        assert!(folder.take(&place, 100).is_err());
    }

    #[test]
    fn too_much_is_not_read_and_gone_all_the_same() {
        let runtime = tempfile::tempdir().unwrap();
        let folder = folder(runtime.path());
        let place = folder.place("key").unwrap();
        fs::write(&place, vec![b'x'; 200_000]).unwrap();
        assert_eq!(folder.take(&place, 100).unwrap().len(), 101);
        assert!(!place.exists());
    }

    #[test]
    fn a_start_sweeps_what_a_crash_left() {
        let runtime = tempfile::tempdir().unwrap();
        let folder = folder(runtime.path());
        for name in ["key", "key.wkdownload"] {
            fs::write(folder.place(name).unwrap(), "half a key").unwrap();
        }
        folder.sweep();
        assert_eq!(fs::read_dir(runtime.path()).unwrap().count(), 0);
        folder.sweep();
    }

    #[test]
    fn a_folder_that_others_may_enter_is_closed_first() {
        let runtime = tempfile::tempdir().unwrap();
        let folder = folder(runtime.path());
        fs::create_dir(&folder.0).unwrap();
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
        folder.place("key").unwrap();
        let mode = fs::metadata(&folder.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::remove_dir(&folder.0).unwrap();
        std::os::unix::fs::symlink(runtime.path(), &folder.0).unwrap();
        assert!(folder.place("key").is_err(), "a link leads elsewhere");
    }
}
