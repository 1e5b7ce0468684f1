//! The way to an instance over a real sshd, a real php and a real MariaDB.

mod asking;
mod keys;
mod look;
mod push;
