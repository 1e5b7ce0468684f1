//! The quick look before a commit: formatting, lints, types and the tests that need no machine.

use crate::steps::{self, Outcome, Steps};
use crate::{prepare, tree};

/// How much of the tree is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Everything,
    /// All but the app package and `ui/`, so that neither Node nor the web view is needed.
    WithoutWindow,
}

/// Runs every quick check and says which failed.
pub(crate) fn run(extent: Extent) -> Outcome {
    let root = tree::root();
    let mut steps = Steps::new();
    steps.step("formatting", || {
        steps::run(&mut steps::cargo(&root, &["fmt", "--all", "--check"]))
    });
    if extent == Extent::Everything && steps.step("npm packages", prepare::node_packages) {
        window(&mut steps);
    }
    steps.step("lints", || lints(extent));
    steps.step("quick tests", || {
        let quick = [
            "test",
            "--quiet",
            "-p",
            "patchbay-core",
            "-p",
            "patchbay-contract",
            "-p",
            "xtask",
        ];
        steps::run(&mut steps::cargo(&root, &quick))
    });
    steps.step("boundaries", || {
        let boundaries = [
            "test",
            "--quiet",
            "-p",
            "patchbay-tests",
            "--test",
            "boundaries",
        ];
        steps::run(&mut steps::cargo(&root, &boundaries))
    });
    steps.finish()
}

/// Types, lint and unit tests of the window, and its build: the app package embeds it.
pub(crate) fn window(steps: &mut Steps) {
    for (name, script) in [
        ("window: types", "types"),
        ("window: lint", "lint"),
        ("window: unit tests", "test"),
        ("window: build", "build"),
    ] {
        steps.step(name, || npm_run(script));
    }
}

/// Runs one script of `ui/package.json`.
pub(crate) fn npm_run(script: &str) -> Outcome {
    steps::run(&mut steps::program(
        &tree::ui(),
        "npm",
        &["run", "--silent", script],
    ))
}

fn lints(extent: Extent) -> Outcome {
    let everything = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    let default = ["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"];
    let arguments: &[&str] = match extent {
        Extent::Everything => &everything,
        Extent::WithoutWindow => &default,
    };
    steps::run(&mut steps::cargo(&tree::root(), arguments))
}
