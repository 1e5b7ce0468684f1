//! Who is let in by the gateways, and in which words the others are refused.

use crate::support::{all_well, client, get, http_date, now, read, sign, signed, token};
use patchbay_simulator::{ClockSkew, Gateway, Signature};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn each_pair_is_accepted_at_its_own_gateway_only() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let urls = simulator.urls();
    assert_eq!(
        get(&urls.production, "ping", &account.production).await.0,
        200
    );
    assert_eq!(get(&urls.sandbox, "ping", &account.sandbox).await.0, 200);
    let unknown = json!({"error": {"code": "Forbidden", "message": "Client ID is invalid",
        "details": {"error_code": "403003"}}});
    assert_eq!(
        get(&urls.sandbox, "ping", &account.production).await,
        (403, unknown.clone())
    );
    assert_eq!(
        get(&urls.production, "ping", &account.sandbox).await,
        (403, unknown)
    );
}

#[tokio::test]
async fn the_bytes_of_client_id_is_invalid_are_those_of_the_facts() {
    let (simulator, situation) = all_well();
    let request = signed(
        Method::GET,
        &simulator.urls().sandbox,
        "ping",
        &situation.accounts[0].production,
    );
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1);
    assert_eq!(
        body["error"]["details"]["error_code"], "403003",
        "a string, not a number"
    );
}

#[tokio::test]
async fn what_is_missing_is_named_in_the_gateways_order() {
    let (simulator, situation) = all_well();
    let key = &situation.accounts[0].production;
    let url = format!("{}merchant-registry/v1/ping", simulator.urls().production);
    let missing = json!({"error": {"code": "Forbidden", "message": "Client ID is missing",
        "details": {"error_code": "403000"}}});
    let bare = client().get(&url).send().await.unwrap();
    assert_eq!(read(bare).await, (403, missing.clone()), "no header at all");
    let one = client()
        .get(&url)
        .header("x-api-key", &key.api_key)
        .header("x-gw-signature", token(key, 300));
    assert_eq!(
        read(one.send().await.unwrap()).await,
        (403, missing),
        "magento-api-key left out"
    );
    let no_token = client()
        .get(&url)
        .header("x-api-key", &key.api_key)
        .header("magento-api-key", &key.api_key);
    let answer = read(no_token.send().await.unwrap()).await;
    assert_eq!(answer, (401, json!({"message": "JWT is required"})));
    let twins = client()
        .get(&url)
        .header("x-api-key", &key.api_key)
        .header("magento-api-key", "other");
    let answer = read(
        twins
            .header("x-gw-signature", token(key, 300))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        answer.1["error"]["message"], "Client ID is invalid",
        "the two headers must agree"
    );
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_invalid_and_the_log_says_why() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let key = &account.production;
    let mut extra = patchbay_simulator::token::constant_claims();
    extra.insert("exp".into(), json!(now() + 300));
    extra.insert("nbf".into(), json!(now()));
    let tokens = [
        (token(&account.sandbox, 300), "does not match"),
        (token(key, -1), "expired"),
        (token(key, 3_600), "too far ahead"),
        (sign(key, &extra), "beyond the recipe"),
        ("not.a.token".to_owned(), "header"),
    ];
    for (token, why) in tokens {
        simulator.forget_visits();
        let url = format!(
            "{}merchant-registry/v1/registry",
            simulator.urls().production
        );
        let request = client()
            .get(url)
            .header("x-api-key", &key.api_key)
            .header("magento-api-key", &key.api_key);
        let answer = read(
            request
                .header("x-gw-signature", &token)
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(answer, (401, json!({"message": "JWT is invalid"})), "{why}");
        let visit = simulator.visits().remove(0);
        assert_eq!(visit.signature, Signature::Invalid);
        assert!(visit.flaw.unwrap().contains(why));
    }
}

#[tokio::test]
async fn the_clock_of_a_gateway_decides_about_expiry_and_shows_in_date() {
    let (simulator, situation) = all_well();
    let key = &situation.accounts[0].production;
    let gateway = &simulator.urls().production;
    simulator.set_clock(
        Gateway::Production,
        ClockSkew {
            date_seconds: 600,
            exp_seconds: 600,
        },
    );
    let response = signed(Method::GET, gateway, "ping", key)
        .send()
        .await
        .unwrap();
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    assert_eq!(
        read(response).await,
        (401, json!({"message": "JWT is invalid"}))
    );
    let seconds = http_date(&date) - now();
    assert!(
        (598..=602).contains(&seconds),
        "{date} is {seconds} s ahead"
    );
    let plain = signed(Method::GET, &simulator.urls().sandbox, "ping", key)
        .send()
        .await
        .unwrap();
    assert_ne!(
        plain.headers()["date"],
        date.as_str(),
        "the other gateway's clock is right"
    );
    simulator.set_clock(
        Gateway::Production,
        ClockSkew {
            date_seconds: 0,
            exp_seconds: -600,
        },
    );
    assert_eq!(
        get(gateway, "ping", key).await.0,
        401,
        "a clock behind finds exp too far ahead"
    );
    simulator.set_clock(Gateway::Production, ClockSkew::default());
    assert_eq!(get(gateway, "ping", key).await.0, 200);
}

#[tokio::test]
async fn a_revoked_key_is_unknown_at_once_while_its_successor_works() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let gateway = &simulator.urls().production;
    let successor = simulator
        .world(|world| world.make_key(&account.mage_id, Gateway::Production, "next"))
        .unwrap();
    assert_eq!(
        get(gateway, "ping", &account.production).await.0,
        200,
        "both coexist"
    );
    assert_eq!(get(gateway, "ping", &successor).await.0, 200);
    simulator
        .world(|world| world.revoke_key(&account.production.api_key))
        .unwrap();
    let (status, body) = get(gateway, "ping", &account.production).await;
    assert_eq!(
        (status, &body["error"]["message"]),
        (403, &json!("Client ID is invalid"))
    );
    assert_eq!(get(gateway, "ping", &successor).await.0, 200);
}

