//! Port: where the one copy of a created key goes (R2): a file, or the clipboard.
//!
//! An outlet is made by the window's shell for one export. The command line has none, so it cannot
//! export anything. Not here: whether there is an export at all (the core).

use async_trait::async_trait;

use crate::keypair::ExportWay;
use crate::secret::Secret;

/// Why an outlet did not take a text. The detail is cleaned and holds nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutletError {
    /// It said so before anything was handed over; nothing was spent.
    #[error("{} cannot be used now: {detail}", place(*.way))]
    Refused {
        /// Which outlet.
        way: ExportWay,
        /// What the system says.
        detail: String,
    },
    /// It failed while the text was handed over; nothing of it stayed there.
    #[error("{} did not take the key: {detail}", place(*.way))]
    Failed {
        /// Which outlet.
        way: ExportWay,
        /// What the system says.
        detail: String,
    },
}

fn place(way: ExportWay) -> &'static str {
    match way {
        ExportWay::File => "the file",
        ExportWay::Clipboard => "the clipboard",
    }
}

/// Takes one text.
#[async_trait]
pub trait Outlet: Send + Sync {
    /// How a copy by this outlet is remembered.
    fn way(&self) -> ExportWay;

    /// Whether it can take a text now; asked before anything is spent.
    async fn ready(&self) -> Result<(), OutletError>;

    /// Takes the text: all of it, or nothing.
    async fn put(&self, text: &Secret) -> Result<(), OutletError>;
}
