//! The way to an instance: the conversation of docs/ARCHITECTURE.md over the user's own ssh.
//!
//! [`SshTransport`] is the door. Behind it: `config` writes the ssh configuration that stands in
//! front of the user's, `command` quotes what the far side's shell sees, `program` is the PHP that
//! runs there, `conversation` carries lines, `answers` reads them, `errors` names what went wrong,
//! `host_key` fetches and trusts, [`askpass`] lets a person answer ssh, `survey` searches a server for
//! instances. `http` carries the same lines to the demo's fleet. Not here: what
//! may be written, which the core decides.

mod answers;
pub mod askpass;
mod command;
mod config;
mod conversation;
mod errors;
mod host_key;
#[cfg(feature = "demo")]
mod http;
mod program;
mod ssh;
mod survey;

#[cfg(feature = "demo")]
pub use http::{FleetAddress, HttpTransport};
pub use ssh::{SshSettings, SshTransport};
