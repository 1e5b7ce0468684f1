use proptest::prelude::*;
use serde_json::json;
use zeroize::Zeroizing;

use super::*;

const SPACE: &str = "22222222-2222-4222-8222-222222222222";
const OTHER: &str = "33333333-3333-4333-8333-333333333333";
const PROJECT: &str = "11111111-1111-4111-8111-111111111111";

fn bytes(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        body: Zeroizing::new(body.to_vec()),
        clock_ahead: Some(7),
    }
}

fn body(status: u16, value: &Value) -> Answer {
    bytes(status, value.to_string().as_bytes())
}

fn space(id: &str) -> Value {
    json!({"environmentId": id, "environmentName": "Testing 1", "environmentType": "Testing",
           "projectId": PROJECT, "projectName": "Shop"})
}

fn ids() -> (DataSpaceId, ProjectId) {
    (
        DataSpaceId::parse(SPACE).unwrap(),
        ProjectId::parse(PROJECT).unwrap(),
    )
}

#[test]
fn the_guaranteed_fields_are_enough() {
    let (id, project_id) = ids();
    assert_eq!(
        single(&body(200, &space(SPACE)), &id),
        Ok(DataSpace {
            id,
            name: "Testing 1".to_owned(),
            kind: DataSpaceType::Testing,
            project_id,
            project_name: "Shop".to_owned(),
            mage_id: None,
            organisation: None,
            features: vec![],
            cloud_id: None,
            account_sync: None,
        })
    );
}

#[test]
fn what_else_is_said_is_kept_and_cleaned() {
    let mut value = space(SPACE);
    value["status"] = json!(200);
    value["mageId"] = json!("MAG000000001");
    value["organizationName"] = json!("Nordlys \u{202e}AS\u{1b}[31m");
    value["featureSet"] = json!(["Premium Search", 7, null, "Catalog\nService"]);
    value["cloudId"] = json!("abc123");
    value["environmentName"] = json!("x".repeat(30) + &"é".repeat(500));
    let found = single(&body(200, &value), &ids().0).unwrap();
    assert_eq!(found.mage_id, MageId::parse("MAG000000001").ok());
    assert_eq!(found.organisation.as_deref(), Some("Nordlys AS[31m"));
    assert_eq!(found.features, ["Premium Search", "Catalog Service"]);
    assert_eq!(found.cloud_id.as_deref(), Some("abc123"));
    assert_eq!(found.name.chars().count(), NAME_MAX + 1);
}

#[test]
fn strange_extras_do_no_harm() {
    let mut value = space(SPACE);
    value["mageId"] = json!({"id": 1});
    value["organizationName"] = json!(["a"]);
    value["featureSet"] = json!("all");
    value["environmentName"] = json!(null);
    let found = single(&body(200, &value), &ids().0).unwrap();
    assert_eq!(found.mage_id, None);
    assert_eq!(found.name, SPACE);
}

#[test]
fn rows_without_usable_ids_are_counted() {
    let mut lower = space(SPACE);
    lower["environmentType"] = json!("testing");
    let answer = body(
        200,
        &json!({"results": [space(SPACE), space("nonsense"), lower, 5, null, {}]}),
    );
    let rows = list(&answer).unwrap();
    assert_eq!((rows.spaces.len(), rows.skipped), (1, 5));
    let only_bad = body(200, &json!({"results": [space("nonsense")]}));
    assert!(matches!(
        list(&only_bad),
        Err(GatewayError::NotTheGateway { .. })
    ));
}

#[test]
fn an_empty_list_is_an_answer_but_an_empty_project_is_none() {
    let empty = body(200, &json!({"results": []}));
    assert_eq!(list(&empty).unwrap().spaces, []);
    assert_eq!(project(&empty, &ids().1), Err(GatewayError::NotFound));
}

#[test]
fn another_thing_than_asked_for_is_not_taken() {
    let answer = body(200, &space(OTHER));
    assert!(matches!(
        single(&answer, &ids().0),
        Err(GatewayError::NotTheGateway { .. })
    ));
    let answer = body(200, &json!({"results": [space(SPACE)]}));
    assert_eq!(project(&answer, &ids().1).unwrap().spaces.len(), 1);
    assert!(matches!(
        project(&answer, &ProjectId::parse(OTHER).unwrap()),
        Err(GatewayError::NotTheGateway { .. })
    ));
}

