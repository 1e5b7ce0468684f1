//! Everything that can be tested here, from a machine that has only Rust, Node and apt.
//!
//! The runners' own closing lines are left to be seen. Every suite runs even when one before it
//! failed; only a build that does not compile stops the rest.

use std::collections::BTreeMap;
use std::fs;

use crate::steps::{self, Failure, Outcome, Steps};
use crate::{check, prepare, tree};

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
        steps::run(&mut steps::cargo(&root, &arguments))
    });
    steps.step("generated types", || unchanged_since(&before));
    for (step, test) in [
        ("the real window", "window"),
        ("the portal's window", "portal"),
    ] {
        steps.step(step, || {
            let arguments = ["test", "-p", "patchbay-tests", "--test", test];
            let app = tree::target().join("debug").join(app_name());
            steps::run(steps::cargo(&root, &arguments).env("PATCHBAY_APP", app))
        });
    }
    steps.finish()
}

fn app_name() -> String {
    format!("patchbay{}", std::env::consts::EXE_SUFFIX)
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
