//! Port: what time it is, and sleep.

use std::time::Duration;

use async_trait::async_trait;

/// A point in time, milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// What time it is.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> UnixMillis;
    /// A clock that only goes forward, from an unnamed start.
    fn monotonic(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, time: Duration);
}
