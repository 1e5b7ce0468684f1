//! Looking at shops as visitors do, against the pretended ones and against hostile ones.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use patchbay_adapters::http::Patience;
use patchbay_adapters::storefront::HttpStorefront;
use patchbay_core::config::ConfigPath;
use patchbay_core::fakes::{StorefrontCase, storefront_contract};
use patchbay_core::id::DataSpaceId;
use patchbay_core::ports::storefront::{Storefront, StorefrontError};
use patchbay_simulator::fleet::{Fleet, Instance, Shown};
use patchbay_simulator::{Config, Fault, Rule, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SPACE: &str = "22222222-2222-4222-8222-222222222222";

fn shop(name: &str, shown: Shown) -> (String, Instance) {
    let url = format!("https://{name}.example/");
    let mut shop = Instance::new(name, "/srv/shop", &url)
        .with(ConfigPath::DataSpaceId, SPACE)
        .with(ConfigPath::DataSpaceType, "Testing");
    shop.shown = shown;
    (name.to_owned(), shop)
}

fn fleet() -> Fleet {
    Fleet::start(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        0,
        [
            shop("everything", Shown::Everything),
            shop("pages", Shown::OnPages),
            shop("nothing", Shown::Nothing),
            shop(
                "other",
                Shown::Elsewhere("https://elsewhere.example/".into()),
            ),
        ],
    )
    .unwrap()
}

fn hasty() -> HttpStorefront {
    HttpStorefront::new(Patience {
        connect: Duration::from_millis(700),
        total: Duration::from_millis(700),
    })
}

fn patient() -> HttpStorefront {
    HttpStorefront::new(Patience {
        connect: Duration::from_secs(5),
        total: Duration::from_secs(20),
    })
}

#[tokio::test]
async fn the_adapter_keeps_the_contract() {
    let fleet = fleet();
    let url = |name: &str| fleet.shop_url(&format!("{name}.example"));
    let case = StorefrontCase {
        by_graphql: &url("everything"),
        by_page: &url("pages"),
        silent: &url("nothing"),
        data_space: &DataSpaceId::parse(SPACE).unwrap(),
    };
    storefront_contract(&patient(), &case).await.unwrap();
}

#[tokio::test]
async fn a_shop_that_sends_visitors_elsewhere_is_not_followed() {
    let fleet = fleet();
    let url = fleet.shop_url("other.example");
    let asked = patient().data_space(&url).await;
    let host = "elsewhere.example".to_owned();
    assert_eq!(asked, Err(StorefrontError::SentElsewhere { host }));
}

#[tokio::test]
async fn only_addresses_that_may_be_asked_are_asked() {
    for refused in [
        "http://shop.example/",
        "ftp://127.0.0.1/",
        "https://user@shop.example/",
        "shop.example",
        "file:///etc/passwd",
        "",
    ] {
        let asked = patient().data_space(refused).await;
        assert!(
            matches!(asked, Err(StorefrontError::NotAllowed { .. })),
            "{refused}: {asked:?}"
        );
    }
}

/// A shop that keeps what it is asked and answers nothing.
#[tokio::test]
async fn nothing_says_who_asks() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 8192];
        let count = stream.read(&mut bytes).await.unwrap();
        let _ = stream
            .write_all(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
        String::from_utf8_lossy(&bytes[..count]).to_lowercase()
    });
    let _ = hasty().data_space(&url).await;
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("post /graphql "), "{heard}");
    for header in [
        "authorization",
        "cookie",
        "x-api-key",
        "magento-api-key",
        "x-gw-signature",
        "referer",
    ] {
        assert!(!heard.contains(header), "{header} in {heard}");
    }
}

#[tokio::test]
async fn hostile_shops_are_told_by_kind() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let url = simulator.urls().production.clone();
    let bytes = 64 * 1024 * 1024;
    let elsewhere = Fault::Redirect {
        status: 302,
        location: simulator.urls().sandbox.clone(),
    };
    for (fault, code) in [
        (Fault::Garbage, "shopSaysNothing"),
        (Fault::HugeBody { bytes }, "shopUnusable"),
        (Fault::GzipBomb { bytes }, "shopSaysNothing"),
        (Fault::DeepJson { depth: 100_000 }, "shopSaysNothing"),
        (Fault::ProxyPage { status: 200 }, "shopSaysNothing"),
        (Fault::ProxyPage { status: 403 }, "shopUnusable"),
        (Fault::Status { status: 503 }, "shopUnusable"),
        (elsewhere, "shopSendsElsewhere"),
        (Fault::NeverAnswers, "shopTimedOut"),
        (Fault::Trickle { millis: 100 }, "shopTimedOut"),
        (Fault::CloseConnection, "shopUnreachable"),
    ] {
        simulator.faults(|faults| faults.clear_all());
        simulator.misbehave(Rule::always(fault.clone())).unwrap();
        let shops = if code == "shopTimedOut" {
            hasty()
        } else {
            patient()
        };
        let error = shops.data_space(&url).await.unwrap_err();
        assert_eq!(error.code(), code, "{fault:?}: {error}");
        assert!(
            !error.to_string().contains("http://"),
            "no address in {error}"
        );
    }
    let gone = hasty().data_space("http://127.0.0.1:1/").await.unwrap_err();
    assert_eq!(gone.code(), "shopUnreachable");
}
