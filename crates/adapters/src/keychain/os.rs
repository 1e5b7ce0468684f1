//! One call at a time, each with an end, never on an async thread.
//!
//! A keychain that is locked puts up a question and answers when somebody does, so every call runs
//! on a thread for blocking work and is only waited for so long. The call itself goes on behind its
//! question and keeps the next ones waiting, so that no two questions are ever on the screen; but
//! once nobody waits for it any more it stores nothing and takes nothing. A program that ends while
//! a question is open should end its runtime with `shutdown_background`, or it waits for the answer.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use keyring_core::{CredentialStore, Entry, Error as StoreError};
use patchbay_core::id::KeychainItem;
use patchbay_core::ports::keychain::{Asked, Keychain, KeychainError};
use patchbay_core::secret::Secret;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::{system, told};

/// The name under which everything of ours is stored; says nothing about what it is.
const PROGRAM: &str = "Patchbay";

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeychainPatience {
    /// When the user asked, who may have to type a password first.
    pub by_user: Duration,
    /// When nobody asked, so nobody types.
    pub by_nobody: Duration,
}

impl Default for KeychainPatience {
    /// A minute, and five seconds.
    fn default() -> Self {
        Self {
            by_user: Duration::from_secs(60),
            by_nobody: Duration::from_secs(5),
        }
    }
}

/// The opened store; none before the first call and after a failure, so that a start without a
/// keychain can be repeated.
type Held = Option<Arc<CredentialStore>>;

/// Says whether anybody still waits for a call.
struct Caller(Weak<()>);

impl Caller {
    /// Ends a call that came too late to be of use.
    fn still_waits(&self) -> Result<(), KeychainError> {
        match self.0.strong_count() {
            0 => Err(KeychainError::Slow),
            _ => Ok(()),
        }
    }
}

/// The system's keychain: Secret Service, macOS Keychain or Windows Credential Manager.
#[derive(Clone)]
pub struct OsKeychain {
    program: &'static str,
    patience: KeychainPatience,
    store: Arc<Mutex<Held>>,
}

impl std::fmt::Debug for OsKeychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OsKeychain")
            .field("program", &self.program)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Default for OsKeychain {
    fn default() -> Self {
        Self::new(PROGRAM, KeychainPatience::default())
    }
}

impl OsKeychain {
    /// Opens nothing yet. `program` is the fixed name under which items are stored; the demo uses
    /// one of its own, so that its items are kept apart.
    pub fn new(program: &'static str, patience: KeychainPatience) -> Self {
        Self {
            program,
            patience,
            store: Arc::default(),
        }
    }

    /// Runs `job` where it may block, alone, and waits for it no longer than allowed.
    async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce(&mut Held, &Caller) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let store = self.store.clone();
        // Dropped with this future, be it after the answer, out of time or cancelled.
        let here = Arc::new(());
        let caller = Caller(Arc::downgrade(&here));
        let work = async move {
            let mut held = store.lock_owned().await;
            // The guard goes with the job: a call nobody waits for any more still goes first.
            spawn_blocking(move || job(&mut held, &caller)).await
        };
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(KeychainError::Failed {
                detail: "the call to it was broken off inside".to_owned(),
            }),
            Err(_) => Err(KeychainError::Slow),
        }
    }

    /// Says `Locked` where reading `item` would put up a question.
    async fn stay_quiet(&self, item: &KeychainItem) -> Result<(), KeychainError> {
        let (program, id) = (self.program, item.as_str().to_owned());
        // Beside the queue: the answer is the same while somebody else's question is open.
        let look = spawn_blocking(move || system::would_ask(program, &id));
        match tokio::time::timeout(self.patience.by_nobody, look).await {
            Ok(Ok(Ok(false))) => Ok(()),
            Ok(Ok(Ok(true))) => Err(KeychainError::Locked),
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_)) | Err(_) => Err(KeychainError::Slow),
        }
    }
}

/// Calls a store that is open, opening it where it is not. A store of before whose other side is
/// gone is opened anew once; `call` must be harmless twice.
fn with_store<T>(
    held: &mut Held,
    mut call: impl FnMut(&Arc<CredentialStore>) -> Result<T, StoreError>,
) -> Result<T, KeychainError> {
    let kept = held.take();
    let was_open = kept.is_some();
    let store = match kept {
        Some(store) => store,
        None => system::open()?,
    };
    let done = match call(&store) {
        Err(error) if was_open && told::other_side_gone(&error) => {
            let store = system::open()?;
            let done = call(&store);
            *held = Some(store);
            return done.map_err(|error| told::in_our_words(&error));
        }
        done => done,
    };
    if !done.as_ref().is_err_and(told::other_side_gone) {
        *held = Some(store);
    }
    done.map_err(|error| told::in_our_words(&error))
}

