//! The portal's JSON interface.

use patchbay_simulator::{Door, Fault, Role, Rule, Simulator, Situation, World};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{all_well, client, get, read};

/// A request to the portal with the owner's sign-in.
fn portal(
    simulator: &Simulator,
    situation: &Situation,
    method: Method,
    path: &str,
) -> RequestBuilder {
    let url = format!("{}portal/api/{path}", simulator.urls().portal);
    client()
        .request(method, url)
        .bearer_auth(&situation.accounts[0].sign_in)
}

#[tokio::test]
async fn a_created_key_comes_once_and_works_at_its_gateway() {
    let (simulator, situation) = all_well();
    let body = r#"{"for":"sandbox","name":" Laptop "}"#;
    let answer = portal(&simulator, &situation, Method::POST, "keys")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let (status, made) = read(answer).await;
    assert_eq!(
        (status, &made["name"], &made["for"]),
        (201, &json!("Laptop"), &json!("sandbox"))
    );
    let mut fields: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(
        fields,
        ["apiKey", "createdAt", "for", "id", "name", "privateKey"]
    );
    let mut key = situation.accounts[0].sandbox.clone();
    let signer =
        jsonwebtoken::EncodingKey::from_rsa_pem(made["privateKey"].as_str().unwrap().as_bytes())
            .unwrap();
    let claims = {
        let mut claims = patchbay_simulator::token::constant_claims();
        claims.insert("exp".into(), json!(crate::support::now() + 300));
        claims
    };
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let token = jsonwebtoken::encode(&header, &claims, &signer).unwrap();
    key.api_key = made["apiKey"].as_str().unwrap().to_owned();
    let ping = client().get(format!(
        "{}merchant-registry/v1/ping",
        simulator.urls().sandbox
    ));
    let ping = ping
        .header("x-api-key", &key.api_key)
        .header("magento-api-key", &key.api_key);
    assert_eq!(
        ping.header("x-gw-signature", token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let (_, list) = read(
        portal(&simulator, &situation, Method::GET, "keys")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(list["keys"].as_array().unwrap().len(), 3);
    assert!(
        !list.to_string().contains("PRIVATE"),
        "shown only in the answer that made it"
    );
    let stored = simulator.world(|world: &mut World| world.to_json().to_string());
    assert!(!stored.contains("PRIVATE"));
}

#[tokio::test]
async fn an_answer_lost_after_creation_leaves_a_key_whose_private_half_nobody_has() {
    let (simulator, situation) = all_well();
    simulator
        .misbehave(Rule::once(Fault::AnswerLost).at(Door::Portal).with("POST"))
        .unwrap();
    let body = r#"{"for":"production","name":"Lost"}"#;
    let lost = portal(&simulator, &situation, Method::POST, "keys")
        .body(body)
        .send()
        .await;
    assert!(lost.unwrap_err().status().is_none());
    let (_, list) = read(
        portal(&simulator, &situation, Method::GET, "keys")
            .send()
            .await
            .unwrap(),
    )
    .await;
    let found = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "Lost")
        .unwrap()
        .clone();
    let delete = portal(
        &simulator,
        &situation,
        Method::DELETE,
        &format!("keys/{}", found["id"].as_str().unwrap()),
    );
    assert_eq!(delete.send().await.unwrap().status(), 204);
    let (_, list) = read(
        portal(&simulator, &situation, Method::GET, "keys")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(list["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn deleting_a_key_at_the_portal_ends_it_at_the_gateway() {
    let (simulator, situation) = all_well();
    let key = &situation.accounts[0].production;
    let path = format!("keys/{}", key.id);
    assert_eq!(
        portal(&simulator, &situation, Method::DELETE, &path)
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(get(&simulator.urls().production, "ping", key).await.0, 403);
    let (status, body) = read(
        portal(&simulator, &situation, Method::DELETE, &path)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("notFound")));
}

#[tokio::test]
async fn only_the_owner_in_good_standing_creates_keys() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let guest = simulator
        .world(|world| world.add_sign_in(&account.mage_id, Role::SharedAccess))
        .unwrap();
    let url = format!("{}portal/api/keys", simulator.urls().portal);
    let body = r#"{"for":"sandbox","name":"x"}"#;
    let code = |answer: (u16, Value)| {
        (
            answer.0,
            answer.1["error"]["code"].as_str().unwrap().to_owned(),
        )
    };
    let stranger = client()
        .post(&url)
        .bearer_auth("nobody")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.headers()["www-authenticate"], "Bearer");
    assert_eq!(code(read(stranger).await), (401, "signInRequired".into()));
    let none = client().get(&url).send().await.unwrap();
    assert_eq!(code(read(none).await), (401, "signInRequired".into()));
    let shared = client()
        .post(&url)
        .bearer_auth(&guest.token)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(code(read(shared).await), (403, "notLicenceOwner".into()));
    let looks = client()
        .get(&url)
        .bearer_auth(&guest.token)
        .send()
        .await
        .unwrap();
    assert_eq!(looks.status(), 200, "shared access may look");
    simulator
        .world(|world| world.suspend(&account.mage_id, true))
        .unwrap();
    let owner = client()
        .post(&url)
        .bearer_auth(&account.sign_in)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(code(read(owner).await), (403, "accountSuspended".into()));
}

#[tokio::test]
async fn the_portal_takes_only_what_it_knows() {
    let (simulator, situation) = all_well();
    let long = json!({"for": "sandbox", "name": "x".repeat(65)}).to_string();
    let huge = json!({"for": "sandbox", "name": "x".repeat(10_000)}).to_string();
    for (body, expected) in [
        ("", 400),
        (r#"{"for":"sandbox"}"#, 400),
        (r#"{"for":"live","name":"x"}"#, 400),
        (r#"{"for":"sandbox","name":""}"#, 400),
        (r#"{"for":"sandbox","name":"a\u0000"}"#, 400),
        (r#"{"for":"sandbox","name":"x","extra":1}"#, 400),
        (&long, 400),
        (&huge, 413),
    ] {
        let request = portal(&simulator, &situation, Method::POST, "keys").body(body.to_owned());
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(status, expected, "{answer}");
        assert!(answer["error"]["message"].is_string());
    }
    let (_, list) = read(
        portal(&simulator, &situation, Method::GET, "keys")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(list["keys"].as_array().unwrap().len(), 2, "none was made");
    let (_, account) = read(
        portal(&simulator, &situation, Method::GET, "account")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        account,
        json!({"mageId": situation.accounts[0].mage_id, "organisation": "Harbour Tea"})
    );
}
