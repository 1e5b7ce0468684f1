//! What all listeners share: the accounts, the faults, the log of requests and the clocks.
//!
//! One lock each, never held while waiting for anything.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::fault::{Door, Faults};
use crate::portal_page::PortalPage;
use crate::scenario::{self, Scenario, Situation};
use crate::visits::Visits;
use crate::world::{World, WorldError};

/// How far a listener's clock is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockSkew {
    /// Seconds added to the `Date` header.
    #[serde(default)]
    pub date_seconds: i32,
    /// Seconds added to the time by which `exp` is judged.
    #[serde(default)]
    pub exp_seconds: i32,
}

/// The shared state of one simulator.
#[derive(Debug)]
pub(crate) struct Stage {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    visits: Mutex<Visits>,
    clocks: Mutex<BTreeMap<Door, ClockSkew>>,
    situation: Mutex<Option<Situation>>,
    page: Mutex<PortalPage>,
    /// Seconds a token's expiry may lie beyond the recipe.
    pub(crate) leeway: i64,
    /// The bearer token of the control interface.
    pub(crate) control_token: String,
}

impl Stage {
    pub(crate) fn new(world: World, leeway: i64, control_token: String) -> Self {
        Self {
            world: Mutex::new(world),
            faults: Mutex::default(),
            visits: Mutex::default(),
            clocks: Mutex::default(),
            situation: Mutex::default(),
            page: Mutex::default(),
            leeway,
            control_token,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn visits(&self) -> MutexGuard<'_, Visits> {
        lock(&self.visits)
    }

    pub(crate) fn situation(&self) -> MutexGuard<'_, Option<Situation>> {
        lock(&self.situation)
    }

    pub(crate) fn page(&self) -> MutexGuard<'_, PortalPage> {
        lock(&self.page)
    }

    pub(crate) fn set_clock(&self, door: Door, skew: ClockSkew) {
        lock(&self.clocks).insert(door, skew);
    }

    pub(crate) fn clocks(&self) -> BTreeMap<Door, ClockSkew> {
        lock(&self.clocks).clone()
    }

    /// Replaces everything by a situation. Takes some CPU: never on an async thread.
    pub(crate) fn play(&self, scenario: Scenario) -> Result<Situation, WorldError> {
        let setting = scenario::prepare(scenario)?;
        let mut rules = Faults::default();
        for rule in setting.rules {
            rules.add(rule)?;
        }
        let accounts = setting.accounts;
        let situation = Situation { scenario, accounts };
        *self.world() = setting.world;
        *self.faults() = rules;
        *lock(&self.clocks) = setting.clocks;
        *self.situation() = Some(situation.clone());
        Ok(situation)
    }

    fn clock(&self, door: Door) -> ClockSkew {
        lock(&self.clocks).get(&door).copied().unwrap_or_default()
    }

    /// Seconds since 1970 as this listener's `Date` header says.
    pub(crate) fn date(&self, door: Door) -> i64 {
        now() + i64::from(self.clock(door).date_seconds)
    }

    /// Seconds since 1970 by which this listener judges tokens.
    pub(crate) fn judging_time(&self, door: Door) -> i64 {
        now() + i64::from(self.clock(door).exp_seconds)
    }
}

/// Seconds since 1970 by the true clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A panic elsewhere leaves the data as it was; going on with it is right for a simulator.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
