//! Files that a person chose: read as a secret, written, and [`saved`] with a private key.
//!
//! Only ordinary files are read: a pipe or a device could be waited for without end. Not here: what
//! stands in it (the core's intake).

pub mod saved;
pub mod synced;

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use patchbay_core::secret::Secret;

/// Reads at most `max` bytes and one more, so that the reader sees when there is too much. Never
/// on an async thread: the file may lie on a slow or absent network drive.
///
/// # Errors
/// It is not there, may not be read, or is no ordinary file.
pub async fn read_secret(path: PathBuf, max: usize) -> Result<Secret, Error> {
    let read = tokio::task::spawn_blocking(move || read(&path, max));
    read.await
        .unwrap_or_else(|_| Err(Error::other("it stopped while it was read")))
}

fn read(path: &Path, max: usize) -> Result<Secret, Error> {
    // Asked before opening, which would wait for the other end of a pipe.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "it is not an ordinary file",
        ));
    }
    // Room for everything from the start: a buffer that grows leaves copies behind.
    let mut bytes = Vec::with_capacity(max.saturating_add(2));
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let outcome = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    let secret = Secret::new(bytes);
    outcome.map(|_| secret)
}

/// Writes a file anew, for its owner only where it was not there; on disk when this returns.
///
/// # Errors
/// It cannot be written, or something that is no ordinary file has its name.
pub async fn write(path: PathBuf, bytes: Vec<u8>) -> Result<(), Error> {
    let written = tokio::task::spawn_blocking(move || put(&path, &bytes));
    written
        .await
        .unwrap_or_else(|_| Err(Error::other("it stopped while it was written")))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "it is not an ordinary file",
        ));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_read_than_is_needed_to_see_that_it_is_too_much() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large");
        std::fs::write(&path, vec![b'x'; 1_000]).unwrap();
        assert_eq!(read_secret(path.clone(), 100).await.unwrap().len(), 101);
        assert_eq!(read_secret(path, 1_000).await.unwrap().len(), 1_000);
    }

    #[tokio::test]
    async fn what_is_written_replaces_what_was_there_and_nothing_but_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("export.csv");
        for text in ["a longer first text", "second"] {
            write(path.clone(), text.into()).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let folder = write(dir.path().to_owned(), Vec::new()).await;
        assert_eq!(
            folder.err().map(|e| e.kind()),
            Some(ErrorKind::InvalidInput)
        );
        let nowhere = write(dir.path().join("none/export.csv"), Vec::new()).await;
        assert_eq!(nowhere.err().map(|e| e.kind()), Some(ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn what_is_no_ordinary_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = read_secret(dir.path().to_owned(), 100).await;
        assert_eq!(
            folder.err().map(|e| e.kind()),
            Some(ErrorKind::InvalidInput)
        );
        let absent = read_secret(dir.path().join("absent"), 100).await;
        assert_eq!(absent.err().map(|e| e.kind()), Some(ErrorKind::NotFound));
        #[cfg(target_os = "linux")]
        {
            let endless = read_secret("/dev/zero".into(), 100).await;
            assert_eq!(
                endless.err().map(|e| e.kind()),
                Some(ErrorKind::InvalidInput)
            );
        }
    }
}
