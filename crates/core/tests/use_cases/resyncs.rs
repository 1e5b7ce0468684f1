//! After a change of data space the catalogue is due until every feed was sent again (P14).

use std::sync::Mutex;

use patchbay_core::config::ConfigPath;
use patchbay_core::instance::Role;
use patchbay_core::journal::Action;
use patchbay_core::ports::records::Records as _;
use patchbay_core::ports::transport::{FeedEnd, TransportError};
use patchbay_core::push::order::{Cancel, OrderKind, Outcome, PushOrder};
use patchbay_core::resync::{
    DEFAULT_LIMIT, DUE, FeedOutcome, FeedStep, ResyncOrder, ResyncReport, is_due,
};
use patchbay_core::{Error, Result};

use crate::world::{PRODUCTION, TESTING, TESTING_2, World, world};

fn order(feeds: &[&str]) -> ResyncOrder {
    ResyncOrder {
        instance: "copy".into(),
        feeds: feeds.iter().map(|feed| (*feed).to_owned()).collect(),
        limit: DEFAULT_LIMIT,
        cancel: Cancel::default(),
    }
}

async fn resync(world: &World, feeds: &[&str]) -> Result<ResyncReport> {
    world.patchbay.resync(&order(feeds), &|_, _| {}).await
}

/// A copy that just got another data space, with three feeds.
async fn moved() -> World {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.with("copy", |there| {
        there.feeds = ["products", "prices", "scopesWebsite"]
            .map(|feed| (feed.to_owned(), FeedEnd::Sent))
            .into();
    });
    world.assign("copy", TESTING_2).await;
    let pushed = world.push_confirmed("copy").await;
    assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
    let plan = pushed.plan.unwrap();
    assert!(plan.also.iter().any(|also| also.case == "resync"));
    assert!(
        is_due(&pushed.evidence.unwrap()),
        "the push says so at once"
    );
    world
}

fn code<T>(refused: Result<T>) -> &'static str {
    refused.err().as_ref().map_or("", Error::code)
}

#[tokio::test]
async fn the_finding_stays_until_every_feed_was_sent() {
    let world = moved().await;
    assert!(is_due(&world.check("copy").await), "and every check after");
    let some = resync(&world, &["prices", "SCOPESWEBSITE"]).await.unwrap();
    assert_eq!(some.due, ["products"]);
    assert!(is_due(&world.check("copy").await));
    let all = resync(&world, &[]).await.unwrap();
    let names: Vec<&str> = all.feeds.iter().map(|one| one.feed.as_str()).collect();
    assert_eq!(names, ["scopesWebsite", "products", "prices"]);
    assert_eq!(all.due, [] as [&str; 0]);
    assert!(!is_due(&world.known("copy").await), "gone without a check");
    assert!(!is_due(&world.check("copy").await));
    let sent = world.with("copy", |there| there.sent.clone());
    assert!(sent.iter().all(|(_, space)| space == TESTING_2));
    let lines = world.patchbay.journal().await.unwrap();
    let resyncs = lines.iter().filter(|l| l.event.action == Action::Resync);
    assert_eq!(resyncs.count(), 2);
}

#[tokio::test]
async fn a_first_connection_and_a_disconnection_leave_nothing_due() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    assert!(!is_due(&world.known("copy").await));
    let world = moved().await;
    let mut gone = PushOrder::new(OrderKind::Detach, vec!["copy".into()]);
    gone.confirmed = vec!["copy".into()];
    assert_eq!(world.order(&gone).await[0].outcome, Outcome::Pushed);
    let evidence = world.check("copy").await;
    assert!(evidence.verdict.findings.iter().all(|one| one.code != DUE));
}

#[tokio::test]
async fn what_fails_stays_due_and_the_others_go_on() {
    let world = moved().await;
    world.with("copy", |there| {
        there.feeds[0].1 = FeedEnd::Failed("timeout at the gateway".into());
        there.feeds[1].1 = FeedEnd::Late;
    });
    let seen: Mutex<Vec<(String, FeedStep)>> = Mutex::default();
    let report = world
        .patchbay
        .resync(&order(&[]), &|feed, step| {
            seen.lock().unwrap().push((feed.to_owned(), step));
        })
        .await
        .unwrap();
    let outcomes: Vec<&FeedOutcome> = report.feeds.iter().map(|one| &one.outcome).collect();
    assert_eq!(
        outcomes,
        [
            &FeedOutcome::Sent,
            &FeedOutcome::Failed("timeout at the gateway".into()),
            &FeedOutcome::Late
        ]
    );
    assert_eq!(report.due, ["products", "prices"]);
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 9, "begun, said and ended, three times");
    assert_eq!(seen[0], ("scopesWebsite".into(), FeedStep::Begun));
}

#[tokio::test]
async fn a_raised_flag_leaves_the_rest_and_a_broken_connection_too() {
    let world = moved().await;
    let order = order(&[]);
    let cancel = order.cancel.clone();
    let report = world
        .patchbay
        .resync(&order, &move |_, _| cancel.raise())
        .await
        .unwrap();
    let words: Vec<&str> = report
        .feeds
        .iter()
        .map(|one| one.outcome.as_str())
        .collect();
    assert_eq!(words, ["sent", "left", "left"]);

    let world = moved().await;
    let transport = world.transport.clone();
    let report = world
        .patchbay
        .resync(&self::order(&[]), &move |_, step| {
            if step == FeedStep::Begun {
                transport.with("copy", |there| {
                    there.unreachable = Some(TransportError::NoRoute);
                });
            }
        })
        .await
        .unwrap();
    let words: Vec<&str> = report
        .feeds
        .iter()
        .map(|one| one.outcome.as_str())
        .collect();
    assert_eq!(words, ["broken", "left", "left"]);
}

#[tokio::test]
async fn no_catalogue_goes_where_it_does_not_belong() {
    let world = moved().await;
    assert_eq!(code(resync(&world, &["orders"]).await), "noSuchFeed");
    world.with("copy", |there| there.feeds.clear());
    assert_eq!(code(resync(&world, &[]).await), "noFeeds");

    // A copy that still holds the live shop's data space.
    let world = moved().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let put = |space: &str| {
        let space = space.as_bytes().to_vec();
        world.with("copy", |there| {
            there.values.insert(ConfigPath::DataSpaceId, space)
        });
    };
    put(PRODUCTION);
    assert_eq!(code(resync(&world, &[]).await), "dataSpaceUsedElsewhere");
    put(TESTING);
    assert_eq!(code(resync(&world, &[]).await), "notItsDataSpace");
    world.with("copy", |there| {
        there.values.remove(&ConfigPath::DataSpaceId)
    });
    assert_eq!(code(resync(&world, &[]).await), "noDataSpace");
    assert!(world.with("copy", |there| there.sent.is_empty()));

    // The database was exchanged between the question and the first feed.
    let world = moved().await;
    let transport = world.transport.clone();
    let report = world
        .patchbay
        .resync(&order(&[]), &move |_, step| {
            if step == FeedStep::Begun {
                transport.with("copy", |there| there.database = "another".into());
            }
        })
        .await
        .unwrap();
    assert!(matches!(report.feeds[0].outcome, FeedOutcome::Broken(_)));
    assert!(world.with("copy", |there| there.sent.is_empty()));
}

#[tokio::test]
async fn one_at_a_time_for_each_instance() {
    let world = moved().await;
    let instances = world.patchbay.instances().await.unwrap();
    let held = world.records.another_process();
    let _lock = held.lock_instance(&instances[0].id).await.unwrap();
    assert_eq!(code(resync(&world, &[]).await), "busy");
}
