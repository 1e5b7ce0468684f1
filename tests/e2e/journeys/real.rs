//! The main job from an empty board, on a real SSH server, PHP, MariaDB and keychain: the key is
//! brought as a file, and the page never holds it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use e2e::memory;
use e2e::running::{Running, until};
use e2e::screen::Screen;
use e2e::window::Window;
use e2e::{Result, Trouble};
use serde_json::{Value, json};

use crate::{artefacts, built, words};

const NAME: &str = "Nordlys live";

/// How a process is called whose name the system cuts after fifteen characters.
const PAGE_PROCESS: &str = "WebKitWebProces";

#[test]
fn a_real_instance_is_added_assigned_and_connected_and_the_page_never_holds_its_key() {
    let mut bed = Command::new(built("bed"));
    bed.envs(std::env::vars());
    let (_bed, said) = Running::that_says(&bed).unwrap();
    let bed: Value = serde_json::from_str(&said).unwrap();
    let variables = bed["variables"].as_object().unwrap();
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let screen = Screen::in_session(&variables).unwrap();
    screen.prefer("en", "light").unwrap();
    let app = built("patchbay").display().to_string();
    let window = Window::open(screen, &app, &[], words("en"), &artefacts("real")).unwrap();

    add(&window, &bed).unwrap();
    for purpose in ["production", "sandbox"] {
        bring(&window, &bed["pairs"][purpose], purpose).unwrap();
    }
    assign_and_apply(&window).unwrap();
    no_key_in_the_page(&window, &bed).unwrap();
}

/// From an empty board to an instance that is there and holds nothing, host key and all.
fn add(window: &Window, bed: &Value) -> Result<()> {
    let way = |name: &str| bed["way"][name].as_str().unwrap_or_default().to_owned();
    window.see_words("instances.empty.title", &[])?;
    window.picture("empty-board")?;
    window.press("instances.empty.connect", &[])?;
    window.fill("fields.labels.sshTarget", &way("target"))?;
    window.fill("fields.labels.root", &way("root"))?;
    window.press("adding.more", &[])?;
    window.fill("fields.labels.port", &way("port"))?;
    window.fill("fields.labels.identityFile", &way("identityFile"))?;
    window.fill("fields.labels.php", &way("php"))?;
    window.press("adding.look", &[])?;
    window.see(bed["hostKey"].as_str().unwrap_or_default())?;
    window.picture("host-key")?;
    window.press("connection.hostKey.trust", &[])?;
    window.see_words("adding.suggested", &[])?;
    window.fill("fields.labels.label", "Nordlys")?;
    window.press("accounts.add", &[])?;
    window.fill("fields.labels.name", NAME)?;
    window.select(
        "adding.role",
        &window.words().say("instances.roles.live", &[])?,
    )?;
    window.picture("found")?;
    window.press("adding.add", &[])?;
    window.becomes(NAME, "unknown")?;
    window.press_in_line(NAME, "connection.next.check")?;
    window.becomes(NAME, "notConnected")?;
    window.picture("added").map(drop)
}

/// A key from a file, through the system's own dialog; Adobe accepts it.
fn bring(window: &Window, pair: &Value, purpose: &str) -> Result<()> {
    let text = |name: &str| pair[name].as_str().unwrap_or_default();
    window.press("app.keyPairs", &[])?;
    window.press("keyPairs.bring", &[])?;
    window.press("keyPairs.pick", &[])?;
    window.choose_file(Path::new(text("file")))?;
    window.see_words("keyPairs.taken", &[])?;
    window.choose(
        &window
            .words()
            .say(&format!("keyPairs.purposes.{purpose}"), &[])?,
        "",
    )?;
    window.fill("fields.labels.name", &format!("{purpose} key"))?;
    window.fill("fields.labels.apiKey", text("apiKey"))?;
    window.picture(&format!("{purpose}-key"))?;
    window.press("keyPairs.save", &[])?;
    window.see_words("keyPairs.answers.accepted", &[])?;
    window.press("app.board", &[]).map(drop)
}

fn assign_and_apply(window: &Window) -> Result<()> {
    window.press_in_line(NAME, "connection.next.assign")?;
    let free = window.words().say("dataSpaces.free", &[])?;
    window.choose("Production", &free)?;
    window.press("dataSpaces.assign.plan", &[])?;
    window.see_words("push.kinds.set", &[])?;
    window.picture("preview")?;
    window.press("push.apply", &["1"])?;
    window.see_words("push.allWell", &[])?;
    window.press("push.close", &[])?;
    window.becomes(NAME, "connected")?;
    // Its evidence is open since it was added.
    window.see_words("connection.evidence.byToken", &[])?;
    window.picture("connected").map(drop)
}

/// Scans the page's process; then plants the key there, and the same scan finds it in each guise.
fn no_key_in_the_page(window: &Window, bed: &Value) -> Result<()> {
    let found = scan(window, bed)?;
    let bytes = found["bytes"].as_u64().unwrap_or_default();
    assert!(bytes > 20_000_000, "a page holds more than this: {found}");
    for guise in ["raw", "hex", "base64"] {
        assert_eq!(
            found[guise], 0,
            "no window of a key is in the page: {found}"
        );
    }
    let file = bed["pairs"]["production"]["file"]
        .as_str()
        .unwrap_or_default();
    let pem = std::fs::read_to_string(file)?;
    let plant = "const der = atob(arguments[0].replace(/-----[^-]+-----|\\s/g, ''));
        const raw = Uint8Array.from(der, (letter) => letter.charCodeAt(0));
        globalThis.planted = { pem: arguments[0], raw, hex: [...raw].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
        return raw.length;";
    window.driver().script(plant, &[json!(pem)])?;
    let planted = scan(window, bed)?;
    println!("the page's memory: {found}; with a planted key: {planted}");
    for guise in ["raw", "hex", "base64"] {
        let windows = planted[guise].as_u64().unwrap_or_default();
        assert!(windows > 100, "a planted key is found: {planted}");
    }
    Ok(())
}

fn scan(window: &Window, bed: &Value) -> Result<Value> {
    let page = until("the page's process", || {
        memory::process(PAGE_PROCESS, window.screen().display()).map(Some)
    })?;
    let files = ["production", "sandbox"]
        .map(|purpose| bed["pairs"][purpose]["file"].as_str().unwrap_or_default());
    let mut canary = Command::new(built("canary"))
        .args(files)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut into = canary
        .stdin
        .take()
        .ok_or_else(|| Trouble::new("the canary does not listen"))?;
    memory::write_out(page, &mut into)?;
    into.flush()?;
    drop(into);
    let said = canary.wait_with_output()?;
    serde_json::from_slice(&said.stdout)
        .map_err(|error| Trouble::new(format!("the canary: {error}")))
}
