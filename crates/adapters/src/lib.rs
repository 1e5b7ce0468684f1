//! The real outside behind each of the core's ports: one module per port.
//!
//! | Room | Stands for |
//! |---|---|
//! | [`crypto`] | RSA, random numbers, tokens, sealed boxes |
//! | [`gateway`] | Adobe's gateways and the merchant registry |
//! | [`keychain`] | the system's keychain |
//! | [`portal`] | a portal that creates key pairs |
//! | [`transport`] | the way to an instance over ssh, and the program that runs there |
//! | [`http`] | what requests to gateways and portal have in common |

pub mod crypto;
pub mod gateway;
pub mod http;
pub mod keychain;
pub mod portal;
pub mod transport;