fn entry(store: &Arc<CredentialStore>, program: &str, id: &str) -> Result<Entry, StoreError> {
    let modifiers = HashMap::from(system::MODIFIERS);
    store.build(program, id, Some(&modifiers))
}

/// Absence is an answer, also where another process removed the item during the call.
fn present<T>(done: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(error) if told::was_not_there(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Keychain for OsKeychain {
    async fn read(
        &self,
        item: &KeychainItem,
        asked: Asked,
    ) -> Result<Option<Secret>, KeychainError> {
        let limit = match asked {
            Asked::ByUser => self.patience.by_user,
            Asked::ByNobody => {
                self.stay_quiet(item).await?;
                self.patience.by_nobody
            }
        };
        let (program, id) = (self.program, item.as_str().to_owned());
        self.run(limit, move |held, _| {
            let _quiet = match asked {
                Asked::ByNobody => Some(system::no_questions()?),
                Asked::ByUser => None,
            };
            with_store(held, |store| {
                present(entry(store, program, &id)?.get_secret())
            })
            .map(|found| found.map(Secret::new))
        })
        .await
    }

    async fn write(&self, item: &KeychainItem, secret: &Secret) -> Result<(), KeychainError> {
        let (program, id) = (self.program, item.as_str().to_owned());
        let secret = Secret::new(secret.expose().to_vec());
        self.run(self.patience.by_user, move |held, caller| {
            system::unlock(program, &id)?;
            caller.still_waits()?;
            with_store(held, |store| {
                let entry = entry(store, program, &id)?;
                match entry.set_secret(secret.expose()) {
                    // Another process removed the item that was about to be replaced.
                    Err(error) if told::was_not_there(&error) => entry.set_secret(secret.expose()),
                    done => done,
                }
            })
        })
        .await
    }

    async fn forget(&self, item: &KeychainItem) -> Result<(), KeychainError> {
        let (program, id) = (self.program, item.as_str().to_owned());
        self.run(self.patience.by_user, move |held, _| {
            with_store(held, |store| {
                present(entry(store, program, &id)?.delete_credential()).map(drop)
            })
        })
        .await
    }

    async fn take(&self, item: &KeychainItem) -> Result<bool, KeychainError> {
        let (program, id) = (self.program, item.as_str().to_owned());
        self.run(self.patience.by_user, move |held, caller| {
            let _alone = system::alone()?;
            // Looking may be repeated, removing may not: after a lost answer nobody knows who
            // removed it, and then nobody did.
            let found = with_store(held, |store| system::find(store, program, &id))?;
            caller.still_waits()?;
            match found.map(|found| found.delete_credential()) {
                None => Ok(false),
                Some(Ok(())) => Ok(true),
                Some(Err(error)) if told::was_not_there(&error) => Ok(false),
                Some(Err(error)) => Err(told::in_our_words(&error)),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_call_nobody_waits_for_changes_nothing_and_goes_first() {
        let keychain = OsKeychain::new("test", KeychainPatience::default());
        let (answer, question) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let asked = keychain.run(SHORT, move |_, caller| {
            question.recv().unwrap();
            tell.send(caller.still_waits()).unwrap();
            Ok(())
        });
        assert_eq!(asked.await, Err(KeychainError::Slow));
        let behind = keychain.run(SHORT, |_, _| Ok(()));
        assert_eq!(behind.await, Err(KeychainError::Slow));

        answer.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), Err(KeychainError::Slow));
        let next = keychain.run(LONG, |_, caller| caller.still_waits());
        assert_eq!(next.await, Ok(()));
    }

    #[tokio::test]
    async fn a_library_that_breaks_takes_nothing_else_with_it() {
        let keychain = OsKeychain::new("test", KeychainPatience::default());
        let broken = keychain.run::<()>(LONG, |_, _| panic!("meant to break"));
        assert!(matches!(broken.await, Err(KeychainError::Failed { .. })));
        assert_eq!(keychain.run(LONG, |_, _| Ok(7)).await, Ok(7));
    }
}
