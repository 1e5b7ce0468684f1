//! The simulator over real HTTP, as a client meets it.

#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gateways;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod support;
