//! What the registry tells, and changes, for the caller's MageID and nobody else's.

use crate::support::{all_well, get, read, signed};
use patchbay_simulator::{Config, Fault, Gateway, Rule, Scenario, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

const GUARANTEED: [&str; 5] = [
    "projectId",
    "projectName",
    "environmentId",
    "environmentName",
    "environmentType",
];

#[tokio::test]
async fn the_list_has_one_row_per_data_space_at_both_gateways() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let (status, body) = get(
        &simulator.urls().production,
        "registry",
        &account.production,
    )
    .await;
    assert_eq!(status, 200);
    let rows = body["results"].as_array().unwrap();
    let types: Vec<_> = rows
        .iter()
        .map(|row| row["environmentType"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["Production", "Testing", "Testing"]);
    for row in rows {
        assert!(GUARANTEED.iter().all(|name| row[name].is_string()));
        assert_eq!(row["mageId"], account.mage_id.as_str());
        assert_eq!(row["entitlementAuthority"], "MAGENTO");
        assert!(
            row.get("featureSet").is_none(),
            "the richer fields belong to the single object"
        );
    }
    assert_eq!(
        get(&simulator.urls().sandbox, "registry", &account.sandbox)
            .await
            .1,
        body
    );
}

#[tokio::test]
async fn projects_and_data_spaces_are_found_one_by_one() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let gateway = &simulator.urls().production;
    let project = &account.projects[0];
    let (_, body) = get(
        gateway,
        &format!("registry/projects/{}", project.id),
        &account.production,
    )
    .await;
    assert_eq!(body["results"].as_array().unwrap().len(), 3);
    let unknown = "registry/projects/00000000-0000-4000-8000-000000000000";
    assert_eq!(
        get(gateway, unknown, &account.production).await,
        (200, json!({"results": []}))
    );
    let path = format!("registry/environments/{}", project.data_spaces[1].id);
    let (status, space) = get(gateway, &path, &account.production).await;
    assert_eq!(
        (status, &space["environmentName"]),
        (200, &json!("Testing 1"))
    );
    for name in [
        "featureSet",
        "cloudId",
        "subscriptionEndDate",
        "accountSyncStatus",
        "createdAt",
        "updatedAt",
        "hipaa",
    ] {
        assert!(space.get(name).is_some(), "{name}");
    }
    let unknown = "registry/environments/00000000-0000-4000-8000-000000000000";
    let (status, body) = get(gateway, unknown, &account.production).await;
    assert_eq!(
        (status, &body["status"], &body["statusText"]),
        (404, &json!(404), &json!("Not Found"))
    );
    assert_eq!(body["message"], "Merchant registry not found");
    assert!(body["requestId"].is_string());
}

#[tokio::test]
async fn nobody_sees_or_changes_what_belongs_to_another_account() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let situation = simulator.play(Scenario::ThreeMerchants).unwrap();
    let [first, second, third] = &situation.accounts[..] else {
        panic!("three accounts")
    };
    let gateway = &simulator.urls().production;
    let theirs = &second.projects[0];
    let path = format!("registry/projects/{}", theirs.id);
    assert_eq!(
        get(gateway, &path, &first.production).await.1,
        json!({"results": []})
    );
    let path = format!("registry/environments/{}", theirs.data_spaces[0].id);
    assert_eq!(get(gateway, &path, &first.production).await.0, 404);
    let rename = signed(Method::PATCH, gateway, &path, &first.production)
        .body(r#"{"environmentName":"Mine"}"#);
    assert_eq!(read(rename.send().await.unwrap()).await.0, 404);
    let put = signed(
        Method::PUT,
        gateway,
        &format!("{path}/cloudid/abc"),
        &first.production,
    );
    assert_eq!(read(put.send().await.unwrap()).await.0, 404);
    let still = simulator.world(|world| world.account(&second.mage_id).unwrap().projects.clone());
    assert_eq!(still, second.projects);
    let (_, body) = get(gateway, "registry", &third.production).await;
    assert_eq!(
        body["results"].as_array().unwrap().len(),
        1,
        "Open Source: one data space"
    );
}

