//! Ends at every step of a push: rows are old or new, never mixed, and a second look says which.

use std::time::Duration;

use patchbay_adapters::transport::SshTransport;
use patchbay_core::config::ConfigPath;
use patchbay_core::look::Look;
use patchbay_core::ports::transport::{
    Go, LookRequest, NotWritten, Transport as _, TransportError,
};
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{PROJECT, Site, begin_request, everything, look_request, send, settings, site};
use crate::look::by_hand;

const LONG: u32 = 60_000;

fn paused(site: &Site, step: &str, millis: u32) -> SshTransport {
    SshTransport::new(settings(site.folder.path())).with_pause(step, millis)
}

fn kill_php(site: &Site) {
    for pid in site.instance.php_pids() {
        let pid = i32::try_from(pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

async fn second_look(site: &Site) -> Look {
    let request = LookRequest {
        under_lock: Some(20),
        ..look_request()
    };
    site.transport.look(&site.way(), &request).await.unwrap()
}

async fn until<F: Future<Output = bool>>(mut check: impl FnMut() -> F) {
    for _ in 0..600 {
        if check().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came so far");
}

async fn project(site: &Site) -> Option<String> {
    site.instance
        .row(ConfigPath::ProjectId.as_str())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_php_that_dies_before_ready_leaves_the_old_rows() {
    let site = site(InstanceOptions::default()).await;
    let before = site.instance.rows().await.unwrap();
    let transport = paused(&site, "before-lock", LONG);
    let (way, request) = (site.way(), begin_request(None));
    let begun = transport.begin(&way, &request);
    let killed = async {
        until(async || site.instance.php_starts() > 0).await;
        kill_php(&site);
    };
    let (begun, ()) = tokio::join!(begun, killed);
    assert!(begun.is_err());
    assert_eq!(site.instance.rows().await.unwrap(), before);
    assert!(second_look(&site).await.values.is_empty());
}

#[tokio::test]
async fn a_php_that_dies_before_the_commit_leaves_the_old_rows() {
    for step in [
        "after-ready",
        "before-go-read",
        "in-transaction",
        "before-commit",
    ] {
        let site = site(InstanceOptions {
            by_hand: by_hand(),
            ..Default::default()
        })
        .await;
        let before = site.instance.rows().await.unwrap();
        let transport = paused(&site, step, LONG);
        let request = begin_request(None);
        let mut talk = transport.begin(&site.way(), &request).await.unwrap();
        let writes: Vec<_> = ConfigPath::ALL.map(crate::asking::remove).into();
        let cut = tokio::time::timeout(Duration::from_millis(700), send(&mut talk, &writes)).await;
        assert!(cut.is_err(), "{step}: it stands still there");
        kill_php(&site);
        drop(talk);
        assert_eq!(
            second_look(&site).await.values.len(),
            9,
            "{step}: the second look says old"
        );
        assert_eq!(site.instance.rows().await.unwrap(), before, "{step}");
    }
}

#[tokio::test]
async fn a_php_that_dies_after_the_commit_leaves_the_new_rows_in_effect() {
    let site = site(InstanceOptions::default()).await;
    // The cache is warm with the old values, which a dead php did not clean.
    site.look().await.unwrap();
    let transport = paused(&site, "after-commit", LONG);
    let mut talk = transport
        .begin(&site.way(), &begin_request(None))
        .await
        .unwrap();
    let writes = everything();
    let go = send(&mut talk, &writes);
    let killed = async {
        until(async || project(&site).await.is_some()).await;
        kill_php(&site);
    };
    let (go, ()) = tokio::join!(go, killed);
    assert!(go.is_err(), "not known from here");
    let look = second_look(&site).await;
    assert_eq!(
        look.values.len(),
        9,
        "the second look says new, stale cache or not"
    );
    assert_eq!(look.plain(ConfigPath::ProjectId), Some(PROJECT));
    assert_eq!(site.look().await.unwrap().values.len(), 9, "for everybody");
}

#[tokio::test]
async fn a_php_that_dies_after_it_said_committed_has_committed() {
    let site = site(InstanceOptions::default()).await;
    let transport = paused(&site, "after-flush", LONG);
    let mut talk = transport
        .begin(&site.way(), &begin_request(None))
        .await
        .unwrap();
    assert_eq!(send(&mut talk, &everything()).await, Ok(Go::Committed));
    kill_php(&site);
    assert!(talk.finish().await.is_err());
    assert_eq!(second_look(&site).await.values.len(), 9);
}

#[tokio::test]
async fn a_php_that_outlives_its_ssh_finishes_before_the_second_look() {
    let site = site(InstanceOptions::default()).await;
    let transport = paused(&site, "before-commit", 2_000);
    let mut talk = transport
        .begin(&site.way(), &begin_request(None))
        .await
        .unwrap();
    let cut =
        tokio::time::timeout(Duration::from_millis(700), send(&mut talk, &everything())).await;
    assert!(cut.is_err());
    drop(talk);
    assert_eq!(project(&site).await, None, "not yet");
    assert_eq!(
        second_look(&site).await.values.len(),
        9,
        "it waited for the lock"
    );
}

async fn cut_database_at(step: &str) -> (Site, Result<Go, TransportError>) {
    let site = site(InstanceOptions::default()).await;
    let transport = paused(&site, step, 2_000);
    let request = begin_request(None);
    let mut talk = transport.begin(&site.way(), &request).await.unwrap();
    let writes = everything();
    let go = send(&mut talk, &writes);
    let open = "SELECT COUNT(*) FROM information_schema.INNODB_TRX";
    let others = "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()";
    let killed = async {
        until(async || site.instance.sql(open).await.unwrap().trim() != "0").await;
        for id in site.instance.sql(others).await.unwrap().split_whitespace() {
            let _ = site.instance.sql(&format!("KILL {id}")).await;
        }
    };
    let (go, ()) = tokio::join!(go, killed);
    drop(talk);
    (site, go)
}

#[tokio::test]
async fn a_database_lost_before_the_commit_is_known_not_to_be_written() {
    let (site, go) = cut_database_at("in-transaction").await;
    assert!(
        matches!(go, Ok(Go::NotWritten(NotWritten::Database(_)))),
        "{go:?}"
    );
    assert_eq!(project(&site).await, None);
}

#[tokio::test]
async fn a_database_lost_while_it_commits_is_not_known_until_the_second_look() {
    let (site, go) = cut_database_at("before-commit").await;
    assert!(go.is_err(), "COMMIT was sent and never answered: {go:?}");
    assert!(second_look(&site).await.values.is_empty());
}
