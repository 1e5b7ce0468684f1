//! The whole real outside over one data directory, as the window and the command line open it.
//!
//! Both shells use this, so that both see the same records, keychain and gateways. Not here:
//! which data directory it is beyond the usual place, and what is asked of the outside.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use patchbay_core::Ports;
use patchbay_core::ports::records::{Records, RecordsError};

use crate::clock::SystemClock;
use crate::crypto::SystemCrypto;
use crate::gateway::{GatewaySettings, HttpGateway};
use crate::http::HttpSetupError;
use crate::keychain::OsKeychain;
use crate::portal::HttpPortal;
use crate::records::SqliteRecords;
use crate::storefront::HttpStorefront;
use crate::transport::askpass::Askpass;
use crate::transport::{SshSettings, SshTransport};

/// What was named for this one run, over what the settings say.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The production gateway's address.
    pub production_gateway: Option<String>,
    /// The sandbox gateway's address.
    pub sandbox_gateway: Option<String>,
    /// How a person may be asked for the passphrase of an SSH key; nobody is where there is none.
    pub askpass: Option<Askpass>,
}

/// Why the outside could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A gateway address of the settings or of this run cannot be used.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

/// The usual data directory of the person, given how to read a variable of the process; `None`
/// where the system does not say where a person's data is.
pub fn usual_data_directory(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    if cfg!(windows) {
        return Some(absolute("LOCALAPPDATA")?.join("Patchbay"));
    }
    if cfg!(target_os = "macos") {
        return Some(absolute("HOME")?.join("Library/Application Support/Patchbay"));
    }
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    Some(data?.join("patchbay"))
}

/// Opens the records in `data_directory` (made where there is none) and prepares everything else
/// by their settings. Asks nobody: no keychain is unlocked and nothing is connected to.
///
/// # Errors
/// [`OpenError`], each with what is wrong.
pub async fn open(data_directory: &Path, overrides: Overrides) -> Result<Ports, OpenError> {
    let records = SqliteRecords::open(data_directory)?;
    let mut gateways = GatewaySettings::default();
    let production = records.setting("production-gateway").await?;
    if let Some(address) = overrides.production_gateway.or(production) {
        gateways.production = address;
    }
    let sandbox = records.setting("sandbox-gateway").await?;
    if let Some(address) = overrides.sandbox_gateway.or(sandbox) {
        gateways.sandbox = address;
    }
    let mut ssh = SshSettings::usual(data_directory.join("ssh"));
    if let Some(seconds) = records.setting("connect-timeout").await? {
        // Checked when it was set; one that is no number any more leaves the usual patience.
        ssh.connect = seconds.parse().map_or(ssh.connect, Duration::from_secs);
    }
    if let Some(seconds) = records.setting("answer-timeout").await? {
        ssh.answer = seconds.parse().map_or(ssh.answer, Duration::from_secs);
    }
    Ok(Ports {
        keychain: Arc::new(OsKeychain::default()),
        crypto: Arc::new(SystemCrypto),
        gateway: Arc::new(HttpGateway::new(&gateways)?),
        portal: Arc::new(HttpPortal::default()),
        records: Arc::new(records),
        storefront: Arc::new(HttpStorefront::default()),
        transport: Arc::new(SshTransport::new(ssh).with_askpass(overrides.askpass)),
        clock: Arc::new(SystemClock::new()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<'a>(set: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        move |name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn data_lies_where_the_system_keeps_it() {
        let usual = |set: &[(&str, &str)]| usual_data_directory(from(set));
        assert_eq!(
            usual(&[("HOME", "/home/mei")]),
            Some("/home/mei/.local/share/patchbay".into())
        );
        assert_eq!(
            usual(&[("HOME", "/home/mei"), ("XDG_DATA_HOME", "/data")]),
            Some("/data/patchbay".into())
        );
        assert_eq!(
            usual(&[("HOME", "/home/mei"), ("XDG_DATA_HOME", "relative")]),
            Some("/home/mei/.local/share/patchbay".into()),
            "a relative path would mean another directory from every folder"
        );
        assert_eq!(usual(&[]), None);
    }

    #[tokio::test]
    async fn the_settings_and_then_this_run_choose_the_gateways() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("data");
        let ports = open(&home, Overrides::default()).await.unwrap();
        ports
            .records
            .set_setting("sandbox-gateway", "http://gateway.example/")
            .await
            .unwrap();
        let refused = open(&home, Overrides::default()).await.err();
        assert!(
            matches!(refused, Some(OpenError::Http(_))),
            "plain http leaves this computer"
        );
        let overrides = Overrides {
            sandbox_gateway: Some("https://gateway.example/".into()),
            ..Overrides::default()
        };
        assert!(
            open(&home, overrides).await.is_ok(),
            "this run says otherwise"
        );
    }
}
