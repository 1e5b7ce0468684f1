//! Assignment: what an instance should hold.
//!
//! Not here: what it does hold (a look) and how the difference is written (a push).

use crate::config::Purpose;
use crate::id::{InstanceId, KeyPairId};
use crate::ports::clock::UnixMillis;
use crate::registry::DataSpace;

/// What an instance should hold: at least one pair, one project and data space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Whose assignment.
    pub instance: InstanceId,
    /// Its sandbox pair; `None` leaves whatever is there.
    pub sandbox: Option<KeyPairId>,
    /// Its production pair; `None` leaves whatever is there.
    pub production: Option<KeyPairId>,
    /// Its data space with the project around it, as one fresh answer of the registry gave it.
    pub data_space: DataSpace,
    /// When it was decided.
    pub assigned_at: UnixMillis,
}

impl Assignment {
    /// The pair assigned for a purpose.
    pub fn pair(&self, purpose: Purpose) -> Option<&KeyPairId> {
        match purpose {
            Purpose::Sandbox => self.sandbox.as_ref(),
            Purpose::Production => self.production.as_ref(),
        }
    }
}