#[tokio::test]
async fn initialize_creates_a_project_with_the_data_spaces_of_the_licence() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let account = simulator
        .play(Scenario::EmptyAccount)
        .unwrap()
        .accounts
        .remove(0);
    let gateway = &simulator.urls().production;
    assert_eq!(
        get(gateway, "registry", &account.production).await,
        (200, json!({"results": []}))
    );
    let create = signed(
        Method::POST,
        gateway,
        "registry/initialize",
        &account.production,
    );
    let (status, body) = read(
        create
            .body(r#"{"projectName":" Shop "}"#)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        (status, &body["status"]),
        (200, &json!(200)),
        "a success may carry its status"
    );
    let rows = body["results"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["projectName"] == "Shop"));
    assert_eq!(
        get(gateway, "registry", &account.production).await.1["results"],
        body["results"]
    );
}

#[tokio::test]
async fn malformed_bodies_are_refused_in_the_registrys_form() {
    let (simulator, situation) = all_well();
    let key = &situation.accounts[0].production;
    let gateway = &simulator.urls().production;
    let long = json!({"projectName": "x".repeat(256)}).to_string();
    for body in [
        "",
        "{",
        "[]",
        r#"{"projectName":7}"#,
        r#"{"projectName":"  "}"#,
        r#"{"projectName":"a\nb"}"#,
        &long,
    ] {
        let create =
            signed(Method::POST, gateway, "registry/initialize", key).body(body.to_owned());
        let (status, answer) = read(create.send().await.unwrap()).await;
        assert_eq!((status, &answer["status"]), (400, &json!(400)), "{body}");
        assert!(answer["message"].is_string());
    }
    let (status, answer) = get(gateway, "no/such/thing", key).await;
    assert_eq!((status, &answer["statusText"]), (404, &json!("Not Found")));
    let wrong = signed(Method::DELETE, gateway, "registry", key)
        .send()
        .await
        .unwrap();
    assert_eq!(read(wrong).await.0, 405);
}

#[tokio::test]
async fn names_and_cloud_ids_can_be_changed() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let gateway = &simulator.urls().production;
    let project = &account.projects[0];
    let path = format!("registry/projects/{}", project.id);
    let rename = signed(Method::PATCH, gateway, &path, &account.production)
        .body(r#"{"projectName":"Renamed"}"#);
    assert_eq!(
        read(rename.send().await.unwrap()).await.1["projectName"],
        "Renamed"
    );
    let path = format!("registry/environments/{}", project.data_spaces[2].id);
    let rename = signed(Method::PATCH, gateway, &path, &account.production)
        .body(r#"{"environmentName":"Staging"}"#);
    assert_eq!(
        read(rename.send().await.unwrap()).await.1["environmentName"],
        "Staging"
    );
    let put = signed(
        Method::PUT,
        gateway,
        &format!("{path}/cloudid/k3xample_id"),
        &account.production,
    );
    assert_eq!(read(put.send().await.unwrap()).await.0, 200);
    let space = get(gateway, &path, &account.production).await.1;
    assert_eq!(space["cloudId"], "k3xample_id");
    assert_eq!(
        (&space["projectName"], &space["environmentName"]),
        (&json!("Renamed"), &json!("Staging"))
    );
    let odd = signed(
        Method::PUT,
        gateway,
        &format!("{path}/cloudid/a%2F..%2Fb"),
        &account.production,
    );
    assert_eq!(read(odd.send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn mage_id_can_be_left_out_everywhere() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let rule = Rule::always(Fault::WithoutMageId).at(Gateway::Production);
    simulator.misbehave(rule).unwrap();
    let gateway = &simulator.urls().production;
    let space = format!(
        "registry/environments/{}",
        account.projects[0].data_spaces[0].id
    );
    for path in ["registry", &space] {
        let (status, body) = get(gateway, path, &account.production).await;
        assert_eq!(status, 200);
        assert!(!body.to_string().contains("mageId"), "{path}");
    }
    let row: Value = get(&simulator.urls().sandbox, &space, &account.sandbox)
        .await
        .1;
    assert_eq!(
        row["mageId"],
        account.mage_id.as_str(),
        "the other gateway says it"
    );
}
