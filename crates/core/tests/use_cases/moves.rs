//! Plans of their own: *Move to another MageID* and *Repair*.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState;
use patchbay_core::fakes::instance::Cut;
use patchbay_core::fakes::keys;
use patchbay_core::id::{DataSpaceId, ProjectId};
use patchbay_core::instance::Role;
use patchbay_core::journal::Action;
use patchbay_core::ports::records::{Aside, Records as _};
use patchbay_core::push::guards::{Effect, GuardId};
use patchbay_core::push::order::{InstanceResult, MoveTarget, OrderKind, Outcome, PushOrder};

use crate::world::{
    OTHER_PROJECT, OTHER_SPACE, PRODUCTION, PROJECT, TESTING, World, api_key, mage, world,
};

fn target(sandbox: &str, production: &str, project: &str, space: &str) -> PushOrder {
    let target = MoveTarget {
        sandbox: sandbox.into(),
        production: production.into(),
        project: ProjectId::parse(project).unwrap(),
        data_space: DataSpaceId::parse(space).unwrap(),
    };
    PushOrder::new(OrderKind::Move(Box::new(target)), vec!["live".into()])
}

fn to_them() -> PushOrder {
    target("Their sand", "Theirs", OTHER_PROJECT, OTHER_SPACE)
}

fn repair(name: &str) -> PushOrder {
    PushOrder::new(OrderKind::Repair, vec![name.into()])
}

fn confirmed(mut order: PushOrder) -> PushOrder {
    order.confirmed = order.names.clone();
    order
}

async fn carried(world: &World, order: PushOrder) -> InstanceResult {
    world.order(&order).await.remove(0)
}

/// A live instance of ours, and both pairs of another merchant.
async fn two_merchants() -> World {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .gateway
        .register(&mage(2), Purpose::Sandbox, &api_key(4), &keys::der(4));
    for (purpose, name, key) in [
        (Purpose::Production, "Theirs", 2),
        (Purpose::Sandbox, "Their sand", 4),
    ] {
        world.bring("Other", purpose, name, key).await.unwrap();
    }
    world
}

#[tokio::test]
async fn a_move_says_what_is_lost_asks_for_the_name_and_changes_both_at_once() {
    let world = two_merchants().await;
    let planned = world.patchbay.plan(&to_them()).await.unwrap();
    let plan = planned[0].1.as_ref().unwrap();
    let moves = plan.guards.iter().find(|said| said.case == "movesAccount");
    let moves = moves.unwrap();
    assert_eq!((moves.id, moves.effect), (GuardId::G1, Effect::Confirm));
    assert!(moves.text.contains("MAG000000001") && moves.text.contains("MAG000000002"));
    assert!(
        plan.guards
            .iter()
            .all(|said| said.effect != Effect::Blocked)
    );
    assert!(plan.also.iter().any(|also| also.case == "resync"));

    world.transport.reset_tallies();
    let asked = carried(&world, to_them()).await;
    assert_eq!(asked.outcome, Outcome::Blocked);
    world.assert_nothing_sent("live");

    let moved = carried(&world, confirmed(to_them())).await;
    assert_eq!(moved.outcome, Outcome::Pushed, "{:?}", moved.error);
    let state = moved.evidence.unwrap().verdict;
    assert_eq!(state.state, ConnectionState::Connected, "{state:?}");
    let assignments = world.patchbay.assignments().await.unwrap();
    assert_eq!(assignments[0].data_space.id.as_str(), OTHER_SPACE);
    let accounts = world.patchbay.accounts().await.unwrap();
    let theirs = accounts.iter().find(|one| one.label == "Other").unwrap();
    let live = world.patchbay.instances().await.unwrap().remove(0);
    assert_eq!(
        live.account, theirs.id,
        "it belongs to the other account now"
    );
    let coming = world
        .records
        .assignments_aside(Aside::Coming)
        .await
        .unwrap();
    assert_eq!(coming, []);
    let lines = world.patchbay.journal().await.unwrap();
    assert_eq!(lines.last().unwrap().event.action, Action::Move);
}

#[tokio::test]
async fn only_another_account_is_moved_to_and_with_both_of_its_pairs() {
    let world = two_merchants().await;
    for (order, code) in [
        (target("Sand", "Prod", PROJECT, TESTING), "sameAccount"),
        (
            target("Sand", "Theirs", OTHER_PROJECT, OTHER_SPACE),
            "pairsOfTwoAccounts",
        ),
        (
            target("Theirs", "Their sand", OTHER_PROJECT, OTHER_SPACE),
            "pairsSwapped",
        ),
    ] {
        let refused = carried(&world, confirmed(order)).await;
        assert_eq!(refused.outcome, Outcome::Failed);
        assert_eq!(refused.error.unwrap().code(), code);
    }
    // The other merchant's keys see no data space of ours.
    let foreign = target("Their sand", "Theirs", PROJECT, TESTING);
    let refused = carried(&world, confirmed(foreign)).await;
    assert_eq!(refused.outcome, Outcome::Failed);
    assert_eq!(world.tally("live").connections, 0);
    let mut two = to_them();
    two.names.push("other".into());
    let refused = world.patchbay.push(&two, &|_, _| {}).await;
    assert_eq!(refused.unwrap_err().code(), "oneAtATime");
}

