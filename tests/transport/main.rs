//! The way to an instance over a real sshd, a real php and a real MariaDB.

mod answers;
mod asking;
mod careless;
mod feeds;
mod flow;
mod keys;
mod kills;
mod look;
mod passphrase;
mod payments;
mod push;
mod recorders;
mod route;
mod trouble;
mod undo;
