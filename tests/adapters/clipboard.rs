//! The clipboard adapter on real desktops (R4): an X server and a Wayland compositor without a
//! screen, with the desktop's own tools as the other programs.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{ObjectPath, Value};

const PROBE: &str = env!("CARGO_BIN_EXE_clipboard-probe");
const KEY: &str = "-----BEGIN nobody's key-----";
const OTHER: &str = "what somebody else copied";

/// Longer than any start that was ever seen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How late a text may be cleared.
const LATE: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    X11,
    Wayland,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Clipboard,
    Primary,
}

/// A desktop of its own; gone when dropped.
struct Desktop {
    kind: Kind,
    variables: Vec<(&'static str, String)>,
    folder: tempfile::TempDir,
    _running: Vec<Running>,
    _turn: MutexGuard<'static, ()>,
}

/// One desktop at a time: what is measured here is time.
static TURN: Mutex<()> = Mutex::new(());

impl Desktop {
    fn start(kind: Kind) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        private(folder.path());
        let runtime = folder.path().display().to_string();
        let mut variables = vec![("XDG_RUNTIME_DIR", runtime.clone()), ("HOME", runtime)];
        let server = match kind {
            Kind::X11 => {
                let mut server = Command::new("Xvfb");
                server.args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    "320x240x24",
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ]);
                let (server, number) = Running::that_says(&mut server);
                variables.push(("DISPLAY", format!(":{number}")));
                server
            }
            Kind::Wayland => {
                let config = folder.path().join("config");
                std::fs::write(&config, "xwayland disable\n").unwrap();
                let mut server = not_as_root("sway", folder.path());
                server.arg("-c").arg(config).env_clear();
                server.envs(variables.clone());
                server.env("PATH", std::env::var_os("PATH").unwrap_or_default());
                server.envs([("WLR_BACKENDS", "headless"), ("WLR_RENDERER", "pixman")]);
                server.env("WLR_LIBINPUT_NO_DEVICES", "1");
                let server = Running::start(server.stdout(Stdio::null()).stderr(Stdio::null()));
                let socket = folder.path().join("wayland-1");
                until("the compositor listens", || socket.exists());
                variables.push(("WAYLAND_DISPLAY", "wayland-1".to_owned()));
                server
            }
        };
        Self {
            kind,
            variables,
            folder,
            _running: vec![server],
            _turn: turn,
        }
    }

    /// A program of this desktop, which sees nothing of the one the tests were started from.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.clone());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// What another program reads there, with what it is offered as.
    fn read(&self, place: Place, target: Option<&str>) -> Option<String> {
        let mut reader = match self.kind {
            Kind::X11 => {
                let mut reader = self.command("xclip");
                let selection = if place == Place::Primary {
                    "primary"
                } else {
                    "clipboard"
                };
                reader.args(["-o", "-selection", selection]);
                reader.args(["-t", target.unwrap_or("UTF8_STRING")]);
                reader
            }
            Kind::Wayland => {
                let mut reader = self.command("wl-paste");
                reader.arg("--no-newline");
                if place == Place::Primary {
                    reader.arg("--primary");
                }
                match target {
                    Some("TARGETS") => reader.arg("--list-types"),
                    Some(target) => reader.args(["--type", target]),
                    None => &mut reader,
                };
                reader
            }
        };
        let read = reader.output().unwrap();
        let text = String::from_utf8(read.stdout).unwrap();
        read.status
            .success()
            .then_some(text)
            .filter(|text| !text.is_empty())
    }

    /// Another program offers a text there, until something else is.
    fn offer(&self, place: Place, text: &str) {
        let mut offering = match (self.kind, place) {
            (Kind::X11, Place::Clipboard) => {
                let mut offering = self.command("xclip");
                offering.args(["-i", "-selection", "clipboard"]);
                offering
            }
            (Kind::X11, Place::Primary) => {
                let mut offering = self.command("xclip");
                offering.args(["-i", "-selection", "primary"]);
                offering
            }
            (Kind::Wayland, Place::Clipboard) => self.command("wl-copy"),
            (Kind::Wayland, Place::Primary) => {
                let mut offering = self.command("wl-copy");
                offering.arg("--primary");
                offering
            }
        };
        offering.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = offering.stdin(Stdio::piped()).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        // It goes on in the background.
        child.wait().unwrap();
        until("it is offered", || {
            self.read(place, None).as_deref() == Some(text)
        });
    }

    fn is_clear(&self, place: Place) -> bool {
        self.read(place, None).is_none()
    }

    fn probe(&self) -> Probe {
        Probe::start(self.command(PROBE))
    }
}

