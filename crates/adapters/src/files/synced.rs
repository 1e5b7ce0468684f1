//! Folders that some service copies to other computers, told by their names and marks.
//!
//! A private key saved there leaves this computer, so people are warned. A folder that is copied by
//! a service nobody here knows cannot be told from any other.

use std::path::Path;

/// Beginnings of folder names, in lower case, and what people call the service.
const NAMES: [(&str, &str); 17] = [
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("skydrive", "OneDrive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("my drive", "Google Drive"),
    ("icloud", "iCloud"),
    ("mobile documents", "iCloud"),
    ("com~apple~clouddocs", "iCloud"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("pcloud", "pCloud"),
    ("megasync", "MEGA"),
    ("box sync", "Box"),
    ("synologydrive", "Synology Drive"),
    ("yandex.disk", "Yandex Disk"),
    ("seafile", "Seafile"),
];

/// Files and folders that a service leaves in what it copies.
const MARKS: [(&str, &str); 7] = [
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".stfolder", "Syncthing"),
    (".nextcloudsync.log", "Nextcloud"),
    (".owncloudsync.log", "ownCloud"),
    (".sync", "Resilio Sync"),
    (".git", "git"),
];

/// The service that copies the folder this file lies in, as far as that can be told.
pub fn service_of(file: &Path) -> Option<&'static str> {
    let folder = file.parent()?;
    // A link may lead into such a folder.
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    [folder, &real].into_iter().find_map(|start| {
        start
            .ancestors()
            .find_map(|folder| by_name(folder).or_else(|| by_mark(folder)))
    })
}

fn by_name(folder: &Path) -> Option<&'static str> {
    let name = folder.file_name()?.to_string_lossy().to_lowercase();
    let known = NAMES.iter().find(|(begin, _)| name.starts_with(begin));
    known.map(|(_, service)| *service)
}

fn by_mark(folder: &Path) -> Option<&'static str> {
    let known = MARKS.iter().find(|(mark, _)| folder.join(mark).exists());
    known.map(|(_, service)| *service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_by_name_by_mark_and_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |path: &str| {
            let folder = folder.path().join(path);
            std::fs::create_dir_all(&folder).unwrap();
            folder.join("live.pem")
        };
        assert_eq!(service_of(&inside("plain/deep")), None);
        for (path, service) in [
            ("Dropbox/keys", "Dropbox"),
            ("OneDrive - Nordlys/a/b", "OneDrive"),
            ("Library/Mobile Documents/com~apple~CloudDocs", "iCloud"),
            ("Nextcloud", "Nextcloud"),
        ] {
            assert_eq!(service_of(&inside(path)), Some(service), "{path}");
        }
        inside("shared/.stfolder");
        assert_eq!(service_of(&inside("shared/deep/er")), Some("Syncthing"));
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(folder.path().join("Dropbox"), &link).unwrap();
            assert_eq!(service_of(&link.join("live.pem")), Some("Dropbox"));
        }
    }
}
