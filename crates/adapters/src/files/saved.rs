//! A private key saved to the one file that a person chose, behind the core's [`Outlet`] port.
//!
//! Written beside it under another name, readable for its owner only from the first byte on, put on
//! disk, and then given its name: the file is there as a whole or not at all. Not here: whether the
//! folder is copied elsewhere ([`super::synced`]).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use patchbay_core::keypair::ExportWay;
use patchbay_core::ports::outlet::{Outlet, OutletError};
use patchbay_core::secret::Secret;
use patchbay_core::text;

/// A file to be written once.
#[derive(Debug)]
pub struct SavedFile {
    path: PathBuf,
}

impl SavedFile {
    /// The file at this path, which the system's dialog has asked about where it is there already.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }
}

#[async_trait]
impl Outlet for SavedFile {
    fn way(&self) -> ExportWay {
        ExportWay::File
    }

    async fn ready(&self) -> Result<(), OutletError> {
        let path = self.path.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let (beside, file) = open_beside(&path)?;
            drop(file);
            fs::remove_file(beside)
        });
        let tried = tried
            .await
            .unwrap_or_else(|_| Err(io::Error::other("it stopped")));
        tried.map_err(|error| OutletError::Refused {
            way: ExportWay::File,
            detail: said(&error),
        })
    }

    async fn put(&self, text: &Secret) -> Result<(), OutletError> {
        let path = self.path.clone();
        let text = Secret::new(text.expose().to_vec());
        let written = tokio::task::spawn_blocking(move || write(&path, &text));
        let written = written
            .await
            .unwrap_or_else(|_| Err(io::Error::other("it stopped")));
        written.map_err(|error| OutletError::Failed {
            way: ExportWay::File,
            detail: said(&error),
        })
    }
}

fn said(error: &io::Error) -> String {
    text::outside(&error.to_string(), 200)
}

/// A new file of ours beside the one that is meant.
fn open_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other(
            "there is something there that is no ordinary file",
        ));
    }
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("it has no name"))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = match options.open(&beside) {
        // Left by a process of the same number that died.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&beside)?;
            options.open(&beside)?
        }
        opened => opened?,
    };
    Ok((beside, file))
}

fn write(path: &Path, text: &Secret) -> io::Result<()> {
    let (beside, mut file) = open_beside(path)?;
    let written = file
        .write_all(text.expose())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing of it may stay; what cannot be removed is at least empty.
        let _ = file.set_len(0);
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use patchbay_core::fakes::outlet_contract;

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.pem");
        let file = SavedFile::at(path.clone());
        outlet_contract(&file, async || fs::read(&path).ok())
            .await
            .unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing beside it"
        );
    }

    #[tokio::test]
    async fn a_file_that_was_there_is_replaced_as_a_whole_with_the_new_rights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.pem");
        fs::write(&path, "x".repeat(10_000)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let text = Secret::new(b"new".to_vec());
        SavedFile::at(path.clone()).put(&text).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn where_nothing_can_be_written_it_says_so_before_anything_is_spent() {
        let folder = tempfile::tempdir().unwrap();
        let text = Secret::new(b"key".to_vec());
        for path in [
            folder.path().join("absent/live.pem"),
            folder.path().to_owned(),
            "/".into(),
        ] {
            let file = SavedFile::at(path);
            assert!(matches!(
                file.ready().await,
                Err(OutletError::Refused { .. })
            ));
            assert!(matches!(
                file.put(&text).await,
                Err(OutletError::Failed { .. })
            ));
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        assert!(
            SavedFile::at(link).ready().await.is_err(),
            "a link leads elsewhere"
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "only the link"
        );
    }
}
