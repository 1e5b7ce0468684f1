//! The words the window, the command line and the core share.
//!
//! One file per room, and [`error`]. Types here are converted from the core's, never shared with
//! it: the core stays free of serde. Those the window uses are written to
//! `ui/src/api/generated` by `cargo test -p patchbay-contract`; nobody edits them there.

pub mod error;
pub mod instances;
pub mod settings;
