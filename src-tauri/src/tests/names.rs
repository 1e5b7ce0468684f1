//! What the window can call, what it is permitted to call and what it does call are one list.

use std::collections::BTreeSet;

/// Texts between `begin` and the `end` after it, wherever they stand.
fn between(text: &str, begin: &str, end: char) -> BTreeSet<String> {
    let found = text
        .split(begin)
        .skip(1)
        .filter_map(|rest| rest.split(end).next());
    found.map(str::to_owned).collect()
}

fn part<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split(begin).nth(1).unwrap();
    rest.split(end).next().unwrap()
}

#[test]
fn one_list_of_commands_in_four_places() {
    let build = part(include_str!("../../build.rs"), "&[\n", "];");
    let named = between(build, "    \"", '"');
    assert!(named.len() > 40, "{named:?}");

    let capability: serde_json::Value =
        serde_json::from_str(include_str!("../../capabilities/main.json")).unwrap();
    let permissions = capability["permissions"].as_array().unwrap();
    let permitted: BTreeSet<String> = permissions
        .iter()
        .map(|one| {
            one.as_str()
                .unwrap()
                .strip_prefix("allow-")
                .unwrap()
                .replace('-', "_")
        })
        .collect();
    assert_eq!(permitted, named, "capabilities/main.json");
    assert_eq!(capability["windows"], serde_json::json!(["main"]));

    let handlers = part(
        include_str!("../commands/mod.rs"),
        "generate_handler![",
        "]",
    );
    let handled = between(handlers, "::", ',');
    assert_eq!(handled, named, "commands/mod.rs");

    let window = include_str!("../../../ui/src/api/tauri.ts");
    let mut called = between(window, "ask(\"", '"');
    called.extend(between(window, "run(\"", '"'));
    for listening in window.split("listen<").skip(2) {
        let quoted: Vec<&str> = listening.split('"').collect();
        called.extend([quoted[1].to_owned(), quoted[3].to_owned()]);
    }
    assert_eq!(called, named, "ui/src/api/tauri.ts");
}
