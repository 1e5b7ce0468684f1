//! `patchbay-simulator` as a program: its first line, its ends, its refusals.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program with its standard streams in our hands.
#[cfg(test)]
fn start(words: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_patchbay-simulator"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

#[cfg(test)]
fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_patchbay-simulator"))
        .args(words)
        .output()
        .unwrap()
}

/// Waits for an end of its own accord.
#[cfg(test)]
fn ended(child: &mut Child) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    false
}

/// One request by hand, and the whole answer.
#[cfg(test)]
fn ask(url: &str, path: &str, token: &str) -> String {
    let address = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut line = std::net::TcpStream::connect(address).unwrap();
    write!(line, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_where_it_listens_and_ends_on_sigterm() {
    let (mut child, ready) = start(&["--scenario", "all-well"]);
    assert_eq!(ready["ready"], true);
    for name in ["production", "sandbox", "portal", "control"] {
        assert!(
            ready["urls"][name]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.1:"),
            "{name}"
        );
    }
    let token = ready["controlToken"].as_str().unwrap();
    let control = ready["urls"]["control"].as_str().unwrap();
    let answer = ask(control, "/control/scenario", token);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("BEGIN PRIVATE KEY"));
    assert!(ask(control, "/control/scenario", "wrong").starts_with("HTTP/1.1 401"));
    // Standard input ends here, which does not matter unless it was asked for.
    drop(child.stdin.take());
    assert!(ask(control, "/control/state", token).starts_with("HTTP/1.1 200"));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(ended(&mut child), "SIGTERM ends it");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_ends_with_its_standard_input_if_asked_to() {
    let (mut child, _) = start(&["--stop-on-stdin-close"]);
    assert!(child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert!(ended(&mut child));
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_starts_with_a_saved_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(
        &file,
        r#"{"accounts":[{"mageId":"MAG000000007","organisation":"Saved"}]}"#,
    )
    .unwrap();
    let (mut child, ready) = start(&["--state", file.to_str().unwrap(), "--stop-on-stdin-close"]);
    let token = ready["controlToken"].as_str().unwrap();
    let answer = ask(
        ready["urls"]["control"].as_str().unwrap(),
        "/control/accounts/MAG000000007",
        token,
    );
    assert!(answer.contains("\"organisation\":\"Saved\""), "{answer}");
    drop(child.stdin.take());
    assert!(ended(&mut child));
    std::fs::write(&file, r#"{"accounts":[{"mageId":"nonsense"}]}"#).unwrap();
    let refused = run(&["--state", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("MAG and nine digits"));
}

#[test]
fn it_refuses_to_listen_anywhere_but_on_loopback() {
    for address in ["0.0.0.0", "::", "127.0.0.2", "192.0.2.1"] {
        let refused = run(&["--bind", address]);
        assert_eq!(refused.status.code(), Some(2), "{address}");
        assert!(refused.stdout.is_empty());
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("only listens on 127.0.0.1 or ::1")
        );
    }
}
