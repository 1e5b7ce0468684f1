//! The real outside behind each of the core's ports: one module per port.
//!
//! | Room | Stands for |
//! |---|---|
//! | [`crypto`] | RSA, random numbers, tokens, sealed boxes |

pub mod crypto;
