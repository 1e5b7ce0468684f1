//! The gateway and portal adapters against the simulated ones, which really check signatures.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use patchbay_adapters::crypto::SystemCrypto;
use patchbay_adapters::gateway::{GatewaySettings, HttpGateway};
use patchbay_adapters::http::{Patience, ProxyAddress};
use patchbay_adapters::portal::HttpPortal;
use patchbay_core::config::Purpose;
use patchbay_core::id::{ApiKey, DataSpaceId, MageId, ProjectId};
use patchbay_core::keypair::intake::read_private_key;
use patchbay_core::ports::crypto::Crypto;
use patchbay_core::ports::gateway::{Bearer, Gateway, GatewayError, Rejection};
use patchbay_core::ports::portal::{Portal, PortalError};
use patchbay_core::secret::Secret;
use patchbay_simulator::{
    ClockSkew, Config, Door, Fault, ReadyAccount, ReadyKey, Rule, Scenario, Signature, Simulator,
};

const NOWHERE: &str = "99999999-9999-4999-8999-999999999999";

/// A simulator in a situation, and our gateway pointed at it.
struct Stage {
    simulator: Simulator,
    accounts: Vec<ReadyAccount>,
    gateway: HttpGateway,
}

/// Long enough for a busy machine; what is meant to time out is asked with [`HASTE`].
fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        total: Duration::from_secs(20),
    }
}

const HASTE: Patience = Patience {
    connect: Duration::from_millis(500),
    total: Duration::from_millis(500),
};

fn stage(scenario: Scenario) -> Stage {
    let simulator = Simulator::start(Config::default()).unwrap();
    let accounts = simulator.play(scenario).unwrap().accounts;
    let gateway = gateway_of(&simulator, patience());
    Stage {
        simulator,
        accounts,
        gateway,
    }
}

fn gateway_of(simulator: &Simulator, patience: Patience) -> HttpGateway {
    HttpGateway::new(&GatewaySettings {
        production: simulator.urls().production.clone(),
        sandbox: simulator.urls().sandbox.clone(),
        patience,
        proxy: None,
    })
    .unwrap()
}

/// An API key and a token that is good for another 300 seconds.
struct Signed {
    api_key: ApiKey,
    token: Secret,
}

impl Signed {
    fn with(key: &ReadyKey) -> Self {
        let pem = Secret::new(key.private_key.expose().as_bytes().to_vec());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let expires = i64::try_from(now.as_secs()).unwrap() + 300;
        let der = read_private_key(&pem).unwrap().der;
        Self {
            api_key: ApiKey::parse(&key.api_key).unwrap(),
            token: SystemCrypto.sign_token(&der, expires).unwrap(),
        }
    }

    fn bearer(&self) -> Bearer<'_> {
        Bearer {
            api_key: &self.api_key,
            token: &self.token,
        }
    }
}