#[tokio::test]
async fn a_suspended_account_is_told_so_only_with_a_good_signature() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    simulator
        .world(|world| world.suspend(&account.mage_id, true))
        .unwrap();
    let (status, body) = get(
        &simulator.urls().production,
        "registry",
        &account.production,
    )
    .await;
    assert_eq!(
        (status, &body["message"]),
        (403, &json!("Account is suspended"))
    );
    simulator
        .world(|world| world.suspend(&account.mage_id, false))
        .unwrap();
    assert_eq!(
        get(
            &simulator.urls().production,
            "registry",
            &account.production
        )
        .await
        .0,
        200
    );
}

#[tokio::test]
async fn the_weak_page_checks_nothing() {
    let (simulator, _) = all_well();
    for gateway in [&simulator.urls().sandbox, &simulator.urls().production] {
        let page = client()
            .get(format!("{gateway}merchant-registry/index.html"))
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), 200);
        assert!(
            page.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
    }
}

#[tokio::test]
async fn the_log_knows_requests_and_tokens_but_shows_no_token() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let urls = simulator.urls();
    let one = token(&account.production, 290);
    for path in ["ping", "registry"] {
        let url = format!("{}merchant-registry/v1/{path}?q=1", urls.production);
        let request = client()
            .get(url)
            .header("x-api-key", &account.production.api_key);
        let request = request.header("magento-api-key", &account.production.api_key);
        request
            .header("x-gw-signature", &one)
            .header("user-agent", "probe/1")
            .send()
            .await
            .unwrap();
    }
    get(&urls.sandbox, "ping", &account.sandbox).await;
    let visits = simulator.visits();
    assert_eq!(simulator.distinct_tokens(), 2);
    assert_eq!(
        visits
            .iter()
            .map(|visit| visit.token.unwrap())
            .collect::<Vec<_>>(),
        [1, 1, 2]
    );
    assert_eq!(
        visits[1].path, "/merchant-registry/v1/registry",
        "without its query"
    );
    assert_eq!(visits[0].user_agent.as_deref(), Some("probe/1"));
    assert_eq!(visits[0].status, Some(200));
    let shown = format!("{visits:?}{}", serde_json::to_string(&visits).unwrap());
    assert!(!shown.contains(&one) && !shown.contains(one.split('.').next_back().unwrap()));
}

#[tokio::test]
async fn input_is_bounded() {
    let (simulator, situation) = all_well();
    let key = &situation.accounts[0].production;
    let gateway = &simulator.urls().production;
    let big = signed(Method::POST, gateway, "registry/initialize", key).body(vec![b' '; 70_000]);
    assert_eq!(read(big.send().await.unwrap()).await.0, 413);
    let url = format!("{gateway}merchant-registry/v1/ping");
    let odd = client()
        .get(&url)
        .header("x-api-key", "-----BEGIN PRIVATE KEY-----")
        .header("magento-api-key", "x");
    assert_eq!(read(odd.send().await.unwrap()).await.0, 403);
    assert_eq!(
        simulator.visits().last().unwrap().api_key.as_deref(),
        Some("malformed")
    );
    let long = client()
        .get(&url)
        .header("x-api-key", &key.api_key)
        .header("magento-api-key", &key.api_key);
    let long = long
        .header("x-gw-signature", "a".repeat(20_000))
        .send()
        .await
        .unwrap();
    assert_eq!(
        read(long).await,
        (401, json!({"message": "JWT is invalid"}))
    );
}
