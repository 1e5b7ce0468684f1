//! The way to an instance over a real sshd, a real php and a real MariaDB.

mod asking;
mod feeds;
mod flow;
mod keys;
mod kills;
mod look;
mod payments;
mod push;
mod route;
mod trouble;
mod undo;
