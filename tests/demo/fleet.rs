//! The fleet's carrier keeps the same contract as the way over ssh, and its failures are told
//! apart.

use std::sync::Arc;

use patchbay_adapters::crypto::SystemCrypto;
use patchbay_adapters::demo::{DemoDirectory, FleetAddress, HttpTransport};
use patchbay_core::config::ConfigPath;
use patchbay_core::fakes::transport_contract::{TransportCase, transport_contract};
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::id::{EntryId, Nonce};
use patchbay_core::instance::SshWay;
use patchbay_core::look::{LockSource, Look};
use patchbay_core::ports::crypto::Crypto as _;
use patchbay_core::ports::keychain::Asked;
use patchbay_core::ports::transport::{
    BeginRequest, Conversation, Go, LookRequest, NotWritten, Transport as _, TransportError,
};
use patchbay_core::push::values::{self, Payments, Write};
use patchbay_core::secret::Secret;
use patchbay_simulator::fleet::{Death, Fixed, Fleet, Instance, Tally, Troubles, Unreachable};

pub fn way(target: &str) -> SshWay {
    SshWay {
        target: target.to_owned(),
        port: None,
        identity_file: None,
        root: "/srv/shop".to_owned(),
        php: None,
        run_as: None,
        container: None,
    }
}

struct Site {
    fleet: Fleet,
    transport: HttpTransport,
    _folder: tempfile::TempDir,
}

/// A fleet of one shop that has an old project name.
fn site() -> Site {
    let shop = Instance::new("shop", "/srv/shop", "https://shop.example/")
        .with(ConfigPath::ProjectName, "Old");
    let here = "127.0.0.1".parse().unwrap();
    let fleet = Fleet::start(here, 0, [("shop".to_owned(), shop)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = DemoDirectory::open(&folder.path().join("demo")).unwrap();
    let token = Secret::new(fleet.token().as_bytes().to_vec());
    let address = FleetAddress::parse(fleet.url(), token).unwrap();
    Site {
        transport: HttpTransport::new(&directory, address).unwrap(),
        fleet,
        _folder: folder,
    }
}

fn random16() -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&SystemCrypto.random().unwrap()[..16]);
    half
}

fn look_request() -> LookRequest {
    LookRequest {
        nonce: Nonce::from_random(random16()),
        key: FingerprintKey::new([7; 32]),
        sign_after: 0,
        under_lock: None,
        take_keys: None,
        asked: Asked::ByUser,
    }
}

impl Site {
    async fn look(&self) -> Result<Look, TransportError> {
        self.transport.look(&way("shop"), &look_request()).await
    }

    async fn look_under_lock(&self) -> Result<Look, TransportError> {
        let request = LookRequest {
            under_lock: Some(5),
            ..look_request()
        };
        self.transport.look(&way("shop"), &request).await
    }

    fn trouble(&self, troubles: Troubles) {
        self.fleet
            .with("shop", |shop| shop.troubles = troubles)
            .unwrap();
    }

    fn project_name(&self) -> Option<String> {
        let name = |shop: &mut Instance| shop.plain(ConfigPath::ProjectName).map(str::to_owned);
        self.fleet.with("shop", name).unwrap()
    }

    fn tally(&self) -> Tally {
        self.fleet.with("shop", |shop| shop.tally.clone()).unwrap()
    }

    /// Begins a push and seals a new project name for it.
    async fn begun(&self) -> Result<(Box<dyn Conversation>, Vec<u8>), TransportError> {
        let request = BeginRequest {
            nonce: Nonce::from_random(random16()),
            key: FingerprintKey::new([7; 32]),
            sign_after: 0,
            entry: EntryId::from_random(random16()),
            restore: None,
            asked: Asked::ByUser,
        };
        let talk = self.transport.begin(&way("shop"), &request).await?;
        let writes = [Write {
            path: ConfigPath::ProjectName,
            value: Some(Secret::new(b"New".to_vec())),
        }];
        let bytes = values::encode(&request.nonce, &writes, Payments::Left);
        let sealed = SystemCrypto.seal(&talk.ready().seal_to, &bytes).unwrap();
        Ok((talk, sealed))
    }

    async fn go(&self) -> Result<Go, TransportError> {
        let (mut talk, sealed) = self.begun().await?;
        talk.go(&sealed).await
    }
}

#[tokio::test]
async fn it_keeps_the_contract_of_every_way_to_an_instance() {
    let site = site();
    let case = TransportCase {
        way: &way("shop"),
        unknown: &way("nowhere"),
    };
    transport_contract(&site.transport, &SystemCrypto, &case)
        .await
        .unwrap();
    let tally = site.tally();
    assert_eq!(tally.gos, 6, "two refused, two pushes, two undos");
    assert_eq!(tally.commits, 4, "the pushes and the undos");
    assert_eq!(tally.fed, [], "no feed to a data space that was not seen");
}

