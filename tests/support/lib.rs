//! What the journeys, the bench and the boundary tests stand on.
//!
//! Deliberately not here: anything a released program needs. This package is for tests alone.

pub mod bed;
pub mod canary;
pub mod ground;
pub mod relay;
