//! Undo and detach (P7, G10).

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::id::EntryId;
use patchbay_core::instance::Role;
use patchbay_core::ports::gateway::GatewayError;
use patchbay_core::push::guards::{Effect, GuardId};
use patchbay_core::push::order::{InstanceResult, OrderKind, Outcome, PushOrder};

use crate::world::{PRODUCTION, TESTING, World, api_key, world};

async fn undo(world: &World, entry: &EntryId, confirmed: &[&str]) -> InstanceResult {
    let mut order = PushOrder::new(OrderKind::Undo(entry.clone()), Vec::new());
    order.confirmed = confirmed.iter().map(|name| (*name).to_owned()).collect();
    world.order(&order).await.remove(0)
}

/// A live instance whose production pair was replaced by key 3; the entry that did it.
async fn replaced() -> (World, EntryId) {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
        .assign_only("live", Some("Sand"), Some("New"), PRODUCTION)
        .await
        .unwrap();
    let pushed = world.push("live").await;
    assert_eq!(pushed.outcome, Outcome::Pushed);
    world.transport.reset_tallies();
    (world, pushed.entry.unwrap())
}

#[tokio::test]
async fn undo_brings_the_former_rows_back_exactly() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    // Former keys in a spelling of their own come back in that spelling.
    let odd = [b"\n".as_slice(), keys::pem(0).expose(), b"\n\n"].concat();
    world.with("live", |there| {
        there.values.insert(ConfigPath::ProductionPrivateKey, odd)
    });
    let before = world.with("live", |there| there.values.clone());
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
        .assign_only("live", Some("Sand"), Some("New"), PRODUCTION)
        .await
        .unwrap();
    let pushed = world.push("live").await;
    assert_ne!(world.with("live", |there| there.values.clone()), before);
    let undone = undo(&world, &pushed.entry.unwrap(), &[]).await;
    assert_eq!(undone.outcome, Outcome::Pushed, "{:?}", undone.error);
    assert_eq!(world.with("live", |there| there.values.clone()), before);
    let redone = undo(&world, &undone.entry.unwrap(), &[]).await;
    assert_eq!(redone.outcome, Outcome::Pushed, "an undo can be undone");
}

#[tokio::test]
async fn what_changed_since_is_not_undone() {
    let (world, entry) = replaced().await;
    world.with("live", |there| {
        there
            .values
            .insert(ConfigPath::ProductionApiKey, b"someone".to_vec());
    });
    assert_eq!(
        undo(&world, &entry, &["live"]).await.outcome,
        Outcome::ChangedSincePlan
    );
    world.assert_nothing_sent("live");
}

#[tokio::test]
async fn former_keys_that_adobe_rejects_stay_away() {
    let (world, entry) = replaced().await;
    world.gateway.delete(Purpose::Production, &api_key(0));
    let blocked = undo(&world, &entry, &["live"]).await;
    assert_eq!(blocked.outcome, Outcome::Blocked);
    let said = &blocked.guards[0];
    assert_eq!((said.id, said.effect), (GuardId::P7, Effect::Blocked));
    assert_eq!(world.tally("live").gos, 0);
}

#[tokio::test]
async fn former_keys_that_nobody_can_vouch_for_are_confirmed() {
    let (world, entry) = replaced().await;
    world.gateway.trouble.always(GatewayError::TimedOut);
    let asked = undo(&world, &entry, &[]).await;
    assert_eq!(asked.outcome, Outcome::Blocked);
    assert_eq!(asked.guards[0].effect, Effect::Confirm);
    assert_eq!(
        undo(&world, &entry, &["live"]).await.outcome,
        Outcome::Pushed
    );
}

#[tokio::test]
async fn undoing_a_first_push_removes_values_and_is_confirmed_on_live() {
    let world = world().await;
    world
        .add("live", Role::Live, FakeInstance::named("live"))
        .await;
    world.assign("live", PRODUCTION).await;
    let entry = world.push("live").await.entry.unwrap();
    let asked = undo(&world, &entry, &[]).await;
    let ids: Vec<GuardId> = asked.guards.iter().map(|guard| guard.id).collect();
    assert!(ids.contains(&GuardId::G10), "{ids:?}");
    assert_eq!(
        undo(&world, &entry, &["live"]).await.outcome,
        Outcome::Pushed
    );
    assert!(world.with("live", |there| there.values.is_empty()));
}

