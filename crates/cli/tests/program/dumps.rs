//! A program that holds private keys leaves no core dump.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::Room;

#[test]
fn core_dumps_are_off_before_a_private_key_is_read() {
    let room = Room::with_account();
    let mut waiting = room.command(&[
        "keypair",
        "import",
        "--account",
        "Nordlys",
        "--for",
        "sandbox",
        "--name",
        "dumped",
        "--api-key",
        "0d9f3c9a7be1442a8a55c1d0e2f4b6a8",
        "--private-key",
        "-",
    ]);
    // It waits for the key as long as nobody writes one.
    let mut waiting = waiting.stdin(Stdio::piped()).spawn().unwrap();
    let limits = format!("/proc/{}/limits", waiting.id());
    let line = |text: &str| {
        let found = text.lines().find(|l| l.starts_with("Max core file size"));
        found.map(|l| {
            l.split_whitespace()
                .rev()
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut seen = None;
    while seen.as_deref() != Some("bytes 0 0") && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
        seen = line(&std::fs::read_to_string(&limits).unwrap_or_default());
    }
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    assert_eq!(seen.as_deref(), Some("bytes 0 0"));
}
