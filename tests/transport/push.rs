//! Pushes: from `ready` to the re-read, and everything that must not be written.

use std::time::Duration;

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::id::Nonce;
use patchbay_core::ports::crypto::Crypto as _;
use patchbay_core::ports::transport::{Go, NotWritten, Transport as _, TransportError};
use patchbay_core::push::values::{self, Payments, Write};
use patchbay_tests::ground::{InstanceOptions, Setting, Shape};

use crate::asking::{
    PROJECT, begin_request, data_space, everything, fingerprint_key, look_request, pair, random,
    remove, script, send, set, settings, site, way,
};
use crate::keys::{OTHER, USUAL};

#[tokio::test]
async fn nine_values_are_written_encrypted_read_back_and_sign() {
    let site = site(InstanceOptions::default()).await;
    for shape in [Shape::V2_0, Shape::V3_2, Shape::V3_3] {
        let options = InstanceOptions {
            shape,
            ..Default::default()
        };
        let instance = site.ground.instance(options).await.unwrap();
        let before = site.ground.ssh_connections().unwrap();
        let way = way(&site.ground, &instance);
        let mut talk = site
            .transport
            .begin(&way, &begin_request(None))
            .await
            .unwrap();
        assert_eq!(send(&mut talk, &everything()).await, Ok(Go::Committed));
        let look = talk.finish().await.unwrap();
        for write in everything() {
            let wanted = write.value.unwrap();
            assert_eq!(
                look.exact(write.path),
                Some(&fingerprint_key().exact(wanted.expose())),
                "{} {shape:?}",
                write.path
            );
            let stored = instance.row(write.path.as_str()).await.unwrap().unwrap();
            let wanted = String::from_utf8(wanted.expose().to_vec()).unwrap();
            match write.path.purpose() {
                Some(_) => assert_eq!(instance.decrypt(&stored).unwrap(), wanted),
                None => assert_eq!(stored, wanted),
            }
        }
        for token in &look.tokens {
            let pair = if token.purpose == Purpose::Sandbox {
                &OTHER
            } else {
                &USUAL
            };
            pair.verify(token.token.as_ref().unwrap().expose());
        }
        assert_eq!(look.tokens.len(), 2);
        let connections = site.ground.ssh_connections().unwrap() - before;
        assert_eq!((connections, instance.php_starts()), (1, 1));
    }
}

#[tokio::test]
async fn the_same_values_again_touch_no_row() {
    let site = site(InstanceOptions::default()).await;
    site.push(&everything()).await;
    site.instance.age_rows().await.unwrap();
    let before = site.instance.rows().await.unwrap();
    let (go, _) = site.push(&everything()).await;
    assert_eq!(go, Go::Committed);
    assert_eq!(site.instance.rows().await.unwrap(), before);
}

#[tokio::test]
async fn a_pair_is_set_and_removed_as_a_whole_and_the_rest_is_left() {
    let site = site(InstanceOptions::default()).await;
    site.push(&everything()).await;
    let removal = [
        remove(ConfigPath::SandboxApiKey),
        remove(ConfigPath::SandboxPrivateKey),
    ];
    let (go, look) = site.push(&removal).await;
    assert_eq!(go, Go::Committed);
    let look = look.unwrap();
    assert_eq!(look.values.len(), 7);
    assert_eq!(look.exact(ConfigPath::SandboxApiKey), None);
    assert_eq!(
        site.instance
            .row(ConfigPath::SandboxApiKey.as_str())
            .await
            .unwrap(),
        None
    );
    assert_eq!(look.tokens.len(), 1, "only the pair that is left signs");
}

#[tokio::test]
async fn values_that_a_push_may_not_write_are_refused() {
    let site = site(InstanceOptions::default()).await;
    site.push(&everything()).await;
    let before = site.instance.rows().await.unwrap();
    let [api_key, private_key] = pair(Purpose::Production, &OTHER);
    let mixed = vec![api_key, remove(ConfigPath::ProductionPrivateKey)];
    let cases: [(&str, Vec<Write>); 5] = [
        ("nothing", vec![]),
        ("half a pair", vec![private_key]),
        ("half set, half removed", mixed),
        (
            "half a data space",
            data_space().into_iter().skip(1).collect(),
        ),
        (
            "an empty value",
            vec![
                set(ConfigPath::SandboxApiKey, ""),
                set(ConfigPath::SandboxPrivateKey, "x"),
            ],
        ),
    ];
    for (what, writes) in cases {
        let (go, _) = site.push(&writes).await;
        assert_eq!(go, Go::NotWritten(NotWritten::BadValues), "{what}");
    }
    let mut twice: Vec<Write> = pair(Purpose::Sandbox, &USUAL).into();
    twice.extend(pair(Purpose::Sandbox, &OTHER));
    assert_eq!(
        site.push(&twice).await.0,
        Go::NotWritten(NotWritten::BadValues)
    );
    assert_eq!(site.instance.rows().await.unwrap(), before);
}

