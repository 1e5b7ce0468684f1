//! Sending the catalogue again, through the instance's own command.

use std::sync::Mutex;
use std::time::Duration;

use patchbay_core::config::ConfigPath;
use patchbay_core::id::{DataSpaceId, Nonce};
use patchbay_core::ports::keychain::Asked;
use patchbay_core::ports::transport::{
    FeedEnd, FeedsRequest, FeedsThere, ResyncRequest, Transport as _, TransportError,
};
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{SPACE, Site, fingerprint_key, random, site};
use crate::look::by_hand;

async fn with(change: impl FnOnce(&mut InstanceOptions)) -> Site {
    let mut options = InstanceOptions {
        by_hand: by_hand(),
        ..Default::default()
    };
    change(&mut options);
    site(options).await
}

async fn feeds(site: &Site) -> FeedsThere {
    let request = FeedsRequest {
        nonce: Nonce::from_random(random()),
        key: fingerprint_key(),
        asked: Asked::ByUser,
    };
    site.transport.feeds(&site.way(), &request).await.unwrap()
}

fn request(there: &FeedsThere, feed: &str, limit: Duration) -> ResyncRequest {
    ResyncRequest {
        nonce: Nonce::from_random(random()),
        key: fingerprint_key(),
        feed: feed.into(),
        identity: there.look.pin.identity.clone(),
        data_space: DataSpaceId::parse(SPACE).unwrap(),
        limit,
        asked: Asked::ByUser,
    }
}

fn log(site: &Site) -> String {
    std::fs::read_to_string(site.instance.root.join("var/log/resync.log")).unwrap_or_default()
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn feeds_are_named_and_sent_one_by_one_with_what_they_say() {
    let site = with(|_| {}).await;
    let there = feeds(&site).await;
    assert_eq!(there.names, ["products", "prices", "scopesWebsite"]);
    assert_eq!(there.look.plain(ConfigPath::DataSpaceId), Some(SPACE));
    let lines: Mutex<Vec<String>> = Mutex::default();
    let hear = |line: &str| lines.lock().unwrap().push(line.to_owned());
    let sent = request(&there, "prices", LONG);
    let end = site.transport.resync(&site.way(), &sent, &hear).await;
    assert_eq!(end, Ok(FeedEnd::Sent));
    assert_eq!(log(&site), format!("prices {SPACE}\n"));
    let lines = lines.into_inner().unwrap();
    assert!(
        lines
            .iter()
            .all(|line| !line.contains(['\r', '\n', '\u{1b}']))
    );
}

#[tokio::test]
async fn progress_is_told_while_a_feed_runs_and_a_failure_in_its_own_words() {
    let site = with(|options| {
        options.feed_millis = 700;
        options.feed_fails = Some("products".into());
    })
    .await;
    let there = feeds(&site).await;
    let lines: Mutex<Vec<String>> = Mutex::default();
    let hear = |line: &str| lines.lock().unwrap().push(line.to_owned());
    let sent = request(&there, "products", LONG);
    let end = site.transport.resync(&site.way(), &sent, &hear).await;
    let Ok(FeedEnd::Failed(words)) = end else {
        panic!("{end:?}")
    };
    assert!(words.contains("Connection refused"), "{words}");
    let bars = lines.into_inner().unwrap();
    let bars = bars.iter().filter(|line| line.contains("/5 [")).count();
    assert!(bars >= 3, "{bars} lines of the bar");
    assert_eq!(log(&site), "");
}

#[tokio::test]
async fn what_takes_too_long_is_ended_and_so_is_what_nobody_waits_for() {
    let site = with(|options| options.feed_millis = 2_000).await;
    let there = feeds(&site).await;
    let short = request(&there, "products", Duration::from_millis(700));
    let end = site.transport.resync(&site.way(), &short, &|_| {}).await;
    assert_eq!(end, Ok(FeedEnd::Late));

    let long = request(&there, "products", LONG);
    let way = site.way();
    let hear = |_: &str| {};
    let left = site.transport.resync(&way, &long, &hear);
    let left = tokio::time::timeout(Duration::from_secs(2), left).await;
    assert!(left.is_err(), "it still runs");
    let pids = site.instance.php_pids();
    let there = |pid: &u32| std::path::Path::new(&format!("/proc/{pid}")).exists();
    for _ in 0..200 {
        if !pids.iter().any(there) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let children = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let words = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        let root = site.instance.root.display().to_string();
        words
            .filter(|words| {
                let words = String::from_utf8_lossy(words).into_owned();
                words.contains("saas:resync") && words.contains(&root)
            })
            .count()
    };
    assert_eq!(children(), 0);
    assert_eq!(log(&site), "", "neither sent its feed to the end");
}

#[tokio::test]
async fn another_data_space_or_identity_sends_nothing() {
    let site = with(|_| {}).await;
    let there = feeds(&site).await;
    let mut other = request(&there, "products", LONG);
    other.data_space = DataSpaceId::parse("99999999-9999-4999-8999-999999999999").unwrap();
    let end = site.transport.resync(&site.way(), &other, &|_| {}).await;
    assert_eq!(end, Ok(FeedEnd::Changed));
    let mut other = request(&there, "products", LONG);
    other.identity = "0".repeat(64);
    let end = site.transport.resync(&site.way(), &other, &|_| {}).await;
    assert_eq!(end, Ok(FeedEnd::Changed));
    assert_eq!(log(&site), "");
}

#[tokio::test]
async fn an_instance_without_the_command_has_no_feeds_and_an_unknown_one_is_refused() {
    let site = with(|options| options.feeds = None).await;
    assert_eq!(feeds(&site).await.names, [] as [&str; 0]);
    let site = with(|_| {}).await;
    let there = feeds(&site).await;
    let unknown = request(&there, "orders", LONG);
    let end = site.transport.resync(&site.way(), &unknown, &|_| {}).await;
    assert!(matches!(end, Ok(FeedEnd::Failed(words)) if words.contains("required")));
    let gone = patchbay_core::instance::SshWay {
        root: "/nowhere".into(),
        ..site.way()
    };
    let unknown = request(&there, "products", LONG);
    let end = site.transport.resync(&gone, &unknown, &|_| {}).await;
    assert_eq!(end, Err(TransportError::RootMissing));
}
