//! A keyring of its own per test.

use patchbay_tests::ground::keychain::{KeychainSession, Kind};

const PLACE: [&str; 2] = ["purpose", "ground"];

#[tokio::test]
async fn a_secret_is_kept_locked_away_and_read_again() {
    let mut session = KeychainSession::start().await.unwrap();
    let store = ["store", "--label=ground", PLACE[0], PLACE[1]];
    let stored = session
        .run("secret-tool", &store, b"a secret")
        .await
        .unwrap();
    assert_eq!(stored.code, Some(0), "{}", stored.stderr);
    let lookup = ["lookup", PLACE[0], PLACE[1]];
    assert_eq!(
        session
            .run("secret-tool", &lookup, b"")
            .await
            .unwrap()
            .stdout,
        "a secret"
    );

    session.lock().await.unwrap();
    let locked = session.run("secret-tool", &lookup, b"").await.unwrap();
    assert_eq!(
        (locked.code, locked.stdout.as_str()),
        (Some(1), ""),
        "locked: {}",
        locked.stderr
    );

    session.unlock().await.unwrap();
    assert_eq!(
        session
            .run("secret-tool", &lookup, b"")
            .await
            .unwrap()
            .stdout,
        "a secret"
    );
}

#[tokio::test]
async fn two_sessions_do_not_see_each_other() {
    let (first, second) =
        tokio::try_join!(KeychainSession::start(), KeychainSession::start()).unwrap();
    let store = ["store", "--label=ground", PLACE[0], PLACE[1]];
    first
        .run("secret-tool", &store, b"of the first")
        .await
        .unwrap();

    let lookup = second
        .run("secret-tool", &["lookup", PLACE[0], PLACE[1]], b"")
        .await
        .unwrap();

    assert_eq!(lookup.stdout, "");
}

#[tokio::test]
async fn a_bus_without_a_keychain_says_so_at_once() {
    let session = KeychainSession::start_kind(Kind::WithoutKeychain)
        .await
        .unwrap();
    let lookup = session
        .run("secret-tool", &["lookup", PLACE[0], PLACE[1]], b"")
        .await
        .unwrap();
    assert!(
        lookup.stderr.contains("org.freedesktop.secrets"),
        "{lookup:?}"
    );
}
