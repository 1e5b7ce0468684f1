//! Showing the product at work, and timing it.

use crate::steps::{self, Outcome};
use crate::tree;

/// Runs the main job from the command line against pretend services on this computer, and writes
/// what was typed and answered to `docs/transcript.md`.
pub(crate) fn run() -> Outcome {
    eprintln!(
        "This demo is the command line's: it connects instances over a real SSH server, PHP and \
         database on this computer, with a pretend gateway, writes every command and answer to \
         docs/transcript.md, and then plays the same job on the fleet of six pretend instances. \
         The window on that fleet is opened by hand: cargo run -p patchbay -- --demo\n"
    );
    crate::packages::install_missing()?;
    let root = tree::root();
    steps::run(&mut steps::cargo(&root, &["build", "-p", "patchbay-cli"]))?;
    let transcript = ["run", "-p", "patchbay-tests", "--bin", "transcript"];
    steps::run(&mut steps::cargo(&root, &transcript))?;
    let fleet = ["run", "-p", "patchbay-cli", "--", "demo", "run"];
    steps::run(&mut steps::cargo(&root, &fleet))?;
    println!("\nRead docs/transcript.md: the main job, step by step.");
    Ok(())
}

/// Builds for release and prints the table of speeds; `options` go to the program unread.
pub(crate) fn bench(options: &[String]) -> Outcome {
    let root = tree::root();
    steps::run(&mut steps::cargo(
        &root,
        &["build", "--release", "-p", "patchbay-cli"],
    ))?;
    let mut bench = steps::cargo(
        &root,
        &[
            "run",
            "--release",
            "-p",
            "patchbay-tests",
            "--bin",
            "bench",
            "--",
        ],
    );
    steps::run(bench.args(options))
}