#[tokio::test]
async fn reasons_for_not_getting_there_are_told_apart() {
    let site = site();
    let during = "connecting".to_owned();
    let renew = "renew-demo-sign-in".to_owned();
    for (why, told) in [
        (Unreachable::UnknownHost, TransportError::UnknownHost),
        (Unreachable::NoRoute, TransportError::NoRoute),
        (Unreachable::ConnectionRefused, TransportError::Refused),
        (Unreachable::TimedOut, TransportError::TimedOut { during }),
        (Unreachable::HostKeyChanged, TransportError::HostKeyChanged),
        (Unreachable::LoginRefused, TransportError::LoginRefused),
        (
            Unreachable::SignInExpired,
            TransportError::SignInExpired { renew },
        ),
        (Unreachable::PhpMissing, TransportError::PhpMissing),
    ] {
        site.trouble(Troubles {
            unreachable: Some(why),
            ..Troubles::default()
        });
        assert_eq!(site.look().await.err(), Some(told));
    }
    assert_eq!(site.tally(), Tally::default(), "nobody got in");
    site.trouble(Troubles::default());
    assert!(site.look().await.is_ok(), "and the trouble is over");
}

#[tokio::test]
async fn an_unknown_host_key_is_asked_about_before_anything_else() {
    let site = site();
    site.fleet.with("shop", |shop| shop.trusted = false);
    let refused = site.look().await.err();
    assert_eq!(refused, Some(TransportError::HostKeyUnknown));
    let shop = way("shop");
    let keys = site.transport.host_keys(&shop).await.unwrap();
    assert!(!keys[0].trusted);
    let trusted = site.transport.trust(&shop, &keys[0].fingerprint);
    assert!(trusted.await.unwrap().trusted);
    assert!(site.look().await.is_ok());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_said() {
    let site = site();
    let elsewhere = SshWay {
        root: "/srv/other".into(),
        ..way("shop")
    };
    let refused = site.transport.look(&elsewhere, &look_request()).await.err();
    assert_eq!(refused, Some(TransportError::RootMissing));
}

#[tokio::test]
async fn what_changed_since_ready_is_left_alone() {
    let site = site();
    site.trouble(Troubles {
        changes_after_ready: Some("Theirs".into()),
        ..Troubles::default()
    });
    let go = site.go().await;
    assert_eq!(go, Ok(Go::NotWritten(NotWritten::Changed)));
    assert_eq!(site.project_name().as_deref(), Some("Theirs"));
}

#[tokio::test]
async fn a_death_leaves_old_or_new_and_a_second_look_tells() {
    for (dies, written) in [
        (Death::BeforeCommit, false),
        (Death::AfterCommit, true),
        (Death::AfterAnswer, true),
    ] {
        let site = site();
        site.trouble(Troubles {
            dies: Some(dies),
            ..Troubles::default()
        });
        let (mut talk, sealed) = site.begun().await.unwrap();
        let go = talk.go(&sealed).await;
        if dies == Death::AfterAnswer {
            assert_eq!(go, Ok(Go::Committed));
            assert!(talk.finish().await.is_err(), "the re-read never comes");
        } else {
            assert!(go.is_err(), "{dies:?} gives no answer");
        }
        let look = site.look_under_lock().await.unwrap();
        let name = if written { "New" } else { "Old" };
        assert_eq!(look.plain(ConfigPath::ProjectName), Some(name), "{dies:?}");
    }
    let site = site();
    site.trouble(Troubles {
        dies: Some(Death::BeforeReady),
        ..Troubles::default()
    });
    assert!(site.begun().await.is_err());
    assert_eq!(site.tally().gos, 0, "it was never sent anything");
}

#[tokio::test]
async fn a_value_that_is_fixed_there_is_seen_and_never_written() {
    let site = site();
    site.fleet.with("shop", |shop| {
        let fixed = Fixed {
            source: LockSource::EnvPhp,
            name: None,
            value: "Fixed".into(),
        };
        shop.fixed.insert(ConfigPath::ProjectName, fixed);
    });
    let look = site.look().await.unwrap();
    assert_eq!(look.plain(ConfigPath::ProjectName), Some("Fixed"));
    assert_eq!(look.locks[0].path, ConfigPath::ProjectName);
    let go = site.go().await;
    assert_eq!(go, Ok(Go::NotWritten(NotWritten::BadValues)));
    assert_eq!(site.tally().commits, 0);
}

#[tokio::test]
async fn a_held_lock_noise_and_slowness_are_told_apart() {
    let site = site();
    site.trouble(Troubles {
        lock_held: true,
        ..Troubles::default()
    });
    assert_eq!(site.begun().await.err(), Some(TransportError::Busy));
    assert!(site.look().await.is_ok(), "a look needs no lock");
    site.trouble(Troubles {
        garbled: true,
        ..Troubles::default()
    });
    let garbled = site.look().await.err();
    assert!(matches!(garbled, Some(TransportError::Garbled { .. })));
    site.trouble(Troubles {
        slow_millis: 20,
        ..Troubles::default()
    });
    assert_eq!(site.go().await, Ok(Go::Committed), "slow, but there");
}

#[tokio::test]
async fn many_talk_to_their_instances_at_once() {
    let site = Arc::new(site());
    for n in 0..16 {
        let shop = Instance::new(&format!("shop-{n}"), "/srv/shop", "https://many.example/");
        site.fleet.put(&format!("shop-{n}"), shop);
    }
    let looks = (0..16).map(|n| {
        let site = Arc::clone(&site);
        tokio::spawn(async move {
            let way = way(&format!("shop-{n}"));
            let look = site.transport.look(&way, &look_request()).await.unwrap();
            look.pin.identity
        })
    });
    let mut identities = Vec::new();
    for look in looks.collect::<Vec<_>>() {
        identities.push(look.await.unwrap());
    }
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), 16, "everyone is somebody else");
}
