//! A MariaDB server of its own per ground.
//!
//! Installing the system tables takes over a second, so it is done once per machine and version into
//! a cached template that each ground copies.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::processes::{self, Server};
use super::{GroundError, Result, programs};

/// The same at installation and at run time, or the server resizes its log at every start.
const LOG_SIZE: &str = "--innodb-log-file-size=4M";

/// How to reach the server; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    socket: Arc<Path>,
    pub(super) port: u16,
}

impl Connection {
    /// Runs statements in `schema` (or none) and gives the raw output, a line per row, tabs between.
    ///
    /// Statements go in by standard input: they may hold keys, and arguments can be read by anybody.
    pub(super) async fn run(&self, schema: Option<&str>, statements: &str) -> Result<String> {
        let mut client = tokio::process::Command::new("mariadb");
        client.args([
            "--no-defaults",
            "--user=root",
            "--default-character-set=utf8mb4",
        ]);
        client.args(["--batch", "--raw", "--skip-column-names"]);
        client.arg("--socket").arg(&*self.socket);
        if let Some(schema) = schema {
            client.arg(schema);
        }
        processes::must(client, statements.as_bytes()).await
    }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Database {
    server: Option<Server>,
    connection: Connection,
}

impl Database {
    /// Starts a server whose data are in `folder`.
    pub(super) async fn start(folder: PathBuf) -> Result<Self> {
        let template = template().await?;
        let data = folder.join("data");
        std::fs::create_dir_all(&folder)
            .map_err(|error| GroundError::because("making the database's folder", error))?;
        let mut copy = tokio::process::Command::new("cp");
        copy.args(["-a", "--"]).arg(&template).arg(&data);
        processes::must(copy, &[]).await?;
        let connection = Connection {
            socket: folder.join("socket").into(),
            port: processes::free_port()?,
        };
        let log = folder.join("log");
        let server = Server::start(&command(&folder, &data, &connection)?, &log, None)?;
        processes::wait_until("mariadbd", &log, async || {
            connection.run(None, "SELECT 1").await.is_ok()
        })
        .await?;
        Ok(Self {
            server: Some(server),
            connection,
        })
    }

    pub(super) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    pub(super) fn stop(&mut self) {
        self.server = None;
    }
}

fn command(folder: &Path, data: &Path, connection: &Connection) -> Result<Command> {
    let mut command = Command::new(programs::require("mariadbd")?);
    command.arg("--no-defaults").arg(LOG_SIZE);
    for (name, value) in [
        ("--datadir", data),
        ("--socket", &*connection.socket),
        ("--pid-file", &folder.join("pid")),
        ("--tmpdir", folder),
    ] {
        let mut argument = std::ffi::OsString::from(format!("{name}="));
        argument.push(value);
        command.arg(argument);
    }
    command.arg(format!("--port={}", connection.port));
    if is_root() {
        command.arg("--user=root");
    }
    command.args([
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--performance-schema=off",
        "--innodb-buffer-pool-size=16M",
        "--key-buffer-size=1M",
        "--aria-pagecache-buffer-size=1M",
        "--max-connections=200",
        // A test's data need not survive a power cut; a killed client is still rolled back.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-use-native-aio=0",
    ]);
    Ok(command)
}

/// The folder with the installed system tables, made under a lock if it is not there yet.
async fn template() -> Result<PathBuf> {
    let mut version = tokio::process::Command::new(programs::require("mariadbd")?);
    version.args(["--no-defaults", "--version"]);
    let version = processes::must(version, &[]).await?;
    let version: String = version
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '.')
        .collect();
    let cache = cache_folder()?;
    let template = cache.join(format!("mariadb-1-{version}"));
    let lock = File::create(cache.join("mariadb.lock"))
        .map_err(|error| GroundError::because("making the template's lock", error))?;
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .map_err(|error| GroundError::because("waiting for the template's lock", error))?
        .map_err(|error| GroundError::because("taking the template's lock", error))?;
    let installed = install(&cache, &template).await;
    drop(lock);
    installed.map(|()| template)
}

async fn install(cache: &Path, template: &Path) -> Result<()> {
    if template.is_dir() {
        return Ok(());
    }
    // Installed aside and renamed, so that a half-made template is never taken for a whole one.
    let aside = tempfile::tempdir_in(cache)
        .map_err(|error| GroundError::because("making the template", error))?;
    let data = aside.path().join("data");
    let mut install = tokio::process::Command::new(programs::require("mariadb-install-db")?);
    install.args([
        "--no-defaults",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
        LOG_SIZE,
    ]);
    if is_root() {
        install.arg("--user=root");
    }
    install.arg(format!("--datadir={}", data.display()));
    processes::must(install, &[]).await?;
    std::fs::rename(&data, template)
        .map_err(|error| GroundError::because("keeping the template", error))
}

fn cache_folder() -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let user = rustix::process::getuid().as_raw();
    let folder = std::env::temp_dir().join(format!("patchbay-ground-cache-{user}"));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(&folder)
        .map_err(|error| GroundError::because("making the cache folder", error))?;
    Ok(folder)
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
