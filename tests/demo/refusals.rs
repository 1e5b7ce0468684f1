//! Real and pretended never meet: strangers, other runs, real keys and real records are refused.

use patchbay_adapters::demo::{
    DemoDirectory, DemoPlaces, FleetAddress, HttpTransport, open as open_demo,
};
use patchbay_adapters::outside::{self, Overrides};
use patchbay_core::config::Purpose;
use patchbay_core::fakes::keys;
use patchbay_core::keypair::keeping::BroughtKey;
use patchbay_core::ports::transport::{Transport as _, TransportError};
use patchbay_core::secret::Secret;
use patchbay_core::{Error, Patchbay};
use patchbay_simulator::StartError;
use patchbay_simulator::demo::Demo;
use patchbay_simulator::fleet::Fleet;

use crate::fleet::way;

pub fn places(demo: &Demo) -> DemoPlaces {
    let token = Secret::new(demo.fleet().token().as_bytes().to_vec());
    DemoPlaces {
        production_gateway: demo.urls().production.clone(),
        sandbox_gateway: demo.urls().sandbox.clone(),
        fleet: FleetAddress::parse(demo.fleet().url(), token).unwrap(),
        pretended: demo.pretended(),
    }
}

#[test]
fn the_fleet_listens_on_loopback_only() {
    for ip in ["0.0.0.0", "::", "192.168.1.4", "127.0.0.2"] {
        let refused = Fleet::start(ip.parse().unwrap(), 0, []);
        assert!(matches!(refused, Err(StartError::Bind(_))), "{ip}");
    }
}

#[tokio::test]
async fn without_this_runs_token_nobody_gets_in() {
    let fleet = Fleet::start("127.0.0.1".parse().unwrap(), 0, []).unwrap();
    let client = reqwest::Client::new();
    for path in ["instances", "instances/shop/host-keys", "elsewhere"] {
        for token in ["", "wrong"] {
            let url = format!("{}{path}", fleet.url());
            let answer = client.get(url).bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let directory = DemoDirectory::open(&folder.path().join("demo")).unwrap();
    let stale = Secret::new(b"another run's".to_vec());
    let address = FleetAddress::parse(fleet.url(), stale).unwrap();
    let transport = HttpTransport::new(&directory, address).unwrap();
    let refused = transport.host_keys(&way("shop")).await.err();
    assert!(matches!(refused, Some(TransportError::Local { .. })));
}

#[tokio::test]
async fn real_records_never_open_as_the_demos_nor_the_demos_as_real() {
    let folder = tempfile::tempdir().unwrap();
    let (own, demo) = (folder.path().join("own"), folder.path().join("demo"));
    drop(outside::open(&own, Overrides::default()).await.unwrap());
    drop(DemoDirectory::open(&demo).unwrap());
    let refused = DemoDirectory::open(&own).unwrap_err().to_string();
    assert!(refused.contains("real records"), "{refused}");
    let refused = outside::open(&demo, Overrides::default()).await.err();
    let refused = refused.unwrap().to_string();
    assert!(refused.contains("belongs to the demo"), "{refused}");
}

#[tokio::test]
async fn a_real_key_is_refused_and_a_pretended_one_is_kept() {
    let demo = Demo::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = DemoDirectory::open(&folder.path().join("demo")).unwrap();
    let ports = open_demo(&directory, places(&demo)).unwrap();
    let patchbay = Patchbay::new(ports, "mei");
    patchbay.add_account("Nordlys", None).await.unwrap();
    let real = keys::pem(0);
    let brought = |name, api_key, private_key| BroughtKey {
        account: "Nordlys",
        purpose: Purpose::Production,
        name,
        api_key,
        private_key,
    };
    let api_key = "0123456789abcdef0123456789abcdef";
    let refused = patchbay.bring_key(&brought("real", api_key, &real)).await;
    assert!(matches!(refused, Err(Error::Keychain(_))), "{refused:?}");
    assert!(
        patchbay.key_pairs().await.unwrap().is_empty(),
        "nothing of it is left"
    );
    let cast = demo.cast();
    let pretended = &cast.harbour.production;
    let pem = Secret::new(pretended.private_key.expose().as_bytes().to_vec());
    let kept = patchbay
        .bring_key(&brought("pretended", &pretended.api_key, &pem))
        .await
        .unwrap();
    assert_eq!(kept.verification.as_str(), "accepted");
}
