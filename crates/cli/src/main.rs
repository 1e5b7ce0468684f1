//! `patchbayctl`: the same core as the window, without one.
//!
//! Parse, ask the core, print what the contract says; no rules of its own. A private key is never
//! printed and no secret is ever taken as an argument. Not here: what may happen (the core) and
//! how the outside is reached (the adapters, chosen in [`wiring`]).

mod args;
mod commands;
mod exit;
mod input;
mod logging;
mod output;
mod passphrase;
mod terminal;
mod usage;
mod wiring;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use crate::args::Arguments;
use crate::exit::{Exit, Failure};
use crate::output::Output;

fn main() -> ExitCode {
    // ssh starts this program to ask for a passphrase; then it does nothing else.
    if let Some(exit) = patchbay_adapters::transport::askpass::mode() {
        return exit;
    }
    let arguments = match usage::read(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    logging::start();
    let output = Output::new(arguments.shared.json);
    let exit = match run(arguments, &output) {
        Ok(exit) => exit,
        Err(failure) => {
            output.failure(&failure);
            failure.exit
        }
    };
    exit.into()
}

fn run(arguments: Arguments, output: &Output) -> Result<Exit, Failure> {
    patchbay_adapters::dumps::off()
        .map_err(|error| Failure::local("core dumps could not be switched off", &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local("the program could not start", &error))?;
    let done = runtime.block_on(commands::run(arguments, output));
    // A keychain's question may still be open on the screen; nobody waits for it any more.
    runtime.shutdown_timeout(Duration::from_millis(50));
    done
}
