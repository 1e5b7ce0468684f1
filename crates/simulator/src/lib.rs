//! Adobe's side, pretended, on loopback: both gateways, the merchant registry, the API Portal; and a
//! fleet of pretend instances.
//!
//! For tests and for the demo. Signatures are really checked, and it fails on request. It is
//! never the only proof of anything: no answer of it says what Adobe's service does beyond the
//! facts in `docs/facts.md`. Of the rest of the project it knows the core alone, and it holds no real
//! key.
//!
//! ```
//! use patchbay_simulator::{Config, Scenario, Simulator};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = Simulator::start(Config::default())?;
//! let situation = simulator.play(Scenario::AllWell)?;
//! assert_eq!(situation.accounts.len(), 1);
//! assert!(simulator.urls().production.starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```
//!
//! | Room | What for |
//! |---|---|
//! | [`account`], [`world`] | what the pretended side knows, and what may be done with it |
//! | [`token`] | keys, and the tokens signed with them |
//! | `gateway`, `registry` | who may pass, and what is behind |
//! | `portal`, [`portal_page`], `control` | My Account's keys; their page; the interface that sets the stage |
//! | [`fault`], `misbehave`, `door`, `net` | which failure when; its bytes; how it is carried out |
//! | [`scenario`] | named situations |
//! | [`fleet`], [`demo`] | pretend instances; who they are in the demo, and its main job |
//! | [`visits`] | who asked what |

pub mod account;
mod control;
pub mod demo;
mod door;
pub mod fault;
pub mod fleet;
mod gateway;
mod misbehave;
mod net;
mod portal;
pub mod portal_page;
mod registry;
pub mod scenario;
mod stage;
pub mod token;
pub mod visits;
mod words;
pub mod world;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use serde::Serialize;

pub use account::{Gateway, Licence, ReadyKey, Role};
pub use fault::{Door, Fault, Faults, Rule};
pub use net::BindError;
pub use portal_page::{DownloadKind, Play, PortalPage};
pub use scenario::{ReadyAccount, Scenario, Situation};
pub use stage::ClockSkew;
pub use visits::{Signature, Visit};
pub use world::{NewAccount, World, WorldError};

use net::Running;
use stage::Stage;

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen: 127.0.0.1 or ::1.
    pub ip: IpAddr,
    /// Port of the production gateway; 0 takes a free one.
    pub production_port: u16,
    /// Port of the sandbox gateway; 0 takes a free one.
    pub sandbox_port: u16,
    /// Port of portal and control; 0 takes a free one.
    pub portal_port: u16,
    /// Seconds a token's expiry may lie beyond 300 s from now.
    pub leeway: u32,
    /// The accounts at the start.
    pub world: World,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            production_port: 0,
            sandbox_port: 0,
            portal_port: 0,
            leeway: 30,
            world: World::default(),
        }
    }
}

/// Where the listeners are. Each ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Urls {
    /// The production gateway.
    pub production: String,
    /// The sandbox gateway.
    pub sandbox: String,
    /// The portal; its JSON interface is under `portal/api/`.
    pub portal: String,
    /// The control interface.
    pub control: String,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener could not be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// No thread or no event loop to be had.
    #[error("the simulator could not be started: {0}")]
    System(#[from] io::Error),
}

/// A running simulator. It stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    stage: Arc<Stage>,
    urls: Urls,
    _running: Running,
}

impl Simulator {
    /// Opens the three listeners and serves them from a thread of its own.
    ///
    /// # Errors
    /// [`StartError::Bind`] for an address that is not loopback or a port in use.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let ports = [
            config.production_port,
            config.sandbox_port,
            config.portal_port,
        ];
        let mut listeners = Vec::new();
        for port in ports {
            listeners.push(net::bind(config.ip, port)?);
        }
        let mut urls = Vec::new();
        for listener in &listeners {
            urls.push(format!("http://{}/", listener.local_addr()?));
        }
        let [production, sandbox, portal] = [0, 1, 2].map(|at: usize| urls[at].clone());
        let control = format!("{portal}control/");
        let token = words::random_hex::<24>();
        let stage = Arc::new(Stage::new(config.world, i64::from(config.leeway), token));
        let routers = [
            gateway::router(stage.clone(), Gateway::Production),
            gateway::router(stage.clone(), Gateway::Sandbox),
            portal::router(stage.clone()),
        ];
        let served = listeners.into_iter().zip(routers).collect();
        let running = Running::start("simulator", served)?;
        Ok(Self {
            stage,
            urls: Urls {
                production,
                sandbox,
                portal,
                control,
            },
            _running: running,
        })
    }

    /// Where the listeners are.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// This run's bearer token for the control interface.
    #[must_use]
    pub fn control_token(&self) -> &str {
        &self.stage.control_token
    }

    /// Looks at or changes the accounts, while no request does.
    pub fn world<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        work(&mut self.stage.world())
    }

    /// Looks at or changes the faults.
    pub fn faults<R>(&self, work: impl FnOnce(&mut Faults) -> R) -> R {
        work(&mut self.stage.faults())
    }

    /// Says how the portal's page behaves from its next opening on.
    pub fn set_page(&self, page: PortalPage) {
        *self.stage.page() = page;
    }

    /// Puts one fault in force and gives its number.
    ///
    /// # Errors
    /// [`WorldError::Malformed`] or [`WorldError::TooMany`].
    pub fn misbehave(&self, rule: Rule) -> Result<u64, WorldError> {
        self.stage.faults().add(rule)
    }

    /// Puts a listener's clock off by `skew` from the true time.
    pub fn set_clock(&self, door: impl Into<Door>, skew: ClockSkew) {
        self.stage.set_clock(door.into(), skew);
    }

    /// Every request seen so far, oldest first.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        self.stage.visits().list()
    }

    /// How many different tokens came so far.
    #[must_use]
    pub fn distinct_tokens(&self) -> usize {
        self.stage.visits().distinct_tokens()
    }

    /// Forgets requests and tokens.
    pub fn forget_visits(&self) {
        self.stage.visits().clear();
    }

    /// Replaces accounts, faults and clocks by a situation. Blocks for up to some seconds, the
    /// time it takes to make key pairs.
    ///
    /// # Errors
    /// Only when the cryptographic library fails.
    pub fn play(&self, scenario: Scenario) -> Result<Situation, WorldError> {
        self.stage.play(scenario)
    }
}
