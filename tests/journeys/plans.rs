//! Plans of their own on real parts: moving to another MageID, repairing, disconnecting a copy and
//! taking that back, and sending the catalogue again; and what is blocked is never sent.

use patchbay_simulator::{ReadyAccount, Scenario};
use patchbay_tests::bed::Bed;
use patchbay_tests::ground::{Instance, InstanceOptions, Setting};
use serde_json::Value;

use crate::told::{about, connector, outcome, pushed_entry};

const SHOP: &str = "Nordlys live";
const COPY: &str = "Nordlys copy";

async fn finding(bed: &Bed, name: &str, code: &str) -> bool {
    let checked = bed.ctl(&["--json", "check", name]).await.unwrap().json();
    let findings = about(&checked, name)["findings"]
        .as_array()
        .unwrap()
        .clone();
    findings.iter().any(|one| one["code"] == code)
}

/// The first data space of a type, as words of the command line.
async fn space_of(bed: &Bed, account: &str, kind: &str) -> [String; 2] {
    let listed = bed
        .ctl(&["--json", "registry", "projects", "--account", account])
        .await
        .unwrap()
        .expect(0)
        .json();
    let project = &listed["projects"][0];
    let spaces = project["dataSpaces"].as_array().unwrap();
    let space = spaces.iter().find(|space| space["type"] == kind).unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    [id(project), id(space)]
}

async fn bring(bed: &Bed, label: &str, account: &ReadyAccount) {
    let add = ["account", "add", "--label", label];
    let _ = bed.ctl(&add).await.unwrap().expect(0);
    for (purpose, key) in [
        ("production", &account.production),
        ("sandbox", &account.sandbox),
    ] {
        let name = format!("{label}-{purpose}.pem");
        let file = bed.file(&name, key.private_key.expose()).unwrap();
        let import = [
            "keypair",
            "import",
            "--account",
            label,
            "--for",
            purpose,
            "--name",
            &format!("{label} {purpose}"),
            "--api-key",
            &key.api_key,
            "--private-key",
            &file,
        ];
        let _ = bed.ctl(&import).await.unwrap().expect(0);
    }
}

/// The catalogue is due, sent feed by feed, and then due no more.
async fn send_the_catalogue(bed: &Bed, shop: &Instance, space: &str) {
    assert!(finding(bed, SHOP, "resyncDue").await);
    let some = ["--json", "resync", SHOP, "--feed", "prices"];
    let some = bed.ctl(&some).await.unwrap().expect(0).json();
    assert_eq!(some["due"].as_array().unwrap().len(), 2, "{some}");
    let _ = bed.ctl(&["resync", SHOP]).await.unwrap().expect(0);
    assert!(!finding(bed, SHOP, "resyncDue").await);
    let log = std::fs::read_to_string(shop.root.join("var/log/resync.log")).unwrap();
    assert_eq!(log.lines().count(), 4);
    assert!(log.lines().all(|line| line.ends_with(space)), "{log}");
}

/// Somebody imports the database of before.
async fn import(shop: &Instance, before: &[patchbay_tests::ground::ConfigRow]) {
    let table = shop.table("core_config_data");
    for row in before {
        let value = row.value.as_deref().unwrap_or_default();
        let statement = format!(
            "UPDATE {table} SET value = '{value}' WHERE path = '{}'",
            row.path
        );
        let _ = shop.sql(&statement).await.unwrap();
    }
    shop.clean_cache();
}

