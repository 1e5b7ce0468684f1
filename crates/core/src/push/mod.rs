//! Push: from an order to a plan, through the guards, to values on an instance.
//!
//! [`plan`] and [`guards`] are pure; [`values`] is what goes into the sealed line.

pub mod also;
pub(crate) mod aside;
pub(crate) mod carry;
pub mod guards;
pub(crate) mod in_hand;
pub mod many;
pub mod order;
pub mod plan;
pub(crate) mod prepare;
pub mod run;
pub mod saved;
pub mod settle;
mod surroundings;
pub mod values;
