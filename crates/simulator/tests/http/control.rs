//! The control interface.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_simulator::account::ReadyKey;
use patchbay_simulator::token::make_pair;
use patchbay_simulator::{Config, Gateway, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{all_well, client, get, read};

/// Control requests with this run's token; each gives status and body.
struct Control<'a>(&'a Simulator);

impl Control<'_> {
    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, String::new()).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, body.to_string()).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PUT, path, body.to_string()).await
    }

    async fn delete(&self, path: &str) -> u16 {
        self.ask(Method::DELETE, path, String::new()).await.0
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> (u16, Value) {
        let url = format!("{}{path}", self.0.urls().control);
        let request = client()
            .request(method, url)
            .bearer_auth(self.0.control_token());
        read(request.body(body).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn control_needs_this_runs_token() {
    let (simulator, situation) = all_well();
    for token in ["", "wrong", situation.accounts[0].sign_in.as_str()] {
        let url = format!("{}state", simulator.urls().control);
        let answer = client().get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(Control(&simulator).get("state").await.0, 200);
    assert!(
        simulator.visits().is_empty(),
        "control requests are not in the log"
    );
}

#[tokio::test]
async fn an_account_can_be_built() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let control = Control(&simulator);
    let new =
        json!({"mageId": "MAG000000042", "organisation": "Harbour Tea", "licence": "openSource"});
    let (status, account) = control.post("accounts", new.clone()).await;
    assert_eq!((status, &account["mageId"]), (201, &json!("MAG000000042")));
    assert_eq!(control.post("accounts", new).await.0, 409, "taken");
    let (status, guest) = control
        .post(
            "accounts/MAG000000042/sign-ins",
            json!({"role": "sharedAccess"}),
        )
        .await;
    assert_eq!((status, &guest["role"]), (201, &json!("sharedAccess")));
    let (status, project) = control
        .post("accounts/MAG000000042/projects", json!({"name": "Shop"}))
        .await;
    assert_eq!(
        (status, project["dataSpaces"].as_array().unwrap().len()),
        (201, 1),
        "the licence's one"
    );
    let path = format!("projects/{}/data-spaces", project["id"].as_str().unwrap());
    let (status, space) = control
        .post(&path, json!({"name": "Extra", "type": "Testing"}))
        .await;
    assert_eq!((status, &space["type"]), (201, &json!("Testing")));
    let (_, account) = control.get("accounts/MAG000000042").await;
    assert_eq!(
        account["projects"][0]["dataSpaces"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let remove = format!("data-spaces/{}", space["id"].as_str().unwrap());
    assert_eq!(control.delete(&remove).await, 204);
    assert_eq!(control.delete(&remove).await, 404);
    let (_, all) = control.get("accounts").await;
    assert_eq!(
        all["accounts"][0]["projects"][0]["dataSpaces"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_key_of_ones_own_is_registered_suspended_and_revoked() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let control = Control(&simulator);
    control
        .post("accounts", json!({"mageId": "MAG000000042"}))
        .await;
    let pair = make_pair().unwrap();
    let api_key = "0123456789abcdef0123456789abcdef";
    let public = STANDARD.encode(&pair.public_key);
    let key = json!({"for": "production", "name": "Mine", "apiKey": api_key, "publicKey": public});
    let (status, made) = control
        .post("accounts/MAG000000042/keys", key.clone())
        .await;
    assert_eq!((status, &made["apiKey"]), (201, &json!(api_key)));
    assert!(made.get("privateKey").is_none());
    assert_eq!(
        control.post("accounts/MAG000000042/keys", key).await.0,
        409,
        "taken"
    );
    let nothing = String::new;
    let (id, name, created_at) = (nothing(), nothing(), nothing());
    let (gateway, private_key) = (Gateway::Production, pair.private_key);
    let ready = ReadyKey {
        id,
        name,
        gateway,
        api_key: api_key.into(),
        private_key,
        created_at,
    };
    let url = &simulator.urls().production;
    assert_eq!(
        get(url, "registry", &ready).await,
        (200, json!({"results": []}))
    );
    let change = |suspended: bool| json!({"suspended": suspended}).to_string();
    control
        .ask(Method::PATCH, "accounts/MAG000000042", change(true))
        .await;
    assert_eq!(get(url, "ping", &ready).await.0, 403);
    control
        .ask(Method::PATCH, "accounts/MAG000000042", change(false))
        .await;
    assert_eq!(get(url, "ping", &ready).await.0, 200);
    assert_eq!(control.delete(&format!("keys/{api_key}")).await, 204);
    assert_eq!(
        get(url, "ping", &ready).await.1["error"]["message"],
        "Client ID is invalid"
    );
}

#[tokio::test]
async fn a_key_can_be_made_here_and_is_handed_over_once() {
    let (simulator, situation) = all_well();
    let control = Control(&simulator);
    let path = format!("accounts/{}/keys", situation.accounts[0].mage_id);
    let (status, made) = control
        .post(&path, json!({"for": "sandbox", "name": "Made"}))
        .await;
    assert_eq!(status, 201);
    assert!(
        made["privateKey"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    assert!(!control.get("state").await.1.to_string().contains("PRIVATE"));
    let orphan =
        json!({"for": "sandbox", "name": "x", "apiKey": "0123456789abcdef0123456789abcdef"});
    assert_eq!(
        control.post(&path, orphan).await.0,
        400,
        "an API key needs its public half"
    );
}

#[tokio::test]
async fn faults_are_set_listed_and_ended() {
    let (simulator, situation) = all_well();
    let control = Control(&simulator);
    let key = &situation.accounts[0].production;
    let gateway = simulator.urls().production.clone();
    let fault = json!({"kind": "status", "status": 502});
    let rule = json!({"door": "production", "path": "/merchant-registry/v1/ping", "fault": fault});
    let (status, made) = control.post("faults", rule.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(get(&gateway, "ping", key).await.0, 502);
    assert_eq!(
        control.get("faults").await.1["faults"][0]["rule"]["fault"],
        fault
    );
    let path = format!("faults/{}", made["id"]);
    assert_eq!(
        (control.delete(&path).await, control.delete(&path).await),
        (204, 404)
    );
    assert_eq!(get(&gateway, "ping", key).await.0, 200);
    control.post("faults", rule).await;
    assert_eq!(control.delete("faults").await, 204);
    assert_eq!(get(&gateway, "ping", key).await.0, 200);
}

#[tokio::test]
async fn clocks_are_set_and_the_log_is_read() {
    let (simulator, situation) = all_well();
    let control = Control(&simulator);
    let key = &situation.accounts[0].production;
    let gateway = simulator.urls().production.clone();
    assert_eq!(get(&gateway, "ping", key).await.0, 200);
    assert_eq!(
        control
            .put("clocks/production", json!({"expSeconds": 600}))
            .await
            .0,
        204
    );
    assert_eq!(
        control.get("clocks").await.1["production"]["expSeconds"],
        600
    );
    assert_eq!(get(&gateway, "ping", key).await.0, 401);
    assert_eq!(control.put("clocks/nowhere", json!({})).await.0, 400);
    let (_, log) = control.get("requests").await;
    let seen = log["requests"].as_array().unwrap().iter();
    let seen: Vec<_> = seen
        .map(|visit| (visit["status"].as_u64(), visit["signature"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [(Some(200), Some("valid")), (Some(401), Some("invalid"))]
    );
    assert!((1..=2).contains(&log["distinctTokens"].as_u64().unwrap()));
    assert_eq!(control.delete("requests").await, 204);
    assert_eq!(
        control.get("requests").await.1,
        json!({"requests": [], "distinctTokens": 0})
    );
}

#[tokio::test]
async fn a_scenario_hands_over_its_keys() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let control = Control(&simulator);
    let (_, names) = control.get("scenarios").await;
    assert!(
        names["scenarios"]
            .as_array()
            .unwrap()
            .contains(&json!("one-locked-out"))
    );
    assert_eq!(control.get("scenario").await.0, 404, "none is played yet");
    let (status, situation) = control.put("scenario", json!({"name": "all-well"})).await;
    assert_eq!(status, 200);
    let private = situation["accounts"][0]["production"]["privateKey"]
        .as_str()
        .unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(control.get("scenario").await.1, situation);
    assert_eq!(
        control.put("scenario", json!({"name": "nonsense"})).await.0,
        400
    );
}

#[tokio::test]
async fn a_body_with_a_mistake_is_refused_without_being_quoted() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let secret = "-----BEGIN PRIVATE KEY-----MIIsecret";
    for (path, body) in [
        ("accounts", json!({"mageId": secret})),
        ("accounts", json!({"unknown": secret})),
        ("faults", json!({"fault": {"kind": secret}})),
        ("accounts/MAG000000001/keys", json!({"for": secret})),
    ] {
        let (status, answer) = Control(&simulator).post(path, body).await;
        assert_eq!(status, 400, "{path}");
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
}
