//! The main job from the command line: bring keys, add instances, assign, plan, push, check; push
//! again, undo, adopt.

use patchbay_tests::bed::Bed;
use patchbay_tests::ground::{ConfigRow, HandConnected, Instance, InstanceOptions};
use serde_json::Value;

use crate::told::{about, connector, outcome, pushed_entry};

/// A live shop and its staging copy, added and assigned, nothing on them yet.
async fn two_assigned(bed: &Bed) -> (Instance, Instance) {
    let live = bed.instance(InstanceOptions::default()).await.unwrap();
    let base_url = "https://staging.example.test/".to_owned();
    let copy = InstanceOptions {
        base_url,
        ..Default::default()
    };
    let staging = bed.instance(copy).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Nordlys live", "live", &live).await.unwrap();
    bed.add("Nordlys staging", "staging", &staging)
        .await
        .unwrap();
    bed.assign("Nordlys live", "Production", 0).await.unwrap();
    bed.assign("Nordlys staging", "Testing", 0).await.unwrap();
    (live, staging)
}

async fn push(bed: &Bed, name: &str, more: &[&str], code: i32) -> Value {
    let arguments = [&["--json", "push", name, "--yes"][..], more].concat();
    bed.ctl(&arguments).await.unwrap().expect(code).json()
}

#[tokio::test]
async fn two_instances_get_connected_over_one_connection_each() {
    let bed = Bed::start().await.unwrap();
    let (live, _staging) = two_assigned(&bed).await;
    let plan = bed.ctl(&["--json", "plan"]).await.unwrap().json();
    let changes = about(&plan, "Nordlys live")["changes"].as_array().unwrap();
    assert_eq!(
        changes.len(),
        9,
        "nothing is there yet, so all nine would change"
    );

    let (connections, starts) = (bed.ground.ssh_connections().unwrap(), live.php_starts());
    let pushed = push(&bed, "Nordlys live", &[], 0).await;
    assert_eq!(outcome(&pushed, "Nordlys live"), "pushed");
    assert_eq!(
        bed.ground.ssh_connections().unwrap() - connections,
        1,
        "one connection for one push"
    );
    assert_eq!(
        live.php_starts() - starts,
        1,
        "one PHP process for one push"
    );

    let blocked = push(&bed, "Nordlys staging", &[], 3).await;
    assert_eq!(
        outcome(&blocked, "Nordlys staging"),
        "blocked",
        "production keys on a copy ask for the name"
    );
    let pushed = push(
        &bed,
        "Nordlys staging",
        &["--confirm", "Nordlys staging"],
        0,
    )
    .await;
    assert_eq!(outcome(&pushed, "Nordlys staging"), "pushed");

    let checked = bed
        .ctl(&["--json", "check"])
        .await
        .unwrap()
        .expect(0)
        .json();
    for name in ["Nordlys live", "Nordlys staging"] {
        let told = about(&checked, name);
        assert_eq!(told["state"], "connected", "{checked}");
        assert_eq!(told["proof"]["byInstanceToken"], true);
        assert_eq!(told["proof"]["adobe"]["production"], "accepted");
        assert_eq!(told["proof"]["adobe"]["sandbox"], "accepted");
    }
}

