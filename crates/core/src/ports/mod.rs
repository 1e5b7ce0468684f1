//! What the core needs from outside, said as traits; each says what is needed, not how.
//!
//! Adapters implement them on the real outside, [`crate::fakes`] in memory; both pass the same
//! contract tests. Absence is an answer, not an error.

pub mod clipboard;
pub mod clock;
pub mod crypto;
pub mod gateway;
pub mod keychain;
pub mod outlet;
pub mod portal;
pub mod records;
pub mod storefront;
pub mod transport;
