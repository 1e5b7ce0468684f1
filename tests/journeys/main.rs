//! Whole journeys by the real `patchbayctl` over a real `sshd`, PHP, MariaDB and keychain, with the
//! simulated gateways behind them.

mod bad_input;
mod by_hand;
mod consent;
mod generated;
mod kills;
mod main_job;
mod plans;
mod replacing;
mod secrets;
mod steps;
mod together;
mod told;
