//! A client that follows the recipe, and departs from it on demand.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use patchbay_simulator::token::{MadePair, constant_claims, make_pair};
use patchbay_simulator::{
    Config, Gateway, NewAccount, ReadyAccount, ReadyKey, Scenario, Simulator, Situation,
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Map, Value, json};

/// A simulator with one account in the plain good situation.
///
/// As [`Scenario::AllWell`], but with the two pairs that all tests share: making a pair takes
/// longer than most tests.
pub fn all_well() -> (Simulator, Situation) {
    static PAIRS: LazyLock<[MadePair; 2]> =
        LazyLock::new(|| [make_pair().unwrap(), make_pair().unwrap()]);
    let simulator = Simulator::start(Config::default()).unwrap();
    let account = simulator.world(|world| {
        let organisation = Some("Harbour Tea".to_owned());
        let account = world
            .create_account(NewAccount {
                organisation,
                ..NewAccount::default()
            })
            .unwrap();
        let mage_id = account.mage_id;
        world.initialize(&mage_id, "Harbour").unwrap();
        let mut key = |gateway, pair: &MadePair| {
            let key = world
                .register_key(&mage_id, gateway, "Shared", None, &pair.public_key)
                .unwrap();
            let private_key = pair.private_key.clone();
            let (id, name, api_key, created_at) = (key.id, key.name, key.api_key, key.created_at);
            ReadyKey {
                id,
                name,
                gateway,
                api_key,
                private_key,
                created_at,
            }
        };
        let production = key(Gateway::Production, &PAIRS[0]);
        let sandbox = key(Gateway::Sandbox, &PAIRS[1]);
        let projects = world.account(&mage_id).unwrap().projects.clone();
        let sign_in = account.sign_ins[0].token.clone();
        let organisation = account.organisation;
        ReadyAccount {
            mage_id,
            organisation,
            sign_in,
            production,
            sandbox,
            projects,
        }
    });
    (
        simulator,
        Situation {
            scenario: Scenario::AllWell,
            accounts: vec![account],
        },
    )
}

/// A client that follows no redirect and waits ten seconds at most.
///
/// Everything here is plain HTTP; reading the system's certificates would only take time.
pub fn client() -> Client {
    let builder = Client::builder().no_proxy().tls_certs_only([]);
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder
        .timeout(std::time::Duration::from_secs(10))
        .build()
        .unwrap()
}

pub fn now() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
    .unwrap()
}

/// A token with these claims, signed with the private half of `key`.
pub fn sign(key: &ReadyKey, claims: &Map<String, Value>) -> String {
    let signer = EncodingKey::from_rsa_pem(key.private_key.expose().as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &signer).unwrap()
}

/// The token of the recipe, expiring `ahead` seconds from now.
pub fn token(key: &ReadyKey, ahead: i64) -> String {
    let mut claims = constant_claims();
    claims.insert("exp".into(), json!(now() + ahead));
    sign(key, &claims)
}

/// A request with both key headers and a good token.
pub fn signed(method: Method, gateway: &str, path: &str, key: &ReadyKey) -> RequestBuilder {
    let request = client().request(method, format!("{gateway}merchant-registry/v1/{path}"));
    let request = request
        .header("magento-api-key", &key.api_key)
        .header("x-api-key", &key.api_key);
    request
        .header("x-gw-signature", token(key, 300))
        .header("content-type", "application/json")
}

/// Status and JSON body of a good GET.
pub async fn get(gateway: &str, path: &str, key: &ReadyKey) -> (u16, Value) {
    read(
        signed(Method::GET, gateway, path, key)
            .send()
            .await
            .unwrap(),
    )
    .await
}

/// Status and JSON body.
pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

/// Seconds since 1970 of a `Date` header.
pub fn http_date(text: &str) -> i64 {
    let form = "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT";
    let form = time::format_description::parse_borrowed::<2>(form).unwrap();
    time::PrimitiveDateTime::parse(text, &form)
        .unwrap()
        .assume_utc()
        .unix_timestamp()
}
