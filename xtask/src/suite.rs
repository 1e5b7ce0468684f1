//! Everything that can be tested here, from a machine that has only Rust, Node and apt.
//!
//! The runners' own closing lines are left to be seen. Every suite runs even when one before it
//! failed; only a build that does not compile stops the rest.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::steps::{self, Failure, Outcome, Steps};
use crate::{check, demo, prepare, tree};

/// Where the types that window and core share are written.
const GENERATED: &str = "ui/src/api/generated";

/// Prepares, builds and tests everything.
pub(crate) fn run() -> Outcome {
    let root = tree::root();
    let mut steps = Steps::new();
    if !steps.step("prepare", prepare::everything) {
        return steps.finish();
    }
    steps.step("formatting", || {
        steps::run(&mut steps::cargo(&root, &["fmt", "--all", "--check"]))
    });
    check::window(&mut steps);
    // All binaries in one go and for the whole workspace: the journeys start `patchbayctl` and
    // the window test starts the app, and one set of features means nothing is compiled twice.
    let built = steps.step("build", || {
        steps::run(&mut steps::cargo(
            &root,
            &["build", "--workspace", "--bins"],
        ))
    });
    if !built {
        return steps.finish();
    }
    let before = generated();
    steps.step("tests", || {
        let arguments = ["test", "--workspace", "--no-fail-fast"];
        let mut tests = steps::cargo(&root, &arguments);
        steps::run(tests.env("PATCHBAY_BUILT", tree::target().join("debug")))
    });
    steps.step("generated types", || unchanged_since(&before));
    steps.step("the real window", || {
        let words = demo::words()?;
        // With the whole workspace, so that what it is built from has the features it has already.
        let arguments = ["test", "--workspace", "--test", "window"];
        let mut journeys = steps::cargo(&root, &arguments);
        journeys.env("PATCHBAY_BUILT", tree::target().join("debug"));
        steps::run(journeys.env("PATCHBAY_WORDS", words))
    });
    steps.step("the portal's window", || {
        let arguments = ["test", "--workspace", "--test", "portal"];
        steps::run(steps::cargo(&root, &arguments).env("PATCHBAY_APP", demo::built("patchbay")))
    });
    steps.step("every page in Chromium", pages);
    steps.finish()
}

/// Every page with axe, in both languages and themes. A machine for which nobody packages Chromium
/// goes without, and says so; the build machine never does.
fn pages() -> Outcome {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    if steps::succeeds(Command::new(chromium).arg("--version")) {
        return check::npm_run("pages");
    }
    if std::env::var_os("CI").is_some() {
        return Err(Failure::new("Chromium is missing on the build machine"));
    }
    eprintln!(
        "   SKIPPED: no Chromium here, so no page was looked at; name one in CHROMIUM and start \
         again"
    );
    Ok(())
}

/// The generated types as they are now: file name and content.
fn generated() -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(tree::root().join(GENERATED)) else {
        return BTreeMap::new();
    };
    let files = entries.flatten().filter_map(|entry| {
        let content = fs::read(entry.path()).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), content))
    });
    files.collect()
}

/// The tests have just written the types again; a difference means the committed ones are stale.
fn unchanged_since(before: &BTreeMap<String, Vec<u8>>) -> Outcome {
    let now = generated();
    let names: Vec<&str> = now
        .iter()
        .filter(|(name, content)| before.get(*name) != Some(content))
        .map(|(name, _)| name.as_str())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(Failure(format!(
        "these types in {GENERATED} were not the ones that `crates/contract` writes, and have \
         been written again; look at them and commit them: {}",
        names.join(", ")
    )))
}
