//! Many instances at once: how many, how many of one server, and stopping.

use std::sync::Arc;

use patchbay_core::fakes::{FakeInstance, Step};
use patchbay_core::instance::adding::NewInstance;
use patchbay_core::instance::{Role, SshWay, Way};
use patchbay_core::ports::transport::TransportError;
use patchbay_core::push::order::{Cancel, OrderKind, Outcome, PushOrder};

use crate::world::{TESTING, TESTING_2, World, way, world};

/// Adds instances at these targets, named alike.
async fn put(world: &World, targets: &[String]) {
    for target in targets {
        world.transport.put(target, FakeInstance::named(target));
        let new = NewInstance {
            name: target,
            account: "Nordlys",
            role: Role::Staging,
            way: Way::Ssh(SshWay {
                target: target.clone(),
                ..way("x")
            }),
            url: None,
            tags: Vec::new(),
        };
        world.patchbay.add_instance(new).await.unwrap();
    }
}

/// The window awaits these on whichever thread is free; it is compiled less often than this.
#[tokio::test]
async fn what_works_on_many_may_be_awaited_on_another_thread() {
    fn may_be_sent(_: impl Send) {}
    let world = world().await;
    let order = PushOrder::new(OrderKind::Assignment, Vec::new());
    may_be_sent(world.patchbay.check(&[]));
    may_be_sent(world.patchbay.plan(&order));
    may_be_sent(world.patchbay.push(&order, &|_, _| {}));
}

fn targets(count: usize, hosts: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("user{n}@host{}", n % hosts))
        .collect()
}

/// The most connections at once while everything is checked.
async fn most(world: &World) -> u32 {
    let before = world.transport.most_at_once();
    let checked = world.patchbay.check(&[]).await.unwrap();
    let names: Vec<&str> = checked
        .iter()
        .map(|one| one.instance.name.as_str())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len(), "each once, whatever the lanes");
    world.transport.most_at_once().max(before)
}

#[tokio::test]
async fn eight_at_once_and_one_of_each_server_unless_set() {
    let few = world().await;
    put(&few, &targets(6, 2)).await;
    assert_eq!(most(&few).await, 2, "two servers, one instance of each");
    let one = world().await;
    put(&one, &targets(6, 1)).await;
    assert_eq!(most(&one).await, 1);
    one.patchbay
        .set_setting("parallel-per-host", "3")
        .await
        .unwrap();
    assert_eq!(most(&one).await, 3);
    let many = world().await;
    put(&many, &targets(20, 20)).await;
    assert_eq!(most(&many).await, 8);
}

#[tokio::test]
async fn the_bound_over_all_holds_whatever_each_server_may() {
    let world = world().await;
    world.patchbay.set_setting("parallel", "3").await.unwrap();
    world
        .patchbay
        .set_setting("parallel-per-host", "16")
        .await
        .unwrap();
    put(&world, &targets(12, 2)).await;
    assert_eq!(most(&world).await, 3);
}

#[tokio::test]
async fn another_port_is_another_server() {
    let world = world().await;
    put(&world, &["a@host".into(), "b@host".into()]).await;
    assert_eq!(most(&world).await, 1);
    let edit = patchbay_core::instance::adding::InstanceEdit {
        way: Some(Way::Ssh(SshWay {
            port: Some(2222),
            ..way("b@host")
        })),
        ..Default::default()
    };
    world.patchbay.edit_instance("b@host", edit).await.unwrap();
    assert_eq!(most(&world).await, 2);
}

/// Two assigned instances on one server.
async fn two(world: &World) -> Vec<String> {
    let targets = targets(2, 1);
    put(world, &targets).await;
    world.assign(&targets[0], TESTING).await;
    world.assign(&targets[1], TESTING_2).await;
    world.transport.reset_tallies();
    targets
}

/// An order for these, with what the guards ask for confirmed.
fn agreed(targets: &[String]) -> PushOrder {
    PushOrder {
        confirmed: targets.to_vec(),
        ..PushOrder::new(OrderKind::Assignment, targets.to_vec())
    }
}

fn raised_at(world: &World, step: Step) -> Cancel {
    let cancel = Cancel::default();
    let hand = cancel.clone();
    world.transport.on_step(Arc::new(move |_, at| {
        if at == step {
            hand.raise();
        }
    }));
    cancel
}

#[tokio::test]
async fn cancelled_before_go_nothing_is_written_and_nobody_else_is_connected_to() {
    for step in [Step::Begin, Step::Ready] {
        let world = world().await;
        let targets = two(&world).await;
        let mut order = agreed(&targets);
        order.cancel = raised_at(&world, step);
        let outcomes: Vec<Outcome> = world
            .order(&order)
            .await
            .iter()
            .map(|one| one.outcome)
            .collect();
        assert_eq!(
            outcomes,
            [Outcome::Cancelled, Outcome::Cancelled],
            "{step:?}"
        );
        world.assert_nothing_sent(&targets[0]);
        assert_eq!(world.tally(&targets[1]).connections, 0);
        let entries = world.patchbay.journal().await.unwrap();
        assert!(entries.is_empty(), "nothing happened: {entries:?}");
    }
}

#[tokio::test]
async fn cancelled_after_go_what_is_being_written_is_finished() {
    let world = world().await;
    let targets = two(&world).await;
    let mut order = agreed(&targets);
    order.cancel = raised_at(&world, Step::Go);
    let outcomes: Vec<Outcome> = world
        .order(&order)
        .await
        .iter()
        .map(|one| one.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Pushed, Outcome::Cancelled]);
    assert_eq!(world.tally(&targets[0]).values.len(), 9);
}

#[tokio::test]
async fn only_what_failed_is_tried_again() {
    let world = world().await;
    let targets = targets(2, 2);
    put(&world, &targets).await;
    world.assign(&targets[0], TESTING).await;
    world.assign(&targets[1], TESTING_2).await;
    world.with(&targets[1], |there| {
        there.unreachable = Some(TransportError::NoRoute);
    });
    let outcomes = world.order(&agreed(&targets)).await;
    let outcomes: Vec<Outcome> = outcomes.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Pushed, Outcome::Failed]);
    let failed = world.patchbay.failed_of_last_push().await.unwrap().unwrap();
    let known = world.patchbay.instances().await.unwrap();
    let again = known
        .iter()
        .filter(|one| failed.instances.contains(&one.id));
    let again: Vec<&String> = again.map(|one| &one.name).collect();
    assert_eq!(again, [&targets[1]]);
}
