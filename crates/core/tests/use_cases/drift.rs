//! What differs from the assignment: expected and found, who pushed last, and the three answers.

use std::time::Duration;

use patchbay_core::config::ConfigPath;
use patchbay_core::connection::ConnectionState as State;
use patchbay_core::connection::drift::Told;
use patchbay_core::fakes::keys;
use patchbay_core::instance::Role;

use crate::world::{PRODUCTION, World, api_key, world};

async fn drifted() -> World {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| {
        there
            .values
            .insert(ConfigPath::ProjectName, b"Renamed".to_vec());
        let key = ConfigPath::ProductionPrivateKey;
        there.values.insert(key, keys::pem(3).expose().to_vec());
        let public = api_key(3).as_str().as_bytes().to_vec();
        there.values.insert(ConfigPath::ProductionApiKey, public);
    });
    assert_eq!(world.check("live").await.verdict.state, State::Drifted);
    world
}

#[tokio::test]
async fn expected_and_found_stand_beside_each_other_with_who_pushed_last() {
    let world = drifted().await;
    let drift = world.patchbay.drift("live").await.unwrap();
    let paths: Vec<ConfigPath> = drift.values.iter().map(|value| value.path).collect();
    for path in [
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
        ConfigPath::ProjectName,
    ] {
        assert!(paths.contains(&path), "{paths:?}");
    }
    assert_eq!(paths.len(), 3, "{paths:?}");
    let of = |path| {
        drift
            .values
            .iter()
            .find(|value| value.path == path)
            .unwrap()
    };
    let name = of(ConfigPath::ProjectName);
    assert_eq!(
        (&name.expected, &name.found),
        (
            &Told::Plain("Nordlys".into()),
            &Told::Plain("Renamed".into())
        )
    );
    let key = of(ConfigPath::ProductionPrivateKey);
    assert!(matches!((&key.expected, &key.found), (Told::Key(a), Told::Key(b)) if a != b));
    let pushed = drift.last_push.unwrap();
    assert_eq!(pushed.person, "tester");
    assert!(drift.seen_at.is_some_and(|seen| seen >= pushed.at));
}

#[tokio::test]
async fn apply_again_and_accept_both_end_it() {
    let world = drifted().await;
    let pushed = world.push_confirmed("live").await;
    assert!(pushed.error.is_none(), "{:?}", pushed.error);
    assert_eq!(world.check("live").await.verdict.state, State::Connected);
    assert!(
        world
            .patchbay
            .drift("live")
            .await
            .unwrap()
            .values
            .is_empty()
    );

    let world = drifted().await;
    world.patchbay.accept_drift("live").await.unwrap();
    assert_eq!(world.check("live").await.verdict.state, State::Connected);
    assert!(
        world
            .patchbay
            .drift("live")
            .await
            .unwrap()
            .values
            .is_empty()
    );
}

#[tokio::test]
async fn a_reminder_is_put_off_for_this_very_difference_only() {
    let world = drifted().await;
    let drift = world.patchbay.remind_later("live", 7).await.unwrap();
    assert!(drift.later.is_some());
    assert_eq!(
        world.known("live").await.verdict.state,
        State::Drifted,
        "the light says what is so"
    );
    world.with("live", |there| {
        there
            .values
            .insert(ConfigPath::ProjectName, b"Again".to_vec());
    });
    world.check("live").await;
    let drift = world.patchbay.drift("live").await.unwrap();
    assert_eq!(drift.later, None, "another difference is told at once");

    world.patchbay.remind_later("live", 1).await.unwrap();
    world.clock.advance(Duration::from_secs(86_401));
    assert_eq!(world.patchbay.drift("live").await.unwrap().later, None);

    for days in [0, 31] {
        let refused = world.patchbay.remind_later("live", days).await;
        assert_eq!(refused.unwrap_err().code(), "badReminder");
    }
    world
        .connected("fine", Role::Staging, crate::world::TESTING)
        .await;
    let nothing = world.patchbay.remind_later("fine", 1).await;
    assert_eq!(nothing.unwrap_err().code(), "nothingDrifted");
}
