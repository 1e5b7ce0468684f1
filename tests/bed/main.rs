//! Starts the bed of the journeys and says where everything is, as one line of JSON; then waits to
//! be ended.
//!
//! For journeys in the real window, which use built programs only: a real SSH server, PHP and
//! MariaDB with one instance that was never connected, Adobe's side on loopback, a private keychain,
//! and a data directory whose settings name those gateways.

use patchbay_tests::bed::Bed;
use patchbay_tests::ground::{InstanceOptions, Result};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<()> {
    let bed = Bed::start().await?;
    let instance = bed.instance(InstanceOptions::default()).await?;
    let urls = bed.simulator.urls();
    for (key, url) in [
        ("production-gateway", &urls.production),
        ("sandbox-gateway", &urls.sandbox),
    ] {
        let _ = bed.ctl(&["settings", "set", key, url]).await?.expect(0);
    }
    let mut pairs = serde_json::Map::new();
    for (purpose, key) in [
        ("production", &bed.account.production),
        ("sandbox", &bed.account.sandbox),
    ] {
        let file = bed.file(&format!("{purpose}.pem"), key.private_key.expose())?;
        let pair = serde_json::json!({ "apiKey": key.api_key, "file": file });
        pairs.insert(purpose.to_owned(), pair);
    }
    let mut variables: serde_json::Map<String, serde_json::Value> = bed
        .keychain
        .variables()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let data = bed.data().display().to_string();
    variables.insert("PATCHBAY_DATA_DIR".to_owned(), data.into());
    let said = serde_json::json!({
        "variables": variables,
        "pairs": pairs,
        "hostKey": bed.ground.host_key_fingerprint().await?,
        "way": {
            "target": format!("{}@{}", instance.ssh.user, instance.ssh.host),
            "port": instance.ssh.port.to_string(),
            "root": instance.root,
            "php": instance.php(),
            "identityFile": instance.ssh.identity_file,
        },
    });
    println!("{said}");
    let mut ended = signal(SignalKind::terminate()).expect("the signal can be waited for");
    ended.recv().await;
    Ok(())
}
