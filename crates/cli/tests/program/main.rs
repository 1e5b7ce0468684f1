//! The built `patchbayctl` as a program sees it: exit codes, JSON, and what it refuses at the door.
//!
//! Nothing here needs an instance, a gateway or a keychain; whole journeys are in `tests/journeys`.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

#[cfg(unix)]
mod data_directory;
#[cfg(target_os = "linux")]
mod dumps;
#[cfg(unix)]
mod importing;
mod keychain;
mod support;
mod telling;
mod usage;
mod words;
