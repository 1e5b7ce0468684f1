//! What answers look like: field names of the contract, and pages for people.

use crate::support::{Room, ended};

fn watched() -> Room {
    let room = Room::with_account();
    let fixed = [
        "instance",
        "add",
        "--name",
        "北光商行",
        "--account",
        "Nordlys",
        "--role",
        "staging",
    ];
    let more = [
        "--watch-only",
        "--url",
        "https://shop.example/",
        "--tag",
        "eu",
    ];
    let added = room
        .ctl(&[&fixed[..], &more[..], &["--json"]].concat())
        .expect(0)
        .json();
    assert_eq!(added["instance"]["name"], "北光商行");
    assert!(added["reached"].is_null() && added["error"].is_null());
    room
}

#[test]
fn a_watched_instance_is_never_green() {
    let room = watched();
    let run = room.ctl(&["check", "--json"]).expect(1);
    let one = &run.json()["instances"][0];
    assert_eq!(one["name"], "北光商行");
    // Nobody answers at a name that is reserved for examples.
    assert_eq!(one["state"], "unreachable");
    assert_eq!(one["light"], "needsALook");
    assert!(one["reason"]["code"].is_string() && one["reason"]["text"].is_string());
    assert!(one["findings"].is_array());
    assert!(one["proof"]["adobe"].is_null() && one["proof"]["values"].is_null());
    assert_eq!(one["proof"]["byInstanceToken"], false);
    assert!(one["values"].as_object().unwrap().is_empty());
    let page = room.ctl(&["check"]).expect(1).stdout;
    assert!(
        page.starts_with("北光商行: Server cannot be reached\n"),
        "{page}"
    );
    assert!(page.contains("Next: "), "{page}");
}

#[test]
fn lists_are_documents_with_the_names_of_the_contract() {
    let room = watched();
    let json = |arguments: &[&str]| {
        room.ctl(&[&["--json"], arguments].concat())
            .expect(0)
            .json()
    };
    let account = &json(&["account", "list"])["accounts"][0];
    assert_eq!(account["label"], "Nordlys");
    assert!(account["mageId"].is_null());
    let instance = &json(&["instance", "list"])["instances"][0];
    assert_eq!(instance["role"], "staging");
    assert_eq!(instance["account"], "Nordlys");
    assert_eq!(instance["watchOnly"], true);
    assert_eq!(instance["tags"][0], "eu");
    assert_eq!(
        json(&["keypair", "list"])["keypairs"],
        serde_json::json!([])
    );
    let plan = json(&["plan"]);
    assert!(plan["hash"].is_string());
    assert_eq!(plan["instances"], serde_json::json!([]));
    let push = json(&["push", "--yes"]);
    assert!(push["entry"].is_null());
    assert_eq!(push["instances"], serde_json::json!([]));
    assert_eq!(json(&["journal", "list"])["lines"], serde_json::json!([]));
    let settings = json(&["settings", "list"]);
    assert!(settings["settings"].as_array().unwrap().len() >= 5);
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let room = watched();
    let edit = [
        "instance",
        "edit",
        "北光商行",
        "--rename",
        "Nordlys",
        "--role",
        "development",
    ];
    let edited = room
        .ctl(&[&edit[..], &["--json"]].concat())
        .expect(0)
        .json();
    let instance = &edited["instance"];
    assert_eq!(instance["name"], "Nordlys");
    assert_eq!(instance["role"], "development");
    assert_eq!(instance["url"], "https://shop.example/");
    assert_eq!(instance["tags"][0], "eu");
    let (error, code) = room.refused(&["instance", "edit", "Nordlys", "--php", "php8.2"]);
    assert_eq!(
        (code, error["code"].as_str()),
        (2, Some("usage")),
        "there is no way in to change"
    );
    let removed = room
        .ctl(&["--json", "instance", "remove", "Nordlys"])
        .expect(0)
        .json();
    assert_eq!(removed["instance"]["name"], "Nordlys");
    assert_eq!(room.refused(&["instance", "remove", "Nordlys"]).1, 1);
}

#[test]
fn a_journal_export_has_a_head_also_when_nothing_happened() {
    let room = Room::new();
    let csv = room
        .ctl(&["journal", "export", "--format", "csv"])
        .expect(0)
        .stdout;
    assert!(csv.starts_with("seq,at,phase,action,instance,"), "{csv}");
    let json = room
        .ctl(&["journal", "export", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(json["lines"], serde_json::json!([]));
    let (error, code) = room.refused(&["journal", "export", "--format", "csv"]);
    assert_eq!(
        (code, error["code"].as_str()),
        (2, Some("usage")),
        "JSON and CSV at once"
    );
}

#[test]
fn diagnostics_never_mix_with_the_document() {
    let room = watched();
    let mut command = room.command(&["check", "--json"]);
    let run = ended(command.env("PATCHBAY_LOG", "debug").output().unwrap());
    assert_eq!(run.json()["instances"].as_array().unwrap().len(), 1);
}

#[test]
fn a_report_is_a_page_or_a_table_without_the_way_to_an_instance() {
    let room = Room::with_account();
    let added = room.ctl(&[
        "instance",
        "add",
        "--name",
        "<b>shop</b>",
        "--account",
        "Nordlys",
        "--role",
        "live",
        "--url",
        "https://secret-host.example/",
        "--watch-only",
    ]);
    added.expect(0);
    let page = room.ctl(&["report"]).expect(0).stdout;
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(page.contains("&lt;b&gt;shop&lt;/b&gt;"), "{page}");
    assert!(!page.contains("secret-host"), "{page}");
    let table = room.ctl(&["report", "--format", "csv"]).expect(0).stdout;
    assert!(
        table
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("Nordlys,,<b>shop</b>,live,"),
        "{table}"
    );
    let other = room.ctl(&["report", "--account", "Fjord"]);
    other.expect(1);
}
