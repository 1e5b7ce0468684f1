//! The right to write to one instance: a lock on a file, which the system takes back from a process
//! that dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use patchbay_core::id::InstanceId;
use patchbay_core::ports::records::InstanceLock;

use super::directory::{LOCKS, private_file, reason, unusable};
use super::fault::Fault;

/// Let go when the file is closed.
struct FileLock(#[expect(dead_code, reason = "held open, never read")] File);

impl InstanceLock for FileLock {}

/// Takes the lock of an instance; `None` where somebody has it, this process included. The file
/// stays: removing it could let two processes lock two files of one name.
pub(super) fn take(
    directory: &Path,
    id: &InstanceId,
) -> Result<Option<Box<dyn InstanceLock>>, Fault> {
    let path = directory.join(LOCKS).join(format!("{id}.lock"));
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Box::new(FileLock(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(unusable(&path, &reason(&error)).into()),
    }
}
