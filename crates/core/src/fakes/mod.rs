//! Per port: a stand-in in memory that can be told to fail, and the contract test that the
//! stand-in and every real adapter pass.
//!
//! Only compiled for tests and development (feature `fakes`).
