//! The commands people type: `cargo xtask prepare`, `check`, `test`, `bench` and `demo`.
//!
//! This room starts other programs and reports what they said. It knows nothing of the product
//! and uses none of its crates, so that it compiles in a second on a machine that has only Rust.
//! What a test checks is decided by the test, never here.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the person at the terminal is this program's whole work"
)]

mod check;
mod demo;
mod packages;
mod prepare;
mod steps;
mod suite;
mod tree;

use std::process::ExitCode;

use steps::Failure;

const USAGE: &str = "\
cargo xtask COMMAND

  prepare          install what is missing: system packages, the window's npm packages
  check            formatting, lints, types and the quick tests; minutes
                   --core leaves out the window, for work that does not touch it
  test             everything: prepares, builds, and runs every test there is
  bench [ARGS]     the table of speeds, side by side (release build)
  demo             the window on six pretended instances; without a screen the main job is played,
                   with pictures and transcripts
                   --play plays it although there is a screen
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match (command.as_str(), rest.as_slice()) {
        ("prepare", []) => prepare::everything(),
        ("check", []) => check::run(check::Extent::Everything),
        ("check", [only]) if only == "--core" => check::run(check::Extent::WithoutWindow),
        ("test", []) => suite::run(),
        ("bench", options) => demo::bench(options),
        ("demo", []) => demo::run(demo::Shown::AsCanBe),
        ("demo", [only]) if only == "--play" => demo::run(demo::Shown::Played),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(message)) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
