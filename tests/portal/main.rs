//! The portal's page in the real window, on the simulator's page: a key is created there and caught
//! on its way out, in every way a page can hand it out, and afterwards it is in the keychain and
//! nowhere else.
//!
//! Run by `cargo xtask test`, which builds the program first and names it in `PATCHBAY_APP`. The
//! window is driven by its keyboard; the page plays itself, because it belongs to a web context that
//! no driver reaches. What Adobe's own page does is not proven here.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use patchbay_adapters::outside::{self, Overrides};
use patchbay_core::Patchbay;
use patchbay_core::id::{MageId, unhex};
use patchbay_core::keypair::intake::to_pem;
use patchbay_core::keypair::{Export, KeyPair, KeyPairState, Origin};
use patchbay_core::secret::Secret;
use patchbay_simulator::{Config, DownloadKind, Play, PortalPage, Scenario, Simulator};
use patchbay_tests::canary::Canary;
use patchbay_tests::ground::keychain::KeychainSession;

/// Longer than any start that was ever seen, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(60);

/// One session with the window in it.
struct Stage {
    simulator: Simulator,
    keychain: KeychainSession,
    folder: tempfile::TempDir,
    display: String,
    patchbay: Patchbay,
    running: Vec<Running>,
}

impl Stage {
    async fn start(page: PortalPage) -> Self {
        let keychain = KeychainSession::start().await.unwrap();
        let (simulator, sign_in) = tokio::task::spawn_blocking(|| {
            let simulator = Simulator::start(Config::default()).unwrap();
            let mut played = simulator.play(Scenario::AllWell).unwrap();
            let account = played.accounts.remove(0);
            (simulator, (account.mage_id, account.sign_in))
        })
        .await
        .unwrap();
        simulator.set_page(PortalPage {
            sign_in: Some(sign_in.1),
            ..page
        });
        let folder = tempfile::tempdir().unwrap();
        for private in ["run", "data", "tmp"] {
            make_private(&folder.path().join(private));
        }
        let data = folder.path().join("data");
        let ports = outside::open(&data, Overrides::default()).await.unwrap();
        let patchbay = Patchbay::new(ports, "tester");
        patchbay
            .add_account("Nordlys", MageId::parse(&sign_in.0).ok())
            .await
            .unwrap();
        let urls = simulator.urls();
        for (key, value) in [
            ("portal", &urls.portal),
            ("production-gateway", &urls.production),
            ("sandbox-gateway", &urls.sandbox),
        ] {
            patchbay.set_setting(key, value).await.unwrap();
        }
        let chosen = data.join("window");
        std::fs::create_dir(&chosen).unwrap();
        let preferences = r#"{"language":"en","knowsTheWay":true}"#;
        std::fs::write(chosen.join("preferences.json"), preferences).unwrap();
        let (screen, number) = Running::that_says(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x820x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]));
        let mut stage = Self {
            simulator,
            keychain,
            folder,
            display: format!(":{number}"),
            patchbay,
            running: vec![screen],
        };
        let manager = Running::start(&mut stage.command("openbox"));
        stage.running.insert(0, manager);
        stage
    }

    /// A program of this session, which sees nothing of the one the tests were started from.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.keychain.variables());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8").env("DISPLAY", &self.display);
        command.env("XDG_RUNTIME_DIR", self.folder.path().join("run"));
        command.env("TMPDIR", self.folder.path().join("tmp"));
        command.env("PATCHBAY_DATA_DIR", self.folder.path().join("data"));
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.current_dir(self.folder.path());
        command
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !said.is_empty()).then_some(said)
    }

    fn press(&self, keys: &[&str]) {
        for key in keys {
            let pressed = self.command("xdotool").args(["key", key]).status().unwrap();
            assert!(pressed.success());
            std::thread::sleep(Duration::from_millis(120));
        }
    }

    fn write(&self, text: &str) {
        let written = self
            .command("xdotool")
            .args(["type", "--delay", "25", text])
            .status();
        assert!(written.unwrap().success());
        std::thread::sleep(Duration::from_millis(200));
    }

    fn window(&self, name: &str) -> Option<String> {
        let found = self.ask("xdotool", &["search", "--onlyvisible", "--name", name])?;
        found.lines().next().map(str::to_owned)
    }

    /// Starts the program and asks for a new key pair by its keyboard alone, up to opening the page.
    fn open_portal(&mut self) {
        let app = std::env::var("PATCHBAY_APP").expect("PATCHBAY_APP names the built program");
        let program = Running::start(&mut self.command(&app));
        self.running.insert(0, program);
        let main = until("the window is there", || self.window("^Patchbay$"));
        self.drawn(&main);
        self.ask("xdotool", &["windowfocus", "--sync", &main]);
        self.press(&["ctrl+k"]);
        self.write("create a key");
        self.press(&["Return"]);
        std::thread::sleep(Duration::from_millis(800));
        // Past the account, the purpose, to the name.
        self.press(&["Tab", "Tab", "Tab"]);
        self.write("Live");
        self.press(&["Tab"]);
        self.picture("create");
        self.press(&["Return"]);
        let origin = self
            .simulator
            .urls()
            .portal
            .trim_end_matches('/')
            .to_owned();
        until("the page is there under its own origin", || {
            self.window(&origin)
        });
    }

    /// Presses Copy, which has the focus in the page's dialog, as soon as that is there.
    fn press_copy(&self) {
        until("the key is created", || {
            let keys = |account: &patchbay_simulator::account::Account| account.keys.len();
            let created = self
                .simulator
                .world(|world| world.accounts().iter().map(keys).sum::<usize>());
            (created > 2).then_some(())
        });
        std::thread::sleep(Duration::from_millis(700));
        let origin = self
            .simulator
            .urls()
            .portal
            .trim_end_matches('/')
            .to_owned();
        if let Some(window) = self.window(&origin) {
            self.ask("xdotool", &["windowfocus", "--sync", &window]);
        }
        self.press(&["Return"]);
    }

    fn drawn(&self, window: &str) {
        until("the page is drawn", || {
            let file = self.folder.path().join("drawn.png");
            let file = file.to_str()?;
            self.ask("import", &["-window", window, file]);
            let colours: u32 = self
                .ask("identify", &["-format", "%k", file])?
                .parse()
                .ok()?;
            (colours >= 20).then_some(())
        });
    }

    fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artefacts");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("portal-{name}.png"));
        let _ = self
            .command("import")
            .args(["-window", "root"])
            .arg(file)
            .status();
    }

    async fn pair(&self) -> Option<KeyPair> {
        self.patchbay.key_pairs().await.unwrap().pop()
    }

    async fn kept(&self) -> KeyPair {
        let begun = Instant::now();
        loop {
            let pair = self.pair().await;
            if let Some(pair) = pair.filter(|pair| pair.state == KeyPairState::Ready) {
                return pair;
            }
            if begun.elapsed() > PATIENCE {
                self.picture("never");
                panic!("no key was kept: {:?}", self.pair().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The private key as the keychain has it.
    fn private_key(&self, pair: &KeyPair) -> Secret {
        let mut command = self.command(env!("CARGO_BIN_EXE_keychain-probe"));
        command
            .args(["60000", "5000"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut probe = command.spawn().unwrap();
        writeln!(probe.stdin.take().unwrap(), "read {} user", pair.item).unwrap();
        let said = probe.wait_with_output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let hex = said.split_whitespace().find(|word| word.len() > 1_000);
        Secret::new(unhex(hex.unwrap_or_else(|| panic!("{said}"))).unwrap())
    }

    /// Looks for the key wherever a program of this session could have put it.
    fn scan(&self, pair: &KeyPair) -> usize {
        let der = self.private_key(pair);
        let pem = to_pem(&der);
        let mut canary = Canary::default();
        canary.learn(std::str::from_utf8(pem.expose()).unwrap());
        // The keyring's own files are encrypted, and looked at all the same.
        let found = [self.folder.path().to_owned(), self.keychain.home()]
            .iter()
            .map(|folder| canary.count_below(folder))
            .sum();
        let planted = self.folder.path().join("tmp/planted");
        std::fs::write(&planted, pem.expose()).unwrap();
        let seen = canary.count_below(self.folder.path());
        std::fs::remove_file(planted).unwrap();
        assert!(seen > found + 100, "a planted key is found: {seen}");
        found
    }

    /// What another program finds in the clipboards.
    fn clipboards(&self) -> Vec<String> {
        let read =
            |place: &str| self.ask("xclip", &["-o", "-selection", place, "-t", "UTF8_STRING"]);
        ["clipboard", "primary"]
            .into_iter()
            .filter_map(read)
            .collect()
    }

    fn logs(&self) -> String {
        let logs = std::fs::read_dir(self.folder.path().join("data/logs")).unwrap();
        let logs = logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap());
        logs.collect()
    }
}

fn make_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir(folder).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
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

fn page(download: DownloadKind, play: Play) -> PortalPage {
    PortalPage {
        download,
        plays: Some(play),
        sign_in: None,
    }
}

/// Files in the runtime directory that a download may have used.
fn left_in_runtime(stage: &Stage) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(stage.folder.path().join("run")).unwrap();
    let paths = inside.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.display().to_string().contains("portal"))
        .collect()
}

async fn caught(page: PortalPage) -> Stage {
    let pressed = page.plays == Some(Play::SelectAndCopy);
    let mut stage = Stage::start(page).await;
    stage.open_portal();
    if pressed {
        stage.press_copy();
    }
    let pair = stage.kept().await;
    assert_eq!(
        (pair.origin, &pair.export),
        (Origin::Guided, &Export::Unused)
    );
    // One more moment for whatever else the page does.
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.picture("kept");
    assert_eq!(
        stage.patchbay.key_pairs().await.unwrap().len(),
        1,
        "it was kept once"
    );
    assert_eq!(left_in_runtime(&stage), Vec::<PathBuf>::new());
    for text in stage.clipboards() {
        assert!(
            !text.contains("PRIVATE KEY"),
            "it went through the clipboard"
        );
    }
    assert_eq!(stage.scan(&pair), 0, "it is in the keychain alone");
    let logs = stage.logs();
    assert!(
        !logs.contains("portal/") && !logs.contains('#'),
        "scheme and host only: {logs}"
    );
    stage
}

#[tokio::test]
async fn a_download_from_the_server_is_caught() {
    caught(page(DownloadKind::Attachment, Play::Download)).await;
}

#[tokio::test]
async fn a_download_the_page_made_itself_is_caught() {
    caught(page(DownloadKind::Blob, Play::Download)).await;
}

#[tokio::test]
async fn a_download_that_is_an_address_is_caught_and_the_page_reaches_nothing_else() {
    let stage = caught(page(DownloadKind::Data, Play::ReachOut)).await;
    let created = stage.simulator.world(|world| {
        let accounts = world.accounts().iter();
        let keys = accounts.flat_map(|account| account.keys.iter());
        keys.map(|key| key.name.clone()).collect::<Vec<_>>()
    });
    assert!(created.iter().any(|name| name == "held"), "{created:?}");
}

#[tokio::test]
async fn copy_is_caught_and_never_reaches_the_clipboard() {
    caught(page(DownloadKind::Blob, Play::Copy)).await;
}

#[tokio::test]
async fn copying_a_hidden_field_is_caught_too() {
    caught(page(DownloadKind::Blob, Play::SelectAndCopy)).await;
}

#[tokio::test]
async fn an_unlisted_origin_is_asked_about_by_name_and_not_gone_to() {
    let mut stage = Stage::start(page(DownloadKind::Data, Play::Leave)).await;
    stage.open_portal();
    until("it is asked", || {
        stage.logs().contains("https://login.example").then_some(())
    });
    stage.picture("asks");
    assert!(stage.window("login.example").is_none());
    let logs = stage.logs();
    assert!(
        !logs.contains("secret") && !logs.contains("sign-in"),
        "{logs}"
    );
    let pair = stage.pair().await.unwrap();
    assert_eq!(pair.state, KeyPairState::Pending, "it waits for a key");
}
