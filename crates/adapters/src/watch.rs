//! Telling when the records change, whichever process changed them.
//!
//! The system tells us; nothing is polled, and between two changes nothing of ours wakes. Several
//! changes close together are told once. Not here: what changed; whoever listens reads again.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use patchbay_core::text;

use crate::records::DATABASE;

/// How long it must be quiet before a change is told.
const QUIET: Duration = Duration::from_millis(150);

/// The longest a change waits while others follow it.
const LONGEST: Duration = Duration::from_secs(1);

/// A watch over the records; dropping it ends it.
#[derive(Debug)]
pub struct RecordsWatch {
    /// Ends the thread by closing its channel.
    _watcher: RecommendedWatcher,
}

/// Why the records cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("changes by other programs are not seen: {detail}")]
pub struct WatchError {
    /// What the system says, cleaned.
    pub detail: String,
}

impl RecordsWatch {
    /// Calls `on_change` after every change of the records in `data_directory`, from a thread of
    /// its own.
    ///
    /// # Errors
    /// The system has no such watches left, or the directory is not there.
    pub fn begin(
        data_directory: &Path,
        on_change: impl Fn() + Send + 'static,
    ) -> Result<Self, WatchError> {
        let (changed, changes) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An overflow or a lost watch may hide a change: it is told as one.
            if event.map_or(true, |event| is_change(&event)) {
                // The listener is gone only when the watch itself is being dropped.
                let _ = changed.send(());
            }
        })
        .map_err(|error| said(&error))?;
        watcher
            .watch(data_directory, RecursiveMode::NonRecursive)
            .map_err(|error| said(&error))?;
        std::thread::Builder::new()
            .name("records-watch".to_owned())
            .spawn(move || tell(&changes, &on_change))
            .map_err(|error| WatchError {
                detail: error.to_string(),
            })?;
        Ok(Self { _watcher: watcher })
    }
}

/// Whether the records' own files were written; reading them and everything beside them is none.
fn is_change(event: &Event) -> bool {
    let written = match event.kind {
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Any | EventKind::Other => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        EventKind::Access(_) => false,
    };
    written
        && (event.need_rescan()
            || event.paths.iter().any(|path| {
                let name = path.file_name().and_then(|name| name.to_str());
                name.and_then(|name| name.strip_prefix(DATABASE))
                    .is_some_and(|rest| matches!(rest, "" | "-wal"))
            }))
}

fn tell(changes: &Receiver<()>, on_change: &impl Fn()) {
    while changes.recv().is_ok() {
        let first = Instant::now();
        while first.elapsed() < LONGEST {
            match changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        on_change();
    }
}

fn said(error: &notify::Error) -> WatchError {
    WatchError {
        detail: text::outside(&error.to_string(), 200),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::SqliteRecords;
    use patchbay_core::ports::records::Records as _;

    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_change_by_another_connection_is_told_and_reading_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("data");
        let ours = SqliteRecords::open(&home).unwrap();
        let theirs = SqliteRecords::open(&home).unwrap();
        ours.settings().await.unwrap();
        theirs.settings().await.unwrap();
        let (told, heard) = channel();
        let watch = RecordsWatch::begin(&home, move || told.send(()).unwrap()).unwrap();

        theirs.set_setting("parallel", "4").await.unwrap();
        heard.recv_timeout(SOON).unwrap();

        ours.settings().await.unwrap();
        std::fs::write(home.join("another file"), "x").unwrap();
        assert_eq!(
            heard.recv_timeout(QUIET * 4),
            Err(RecvTimeoutError::Timeout),
            "reading again must not lead to reading again"
        );
        drop(watch);
        assert_eq!(
            heard.recv_timeout(SOON),
            Err(RecvTimeoutError::Disconnected),
            "the thread ends with the watch"
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(RecordsWatch::begin(&dir.path().join("absent"), || ()).is_err());
    }
}