#[tokio::test]
async fn a_move_that_is_not_written_leaves_assignment_and_account() {
    let world = two_merchants().await;
    world.with("live", |there| there.go_cut = Some(Cut::BeforeWriting));
    let failed = carried(&world, confirmed(to_them())).await;
    assert_eq!(failed.outcome, Outcome::Failed);
    let assignments = world.patchbay.assignments().await.unwrap();
    assert_eq!(assignments[0].data_space.id.as_str(), PRODUCTION);
    let coming = world
        .records
        .assignments_aside(Aside::Coming)
        .await
        .unwrap();
    assert_eq!(coming, []);
}

#[tokio::test]
async fn a_move_that_was_interrupted_is_taken_over_at_the_next_start() {
    let world = two_merchants().await;
    // Committed, and then neither the answer nor the second look came through.
    world.transport.on_step(std::sync::Arc::new({
        let transport = std::sync::Arc::downgrade(&world.transport);
        move |target, step| {
            if step == patchbay_core::fakes::transport::Step::Committed {
                let transport = transport.upgrade().unwrap();
                transport.with(target, |there| {
                    there.unreachable =
                        Some(patchbay_core::ports::transport::TransportError::NoRoute);
                });
            }
        }
    }));
    world.with("live", |there| there.go_cut = Some(Cut::AfterWriting));
    let unknown = carried(&world, confirmed(to_them())).await;
    assert_eq!(unknown.outcome, Outcome::OutcomeUnknown);
    let assignments = world.patchbay.assignments().await.unwrap();
    assert_eq!(assignments[0].data_space.id.as_str(), PRODUCTION);
    world.with("live", |there| {
        there.unreachable = None;
        there.go_cut = None;
    });
    let settled = world.another_process().settle().await.unwrap();
    assert_eq!(settled[0].outcome, Outcome::Pushed);
    let assignments = world.patchbay.assignments().await.unwrap();
    assert_eq!(assignments[0].data_space.id.as_str(), OTHER_SPACE);
    assert_eq!(
        world.check("live").await.verdict.state,
        ConnectionState::Connected
    );
}

#[tokio::test]
async fn repair_takes_a_live_instance_back_to_what_it_was_proven_with_in_one() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let before = world.with("live", |there| there.values.clone());
    // Somebody imported another shop's settings: keys and data space are foreign now.
    world.with("live", |there| {
        for path in ConfigPath::ALL {
            there.values.insert(path, b"foreign".to_vec());
        }
    });
    // And meanwhile somebody assigned what was never proven here.
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
        .assign_only("live", Some("Sand"), Some("New"), TESTING)
        .await
        .unwrap();
    let pushed = world.push_confirmed("live").await;
    assert_eq!(pushed.outcome, Outcome::Blocked, "an ordinary push is G1");
    world.transport.reset_tallies();
    let repaired = carried(&world, confirmed(repair("live"))).await;
    assert_eq!(repaired.outcome, Outcome::Pushed, "{:?}", repaired.error);
    assert!(repaired.guards.iter().all(|said| said.id != GuardId::G1));
    assert_eq!(world.with("live", |there| there.values.clone()), before);
    let assignments = world.patchbay.assignments().await.unwrap();
    assert_eq!(assignments[0].data_space.id.as_str(), PRODUCTION);
    let state = repaired.evidence.unwrap().verdict.state;
    assert_eq!(state, ConnectionState::Connected);
}

#[tokio::test]
async fn what_was_never_proven_or_whose_pair_is_gone_cannot_be_repaired() {
    let world = world().await;
    world
        .add(
            "new",
            Role::Staging,
            patchbay_core::fakes::FakeInstance::named("new"),
        )
        .await;
    world.assign("new", TESTING).await;
    let refused = carried(&world, repair("new")).await;
    assert_eq!(refused.error.unwrap().code(), "neverProven");

    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
        .assign_only("live", Some("Sand"), Some("New"), PRODUCTION)
        .await
        .unwrap();
    world
        .assign_only("new", Some("Sand"), Some("New"), TESTING)
        .await
        .unwrap();
    world.patchbay.remove_key_pair("Prod").await.unwrap();
    let refused = carried(&world, repair("live")).await;
    assert_eq!(refused.error.unwrap().code(), "assignedPairGone");
    assert_eq!(world.tally("live").gos, 0);
}

#[tokio::test]
async fn repair_does_not_take_a_space_that_is_anothers_now() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.assign("copy", crate::world::TESTING_2).await;
    world
        .add(
            "other",
            Role::Staging,
            patchbay_core::fakes::FakeInstance::named("other"),
        )
        .await;
    world.assign("other", TESTING).await;
    world.with("copy", |there| there.values.clear());
    let refused = carried(&world, confirmed(repair("copy"))).await;
    assert_eq!(refused.outcome, Outcome::Blocked);
    assert!(refused.guards.iter().any(|said| said.id == GuardId::G3));
    world.assert_nothing_sent("copy");
}
