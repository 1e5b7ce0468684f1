//! A key pair made at a portal that offers an API, from the first click to a connected instance,
//! and what is told where the portal's answer never came.

use patchbay_simulator::{Door, Fault, Rule};
use patchbay_tests::bed::{Bed, Run};
use patchbay_tests::ground::InstanceOptions;

use crate::told::about;

async fn generate(bed: &Bed, purpose: &str, name: &str) -> Run {
    let portal = bed.simulator.urls().portal.clone();
    let what = ["--json", "keypair", "generate", "--account", "Nordlys"];
    let rest = ["--for", purpose, "--name", name, "--portal", &portal];
    let sign_in = ["--sign-in-file", "-"];
    bed.ctl_reading(
        &[&what[..], &rest, &sign_in].concat(),
        format!("{}\n", bed.account.sign_in).as_bytes(),
    )
    .await
    .unwrap()
}

async fn listed(bed: &Bed, name: &str) -> serde_json::Value {
    let list = bed.ctl(&["--json", "keypair", "list"]).await.unwrap();
    let list = list.expect(0).json();
    let pairs = list["keypairs"].as_array().unwrap();
    let found = pairs.iter().find(|pair| pair["name"] == name);
    found.cloned().unwrap_or_default()
}

#[tokio::test]
async fn generated_pairs_connect_an_instance_and_keep_their_one_export() {
    let bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    let account = ["account", "add", "--label", "Nordlys"];
    let _ = bed.ctl(&account).await.unwrap().expect(0);
    for purpose in ["production", "sandbox"] {
        let name = format!("{purpose} key");
        let made = generate(&bed, purpose, &name).await.expect(0).json();
        assert_eq!(made["verification"]["answer"], "accepted", "{made}");
        let pair = listed(&bed, &name).await;
        assert_eq!(
            (&pair["state"], &pair["export"]),
            (&"ready".into(), &"unused".into())
        );
    }
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    let _ = bed.ctl(&["push", "Shop", "--yes"]).await.unwrap().expect(0);
    let checked = bed.ctl(&["--json", "check", "Shop"]).await.unwrap();
    assert_eq!(
        about(&checked.expect(0).json(), "Shop")["state"],
        "connected"
    );
}

#[tokio::test]
async fn a_key_whose_answer_was_lost_is_listed_as_lost() {
    let bed = Bed::start().await.unwrap();
    let account = ["account", "add", "--label", "Nordlys"];
    let _ = bed.ctl(&account).await.unwrap().expect(0);
    bed.simulator
        .misbehave(Rule::always(Fault::AnswerLost).at(Door::Portal))
        .unwrap();
    let lost = generate(&bed, "production", "Lost").await.expect(1).json();
    assert!(
        lost["error"]["next"]
            .as_str()
            .is_some_and(|next| !next.is_empty()),
        "{lost}"
    );
    assert_eq!(listed(&bed, "Lost").await["state"], "lostOnTheWay");
    bed.simulator.faults(|faults| faults.clear_all());
    bed.simulator
        .misbehave(Rule::always(Fault::Status { status: 403 }).at(Door::Portal))
        .unwrap();
    let refused = generate(&bed, "production", "Refused")
        .await
        .expect(1)
        .json();
    assert!(refused["error"]["code"].is_string(), "{refused}");
    assert!(
        listed(&bed, "Refused").await.is_null(),
        "nothing was created, so nothing is listed"
    );
}
