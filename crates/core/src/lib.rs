//! Every decision Patchbay makes; no Tauri, network, disk, process, clock or random numbers.
//!
//! A map of the rooms: [`account`], [`keypair`] (with the intake of private keys), [`instance`],
//! [`assignment`], [`registry`]; [`look`] is what an instance says, [`connection`] what it means;
//! [`push`] changes it, [`resync`] sends the catalogue again and [`journal`] remembers;
//! [`replacing`] leads from one pair to the next, and [`handover`] from one computer to another.
//! [`config`] names the nine values, [`fingerprint`]
//! compares them, [`secret`] hides them, [`text`] cleans what comes from outside. [`ports`] is
//! everything the core needs from outside; [`fakes`](crate::fakes) stand in for it in tests.

pub mod account;
pub mod assignment;
pub mod config;
pub mod connection;
pub mod error;
#[cfg(any(test, feature = "fakes"))]
pub mod fakes;
pub mod fingerprint;
pub mod handover;
pub mod id;
pub mod instance;
pub mod journal;
pub mod keypair;
pub mod look;
pub mod patchbay;
pub mod ports;
pub mod push;
pub mod recipe;
pub mod registry;
pub mod replacing;
pub mod resync;
pub mod secret;
pub mod settings;
pub mod text;
pub mod token;

pub use error::{Error, Result};
pub use patchbay::{Patchbay, Ports};
