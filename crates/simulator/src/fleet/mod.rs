//! Pretend instances on loopback, that speak the same conversation as real ones over ssh.
//!
//! A look, or a push of begin, `ready`, one sealed `go`, `committed` and `done`; tokens really
//! signed with the keys an instance holds; rows really compared, undo blobs really encrypted. What
//! differs is the carrier: HTTP to this computer itself, behind a token made for every run. They
//! hold pretended keys only, and they are never the only proof of anything: the way over ssh is
//! tested on a real server, PHP and database.
//!
//! Not here: who the instances of the demo are ([`crate::demo`]).
//!
//! | Room | What for |
//! |---|---|
//! | `instance`, `report` | what an instance holds; what it says of itself |
//! | `talk`, `values`, `undo` | one conversation; what is sent in it; former rows |
//! | `trouble` | what goes wrong, on request |
//! | `door` | HTTP |
//! | `shop` | what visitors of a shop see |

mod door;
mod instance;
mod report;
mod shop;
mod talk;
mod trouble;
mod undo;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

pub use instance::{Fixed, Instance, Shown, Tally};
pub use trouble::{Death, Troubles, Unreachable};

use crate::StartError;
use crate::net::{self, Running};
use crate::token::token_digest;
use crate::words;

/// One place in the network: an instance, its push lock, and who waits for `go`.
pub(crate) struct Place {
    instance: Mutex<Instance>,
    turn: Arc<tokio::sync::Mutex<()>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Zeroizing<Vec<u8>>>>>,
}

/// What every request to one fleet shares.
pub(crate) struct Shared {
    places: Mutex<BTreeMap<String, Arc<Place>>>,
    token: String,
}

/// A running fleet. It stops when dropped.
pub struct Fleet {
    shared: Arc<Shared>,
    url: String,
    _running: Running,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Fleet {
    /// Opens a listener on 127.0.0.1 or ::1 (port 0 takes a free one) and serves these instances,
    /// each known by its target, from a thread of its own.
    ///
    /// # Errors
    /// [`StartError::Bind`] for an address that is not loopback or a port in use.
    pub fn start(
        ip: IpAddr,
        port: u16,
        instances: impl IntoIterator<Item = (String, Instance)>,
    ) -> Result<Self, StartError> {
        let listener = net::bind(ip, port)?;
        let url = format!("http://{}/", listener.local_addr()?);
        let shared = Arc::new(Shared {
            places: Mutex::default(),
            token: words::random_hex::<24>(),
        });
        let routed = vec![(listener, door::router(shared.clone()))];
        let running = Running::start("fleet", routed)?;
        let fleet = Self {
            shared,
            url,
            _running: running,
        };
        for (target, instance) in instances {
            fleet.put(&target, instance);
        }
        Ok(fleet)
    }

    /// Where it listens; ends with a slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where visitors find the shop whose base URL has this host; ends with a slash.
    #[must_use]
    pub fn shop_url(&self, host: &str) -> String {
        format!("{}shops/{host}/", self.url)
    }

    /// This run's bearer token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Every target, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        lock(&self.shared.places).keys().cloned().collect()
    }

    /// Puts an instance at a target, in place of what was there.
    pub fn put(&self, target: &str, instance: Instance) {
        let place = Arc::new(Place {
            instance: Mutex::new(instance),
            turn: Arc::default(),
            waiting: Mutex::default(),
        });
        lock(&self.shared.places).insert(target.to_owned(), place);
    }

    /// Looks at or changes an instance from behind; `None` where there is none.
    pub fn with<T>(&self, target: &str, act: impl FnOnce(&mut Instance) -> T) -> Option<T> {
        let place = lock(&self.shared.places).get(target).cloned()?;
        let mut instance = lock(&place.instance);
        Some(act(&mut instance))
    }
}

/// A made-up host key's fingerprint, the same for the same name.
pub(crate) fn host_key_of(name: &str) -> String {
    let digest = token_digest(format!("host key of {name}").as_bytes());
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest))
}

/// A panic elsewhere leaves the data as it was; going on with it is right for a simulator.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
