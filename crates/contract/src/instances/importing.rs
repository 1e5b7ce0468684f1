//! `instance import`: what would become of each row, and what did.

use patchbay_core::Error;
use patchbay_core::instance::importing::{self as core, Fate, Prospect};
use serde::Serialize;

use crate::error::Trouble;

/// `instance import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportDocument {
    /// Every row of the list.
    pub rows: Vec<ImportRow>,
    /// What became of the new ones; `null` where it was a preview only.
    pub imported: Option<Vec<ImportedRow>>,
}

/// One row and what would become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// Where it stands in the list, counted from 1.
    pub line: usize,
    /// What to call it.
    pub name: String,
    /// The SSH target or the storefront address, cleaned.
    pub address: String,
    /// `new`, `known` or `refused`.
    pub prospect: &'static str,
    /// The instance that it is already, for `known`.
    pub of: Option<String>,
    /// Why it cannot be added, for `refused`.
    pub error: Option<Trouble>,
    /// Settings of the list that were not taken over.
    pub left_out: Vec<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedRow {
    /// Where it stands in the list, counted from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// `added`, `known` or `refused`.
    pub outcome: &'static str,
    /// Whether it was reached; `null` where nobody tried.
    pub reached: Option<bool>,
    /// The instance that it is already, for `known`.
    pub of: Option<String>,
    /// Why it was not added, or not reached.
    pub error: Option<Trouble>,
}

impl From<&core::Previewed> for ImportRow {
    fn from(previewed: &core::Previewed) -> Self {
        let row = &previewed.row;
        let (prospect, of, error) = match &previewed.prospect {
            Prospect::New => ("new", None, None),
            Prospect::Known(name) => ("known", Some(name.clone()), None),
            Prospect::Refused(error) => ("refused", None, Some(Trouble::from(error))),
        };
        let address = match (&row.ssh, &row.url) {
            (Some(ssh), _) => match ssh.port {
                Some(port) => format!("{}:{port}", ssh.target),
                None => ssh.target.clone(),
            },
            (None, url) => url.clone().unwrap_or_default(),
        };
        Self {
            line: row.line,
            name: patchbay_core::text::outside(&row.name, 120),
            address: patchbay_core::text::outside(&address, 200),
            prospect,
            of,
            error,
            left_out: row.left_out.clone(),
        }
    }
}

impl From<&core::Imported> for ImportedRow {
    fn from(imported: &core::Imported) -> Self {
        let (outcome, reached, of, error) = match &imported.fate {
            Fate::Added(None) => ("added", Some(true), None, None),
            Fate::Added(Some(error)) => (
                "added",
                Some(false),
                None,
                Some(Error::Transport(error.clone())),
            ),
            Fate::Same(name) => ("known", Some(true), Some(name.clone()), None),
            Fate::Refused(error) => ("refused", None, None, Some(error.clone())),
        };
        Self {
            line: imported.line,
            name: imported.name.clone(),
            outcome,
            reached,
            of,
            error: error.as_ref().map(Trouble::from),
        }
    }
}
