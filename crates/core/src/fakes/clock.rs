//! A clock that stands still until it is told otherwise, and what every clock must do.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;

use super::{lock, step_aside};
use crate::ports::clock::{Clock, UnixMillis};

/// A clock for tests: it stands still, and [`Clock::sleep`] moves it on at once.
#[derive(Debug)]
pub struct FakeClock(Mutex<(i64, Duration)>);

impl FakeClock {
    /// Starts at a point in time; the forward-only clock starts at zero.
    pub fn at(now: UnixMillis) -> Self {
        Self(Mutex::new((now.0, Duration::ZERO)))
    }

    /// Both clocks go on.
    pub fn advance(&self, time: Duration) {
        let mut both = lock(&self.0);
        both.0 += i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        both.1 += time;
    }

    /// Somebody sets the wall clock; the forward-only clock does not notice.
    pub fn set(&self, now: UnixMillis) {
        lock(&self.0).0 = now.0;
    }
}

impl Default for FakeClock {
    /// Starts in June 2026.
    fn default() -> Self {
        Self::at(UnixMillis(1_780_300_800_000))
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(lock(&self.0).0)
    }

    fn monotonic(&self) -> Duration {
        lock(&self.0).1
    }

    async fn sleep(&self, time: Duration) {
        self.advance(time);
        step_aside().await;
    }
}

/// What every clock must do, whichever one it is.
pub async fn clock_contract(clock: &dyn Clock) {
    let year_2026 = 1_767_225_600_000;
    assert!(
        clock.now().0 >= year_2026,
        "the wall clock counts milliseconds since 1970"
    );
    let time = Duration::from_millis(20);
    let (wall, forward) = (clock.now(), clock.monotonic());
    clock.sleep(time).await;
    assert!(
        clock.monotonic() >= forward + time,
        "a sleep takes at least its time"
    );
    assert!(
        clock.now().0 >= wall.0 + 19,
        "the wall clock goes on during a sleep"
    );
    let later = clock.monotonic();
    assert!(
        clock.monotonic() >= later,
        "the forward-only clock never goes back"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        clock_contract(&FakeClock::default()).await;
    }

    #[test]
    fn setting_the_wall_clock_leaves_the_other_alone() {
        let clock = FakeClock::default();
        clock.advance(Duration::from_secs(5));
        clock.set(UnixMillis(0));
        assert_eq!(clock.now(), UnixMillis(0));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }
}
