//! Whatever the window sends, it gets a typed answer, and nothing changes.

use serde_json::{Value, json};

use super::{PROJECT, SPACE, Window, ssh};

/// Commands that take no request.
const ASK_NOTHING: [&str; 18] = [
    "clear_clipboard",
    "close_portal",
    "copy_places",
    "failed_of_last_push",
    "list_accounts",
    "list_hand_overs",
    "list_instances",
    "list_key_pairs",
    "list_settings",
    "look_after",
    "open_demo",
    "open_hand_over",
    "paste_private_key",
    "pick_private_key",
    "receive_drops",
    "verify_journal",
    "watch_records",
    "window_preferences",
];

fn commands() -> Vec<String> {
    let build = include_str!("../../build.rs");
    let list = build.split("&[\n").nth(1).unwrap();
    let list = list.split("];").next().unwrap();
    let names = list.split('"').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_refuses_what_has_another_form() {
    let window = Window::open();
    let bad = [
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!([{}]),
        json!({}),
        json!({"surprise": true}),
        json!({"instance": {"a": 1}, "request": 7}),
        json!({"instances": "all", "parts": 1, "agreement": [], "key": 1}),
        json!({"listener": -1, "run": 5, "intake": 5, "keyPair": null, "account": []}),
        json!({"limit": 4_294_967_296_u64, "skip": -5, "instance": null}),
        json!({"filter": {"outcome": "green"}, "skip": 0, "limit": 1, "format": "csv", "full": true}),
        json!({"filter": {"since": "yesterday"}, "skip": 0, "limit": 1}),
        json!({"label": "x".repeat(70_000), "mageId": null}),
    ];
    for command in commands() {
        if ASK_NOTHING.contains(&command.as_str()) {
            continue;
        }
        for request in &bad {
            if command == "set_window_preferences" && request == &json!({}) {
                continue; // Absent choices are as before there was a choice.
            }
            let refused = window.ask(&command, request.clone());
            let code = refused.as_ref().err().map(|error| &error["code"]);
            assert_eq!(code, Some(&json!("badRequest")), "{command} {refused:?}");
        }
        let refused = window.call(&command, json!({}));
        assert_eq!(refused.unwrap_err()["code"], "badRequest", "{command}");
    }
}

#[test]
fn a_channel_that_is_none_is_refused_in_types() {
    let window = Window::open();
    for channel in [json!(null), json!(7), json!("__CHANNEL__:x"), json!({})] {
        let args = json!({"request": {"instances": []}, "progress": channel, "events": channel});
        for command in ["check_instances", "watch_records", "receive_drops"] {
            let refused = window.call(command, args.clone()).unwrap_err();
            assert_eq!(refused["code"], "badRequest", "{command} {refused}");
        }
    }
}

#[test]
fn nothing_of_tauris_own_may_be_asked() {
    let window = Window::open();
    for command in [
        "plugin:event|listen",
        "plugin:dialog|open",
        "plugin:store|load",
        "plugin:window|close",
        "plugin:webview|create_webview_window",
        "plugin:app|version",
        "plugin:path|resolve_directory",
        "read_private_key",
    ] {
        let refused = window.call(command, json!({}));
        assert!(refused.is_err(), "{command} {refused:?}");
    }
}

fn new_instance(account: &str, name: &str, ssh: Value) -> Value {
    json!({
        "name": name, "account": account, "role": "live",
        "way": {"kind": "ssh", "ssh": ssh}, "url": null, "tags": [],
    })
}

#[test]
fn every_field_of_an_instance_says_what_is_wrong_with_it() {
    let window = Window::open();
    let account = window.account();
    window.server("shop");
    let with = |field: &str, value: Value| {
        let mut way = ssh("shop");
        way[field] = value;
        new_instance(&account, "Nordlys", way)
    };
    let long = "x".repeat(10_000);
    let named = |name: &str| new_instance(&account, name, ssh("shop"));
    for (request, field, problem) in [
        (named(""), "name", "empty"),
        (named(&long), "name", "tooLong"),
        (named("a\u{202e}b"), "name", "unprintable"),
        (named("a\u{0}b"), "name", "unprintable"),
        (with("target", json!("")), "sshTarget", "shape"),
        (
            with("target", json!("-oProxyCommand=touch x")),
            "sshTarget",
            "shape",
        ),
        (with("target", json!("a;b")), "sshTarget", "shape"),
        (with("target", json!(long)), "sshTarget", "shape"),
        (with("root", json!("relative")), "root", "shape"),
        (with("root", json!(format!("/{long}"))), "root", "tooLong"),
        (with("root", json!("/a\u{1b}[2J")), "root", "unprintable"),
        (with("port", json!(0)), "port", "shape"),
        (
            with("identityFile", json!("-F/etc/passwd")),
            "identityFile",
            "shape",
        ),
        (with("php", json!("php; rm")), "php", "shape"),
        (with("runAs", json!("-u root")), "runAs", "shape"),
        (with("container", json!("$(id)")), "container", "shape"),
    ] {
        let refused = window.ask("add_instance", request).unwrap_err();
        assert_eq!(refused["code"], "badInput", "{refused}");
        assert_eq!(
            (&refused["field"], &refused["problem"]),
            (&json!(field), &json!(problem))
        );
    }
    for port in [json!(-1), json!(65_536), json!("22"), json!(2.5)] {
        let refused = window.ask("add_instance", with("port", port)).unwrap_err();
        assert_eq!(refused["code"], "badRequest");
    }
    assert_eq!(window.get("list_instances", json!(null)), json!([]));
    let markup = named("<img src=x onerror=alert(1)>");
    assert_eq!(
        window.get("add_instance", markup)["instance"]["name"],
        "<img src=x onerror=alert(1)>",
        "a name is only text, wherever it is shown"
    );
}

#[test]
fn ids_of_nothing_are_answered_as_such() {
    let window = Window::open();
    let account = window.account();
    let nobody = "7".repeat(32);
    for id in [
        nobody.as_str(),
        "",
        "../../etc/passwd",
        "' OR 1=1 --",
        "\u{0}",
    ] {
        for (command, request) in [
            ("instance_page", json!({"instance": id})),
            ("remove_instance", json!({"instance": id})),
            ("plan_detach", json!({"instance": id})),
            ("host_keys", json!({"kind": "instance", "instance": id})),
            ("adopt_instance", json!({"instance": id, "takeKeys": true})),
            ("verify_key_pair", json!({"keyPair": id})),
            ("remove_key_pair", json!({"keyPair": id})),
            ("list_data_spaces", json!({"account": id})),
            ("plan_push", json!({"instances": [id], "parts": []})),
            ("check_instances", json!({"instances": [id]})),
            ("set_setting", json!({"key": id, "value": "1"})),
            (
                "assign",
                json!({"instance": id, "sandbox": null, "production": null, "project": PROJECT, "dataSpace": SPACE}),
            ),
        ] {
            let refused = window.ask(command, request).unwrap_err();
            assert_eq!(refused["code"], "noSuch", "{command} {id:?} {refused}");
        }
        let gone = json!({"intake": id, "account": account, "for": "sandbox", "name": "n", "apiKey": "0".repeat(32)});
        assert_eq!(
            window.ask("confirm_intake", gone).unwrap_err()["code"],
            "intakeGone"
        );
    }
    let undo = json!({"kind": "entry", "entry": "not an id"});
    assert_eq!(
        window.ask("plan_undo", undo).unwrap_err()["code"],
        "badRequest"
    );
}

#[test]
fn what_is_no_key_is_refused_and_nothing_waits() {
    let window = Window::open();
    for (text, code) in [
        ("", "keyEmpty"),
        (
            "0:3:kk8xFf0QpQm2c3Z5dGhpc2lzbm90YWtleWF0YWxsYnV0bG9uZ2Vub3VnaHRvbG9va2xpa2U=",
            "keyCiphertext",
        ),
        ("0123456789abcdef0123456789abcdef", "keyIsApiKey"),
    ] {
        window.clipboard.put(Some(text.as_bytes()));
        let refused = window.ask("paste_private_key", json!(null)).unwrap_err();
        assert_eq!(refused["code"], "privateKeyRefused", "{refused}");
        assert_eq!(refused["trouble"]["code"], code);
    }
    window.clipboard.put(Some(&vec![b'A'; 1_000_000]));
    let refused = window.ask("paste_private_key", json!(null)).unwrap_err();
    assert_eq!(refused["trouble"]["code"], "keyTooLarge");
}
