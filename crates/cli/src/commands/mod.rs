//! One file per command: from words to the core, and from its answer to the contract.

mod account;
mod assign;
mod check;
#[cfg(feature = "demo")]
mod demo;
mod drift;
mod handover;
mod host_key;
mod instance;
mod journal;
mod keypair;
mod moving;
mod plan;
mod push;
mod recipe;
mod registry;
mod report;
mod resync;
mod rotate;
mod saved;
mod settings;
mod shop;
mod start;

use patchbay_core::Patchbay;

use crate::args::{Arguments, Command};
use crate::exit::Done;
use crate::output::Output;
use crate::wiring;

/// What every command works with.
pub(crate) struct Desk {
    pub(crate) patchbay: Patchbay,
    pub(crate) output: Output,
}

/// Opens the data directory and carries the command out.
pub(crate) async fn run(arguments: Arguments, output: &Output) -> Done {
    #[cfg(feature = "demo")]
    if let Command::Demo(command) = &arguments.command {
        return demo::run(&arguments.shared, *output, command).await;
    }
    let desk = Desk {
        patchbay: wiring::patchbay(&arguments.shared).await?,
        output: *output,
    };
    match arguments.command {
        Command::Account(command) => account::run(&desk, command).await,
        Command::Keypair(command) => keypair::run(&desk, command).await,
        Command::HandOver(command) => handover::run(&desk, command).await,
        Command::Instance(command) => instance::run(&desk, command).await,
        Command::HostKey(command) => host_key::run(&desk, command).await,
        Command::Registry(command) => registry::run(&desk, command).await,
        Command::Report(args) => report::run(&desk, args).await,
        Command::Assign(args) => assign::run(&desk, args).await,
        Command::Check(args) => check::run(&desk, args).await,
        Command::Drift(args) => drift::run(&desk, args).await,
        Command::Shop(args) => shop::run(&desk, args).await,
        Command::Plan(args) => plan::run(&desk, args).await,
        Command::Push(args) => push::push(&desk, args).await,
        Command::Detach(args) => push::detach(&desk, args).await,
        Command::Undo(args) => push::undo(&desk, args).await,
        Command::Move(args) => moving::relocate(&desk, args).await,
        Command::Repair(args) => moving::repair(&desk, args).await,
        Command::Resync(args) => resync::run(&desk, args).await,
        Command::Recipe(args) => recipe::run(&desk, args).await,
        Command::Settings(command) => settings::run(&desk, command).await,
        Command::Journal(command) => journal::run(&desk, command).await,
        // Carried out above, before anything real was opened.
        #[cfg(feature = "demo")]
        Command::Demo(_) => Ok(crate::exit::Exit::Well),
    }
}