#[tokio::test]
async fn an_undo_that_would_take_a_space_from_another_is_blocked() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.assign("copy", crate::world::TESTING_2).await;
    let moved = world.push_confirmed("copy").await;
    assert_eq!(moved.outcome, Outcome::Pushed, "{:?}", moved.error);
    world
        .add("other", Role::Staging, FakeInstance::named("other"))
        .await;
    world.assign("other", TESTING).await;
    let back = undo(&world, &moved.entry.unwrap(), &["copy"]).await;
    assert_eq!(back.outcome, Outcome::Blocked);
    assert!(back.guards.iter().any(|guard| guard.id == GuardId::G3));
}

#[tokio::test]
async fn a_whole_push_is_taken_back_and_an_unknown_one_is_not() {
    let world = world().await;
    for (name, space) in [("a", PRODUCTION), ("b", TESTING)] {
        world
            .add(name, Role::LiveNotOpenYet, FakeInstance::named(name))
            .await;
        world.assign(name, space).await;
    }
    let report = world
        .patchbay
        .push(&crate::world::order(&["a", "b"]), &|_, _| {})
        .await
        .unwrap();
    let back = PushOrder::new(OrderKind::UndoPush(report.push), Vec::new());
    let mut back = back;
    back.confirmed = vec!["a".into(), "b".into()];
    let results = world.order(&back).await;
    assert!(
        results.iter().all(|one| one.outcome == Outcome::Pushed),
        "{results:?}"
    );
    for name in ["a", "b"] {
        assert!(world.with(name, |there| there.values.is_empty()));
    }
    let unknown = EntryId::from_random([9; 16]);
    let order = PushOrder::new(OrderKind::Undo(unknown), Vec::new());
    assert_eq!(
        world
            .patchbay
            .push(&order, &|_, _| {})
            .await
            .unwrap_err()
            .code(),
        "noSuch"
    );
}

#[tokio::test]
async fn detaching_a_copy_removes_all_nine_and_a_live_one_asks() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    let detach = |names: &[&str]| {
        PushOrder::new(
            OrderKind::Detach,
            names.iter().map(|n| (*n).to_owned()).collect(),
        )
    };
    let gone = world.order(&detach(&["copy"])).await.remove(0);
    assert_eq!(gone.outcome, Outcome::Pushed, "{:?}", gone.error);
    assert!(world.with("copy", |there| there.values.is_empty()));

    world.connected("live", Role::Live, PRODUCTION).await;
    let asked = world.order(&detach(&["live"])).await.remove(0);
    assert_eq!(asked.outcome, Outcome::Blocked);
    world.assert_nothing_sent("live");
    let mut bulk = detach(&["live", "copy"]);
    bulk.confirmed = vec!["live".into()];
    let in_bulk = world.order(&bulk).await;
    assert_eq!(in_bulk[0].outcome, Outcome::Blocked, "never in bulk");
    world.assert_nothing_sent("live");
}

#[tokio::test]
async fn detaching_nothing_by_name_detaches_nothing() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    let all = PushOrder::new(OrderKind::Detach, Vec::new());
    let refused = world.patchbay.push(&all, &|_, _| {}).await;
    assert_eq!(refused.unwrap_err().code(), "noInstanceNamed");
    world.assert_nothing_sent("copy");
}

#[tokio::test]
async fn what_is_taken_back_already_is_unchanged() {
    let (world, entry) = replaced().await;
    let undone = undo(&world, &entry, &["live"]).await;
    assert_eq!(undone.outcome, Outcome::Pushed, "{:?}", undone.error);
    world.transport.reset_tallies();
    let again = undo(&world, &entry, &["live"]).await;
    assert_eq!(again.outcome, Outcome::Unchanged, "{:?}", again.error);
    world.assert_nothing_sent("live");
}

#[tokio::test]
async fn a_name_is_not_asked_for_where_typing_it_opens_nothing() {
    let world = world().await;
    world
        .add("live", Role::Live, FakeInstance::named("live"))
        .await;
    world
        .add("copy", Role::Staging, FakeInstance::named("copy"))
        .await;
    world.assign("live", PRODUCTION).await;
    world.assign("copy", TESTING).await;
    let mut both = crate::world::order(&["live", "copy"]);
    both.confirmed = vec!["live".into(), "copy".into()];
    let pushed = world.patchbay.push(&both, &|_, _| {}).await.unwrap();
    let back = PushOrder::new(OrderKind::UndoPush(pushed.push), Vec::new());
    let results = world.order(&back).await;
    let live = results.iter().find(|one| one.name == "live").unwrap();
    assert_eq!(live.outcome, Outcome::Blocked);
    let said = live.error.as_ref().unwrap().to_string();
    assert!(said.contains("Never in bulk"), "{said}");
}