#[tokio::test]
async fn another_runs_values_do_not_open_or_do_not_fit() {
    let site = site(InstanceOptions::default()).await;
    let crypto = patchbay_adapters::crypto::SystemCrypto;
    let old = values::encode(&Nonce::from_random(random()), &everything(), Payments::Left);
    let mut talk = site.begin().await.unwrap();
    let sealed = crypto.seal(&talk.ready().seal_to, &old).unwrap();
    assert_eq!(
        talk.go(&sealed).await,
        Ok(Go::NotWritten(NotWritten::BadValues))
    );

    let earlier = site.begin().await.unwrap();
    let nonce = earlier.ready().look.nonce.clone();
    let sealed = crypto
        .seal(
            &earlier.ready().seal_to,
            &values::encode(&nonce, &everything(), Payments::Left),
        )
        .unwrap();
    earlier.leave().await;
    let mut talk = site.begin().await.unwrap();
    assert_eq!(
        talk.go(&sealed).await,
        Ok(Go::NotWritten(NotWritten::BadValues))
    );
    let mut talk = site.begin().await.unwrap();
    assert_eq!(
        talk.go(b"").await,
        Ok(Go::NotWritten(NotWritten::BadValues))
    );
    assert_eq!(site.look().await.unwrap().values.len(), 0);
}

#[tokio::test]
async fn no_go_writes_nothing_and_frees_the_instance() {
    let site = site(InstanceOptions::default()).await;
    let before = site.instance.rows().await.unwrap();
    site.begin().await.unwrap().leave().await;
    drop(site.begin().await.unwrap());
    let impatient = SshTransport::new(SshSettings {
        patience: Duration::from_millis(50),
        ..settings(site.folder.path())
    });
    let mut talk = impatient
        .begin(&site.way(), &begin_request(None))
        .await
        .unwrap();
    // The far side ends by itself; a second push gets the lock without this one's leaving.
    let second = site.begin().await.unwrap();
    second.leave().await;
    assert!(send(&mut talk, &everything()).await.is_err(), "too late");
    assert_eq!(site.instance.rows().await.unwrap(), before);
}

#[tokio::test]
async fn rows_that_changed_after_ready_stop_it() {
    let site = site(InstanceOptions {
        settings: vec![Setting::plain(ConfigPath::ProjectName.as_str(), "Old")],
        ..Default::default()
    })
    .await;
    let mut talk = site.begin().await.unwrap();
    let table = site.instance.table("core_config_data");
    let path = ConfigPath::ProjectName;
    site.instance
        .sql(&format!(
            "UPDATE {table} SET value = 'Theirs' WHERE path = '{path}'"
        ))
        .await
        .unwrap();
    let before = site.instance.rows().await.unwrap();
    let go = send(&mut talk, &everything()).await;
    assert_eq!(go, Ok(Go::NotWritten(NotWritten::Changed)));
    assert_eq!(site.instance.rows().await.unwrap(), before);
}

#[tokio::test]
async fn a_row_that_appeared_after_ready_stops_it() {
    let site = site(InstanceOptions::default()).await;
    let mut talk = site.begin().await.unwrap();
    let theirs = Setting::plain(ConfigPath::ProjectName.as_str(), "Theirs");
    site.instance.insert(&[theirs]).await.unwrap();
    let go = send(&mut talk, &everything()).await;
    assert_eq!(go, Ok(Go::NotWritten(NotWritten::Changed)));
}

#[tokio::test]
async fn two_pushes_to_one_database_take_turns() {
    let site = site(InstanceOptions::default()).await;
    let first = site.begin().await.unwrap();
    let mut second = Box::pin(site.begin());
    let early = tokio::time::timeout(Duration::from_millis(800), &mut second).await;
    assert!(early.is_err(), "the second waits for the first");
    first.leave().await;
    assert!(second.await.is_ok());
}

