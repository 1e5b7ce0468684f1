//! The third part: payments settings go with a copy's connection, and come back with an undo.

use patchbay_core::config::Part;
use patchbay_core::fakes::FakeInstance;
use patchbay_core::fakes::instance::Cut;
use patchbay_core::id::EntryId;
use patchbay_core::instance::Role;
use patchbay_core::look::ScopedValue;
use patchbay_core::push::guards::GuardId;
use patchbay_core::push::order::{InstanceResult, OrderKind, Outcome, PushOrder};

use crate::world::{PRODUCTION, TESTING, World, world};

fn row(name: &str, scope: &str, scope_id: i64, value: &str) -> ScopedValue {
    ScopedValue {
        path: format!("payment/payment_methods/{name}"),
        scope: scope.into(),
        scope_id,
        value: value.into(),
    }
}

/// As a copy of a live shop has them: in every scope, one of them empty.
pub fn rows() -> Vec<ScopedValue> {
    vec![
        row("method", "default", 0, "sandbox"),
        row("production_merchant_id", "stores", 3, ""),
        row("method", "websites", 1, "sandbox"),
        row("sandbox_merchant_id", "websites", 1, "M-1"),
    ]
}

fn detach(names: &[&str], confirmed: &[&str]) -> PushOrder {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut order = PushOrder::new(OrderKind::Detach, own(names));
    order.confirmed = own(confirmed);
    order
}

async fn undo(world: &World, entry: &EntryId) -> InstanceResult {
    let mut order = PushOrder::new(OrderKind::Undo(entry.clone()), Vec::new());
    order.confirmed = vec!["copy".into()];
    world.order(&order).await.remove(0)
}

/// A connected copy with payments settings.
async fn copy() -> World {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.with("copy", |there| there.payments = rows());
    world
}

#[tokio::test]
async fn disconnecting_a_copy_takes_every_payments_row_and_an_undo_brings_each_back() {
    let world = copy().await;
    let before = world.with("copy", |there| {
        (there.values.clone(), there.payments.clone())
    });
    let planned = world.patchbay.plan(&detach(&["copy"], &[])).await.unwrap();
    let plan = planned[0].1.as_ref().unwrap();
    assert!(plan.parts.contains(&Part::Payments));
    let places: Vec<String> = plan.payments.iter().map(|c| c.place.to_string()).collect();
    assert_eq!(
        places,
        [
            "payment/payment_methods/method (default 0)",
            "payment/payment_methods/production_merchant_id (stores 3)",
            "payment/payment_methods/method (websites 1)",
            "payment/payment_methods/sandbox_merchant_id (websites 1)",
        ]
    );
    let gone = world.order(&detach(&["copy"], &["copy"])).await.remove(0);
    assert_eq!(gone.outcome, Outcome::Pushed, "{:?}", gone.error);
    assert_eq!(world.tally("copy").payments_removed, 1);
    let now = world.with("copy", |there| (there.values.len(), there.payments.len()));
    assert_eq!(now, (0, 0));

    let back = undo(&world, gone.entry.as_ref().unwrap()).await;
    assert_eq!(back.outcome, Outcome::Pushed, "{:?}", back.error);
    let after = world.with("copy", |there| {
        (there.values.clone(), there.payments.clone())
    });
    assert_eq!(after, before);
    let again = undo(&world, back.entry.as_ref().unwrap()).await;
    assert_eq!(again.outcome, Outcome::Pushed, "{:?}", again.error);
    assert!(world.with("copy", |there| there.payments.is_empty()));
}

#[tokio::test]
async fn an_ordinary_push_leaves_payments_alone_and_so_does_its_undo() {
    let world = world().await;
    world
        .add("copy", Role::Staging, FakeInstance::named("copy"))
        .await;
    world.with("copy", |there| there.payments = rows());
    world.assign("copy", TESTING).await;
    let pushed = world.push_confirmed("copy").await;
    assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
    world.with("copy", |there| there.payments[3].value = "M-2".into());
    let back = undo(&world, pushed.entry.as_ref().unwrap()).await;
    assert_eq!(back.outcome, Outcome::Pushed, "{:?}", back.error);
    assert_eq!(world.tally("copy").payments_removed, 0);
    assert_eq!(
        world.with("copy", |there| there.payments[3].value.clone()),
        "M-2"
    );
}

#[tokio::test]
async fn payments_that_came_since_stop_an_undo() {
    let world = copy().await;
    let gone = world.order(&detach(&["copy"], &["copy"])).await.remove(0);
    world.with("copy", |there| {
        there.payments = vec![row("method", "default", 0, "production")];
    });
    let back = undo(&world, gone.entry.as_ref().unwrap()).await;
    assert_eq!(back.outcome, Outcome::ChangedSincePlan);
    assert!(world.with("copy", |there| there.values.is_empty()));
}

#[tokio::test]
async fn a_changed_payments_row_is_another_plan() {
    let world = copy().await;
    let planned = world.patchbay.plan(&detach(&["copy"], &[])).await.unwrap();
    let (instance, plan) = &planned[0];
    let mut order = detach(&["copy"], &["copy"]);
    let hash = plan.as_ref().unwrap().hash.clone();
    order.expected = Some([(instance.id.clone(), hash)].into());
    world.transport.reset_tallies();
    world.with("copy", |there| {
        there.payments[0].value = "production".into()
    });
    let refused = world.order(&order).await.remove(0);
    assert_eq!(refused.outcome, Outcome::ChangedSincePlan);
    world.assert_nothing_sent("copy");
    assert_eq!(world.tally("copy").payments_removed, 0);
}

#[tokio::test]
async fn a_cut_is_named_by_the_payments_too() {
    for (cut, outcome) in [
        (Cut::BeforeWriting, Outcome::Failed),
        (Cut::AfterWriting, Outcome::Pushed),
    ] {
        let world = world().await;
        world
            .add("copy", Role::Staging, FakeInstance::named("copy"))
            .await;
        world.with("copy", |there| {
            there.payments = rows();
            there.go_cut = Some(cut);
        });
        let ended = world.order(&detach(&["copy"], &["copy"])).await.remove(0);
        assert_eq!(
            ended.outcome, outcome,
            "only payments change: {:?}",
            ended.error
        );
        let left = world.with("copy", |there| there.payments.len());
        assert_eq!(left == 0, outcome == Outcome::Pushed);
    }
}

#[tokio::test]
async fn payments_of_a_live_shop_are_taken_only_by_name_and_never_in_bulk() {
    let world = copy().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| {
        there.values.clear();
        there.payments = rows();
    });
    let asked = world.order(&detach(&["live"], &[])).await.remove(0);
    assert_eq!(asked.outcome, Outcome::Blocked);
    assert!(asked.guards.iter().any(|said| said.id == GuardId::G10));
    let both = world
        .order(&detach(&["live", "copy"], &["live", "copy"]))
        .await;
    let live = both.iter().find(|one| one.name == "live").unwrap();
    assert_eq!(live.outcome, Outcome::Blocked);
    assert_eq!(world.tally("live").payments_removed, 0);
}
