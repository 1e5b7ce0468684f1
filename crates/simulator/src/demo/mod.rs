//! The demo: two merchants, six pretend instances in six states, and Adobe's side, on loopback.
//!
//! Everything is made anew for every run: keys, ids, tokens. It is a newcomer's first run, the
//! ground of the window's tests, and where screenshots come from. Not here: the demo's records and
//! keychain, which a shell opens through the adapters, and any drawing.
//!
//! | Room | What for |
//! |---|---|
//! | [`cast`] | who the merchants and instances are, and what happened to them |
//! | [`seed`](Demo::seed) | what the person at the computer already knows of them |
//! | [`play`] | the main job, end to end, without a window |

pub mod cast;
pub mod play;
mod seed;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use patchbay_core::fingerprint::IdentityFingerprint;
use patchbay_core::instance::SshWay;

pub use cast::{Cast, Member, Merchant, Story};

use crate::fleet::Fleet;
use crate::stage::Stage;
use crate::world::WorldError;
use crate::{Config, Simulator, StartError, Urls};

/// Why the demo did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Adobe's side or the fleet could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A key pair could not be made.
    #[error(transparent)]
    World(#[from] WorldError),
}

/// A running demo. It stops when dropped.
#[derive(Debug)]
pub struct Demo {
    simulator: Simulator,
    fleet: Fleet,
    cast: Cast,
}

impl Demo {
    /// Makes keys and instances and starts to serve them on free ports of 127.0.0.1. Takes up to a
    /// few seconds of CPU: never on an async thread.
    ///
    /// # Errors
    /// [`DemoError`].
    pub fn start() -> Result<Self, DemoError> {
        let simulator = Simulator::start(Config::default())?;
        let cast = simulator.world(cast::enter)?;
        let instances = cast::instances(&cast, simulator.urls());
        let fleet = Fleet::start(IpAddr::V4(Ipv4Addr::LOCALHOST), 0, instances)?;
        Ok(Self {
            simulator,
            fleet,
            cast,
        })
    }

    /// Where Adobe's side listens.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        self.simulator.urls()
    }

    /// Adobe's side, to look at it or to make it fail.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// The instances, to look at them or to make them fail.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Who plays.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// Tells whether a private key was pretended in this run; lives as long as whoever asks.
    #[must_use]
    pub fn pretended(&self) -> Arc<dyn Fn(&IdentityFingerprint) -> bool + Send + Sync> {
        let stage: Arc<Stage> = self.simulator.stage.clone();
        Arc::new(move |identity| stage.world().made_here(identity))
    }
}

/// The way to a member of the fleet.
#[must_use]
pub fn way(story: Story) -> SshWay {
    SshWay {
        target: story.target().to_owned(),
        port: None,
        identity_file: None,
        root: story.root().to_owned(),
        php: None,
        run_as: None,
        container: None,
    }
}
