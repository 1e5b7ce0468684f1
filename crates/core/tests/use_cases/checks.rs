//! Checking: the thirteen states with their reasons, the first match, and what the others do.

use std::time::Duration;

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState as State;
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::instance::{Role, Way};
use patchbay_core::look::{Cloud, ConnectorModule, ScopedValue};
use patchbay_core::ports::gateway::GatewayError;
use patchbay_core::ports::records::RecordsError;
use patchbay_core::ports::transport::TransportError;

use crate::world::{OTHER_SPACE, PRODUCTION, TESTING, World, api_key, world};

async fn state_after(act: impl FnOnce(&mut FakeInstance)) -> (State, String, Vec<String>) {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", act);
    said(&world, "live").await
}

async fn said(world: &World, name: &str) -> (State, String, Vec<String>) {
    let verdict = world.check(name).await.verdict;
    let findings = verdict
        .findings
        .into_iter()
        .map(|remark| remark.code)
        .collect();
    (verdict.state, verdict.reason.code, findings)
}

#[tokio::test]
async fn each_way_of_not_reaching_it_has_its_own_reason() {
    for (error, state, code) in [
        (
            TransportError::UnknownHost,
            State::Unreachable,
            "unknownHost",
        ),
        (
            TransportError::Refused,
            State::Unreachable,
            "connectionRefused",
        ),
        (
            TransportError::HostKeyChanged,
            State::Unreachable,
            "hostKeyChanged",
        ),
        (TransportError::PhpMissing, State::Unreachable, "phpMissing"),
        (
            TransportError::LoginRefused,
            State::Unreachable,
            "loginRefused",
        ),
        (
            TransportError::NotACommerceRoot,
            State::ConnectorMissing,
            "notACommerceRoot",
        ),
    ] {
        let got = state_after(|there| there.unreachable = Some(error)).await;
        assert_eq!((got.0, got.1.as_str()), (state, code));
    }
}

type Change = fn(&mut FakeInstance);

const REACHED: [(Change, State, &str); 16] = [
    (|_| {}, State::Connected, "bothAccepted"),
    (
        |there| there.database = "other".into(),
        State::DifferentInstance,
        "identityChanged",
    ),
    (
        |there| there.base_url = "https://x.test/".into(),
        State::DifferentInstance,
        "baseUrlChanged",
    ),
    (
        |there| there.connector = ConnectorModule::Absent,
        State::ConnectorMissing,
        "moduleAbsent",
    ),
    (
        |there| there.connector = ConnectorModule::Disabled,
        State::ConnectorMissing,
        "moduleDisabled",
    ),
    (
        |there| there.values.clear(),
        State::NotConnected,
        "noValues",
    ),
    (
        |there| drop(there.values.remove(&ConfigPath::ProjectName)),
        State::Incomplete,
        "valuesMissing",
    ),
    (
        |there| set(there, ConfigPath::ProductionPrivateKey, "0:3:AbCdEf=="),
        State::AccountNotVerified,
        "keyUnreadable",
    ),
    (
        |there| set(there, ConfigPath::ProductionApiKey, "0:3:AbCdEf=="),
        State::AccountNotVerified,
        "keyUnreadable",
    ),
    (
        |there| set(there, ConfigPath::ProductionPrivateKey, "nonsense"),
        State::AccountNotVerified,
        "cannotSign",
    ),
    (
        |there| set(there, ConfigPath::ProductionApiKey, api_key(9).as_str()),
        State::AccountNotVerified,
        "apiKeyInvalid",
    ),
    (
        |there| {
            let pem = keys::pem(3);
            there
                .values
                .insert(ConfigPath::ProductionPrivateKey, pem.expose().to_vec());
        },
        State::AccountNotVerified,
        "signatureInvalid",
    ),
    (
        |there| set(there, ConfigPath::DataSpaceId, OTHER_SPACE),
        State::DataSpaceMismatch,
        "dataSpaceNotTheirs",
    ),
    (
        |there| set(there, ConfigPath::DataSpaceType, "production"),
        State::DataSpaceMismatch,
        "wrongType",
    ),
    (
        |there| {
            let lab = "https://lab.test/".to_owned();
            there.gateways.insert(Purpose::Production, lab);
        },
        State::GatewayOverridden,
        "otherGateway",
    ),
    (
        |there| set(there, ConfigPath::ProjectName, "Renamed"),
        State::Drifted,
        "differsFromAssignment",
    ),
];

