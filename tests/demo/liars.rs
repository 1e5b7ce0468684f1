//! Instances and shops that lie, over real connections: no green light, and nobody but the
//! configured gateways ever hears of it.
//!
//! The ten kinds of lies with all their values are told over stand-ins (the core's own tests);
//! here is what only real connections can show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use patchbay_adapters::demo::{DemoDirectory, open};
use patchbay_core::Patchbay;
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState;
use patchbay_simulator::demo::{Demo, Story};
use patchbay_simulator::fleet::{Instance, Shown};
use tokio::net::TcpListener;

use crate::refusals::places;

/// Somebody who is in no settings, and how often anybody connected there.
async fn stranger() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

/// After this one the instance is honest again; the two that follow lose its keys for good.
const LAST_TO_TAKE_BACK: &str = "another data space than its shop shows";

type Lie = (&'static str, Box<dyn Fn(&mut Instance)>);

/// What is told, each with its name.
fn lies(stranger: SocketAddr, theirs: &str) -> Vec<Lie> {
    let url = format!("http://{stranger}/");
    let (gateway, shop) = (url.clone(), url);
    let theirs = theirs.to_owned();
    vec![
        (
            "another gateway",
            Box::new(move |one| drop(one.gateways.insert(Purpose::Production, gateway.clone()))),
        ),
        (
            "another gateway for the pair that is not in use",
            Box::new(move |one| {
                drop(
                    one.gateways
                        .insert(Purpose::Sandbox, format!("http://{stranger}/")),
                );
            }),
        ),
        (
            "right keys with another merchant's data space",
            Box::new(move |one| one.set(ConfigPath::DataSpaceId, &theirs)),
        ),
        (
            "a token that ends too late",
            Box::new(|one| one.clock_ahead = 4_000),
        ),
        (
            "another data space than its shop shows",
            Box::new(|one| {
                one.shown = Shown::Another("99999999-9999-4999-8999-999999999999".into())
            }),
        ),
        (
            "a shop that leads elsewhere, and no key",
            Box::new(move |one| {
                one.shown = Shown::Elsewhere(shop.clone());
                one.unset(ConfigPath::ProductionPrivateKey);
            }),
        ),
        (
            "random values in all nine fields",
            Box::new(|one| {
                for (number, path) in ConfigPath::ALL.into_iter().enumerate() {
                    one.set(path, &format!("{number:032x}"));
                }
            }),
        ),
    ]
}

async fn state(patchbay: &Patchbay, name: &str) -> ConnectionState {
    let checked = patchbay.check(&[name.to_owned()]).await.unwrap();
    checked[0].evidence.verdict.state
}

#[tokio::test]
async fn no_lie_is_green_and_nobody_else_is_asked() {
    let (address, heard) = stranger().await;
    let story = Story::ConnectedYearsAgo;
    let demo = Demo::start().unwrap();
    let directory = DemoDirectory::temporary().unwrap();
    let patchbay = Patchbay::new(open(&directory, places(&demo)).unwrap(), "mei");
    demo.seed(&patchbay).await.unwrap();
    let held = |story: Story| {
        let plain = |one: &mut Instance| one.plain(ConfigPath::DataSpaceId).map(str::to_owned);
        demo.fleet().with(story.target(), plain).flatten().unwrap()
    };
    let (own, theirs) = (held(story), held(Story::KeysRejected));
    let gateways = demo
        .fleet()
        .with(story.target(), |one| one.gateways.clone());
    let gateways = gateways.unwrap();
    assert_eq!(
        state(&patchbay, story.name()).await,
        ConnectionState::Connected
    );
    let mut honest_again = 0;
    for (lie, tell) in lies(address, &theirs) {
        demo.fleet().with(story.target(), |one| tell(one)).unwrap();
        let told = state(&patchbay, story.name()).await;
        assert_ne!(told, ConnectionState::Connected, "{lie}");
        assert_eq!(
            heard.load(Ordering::SeqCst),
            0,
            "{lie}: somebody else was asked"
        );
        let back = |one: &mut Instance| {
            one.gateways = gateways.clone();
            one.clock_ahead = 0;
            one.shown = Shown::Everything;
            one.set(ConfigPath::DataSpaceId, &own);
        };
        demo.fleet().with(story.target(), back).unwrap();
        if lie == LAST_TO_TAKE_BACK {
            assert_eq!(
                state(&patchbay, story.name()).await,
                ConnectionState::Connected
            );
            honest_again += 1;
        }
    }
    assert_eq!(
        honest_again, 1,
        "what could be taken back left nothing behind"
    );
}
