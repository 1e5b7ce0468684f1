//! Push: from an order to a plan, through the guards, to values on an instance.
//!
//! [`plan`] and [`guards`] are pure; [`values`] is what goes into the sealed line.

pub mod guards;
pub mod plan;
pub mod values;
