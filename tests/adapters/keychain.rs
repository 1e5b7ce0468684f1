//! The system's keychain adapter on a real GNOME Keyring (R1, R2, R6).

use std::process::Stdio;

use patchbay_tests::ground::keychain::{KeychainSession, Kind};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const PROBE: &str = env!("CARGO_BIN_EXE_keychain-probe");
const ITEM: &str = "00112233445566778899aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa99887766554433221100";

/// One process with one keychain of its own.
struct Probe {
    // Ended when the probe is dropped.
    _child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Probe {
    /// Starts one in a session; `arguments` as the probe takes them.
    fn start(variables: Vec<(&'static str, String)>, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROBE);
        command
            .args(arguments)
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        }
    }

    /// One that waits as long as the real program does.
    fn patient(session: &KeychainSession) -> Self {
        Self::start(session.variables(), &["60000", "5000"])
    }

    async fn hear(&mut self) -> (String, u64) {
        let line = self.output.next_line().await.unwrap().unwrap();
        let (said, millis) = line.rsplit_once(' ').unwrap();
        (said.to_owned(), millis.parse().unwrap())
    }

    async fn say(&mut self, command: &str) {
        let line = format!("{command}\n");
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
    }

    /// What came of a command, and how many milliseconds it took.
    async fn timed(&mut self, command: &str) -> (String, u64) {
        self.say(command).await;
        self.hear().await
    }

    async fn ask(&mut self, command: &str) -> String {
        self.timed(command).await.0
    }
}

#[tokio::test]
async fn the_real_keyring_keeps_the_contract() {
    let session = KeychainSession::start().await.unwrap();
    let mut probe = Probe::patient(&session);
    assert_eq!(probe.ask(&format!("contract {ITEM} {OTHER}")).await, "kept");
}

#[tokio::test]
async fn an_item_outlives_the_process_and_the_keyring() {
    let mut session = KeychainSession::start().await.unwrap();
    let mut first = Probe::patient(&session);
    assert_eq!(first.ask(&format!("write {ITEM} 00ff80")).await, "written");
    let mut second = Probe::patient(&session);
    for asked in ["user", "nobody"] {
        let read = format!("read {ITEM} {asked}");
        assert_eq!(second.ask(&read).await, "00ff80");
    }
    session.lock().await.unwrap();
    session.unlock().await.unwrap();
    assert_eq!(
        second.ask(&format!("read {ITEM} user")).await,
        "00ff80",
        "a keyring that was restarted is found again"
    );
    assert_eq!(first.ask(&format!("take {ITEM}")).await, "true");
    assert_eq!(second.ask(&format!("take {ITEM}")).await, "false");
}

#[tokio::test]
async fn others_see_nothing_but_the_program_and_the_random_id() {
    let session = KeychainSession::start().await.unwrap();
    let mut probe = Probe::patient(&session);
    probe.ask(&format!("write {ITEM} 6b6579")).await;
    let search = ["search", "--all", "service", "Patchbay"];
    let seen = session.run("secret-tool", &search, b"").await.unwrap();
    let mut shown: Vec<String> = format!("{}{}", seen.stdout, seen.stderr)
        .lines()
        .filter(|line| line.starts_with("attribute.") || line.starts_with("label"))
        .map(str::to_owned)
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            "attribute.service = Patchbay".to_owned(),
            format!("attribute.username = {ITEM}"),
            "label = Patchbay".to_owned(),
        ]
    );
    assert!(seen.stdout.contains("secret = key"), "{}", seen.stdout);
}