/// The compositor refuses to run as root, so there it runs as nobody, in a folder of nobody's.
fn not_as_root(program: &str, folder: &Path) -> Command {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    for path in [folder.to_owned(), folder.join("config")] {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
    command
}

fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
}

fn until(what: &str, mut done: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(10));
    }
    begun.elapsed()
}

/// Ends with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{name:?} could not be started: {error}")))
    }

    fn that_says(command: &mut Command) -> (Self, String) {
        let mut running = Self::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut line = String::new();
        let mut said = BufReader::new(running.0.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        // Kept open: a server that cannot write what it says may end.
        std::mem::forget(said);
        (running, line.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process that lends the clipboard texts.
struct Probe {
    child: Running,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Probe {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child: Running(child),
        }
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        self.output.next().unwrap().unwrap()
    }

    fn copy(&mut self, stays: Duration) -> Instant {
        let said = self.ask(&format!("copy {} {KEY}", stays.as_millis()));
        assert_eq!(said, "copied");
        Instant::now()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.0.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

const BOTH: [Kind; 2] = [Kind::X11, Kind::Wayland];
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_copied_text_carries_the_marks_and_is_cleared_in_time() {
    for kind in BOTH {
        let desktop = Desktop::start(kind);
        let mut probe = desktop.probe();
        let stays = Duration::from_secs(1);
        let begun = probe.copy(stays);
        assert_eq!(desktop.read(Place::Clipboard, None).as_deref(), Some(KEY));
        let offered = desktop.read(Place::Clipboard, Some("TARGETS")).unwrap();
        let mark = "x-kde-passwordManagerHint";
        assert!(
            offered.lines().any(|line| line == mark),
            "{kind:?}: {offered}"
        );
        let hint = desktop.read(Place::Clipboard, Some(mark));
        assert_eq!(hint.as_deref(), Some("secret"), "{kind:?}");
        // Text that is selected lies in the other place too.
        desktop.offer(Place::Primary, KEY);
        assert_eq!(probe.ask("stays"), "true");
        assert!(begun.elapsed() < stays, "the machine is too slow to tell");
        until("both are clear", || {
            desktop.is_clear(Place::Clipboard) && desktop.is_clear(Place::Primary)
        });
        let took = begun.elapsed();
        assert!(took >= stays && took < stays + LATE, "{kind:?}: {took:?}");
        until("nothing is lent", || probe.ask("stays") == "false");
        println!("{kind:?}: cleared {:?} after its time", took - stays);
    }
}

#[test]
fn the_outlet_keeps_the_contract() {
    let x11 = Desktop::start(Kind::X11);
    let look = "contract xclip -o -selection clipboard -t UTF8_STRING";
    assert_eq!(x11.probe().ask(look), "kept");
    drop(x11);
    let wayland = Desktop::start(Kind::Wayland);
    assert_eq!(
        wayland.probe().ask("contract wl-paste --no-newline"),
        "kept"
    );
}

#[test]
fn what_somebody_else_copied_stays() {
    for kind in BOTH {
        let desktop = Desktop::start(kind);
        let mut probe = desktop.probe();
        let begun = probe.copy(Duration::from_millis(800));
        desktop.offer(Place::Clipboard, OTHER);
        desktop.offer(Place::Primary, OTHER);
        until("its time is over", || {
            begun.elapsed() > Duration::from_millis(800) + LATE
        });
        for place in [Place::Clipboard, Place::Primary] {
            assert_eq!(
                desktop.read(place, None).as_deref(),
                Some(OTHER),
                "{kind:?} {place:?}"
            );
        }
        probe.copy(LONG);
        desktop.offer(Place::Clipboard, OTHER);
        assert_eq!(probe.ask("clear"), "cleared");
        assert_eq!(desktop.read(Place::Clipboard, None).as_deref(), Some(OTHER));
    }
}

#[test]
fn our_text_is_cleared_also_where_a_manager_offers_it() {
    for kind in BOTH {
        let desktop = Desktop::start(kind);
        let mut probe = desktop.probe();
        probe.copy(LONG);
        desktop.offer(Place::Clipboard, KEY);
        assert_eq!(probe.ask("clear"), "cleared");
        assert!(desktop.is_clear(Place::Clipboard), "{kind:?}");
    }
}

#[test]
fn being_asked_to_end_clears_first() {
    for kind in BOTH {
        for signal in ["TERM", "HUP", "INT"] {
            let desktop = Desktop::start(kind);
            let mut probe = desktop.probe();
            probe.copy(LONG);
            desktop.offer(Place::Primary, KEY);
            probe.signal(signal);
            let told = probe.output.next().unwrap().unwrap();
            for place in [Place::Clipboard, Place::Primary] {
                assert!(desktop.is_clear(place), "{kind:?} {signal} {place:?}");
            }
            let millis: u64 = told.parse().unwrap();
            assert!(millis < 200, "{kind:?} {signal}: {millis} ms");
            println!("{kind:?} {signal}: cleared in {millis} ms");
            let ended = probe.child.0.wait().unwrap();
            assert!(
                ended.success(),
                "{kind:?} {signal}: it put things away and went"
            );
        }
    }
}

#[test]
fn where_there_is_no_clipboard_it_says_so_before_anything() {
    let folder = tempfile::tempdir().unwrap();
    let start = |variables: &[(&str, &str)]| {
        let mut command = Command::new(PROBE);
        command.env_clear().envs(variables.iter().copied());
        command.env("XDG_RUNTIME_DIR", folder.path());
        Probe::start(command)
    };
    let said = start(&[]).ask(&format!("copy 1000 {KEY}"));
    assert_eq!(
        said,
        "the clipboard cannot be used now: this program was started outside a desktop session"
    );
    let said = start(&[("WAYLAND_DISPLAY", "wayland-7")]).ask(&format!("copy 1000 {KEY}"));
    assert_eq!(
        said,
        "the clipboard cannot be used now: this desktop lets no program use its clipboard in the background"
    );
}

#[test]
fn a_clipboard_manager_is_named() {
    let desktop = Desktop::start(Kind::X11);
    let mut probe = desktop.probe();
    assert!(!probe.ask("managers").contains("CopyQ"));
    let program = desktop.folder.path().join("copyq");
    std::fs::copy("/bin/sleep", &program).unwrap();
    let manager = Running::start(Command::new(program).arg("60"));
    until("it is named", || probe.ask("managers").contains("CopyQ"));
    drop(manager);
    until("it is not named any more", || {
        !probe.ask("managers").contains("CopyQ")
    });
}

/// Plays systemd-logind on a bus of its own.
struct Login {
    bus: Connection,
    address: String,
    _daemon: Running,
}

impl Login {
    const OWN: &str = "/org/freedesktop/login1/session/_37";

    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--print-address=1"]);
        let (daemon, address) = Running::that_says(&mut daemon);
        let bus = Builder::address(address.as_str()).unwrap();
        let bus = bus.serve_at("/org/freedesktop/login1", Manager).unwrap();
        let bus = bus.name("org.freedesktop.login1").unwrap().build().unwrap();
        Self {
            bus,
            address,
            _daemon: daemon,
        }
    }

    fn locks(&self, session: &str) {
        let path = ObjectPath::try_from(session).unwrap();
        let interface = "org.freedesktop.login1.Session";
        self.bus
            .emit_signal(None::<&str>, path, interface, "Lock", &())
            .unwrap();
    }

    fn hints(&self, session: &str, locked: bool) {
        let path = ObjectPath::try_from(session).unwrap();
        let changed = std::collections::HashMap::from([("LockedHint", Value::from(locked))]);
        let gone: Vec<&str> = Vec::new();
        let body = ("org.freedesktop.login1.Session", changed, gone);
        let interface = "org.freedesktop.DBus.Properties";
        self.bus
            .emit_signal(None::<&str>, path, interface, "PropertiesChanged", &body)
            .unwrap();
    }
}

struct Manager;

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    #[zbus(name = "GetSessionByPID")]
    fn session_by_pid(&self, _pid: u32) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked(Login::OWN)
    }
}

#[test]
fn locking_the_session_clears() {
    let (desktop, login) = (Desktop::start(Kind::X11), Login::start());
    let mut command = desktop.command(PROBE);
    command.env("DBUS_SYSTEM_BUS_ADDRESS", &login.address);
    let mut probe = Probe::start(command);
    let acts: [&dyn Fn(); 2] = [&|| login.locks(Login::OWN), &|| {
        login.hints(Login::OWN, true)
    }];
    for act in acts {
        probe.copy(LONG);
        login.locks("/org/freedesktop/login1/session/_38");
        login.hints(Login::OWN, false);
        sleep(Duration::from_millis(200));
        assert!(
            !desktop.is_clear(Place::Clipboard),
            "somebody else's session, or not locked"
        );
        act();
        let took = until("it is clear", || desktop.is_clear(Place::Clipboard));
        assert!(took < LATE, "{took:?}");
    }
}
