//! The real program on a real (virtual) screen: its window comes up, shows something, and lives.
//!
//! Run by `cargo xtask test`, which builds the program first and names it in `PATCHBAY_APP`. What
//! the window says in detail is tested in `ui/`, where a test takes milliseconds. Each run has a
//! screen, a message bus and a home folder of its own; the pictures stay in `artefacts/`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than any start that was ever seen, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(90);

/// A blank page has one or two colours; text alone brings dozens by its smoothed edges.
const COLOURS_OF_A_DRAWN_PAGE: u32 = 20;

#[test]
fn the_window_opens_in_english() {
    opens_and_lives("en", "window-en");
}

#[test]
fn the_window_opens_in_traditional_chinese() {
    opens_and_lives("zh-Hant", "window-zh-hant");
}

fn opens_and_lives(language: &str, picture: &str) {
    let ground = Ground::new();
    ground.prefer(language);
    let mut app = ground.start_app();
    let window = until("the window is on the screen", || {
        let found = ground.ask(
            "xdotool",
            &["search", "--onlyvisible", "--name", "^Patchbay$"],
        )?;
        found.lines().next().map(str::to_owned)
    });
    let file = artefacts().join(format!("{picture}.png"));
    let file = file.to_str().unwrap();
    until("the page is drawn", || {
        ground.ask("import", &["-window", &window, file])?;
        let colours = ground.ask("identify", &["-format", "%k", file])?;
        let colours: u32 = colours.trim().parse().ok()?;
        (colours >= COLOURS_OF_A_DRAWN_PAGE).then_some(())
    });
    let ended = app.0.try_wait().unwrap();
    assert!(ended.is_none(), "the program ended by itself: {ended:?}");
}

/// A screen, a message bus and a home folder that nobody else uses; gone when dropped.
struct Ground {
    home: tempfile::TempDir,
    display: String,
    bus: String,
    _running: Vec<Running>,
}

impl Ground {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let runtime = home.path().join("run");
        std::fs::create_dir(&runtime).unwrap();
        make_private(&runtime);
        let (screen, number) = Running::that_says(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x820x24",
            "-nolisten",
            "tcp",
        ]));
        let address = format!("--address=unix:dir={}", runtime.display());
        let (daemon, bus) = Running::that_says(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--print-address=1",
            &address,
        ]));
        let mut ground = Self {
            home,
            display: format!(":{number}"),
            bus,
            _running: vec![screen, daemon],
        };
        let manager = Running::start(&mut ground.command("openbox"));
        ground._running.insert(0, manager);
        ground
    }

    /// What the person chose earlier, as the program remembers it.
    fn prefer(&self, language: &str) {
        let directory = self.home.path().join("data/window");
        std::fs::create_dir_all(&directory).unwrap();
        make_private(&self.home.path().join("data"));
        let preferences = format!("{{\"language\":\"{language}\"}}");
        std::fs::write(directory.join("preferences.json"), preferences).unwrap();
    }

    fn start_app(&self) -> Running {
        let app = std::env::var("PATCHBAY_APP").expect("PATCHBAY_APP names the built program");
        let mut command = self.command(&app);
        command.env("PATCHBAY_DATA_DIR", self.home.path().join("data"));
        // There is no graphics card behind a virtual screen.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        Running::start(&mut command)
    }

    /// A program that sees this ground and nothing of the session the tests were started from.
    fn command(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("XDG_RUNTIME_DIR", home.join("run"));
        command.env("DISPLAY", &self.display);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command
    }

    /// What a program answers on stdout; nothing when it fails.
    fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then_some(said)
    }
}

/// A program that ends when this is dropped, so that a failing test leaves nothing behind.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{name:?} could not be started: {error}")))
    }

    /// Starts a program and waits for its first line: these say it when they are ready.
    fn that_says(command: &mut Command) -> (Self, String) {
        let mut running = Self::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut line = String::new();
        let output = running.0.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        (running, line.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good as ended now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        sleep(Duration::from_millis(50));
    }
}

fn make_private(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).unwrap();
}

fn artefacts() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let directory = top.join("artefacts");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}