#[tokio::test]
async fn no_bus_and_no_service_are_told_apart_and_a_start_can_be_repeated() {
    let nowhere = "unix:path=/nonexistent/bus".to_owned();
    let mut probe = Probe::start(
        vec![("DBUS_SESSION_BUS_ADDRESS", nowhere)],
        &["60000", "5000"],
    );
    for command in ["read ID user", "read ID nobody", "write ID 00", "take ID"] {
        let command = command.replace("ID", ITEM);
        assert_eq!(probe.ask(&command).await, "MissingBus", "{command}");
    }

    let session = KeychainSession::start_kind(Kind::WithoutKeychain)
        .await
        .unwrap();
    let mut probe = Probe::patient(&session);
    for command in ["read ID user", "read ID nobody", "write ID 00", "forget ID"] {
        let command = command.replace("ID", ITEM);
        assert_eq!(probe.ask(&command).await, "MissingService", "{command}");
    }
    let mut session = session;
    session.unlock().await.unwrap();
    assert_eq!(probe.ask(&format!("write {ITEM} 01")).await, "written");
    assert_eq!(probe.ask(&format!("read {ITEM} nobody")).await, "01");
    session.stop_keyring();
    assert_eq!(
        probe.ask(&format!("read {ITEM} user")).await,
        "MissingService"
    );
}

#[tokio::test]
async fn a_locked_keyring_is_never_unlocked_for_nobody() {
    let session = KeychainSession::start().await.unwrap();
    // Whatever question comes up stays unanswered.
    let mut prompter = Probe::start(session.variables(), &["mute-prompter"]);
    assert_eq!(prompter.hear().await.0, "playing");
    let write = format!("write {ITEM} 01");
    assert_eq!(Probe::patient(&session).ask(&write).await, "written");
    session.lock().await.unwrap();

    let mut probe = Probe::start(session.variables(), &["1500", "5000"]);
    let (said, millis) = probe.timed(&format!("read {ITEM} nobody")).await;
    assert_eq!(said, "Locked");
    assert!(millis < 4_000, "at once, not after {millis} ms");
    assert_eq!(probe.ask(&format!("read {OTHER} nobody")).await, "Locked");

    assert_eq!(probe.ask(&format!("read {ITEM} user")).await, "Slow");
    // The question is still open: the next call waits behind it, work for nobody does not.
    assert_eq!(probe.ask(&format!("take {ITEM}")).await, "Slow");
    assert_eq!(probe.ask(&format!("read {ITEM} nobody")).await, "Locked");
}

#[tokio::test]
async fn a_question_that_is_waved_away_leaves_it_locked() {
    // Nobody is there to ask, which the keyring takes as "no".
    let session = KeychainSession::start().await.unwrap();
    let mut probe = Probe::patient(&session);
    probe.ask(&format!("write {ITEM} 01")).await;
    session.lock().await.unwrap();
    for command in ["read ID user", "write ID 02", "take ID", "forget ID"] {
        let command = command.replace("ID", ITEM);
        assert_eq!(probe.ask(&command).await, "Locked", "{command}");
    }
}

#[tokio::test]
async fn a_service_without_encryption_is_not_used() {
    let session = KeychainSession::start_kind(Kind::WithoutKeychain)
        .await
        .unwrap();
    let mut service = Probe::start(session.variables(), &["plain-service"]);
    assert_eq!(service.hear().await.0, "playing");
    let mut probe = Probe::patient(&session);
    for command in ["read ID user", "read ID nobody", "write ID 00", "take ID"] {
        let command = command.replace("ID", ITEM);
        assert_eq!(probe.ask(&command).await, "NotEncrypted", "{command}");
    }
    // Nobody even tried the plain session: the service says nothing more before it ends.
    drop(service.input.take());
    assert_eq!(service.output.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn of_a_thousand_takers_in_two_processes_exactly_one_wins() {
    let session = KeychainSession::start().await.unwrap();
    let mut first = Probe::patient(&session);
    let mut second = Probe::patient(&session);
    for round in 0..3 {
        let wrote = first.ask(&format!("write {ITEM} 0{round}")).await;
        assert_eq!(wrote, "written");
        let race = format!("race {ITEM} 10 50");
        first.say(&race).await;
        second.say(&race).await;
        let mut winners = 0;
        for probe in [&mut first, &mut second] {
            let said = probe.hear().await.0;
            let counts: Vec<usize> = said.split('/').map(|n| n.parse().unwrap()).collect();
            winners += counts[0];
            assert_eq!(counts[1..], [0, 500], "no call failed: {said}");
        }
        assert_eq!(winners, 1, "round {round}");
        assert_eq!(first.ask(&format!("read {ITEM} user")).await, "none");
    }
}
