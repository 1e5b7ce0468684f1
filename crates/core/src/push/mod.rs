//! Push: from an order to a plan, through the guards, to values on an instance.
//!
//! [`values`] is what goes into the sealed line.

pub mod values;
