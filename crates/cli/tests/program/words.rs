//! Words that are understood but cannot be taken: each refused with its own sentence.

use crate::support::{Room, key_file};

fn add<'a>(ssh: &'a str, root: &'a str) -> Vec<&'a str> {
    let fixed = [
        "instance",
        "add",
        "--name",
        "Shop",
        "--account",
        "Nordlys",
        "--role",
        "live",
    ];
    [&fixed[..], &["--ssh", ssh, "--root", root]].concat()
}

#[test]
fn a_target_that_could_be_an_option_never_reaches_ssh() {
    let room = Room::with_account();
    let marker = room.path().join("marker");
    let proxy = format!("-oProxyCommand=touch {}", marker.display());
    for target in [
        proxy.as_str(),
        "-oProxyCommand=x",
        "a b",
        "u@-x",
        "$(id)",
        "a;b",
        "",
    ] {
        let (error, code) = room.refused(&add(target, "/srv/shop"));
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("badInput")),
            "{target:?}"
        );
        assert!(error["text"].as_str().unwrap().contains("SSH target"));
    }
    assert!(!marker.exists());
    let listed = room.ctl(&["instance", "list", "--json"]).expect(0).json();
    assert_eq!(
        listed["instances"].as_array().unwrap().len(),
        0,
        "nothing was added"
    );
}

#[test]
fn other_words_of_an_instance_are_checked_too() {
    let room = Room::with_account();
    let base = add("shop.test", "/srv/shop");
    let cases: [&[&str]; 6] = [
        &["--php", "php;id"],
        &["--run-as", "-u root"],
        &["--container", "$(id)"],
        &["--identity-file", "relative/key"],
        &["--port", "0"],
        &["--tag", "\u{7}"],
    ];
    for more in cases {
        let (error, code) = room.refused(&[&base[..], more].concat());
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("badInput")),
            "{more:?}"
        );
    }
    let (_, code) = room.refused(&add("shop.test", "srv/shop"));
    assert_eq!(code, 2, "a root is absolute");
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
    let (_, code) =
        room.refused(&[&watch[..], &["--watch-only", "--url", "javascript:x"]].concat());
    assert_eq!(code, 2, "a storefront address is a web address");
}

#[test]
fn names_are_bounded_and_visible() {
    let room = Room::new();
    let long = "x".repeat(10_000);
    for label in [
        &long,
        "",
        "   ",
        "a\u{1b}[31mb",
        "a\u{202e}b",
        "a\nb",
        "\u{200b}",
    ] {
        let (error, code) = room.refused(&["account", "add", "--label", label]);
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("badInput")),
            "{label:.20?}"
        );
        assert!(
            error["text"].as_str().unwrap().chars().count() < 200,
            "a short answer"
        );
    }
    let (error, code) = room.refused(&["check", &long]);
    assert_eq!((code, error["code"].as_str()), (1, Some("noSuch")));
    assert!(error["text"].as_str().unwrap().chars().count() < 300);
}

#[test]
fn unknown_names_are_failures_with_their_own_sentence() {
    let room = Room::with_account();
    let id = "a".repeat(32);
    let uuid = "11111111-1111-4111-8111-111111111111";
    let cases: [&[&str]; 15] = [
        &["check", "nobody"],
        &["plan", "nobody"],
        &["push", "nobody", "--yes"],
        &["detach", "nobody", "--yes"],
        &["repair", "nobody", "--yes"],
        &["resync", "nobody"],
        &[
            "move",
            "nobody",
            "--sandbox",
            "s",
            "--production",
            "p",
            "--project",
            uuid,
            "--data-space",
            uuid,
            "--confirm",
            "nobody",
        ],
        &["undo", &id, "--yes"],
        &["undo", "--push", &id, "--yes"],
        &["instance", "edit", "nobody", "--role", "live"],
        &["instance", "remove", "nobody"],
        &["host-key", "show", "nobody"],
        &["keypair", "verify", "nobody"],
        &["registry", "projects", "--account", "nobody"],
        &[
            "assign",
            "nobody",
            "--sandbox",
            "s",
            "--project",
            uuid,
            "--data-space",
            uuid,
        ],
    ];
    for arguments in cases {
        let (error, code) = room.refused(arguments);
        assert_eq!(
            (code, error["code"].as_str()),
            (1, Some("noSuch")),
            "{arguments:?}"
        );
    }
}

