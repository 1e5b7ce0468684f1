//! `patchbayctl demo`, the real program: its one document, what it leaves behind, how it ends.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use patchbay_core::config::ConfigPath;
use patchbay_tests::bed::{Run, built, finished};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The program with folders of its own and no keychain anywhere.
async fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(built().await.unwrap());
    for sub in ["data", "temporary"] {
        std::fs::create_dir_all(folder.join(sub)).unwrap();
    }
    command
        .args(arguments)
        .env("PATCHBAY_DATA_DIR", folder.join("data"))
        .env("TMPDIR", folder.join("temporary"))
        .env("HOME", folder)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ran(folder: &Path, arguments: &[&str]) -> Run {
    let child = program(folder, arguments).await.spawn().unwrap();
    finished(child).await.unwrap()
}

fn empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// Runs of characters long enough to hold 16 bytes of a key, that are no hexadecimal ids.
fn suspicious(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if ConfigPath::parse(text).is_none() => {
            let alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
            let long = text.split(|c| !alphabet(c)).filter(|run| run.len() >= 22);
            let strange = long.filter(|run| !run.bytes().all(|b| b.is_ascii_hexdigit()));
            found.extend(strange.map(str::to_owned));
            found.extend(text.contains("PRIVATE").then(|| text.clone()));
        }
        Value::Array(list) => list.iter().for_each(|one| suspicious(one, found)),
        Value::Object(fields) => fields.values().for_each(|one| suspicious(one, found)),
        _ => {}
    }
}

#[tokio::test]
async fn run_gives_one_document_without_a_key_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = ran(folder.path(), &["--json", "demo", "run"])
        .await
        .expect(0);
    let told = run.json();
    assert_eq!(run.stderr, "", "no progress off a terminal");
    let instances = told["instances"].as_array().unwrap();
    let states = |when: &str| -> Vec<&str> {
        let state = |one: &'_ Value| one[when]["state"].as_str().map(str::len);
        assert!(instances.iter().all(|one| state(one).is_some()));
        instances
            .iter()
            .map(|one| one[when]["state"].as_str().unwrap())
            .collect()
    };
    let (before, after) = (states("before"), states("after"));
    assert_eq!(
        before,
        [
            "connected",
            "dataSpaceConflict",
            "drifted",
            "accountNotVerified",
            "notConnected",
            "unreachable"
        ]
    );
    assert_eq!(
        after,
        [
            "connected",
            "notConnected",
            "drifted",
            "connected",
            "connected",
            "unreachable"
        ]
    );
    let taipei = &instances[4]["done"];
    assert_eq!(taipei[0]["push"]["outcome"], "blocked");
    assert_eq!(
        taipei[0]["push"]["guards"][0]["text"],
        "Production belongs to Harbour Tea live. Each instance needs its own."
    );
    assert_eq!(taipei[1]["push"]["outcome"], "pushed");
    assert_eq!(instances[1]["done"][0]["act"], "disconnect");
    assert_eq!(instances[0]["done"][0]["act"], "adopt");

    let mut found = Vec::new();
    suspicious(&told, &mut found);
    assert_eq!(found, Vec::<String>::new(), "nothing that could be a key");
    let mut planted = Vec::new();
    let key = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASC";
    suspicious(&serde_json::json!([{"text": key}]), &mut planted);
    assert_eq!(planted, [key], "and a planted one is found");
    assert!(empty(&folder.path().join("data")), "no data directory");
    assert!(empty(&folder.path().join("temporary")), "nothing is left");
}

#[tokio::test]
async fn run_tells_people_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = ran(folder.path(), &["demo", "run"]).await.expect(0);
    for words in [
        "nothing in it is real",
        "At first: Data space used twice",
        "Production belongs to Harbour Tea live. Each instance needs its own.",
        "Now: Connected.",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}

/// A running `demo up` with the document it gave.
async fn up(folder: &Path) -> (Child, Value) {
    let mut child = program(folder, &["--json", "demo", "up"])
        .await
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    let told = async {
        loop {
            text += &lines.next_line().await.unwrap().expect("it says where");
            if let Ok(told) = serde_json::from_str(&text) {
                return told;
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(60), told).await;
    (child, told.unwrap())
}

#[tokio::test]
async fn up_listens_inside_this_computer_until_it_is_asked_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, told) = up(folder.path()).await;
    assert_eq!(told["demo"], true);
    for what in ["productionGateway", "sandboxGateway", "portal", "fleet"] {
        let url = told[what].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{what}: {url}");
    }
    let fleet = format!("{}instances", told["fleet"].as_str().unwrap());
    let asked = reqwest::Client::new()
        .get(fleet)
        .bearer_auth(told["fleetToken"].as_str().unwrap());
    let listed: Value =
        serde_json::from_str(&asked.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(listed["instances"].as_array().unwrap().len(), 6);

    let demo = told["dataDirectory"].as_str().unwrap();
    assert!(Path::new(demo).starts_with(folder.path().join("data")));
    let real = ran(
        folder.path(),
        &["--json", "--data-dir", demo, "instance", "list"],
    )
    .await
    .expect(5);
    let why = real.json()["error"]["text"].to_string();
    assert!(why.contains("belongs to the demo"), "{why}");
    let second = ran(folder.path(), &["--json", "demo", "up"])
        .await
        .expect(5);
    let why = second.json()["error"]["text"].to_string();
    assert!(why.contains("another demo is running"), "{why}");

    let id = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
    let (_child, _again) = up(folder.path()).await;
}
