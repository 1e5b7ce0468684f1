//! Private keys that were brought and wait to become key pairs; the window sees only their ids.
//!
//! Few, short and in memory only: the oldest makes room, each is forgotten after ten minutes, and
//! a key that is forgotten is wiped. An id is good for one key pair.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_core::secret::Secret;

/// How long a key waits.
pub(crate) const WAITS: Duration = Duration::from_secs(10 * 60);

/// The most keys that wait at once.
const MOST: usize = 8;

/// The keys that wait.
#[derive(Debug, Default)]
pub(crate) struct Intakes(Mutex<BTreeMap<String, Waiting>>);

/// A key on its way: whoever took it out uses it up or gives it back.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The key as it was brought.
    pub(crate) key: Secret,
    until: Instant,
}

impl Intakes {
    /// Lets a key wait under `id`.
    pub(crate) fn put(&self, id: String, key: Secret, now: Instant) {
        let mut waiting = self.lock();
        waiting.retain(|_, one| one.until > now);
        while waiting.len() >= MOST {
            let oldest = waiting.iter().min_by_key(|(_, one)| one.until);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            waiting.remove(&oldest);
        }
        let until = now + WAITS;
        waiting.insert(id, Waiting { key, until });
    }

    /// Takes a key out, so that nobody else gets it; `None` where it waits no longer.
    pub(crate) fn take(&self, id: &str, now: Instant) -> Option<Waiting> {
        let mut waiting = self.lock();
        waiting.retain(|_, one| one.until > now);
        waiting.remove(id)
    }

    /// Lets a key wait on that could not be used, no longer than it would have.
    pub(crate) fn give_back(&self, id: String, waiting: Waiting) {
        self.lock().insert(id, waiting);
    }

    /// Forgets those that waited too long.
    pub(crate) fn forget_old(&self, now: Instant) {
        self.lock().retain(|_, one| one.until > now);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn an_id_is_good_for_one_use_even_among_many_at_once() {
        let intakes = Intakes::default();
        let now = Instant::now();
        intakes.put("a".into(), key("one"), now);
        let taken = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..50)
                .map(|_| scope.spawn(|| intakes.take("a", now).is_some()))
                .collect();
            let taken = hands.into_iter().filter_map(|hand| hand.join().ok());
            taken.filter(|got| *got).count()
        });
        assert_eq!(taken, 1);
    }

    #[test]
    fn a_key_waits_ten_minutes_and_not_longer_for_being_tried() {
        let intakes = Intakes::default();
        let now = Instant::now();
        intakes.put("a".into(), key("one"), now);
        let late = now + WAITS - Duration::from_secs(1);
        let tried = intakes.take("a", late).unwrap();
        intakes.give_back("a".into(), tried);
        assert!(intakes.take("a", now + WAITS).is_none());
        intakes.put("b".into(), key("two"), now);
        intakes.forget_old(now + WAITS);
        assert!(intakes.lock().is_empty(), "nothing is left in memory");
    }

    #[test]
    fn the_oldest_makes_room() {
        let intakes = Intakes::default();
        let start = Instant::now();
        for at in 0..=MOST {
            let now = start + Duration::from_secs(at as u64);
            intakes.put(format!("{at}"), key("key"), now);
        }
        let now = start + Duration::from_secs(60);
        assert!(intakes.take("0", now).is_none());
        assert!(intakes.take("1", now).is_some());
        assert_eq!(intakes.lock().len(), MOST - 1);
    }
}
