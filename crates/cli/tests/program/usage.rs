//! What is no command line of ours: exit code 2, and one JSON document where JSON was asked for.

use crate::support::{Room, key_file};

#[test]
fn what_is_not_understood_is_a_usage_error_in_both_forms() {
    let room = Room::new();
    let cases: [&[&str]; 9] = [
        &["bogus"],
        &["account"],
        &["account", "add"],
        &["check", "--no-such-flag"],
        &["plan", "--only", "everything"],
        &["assign", "x", "--project", "p", "--data-space", "d"],
        &["push", "x", "--plan", "file", "--yes"],
        &["undo", "--yes"],
        &["journal", "export"],
    ];
    for arguments in cases {
        let (error, code) = room.refused(arguments);
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("usage")),
            "{arguments:?}"
        );
        let human = room.ctl(arguments).expect(2);
        assert_eq!(human.stdout, "", "diagnostics go to stderr: {arguments:?}");
        assert!(!human.stderr.is_empty());
    }
}

#[test]
fn every_command_of_the_contract_is_listed() {
    let help = Room::new().ctl(&["--help"]).expect(0).stdout;
    for built in [
        "account", "keypair", "host-key", "push", "detach", "undo", "move", "repair", "resync",
        "journal", "report", "recipe", "registry", "assign", "check", "plan", "settings",
    ] {
        assert!(help.contains(built), "{built} is missing: {help}");
    }
}

#[test]
fn a_push_without_a_word_of_consent_is_refused_off_a_terminal() {
    let room = Room::with_account();
    let entry = "a".repeat(32);
    let uuid = "11111111-1111-4111-8111-111111111111";
    let relocate = [
        "move",
        "x",
        "--sandbox",
        "s",
        "--production",
        "p",
        "--project",
        uuid,
        "--data-space",
        uuid,
    ];
    for arguments in [
        &["push"][..],
        &["detach", "x"],
        &["undo", &entry],
        &["repair", "x"],
        &relocate,
    ] {
        let (error, code) = room.refused(arguments);
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("needsYes")),
            "{arguments:?}"
        );
    }
    let adopt = ["instance", "adopt", "x", "--with-private-key"];
    let (error, code) = room.refused(&adopt);
    assert_eq!((code, error["code"].as_str()), (2, Some("needsYes")));
}

#[test]
fn a_private_key_on_the_command_line_is_refused_and_not_repeated() {
    let room = Room::with_account();
    let key = std::fs::read_to_string(key_file()).unwrap();
    let secret = key.lines().nth(3).unwrap();
    for argument in ["--private-key", "--api-key", "--name", "--bogus"] {
        let run = room
            .ctl(&["keypair", "import", argument, &key, "--json"])
            .expect(2);
        assert_eq!(run.json()["error"]["code"], "secretInArguments");
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    }
    let body = key
        .lines()
        .filter(|line| !line.contains('-'))
        .collect::<String>();
    let run = room.ctl(&["keypair", "import", "--bogus", &body]).expect(2);
    assert!(!run.stderr.contains(secret), "also without its BEGIN line");
}

#[test]
fn what_was_typed_cannot_steer_the_terminal() {
    let room = Room::with_account();
    for arguments in [&["\u{1b}[31mbogus"][..], &["check", "\u{1b}]0;title\u{7}"]] {
        let run = room.ctl(arguments);
        assert!(
            !run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{7}'),
            "{run:?}"
        );
    }
}

#[test]
fn the_version_and_the_help_are_no_errors() {
    let room = Room::new();
    assert!(
        room.ctl(&["--version"])
            .expect(0)
            .stdout
            .starts_with("patchbayctl ")
    );
    assert!(
        room.ctl(&["push", "--help"])
            .expect(0)
            .stdout
            .contains("--retry-failed")
    );
    assert!(!room.data().exists(), "neither makes a data directory");
}
