//! How a stand-in is told to fail: at the next call, after some calls, or from now on.

use std::sync::Mutex;

use super::lock;

/// What goes wrong, and when.
#[derive(Debug)]
enum Plan<E> {
    /// Nothing.
    Fine,
    /// One call, after this many good ones.
    Once(u32, E),
    /// Every call.
    Always(E),
}

/// A switch for failures that every stand-in has.
#[derive(Debug)]
pub struct Trouble<E>(Mutex<Plan<E>>);

impl<E> Default for Trouble<E> {
    fn default() -> Self {
        Self(Mutex::new(Plan::Fine))
    }
}

impl<E: Clone> Trouble<E> {
    /// Makes one call fail after `good` calls that work; the call after it works again.
    pub fn once_after(&self, good: u32, error: E) {
        *lock(&self.0) = Plan::Once(good, error);
    }

    /// Makes every call fail until [`Trouble::clear`].
    pub fn always(&self, error: E) {
        *lock(&self.0) = Plan::Always(error);
    }

    /// All works again.
    pub fn clear(&self) {
        *lock(&self.0) = Plan::Fine;
    }

    /// Asked by the stand-in at the start of every call.
    ///
    /// # Errors
    /// The planned failure, when its turn has come.
    pub fn check(&self) -> Result<(), E> {
        let mut plan = lock(&self.0);
        match std::mem::replace(&mut *plan, Plan::Fine) {
            Plan::Fine => Ok(()),
            Plan::Once(0, error) => Err(error),
            Plan::Once(good, error) => {
                *plan = Plan::Once(good - 1, error);
                Ok(())
            }
            Plan::Always(error) => {
                *plan = Plan::Always(error.clone());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_come_when_planned() {
        let trouble = Trouble::default();
        assert_eq!(trouble.check(), Ok(()));
        trouble.once_after(1, "no");
        assert_eq!(
            [trouble.check(), trouble.check(), trouble.check()],
            [Ok(()), Err("no"), Ok(())]
        );
        trouble.always("never");
        assert_eq!(trouble.check(), Err("never"));
        assert_eq!(trouble.check(), Err("never"));
        trouble.clear();
        assert_eq!(trouble.check(), Ok(()));
    }
}
