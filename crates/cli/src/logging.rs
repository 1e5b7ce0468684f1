//! Diagnostics on stderr: our own rooms only, so that no library's chatter can name anything.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging at the level of `PATCHBAY_LOG` (`off`, `error`, `warn`, `info`, `debug`);
/// `warn` where it is not set or no level.
pub(crate) fn start() {
    let level = std::env::var("PATCHBAY_LOG")
        .ok()
        .and_then(|word| word.parse::<LevelFilter>().ok())
        .unwrap_or(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .without_time();
    let ours = Targets::new().with_target("patchbay", level);
    // Only a second start could fail, and there is none.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(ours)
        .try_init();
}
