//! Bringing a machine that has only Rust, Node and apt to where everything builds and runs.
//!
//! Each part first looks whether anything is missing, so running it again costs nothing.

use std::fs;
use std::process::Command;

use crate::steps::{self, Failure, Outcome};
use crate::{packages, tree};

/// The oldest Node the window's tools run on.
const NODE_AT_LEAST: u32 = 20;

/// Installs whatever is missing.
pub(crate) fn everything() -> Outcome {
    packages::install_missing()?;
    node_packages()
}

/// Installs the window's npm packages when the lock file changed since they were last installed.
pub(crate) fn node_packages() -> Outcome {
    let ui = tree::ui();
    let lock = ui.join("package-lock.json");
    let Ok(wanted) = fs::read(&lock) else {
        return Err(Failure(format!("{} is missing", lock.display())));
    };
    let mark = ui.join("node_modules/.installed-from-lock");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        eprintln!("   the window's npm packages are there");
        return Ok(());
    }
    node_is_new_enough()?;
    steps::run(&mut steps::program(
        &ui,
        "npm",
        &["ci", "--no-audit", "--no-fund"],
    ))?;
    fs::write(&mark, wanted)
        .map_err(|error| Failure(format!("{} cannot be written: {error}", mark.display())))
}

fn node_is_new_enough() -> Outcome {
    let Some(version) = steps::answer(Command::new("node").arg("--version")) else {
        return Err(Failure(format!(
            "Node {NODE_AT_LEAST} or newer is needed for the window and was not found"
        )));
    };
    match major(&version) {
        Some(major) if major >= NODE_AT_LEAST => Ok(()),
        _ => Err(Failure(format!(
            "Node {NODE_AT_LEAST} or newer is needed for the window; this is {}",
            version.trim()
        ))),
    }
}

fn major(version: &str) -> Option<u32> {
    let digits = version.trim().strip_prefix('v')?;
    digits.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_is_read_as_node_prints_it() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.1.0"), Some(8), "not compared as text");
        assert_eq!(major("not node"), None);
    }
}
