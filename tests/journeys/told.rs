//! Reading what `patchbayctl` told.

use patchbay_tests::ground::ConfigRow;
use serde_json::Value;

/// What a document says about one instance.
pub fn about<'a>(document: &'a Value, name: &str) -> &'a Value {
    let instances = document["instances"].as_array();
    let found = instances.and_then(|all| all.iter().find(|instance| instance["name"] == name));
    found.unwrap_or_else(|| panic!("nothing about {name} in {document}"))
}

/// How one instance's part of a push ended.
pub fn outcome<'a>(pushed: &'a Value, name: &str) -> &'a str {
    about(pushed, name)["outcome"].as_str().unwrap()
}

/// The journal entry of one instance's part of a push.
pub fn pushed_entry(pushed: &Value, name: &str) -> String {
    let entry = about(pushed, name)["entry"].as_str();
    entry
        .unwrap_or_else(|| panic!("no entry in {pushed}"))
        .to_owned()
}

/// The rows of the nine values.
pub fn connector(rows: Vec<ConfigRow>) -> Vec<ConfigRow> {
    let ours = |row: &ConfigRow| row.path.starts_with("services_connector/services_");
    rows.into_iter().filter(ours).collect()
}