#[tokio::test]
async fn a_second_push_writes_nothing_and_an_undo_brings_the_rows_back() {
    let bed = Bed::start().await.unwrap();
    let (live, _staging) = two_assigned(&bed).await;
    let before = connector(live.rows().await.unwrap());
    let pushed = push(&bed, "Nordlys live", &[], 0).await;
    let entry = pushed_entry(&pushed, "Nordlys live");

    live.age_rows().await.unwrap();
    let rows = live.rows().await.unwrap();
    let again = push(&bed, "Nordlys live", &[], 0).await;
    assert_eq!(outcome(&again, "Nordlys live"), "unchanged");
    assert_eq!(
        live.rows().await.unwrap(),
        rows,
        "a second push writes nothing, timestamps included"
    );
    encrypted_at_rest(&live, &rows);

    let refused = bed
        .ctl(&["--json", "undo", &entry, "--yes"])
        .await
        .unwrap()
        .expect(3)
        .json();
    assert_eq!(
        outcome(&refused, "Nordlys live"),
        "blocked",
        "taking values off a live shop asks for its name"
    );
    let undo = [
        "--json",
        "undo",
        &entry,
        "--yes",
        "--confirm",
        "Nordlys live",
    ];
    let undone = bed.ctl(&undo).await.unwrap().expect(0).json();
    assert_eq!(outcome(&undone, "Nordlys live"), "pushed");
    assert_eq!(
        connector(live.rows().await.unwrap()),
        before,
        "the former rows are back"
    );

    let back = pushed_entry(&undone, "Nordlys live");
    let redo = bed
        .ctl(&["--json", "undo", &back, "--yes"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(
        outcome(&redo, "Nordlys live"),
        "pushed",
        "an undo can be undone"
    );
    assert_eq!(
        connector(live.rows().await.unwrap()),
        connector(rows),
        "byte for byte, timestamps included"
    );
    let verified = bed.ctl(&["journal", "verify"]).await.unwrap();
    assert_eq!(verified.code, 0, "{verified:?}");
}

fn encrypted_at_rest(instance: &Instance, rows: &[ConfigRow]) {
    let keys: Vec<&ConfigRow> = rows
        .iter()
        .filter(|row| row.path.ends_with("_key"))
        .collect();
    assert_eq!(keys.len(), 4, "four of the nine are keys");
    for row in keys {
        let stored = row.value.as_deref().unwrap();
        assert!(
            stored.starts_with("0:3:"),
            "{} is stored encrypted",
            row.path
        );
        assert!(!instance.decrypt(stored).unwrap().is_empty());
    }
}

/// What the account's own keys and production data space look like on a shop connected by hand.
fn connected_by_hand(bed: &Bed) -> HandConnected {
    let project = &bed.account.projects[0];
    let json = serde_json::to_value(project).unwrap();
    let space = project_space(&json);
    let key = |key: &patchbay_simulator::ReadyKey| key.private_key.expose().to_owned();
    HandConnected {
        production: Some((
            bed.account.production.api_key.clone(),
            key(&bed.account.production),
        )),
        sandbox: Some((
            bed.account.sandbox.api_key.clone(),
            key(&bed.account.sandbox).replace('\n', "\r\n"),
        )),
        saas: Some(space),
        merchant_ids: None,
    }
}

fn project_space(project: &Value) -> [String; 5] {
    let text = |value: &Value, names: [&str; 2]| {
        let found = names.iter().find_map(|name| value[*name].as_str());
        found
            .unwrap_or_else(|| panic!("none of {names:?} in {value}"))
            .to_owned()
    };
    let spaces = project["dataSpaces"].as_array().unwrap();
    let kinds = ["environmentType", "type"];
    let space = spaces
        .iter()
        .find(|space| text(space, kinds) == "Production")
        .unwrap();
    [
        text(project, ["projectId", "id"]),
        text(project, ["projectName", "name"]),
        text(space, ["environmentId", "id"]),
        text(space, ["environmentName", "name"]),
        "Production".to_owned(),
    ]
}

#[tokio::test]
async fn an_instance_connected_by_hand_is_adopted_without_its_private_key() {
    let bed = Bed::start().await.unwrap();
    let by_hand = connected_by_hand(&bed);
    let options = InstanceOptions {
        by_hand,
        ..Default::default()
    };
    let instance = bed.instance(options).await.unwrap();
    let rows = instance.rows().await.unwrap();
    let _ = bed
        .ctl(&["account", "add", "--label", "Nordlys"])
        .await
        .unwrap()
        .expect(0);
    bed.add("Old shop", "live", &instance).await.unwrap();

    let _ = bed
        .ctl(&["--json", "instance", "adopt", "Old shop"])
        .await
        .unwrap()
        .expect(0);
    let checked = bed
        .ctl(&["--json", "check", "Old shop"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(
        about(&checked, "Old shop")["state"],
        "connected",
        "{checked}"
    );
    let pairs = bed
        .ctl(&["--json", "keypair", "list"])
        .await
        .unwrap()
        .expect(0)
        .json();
    let pairs = pairs["keypairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 2);
    for pair in pairs {
        assert_eq!(
            pair["state"], "heldByInstance",
            "no private key came to this computer"
        );
    }
    assert_eq!(
        instance.rows().await.unwrap(),
        rows,
        "adopting writes nothing"
    );
    take_the_keys(&bed, &instance, &rows).await;
}

/// With its private keys taken too, nothing about the instance is to be changed.
async fn take_the_keys(bed: &Bed, instance: &Instance, rows: &[ConfigRow]) {
    let taken = [
        "--json",
        "instance",
        "adopt",
        "Old shop",
        "--with-private-key",
        "--yes",
    ];
    let _ = bed.ctl(&taken).await.unwrap().expect(0);
    let pushed = push(bed, "Old shop", &[], 0).await;
    assert_eq!(
        outcome(&pushed, "Old shop"),
        "unchanged",
        "other line ends are the same key"
    );
    assert_eq!(instance.rows().await.unwrap(), rows);
}
