//! What the window may ask: one file per room, one short function per intent.

pub(crate) mod instances;
pub(crate) mod settings;
