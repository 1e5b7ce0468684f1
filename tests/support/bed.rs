//! A whole bench for journeys: the ground's servers, Adobe's side on loopback, a private keychain,
//! an empty data directory, and the real `patchbayctl` to run on them.
//!
//! Deliberately not here: what a journey expects. Nothing in this room knows the core.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use patchbay_simulator::account::{DataSpaceType, Project};
use patchbay_simulator::world::{World, new_data_space};
use patchbay_simulator::{Config, ReadyAccount, Scenario, Simulator};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use crate::ground::keychain::KeychainSession;
use crate::ground::{
    Ground, GroundError, GroundOptions, Instance, InstanceOptions, Result, Setting,
};

/// Everything a journey needs, gone when dropped.
#[derive(Debug)]
pub struct Bed {
    /// Database, SSH server and instances.
    pub ground: Ground,
    /// Both gateways, the registry and the portal.
    pub simulator: Simulator,
    /// The one account the simulator plays.
    pub account: ReadyAccount,
    /// A private, unlocked keychain.
    pub keychain: KeychainSession,
    folder: tempfile::TempDir,
    ctl: PathBuf,
}

/// How a run of `patchbayctl` ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// Where it is not exactly one JSON document; the text says what it was instead.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON document ({error}): {self:?}"))
    }

    /// Itself, where the exit code is `code`.
    ///
    /// # Panics
    /// Where it is another one.
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "the exit code is wrong: {self:?}");
        self
    }
}

impl Bed {
    /// Makes a bed with one loopback address.
    ///
    /// # Errors
    /// When a program is missing or a server does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(GroundOptions::default()).await
    }

    /// Makes a bed on a ground of that kind.
    ///
    /// # Errors
    /// When a program is missing or a server does not start.
    pub async fn start_with(options: GroundOptions) -> Result<Self> {
        let ctl = built().await?;
        let (ground, keychain) =
            tokio::try_join!(Ground::start_with(options), KeychainSession::start())?;
        let simulator = Simulator::start(Config::default())
            .map_err(|error| GroundError::because("starting the simulator", error))?;
        let situation = simulator
            .play(Scenario::AllWell)
            .map_err(|error| GroundError::because("playing the scenario", error))?;
        let account = situation.accounts.into_iter().next();
        let account = account.ok_or_else(|| GroundError::new("the scenario has no account"))?;
        let folder = tempfile::Builder::new()
            .prefix("patchbay-bed-")
            .tempdir()
            .map_err(|error| GroundError::because("making the bed's folder", error))?;
        Ok(Self {
            ground,
            simulator,
            account,
            keychain,
            folder,
            ctl,
        })
    }

    /// A folder for a journey's own files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program under test.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.ctl
    }

    /// Puts an instance on the ground that talks to the bed's gateways.
    ///
    /// # Errors
    /// When its files cannot be written or the database refuses.
    pub async fn instance(&self, mut options: InstanceOptions) -> Result<Instance> {
        let urls = self.simulator.urls();
        for (purpose, url) in [("production", &urls.production), ("sandbox", &urls.sandbox)] {
            let path = format!("services_connector/{purpose}_gateway_url");
            options.settings.push(Setting::plain(&path, url));
        }
        self.ground.instance(options).await
    }

    /// Sees to it that the account's first project has production data spaces for so many instances.
    ///
    /// # Errors
    /// When the account has no project.
    pub fn room_for(&self, instances: usize) -> Result<Project> {
        let because = |error| GroundError::because("making data spaces", error);
        let first = self.account.projects.first();
        let first = first.ok_or_else(|| GroundError::new("the account has no project"))?;
        let spaces = first.data_spaces.iter();
        let there = spaces.filter(|space| space.kind == DataSpaceType::Production);
        for number in there.count()..instances {
            let space = new_data_space(&format!("Shop {}", number + 1), DataSpaceType::Production);
            let added = |world: &mut World| world.add_data_space(&first.id, space);
            self.simulator.world(added).map_err(because)?;
        }
        let account = |world: &mut World| world.account(&self.account.mage_id).cloned();
        let account = self.simulator.world(account).map_err(because)?;
        let mut projects = account.projects.into_iter();
        let project = projects.find(|project| project.id == first.id);
        project.ok_or_else(|| GroundError::new("the project is gone"))
    }

    /// Writes one of the journey's own files, readable by its owner only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes)
            .map_err(|error| GroundError::because("writing a journey's file", error))?;
        Ok(path.display().to_string())
    }

    /// `patchbayctl` with the bed's keychain, gateways and data directory, ready to be started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let urls = self.simulator.urls();
        let mut command = Command::new(&self.ctl);
        command
            .args(["--production-gateway", &urls.production])
            .args(["--sandbox-gateway", &urls.sandbox])
            .args(arguments)
            .env_remove("SSH_AUTH_SOCK")
            .envs(self.keychain.variables())
            .env("USER", "mei")
            .env("PATCHBAY_DATA_DIR", self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs `patchbayctl` to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<Run> {
        let child = self.spawn(arguments)?;
        finished(child).await
    }

    /// Runs `patchbayctl` with text on its standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn ctl_reading(&self, arguments: &[&str], input: &[u8]) -> Result<Run> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| GroundError::because("starting patchbayctl", error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that refuses its arguments does not read; that is its right.
            let _ = stdin.write_all(input).await;
        }
        finished(child).await
    }

    /// Starts `patchbayctl` and does not wait for it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, arguments: &[&str]) -> Result<Child> {
        self.command(arguments)
            .spawn()
            .map_err(|error| GroundError::because("starting patchbayctl", error))
    }

    /// Adds the account and both of its pairs, as `Nordlys`, `production key` and `sandbox key`.
    ///
    /// # Errors
    /// When `patchbayctl` cannot be started.
    ///
    /// # Panics
    /// Where one of the commands fails.
    pub async fn bring_keys(&self) -> Result<()> {
        let _ = self
            .ctl(&["account", "add", "--label", "Nordlys"])
            .await?
            .expect(0);
        for (purpose, key) in [
            ("production", &self.account.production),
            ("sandbox", &self.account.sandbox),
        ] {
            let file = self.file(&format!("{purpose}.pem"), key.private_key.expose())?;
            let name = format!("{purpose} key");
            let arguments = [
                "keypair",
                "import",
                "--account",
                "Nordlys",
                "--for",
                purpose,
            ];
            let rest = [
                "--name",
                &name,
                "--api-key",
                &key.api_key,
                "--private-key",
                &file,
            ];
            let _ = self
                .ctl(&[&arguments[..], &rest[..]].concat())
                .await?
                .expect(0);
        }
        Ok(())
    }

    /// Adds an instance of the ground, trusting its server's host key on the way.
    ///
    /// # Errors
    /// When `patchbayctl` cannot be started.
    ///
    /// # Panics
    /// Where one of the commands fails.
    pub async fn add(&self, name: &str, role: &str, instance: &Instance) -> Result<()> {
        let target = format!("{}@{}", instance.ssh.user, instance.ssh.host);
        let port = instance.ssh.port.to_string();
        let identity = instance.ssh.identity_file.display().to_string();
        let root = instance.root.display().to_string();
        let php = instance.php().display().to_string();
        let arguments = [
            "instance",
            "add",
            "--name",
            name,
            "--account",
            "Nordlys",
            "--role",
            role,
            "--ssh",
            &target,
            "--root",
            &root,
            "--php",
            &php,
            "--port",
            &port,
            "--identity-file",
            &identity,
        ];
        let _ = self.ctl(&arguments).await?.expect(0);
        let fingerprint = self.ground.host_key_fingerprint().await?;
        let trust = ["host-key", "trust", name, "--fingerprint", &fingerprint];
        let _ = self.ctl(&trust).await?.expect(0);
        Ok(())
    }

    /// Assigns both pairs and the first data space of a type to an instance.
    ///
    /// # Errors
    /// When `patchbayctl` cannot be started.
    ///
    /// # Panics
    /// Where the account has no such data space, or the command fails.
    pub async fn assign(&self, name: &str, kind: &str, nth: usize) -> Result<()> {
        let listed = self
            .ctl(&["--json", "registry", "projects", "--account", "Nordlys"])
            .await?;
        let listed = listed.expect(0).json();
        let (project, space) = data_space(&listed, kind, nth)
            .unwrap_or_else(|| panic!("no {kind} data space number {nth} in {listed}"));
        let arguments = [
            "assign",
            name,
            "--sandbox",
            "sandbox key",
            "--production",
            "production key",
            "--project",
            &project,
            "--data-space",
            &space,
        ];
        let _ = self.ctl(&arguments).await?.expect(0);
        Ok(())
    }
}

