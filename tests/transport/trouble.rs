//! Everything that can be in the way, each told apart.

use std::time::Duration;

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{Transport as _, TransportError};
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{
    Site, begin_request, everything, look_request, script, send, settings, site, way,
};

async fn failing(site: &Site, change: impl FnOnce(&mut SshWay)) -> TransportError {
    let mut way = site.way();
    change(&mut way);
    let looked = site
        .transport
        .look(&way, &look_request())
        .await
        .err()
        .unwrap();
    let begun = site
        .transport
        .begin(&way, &begin_request(None))
        .await
        .err()
        .unwrap();
    assert_eq!(looked, begun, "a look and a push meet the same");
    looked
}

#[tokio::test]
async fn the_way_there_is_told_apart() {
    let mut site = site(InstanceOptions::default()).await;
    let stranger = failing(&site, |way| way.target = "stranger-x@127.0.0.1".into()).await;
    assert_eq!(stranger, TransportError::LoginRefused);
    let unknown = failing(&site, |way| way.target = "nowhere.invalid".into()).await;
    assert_eq!(unknown, TransportError::UnknownHost);
    let none = SshTransport::new(SshSettings {
        ssh: "/nowhere/ssh".into(),
        ..settings(site.folder.path())
    });
    let missing = none.look(&site.way(), &look_request()).await.err();
    assert_eq!(missing, Some(TransportError::SshMissing));
    site.ground.stop_ssh();
    assert_eq!(failing(&site, |_| ()).await, TransportError::Refused);
}

#[tokio::test]
async fn what_is_at_the_root_is_told_apart() {
    let site = site(InstanceOptions::default()).await;
    let folder = site.folder.path().to_string_lossy().into_owned();
    let missing = failing(&site, |way| way.root.push_str("/nowhere/at/all")).await;
    assert_eq!(missing, TransportError::RootMissing);
    let other = failing(&site, |way| way.root = folder).await;
    assert_eq!(other, TransportError::NotACommerceRoot);
}

#[tokio::test]
async fn php_is_told_apart() {
    let site = site(InstanceOptions::default()).await;
    let missing = failing(&site, |way| way.php = Some("php9.9".into())).await;
    assert_eq!(missing, TransportError::PhpMissing);
    let file = site.instance.root.join("app/etc/env.php");
    let file = file.to_string_lossy().into_owned();
    let closed = failing(&site, |way| way.php = Some(file)).await;
    assert!(
        matches!(closed, TransportError::PermissionDenied { .. }),
        "{closed:?}"
    );
    let stranger = failing(&site, |way| way.run_as = Some("nobody-here".into())).await;
    assert!(
        matches!(stranger, TransportError::PermissionDenied { .. }),
        "{stranger:?}"
    );
    let container = failing(&site, |way| way.container = Some("web".into())).await;
    assert!(
        matches!(container, TransportError::PermissionDenied { .. }),
        "{container:?}"
    );
    // An extension taken away stands for an unsuitable PHP: `-n` loads none.
    let bare = script(site.folder.path(), "exec php -n \"$@\"");
    let bare = bare.to_string_lossy().into_owned();
    let bare = failing(&site, |way| way.php = Some(bare)).await;
    assert!(
        matches!(bare, TransportError::PhpUnsuitable { .. }),
        "{bare:?}"
    );
}

/// A php that runs the program with `sed`'s change made to it.
fn changed(site: &Site, sed: &str) -> SshWay {
    let text = format!(
        "read -r line\n{{ printf '%s' \"$line\" | base64 -d | sed '{sed}' | base64 -w0; echo; cat; }} | php \"$@\""
    );
    SshWay {
        php: Some(
            script(site.folder.path(), &text)
                .to_string_lossy()
                .into_owned(),
        ),
        ..site.way()
    }
}

#[tokio::test]
async fn an_old_php_and_a_tracing_one_stop_before_anything_is_loaded() {
    let site = site(InstanceOptions::default()).await;
    let old = changed(&site, "s/PHP_VERSION_ID < 80100/true/");
    let old = site
        .transport
        .look(&old, &look_request())
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&old, TransportError::PhpUnsuitable { detail } if detail.contains("8.1 is needed")),
        "{old:?}"
    );
    let tracing = changed(
        &site,
        "1s/^/function xdebug_info() { return array(\"trace\"); } /",
    );
    let begun = site.transport.begin(&tracing, &begin_request(None)).await;
    assert_eq!(begun.err(), Some(TransportError::PhpTraces));
}

