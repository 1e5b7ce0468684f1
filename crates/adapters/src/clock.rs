//! The clock of this computer, behind the core's [`Clock`] port.
//!
//! Not here: what a jump of the wall clock or a sleep of the computer means (the core decides).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use patchbay_core::ports::clock::{Clock, UnixMillis};

/// The system's clocks. The one that only goes forward counts from when this value was made.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts the clock that only goes forward.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        UnixMillis(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or_else(|before| -millis(before.duration()), millis),
        )
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        patchbay_core::fakes::clock_contract(&SystemClock::new()).await;
    }
}
