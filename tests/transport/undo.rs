//! Undo: former rows byte for byte, and only where they belong.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::id::EntryId;
use patchbay_core::ports::transport::{Go, Restore, Transport as _, TransportError, UndoBlob};
use patchbay_tests::ground::{InstanceOptions, Setting};

use crate::asking::{
    Site, begin_request, data_space, entry, everything, fingerprint_key, pair, remove, send, site,
};
use crate::keys::{OTHER, USUAL};
use crate::look::by_hand;

fn restore(blob: &UndoBlob, touched: &[ConfigPath]) -> Restore {
    Restore {
        entry: entry(),
        blob: blob.clone(),
        touched: touched.to_vec(),
        payments: Vec::new(),
    }
}

/// Pushes and gives the blob of the former rows.
async fn pushed(site: &Site, writes: &[patchbay_core::push::values::Write]) -> UndoBlob {
    let mut talk = site.begin().await.unwrap();
    let blob = talk.ready().undo.clone();
    assert_eq!(send(&mut talk, writes).await, Ok(Go::Committed));
    talk.finish().await.unwrap();
    blob
}

async fn undone(site: &Site, blob: &UndoBlob, touched: &[ConfigPath]) -> UndoBlob {
    let request = begin_request(Some(restore(blob, touched)));
    let mut talk = site.transport.begin(&site.way(), &request).await.unwrap();
    let own = talk.ready().undo.clone();
    assert_eq!(send(&mut talk, &[]).await, Ok(Go::Committed));
    talk.finish().await.unwrap();
    own
}

#[tokio::test]
async fn rows_come_back_byte_for_byte_with_their_time_and_number() {
    let site = site(InstanceOptions {
        by_hand: by_hand(),
        ..Default::default()
    })
    .await;
    site.instance.age_rows().await.unwrap();
    let before = site.instance.rows().await.unwrap();
    let mut writes: Vec<_> = pair(Purpose::Production, &OTHER).into();
    writes.extend(pair(Purpose::Sandbox, &USUAL));
    writes.extend(ConfigPath::DATA_SPACE.map(remove));
    let blob = pushed(&site, &writes).await;
    assert_ne!(site.instance.rows().await.unwrap(), before);
    let pushed = site.instance.rows().await.unwrap();
    let own = undone(&site, &blob, &ConfigPath::ALL).await;
    assert_eq!(
        site.instance.rows().await.unwrap(),
        before,
        "removed rows too"
    );
    assert_eq!(
        site.look().await.unwrap().values.len(),
        9,
        "and they are in effect"
    );
    undone(&site, &own, &ConfigPath::ALL).await;
    let again = site.instance.rows().await.unwrap();
    assert_eq!(again, pushed, "an undo can be undone");
}

#[tokio::test]
async fn rows_that_were_not_there_are_gone_again() {
    let site = site(InstanceOptions::default()).await;
    let before = site.instance.rows().await.unwrap();
    let blob = pushed(&site, &everything()).await;
    undone(&site, &blob, &ConfigPath::ALL).await;
    assert_eq!(site.instance.rows().await.unwrap(), before);
    assert!(site.look().await.unwrap().values.is_empty());
}

#[tokio::test]
async fn only_what_the_entry_touched_comes_back() {
    let site = site(InstanceOptions::default()).await;
    let blob = pushed(&site, &pair(Purpose::Production, &USUAL)).await;
    pushed(&site, &data_space()).await;
    let touched = [
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
    ];
    undone(&site, &blob, &touched).await;
    let look = site.look().await.unwrap();
    assert_eq!(look.values.len(), 5, "the later data space stays");
    assert_eq!(look.exact(ConfigPath::ProductionApiKey), None);
}

#[tokio::test]
async fn ready_says_what_would_come_back_and_signs_with_it() {
    let site = site(InstanceOptions {
        by_hand: by_hand(),
        ..Default::default()
    })
    .await;
    let blob = pushed(&site, &pair(Purpose::Production, &OTHER)).await;
    let touched = [
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
    ];
    let request = begin_request(Some(restore(&blob, &touched)));
    let talk = site.transport.begin(&site.way(), &request).await.unwrap();
    let former = talk.ready().former.as_ref().unwrap();
    assert_eq!(former.touched, touched);
    let exact = fingerprint_key().exact(USUAL.pem.trim_end().as_bytes());
    assert!(
        former
            .exact
            .contains(&(ConfigPath::ProductionPrivateKey, exact))
    );
    assert!(
        former
            .identity
            .contains(&(ConfigPath::ProductionPrivateKey, USUAL.identity()))
    );
    assert!(former.plain.iter().all(|(path, _)| !path.is_private_key()));
    let token = former
        .tokens
        .iter()
        .find(|t| t.purpose == Purpose::Production)
        .unwrap();
    USUAL.verify(token.token.as_ref().unwrap().expose());
    assert_eq!(token.api_key.as_ref().unwrap().as_str(), USUAL.api_key);
    assert!(talk.ready().look.tokens.is_empty());
    talk.leave().await;
}

#[tokio::test]
async fn a_blob_serves_only_its_instance_and_its_entry() {
    let mut site = site(InstanceOptions::default()).await;
    let blob = pushed(&site, &everything()).await;
    let begin = async |site: &Site, restore| {
        let request = begin_request(Some(restore));
        site.transport.begin(&site.way(), &request).await.err()
    };
    let unusable =
        |error: Option<TransportError>| matches!(error, Some(TransportError::UndoUnusable { .. }));
    let mut other = restore(&blob, &ConfigPath::ALL);
    other.entry = EntryId::from_random([6; 16]);
    assert!(unusable(begin(&site, other).await), "another entry's");
    let mut damaged = blob.clone();
    damaged.0[40] ^= 1;
    assert!(unusable(
        begin(&site, restore(&damaged, &ConfigPath::ALL)).await
    ));
    site.instance
        .change(|options| options.install_date = "Tue, 02 Jan 2024 00:00:00 +0000".into())
        .unwrap();
    assert!(
        unusable(begin(&site, restore(&blob, &ConfigPath::ALL)).await),
        "another instance's"
    );
    site.instance
        .change(|options| options.crypt_keys = vec!["ffffffffffffffffffffffffffffffff".into()])
        .unwrap();
    assert!(
        unusable(begin(&site, restore(&blob, &ConfigPath::ALL)).await),
        "not its crypt key"
    );
}

#[tokio::test]
async fn a_plaintext_row_of_an_old_module_is_sealed_on_its_way_and_comes_back_as_it_was() {
    let private_key = ConfigPath::ProductionPrivateKey.as_str();
    let site = site(InstanceOptions {
        settings: vec![
            Setting::plain(ConfigPath::ProductionApiKey.as_str(), USUAL.api_key),
            Setting::plain(private_key, USUAL.pem),
        ],
        ..Default::default()
    })
    .await;
    site.instance.age_rows().await.unwrap();
    let before = site.instance.rows().await.unwrap();
    let blob = pushed(&site, &pair(Purpose::Production, &OTHER)).await;
    let line = USUAL.pem.lines().nth(3).unwrap().as_bytes();
    let stored = site.instance.row(private_key).await.unwrap().unwrap();
    assert!(!stored.contains("BEGIN"), "the new one is encrypted");
    assert!(!blob.0.windows(line.len()).any(|window| window == line));
    let touched = [
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
    ];
    undone(&site, &blob, &touched).await;
    assert_eq!(site.instance.rows().await.unwrap(), before);
}