#[test]
fn ids_have_their_form() {
    let room = Room::with_account();
    let uuid = "11111111-1111-4111-8111-111111111111";
    let cases: [&[&str]; 5] = [
        &["account", "add", "--label", "B", "--mage-id", "mag1"],
        &["undo", "xyz", "--yes"],
        &["undo", "--push", "ZZ", "--yes"],
        &[
            "assign",
            "x",
            "--sandbox",
            "s",
            "--project",
            "1",
            "--data-space",
            uuid,
        ],
        &[
            "assign",
            "x",
            "--sandbox",
            "s",
            "--project",
            uuid,
            "--data-space",
            "-1",
        ],
    ];
    for arguments in cases {
        assert_eq!(room.refused(arguments).1, 2, "{arguments:?}");
    }
    for api_key in [
        "short",
        "with space in it",
        "ключ-ключ-ключ",
        &"a".repeat(10_000),
    ] {
        let (error, code) = room.refused(&import(api_key, &key_file()));
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("badInput")),
            "{api_key:.20}"
        );
    }
}

fn import<'a>(api_key: &'a str, file: &'a str) -> Vec<&'a str> {
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
    [&fixed[..], &["--api-key", api_key, "--private-key", file]].concat()
}

#[test]
fn what_is_no_private_key_is_refused_at_the_door() {
    let room = Room::with_account();
    let hex = "0123456789abcdef0123456789abcdef";
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/keys");
    let mut sentences = std::collections::BTreeSet::new();
    let kinds = [
        "test-only-rsa-2048-encrypted.pem",
        "test-only-rsa-2048-public.pem",
        "test-only-ed25519-pkcs8.pem",
        "test-only-rsa-1024-pkcs8.pem",
    ];
    for kind in kinds {
        let (error, code) = room.refused(&import(hex, &format!("{folder}/{kind}")));
        assert_eq!(
            (code, error["code"].as_str()),
            (3, Some("privateKeyRefused")),
            "{kind}"
        );
        sentences.insert(error["text"].as_str().unwrap().to_owned());
    }
    for input in [&b""[..], b"0:3:QUJDREVGR0hJSktMTU5PUA==", &[b'x'; 200_000]] {
        let arguments = [&["--json"], &import(hex, "-")[..]].concat();
        let run = room.ctl_reading(&arguments, input).expect(3);
        sentences.insert(run.json()["error"]["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        sentences.len(),
        7,
        "each has its own sentence: {sentences:#?}"
    );
    let (error, code) = room.refused(&import(hex, "no-such-file.pem"));
    assert_eq!((code, error["code"].as_str()), (2, Some("fileNotRead")));
    let listed = room.ctl(&["keypair", "list", "--json"]).expect(0).json();
    assert_eq!(
        listed["keypairs"].as_array().unwrap().len(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn settings_take_only_what_fits() {
    let room = Room::new();
    let set = |key, value| room.refused(&["settings", "set", key, value]);
    assert_eq!(set("sandbox-gateway", "http://gateway.example/").1, 2);
    assert_eq!(set("sandbox-gateway", "https://user@gateway.example/").1, 2);
    assert_eq!(set("parallel", "0").1, 2);
    assert_eq!(set("parallel", "-1").1, 2);
    assert_eq!(set("bogus", "1").1, 1);
    let done = room
        .ctl(&["settings", "set", "parallel", "3", "--json"])
        .expect(0)
        .json();
    assert_eq!(done["settings"][0]["value"], "3");
    for option in ["--production-gateway", "--sandbox-gateway"] {
        let (error, code) = room.refused(&[option, "http://gateway.example/", "account", "list"]);
        assert_eq!(
            (code, error["code"].as_str()),
            (2, Some("badInput")),
            "{option}"
        );
    }
}

#[test]
fn a_saved_plan_is_taken_only_as_it_was_saved() {
    let room = Room::with_account();
    let write = |text: &str| std::fs::write(room.path().join("plan.json"), text).unwrap();
    for text in [
        "",
        "{}",
        "not json",
        r#"{"file":"patchbay plan","version":1}"#,
    ] {
        write(text);
        let (error, code) = room.refused(&["push", "--plan", "plan.json"]);
        assert_eq!(
            (code, error["code"].as_str()),
            (1, Some("planNotOurs")),
            "{text}"
        );
    }
    let (error, code) = room.refused(&["push", "--plan", "missing.json"]);
    assert_eq!((code, error["code"].as_str()), (2, Some("fileNotRead")));
}
