//! The programs the ground needs, and which packages bring them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{GroundError, Result};

const SERVERS: &[(&str, &str)] = &[
    ("mariadbd", "mariadb-server"),
    ("mariadb-install-db", "mariadb-server"),
    ("mariadb", "mariadb-client"),
    ("sshd", "openssh-server"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("php", "php-cli"),
];
const EXTENSIONS: &[(&str, &str)] = &[
    ("pdo_mysql", "php-mysql"),
    ("mbstring", "php-mbstring"),
    ("sodium", "php-cli"),
    ("openssl", "php-cli"),
];
const KEYCHAIN: &[(&str, &str)] = &[
    ("dbus-daemon", "dbus"),
    ("dbus-send", "dbus"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("secret-tool", "libsecret-tools"),
];

/// The absolute path of `program`; system folders count even when `PATH` leaves them out.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `find`, as an error that names the package.
pub(super) fn require(program: &str) -> Result<PathBuf> {
    let package = SERVERS
        .iter()
        .chain(KEYCHAIN)
        .find(|(name, _)| *name == program);
    let package = package.map_or(program, |(_, package)| package);
    find(program).ok_or_else(|| missing(&[(program, package)]))
}

/// Everything that servers and instances need, checked once per process.
pub(super) fn require_servers() -> Result<()> {
    static CHECKED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    CHECKED
        .get_or_init(|| {
            require_all(SERVERS)
                .and_then(|()| require_extensions())
                .map_err(|error| error.to_string())
        })
        .clone()
        .map_err(GroundError::new)
}

/// Everything that a keychain session needs.
pub(super) fn require_keychain() -> Result<()> {
    require_all(KEYCHAIN)
}

fn require_all(wanted: &[(&str, &str)]) -> Result<()> {
    let absent: Vec<_> = wanted
        .iter()
        .filter(|(name, _)| find(name).is_none())
        .copied()
        .collect();
    if absent.is_empty() {
        Ok(())
    } else {
        Err(missing(&absent))
    }
}

fn require_extensions() -> Result<()> {
    let output = Command::new("php")
        .arg("-m")
        .output()
        .map_err(|error| GroundError::because("asking php for its extensions", error))?;
    let loaded = String::from_utf8_lossy(&output.stdout).to_lowercase();
    let absent: Vec<_> = EXTENSIONS
        .iter()
        .filter(|(name, _)| !loaded.lines().any(|line| line.trim() == *name))
        .copied()
        .collect();
    if absent.is_empty() {
        Ok(())
    } else {
        Err(missing(&absent))
    }
}

fn missing(absent: &[(&str, &str)]) -> GroundError {
    let names: Vec<_> = absent.iter().map(|(name, _)| *name).collect();
    let mut packages: Vec<_> = absent.iter().map(|(_, package)| *package).collect();
    packages.sort_unstable();
    packages.dedup();
    GroundError::new(format!(
        "These tests run on real programs, and some are missing: {}. Install them with: \
         apt-get install -y --no-install-recommends {}",
        names.join(", "),
        packages.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package_once() {
        let error = missing(&[
            ("mariadbd", "mariadb-server"),
            ("mariadb-install-db", "mariadb-server"),
        ]);
        let text = error.to_string();
        assert!(text.contains("mariadbd, mariadb-install-db"), "{text}");
        assert!(
            text.ends_with("--no-install-recommends mariadb-server"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_does_not_exist_is_not_found() {
        assert_eq!(find("no-such-program-anywhere"), None);
        assert!(find("sh").is_some());
    }
}
