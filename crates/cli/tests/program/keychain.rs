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
    assert_eq!(
        listed["keypairs"],
        serde_json::json!([]),
        "the name is free to try again"
    );
    assert_eq!(room.refused(&import).0["code"], "keychainMissing");
}

#[test]
fn no_key_is_created_that_could_not_be_kept() {
    use std::io::ErrorKind;
    let room = Room::with_account();
    let portal = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    portal.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", portal.local_addr().unwrap());
    let fixed = [
        "--json",
        "keypair",
        "generate",
        "--account",
        "Nordlys",
        "--for",
        "sandbox",
    ];
    let more = ["--name", "s", "--portal", &url, "--sign-in-file", "-"];
    let run = room
        .ctl_reading(&[&fixed[..], &more].concat(), b"a sign-in\n")
        .expect(4);
    assert_eq!(run.json()["error"]["code"], "keychainMissing");
    let asked = portal.accept().err().map(|error| error.kind());
    assert_eq!(
        asked,
        Some(ErrorKind::WouldBlock),
        "the portal was never asked"
    );
    let listed = room.ctl(&["--json", "keypair", "list"]).expect(0).json();
    assert_eq!(listed["keypairs"], serde_json::json!([]));
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
