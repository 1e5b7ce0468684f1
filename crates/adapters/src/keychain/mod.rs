//! The keychain of the operating system, behind the core's
//! [`Keychain`](patchbay_core::ports::keychain::Keychain) port.
//!
//! | Room | What for |
//! |---|---|
//! | [`os`] | one call at a time, each with an end, never on an async thread |
//! | `secret_service`, `apple`, `windows` | what differs between the systems |
//! | `told` | a library's failures in the port's words, without a stored byte |
//!
//! Under Linux every program of the user can read an unlocked keychain; that is how the Secret
//! Service works, and people are told so once. Not here: what is stored under which id (the core),
//! and a stand-in for tests (the core's fakes).

pub mod os;
mod told;

#[cfg_attr(target_os = "macos", path = "apple.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(all(unix, not(target_os = "macos")), path = "secret_service.rs")]
mod system;

pub use os::{KeychainPatience, OsKeychain};
