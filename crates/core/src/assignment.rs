//! Assignment: what an instance should hold.
//!
//! Not here: what it does hold (a look) and how the difference is written (a push).

use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::{DataSpaceId, InstanceId, KeyPairId, ProjectId};
use crate::keypair::KeyPair;
use crate::patchbay::Patchbay;
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

/// What an instance should hold, as people say it.
#[derive(Clone, Debug)]
pub struct AssignOrder<'a> {
    /// The instance's name.
    pub instance: &'a str,
    /// The sandbox pair's name or id.
    pub sandbox: Option<&'a str>,
    /// The production pair's name or id.
    pub production: Option<&'a str>,
    /// The project.
    pub project: ProjectId,
    /// The data space.
    pub data_space: DataSpaceId,
}

impl Patchbay {
    /// Every assignment.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn assignments(&self) -> Result<Vec<Assignment>> {
        Ok(self.ports.records.assignments().await?)
    }

    /// Decides what an instance should hold. Nothing changes on the server.
    ///
    /// # Errors
    /// Unknown names, swapped pairs (G5), a project or data space that the registry does not know
    /// for these keys, keychain, gateway.
    pub async fn assign(&self, order: &AssignOrder<'_>) -> Result<Assignment> {
        let instance = self.instance_named(order.instance).await?;
        let production = self
            .assigned_pair(order.production, Purpose::Production)
            .await?;
        let sandbox = self.assigned_pair(order.sandbox, Purpose::Sandbox).await?;
        let pairs: Vec<&KeyPair> = production.iter().chain(sandbox.iter()).collect();
        if pairs.is_empty() {
            return Err(Error::refused(
                "noPairGiven",
                "At least one key pair must be assigned.",
                "Give --sandbox, --production or both.",
            ));
        }
        let here: Vec<&KeyPair> = pairs
            .iter()
            .copied()
            .filter(|pair| pair.is_here())
            .collect();
        if here.is_empty() {
            return Err(Error::refused(
                "keyNotHere",
                "None of these pairs has its private key on this computer.",
                "Bring one, or adopt the instance that holds it.",
            ));
        }
        let data_space = self
            .fresh_space(&here, &order.project, &order.data_space)
            .await?;
        let assignment = Assignment {
            instance: instance.id,
            sandbox: sandbox.map(|pair| pair.id),
            production: production.map(|pair| pair.id),
            data_space,
            assigned_at: self.ports.clock.now(),
        };
        self.ports.records.save_assignment(&assignment).await?;
        self.doubt(&assignment.instance).await?;
        Ok(assignment)
    }

    /// The pair of that name, if it may be assigned there.
    pub(crate) async fn assigned_pair(
        &self,
        name: Option<&str>,
        purpose: Purpose,
    ) -> Result<Option<KeyPair>> {
        let Some(name) = name else { return Ok(None) };
        let pair = self.key_pair_named(name, Some(purpose)).await?;
        if pair.purpose != purpose {
            return Err(Error::refused(
                "pairsSwapped",
                format!(
                    "\"{}\" is a {} pair; the pairs are swapped (G5).",
                    pair.name, pair.purpose
                ),
                format!("Give a {purpose} pair there."),
            ));
        }
        if !pair.is_assignable() {
            return Err(Error::refused(
                "pairNotUsable",
                format!(
                    "\"{}\" cannot be assigned: it is {}.",
                    pair.name,
                    pair.state.as_str()
                ),
                "Choose a pair that is ready, or bring its missing half.",
            ));
        }
        Ok(Some(pair))
    }
}
