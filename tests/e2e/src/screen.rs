//! A screen, a message bus and a home folder that nobody else uses.
//!
//! Whatever is started here sees nothing of the session it was started from.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::Running;
use crate::{Result, Trouble};

/// Room for the window at its usual size, and for another size to be seen as another.
const SIZE: &str = "1440x1000x24";

/// Ends what was started on it when dropped.
#[derive(Debug)]
pub struct Screen {
    home: tempfile::TempDir,
    display: String,
    variables: Vec<(String, String)>,
    // The window manager first: without its screen it would only complain.
    _running: Vec<Running>,
}

impl Screen {
    /// A screen with a message bus on which nobody offers a keychain.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub fn new() -> Result<Self> {
        let mut screen = Self::in_session(&[])?;
        let runtime = screen.home().join("run");
        make_private(&runtime)?;
        let address = format!("--address=unix:dir={}", runtime.display());
        let mut daemon = screen.command("dbus-daemon");
        daemon.args(["--session", "--nofork", "--print-address=1", &address]);
        let (daemon, bus) = Running::that_says(&daemon)?;
        screen._running.push(daemon);
        let own = [
            ("XDG_RUNTIME_DIR", runtime.display().to_string()),
            ("DBUS_SESSION_BUS_ADDRESS", bus),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        screen.variables.extend(own);
        Ok(screen)
    }

    /// A screen in a session that is there already: these variables name its bus and its folders.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub fn in_session(variables: &[(String, String)]) -> Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("patchbay-screen-")
            .tempdir()?;
        make_private(&home.path().join("data"))?;
        let mut screen = Self {
            home,
            display: String::new(),
            variables: variables.to_vec(),
            _running: Vec::new(),
        };
        let mut server = screen.command("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"]);
        let (server, number) = Running::that_says(&server)?;
        screen.display = format!(":{number}");
        let manager = Running::start(&screen.command("openbox"))?;
        screen._running.extend([manager, server]);
        Ok(screen)
    }

    /// The home folder of whatever is started here.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The display's name.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The data directory of the program under test.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        let named = self
            .variables
            .iter()
            .find(|(name, _)| name == "PATCHBAY_DATA_DIR");
        named.map_or_else(|| self.home().join("data"), |(_, folder)| folder.into())
    }

    /// What the person chose earlier, as the program remembers it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn prefer(&self, language: &str, theme: &str) -> Result<()> {
        let directory = self.data().join("window");
        std::fs::create_dir_all(&directory)?;
        let preferences = format!(r#"{{"language":"{language}","theme":"{theme}"}}"#);
        Ok(std::fs::write(
            directory.join("preferences.json"),
            preferences,
        )?)
    }

    /// A program that sees this screen and nothing of the session the tests were started from.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8").env("HOME", self.home());
        command.env("PATCHBAY_DATA_DIR", self.home().join("data"));
        command.env("USER", "mei").env("DISPLAY", &self.display);
        // There is no graphics card behind a virtual screen.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a program answers on stdout; nothing when it fails.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> Result<Option<String>> {
        let output = self.command(program).args(arguments).output();
        let output = output
            .map_err(|error| Trouble::new(format!("{program} could not be started: {error}")))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(output.status.success().then_some(said))
    }
}

fn make_private(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let only_ours = std::fs::Permissions::from_mode(0o700);
    Ok(std::fs::set_permissions(directory, only_ours)?)
}
