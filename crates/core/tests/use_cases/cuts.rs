//! Connections that break at the wrong moment (P9).

use patchbay_core::config::ConfigPath;
use patchbay_core::connection::ConnectionState;
use patchbay_core::fakes::FakeInstance;
use patchbay_core::fakes::instance::Cut;
use patchbay_core::instance::Role;
use patchbay_core::push::order::Outcome;

use crate::world::{PRODUCTION, World, world};

async fn cut(how: Cut, busy: bool) -> (World, Outcome) {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.with("a", |there| there.go_cut = Some(how));
    let transport = world.transport.clone();
    world
        .transport
        .on_step(std::sync::Arc::new(move |name, step| {
            // Somebody else takes the database lock before the second look.
            if busy && step == patchbay_core::fakes::Step::Go {
                transport.with(name, |there| there.busy = true);
            }
        }));
    let pushed = world.push("a").await;
    (world, pushed.outcome)
}

#[tokio::test]
async fn before_writing_the_second_look_says_failed() {
    let (world, outcome) = cut(Cut::BeforeWriting, false).await;
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(world.row("a", ConfigPath::ProjectId), None);
    assert!(world.patchbay.open_entries().await.unwrap().is_empty());
}

#[tokio::test]
async fn after_writing_the_second_look_says_pushed_and_proves_it() {
    let (world, outcome) = cut(Cut::AfterWriting, false).await;
    assert_eq!(outcome, Outcome::Pushed);
    assert!(world.patchbay.open_entries().await.unwrap().is_empty());
    assert_eq!(
        world.known("a").await.verdict.state,
        ConnectionState::Connected
    );
}

#[tokio::test]
async fn what_cannot_be_told_stays_open_and_is_named_later() {
    for (how, named) in [
        (Cut::BeforeWriting, Outcome::Failed),
        (Cut::AfterWriting, Outcome::Pushed),
    ] {
        let (world, outcome) = cut(how, true).await;
        assert_eq!(outcome, Outcome::OutcomeUnknown);
        assert_eq!(world.patchbay.open_entries().await.unwrap().len(), 1);
        let settled = world.patchbay.settle().await.unwrap();
        assert_eq!(settled[0].outcome, Outcome::OutcomeUnknown, "still busy");
        assert_eq!(world.patchbay.open_entries().await.unwrap().len(), 1);
        world.with("a", |there| there.busy = false);
        let next_start = world.another_process();
        assert_eq!(next_start.settle().await.unwrap()[0].outcome, named);
        assert!(world.patchbay.open_entries().await.unwrap().is_empty());
        assert!(
            world.patchbay.settle().await.unwrap().is_empty(),
            "only once"
        );
    }
}

#[tokio::test]
async fn neither_old_nor_new_is_never_named() {
    let (world, _) = cut(Cut::AfterWriting, true).await;
    world.with("a", |there| {
        there.busy = false;
        there
            .values
            .insert(ConfigPath::ProjectName, b"Third".to_vec());
    });
    let settled = world.patchbay.settle().await.unwrap();
    assert_eq!(settled[0].outcome, Outcome::OutcomeUnknown);
}

#[tokio::test]
async fn an_entry_of_a_living_process_is_left_alone() {
    use patchbay_core::ports::records::Records as _;
    let (world, _) = cut(Cut::AfterWriting, true).await;
    world.with("a", |there| there.busy = false);
    let id = world.patchbay.instances().await.unwrap().remove(0).id;
    let alive = world
        .records
        .another_process()
        .lock_instance(&id)
        .await
        .unwrap();
    assert!(world.patchbay.settle().await.unwrap().is_empty());
    drop(alive);
    assert_eq!(world.patchbay.settle().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_re_read_is_pushed_all_the_same() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.with("a", |there| there.finish_cut = true);
    let pushed = world.push("a").await;
    assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
    assert_eq!(
        pushed.evidence.unwrap().verdict.state,
        ConnectionState::Connected
    );
}
