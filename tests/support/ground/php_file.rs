//! `app/etc/env.php` and `app/etc/config.php`: PHP files that return an array.

use serde_json::{Map, Value, json};

use super::options::{InstanceOptions, ModuleState};

/// The text of `app/etc/env.php`.
pub(super) fn env(options: &InstanceOptions, schema: &str, port: u16) -> String {
    // Port 1 on loopback: nobody answers, and it refuses at once.
    let port = if options.database_down { 1 } else { port };
    let mut root = json!({
        "backend": {"frontName": "admin"},
        "crypt": {"key": options.crypt_keys.join("\n")},
        "db": {
            "table_prefix": options.table_prefix,
            "connection": {"default": {
                "host": format!("127.0.0.1:{port}"),
                "dbname": schema,
                "username": schema,
                "password": PASSWORD,
                "model": "mysql4",
                "engine": "innodb",
                "initStatements": "SET NAMES utf8;",
                "active": "1",
            }},
        },
        "MAGE_MODE": if options.developer_mode { "developer" } else { "production" },
    });
    if !options.install_date.is_empty() {
        root["install"] = json!({"date": options.install_date});
    }
    with_values(root, &options.env_values)
}

/// The text of `app/etc/config.php`.
pub(super) fn config(options: &InstanceOptions) -> String {
    let mut modules = json!({"Magento_Store": 1, "Magento_Config": 1, "Magento_Backend": 1});
    if options.module != ModuleState::Absent {
        let on = i32::from(options.module == ModuleState::Enabled);
        modules["Magento_ServicesConnector"] = json!(on);
        modules["Magento_ServicesId"] = json!(on);
    }
    with_values(json!({"modules": modules}), &options.config_values)
}

/// Password of every instance's database user; it guards nothing.
pub(super) const PASSWORD: &str = "ground";

fn with_values(mut root: Value, values: &[(String, String)]) -> String {
    for (path, value) in values {
        let mut node = &mut root["system"]["default"];
        for part in path.split('/') {
            node = &mut node[part];
        }
        *node = Value::String(value.clone());
    }
    let mut text = String::from("<?php\nreturn ");
    export(&root, &mut text);
    text + ";\n"
}

fn export(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => export_map(map, text),
        Value::String(string) => {
            text.push('\'');
            text.push_str(&string.replace('\\', r"\\").replace('\'', r"\'"));
            text.push('\'');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn export_map(map: &Map<String, Value>, text: &mut String) {
    text.push('[');
    for (key, value) in map {
        export(&Value::String(key.clone()), text);
        text.push_str(" => ");
        export(value, text);
        text.push_str(",\n");
    }
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_survive_the_way_into_php() {
        let mut text = String::new();
        export(&json!({"it's": "a \\ and a '"}), &mut text);
        assert_eq!(text, "['it\\'s' => 'a \\\\ and a \\'',\n]");
    }

    #[test]
    fn a_value_lands_under_the_default_scope() {
        let text = with_values(json!({}), &[("a/b/c".to_owned(), "x".to_owned())]);
        assert!(
            text.contains("'system' => ['default' => ['a' => ['b' => ['c' => 'x'"),
            "{text}"
        );
    }
}
