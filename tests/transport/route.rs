//! The route: host keys, the user's own configuration, jump hosts.

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{Transport as _, TransportError};
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{Site, everything, look_request, send, settings, site};

/// A transport that trusts nothing yet, with the user's configuration given.
fn fresh(folder: &std::path::Path, user_config: Option<&str>) -> SshTransport {
    let dir = folder.join("fresh");
    let config = folder.join("user_config");
    if let Some(text) = user_config {
        std::fs::write(&config, text).unwrap();
    }
    SshTransport::new(SshSettings {
        user_config: user_config.map(|_| config.to_string_lossy().into_owned()),
        ..settings(&dir)
    })
}

#[tokio::test]
async fn an_unknown_key_is_shown_and_trusted_only_by_its_fingerprint() {
    let site = site(InstanceOptions::default()).await;
    let transport = fresh(site.folder.path(), None);
    let way = site.way();
    let look = transport.look(&way, &look_request()).await;
    assert_eq!(look.err(), Some(TransportError::HostKeyUnknown));
    let keys = transport.host_keys(&way).await.unwrap();
    let real = site.ground.host_key_fingerprint().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (keys[0].fingerprint.as_str(), keys[0].trusted),
        (real.as_str(), false)
    );
    let wrong = format!("SHA256:{}", "A".repeat(43));
    let refused = transport.trust(&way, &wrong).await;
    assert_eq!(refused.err(), Some(TransportError::HostKeyUnknown));
    assert!(transport.trust(&way, &real).await.unwrap().trusted);
    assert!(transport.host_keys(&way).await.unwrap()[0].trusted);
    assert!(transport.look(&way, &look_request()).await.is_ok());
    assert_eq!(
        site.ground.ssh_logins().unwrap(),
        1,
        "nobody signed in to fetch a key"
    );
    let file = site.folder.path().join("fresh/known_hosts");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_changed_key_stops_everything_until_it_is_trusted() {
    let mut site = site(InstanceOptions::default()).await;
    assert!(site.look().await.is_ok());
    site.ground.change_host_key().await.unwrap();
    let starts = site.instance.php_starts();
    assert_eq!(
        site.look().await.err(),
        Some(TransportError::HostKeyChanged)
    );
    assert_eq!(
        site.begin().await.err(),
        Some(TransportError::HostKeyChanged)
    );
    assert_eq!(site.instance.php_starts(), starts, "nothing was sent");
    let way = site.way();
    let keys = site.transport.host_keys(&way).await.unwrap();
    assert!(!keys[0].trusted);
    site.transport
        .trust(&way, &keys[0].fingerprint)
        .await
        .unwrap();
    assert!(site.look().await.is_ok());
}

#[tokio::test]
async fn a_careless_configuration_of_the_user_changes_nothing() {
    let site = site(InstanceOptions::default()).await;
    let touched = site.folder.path().join("touched");
    let control = site.folder.path().join("control-%C");
    let text = format!(
        "Host *\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n ForwardAgent yes\n \
         RemoteCommand touch {0}\n PermitLocalCommand yes\n LocalCommand touch {0}\n \
         RequestTTY force\n ControlMaster auto\n ControlPath {1}\n ControlPersist 60\n \
         SendEnv *\n LocalForward 127.0.0.1:1 127.0.0.1:1\n ExitOnForwardFailure yes\n \
         KnownHostsCommand /usr/bin/touch {0}\n IgnoreUnknown NoSuchOption\n NoSuchOption yes\n",
        touched.display(),
        control.display()
    );
    let transport = fresh(site.folder.path(), Some(&text));
    let way = site.way();
    let look = transport.look(&way, &look_request()).await;
    assert_eq!(
        look.err(),
        Some(TransportError::HostKeyUnknown),
        "strict all the same"
    );
    let key = site.ground.host_key_fingerprint().await.unwrap();
    transport.trust(&way, &key).await.unwrap();
    transport.look(&way, &look_request()).await.unwrap();
    assert!(!touched.exists(), "none of the commands ran");
    let left = std::fs::read_dir(site.folder.path()).unwrap();
    let sockets = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("control-")
    });
    assert_eq!(sockets.count(), 0, "no connection is shared");
}

fn jumping(site: &Site) -> (SshTransport, SshWay) {
    let ssh = site.ground.ssh();
    let text = format!(
        "Host jump inner\n HostName {}\n Port {}\n User {}\n IdentityFile {}\n IdentitiesOnly yes\n\
         Host jump\n HostKeyAlias the-jump\n StrictHostKeyChecking no\n\
         Host inner\n HostKeyAlias the-inner\n ProxyJump jump\n",
        ssh.host,
        ssh.port,
        ssh.user,
        ssh.identity_file.display()
    );
    let way = SshWay {
        target: "inner".into(),
        port: None,
        identity_file: None,
        ..site.way()
    };
    (fresh(site.folder.path(), Some(&text)), way)
}

#[tokio::test]
async fn a_jump_host_obeys_too_and_keys_are_fetched_through_it() {
    let site = site(InstanceOptions::default()).await;
    let (transport, way) = jumping(&site);
    let look = transport.look(&way, &look_request()).await;
    assert_eq!(
        look.err(),
        Some(TransportError::HostKeyUnknown),
        "the jump host is a stranger"
    );
    assert_eq!(site.ground.ssh_logins().unwrap(), 0);
    let key = site.ground.host_key_fingerprint().await.unwrap();
    let shown = transport.host_keys(&way).await.unwrap();
    assert!(
        shown[0].algorithm.ends_with("(jump host jump)"),
        "the first stranger comes first"
    );
    transport.trust(&way, &key).await.unwrap();
    let look = transport.look(&way, &look_request()).await;
    assert_eq!(
        look.err(),
        Some(TransportError::HostKeyUnknown),
        "the server behind it still is"
    );
    let shown = transport.host_keys(&way).await.unwrap();
    assert!(!shown[0].algorithm.contains("jump"), "{shown:?}");
    transport.trust(&way, &key).await.unwrap();
    let mut talk = transport
        .begin(&way, &crate::asking::begin_request(None))
        .await
        .unwrap();
    send(&mut talk, &everything()).await.unwrap();
    assert_eq!(talk.finish().await.unwrap().values.len(), 9);
    assert_eq!(site.instance.php_starts(), 1);
}

#[tokio::test]
async fn the_server_behind_a_target_is_named_without_connecting() {
    let site = site(InstanceOptions::default()).await;
    let (transport, way) = jumping(&site);
    let port = site.ground.ssh().port;
    assert_eq!(
        transport.host_of(&way).await.unwrap(),
        format!("127.0.0.1:{port}")
    );
    assert_eq!(
        site.transport.host_of(&site.way()).await.unwrap(),
        format!("127.0.0.1:{port}")
    );
    assert_eq!(site.ground.ssh_connections().unwrap(), 0);
}
