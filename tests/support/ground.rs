//! The test ground: a database server, an SSH server, applications and keychains, all of them real
//! programs, started for one test and gone after it.
//!
//! [`Ground`] starts `mariadbd` and `sshd` on loopback; [`Ground::instance`] puts a stand-in for a
//! Commerce application on it (`tests/fixtures/commerce`), which behaves as `docs/facts.md` says the
//! real one does. Deliberately not here: the gateway (see `crates/simulator`) and anything that
//! knows how Patchbay talks to an instance.
//!
//! Nothing stays behind: every server lives under a small supervisor that ends when this process
//! does, however it ends.

mod applications;
mod database;
mod encryptor;
pub mod keychain;
pub mod keys;
mod options;
mod php_file;
mod processes;
mod programs;
mod sshd;
mod wrapper;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use applications::{ConfigRow, Instance, Outcome, Served};
pub use encryptor::Encryptor;
pub use options::{
    HandConnected, InstanceOptions, ModuleState, PATHS_OF_KEYS, PATHS_OF_SAAS, Setting, Shape,
};
pub use sshd::SshTarget;

use database::Database;
use sshd::Sshd;

/// Why the ground could not be prepared; the text says what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GroundError(String);

impl GroundError {
    /// What a program on the ground reports when a step fails.
    #[must_use]
    pub fn failed(text: &str) -> Self {
        Self::new(text)
    }

    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Wraps `error` with what was being done.
    pub(crate) fn because(doing: &str, error: impl std::fmt::Display) -> Self {
        Self(format!("{doing}: {error}"))
    }
}

/// What the ground's functions give back.
pub type Result<T> = std::result::Result<T, GroundError>;

/// How a ground is to be started.
#[derive(Clone, Debug)]
pub struct GroundOptions {
    /// How many loopback addresses the SSH server listens on: 127.0.0.1 up to 127.0.0.`hosts`.
    pub hosts: u8,
    /// Lines that sshd sends before authentication, or none.
    pub banner: Option<String>,
}

impl Default for GroundOptions {
    fn default() -> Self {
        Self {
            hosts: 1,
            banner: None,
        }
    }
}

/// A running database server and a running SSH server, with room for instances.
///
/// Dropping it ends both, and everything that was started over its SSH server, and removes its
/// folder. Drop a [`Served`] page or a [`keychain::KeychainSession`] separately.
#[derive(Debug)]
pub struct Ground {
    sshd: Sshd,
    database: Database,
    instances: AtomicUsize,
    folder: tempfile::TempDir,
    // Last, so that the folder goes after the servers in it; here also when this process is killed.
    _janitor: processes::Server,
}

impl Ground {
    /// Starts a ground with one address and no banner.
    ///
    /// # Errors
    /// When a program is missing (the text names the packages to install) or a server does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(GroundOptions::default()).await
    }

    /// Starts a ground as `options` say.
    ///
    /// # Errors
    /// When a program is missing (the text names the packages to install) or a server does not start.
    pub async fn start_with(options: GroundOptions) -> Result<Self> {
        programs::require_servers()?;
        let folder = tempfile::Builder::new()
            .prefix("patchbay-ground-")
            .tempdir()
            .map_err(|error| GroundError::because("making the ground's folder", error))?;
        let janitor = processes::Server::janitor(folder.path())?;
        let (database, sshd) = tokio::try_join!(
            Database::start(folder.path().join("mariadb")),
            Sshd::start(folder.path().join("ssh"), options)
        )?;
        Ok(Self {
            sshd,
            database,
            instances: AtomicUsize::new(0),
            folder,
            _janitor: janitor,
        })
    }

    /// The ground's own folder. Everything it makes is in there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts an instance on the ground: an application root, a database with its rows, and a wrapper
    /// around `php`.
    ///
    /// # Errors
    /// When its files cannot be written or the database refuses.
    pub async fn instance(&self, options: InstanceOptions) -> Result<Instance> {
        let number = self.instances.fetch_add(1, Ordering::Relaxed) + 1;
        let place = applications::Place {
            folder: self.folder.path().join(format!("instance-{number}")),
            database: format!("commerce_{number}"),
            ssh: self.sshd.target(),
        };
        Instance::create(place, &self.database, options).await
    }

    /// Where to log in: host, port, user and the client's key.
    #[must_use]
    pub fn ssh(&self) -> SshTarget {
        self.sshd.target()
    }

    /// A client configuration that reaches this ground and trusts its present host key.
    #[must_use]
    pub fn ssh_config(&self) -> PathBuf {
        self.sshd.client_config()
    }

    /// The known-hosts file that [`Self::ssh_config`] names; it follows [`Self::change_host_key`] only
    /// when [`Self::trust_host_key`] is called.
    #[must_use]
    pub fn known_hosts(&self) -> PathBuf {
        self.sshd.known_hosts()
    }

    /// Known-hosts lines for the present host key, one per address.
    #[must_use]
    pub fn known_hosts_lines(&self) -> String {
        self.sshd.known_hosts_lines()
    }

    /// Writes the present host key to [`Self::known_hosts`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn trust_host_key(&self) -> Result<()> {
        self.sshd.trust()
    }

    /// Fingerprint of the present host key, as `SHA256:...`.
    ///
    /// # Errors
    /// When `ssh-keygen` fails.
    pub async fn host_key_fingerprint(&self) -> Result<String> {
        self.sshd.fingerprint().await
    }

    /// Restarts the SSH server on the same port with another host key. The known-hosts file is left.
    ///
    /// # Errors
    /// When the server does not come up again.
    pub async fn change_host_key(&mut self) -> Result<()> {
        self.sshd.change_host_key().await
    }

    /// Makes another client key that may log in, protected by `passphrase`; gives the private key's file.
    ///
    /// # Errors
    /// When `ssh-keygen` fails, for example because `name` is taken.
    pub async fn add_login_key(&self, name: &str, passphrase: &str) -> Result<PathBuf> {
        self.sshd.add_key(name, passphrase).await
    }

    /// Stops the SSH server: its port refuses from here on.
    pub fn stop_ssh(&mut self) {
        self.sshd.stop();
    }

    /// Makes login shells print `text` before anything else, as some hosts do; empty for none.
    ///
    /// # Errors
    /// When the profile cannot be written.
    pub fn set_login_noise(&self, text: &str) -> Result<()> {
        self.sshd.set_login_noise(text)
    }

    /// How many SSH logins were accepted since the start.
    ///
    /// # Errors
    /// When the server's log cannot be read.
    pub fn ssh_logins(&self) -> Result<usize> {
        self.sshd.count("Accepted publickey for ")
    }

    /// How many SSH connections were opened since the start, with or without a login.
    ///
    /// # Errors
    /// When the server's log cannot be read.
    pub fn ssh_connections(&self) -> Result<usize> {
        self.sshd.count("Connection from ")
    }

    /// Runs `command` through the system's `ssh` with [`Self::ssh_config`], `input` on its standard input.
    ///
    /// # Errors
    /// When `ssh` cannot be started.
    pub async fn run_over_ssh(&self, command: &str, input: &[u8]) -> Result<Outcome> {
        let mut ssh = tokio::process::Command::new("ssh");
        ssh.arg("-F").arg(self.ssh_config());
        ssh.arg("-T").arg("--").arg(self.ssh().host).arg(command);
        processes::run(ssh, input).await
    }

    /// Ends the database server at once, as a crash would.
    pub fn stop_database(&mut self) {
        self.database.stop();
    }
}
