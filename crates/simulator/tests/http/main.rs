//! The simulator over real HTTP, as a client meets it.

#[cfg(test)]
mod gateways;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod support;
