//! What Adobe's merchant registry says: projects and data spaces.
//!
//! Facts: docs/facts.md, merchant registry. Only ids, names and type are guaranteed; everything
//! else may be absent. Not here: asking (the gateway port) and choosing (assignment).

pub mod asking;

use std::fmt;

use crate::connection::AccountSync;
use crate::id::{DataSpaceId, MageId, ProjectId};

/// The type of a data space, capitalised exactly so in every configuration and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataSpaceType {
    /// Holds a live shop's data.
    Production,
    /// Holds anything else.
    Testing,
}

impl DataSpaceType {
    /// The word Adobe uses.
    pub fn as_str(self) -> &'static str {
        match self {
            DataSpaceType::Production => "Production",
            DataSpaceType::Testing => "Testing",
        }
    }

    /// Reads Adobe's word; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Production, Self::Testing]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for DataSpaceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One data space as the registry lists it. Texts are cleaned at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSpace {
    /// Its UUID (`environmentId`).
    pub id: DataSpaceId,
    /// Its label (`environmentName`).
    pub name: String,
    /// Its type (`environmentType`).
    pub kind: DataSpaceType,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// The account it belongs to, where the answer says so.
    pub mage_id: Option<MageId>,
    /// The organisation's name, where the answer says so.
    pub organisation: Option<String>,
    /// Services it may use, where the answer says so.
    pub features: Vec<String>,
    /// The Commerce Cloud project that uses it, where the answer says so.
    pub cloud_id: Option<String>,
    /// How the account's own synchronisation stands, where the answer says so.
    pub account_sync: Option<AccountSync>,
}