#[tokio::test]
async fn a_live_shop_moves_to_another_mage_id_is_repaired_and_sends_its_catalogue_again() {
    let mut bed = Bed::start().await.unwrap();
    let situation = bed.simulator.play(Scenario::ThreeMerchants).unwrap();
    let mut accounts = situation.accounts.into_iter();
    bed.account = accounts.next().unwrap();
    bed.bring_keys().await.unwrap();
    bring(&bed, "Fjord", &accounts.next().unwrap()).await;
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.add(SHOP, "live", &shop).await.unwrap();
    bed.assign(SHOP, "Production", 0).await.unwrap();
    let _ = bed.ctl(&["push", SHOP, "--yes"]).await.unwrap().expect(0);
    let before = connector(shop.rows().await.unwrap());

    let [project, space] = space_of(&bed, "Fjord", "Production").await;
    let relocate = [
        "--json",
        "move",
        SHOP,
        "--sandbox",
        "Fjord sandbox",
        "--production",
        "Fjord production",
        "--project",
        &project,
        "--data-space",
        &space,
    ];
    let with = |more: &[&'static str]| [&relocate[..], more].concat();
    let silent = bed.ctl(&relocate).await.unwrap().expect(2).json();
    assert_eq!(silent["error"]["code"], "needsYes");
    let wrong = bed.ctl(&with(&["--yes", "--confirm", "Nordlys"])).await;
    let wrong = wrong.unwrap().expect(3).json();
    assert_eq!(outcome(&wrong, SHOP), "blocked");
    assert_eq!(connector(shop.rows().await.unwrap()), before);
    let moved = bed.ctl(&with(&["--confirm", SHOP])).await;
    let moved = moved.unwrap().expect(0).json();
    assert_eq!(outcome(&moved, SHOP), "pushed");
    let after = connector(shop.rows().await.unwrap());
    let id = "services_connector/services_id/environment_id";
    let holds = shop.row(id).await.unwrap();
    assert_eq!(holds.as_deref(), Some(space.as_str()));

    send_the_catalogue(&bed, &shop, &space).await;
    import(&shop, &before).await;
    let plain = ["--json", "push", SHOP, "--yes", "--confirm", SHOP];
    let refused = bed.ctl(&plain).await.unwrap().expect(3).json();
    assert_eq!(about(&refused, SHOP)["guards"][0]["id"], "G1");
    let repair = ["--json", "repair", SHOP, "--yes", "--confirm", SHOP];
    let repaired = bed.ctl(&repair).await.unwrap().expect(0).json();
    assert_eq!(outcome(&repaired, SHOP), "pushed");
    let now = connector(shop.rows().await.unwrap());
    let plain = |rows: &[patchbay_tests::ground::ConfigRow]| -> Vec<Option<String>> {
        let saas = rows.iter().filter(|row| row.path.contains("services_id/"));
        saas.map(|row| row.value.clone()).collect()
    };
    assert_eq!(plain(&now), plain(&after));
    let checked = bed.ctl(&["--json", "check", SHOP]).await.unwrap().expect(0);
    assert_eq!(about(&checked.json(), SHOP)["state"], "connected");
}

async fn copy(bed: &Bed) -> Instance {
    let method = Setting::plain("payment/payment_methods/method", "production");
    let merchant = Setting::plain("payment/payment_methods/production_merchant_id", "M-1");
    bed.instance(InstanceOptions {
        settings: vec![
            method.clone(),
            method.for_website(1),
            merchant.for_website(1),
        ],
        record_stdin: true,
        ..Default::default()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_copy_is_disconnected_with_its_payments_and_brought_back_byte_for_byte() {
    let bed = Bed::start().await.unwrap();
    let instance = copy(&bed).await;
    bed.bring_keys().await.unwrap();
    bed.add(COPY, "staging", &instance).await.unwrap();
    let answer = ["instance", "answer", COPY, "not-live"];
    let _ = bed.ctl(&answer).await.unwrap().expect(0);

    // Blocked, or not confirmed: nothing beyond the program and its request is ever sent.
    bed.assign(COPY, "Production", 0).await.unwrap();
    for (arguments, guard) in [
        (
            vec!["--json", "push", COPY, "--yes", "--confirm", COPY],
            "G4",
        ),
        (
            vec!["--json", "push", COPY, "--yes", "--only", "keys"],
            "G11",
        ),
        (
            vec!["--json", "push", COPY, "--yes", "--only", "data-space"],
            "G2",
        ),
    ] {
        let refused = bed.ctl(&arguments).await.unwrap().expect(3).json();
        let guards = about(&refused, COPY)["guards"].as_array().unwrap();
        assert!(guards.iter().any(|said| said["id"] == guard), "{refused}");
    }
    let sent = String::from_utf8_lossy(&instance.recorded_stdin()).into_owned();
    assert!(!sent.is_empty() && !sent.lines().any(|line| line.starts_with("go ")));
    bed.assign(COPY, "Testing", 0).await.unwrap();
    let push = ["push", COPY, "--yes", "--confirm", COPY];
    let _ = bed.ctl(&push).await.unwrap().expect(0);
    let sent = String::from_utf8_lossy(&instance.recorded_stdin()).into_owned();
    assert!(
        sent.lines().any(|line| line.starts_with("go ")),
        "the control"
    );

    instance.age_rows().await.unwrap();
    let before = instance.rows().await.unwrap();
    let detach = ["--json", "detach", COPY, "--yes", "--confirm", COPY];
    let gone = bed.ctl(&detach).await.unwrap().expect(0).json();
    let changes = about(&gone, COPY)["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 12, "nine values and three payments rows");
    let scopes = changes.iter().filter(|change| change["scope"].is_string());
    assert_eq!(scopes.count(), 3);
    let rows = instance.rows().await.unwrap();
    assert!(connector(rows.clone()).is_empty());
    assert!(
        rows.iter()
            .all(|row| !row.path.starts_with("payment/payment_methods/"))
    );

    let entry = pushed_entry(&gone, COPY);
    let undo = ["--json", "undo", &entry, "--yes", "--confirm", COPY];
    let back = bed.ctl(&undo).await.unwrap().expect(0).json();
    assert_eq!(outcome(&back, COPY), "pushed");
    assert_eq!(instance.rows().await.unwrap(), before);
}
