//! Which real outside stands behind each port.
//!
//! Opened at once is only the data directory. The keychain and ssh open with their first call, the
//! gateway's client with the first question, so that a list needs none of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_adapters::clock::SystemClock;
use patchbay_adapters::crypto::SystemCrypto;
use patchbay_adapters::gateway::{GatewaySettings, HttpGateway};
use patchbay_adapters::http::Patience;
use patchbay_adapters::keychain::OsKeychain;
use patchbay_adapters::portal::HttpPortal;
use patchbay_adapters::records::SqliteRecords;
use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::config::Purpose;
use patchbay_core::error::Error;
use patchbay_core::id::{DataSpaceId, ProjectId};
use patchbay_core::ports::gateway::{Answered, Bearer, Gateway, GatewayError};
use patchbay_core::ports::records::Records as _;
use patchbay_core::registry::DataSpace;
use patchbay_core::settings::is_gateway;
use patchbay_core::{Patchbay, Ports};

use crate::args::Shared;
use crate::exit::Failure;

/// Opens the data directory and puts the real outside behind the core.
pub(crate) async fn patchbay(shared: &Shared) -> Result<Patchbay, Failure> {
    let dir = data_dir(shared)?;
    let records = SqliteRecords::open(&dir).map_err(Error::from)?;
    let set = records.settings().await.map_err(Error::from)?;
    let setting = |key: &str| {
        set.iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.clone())
    };
    let connect = setting("connect-timeout").and_then(|text| text.parse().ok());
    let mut patience = Patience::default();
    let mut ssh = SshSettings::usual(dir.join("ssh"));
    if let Some(seconds) = connect.map(Duration::from_secs) {
        ssh.connect = seconds;
        patience.connect = seconds;
        patience.total = patience.total.max(seconds * 2);
    }
    let mut gateways = GatewaySettings {
        patience,
        ..GatewaySettings::default()
    };
    let given = &shared.production_gateway;
    if let Some(url) = given.clone().or_else(|| setting("production-gateway")) {
        gateways.production = checked_gateway("--production-gateway", url)?;
    }
    let given = &shared.sandbox_gateway;
    if let Some(url) = given.clone().or_else(|| setting("sandbox-gateway")) {
        gateways.sandbox = checked_gateway("--sandbox-gateway", url)?;
    }
    let ports = Ports {
        keychain: Arc::new(OsKeychain::default()),
        crypto: Arc::new(SystemCrypto),
        gateway: Arc::new(LateGateway::new(gateways)),
        portal: Arc::new(HttpPortal::new(patience, None)),
        records: Arc::new(records),
        transport: Arc::new(SshTransport::new(ssh)),
        clock: Arc::new(SystemClock::new()),
    };
    Ok(Patchbay::new(ports, &person()))
}

fn checked_gateway(option: &str, url: String) -> Result<String, Failure> {
    if is_gateway(url.trim()) {
        return Ok(url.trim().to_owned());
    }
    Err(Failure::usage(
        "badInput",
        format!("{option} is no gateway address."),
        "Give an https address, or plain http to this computer itself.",
    ))
}

/// The login name for the journal.
fn person() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

fn data_dir(shared: &Shared) -> Result<PathBuf, Failure> {
    if let Some(dir) = &shared.data_dir {
        if dir.as_os_str().is_empty() {
            return Err(Failure::usage(
                "badInput",
                "The data directory is empty text.",
                "Give a folder with --data-dir, or leave it out.",
            ));
        }
        return std::path::absolute(dir)
            .map_err(|error| Failure::local("the data directory has no absolute path", &error));
    }
    usual_data_dir().ok_or_else(|| {
        Failure::usage(
            "noHome",
            "It is not known where your home folder is, so there is no usual data directory.",
            "Give one with --data-dir.",
        )
    })
}

/// Where this system keeps the data of programs.
fn usual_data_dir() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || folder("HOME");
    let below = |parent: PathBuf, path: &str| parent.join(Path::new(path));
    if cfg!(windows) {
        folder("LOCALAPPDATA").map(|parent| below(parent, "Patchbay"))
    } else if cfg!(target_os = "macos") {
        home().map(|parent| below(parent, "Library/Application Support/Patchbay"))
    } else {
        folder("XDG_DATA_HOME")
            .or_else(|| home().map(|parent| below(parent, ".local/share")))
            .map(|parent| below(parent, "patchbay"))
    }
}

/// Adobe's gateways, whose client (with the computer's certificate authorities) is made with the
/// first question.
struct LateGateway {
    settings: GatewaySettings,
    made: OnceLock<Result<HttpGateway, GatewayError>>,
}

impl LateGateway {
    fn new(settings: GatewaySettings) -> Self {
        Self {
            settings,
            made: OnceLock::new(),
        }
    }

    fn made(&self) -> Result<&HttpGateway, GatewayError> {
        let make = || {
            HttpGateway::new(&self.settings).map_err(|error| GatewayError::Unreachable {
                detail: error.to_string(),
            })
        };
        self.made.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

#[async_trait]
impl Gateway for LateGateway {
    fn base_url(&self, purpose: Purpose) -> String {
        match purpose {
            Purpose::Production => self.settings.production.clone(),
            Purpose::Sandbox => self.settings.sandbox.clone(),
        }
    }

    fn is_ours(&self, purpose: Purpose, url: &str) -> bool {
        self.made()
            .is_ok_and(|gateway| gateway.is_ours(purpose, url))
    }

    async fn ping(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<()>, GatewayError> {
        self.made()?.ping(purpose, bearer).await
    }

    async fn data_spaces(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.made()?.data_spaces(purpose, bearer).await
    }

    async fn project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &ProjectId,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.made()?.project(purpose, bearer, id).await
    }

    async fn data_space(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
    ) -> Result<Answered<DataSpace>, GatewayError> {
        self.made()?.data_space(purpose, bearer, id).await
    }

    async fn create_project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        name: &str,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.made()?.create_project(purpose, bearer, name).await
    }

    async fn label_cloud(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
        cloud_project: &str,
    ) -> Result<Answered<()>, GatewayError> {
        self.made()?
            .label_cloud(purpose, bearer, id, cloud_project)
            .await
    }
}
