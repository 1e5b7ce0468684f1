//! A private session bus with a real GNOME keyring on it, unlocked, for one test.
//!
//! Nothing of the user's own session is touched: the bus, HOME and the XDG folders are all new.

use std::path::PathBuf;
use std::process::Command;

use super::processes::{self, Server};
use super::{GroundError, Outcome, Result, programs};

/// Password of every test keyring; it guards nothing.
const PASSWORD: &str = "ground";

/// Reads the password, unlocks, and stays in the foreground under its supervisor.
const KEYRING: &str = r#"exec "$2" --foreground --unlock --components=secrets <"$1""#;

/// What kind of session a test wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bus with an unlocked keyring.
    Unlocked,
    /// A bus on which nobody offers a keychain.
    WithoutKeychain,
}

/// A running session. Dropping it ends the bus and the keyring.
#[derive(Debug)]
pub struct KeychainSession {
    folder: tempfile::TempDir,
    address: String,
    // The keyring first: without its bus it would only complain.
    keyring: Option<Server>,
    _bus: Server,
}

impl KeychainSession {
    /// Starts a bus and an unlocked keyring with an empty default collection.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub async fn start() -> Result<Self> {
        Self::start_kind(Kind::Unlocked).await
    }

    /// Starts a session of the given kind.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub async fn start_kind(kind: Kind) -> Result<Self> {
        programs::require_keychain()?;
        let folder = tempfile::Builder::new()
            .prefix("patchbay-keychain-")
            .tempdir()
            .map_err(|error| GroundError::because("making the session's folder", error))?;
        let address = format!("unix:path={}", folder.path().join("bus").display());
        let bus = start_bus(&folder, &address).await?;
        let mut session = Self {
            folder,
            address,
            keyring: None,
            _bus: bus,
        };
        if kind == Kind::Unlocked {
            session.start_keyring().await?;
        }
        Ok(session)
    }

    /// The variables that make a child process use this session, and only this one.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DBUS_SESSION_BUS_ADDRESS", self.address.clone())];
        for (name, folder) in FOLDERS {
            variables.push((name, self.folder.path().join(folder).display().to_string()));
        }
        variables
    }

    /// The session's HOME.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Locks the default collection.
    ///
    /// # Errors
    /// When the keyring does not answer.
    pub async fn lock(&self) -> Result<()> {
        let collection = "array:objpath:/org/freedesktop/secrets/aliases/default";
        self.call(&["org.freedesktop.Secret.Service.Lock", collection])
            .await
    }

    /// Unlocks the default collection again, by starting the keyring anew as the next login would.
    ///
    /// # Errors
    /// When the keyring does not come up.
    pub async fn unlock(&mut self) -> Result<()> {
        self.stop_keyring();
        self.start_keyring().await
    }

    /// Ends the keyring; the bus stays, with nobody to ask.
    pub fn stop_keyring(&mut self) {
        self.keyring = None;
    }

    /// Runs a program in this session, `input` on its standard input.
    ///
    /// # Errors
    /// When it cannot be started; a failing program is an answer.
    pub async fn run(&self, program: &str, arguments: &[&str], input: &[u8]) -> Result<Outcome> {
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).envs(self.variables());
        processes::run(command, input).await
    }

    async fn start_keyring(&mut self) -> Result<()> {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD)
            .map_err(|error| GroundError::because("writing the keyring's password", error))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", KEYRING, "ground-keyring"])
            .arg(password);
        command
            .arg(programs::require("gnome-keyring-daemon")?)
            .envs(self.variables());
        let log = self.folder.path().join("keyring.log");
        self.keyring = Some(Server::start(&command, &log, None)?);
        // The name on the bus comes before the default collection does.
        let this = &*self;
        processes::wait_until("gnome-keyring-daemon", &log, async || {
            this.has_collection().await
        })
        .await
    }

    async fn has_collection(&self) -> bool {
        let get = ["org.freedesktop.Secret.Service.ReadAlias", "string:default"];
        self.ask(&get)
            .await
            .is_ok_and(|answer| answer.contains("/org/freedesktop/secrets/collection/"))
    }

    async fn call(&self, message: &[&str]) -> Result<()> {
        self.ask(message).await.map(drop)
    }

    async fn ask(&self, message: &[&str]) -> Result<String> {
        let mut send = tokio::process::Command::new(programs::require("dbus-send")?);
        send.envs(self.variables());
        send.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
        ]);
        send.args(message);
        processes::must(send, &[]).await
    }
}

const FOLDERS: [(&str, &str); 5] = [
    ("HOME", "home"),
    ("XDG_RUNTIME_DIR", "run"),
    ("XDG_DATA_HOME", "home/data"),
    ("XDG_CONFIG_HOME", "home/config"),
    ("XDG_CACHE_HOME", "home/cache"),
];

/// A bus that starts nothing by itself: what is on it was put there by the test.
async fn start_bus(folder: &tempfile::TempDir, address: &str) -> Result<Server> {
    use std::os::unix::fs::DirBuilderExt;
    for (_, name) in FOLDERS {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(folder.path().join(name))
            .map_err(|error| GroundError::because("making the session's folders", error))?;
    }
    let config = folder.path().join("bus.conf");
    let text = format!(
        "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>"
    );
    std::fs::write(&config, text)
        .map_err(|error| GroundError::because("writing the bus's configuration", error))?;
    let mut command = Command::new(programs::require("dbus-daemon")?);
    command.arg("--nofork").arg("--config-file").arg(&config);
    let log = folder.path().join("bus.log");
    let bus = Server::start(&command, &log, None)?;
    let socket = folder.path().join("bus");
    // The file is there a moment before anybody listens on it.
    processes::wait_until("dbus-daemon", &log, async || {
        tokio::net::UnixStream::connect(&socket).await.is_ok()
    })
    .await?;
    Ok(bus)
}
