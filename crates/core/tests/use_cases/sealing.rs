//! Keys that lie in the clear or under an old crypt key: applied again although nothing else changes.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::instance::Role;
use patchbay_core::look::{Lock, LockSource, Notice};
use patchbay_core::push::guards::GuardId;
use patchbay_core::push::order::Outcome;

use crate::world::{PRODUCTION, TESTING, World, order, world};

fn notice(world: &World, code: &str, path: ConfigPath) {
    world.with("live", |there| {
        there.notices.push(Notice {
            code: code.into(),
            detail: path.as_str().into(),
        });
    });
}

#[tokio::test]
async fn a_pair_that_is_badly_kept_is_applied_again_and_nothing_else_is() {
    for code in ["oldCryptKey", "plaintextRow"] {
        let world = world().await;
        world.connected("live", Role::Live, PRODUCTION).await;
        notice(&world, code, ConfigPath::ProductionPrivateKey);
        let plans = world.patchbay.plan(&order(&["live"])).await.unwrap();
        let plan = plans[0].1.as_ref().unwrap();
        assert_eq!(plan.changes.len(), 1, "{code}");
        assert!(plan.changes[0].only_seals_again());
        let pushed = world.push("live").await;
        assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
        let mut values = world.tally("live").values;
        values.sort();
        let mut pair = vec![
            Purpose::Production.api_key_path(),
            Purpose::Production.private_key_path(),
        ];
        pair.sort();
        assert_eq!(values, pair, "the pair as a whole, and only that");
    }
}

#[tokio::test]
async fn other_notices_and_values_fixed_elsewhere_are_no_reason() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    notice(&world, "staleCache", ConfigPath::ProductionPrivateKey);
    assert_eq!(world.push("live").await.outcome, Outcome::Unchanged);
    notice(&world, "oldCryptKey", ConfigPath::SandboxPrivateKey);
    world.with("live", |there| {
        there.tamper = Some(std::sync::Arc::new(|look| {
            look.locks.push(Lock {
                path: ConfigPath::SandboxPrivateKey,
                source: LockSource::EnvPhp,
                name: None,
            });
        }));
    });
    assert_eq!(world.push("live").await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn encrypting_anew_beside_a_new_data_space_is_not_new_keys() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    notice(&world, "oldCryptKey", ConfigPath::ProductionPrivateKey);
    world.assign("live", TESTING).await;
    let plans = world.patchbay.plan(&order(&["live"])).await.unwrap();
    let guards = &plans[0].1.as_ref().unwrap().guards;
    assert!(
        guards.iter().all(|guard| guard.id != GuardId::G1),
        "{guards:?}"
    );
}