#[test]
fn rejections_are_told_apart_whatever_the_status() {
    let documented = json!({"error": {"code": "Forbidden", "message": "Client ID is invalid",
                                      "details": {"error_code": "403003"}}});
    let by_code = json!({"error": {"details": {"error_code": 403_003}}});
    for (value, kind) in [
        (documented, Rejection::UnknownApiKey),
        (by_code, Rejection::UnknownApiKey),
        (
            json!({"message": "Client ID is missing"}),
            Rejection::ApiKeyMissing,
        ),
        (
            json!({"message": "JWT is required"}),
            Rejection::TokenMissing,
        ),
        (
            json!({"status": 401, "message": "JWT is invalid"}),
            Rejection::BadSignature,
        ),
        (json!({"error": "JWT is invalid"}), Rejection::BadSignature),
    ] {
        for status in [200, 400, 401, 403, 500] {
            let expected = GatewayError::Rejected {
                kind,
                clock_ahead: Some(7),
            };
            let answer = body(status, &value);
            assert_eq!(pong(&answer), Err(expected.clone()), "{value}");
            assert_eq!(list(&answer), Err(expected.clone()), "{value}");
            assert_eq!(single(&answer, &ids().0), Err(expected), "{value}");
        }
    }
}

#[test]
fn other_errors_carry_their_status_and_message() {
    let refused = |status, detail: &str| {
        Err(GatewayError::Refused {
            status,
            detail: detail.to_owned(),
        })
    };
    for (status, value, expected) in [
        (
            500,
            json!({"status": 500, "error": "Internal Server Error"}),
            refused(500, "Internal Server Error"),
        ),
        (
            200,
            json!({"status": 503, "message": "later"}),
            refused(503, "later"),
        ),
        (200, json!({"status": "500"}), refused(500, "no message")),
        (200, json!({"status": "gone"}), refused(200, "no message")),
        (
            429,
            json!({"message": "slow down"}),
            refused(429, "slow down"),
        ),
        (
            403,
            json!({"message": "Account is suspended"}),
            refused(403, "Account is suspended"),
        ),
        (502, json!({"results": []}), refused(502, "no message")),
        (
            200,
            json!({"error": {"message": "no"}, "results": []}),
            refused(200, "no"),
        ),
    ] {
        assert_eq!(
            list(&body(status, &value)).map(|rows| rows.skipped),
            expected
        );
    }
}

#[test]
fn not_found_is_the_registrys_own_word() {
    let registry = json!({"status": 404, "statusText": "Not Found",
                          "message": "Merchant registry not found", "requestId": "x"});
    for status in [200, 404] {
        let answer = body(status, &registry);
        assert_eq!(single(&answer, &ids().0), Err(GatewayError::NotFound));
        assert!(matches!(
            pong(&answer),
            Err(GatewayError::Refused { status: 404, .. })
        ));
    }
    let router = body(404, &json!({"message": "no route"}));
    assert!(matches!(
        single(&router, &ids().0),
        Err(GatewayError::Refused { status: 404, .. })
    ));
}

#[test]
fn pages_and_garbage_are_not_the_gateway() {
    for text in [
        "<!DOCTYPE html><p>Sign in to the guest network",
        "\u{feff}\n <html>",
        "[1, 2]",
        "{\"results\": ",
        "plain words",
        "",
    ] {
        for status in [200, 403] {
            let answer = bytes(status, text.as_bytes());
            let error = list(&answer).unwrap_err();
            let nothing = text.is_empty() && status == 403;
            assert_eq!(
                matches!(error, GatewayError::NotTheGateway { .. }),
                !nothing,
                "{text:?} {error}"
            );
        }
    }
    let deep = bytes(200, "[".repeat(500_000).as_bytes());
    assert!(list(&deep).is_err());
}

#[test]
fn a_ping_is_good_with_200_alone() {
    for good in [
        "",
        "pong",
        "{}",
        "{\"status\":200,\"message\":\"pong\"}",
        "\"ok\"",
    ] {
        assert_eq!(pong(&bytes(200, good.as_bytes())), Ok(()), "{good}");
    }
    for (status, text) in [
        (204, ""),
        (201, "{}"),
        (401, "pong"),
        (200, "<html>"),
        (200, "{\"status\":401}"),
        (500, "{}"),
    ] {
        assert!(
            pong(&bytes(status, text.as_bytes())).is_err(),
            "{status} {text}"
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec![SPACE, PROJECT, "Testing", "JWT is invalid", "404"])
            .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "results",
        "status",
        "error",
        "message",
        "details",
        "error_code",
        "environmentId",
        "environmentType",
        "environmentName",
        "projectId",
        "featureSet",
        "mageId",
        "x",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(status in 100_u16..600, bytes_ in prop::collection::vec(any::<u8>(), 0..400)) {
        let answer = bytes(status, &bytes_);
        let _ = (pong(&answer), list(&answer), accepted(&answer));
        let _ = (single(&answer, &ids().0), project(&answer, &ids().1));
    }

    #[test]
    fn no_json_makes_a_reader_panic_or_lie(status in 100_u16..600, value in any_json()) {
        let answer = body(status, &value);
        if let Ok(found) = single(&answer, &ids().0) {
            prop_assert_eq!(found.id.as_str(), SPACE);
            prop_assert!((200..300).contains(&status));
        }
        if pong(&answer).is_ok() {
            prop_assert_eq!(status, 200);
        }
        let _ = (list(&answer), project(&answer, &ids().1), accepted(&answer));
    }
}
