//! Who hears what nobody asked for at that moment: files dropped on the window, changes of the
//! records. One listener each, the last one; the window has one frame.

use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_contract::keypairs::DropEvent;
use serde::Serialize;

use crate::request::Events;

/// The listeners of this window.
#[derive(Default)]
pub(crate) struct Listeners {
    /// Hears of files dropped on the window; without one, nothing that is dropped is read.
    pub(crate) drops: Listener<DropEvent>,
    /// Hears of changes of the records.
    pub(crate) records: Listener<()>,
}

/// A place for one listener.
pub(crate) struct Listener<T>(Mutex<(u32, Option<Events<T>>)>);

impl<T> Default for Listener<T> {
    fn default() -> Self {
        Self(Mutex::new((0, None)))
    }
}

impl<T: Serialize> Listener<T> {
    /// From now on `events` hears it, in the place of whoever did; answers with its number.
    pub(crate) fn begin(&self, events: Events<T>) -> u32 {
        let mut place = self.lock();
        place.0 = place.0.wrapping_add(1);
        place.1 = Some(events);
        place.0
    }

    /// Ends that listener; one that was replaced ended already.
    pub(crate) fn end(&self, number: u32) {
        let mut place = self.lock();
        if place.0 == number {
            place.1 = None;
        }
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        self.lock().1.is_some()
    }

    /// Tells it to whoever listens.
    pub(crate) fn tell(&self, event: T) {
        if let Some(events) = &self.lock().1 {
            events.tell(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u32, Option<Events<T>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
