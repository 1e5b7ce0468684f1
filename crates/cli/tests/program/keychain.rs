//! Without a keychain: what needs one ends with code 4 and keeps nothing, the rest works.

use crate::support::{Room, key_file};

const HEX: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn bringing_a_key_without_a_keychain_keeps_nothing() {
    let room = Room::with_account();
    let file = key_file();
    let fixed = [
        "keypair",
        "import",
        "--account",
        "Nordlys",
        "--for",
        "sandbox",
        "--name",
        "s",
    ];
    let import = [&fixed[..], &["--api-key", HEX, "--private-key", &file]].concat();
    let (error, code) = room.refused(&import);
    assert_eq!((code, error["code"].as_str()), (4, Some("keychainMissing")));
    let listed = room.ctl(&["--json", "keypair", "list"]).expect(0).json();
    for pair in listed["keypairs"].as_array().unwrap() {
        assert_eq!(
            pair["state"], "pending",
            "it is at most an empty beginning: {pair}"
        );
    }
}

#[test]
fn the_key_is_nowhere_on_disk_after_it_could_not_be_kept() {
    let room = Room::with_account();
    let key = std::fs::read(key_file()).unwrap();
    let fixed = [
        "keypair",
        "import",
        "--account",
        "Nordlys",
        "--for",
        "sandbox",
        "--name",
        "s",
    ];
    let import = [&fixed[..], &["--api-key", HEX, "--private-key", "-"]].concat();
    let run = room.ctl_reading(&import, &key).expect(4);
    let line = String::from_utf8(key)
        .unwrap()
        .lines()
        .nth(5)
        .unwrap()
        .to_owned();
    assert!(!run.stdout.contains(&line) && !run.stderr.contains(&line));
    for entry in std::fs::read_dir(room.data()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let found = bytes
            .windows(16)
            .any(|window| window == &line.as_bytes()[..16]);
        assert!(!found, "{} holds a piece of the key", path.display());
    }
}

#[test]
fn what_needs_no_keychain_works_without_one() {
    let room = Room::with_account();
    let watch = [
        "instance",
        "add",
        "--name",
        "W",
        "--account",
        "Nordlys",
        "--role",
        "live",
    ];
    room.ctl(
        &[
            &watch[..],
            &["--watch-only", "--url", "https://shop.example/"],
        ]
        .concat(),
    )
    .expect(0);
    for arguments in [
        &["account", "list"][..],
        &["keypair", "list"],
        &["instance", "list"],
        &["settings", "list"],
        &["journal", "list"],
        &["instance", "answer", "W", "live"],
        &["instance", "edit", "W", "--tag", "eu"],
    ] {
        room.ctl(arguments).expect(0);
    }
}

#[test]
fn sealing_a_plan_needs_the_keychain() {
    let room = Room::with_account();
    let (error, code) = room.refused(&["plan", "--out", "plan.json"]);
    assert_eq!((code, error["code"].as_str()), (4, Some("keychainMissing")));
    assert!(
        !room.path().join("plan.json").exists(),
        "an unsealed plan is not written"
    );
}
