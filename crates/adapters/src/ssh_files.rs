//! Reading ssh configurations as files, for an import: ordinary files only, each with a bound.
//!
//! Not here: what is in them, which the core reads; and ssh itself, which reads its own.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use patchbay_core::instance::importing::ssh_config::{self, Found};

/// The most bytes of one file.
const LARGEST: u64 = 1024 * 1024;
/// The most files that one `Include` names.
const MOST_FILES: usize = 64;

/// Reads an ssh configuration and says whether it is the user's own, whose aliases ssh knows.
///
/// # Errors
/// Where the file itself cannot be read; what it includes may be missing, as for ssh.
pub fn hosts_in(path: &Path) -> io::Result<(Found, bool)> {
    let text = read(path)?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let found = ssh_config::read(&text, &mut |pattern| {
        included(&folder, pattern)
            .iter()
            .filter_map(|path| read(path).ok())
            .collect()
    });
    let own = std::env::home_dir()
        .and_then(|home| home.join(".ssh/config").canonicalize().ok())
        .is_some_and(|own| path.canonicalize().is_ok_and(|path| path == own));
    Ok((found, own))
}

/// The text of an ordinary file. A pipe or a device would give text for ever, or wait for it.
fn read(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))
}

/// The ordinary files that an `Include` names: relative to the configuration, patterns in the last
/// part only.
fn included(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let path = match pattern.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None => folder.join(pattern),
    };
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if !name.contains(['*', '?']) {
        return vec![path];
    }
    let entries = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let mut found: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| {
            let there = entry.file_name().to_string_lossy().into_owned();
            !there.starts_with('.') && ssh_config::matches(&there, &name)
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.truncate(MOST_FILES);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_included_beside_the_configuration_and_nothing_but_files() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        write(
            "config",
            "Include d/*.conf\nInclude /dev/zero /nowhere d\nHost main\n",
        );
        write("d/b.conf", "Host b\n");
        write("d/a.conf", "Host a\n");
        write("d/c.bak", "Host c\n");
        let (found, own) = hosts_in(&folder.path().join("config")).unwrap();
        let names: Vec<_> = found.hosts.iter().map(|host| host.alias.as_str()).collect();
        assert_eq!(names, ["a", "b", "main"]);
        assert!(!own);
        assert!(hosts_in(Path::new("/dev/zero")).is_err());
        write("large", &"# x\n".repeat(300_000));
        assert!(hosts_in(&folder.path().join("large")).is_err());
    }
}
