//! The ground itself: does it behave as `docs/facts.md` says the real parts do?

mod application;
mod cache;
mod command_line;
mod keychains;
mod registry;
mod servers;
