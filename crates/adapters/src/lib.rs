//! The real outside behind each of the core's ports: one module per port.
//!
//! | Room | Stands for |
//! |---|---|
//! | [`clipboard`] | what other programs put into the clipboard, and lending it a text |
//! | [`clock`] | the wall clock, a clock that only goes forward, sleep |
//! | [`crypto`] | RSA, random numbers, tokens, sealed boxes |
//! | `demo` | all of them for the demo, with feature `demo` only |
//! | [`dumps`] | no core dumps |
//! | [`ending`] | the system asks this program to end |
//! | [`files`] | files that a person chose, to read and to save |
//! | [`gateway`] | Adobe's gateways and the merchant registry |
//! | [`keychain`] | the system's keychain |
//! | [`outside`] | all of them together, over one data directory |
//! | [`portal`] | a portal that creates key pairs |
//! | [`transport`] | the way to an instance over ssh, and the program that runs there |
//! | [`http`] | what requests to gateways and portal have in common |
//! | [`ssh_files`] | reading ssh configurations for an import |
//! | [`records`] | what is remembered on disk: SQLite in the data directory |
//! | [`storefront`] | a shop's address, as any visitor sees it |
//! | [`watch`] | telling when the records change, whoever changes them |

pub mod clipboard;
pub mod clock;
pub mod crypto;
#[cfg(feature = "demo")]
pub mod demo;
pub mod dumps;
pub mod ending;
pub mod files;
pub mod gateway;
pub mod http;
pub mod keychain;
pub mod outside;
pub mod portal;
pub mod records;
mod sealed_file;
pub mod ssh_files;
pub mod storefront;
pub mod transport;
pub mod watch;