fn rejected<T>(done: Result<T, GatewayError>) -> Rejection {
    match done {
        Err(GatewayError::Rejected { kind, .. }) => kind,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[tokio::test]
async fn a_good_pair_sees_its_data_spaces_at_its_own_gateway() {
    let stage = stage(Scenario::AllWell);
    let account = &stage.accounts[0];
    for (purpose, key) in [
        (Purpose::Production, &account.production),
        (Purpose::Sandbox, &account.sandbox),
    ] {
        let signed = Signed::with(key);
        let bearer = signed.bearer();
        let ping = stage.gateway.ping(purpose, &bearer).await.unwrap();
        assert!(ping.clock_ahead.is_some_and(|ahead| ahead.abs() <= 2));
        let spaces = stage.gateway.data_spaces(purpose, &bearer).await.unwrap();
        let project = &account.projects[0];
        assert_eq!(spaces.value.len(), project.data_spaces.len());
        assert!(spaces.value.iter().all(|space| {
            space.project_id.as_str() == project.id
                && space.mage_id == MageId::parse(&account.mage_id).ok()
        }));
        let id = &spaces.value[0].id;
        let one = stage
            .gateway
            .data_space(purpose, &bearer, id)
            .await
            .unwrap();
        assert_eq!(one.value.name, spaces.value[0].name);
        assert!(!one.value.features.is_empty(), "the single one says more");
        let of_project = stage
            .gateway
            .project(purpose, &bearer, &ProjectId::parse(&project.id).unwrap())
            .await
            .unwrap();
        assert_eq!(of_project.value, spaces.value);
    }
    for visit in stage.simulator.visits() {
        assert_eq!(visit.signature, Signature::Valid);
        let ours = visit
            .user_agent
            .is_some_and(|ua| ua.starts_with("Patchbay/"));
        assert!(ours, "we say who we are");
    }
}

#[tokio::test]
async fn projects_are_made_and_cloud_projects_noted() {
    let stage = stage(Scenario::EmptyAccount);
    let signed = Signed::with(&stage.accounts[0].production);
    let (gateway, bearer) = (&stage.gateway, signed.bearer());
    let production = Purpose::Production;
    let none = gateway.data_spaces(production, &bearer).await.unwrap();
    assert_eq!(none.value, [], "an account without a project is no error");
    let made = gateway
        .create_project(production, &bearer, "Nordlys \"live\" 商店")
        .await
        .unwrap();
    assert_eq!(made.value[0].project_name, "Nordlys \"live\" 商店");
    let id = &made.value[0].id;
    gateway
        .label_cloud(production, &bearer, id, "abcdefgh12345")
        .await
        .unwrap();
    let one = gateway.data_space(production, &bearer, id).await.unwrap();
    assert_eq!(one.value.cloud_id.as_deref(), Some("abcdefgh12345"));

    stage.simulator.forget_visits();
    for path in [
        "../../registry",
        "..",
        "",
        "a/b",
        "a?b",
        "a%2fb",
        &"x".repeat(65),
    ] {
        let refused = gateway.label_cloud(production, &bearer, id, path).await;
        assert_eq!(refused, Err(GatewayError::NotFound), "{path}");
    }
    assert_eq!(stage.simulator.visits().len(), 0);
}

#[tokio::test]
async fn what_these_keys_do_not_see_is_not_found() {
    let stage = stage(Scenario::ThreeMerchants);
    let signed = Signed::with(&stage.accounts[0].production);
    let others = &stage.accounts[1].projects[0];
    let (gateway, bearer) = (&stage.gateway, signed.bearer());
    for id in [NOWHERE, &others.data_spaces[0].id] {
        let id = DataSpaceId::parse(id).unwrap();
        let asked = gateway.data_space(Purpose::Production, &bearer, &id).await;
        assert_eq!(asked.unwrap_err(), GatewayError::NotFound);
    }
    for id in [NOWHERE, &others.id] {
        let id = ProjectId::parse(id).unwrap();
        let asked = gateway.project(Purpose::Production, &bearer, &id).await;
        assert_eq!(asked.unwrap_err(), GatewayError::NotFound);
    }
}

#[tokio::test]
async fn rejections_are_told_apart() {
    let stage = stage(Scenario::ThreeMerchants);
    let production = Signed::with(&stage.accounts[0].production);
    let sandbox = Signed::with(&stage.accounts[0].sandbox);
    let gateway = &stage.gateway;
    let swapped = gateway.ping(Purpose::Production, &sandbox.bearer()).await;
    assert_eq!(rejected(swapped), Rejection::UnknownApiKey);
    let other_key = Bearer {
        api_key: &production.api_key,
        token: &Signed::with(&stage.accounts[1].production).token,
    };
    let mixed = gateway.ping(Purpose::Production, &other_key).await;
    assert_eq!(rejected(mixed), Rejection::BadSignature);

    stage.simulator.forget_visits();
    for token in [
        &b""[..],
        b"no token",
        b"a\nb",
        b"\xff",
        "ä".as_bytes(),
        &[b'a'; 9_000],
    ] {
        let strange = Bearer {
            api_key: &production.api_key,
            token: &Secret::new(token.to_vec()),
        };
        let asked = gateway.ping(Purpose::Production, &strange).await;
        assert_eq!(rejected(asked), Rejection::BadSignature);
    }
    assert_eq!(stage.simulator.visits().len(), 0, "no token, no question");
}

#[tokio::test]
async fn a_wrong_clock_is_seen_beside_the_rejection() {
    let stage = stage(Scenario::AllWell);
    let skew = ClockSkew {
        date_seconds: 600,
        exp_seconds: 600,
    };
    stage.simulator.set_clock(Door::Production, skew);
    let signed = Signed::with(&stage.accounts[0].production);
    let asked = stage
        .gateway
        .ping(Purpose::Production, &signed.bearer())
        .await;
    let Err(GatewayError::Rejected { kind, clock_ahead }) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(kind, Rejection::BadSignature);
    assert!(
        clock_ahead.is_some_and(|ahead| (-602..=-598).contains(&ahead)),
        "{clock_ahead:?}"
    );
}

/// Which of the errors it is.
fn kind(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::Rejected { .. } => "rejected",
        GatewayError::NotFound => "notFound",
        GatewayError::Unreachable { .. } => "unreachable",
        GatewayError::TimedOut => "timedOut",
        GatewayError::NotTheGateway { .. } => "notTheGateway",
        GatewayError::Refused { .. } => "refused",
    }
}

fn faults() -> Vec<(Fault, &'static str)> {
    let bytes = 64 * 1024 * 1024;
    let redirect = |status| Fault::Redirect {
        status,
        location: "/elsewhere".to_owned(),
    };
    let says = |status, body: &str| Fault::Answer {
        status,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    vec![
        (Fault::Status { status: 500 }, "refused"),
        (Fault::Status { status: 503 }, "refused"),
        (Fault::TooManyRequests { retry_after: 9 }, "refused"),
        (Fault::SuspendedAccount, "refused"),
        (Fault::Garbage, "notTheGateway"),
        (Fault::ProxyPage { status: 200 }, "notTheGateway"),
        (Fault::ProxyPage { status: 403 }, "notTheGateway"),
        (Fault::HugeBody { bytes }, "notTheGateway"),
        (Fault::GzipBomb { bytes }, "notTheGateway"),
        (Fault::DeepJson { depth: 100_000 }, "notTheGateway"),
        (redirect(302), "notTheGateway"),
        (redirect(307), "notTheGateway"),
        (Fault::Slow { millis: 1_500 }, "timedOut"),
        (Fault::NeverAnswers, "timedOut"),
        (Fault::Trickle { millis: 100 }, "timedOut"),
        (Fault::CloseConnection, "unreachable"),
        (Fault::Truncated, "unreachable"),
        (says(500, r#"{"message":"JWT is invalid"}"#), "rejected"),
        (
            says(200, r#"{"message":"Client ID is invalid"}"#),
            "rejected",
        ),
        (says(200, r#"{"status":403,"message":"no"}"#), "refused"),
    ]
}

#[tokio::test]
async fn every_failure_has_its_own_word_and_none_repeats_the_token() {
    let stage = stage(Scenario::AllWell);
    let signed = Signed::with(&stage.accounts[0].production);
    let token = String::from_utf8(signed.token.expose().to_vec()).unwrap();
    let id = DataSpaceId::parse(&stage.accounts[0].projects[0].data_spaces[0].id).unwrap();
    let bearer = signed.bearer();
    let hasty = gateway_of(&stage.simulator, HASTE);
    for (fault, expected) in faults() {
        let gateway = match expected {
            "timedOut" => &hasty,
            _ => &stage.gateway,
        };
        stage.simulator.faults(|faults| faults.clear_all());
        stage
            .simulator
            .misbehave(Rule::always(fault.clone()))
            .unwrap();
        let purpose = Purpose::Production;
        let asked = [
            gateway.ping(purpose, &bearer).await.err(),
            gateway.data_spaces(purpose, &bearer).await.err(),
            gateway.data_space(purpose, &bearer, &id).await.err(),
        ];
        for error in asked {
            let error = error.unwrap_or_else(|| panic!("{fault:?} went through"));
            assert_eq!(kind(&error), expected, "{fault:?}: {error}");
            let told = format!("{error} {error:?}");
            assert!(!told.contains(&token[..40]), "{told}");
            assert!(!told.contains("127.0.0.1"), "no address in {told}");
        }
    }
}

/// Asked from a process of its own, whose memory is its own: 1 GiB, a million levels, a bomb.
#[tokio::test]
async fn whatever_a_gateway_sends_memory_grows_by_little() {
    let gib = 1024 * 1024 * 1024;
    let redirect = |location: &str| Fault::Redirect {
        status: 302,
        location: location.to_owned(),
    };
    let stage = stage(Scenario::AllWell);
    for fault in [
        Fault::Garbage,
        Fault::HugeBody { bytes: gib },
        Fault::GzipBomb { bytes: gib },
        Fault::DeepJson { depth: 1_000_000 },
        redirect("https://elsewhere.invalid/"),
    ] {
        stage.simulator.faults(|faults| faults.clear_all());
        stage
            .simulator
            .misbehave(Rule::always(fault.clone()))
            .unwrap();
        let url = stage.simulator.urls().production.clone();
        let asked = tokio::process::Command::new(env!("CARGO_BIN_EXE_gateway-probe"))
            .args([&url, "memory"])
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(asked.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let [ping, list, grew] = lines[..] else {
            panic!("{fault:?}: {said}")
        };
        for answer in [ping, list] {
            assert_ne!(answer, "accepted", "{fault:?}");
        }
        let grew = grew.trim_start_matches("grew by ").trim_end_matches(" KiB");
        let grew: u64 = grew.parse().unwrap();
        assert!(grew > 0, "nothing was measured");
        assert!(grew <= 64 * 1024, "{fault:?}: {grew} KiB");
        eprintln!("{fault:?}: {grew} KiB");
    }
}

#[tokio::test]
async fn a_signed_request_is_never_sent_on() {
    let stage = stage(Scenario::AllWell);
    let elsewhere = stage.simulator.urls().sandbox.clone();
    let redirect = Fault::Redirect {
        status: 308,
        location: format!("{elsewhere}merchant-registry/v1/ping"),
    };
    let rule = Rule::always(redirect).at(Door::Production);
    stage.simulator.misbehave(rule).unwrap();
    let signed = Signed::with(&stage.accounts[0].production);
    let asked = stage
        .gateway
        .ping(Purpose::Production, &signed.bearer())
        .await;
    assert_eq!(kind(&asked.unwrap_err()), "notTheGateway");
    let doors: Vec<Door> = stage.simulator.visits().iter().map(|v| v.door).collect();
    assert_eq!(doors, [Door::Production]);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let gateway = HttpGateway::new(&GatewaySettings {
        production: "http://127.0.0.1:1/".to_owned(),
        sandbox: "http://localhost:1/".to_owned(),
        patience: patience(),
        proxy: None,
    })
    .unwrap();
    let bearer = Bearer {
        api_key: &ApiKey::parse(&"a".repeat(32)).unwrap(),
        token: &Secret::new(b"a.b.c".to_vec()),
    };
    for purpose in Purpose::ALL {
        let error = gateway.ping(purpose, &bearer).await.unwrap_err();
        assert_eq!(kind(&error), "unreachable", "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
    }
}

/// A proxy that takes one request, refuses it, and hands over what it was asked.
async fn refusing_proxy() -> (u16, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut line, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4_096];
        let count = line.read(&mut heard).await.unwrap();
        line.write_all(b"HTTP/1.1 407 geheim\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        String::from_utf8_lossy(&heard[..count]).into_owned()
    });
    (port, heard)
}

#[tokio::test]
async fn a_proxy_sees_no_token_and_its_password_is_not_repeated() {
    let (port, heard) = refusing_proxy().await;
    let proxy = ProxyAddress::parse(&format!("http://user:geheim@127.0.0.1:{port}")).unwrap();
    let gateway = HttpGateway::new(&GatewaySettings {
        production: "https://gateway.invalid/".to_owned(),
        patience: patience(),
        proxy: Some(proxy.clone()),
        ..GatewaySettings::default()
    })
    .unwrap();
    let bearer = Bearer {
        api_key: &ApiKey::parse(&"a".repeat(32)).unwrap(),
        token: &Secret::new(b"head.claims.signature".to_vec()),
    };
    let error = gateway
        .ping(Purpose::Production, &bearer)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "unreachable", "{error}");
    assert!(!format!("{error} {error:?} {gateway:?} {proxy:?}").contains("geheim"));
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("CONNECT gateway.invalid:443"), "{heard}");
    assert!(!heard.contains("claims"), "{heard}");
}

#[tokio::test]
async fn a_portal_gives_a_key_that_works_at_once() {
    let stage = stage(Scenario::AllWell);
    let sign_in = Secret::new(stage.accounts[0].sign_in.clone().into_bytes());
    let portal = HttpPortal::new(Patience::default(), None);
    let url = &stage.simulator.urls().portal;
    let created = portal
        .create_key(url, &sign_in, Purpose::Sandbox, "Nordlys staging")
        .await
        .unwrap();
    let der = read_private_key(&created.private_key).unwrap().der;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let expires = i64::try_from(now.as_secs()).unwrap() + 300;
    let bearer = Bearer {
        api_key: &created.api_key,
        token: &SystemCrypto.sign_token(&der, expires).unwrap(),
    };
    stage.gateway.ping(Purpose::Sandbox, &bearer).await.unwrap();
}

#[tokio::test]
async fn a_portal_that_fails_says_whether_a_key_may_be_left_there() {
    let stage = stage(Scenario::AllWell);
    let mage_id = stage.accounts[0].mage_id.clone();
    let sign_in = Secret::new(stage.accounts[0].sign_in.clone().into_bytes());
    let portal = HttpPortal::new(
        Patience {
            connect: Duration::from_secs(1),
            total: Duration::from_secs(20),
        },
        None,
    );
    let url = stage.simulator.urls().portal.clone();
    let keys = || {
        stage
            .simulator
            .world(|world| world.account(&mage_id).unwrap().keys.len())
    };
    let before = keys();

    let create = async |url: &str, sign_in: &Secret| {
        portal
            .create_key(url, sign_in, Purpose::Production, "Nordlys")
            .await
            .unwrap_err()
    };
    let refused = create(&url, &Secret::new(b"stranger".to_vec())).await;
    let expected = "Sign in first".to_owned();
    assert_eq!(refused, PortalError::Refused { detail: expected });
    let nobody = create("http://127.0.0.1:1/", &sign_in).await;
    assert!(matches!(nobody, PortalError::NotReached { .. }), "{nobody}");
    assert_eq!(keys(), before);

    for fault in [
        Fault::AnswerLost,
        Fault::Truncated,
        Fault::Garbage,
        Fault::CloseConnection,
    ] {
        stage
            .simulator
            .misbehave(Rule::once(fault.clone()))
            .unwrap();
        let lost = create(&url, &sign_in).await;
        assert!(
            matches!(lost, PortalError::AnswerLost { .. }),
            "{fault:?}: {lost}"
        );
    }
    assert_eq!(keys(), before + 1, "the lost answer left one behind");
}
