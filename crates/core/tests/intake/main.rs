//! The intake of private keys, through its public door (G8).
//!
//! [`accepts`] and [`refuses`] are tables, one row per thing people bring; [`random`] is what holds
//! for every input. The keys in `fixtures/` were made for this and are used nowhere else.

#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "here a failed `unwrap` is a failed test, and a table is as long as its rows"
)]

mod accepts;
mod keys;
mod random;
mod refuses;
