use super::*;
use proptest::prelude::*;

fn nonce() -> Nonce {
    Nonce::from_random([7; 16])
}

fn line(nonce: &str, kind: &str, json: &str) -> Vec<u8> {
    format!("@@patchbay:{nonce}:{kind}:{}:@@", STANDARD.encode(json)).into_bytes()
}

fn answers(bytes: &[u8]) -> Vec<Result<Answer, TransportError>> {
    let mut scanner = Scanner::new(nonce());
    scanner.feed(bytes).unwrap();
    std::iter::from_fn(|| scanner.next().transpose()).collect()
}

const LOOK: &str = r#"{"clock":1700000000,"versions":{"magento":"2.4.7","edition":"Community",
    "servicesId":"3.3.1","servicesConnector":"1.3.6","php":"8.2.1"},"connector":"enabled",
    "values":{"services_connector/services_id/project_name":{"exact":"HASH","plain":"Shop\u001b[31m",
      "identity":null,"encrypted":false},
      "services_connector/services_connector_integration/sandbox_private_key":{"exact":"HASH",
      "plain":"leak","identity":"HASH","encrypted":false},
      "unknown/path":{"exact":"HASH","plain":"x","identity":null,"encrypted":false}},
    "locks":[{"path":"services_connector/services_id/environment_id","source":"variable",
      "name":"CONFIG__DEFAULT__SERVICES_CONNECTOR__SERVICES_ID__ENVIRONMENT_ID"}],
    "pin":{"identity":"HASH","server":"HASH","baseUrl":"https://shop.example/"},
    "saasPair":"other","gateways":{"sandbox":"https://commerce-beta.adobe.io/"},
    "credentialsType":"Magento_JWT",
    "payments":[{"path":"payment/payment_methods/method","scope":"default","scopeId":0,"value":"sandbox"}],
    "cloud":null,"tokens":[{"purpose":"sandbox","apiKey":"0123456789abcdef0123456789abcdef",
      "token":"aaaaaaaaaa.bbbbbbbbbb.cccccccccc","error":null},
      {"purpose":"production","apiKey":"","token":null,"error":"signing failed"}],
    "notices":[{"code":"plaintextRow","detail":"services_connector/services_connector_integration/sandbox_private_key"},
      {"code":"nonsense","detail":""}]}"#;

fn look_json() -> String {
    LOOK.replace("HASH", &"ab".repeat(32))
}

#[test]
fn answers_stand_out_of_noise() {
    let mut bytes = b"\x1b[31mWelcome!\r\nNotice: something in /a/b.php\r\n".to_vec();
    bytes.extend(line(nonce().as_str(), "committed", "{}"));
    bytes.extend(b"\r\nPHP Warning: and more\n");
    bytes.extend(line(nonce().as_str(), "done", &look_json()));
    let found = answers(&bytes);
    assert!(matches!(found[0], Ok(Answer::Ended(Go::Committed))));
    assert!(matches!(found[1], Ok(Answer::Done(_))));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_look_is_cleaned_and_never_shows_a_private_key() {
    let found = answers(&line(nonce().as_str(), "done", &look_json()));
    let Some(Ok(Answer::Done(look))) = found.into_iter().next() else {
        panic!("the look reads");
    };
    assert_eq!(look.values.len(), 2, "an unknown path is dropped");
    assert_eq!(look.plain(ConfigPath::ProjectName), Some("Shop[31m"));
    assert_eq!(look.plain(ConfigPath::SandboxPrivateKey), None);
    assert!(
        look.values[&ConfigPath::SandboxPrivateKey]
            .identity
            .is_some()
    );
    assert_eq!(look.saas_pair, Err("other".into()));
    assert_eq!(look.notices.len(), 1, "an unknown notice is dropped");
    assert_eq!(
        look.notices[0].detail,
        ConfigPath::SandboxPrivateKey.as_str()
    );
    assert!(
        look.locks[0]
            .name
            .as_deref()
            .is_some_and(|name| name.ends_with("ENVIRONMENT_ID"))
    );
    assert!(look.tokens[0].token.is_ok());
    assert_eq!(
        look.tokens[1].token.as_ref().err().map(String::as_str),
        Some("signing failed")
    );
}

#[test]
fn an_answer_of_another_run_is_refused() {
    let old = Nonce::from_random([1; 16]);
    let found = answers(&line(old.as_str(), "committed", "{}"));
    assert!(
        matches!(&found[0], Err(TransportError::Garbled { detail }) if detail.contains("another run"))
    );
}

#[test]
fn half_an_answer_is_waited_for_and_a_large_one_is_refused() {
    let whole = line(nonce().as_str(), "committed", "{}");
    let mut scanner = Scanner::new(nonce());
    scanner.feed(&whole[..whole.len() - 1]).unwrap();
    assert!(scanner.next().unwrap().is_none());
    scanner.feed(&whole[whole.len() - 1..]).unwrap();
    assert!(scanner.next().unwrap().is_some());
    assert!(scanner.feed(&vec![b'x'; LARGEST + 1]).is_err());
}

#[test]
fn a_line_broken_by_a_terminal_is_still_read() {
    let text = String::from_utf8(line(nonce().as_str(), "done", &look_json())).unwrap();
    let (first, rest) = text.split_at(200);
    assert!(matches!(
        answers(format!("{first}\r\n{rest}").as_bytes())[0],
        Ok(Answer::Done(_))
    ));
}

#[test]
fn codes_have_their_kinds() {
    let stopped = |code: &str| {
        let json = format!(r#"{{"code":"{code}","detail":"why"}}"#);
        match answers(&line(nonce().as_str(), "error", &json)).remove(0) {
            Ok(Answer::Stopped(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(stopped("rootMissing"), TransportError::RootMissing);
    assert_eq!(
        stopped("notACommerceRoot"),
        TransportError::NotACommerceRoot
    );
    assert_eq!(stopped("busy"), TransportError::Busy);
    assert_eq!(stopped("phpTraces"), TransportError::PhpTraces);
    assert_eq!(
        stopped("wrongOwner"),
        TransportError::WrongOwner {
            owner: "why".into()
        }
    );
    assert_eq!(
        stopped("databaseDown"),
        TransportError::DatabaseDown {
            detail: "why".into()
        }
    );
    assert_eq!(
        stopped("anything"),
        TransportError::BootFailed {
            detail: "why".into()
        }
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = answers(&bytes);
    }

    #[test]
    fn arbitrary_bodies_never_panic(kind in "done|ready|refused|error|unknown|committed", json in ".{0,200}") {
        let _ = answers(&line(nonce().as_str(), &kind, &json));
    }

    #[test]
    fn a_damaged_look_is_read_or_refused(at in 0_usize..2000, with in any::<u8>()) {
        let mut json = look_json().into_bytes();
        let at = at % json.len();
        json[at] = with;
        let text = String::from_utf8_lossy(&json).into_owned();
        let _ = answers(&line(nonce().as_str(), "done", &text));
    }
}