#[tokio::test]
async fn every_state_of_a_reached_instance_has_its_reason() {
    for (act, state, code) in REACHED {
        let got = state_after(act).await;
        assert_eq!((got.0, got.1.as_str()), (state, code), "{:?}", got.2);
    }
}

fn set(there: &mut FakeInstance, path: ConfigPath, value: &str) {
    there.values.insert(path, value.into());
}

#[tokio::test]
async fn a_gateway_that_is_not_named_is_not_ours() {
    let (state, ..) = state_after(|there| there.gateways.clear()).await;
    assert_eq!(state, State::GatewayOverridden);
}

#[tokio::test]
async fn the_first_match_wins_and_the_rest_is_said() {
    let (state, reason, findings) = state_after(|there| {
        there.base_url = "https://x.test/".into();
        set(there, ConfigPath::ProductionApiKey, api_key(9).as_str());
        set(there, ConfigPath::ProjectName, "Renamed");
    })
    .await;
    assert_eq!(
        (state, reason.as_str()),
        (State::DifferentInstance, "baseUrlChanged")
    );
    for also in ["apiKeyInvalid", "differsFromAssignment"] {
        assert!(findings.iter().any(|code| code == also), "{findings:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_from_a_wrong_key() {
    let (state, reason, _) = state_after(|there| there.clock_ahead = -900).await;
    assert_eq!(
        (state, reason.as_str()),
        (State::AccountNotVerified, "clockSkew")
    );
    let (state, reason, _) = state_after(|there| there.clock_ahead = 900).await;
    assert_eq!(
        (state, reason.as_str()),
        (State::Unverified, "tokenTimeOff")
    );
}

#[tokio::test]
async fn without_an_answer_of_adobes_nothing_is_green() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.gateway.trouble.always(GatewayError::TimedOut);
    let (state, reason, _) = said(&world, "live").await;
    assert_eq!(
        (state, reason.as_str()),
        (State::Unverified, "gatewayTimedOut")
    );
    assert!(
        world.check("live").await.connected_at.is_some(),
        "when it last was is kept"
    );
}

#[tokio::test]
async fn a_sandbox_pair_left_out_is_a_finding_and_half_of_one_is_not() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .assign_only("live", None, Some("Prod"), PRODUCTION)
        .await
        .unwrap();
    world.with("live", |there| {
        there.values.remove(&ConfigPath::SandboxApiKey);
        there.values.remove(&ConfigPath::SandboxPrivateKey);
    });
    let (state, _, findings) = said(&world, "live").await;
    assert_eq!(state, State::Connected);
    assert!(findings.iter().any(|code| code == "noSandboxPair"));
    world.with("live", |there| {
        set(there, ConfigPath::SandboxApiKey, api_key(1).as_str())
    });
    assert_eq!(said(&world, "live").await.0, State::Incomplete);
    world.with("live", |there| {
        there.values.remove(&ConfigPath::SandboxApiKey);
        there.payments = payments(&[("method", "sandbox"), ("production_merchant_id", "m")]);
    });
    let (state, ..) = said(&world, "live").await;
    assert_eq!(state, State::Incomplete, "payments use the sandbox pair");
}

pub fn payments(rows: &[(&str, &str)]) -> Vec<ScopedValue> {
    rows.iter()
        .map(|(name, value)| ScopedValue {
            path: format!("payment/payment_methods/{name}"),
            scope: "default".into(),
            scope_id: 0,
            value: (*value).into(),
        })
        .collect()
}

#[tokio::test]
async fn what_looks_live_is_held_to_both_roles_until_answered() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.with("copy", |there| {
        there.cloud = None;
        there.payments = payments(&[("method", "production"), ("production_merchant_id", "m")]);
    });
    let (state, reason, findings) = said(&world, "copy").await;
    assert_eq!(
        (state, reason.as_str()),
        (State::DataSpaceMismatch, "testingOnLive")
    );
    assert!(findings.iter().any(|code| code == "looksLive"));
    world.patchbay.answer_live("copy", false).await.unwrap();
    assert_eq!(said(&world, "copy").await.0, State::Connected);
    world.patchbay.answer_live("copy", true).await.unwrap();
    assert_eq!(
        world.known("copy").await.verdict.state,
        State::Unverified,
        "in doubt at once"
    );
    assert_eq!(said(&world, "copy").await.1, "testingOnLive");
}

