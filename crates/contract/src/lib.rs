//! The words the window, the command line and the core share.
//!
//! One file per room, and [`error`]. Types here are converted from the core's, never shared with
//! it: the core stays free of serde. Those the window uses are written to
//! `ui/src/api/generated` by `cargo test -p patchbay-contract`; nobody edits them there. The
//! `--json` documents of `patchbayctl` are here too: their field names are a promise.

pub mod accounts;
pub mod connection;
mod csv;
pub mod demo;
pub mod error;
pub mod exports;
pub mod handover;
pub mod instances;
pub mod journal;
pub mod keypairs;
pub mod moment;
pub mod push;
pub mod registry;
pub mod replacing;
pub mod report;
pub mod resync;
pub mod settings;
pub mod start;
