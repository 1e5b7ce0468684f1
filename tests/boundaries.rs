//! Which crate may use which: the table of `CONTRIBUTING.md`, as a test.
//!
//! It reads what cargo itself says about the workspace. Imports inside the window's sources are
//! the matter of `ui/eslint.config.js`, calls inside the core that of `crates/core/clippy.toml`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What one of our crates may use of our others; `demo` ones only as an optional dependency.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    only_for_demo: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room {
        name: "patchbay-core",
        may_use: &[],
        only_for_demo: &[],
    },
    Room {
        name: "patchbay-contract",
        may_use: &["patchbay-core"],
        only_for_demo: &[],
    },
    Room {
        name: "patchbay-adapters",
        may_use: &["patchbay-core"],
        only_for_demo: &[],
    },
    Room {
        name: "patchbay-simulator",
        may_use: &["patchbay-core"],
        only_for_demo: &[],
    },
    Room {
        name: "patchbay-cli",
        may_use: &["patchbay-core", "patchbay-contract", "patchbay-adapters"],
        only_for_demo: &["patchbay-simulator"],
    },
    Room {
        name: "patchbay",
        may_use: &["patchbay-core", "patchbay-contract", "patchbay-adapters"],
        only_for_demo: &["patchbay-simulator"],
    },
    Room {
        name: "patchbay-tests",
        may_use: &["patchbay-core", "patchbay-adapters", "patchbay-simulator"],
        only_for_demo: &[],
    },
    Room {
        name: "patchbay-e2e",
        may_use: &[],
        only_for_demo: &[],
    },
    Room {
        name: "xtask",
        may_use: &[],
        only_for_demo: &[],
    },
];

/// Everything from outside that the core may use by name: small, pure, and nothing that reaches
/// a network, a disk, a clock or a source of random numbers.
const CORE_MAY_USE: &[&str] = &[
    "async-trait",
    "base64",
    "const-oid",
    "der",
    "futures-util",
    "hmac",
    "pem",
    "pkcs1",
    "pkcs8",
    "sha2",
    "spki",
    "thiserror",
    "tracing",
    "unicode-normalization",
    "url",
    "zeroize",
];

/// What must not come into the core by way of something else either.
const NEVER_BENEATH_THE_CORE: &[&str] = &[
    "chrono",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "serde",
    "socket2",
    "tauri",
    "tokio",
];

/// One dependency of one of our crates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Use {
    from: String,
    to: String,
    optional: bool,
    for_tests: bool,
}

#[test]
fn every_crate_stays_in_its_room() {
    let uses = uses(&metadata());
    let found = trespasses(&uses);
    assert!(
        found.is_empty(),
        "see the table in CONTRIBUTING.md:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_crate_of_ours_is_in_the_table() {
    let ours: BTreeSet<String> = names(&metadata()).into_iter().collect();
    let table: BTreeSet<String> = ROOMS.iter().map(|room| room.name.to_owned()).collect();
    let strangers: Vec<_> = ours.difference(&table).collect();
    assert!(
        strangers.is_empty(),
        "a crate without a row in the table: {strangers:?}"
    );
}

#[test]
fn nothing_that_reaches_outside_lies_beneath_the_core() {
    let tree = cargo(&[
        "tree",
        "-p",
        "patchbay-core",
        "-e",
        "normal",
        "--prefix",
        "none",
    ]);
    let beneath: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(beneath.contains("thiserror"), "the tree was read: {tree}");
    let found: Vec<_> = NEVER_BENEATH_THE_CORE
        .iter()
        .filter(|name| beneath.contains(*name))
        .collect();
    assert!(
        found.is_empty(),
        "the core reaches the outside through {found:?}"
    );
}

#[test]
fn a_trespass_is_found() {
    let stray = |from: &str, to: &str| Use {
        from: from.to_owned(),
        to: to.to_owned(),
        optional: false,
        for_tests: false,
    };
    for (from, to) in [
        ("patchbay-core", "patchbay-adapters"),
        ("patchbay-core", "tokio"),
        ("patchbay-contract", "patchbay-adapters"),
        ("patchbay-adapters", "patchbay-contract"),
        ("patchbay-simulator", "patchbay-adapters"),
        ("patchbay-cli", "tauri"),
        ("patchbay-cli", "patchbay-simulator"),
        ("patchbay", "patchbay-simulator"),
        ("xtask", "patchbay-core"),
        ("patchbay-e2e", "patchbay-tests"),
    ] {
        let found = trespasses(&[stray(from, to)]);
        assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
    }
    let demo = Use {
        optional: true,
        ..stray("patchbay-cli", "patchbay-simulator")
    };
    assert!(
        trespasses(&[demo]).is_empty(),
        "the demo may have its simulator"
    );
}

fn trespasses(uses: &[Use]) -> Vec<String> {
    let ours: BTreeSet<&str> = ROOMS.iter().map(|room| room.name).collect();
    let mut found = Vec::new();
    for each in uses {
        let Some(room) = ROOMS.iter().find(|room| room.name == each.from) else {
            continue;
        };
        let of_ours = ours.contains(each.to.as_str()) && each.to != each.from;
        let allowed = if of_ours {
            room.may_use.contains(&each.to.as_str())
                || (each.optional && room.only_for_demo.contains(&each.to.as_str()))
        } else {
            outside_is_allowed(each)
        };
        if !allowed {
            found.push(format!("{} may not use {}", each.from, each.to));
        }
    }
    found
}

fn outside_is_allowed(each: &Use) -> bool {
    if each.to.starts_with("tauri") {
        return each.from == "patchbay";
    }
    if each.from == "patchbay-core" && !each.for_tests && each.to != each.from {
        return CORE_MAY_USE.contains(&each.to.as_str());
    }
    true
}

fn uses(metadata: &Value) -> Vec<Use> {
    let mut uses = Vec::new();
    for package in packages(metadata) {
        for dependency in package["dependencies"].as_array().unwrap() {
            uses.push(Use {
                from: package["name"].as_str().unwrap().to_owned(),
                to: dependency["name"].as_str().unwrap().to_owned(),
                optional: dependency["optional"] == true,
                for_tests: dependency["kind"] == "dev",
            });
        }
    }
    assert!(!uses.is_empty(), "cargo named no dependencies at all");
    uses
}

fn names(metadata: &Value) -> Vec<String> {
    let names = packages(metadata).iter().map(|package| &package["name"]);
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().unwrap()
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap()
}

/// Asks cargo without letting it reach for a network: what was built is already there.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(arguments)
        .arg("--offline")
        .current_dir(top())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