/// Project and data space number `nth` of a type in what `registry projects` lists.
fn data_space(listed: &serde_json::Value, kind: &str, nth: usize) -> Option<(String, String)> {
    let projects = listed.get("projects")?.as_array()?;
    let mut found = projects.iter().flat_map(|project| {
        let id = project["id"].as_str().unwrap_or_default();
        let spaces = project["dataSpaces"].as_array().into_iter().flatten();
        spaces
            .filter(|space| space["type"] == kind)
            .map(move |space| {
                (
                    id.to_owned(),
                    space["id"].as_str().unwrap_or_default().to_owned(),
                )
            })
    });
    found.nth(nth)
}

/// Waits for a started `patchbayctl` and takes what it printed.
///
/// # Errors
/// When it cannot be waited for.
pub async fn finished(child: Child) -> Result<Run> {
    let output = child
        .wait_with_output()
        .await
        .map_err(|error| GroundError::because("waiting for patchbayctl", error))?;
    Ok(Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Names the folder of programs that were built for this run; `cargo xtask test` says so.
const BUILT: &str = "PATCHBAY_BUILT";

/// Where `patchbayctl` lies, built as it is now with the profile of this test, unless the folder
/// of the built programs is named.
///
/// # Errors
/// When it cannot be built.
pub async fn built() -> Result<PathBuf> {
    static BUILT: OnceCell<std::result::Result<PathBuf, String>> = OnceCell::const_new();
    BUILT
        .get_or_init(build)
        .await
        .clone()
        .map_err(GroundError::new)
}

async fn build() -> std::result::Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os(BUILT) {
        return Ok(PathBuf::from(folder).join("patchbayctl"));
    }
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = this
        .ancestors()
        .find(|folder| {
            folder
                .file_name()
                .is_some_and(|name| name == "debug" || name == "release")
        })
        .ok_or("this test does not lie in a target directory")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--package", "patchbay-cli"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null());
    if profile.ends_with("release") {
        command.arg("--release");
    }
    if let Some(target) = profile.parent() {
        command.env("CARGO_TARGET_DIR", target);
    }
    let output = command.output().await.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(profile.join("patchbayctl"))
}