#[tokio::test]
async fn a_user_who_cannot_write_the_files_is_told_whose_they_are() {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return; // only root can become somebody else
    }
    let site = site(InstanceOptions {
        owner: Some("daemon".into()),
        ..Default::default()
    })
    .await;
    site.look().await.unwrap();
    let php = script(
        site.ground.folder(),
        "exec setpriv --reuid=65534 --regid=65534 --clear-groups php \"$@\"",
    );
    let php = php.to_string_lossy().into_owned();
    let wrong = failing(&site, |way| way.php = Some(php)).await;
    let owner = "daemon".to_owned();
    assert_eq!(wrong, TransportError::WrongOwner { owner });
}

#[tokio::test]
async fn the_application_is_told_apart_from_its_database() {
    let site = site(InstanceOptions::default()).await;
    let with = async |options| {
        let instance = site.ground.instance(options).await.unwrap();
        let way = way(&site.ground, &instance);
        site.transport
            .look(&way, &look_request())
            .await
            .err()
            .unwrap()
    };
    let down = with(InstanceOptions {
        database_down: true,
        ..Default::default()
    });
    let down = down.await;
    assert!(
        matches!(down, TransportError::DatabaseDown { .. }),
        "{down:?}"
    );
    let throws = with(InstanceOptions {
        bootstrap_throws: true,
        ..Default::default()
    });
    let throws = throws.await;
    assert!(
        matches!(&throws, TransportError::BootFailed { detail } if detail.contains("told to fail")),
        "{throws:?}"
    );
    let exits = with(InstanceOptions {
        bootstrap_exits: true,
        ..Default::default()
    });
    let exits = exits.await;
    assert!(
        matches!(&exits, TransportError::BootFailed { detail } if detail.contains("PHP 9.9.0 or later")),
        "{exits:?}"
    );
    let closed = with(InstanceOptions {
        cache_unwritable: true,
        ..Default::default()
    });
    let closed = closed.await;
    assert!(
        matches!(closed, TransportError::PermissionDenied { .. }),
        "{closed:?}"
    );
}

#[tokio::test]
async fn a_php_that_the_application_itself_refuses_is_named() {
    let options = InstanceOptions {
        platform_refused: true,
        ..Default::default()
    };
    let error = failing(&site(options).await, |_| ()).await;
    assert!(
        matches!(&error, TransportError::PhpUnsuitable { detail } if detail.contains(">= 9.9.0")),
        "{error:?}"
    );
}

#[tokio::test]
async fn root_becomes_the_owner_so_that_the_shop_keeps_its_files() {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return; // only root can give files away
    }
    let site = site(InstanceOptions {
        owner: Some("nobody".into()),
        ..Default::default()
    })
    .await;
    let (_, look) = site.push(&everything()).await;
    assert_eq!(look.unwrap().values.len(), 9);
    let owner = std::fs::metadata(site.instance.root.join("app/etc/env.php"))
        .unwrap()
        .uid();
    for entry in std::fs::read_dir(site.instance.root.join("var/cache")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().uid(), owner);
    }
}

#[tokio::test]
async fn answers_that_are_none_are_refused_in_time_and_size() {
    let site = site(InstanceOptions::default()).await;
    let mut impatient = settings(site.folder.path());
    (impatient.connect, impatient.answer) = (Duration::from_secs(2), Duration::from_millis(500));
    let impatient = SshTransport::new(impatient);
    let with = async |text: &str| {
        let php = script(site.folder.path(), text)
            .to_string_lossy()
            .into_owned();
        let way = SshWay {
            php: Some(php),
            ..site.way()
        };
        impatient.look(&way, &look_request()).await.err().unwrap()
    };
    let garbled = |error: &TransportError| matches!(error, TransportError::Garbled { .. });
    let chatter = with("cat >/dev/null & echo hello; exit 0").await;
    assert!(garbled(&chatter), "{chatter:?}");
    let flood = with("yes patchbay").await;
    assert!(garbled(&flood), "{flood:?}");
    let old = with("echo @@patchbay:00000000000000000000000000000000:done:e30=:@@; cat").await;
    assert!(garbled(&old), "{old:?}");
    let silent = with("exec sleep 30").await;
    assert!(
        matches!(silent, TransportError::TimedOut { .. }),
        "{silent:?}"
    );
}

#[tokio::test]
async fn a_database_that_dies_in_the_middle_is_not_called_written() {
    let mut site = site(InstanceOptions::default()).await;
    let mut talk = site.begin().await.unwrap();
    site.ground.stop_database();
    let go = send(&mut talk, &everything()).await;
    assert!(
        !matches!(go, Ok(patchbay_core::ports::transport::Go::Committed)),
        "{go:?}"
    );
}
