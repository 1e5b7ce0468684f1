//! The main job by commands alone: account, key, instance, assignment, plan, push, history, undo.

use patchbay_core::fakes::keys;
use serde_json::{Value, json};

use super::{PROJECT, SPACE, Window, api_key, ssh};

/// Brings key `n` by the clipboard and answers with the pair's id.
fn bring(window: &Window, account: &str, purpose: &str, n: usize) -> String {
    let intake = window.paste(n);
    let kept = window.get(
        "confirm_intake",
        json!({"intake": intake["id"], "account": account, "for": purpose, "name": purpose, "apiKey": api_key(n).as_str()}),
    );
    assert_eq!(kept["verification"]["answer"], "accepted", "{kept}");
    kept["keypair"]["id"].as_str().unwrap().to_owned()
}

fn agreed(plan: &Value, typed: &[&str]) -> Value {
    let plans: Vec<Value> = plan["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({"instance": one["id"], "hash": one["hash"]}))
        .collect();
    json!({"plans": plans, "typedNames": typed})
}

/// A window with one instance that should hold two pairs and a data space.
fn assigned() -> (Window, String) {
    let window = Window::open();
    window.adobe_knows();
    window.server("shop");
    let account = window.account();
    let sandbox = bring(&window, &account, "sandbox", 0);
    let production = bring(&window, &account, "production", 1);
    let added = window.get(
        "add_instance",
        json!({"name": "Nordlys", "account": account, "role": "live", "way": {"kind": "ssh", "ssh": ssh("shop")}, "url": null, "tags": []}),
    );
    assert_eq!(added["trouble"], json!(null), "{added}");
    let id = added["instance"]["id"].as_str().unwrap().to_owned();
    let page = window.get("list_data_spaces", json!({"account": account}));
    assert_eq!(page["projects"][0]["dataSpaces"][0]["usedBy"], json!([]));
    window.get(
        "assign",
        json!({"instance": id, "sandbox": sandbox, "production": production, "project": PROJECT, "dataSpace": SPACE}),
    );
    let page = window.get("list_data_spaces", json!({"account": account}));
    let user = &page["projects"][0]["dataSpaces"][0]["usedBy"][0];
    assert_eq!(
        (&user["id"], &user["assigned"], &user["seen"]),
        (&json!(id), &json!(true), &json!(false))
    );
    (window, id)
}

#[test]
fn a_newcomer_connects_an_instance_and_takes_it_back() {
    let (window, id) = assigned();
    let plan = window.get("plan_push", json!({"instances": [id], "parts": []}));
    assert_eq!(
        plan["instances"][0]["changes"].as_array().unwrap().len(),
        9,
        "{plan}"
    );
    let pushed = window.get(
        "push_config",
        json!({"agreement": agreed(&plan, &[]), "parts": []}),
    );
    assert_eq!(pushed["instances"][0]["outcome"], "pushed", "{pushed}");

    let board = window.get("list_instances", json!(null));
    assert_eq!(board[0]["state"], "connected", "{board}");
    assert_eq!(board[0]["nextStep"], "setUpPayments");
    assert!(board[0]["holdsUntil"].is_string());
    let page = window.get("instance_page", json!({"instance": id}));
    assert_eq!(page["evidence"]["proven"], true, "{page}");
    assert_eq!(page["evidence"]["valuesPresent"], true);
    assert_eq!(page["history"][0]["canUndo"], true);

    let checked = window.get("check_instances", json!({"instances": [id]}));
    assert_eq!(checked[0]["state"], "connected", "{checked}");
    let entry = &page["history"][0]["entry"];
    let target = json!({"kind": "entry", "entry": entry});
    let plan = window.get("plan_undo", target.clone());
    assert_eq!(
        plan["instances"][0]["changes"].as_array().unwrap().len(),
        9,
        "{plan}"
    );
    let order = json!({"target": target, "agreement": agreed(&plan, &["Nordlys"])});
    let undone = window.get("undo_push", order);
    assert_eq!(undone["instances"][0]["outcome"], "pushed", "{undone}");
    let board = window.get("list_instances", json!(null));
    assert_eq!(board[0]["state"], "notConnected", "{board}");
    let journal = window.get(
        "list_journal",
        json!({"filter": {"instance": null, "outcome": "pushed"}, "skip": 0, "limit": 10}),
    );
    assert_eq!(journal["total"], 2);
    assert_eq!(journal["entries"][0]["action"], "undo");
    assert_eq!(window.get("verify_journal", json!(null))["result"], "good");
}

#[test]
fn what_changed_since_it_was_seen_is_left_alone() {
    let (window, id) = assigned();
    let other = "b".repeat(64);
    let stale = json!({"plans": [{"instance": id, "hash": other}], "typedNames": []});
    let pushed = window.get("push_config", json!({"agreement": stale, "parts": []}));
    assert_eq!(
        pushed["instances"][0]["outcome"], "changedSincePlan",
        "{pushed}"
    );
    let nobody = json!({"agreement": {"plans": [], "typedNames": []}, "parts": []});
    let refused = window.ask("push_config", nobody).unwrap_err();
    assert_eq!(
        refused["code"], "badRequest",
        "an order for nobody must not mean all"
    );
    let failed = window.get("failed_of_last_push", json!(null));
    assert_eq!(failed["instances"], json!([id]));
}

#[test]
fn guards_speak_with_their_case_and_words() {
    let (window, id) = assigned();
    window.get("edit_instance", json!({"instance": id, "name": null, "role": "staging", "way": null, "url": null, "tags": null}));
    let plan = window.get("plan_push", json!({"instances": [id], "parts": []}));
    let guards = plan["instances"][0]["guards"].as_array().unwrap();
    let g4 = guards.iter().find(|one| one["id"] == "G4").unwrap();
    assert_eq!(g4["effect"], "blocked");
    assert_eq!(
        (&g4["case"], &g4["words"]),
        (&json!("productionOnCopy"), &json!({"role": "staging"}))
    );
    let pushed = window.get(
        "push_config",
        json!({"agreement": agreed(&plan, &["Nordlys"]), "parts": []}),
    );
    assert_eq!(pushed["instances"][0]["outcome"], "blocked", "{pushed}");
}

#[test]
fn a_key_waits_for_a_right_name_is_used_once_and_never_shown() {
    let window = Window::open();
    window.adobe_knows();
    let account = window.account();
    let intake = window.paste(1);
    assert_eq!(
        (&intake["bits"], &intake["source"]),
        (&json!(2048), &json!("clipboard"))
    );
    let confirm = |name: &str, key: &str| json!({"intake": intake["id"], "account": account, "for": "production", "name": name, "apiKey": key});
    let key = api_key(1);
    let refused = window
        .ask("confirm_intake", confirm("", key.as_str()))
        .unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["field"]),
        (&json!("badInput"), &json!("name"))
    );
    let refused = window
        .ask("confirm_intake", confirm("Prod", "?"))
        .unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["field"]),
        (&json!("badInput"), &json!("apiKey"))
    );
    let kept = window.get("confirm_intake", confirm("Prod", key.as_str()));
    let again = window
        .ask("confirm_intake", confirm("Twice", key.as_str()))
        .unwrap_err();
    assert_eq!(again["code"], "intakeGone");

    let pem = String::from_utf8(keys::pem(1).expose().to_vec()).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for told in [intake.to_string(), refused.to_string(), kept.to_string()] {
        let windows = body.as_bytes().windows(16);
        let shown = windows.filter(|one| told.contains(std::str::from_utf8(one).unwrap()));
        assert_eq!(shown.count(), 0, "no part of the key crosses the bridge");
    }
    let known = window.paste(1);
    assert_eq!(known["knownAs"], "Prod");
    window.get("discard_intake", json!({"intake": known["id"]}));
    let gone = json!({"intake": known["id"], "account": account, "for": "sandbox", "name": "n", "apiKey": key.as_str()});
    assert_eq!(
        window.ask("confirm_intake", gone).unwrap_err()["code"],
        "intakeGone"
    );
}

#[test]
fn a_server_is_looked_at_before_it_is_added() {
    let window = Window::open();
    window.server("shop");
    let probed = window.get("probe_instance", ssh("shop"));
    assert!(
        probed["url"].as_str().unwrap().starts_with("https://"),
        "{probed}"
    );
    assert_eq!(probed["knownAs"], json!(null));
    let keys = window.get("host_keys", json!({"kind": "way", "ssh": ssh("shop")}));
    let fingerprint = &keys[0]["fingerprint"];
    let trust = json!({"place": {"kind": "way", "ssh": ssh("shop")}, "fingerprint": fingerprint});
    assert_eq!(window.get("trust_host_key", trust)["trusted"], true);
    let unreached = window.ask("probe_instance", ssh("nowhere")).unwrap_err();
    assert_eq!(unreached["code"], "notReached", "{unreached}");
    assert_eq!(
        window.get("list_instances", json!(null)),
        json!([]),
        "looking keeps nothing"
    );
}