#[tokio::test]
async fn a_lost_database_connection_writes_nothing() {
    let site = site(InstanceOptions::default()).await;
    let before = site.instance.rows().await.unwrap();
    let mut talk = site.begin().await.unwrap();
    let held = "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()";
    for id in site.instance.sql(held).await.unwrap().split_whitespace() {
        let _ = site.instance.sql(&format!("KILL {id}")).await;
    }
    let go = send(&mut talk, &everything()).await;
    assert!(
        matches!(go, Ok(Go::NotWritten(NotWritten::Database(_)))),
        "{go:?}"
    );
    assert_eq!(site.instance.rows().await.unwrap(), before);
}

#[tokio::test]
async fn a_locked_value_is_never_written_and_an_equal_one_does_not_block() {
    let mut site = site(InstanceOptions {
        env_values: vec![(ConfigPath::ProjectId.as_str().into(), PROJECT.into())],
        ..Default::default()
    })
    .await;
    let (go, look) = site.push(&data_space()).await;
    assert_eq!(go, Go::Committed);
    assert_eq!(look.unwrap().values.len(), 5);
    assert_eq!(
        site.instance
            .row(ConfigPath::ProjectId.as_str())
            .await
            .unwrap(),
        None
    );
    site.instance
        .change(|options| options.env_values[0].1 = "33333333-3333-4333-8333-333333333333".into())
        .unwrap();
    site.instance.clean_cache();
    let (go, _) = site.push(&data_space()).await;
    assert_eq!(go, Go::NotWritten(NotWritten::BadValues));
}

#[tokio::test]
async fn what_reaches_the_far_side_holds_no_key() {
    let site = site(InstanceOptions {
        record_stdin: true,
        ..Default::default()
    })
    .await;
    site.push(&everything()).await;
    let recorded = site.instance.recorded_stdin();
    assert!(
        recorded.len() > 10_000,
        "the whole conversation was recorded"
    );
    assert_eq!(
        recorded.iter().filter(|byte| **byte == b'\n').count(),
        3,
        "program, request, go"
    );
    for pem in [USUAL.pem, OTHER.pem] {
        for line in pem.lines().filter(|line| !line.starts_with('-')) {
            let found = recorded
                .windows(16)
                .any(|window| line.as_bytes().starts_with(window));
            assert!(!found, "a piece of a key crossed in the clear");
        }
    }
}

#[tokio::test]
async fn a_cut_go_line_is_the_end_of_input() {
    let site = site(InstanceOptions::default()).await;
    let before = site.instance.rows().await.unwrap();
    // An ssh that loses everything after the beginning of the third line.
    let cutting = script(
        site.folder.path(),
        "{ head -n 2; printf 'go AAAA'; } | ssh \"$@\"",
    );
    let transport = SshTransport::new(SshSettings {
        ssh: cutting,
        ..settings(site.folder.path())
    });
    let mut talk = transport
        .begin(&site.way(), &begin_request(None))
        .await
        .unwrap();
    assert!(send(&mut talk, &everything()).await.is_err());
    assert_eq!(site.instance.rows().await.unwrap(), before);
    assert!(site.begin().await.is_ok(), "the lock is free again");
}

#[tokio::test]
async fn a_busy_instance_says_so() {
    let site = site(InstanceOptions::default()).await;
    let mut first = site.begin().await.unwrap();
    let second = site.begin().await;
    assert_eq!(second.err(), Some(TransportError::Busy));
    assert_eq!(send(&mut first, &everything()).await, Ok(Go::Committed));
    assert!(
        site.transport
            .look(&site.way(), &look_request())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_lock_has_the_agreed_name_from_every_computer() {
    let site = site(InstanceOptions {
        table_prefix: "m2_".into(),
        ..Default::default()
    })
    .await;
    let text = format!("{}\0m2_", site.instance.database);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let name = format!(
        "patchbay:{}",
        &patchbay_core::id::hex(digest.as_ref())[..32]
    );
    let sql = format!("SELECT IS_USED_LOCK('{name}') IS NOT NULL");
    let talk = site.begin().await.unwrap();
    assert_eq!(site.instance.sql(&sql).await.unwrap().trim(), "1");
    talk.leave().await;
    assert_eq!(site.instance.sql(&sql).await.unwrap().trim(), "0");
}
