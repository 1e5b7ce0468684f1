//! What runs now and can be stopped: pushes and checks by the ids the window was told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_core::push::order::Cancel;

/// The runs of this window.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<BTreeMap<String, Cancel>>);

/// A run that can be stopped until this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    runs: &'a Runs,
    id: String,
}

impl Runs {
    /// Lets `cancel` be raised under `id` as long as the answer lives.
    pub(crate) fn begin(&self, id: String, cancel: Cancel) -> Running<'_> {
        self.lock().insert(id.clone(), cancel);
        Running { runs: self, id }
    }

    /// Stops a run; one that has ended already needs no stopping.
    pub(crate) fn cancel(&self, id: &str) {
        if let Some(cancel) = self.lock().get(id) {
            cancel.raise();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_stopped_by_its_id_and_by_no_other() {
        let runs = Runs::default();
        let (one, two) = (Cancel::default(), Cancel::default());
        let running = runs.begin("1".into(), one.clone());
        let other = runs.begin("2".into(), two.clone());
        runs.cancel("1");
        runs.cancel("unknown");
        assert!(one.is_raised() && !two.is_raised());
        drop((running, other));
        assert!(runs.lock().is_empty());
    }
}
