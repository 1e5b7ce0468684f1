//! The ground itself: does it behave as `docs/facts.md` says the real parts do?

mod servers;