#[tokio::test]
async fn cloud_production_looks_live_too() {
    let world = world().await;
    world.connected("copy", Role::Development, TESTING).await;
    world.with("copy", |there| {
        there.cloud = Some(Cloud {
            project: "abc".into(),
            branch: "production".into(),
            production: true,
        });
    });
    world.patchbay.repin_instance("copy", "copy").await.unwrap();
    assert_eq!(said(&world, "copy").await.1, "testingOnLive");
}

#[tokio::test]
async fn never_checked_is_unknown_and_watch_only_never_exceeds_unverified() {
    let world = world().await;
    let patchbay = &world.patchbay;
    let watched = patchbay_core::instance::adding::NewInstance {
        name: "seen",
        account: "Nordlys",
        role: Role::Live,
        way: Way::WatchOnly,
        url: Some("https://shop.test/"),
        tags: Vec::new(),
    };
    patchbay.add_instance(watched).await.unwrap();
    let known = patchbay.known(&["seen".into()]).await.unwrap().remove(0);
    assert!(known.1.is_none(), "never checked");
    let board = patchbay.board().await.unwrap().remove(0);
    assert_eq!(board.verdict.state, State::Unknown);
    let (state, reason, _) = said(&world, "seen").await;
    assert_eq!(
        (state, reason.as_str()),
        (State::Unknown, "shopSaysNothing")
    );
    let shown = patchbay_core::id::DataSpaceId::parse(PRODUCTION).unwrap();
    world.storefront.show("https://shop.test/", &shown, None);
    let (state, reason, _) = said(&world, "seen").await;
    assert_eq!((state, reason.as_str()), (State::Unverified, "watchOnly"));
}

#[tokio::test]
async fn one_unreachable_instance_does_not_stop_the_others() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    world.connected("b", Role::Staging, TESTING).await;
    world.with("a", |there| {
        there.unreachable = Some(TransportError::NoRoute)
    });
    let states: Vec<State> = world
        .patchbay
        .check(&[])
        .await
        .unwrap()
        .into_iter()
        .map(|checked| checked.evidence.verdict.state)
        .collect();
    assert_eq!(states, [State::Unreachable, State::Connected]);
}

#[tokio::test]
async fn trouble_with_writing_down_one_answer_is_said_and_stops_nobody() {
    for failing in 0..40 {
        let world = world().await;
        world.connected("a", Role::Live, PRODUCTION).await;
        world.connected("b", Role::Staging, TESTING).await;
        let detail = "disk".to_owned();
        world
            .records
            .trouble
            .once_after(failing, RecordsError::Failed { detail });
        let Ok(checked) = world.patchbay.check(&[]).await else {
            continue;
        };
        let green = checked
            .iter()
            .filter(|one| one.evidence.verdict.state == State::Connected)
            .count();
        assert!(green >= 1, "step {failing}: the other one is still judged");
    }
}

#[tokio::test]
async fn a_data_directory_that_is_gone_is_an_error() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    let why = "gone".to_owned();
    world.records.trouble.always(RecordsError::Unusable { why });
    assert_eq!(
        world.patchbay.check(&[]).await.unwrap_err().code(),
        "dataDirectoryUnusable"
    );
}

#[tokio::test]
async fn green_fades_with_its_proof_and_after_a_sleep() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    assert_eq!(world.known("live").await.verdict.state, State::Connected);
    world.clock.advance(Duration::from_secs(1_821));
    let known = world.known("live").await;
    assert_eq!(known.verdict.state, State::Unverified);
    assert!(known.connected_at.is_some());
    world.check("live").await;
    assert_eq!(world.known("live").await.verdict.state, State::Connected);
    let asleep = patchbay_core::ports::clock::Clock::now(world.clock.as_ref()).0 + 60_000;
    world
        .clock
        .set(patchbay_core::ports::clock::UnixMillis(asleep));
    assert_eq!(
        world.known("live").await.verdict.state,
        State::Unverified,
        "it slept a minute"
    );
}

#[tokio::test]
async fn two_instances_with_one_pair_are_both_proven_in_one_go() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    world.connected("b", Role::Staging, TESTING).await;
    for _ in 0..3 {
        for one in world.patchbay.check(&[]).await.unwrap() {
            assert_eq!(
                one.evidence.verdict.state,
                State::Connected,
                "{:?}",
                one.evidence.verdict
            );
        }
    }
}

#[tokio::test]
async fn a_change_here_takes_the_green_light_back() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.assign("live", TESTING).await;
    let known = world.known("live").await.verdict;
    assert_eq!(
        (known.state, known.reason.code.as_str()),
        (State::Unverified, "changedHere")
    );
    assert_eq!(world.check("live").await.verdict.state, State::Drifted);
}
