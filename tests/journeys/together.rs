//! Two pushes to one instance at once: one writes, the other says so; and what the journal tells of
//! it afterwards, to whom it is asked.

use patchbay_tests::bed::{Bed, finished};
use patchbay_tests::ground::{Instance, InstanceOptions};
use serde_json::Value;

use crate::kills::lines;
use crate::steps::until;
use crate::told::{about, connector, outcome};

const PUSH: [&str; 4] = ["--json", "push", "Shop", "--yes"];

async fn shop(bed: &Bed) -> Instance {
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    shop
}

async fn rows(shop: &Instance) -> usize {
    connector(shop.rows().await.unwrap()).len()
}

#[tokio::test]
async fn the_second_of_two_on_one_computer_says_that_the_first_is_at_work() {
    let bed = Bed::start().await.unwrap();
    let shop = shop(&bed).await;
    shop.hold("commit").unwrap();
    let first = bed.spawn(&PUSH).unwrap();
    until("commit", || shop.is_held()).await;

    let second = bed.ctl(&PUSH).await.unwrap().expect(1).json();
    assert_eq!(outcome(&second, "Shop"), "failed");
    assert_eq!(about(&second, "Shop")["error"]["code"], "busy");
    // Any other start meanwhile leaves the entry of the living one alone.
    let other = bed.ctl(&["--json", "settings", "list"]).await.unwrap();
    let _ = other.expect(0);
    let push = lines(&bed).await;
    let begun = push.iter().find(|line| line["phase"] == "begun").unwrap();
    let same = |line: &&Value| line["entry"] == begun["entry"];
    assert_eq!(
        push.iter().filter(same).count(),
        1,
        "nobody ended it: {push:?}"
    );
    assert_eq!(rows(&shop).await, 0, "and nothing is written yet");

    assert!(shop.let_on());
    let first = finished(first).await.unwrap().expect(0).json();
    assert_eq!(outcome(&first, "Shop"), "pushed");
    assert_eq!(rows(&shop).await, 9);
    asked_for_parts_of_the_journal(&bed, &shop).await;
}

/// The journal has a push that wrote and one that was refused.
async fn asked_for_parts_of_the_journal(bed: &Bed, shop: &Instance) {
    let ask = async |rest: &[&str]| {
        let arguments = [&["--json", "journal", "list"], rest].concat();
        let told = bed.ctl(&arguments).await.unwrap().expect(0).json();
        told["lines"].as_array().unwrap().clone()
    };
    assert_eq!(ask(&[]).await.len(), 3);
    let wrote = ask(&["--outcome", "pushed"]).await;
    assert_eq!(wrote.len(), 2, "its beginning and its end: {wrote:?}");
    assert_eq!(wrote[0]["account"], "Nordlys");
    assert_eq!(ask(&["--outcome", "failed"]).await.len(), 1);
    let all = [
        "--instance",
        "Shop",
        "--account",
        "Nordlys",
        "--person",
        "mei",
    ];
    assert_eq!(ask(&all).await.len(), 3);
    assert_eq!(ask(&["--person", "ola"]).await.len(), 0);
    assert_eq!(ask(&["--since", "2099-01-01"]).await.len(), 0);
    assert_eq!(ask(&["--until", "2020-01-01"]).await.len(), 0);
    let nobody = ["--json", "journal", "list", "--account", "Fjord"];
    let refused = bed.ctl(&nobody).await.unwrap().expect(1).json();
    assert_eq!(refused["error"]["code"], "noSuch");

    // "mei" is who pushed; the failure's text stays here as well.
    let export = [
        "journal",
        "export",
        "--format",
        "csv",
        "--outcome",
        "failed",
    ];
    let reduced = bed.ctl(&export).await.unwrap().expect(0).stdout;
    let full = [&export[..], &["--full"]].concat();
    let full = bed.ctl(&full).await.unwrap().expect(0).stdout;
    assert_eq!(reduced.lines().count(), 2, "{reduced}");
    let root = shop.root.display().to_string();
    for private in ["mei", "at work", &root, &shop.ssh.user] {
        assert!(!reduced.contains(private), "{private}: {reduced}");
    }
    assert!(
        full.contains(",mei") && full.len() > reduced.len(),
        "{full}"
    );
}

#[tokio::test]
async fn the_second_of_two_on_two_computers_waits_and_finds_it_done() {
    let bed = Bed::start().await.unwrap();
    let shop = shop(&bed).await;
    // The same records elsewhere: nothing but the instance's own lock stands between the two.
    let other = bed.folder().join("elsewhere");
    let mut copy = tokio::process::Command::new("cp");
    copy.arg("-a").arg(bed.data()).arg(&other);
    assert!(copy.status().await.unwrap().success());

    shop.hold("commit").unwrap();
    let first = bed.spawn(&PUSH).unwrap();
    until("commit", || shop.is_held()).await;
    let mut second = bed.command(&PUSH);
    second.env("PATCHBAY_DATA_DIR", &other);
    let second = second.spawn().unwrap();
    // It comes as far as the lock and waits there.
    let waits =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT GET_LOCK%'";
    let begun = std::time::Instant::now();
    while shop.sql(waits).await.unwrap().trim() != "1" {
        assert!(begun.elapsed().as_secs() < 60, "it never came to the lock");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(rows(&shop).await, 0);
    assert!(shop.let_on());
    let first = finished(first).await.unwrap().expect(0).json();
    assert_eq!(outcome(&first, "Shop"), "pushed");
    let second = finished(second).await.unwrap().expect(0).json();
    // The lock is free as soon as the first has committed, and its caches are cleaned after that:
    // who comes between the two sees the rows, but still the old effective values, and writes the
    // same rows once more. Nothing else may happen.
    let second = outcome(&second, "Shop").to_owned();
    assert!(
        ["unchanged", "pushed"].contains(&second.as_str()),
        "{second}"
    );
    assert_eq!(rows(&shop).await, 9);
}
