//! Asks a gateway for its ping and says what came of it.
//!
//! Which authorities are trusted is the computer's matter, told by the environment, so tests of
//! certificates ask from a process of its own. So do tests of memory: with a second argument it also
//! says by how much its memory grew while it asked.

use std::time::Duration;

use patchbay_adapters::gateway::{GatewaySettings, HttpGateway};
use patchbay_adapters::http::Patience;
use patchbay_core::config::Purpose;
use patchbay_core::id::ApiKey;
use patchbay_core::ports::gateway::{Bearer, Gateway};
use patchbay_core::secret::Secret;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let gateway = HttpGateway::new(&GatewaySettings {
        production: std::env::args().nth(1).unwrap(),
        patience: Patience {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(5),
        },
        ..GatewaySettings::default()
    });
    let gateway = match gateway {
        Ok(gateway) => gateway,
        Err(error) => return println!("no gateway: {error}"),
    };
    let bearer = Bearer {
        api_key: &ApiKey::parse("0123456789abcdef0123456789abcdef").unwrap(),
        token: &Secret::new(b"head.claims.signature".to_vec()),
    };
    let before = peak_memory();
    match gateway.ping(Purpose::Production, &bearer).await {
        Ok(_) => println!("accepted"),
        Err(error) => println!("{error}"),
    }
    if std::env::args().nth(2).is_some() {
        let list = gateway.data_spaces(Purpose::Production, &bearer).await;
        println!(
            "{}",
            list.err().map_or("accepted".to_owned(), |e| e.to_string())
        );
        println!("grew by {} KiB", peak_memory() - before);
    }
}

/// The most memory this process ever held, in KiB, as the system counts it.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
