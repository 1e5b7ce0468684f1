//! Log files: one a day in the data directory, fourteen kept.
//!
//! Ids, counts and durations, never contents; what is logged is decided where it is logged. Where
//! no file can be written the window still opens, because it is the window that says why.

use std::fs::DirBuilder;
use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Days of logs that are kept.
const KEPT: usize = 14;

/// Starts logging into `directory`, which only its owner may read.
pub(crate) fn start(directory: &Path) {
    if make_private(directory).is_err() {
        return;
    }
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(KEPT)
        .filename_prefix("patchbay")
        .filename_suffix("log")
        .build(directory);
    let Ok(files) = files else { return };
    // The dependencies' own chatter may name hosts and headers; ours is known.
    let filter = EnvFilter::new("warn,patchbay_app=info,patchbay_core=info,patchbay_adapters=info");
    // A second subscriber is refused, which only a test could bring about.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(files)
        .try_init();
}

fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_read_the_logs() {
        let dir = tempfile::tempdir().unwrap();
        let logs = dir.path().join("logs");
        make_private(&logs).unwrap();
        let mode = std::fs::metadata(&logs).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(make_private(&logs).is_ok(), "the next start finds it there");
    }
}
