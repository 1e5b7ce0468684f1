//! Answers that are none: megabytes, garbage, halves, colours, other runs', nothing for ever. Each is
//! a typed error within its time, with words that are safe to show and memory that does not grow.

use std::time::{Duration, Instant};

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{Transport as _, TransportError};
use patchbay_core::text::is_plain;
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{Site, begin_request, everything, look_request, script, send, settings, site};

/// How long one answer may take here.
const ANSWER: Duration = Duration::from_millis(700);
/// How long a connection may take here.
const CONNECT: Duration = Duration::from_secs(3);
/// Nothing may take longer: both, the end of ssh, and a busy machine.
const AT_MOST: Duration = Duration::from_secs(15);

/// How much this process may grow meanwhile, other tests beside this one included; the far sides
/// print several times as much.
const MEMORY: u64 = 128 * 1024 * 1024;

fn impatient(site: &Site) -> SshTransport {
    SshTransport::new(SshSettings {
        connect: CONNECT,
        answer: ANSWER,
        ..settings(site.folder.path())
    })
}

fn instead_of_php(site: &Site, text: &str) -> SshWay {
    let php = script(site.folder.path(), text).display().to_string();
    SshWay {
        php: Some(php),
        ..site.way()
    }
}

/// Memory of this process that is really there, bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn kind(error: &TransportError) -> &'static str {
    match error {
        TransportError::Garbled { .. } => "garbled",
        TransportError::TimedOut { .. } => "timed out",
        TransportError::PhpMissing => "php missing",
        _ => "other",
    }
}

/// What the far side does instead of answering, and what that is called.
fn table() -> Vec<(&'static str, String, &'static str)> {
    let other = "00000000000000000000000000000000";
    let mark = |kind: &str| format!("@@patchbay:{other}:{kind}:e30=:@@");
    vec![
        ("nothing for ever", "exec sleep 60".into(), "timed out"),
        ("nothing and the end", "exit 0".into(), "garbled"),
        ("megabytes of a line", "exec yes patchbay".into(), "garbled"),
        (
            "megabytes without an end of line",
            "exec tr '\\0' x </dev/zero".into(),
            "garbled",
        ),
        (
            "megabytes of errors",
            "exec yes trouble >&2".into(),
            "timed out",
        ),
        (
            "random bytes",
            "exec head -c 4000000 /dev/urandom".into(),
            "garbled",
        ),
        (
            "half an answer and silence",
            "printf '\\n@@patchbay:'; exec sleep 60".into(),
            "timed out",
        ),
        (
            "half an answer and the end",
            "printf '\\n@@patchbay:0000'; exit 0".into(),
            "garbled",
        ),
        (
            "another run's or instance's answer",
            format!("echo '{}'; exec sleep 60", mark("done")),
            "garbled",
        ),
        (
            "an old ready",
            format!("echo '{}'; exec sleep 60", mark("ready")),
            "garbled",
        ),
        (
            "colours and titles",
            "printf '\\033]0;owned\\007\\033[31mhello\\033[0m\\r\\n\\033[2J'; exit 3".into(),
            "garbled",
        ),
        (
            "one byte at a time for ever",
            "while :; do printf x; sleep 0.05; done".into(),
            "timed out",
        ),
        (
            "a key in the noise",
            "echo -----BEGIN PRIVATE KEY-----; head -c 900 /dev/zero | tr '\\0' A; exit 1".into(),
            "garbled",
        ),
    ]
}

#[tokio::test]
async fn each_is_a_typed_error_within_its_time_and_memory_stays_flat() {
    let site = site(InstanceOptions::default()).await;
    let transport = impatient(&site);
    let before = resident();
    for (what, text, expected) in table() {
        let way = instead_of_php(&site, &text);
        let began = Instant::now();
        let error = transport.look(&way, &look_request()).await.unwrap_err();
        assert!(
            began.elapsed() < AT_MOST,
            "{what} took {:?}",
            began.elapsed()
        );
        assert_eq!(kind(&error), expected, "{what}: {error:?}");
        let said = error.to_string();
        assert!(said.chars().all(is_plain), "{what} says {said:?}");
        assert!(
            said.len() < 600 && !said.contains("AAAAAAAA"),
            "{what}: {said}"
        );
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < MEMORY, "memory grew by {grown} bytes");
}

#[tokio::test]
async fn a_push_that_gets_such_an_answer_after_ready_is_not_called_written() {
    let site = site(InstanceOptions::default()).await;
    let transport = impatient(&site);
    let php = site.instance.php().display().to_string();
    let after_ready = [
        "nothing for ever",
        "megabytes of a line",
        "an old ready",
        "half an answer and the end",
    ];
    let table = table();
    for (what, text, expected) in table.iter().filter(|(what, ..)| after_ready.contains(what)) {
        // The real program until `ready`; what comes after its request is never handed to it.
        let way = instead_of_php(
            &site,
            &format!(
                "head -n 2 | {php} \"$@\" | {{ read -r empty; read -r ready; printf '\\n%s\\n' \"$ready\"; sleep 0.1; {text} ; }}"
            ),
        );
        let began = Instant::now();
        let mut talk = transport.begin(&way, &begin_request(None)).await.unwrap();
        let error = send(&mut talk, &everything()).await.unwrap_err();
        drop(talk);
        assert!(
            began.elapsed() < AT_MOST,
            "{what} took {:?}",
            began.elapsed()
        );
        assert!(
            kind(&error) == *expected || matches!(error, TransportError::Broken { .. }),
            "{what}: {error:?}"
        );
    }
    let rows = site.instance.rows().await.unwrap();
    assert!(
        rows.iter()
            .all(|row| !row.path.starts_with("services_connector"))
    );
}

#[tokio::test]
async fn colours_and_banners_around_a_real_answer_do_no_harm() {
    let site = site(InstanceOptions::default()).await;
    let php = site.instance.php().display().to_string();
    let way = instead_of_php(
        &site,
        &format!(
            "printf '\\033[32mWelcome\\033[0m @@patch bay: \\r\\n'; head -c 400000 /dev/zero | tr '\\0' '\\n'; \
             {php} \"$@\" | sed 's/^@@/\\x1b[1m@@/; s/$/\\x1b[0m\\r/'"
        ),
    );
    let look = site.transport.look(&way, &look_request()).await.unwrap();
    assert!(!look.versions.php.is_empty());
}
