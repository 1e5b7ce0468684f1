//! Which data directory it is, and the real outside over it.
//!
//! What stands behind each port is chosen in one place for both shells ([`outside`]). The keychain
//! and ssh open with their first call, so that a list needs neither.

use std::path::PathBuf;

use patchbay_adapters::outside::{self, OpenError, Overrides};
use patchbay_core::error::Error;
use patchbay_core::{Patchbay, Ports};

use crate::args::Shared;
use crate::exit::Failure;
use crate::passphrase;

/// Opens the data directory and puts the real outside behind the core.
pub(crate) async fn patchbay(shared: &Shared) -> Result<Patchbay, Failure> {
    let overrides = Overrides {
        production_gateway: shared.production_gateway.clone(),
        sandbox_gateway: shared.sandbox_gateway.clone(),
        askpass: passphrase::askpass(),
    };
    let ports: Ports = outside::open(&data_dir(shared)?, overrides)
        .await
        .map_err(not_opened)?;
    Ok(Patchbay::new(ports, &person()))
}

/// Why the outside could not be opened, as a command tells it.
pub(crate) fn not_opened(error: OpenError) -> Failure {
    match error {
        OpenError::Records(error) => Error::from(error).into(),
        OpenError::Http(error) => Failure::usage(
            "badInput",
            format!("{}.", capital(&error.to_string())),
            "Correct it with --production-gateway, --sandbox-gateway or settings set.",
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The login name for the journal.
pub(crate) fn person() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The data directory that was named, or else the usual one.
pub(crate) fn data_dir(shared: &Shared) -> Result<PathBuf, Failure> {
    match &shared.data_dir {
        // An empty variable counts as one that is not set, as everywhere else.
        Some(dir) if !dir.as_os_str().is_empty() => std::path::absolute(dir)
            .map_err(|error| Failure::local("The data directory has no absolute path", &error)),
        _ => outside::usual_data_directory(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::usage(
                "noHome",
                "It is not known where your home folder is, so there is no usual data directory.",
                "Give one with --data-dir.",
            )
        }),
    }
}
