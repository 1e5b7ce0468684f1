//! Asks a gateway for its ping and says what came of it.
//!
//! Which authorities are trusted is the computer's matter, told by the environment, so tests of
//! certificates ask from a process of its own.

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
    match gateway.ping(Purpose::Production, &bearer).await {
        Ok(_) => println!("accepted"),
        Err(error) => println!("{error}"),
    }
}
