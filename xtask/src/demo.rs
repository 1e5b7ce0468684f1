//! Showing the product at work, and timing it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{self, Failure, Outcome};
use crate::{check, prepare, tree};

/// Where the pictures and transcripts of the played demo are left.
const PLAYED: &str = "artefacts/demo";

/// How the demo is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As a window to click in where there is a screen, else played.
    AsCanBe,
    /// Played by itself on a virtual screen, whatever else there is.
    Played,
}

/// Prepares and builds, then opens the window on the demo; without a screen it is played instead.
pub(crate) fn run(shown: Shown) -> Outcome {
    prepare::everything()?;
    check::npm_run("build")?;
    let root = tree::root();
    // One set of features for everything, the same as in the tests: nothing is compiled twice.
    steps::run(&mut steps::cargo(
        &root,
        &["build", "--workspace", "--bins"],
    ))?;
    if shown == Shown::AsCanBe && has_screen() {
        eprintln!(
            "\nThe window opens on six pretended instances; nothing in it is real. Close it to \
             end. To have it played by itself instead: cargo xtask demo --play\n"
        );
        return steps::run(&mut steps::program(&root, &built("patchbay"), &["--demo"]));
    }
    play(&root)
}

/// The main job: clicked in the real window on a virtual screen, then typed at the command line,
/// on the demo and on real parts.
fn play(root: &Path) -> Outcome {
    let folder = root.join(PLAYED);
    if folder.exists() {
        let removed = std::fs::remove_dir_all(&folder);
        removed.map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
    }
    let words = words()?;
    let places = [built("patchbay"), shown(&words), shown(&folder)];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    steps::run(&mut steps::program(root, &built("play"), &places))?;
    steps::run(&mut steps::program(
        root,
        &built("patchbayctl"),
        &["demo", "run"],
    ))?;
    let transcript = ["run", "-p", "patchbay-tests", "--bin", "transcript"];
    steps::run(&mut steps::cargo(root, &transcript))?;
    println!(
        "\nThe main job was done in the window, in both languages. Pictures, and what was clicked \
         and seen:\n  {}\n  {}\nThe same from the command line, over a real SSH server, PHP and \
         database:\n  {}",
        folder.join("en/transcript.md").display(),
        folder.join("zh-Hant/transcript.md").display(),
        root.join("docs/transcript.md").display()
    );
    Ok(())
}

/// The window's words as a file, for whoever drives the real window.
pub(crate) fn words() -> Result<PathBuf, Failure> {
    let file = tree::target().join("words.json");
    let arguments = ["run", "--silent", "words", "--", &shown(&file)];
    steps::run(&mut steps::program(&tree::ui(), "npm", &arguments))?;
    Ok(file)
}

/// Whether a window can be opened where this runs.
fn has_screen() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // A named screen may be gone, as in a terminal that outlived its session.
    named("WAYLAND_DISPLAY") || (named("DISPLAY") && steps::succeeds(&mut Command::new("xdpyinfo")))
}

/// A built program.
pub(crate) fn built(name: &str) -> String {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    shown(&tree::target().join("debug").join(file))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
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
