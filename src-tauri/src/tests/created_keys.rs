//! Created keys by commands alone: at a click, in the person's browser, and their one copy.

use serde_json::{Value, json};

use super::{Window, api_key};

fn create(window: &Window, account: &str, name: &str) -> Value {
    window.get(
        "generate_key_pair",
        json!({"account": account, "for": "production", "name": name}),
    )
}

/// An account whose MageID is known, so that its portal is.
fn account(window: &Window) -> String {
    let added = window.get(
        "add_account",
        json!({"label": "Nordlys", "mageId": "MAG000000001"}),
    );
    added["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_pair_made_at_a_click_is_copied_once_and_the_window_never_sees_it() {
    let window = Window::open();
    let account = account(&window);
    let ways = window.get("ways_to_create", json!({"account": account}));
    assert_eq!(
        ways,
        json!({"oneClick": true, "origin": "https://portal.test"})
    );
    let made = create(&window, &account, "Live");
    assert_eq!(made["keypair"]["oneCopy"], json!({"is": "unused"}));
    let id = made["keypair"]["id"].as_str().unwrap();
    let places = window.get("copy_places", json!(null));
    assert_eq!(
        places,
        json!({"clipboardRefused": null, "managers": ["CopyQ"], "seconds": 20})
    );
    let request = json!({"keyPair": id, "file": null});
    let copied = window.get("copy_private_key", request.clone());
    assert_eq!(copied["oneCopy"]["way"], "clipboard");
    let lent = window.lent.taken();
    assert_eq!(lent.len(), 1);
    assert!(lent[0].starts_with(b"-----BEGIN PRIVATE KEY-----"));
    assert!(!copied.to_string().contains("PRIVATE KEY"));
    // The same call played back, and from anywhere else.
    for _ in 0..3 {
        let again = window.ask("copy_private_key", request.clone()).unwrap_err();
        assert_eq!(again["trouble"]["code"], "exportSpent", "{again}");
    }
    assert_eq!(window.lent.taken().len(), 1);
    let listed = window.get("list_key_pairs", json!(null));
    assert_eq!(listed[0]["oneCopy"]["is"], "used");
}

#[test]
fn a_copy_is_saved_to_the_file_that_was_chosen_and_to_no_path_of_the_windows() {
    use std::os::unix::fs::PermissionsExt;
    use tauri::Manager;

    let window = Window::open();
    let account = account(&window);
    let made = create(&window, &account, "Live");
    let id = made["keypair"]["id"].as_str().unwrap();
    for stranger in ["/tmp/key.pem", "../key.pem", &"7".repeat(32)] {
        let request = json!({"keyPair": id, "file": stranger});
        let refused = window.ask("copy_private_key", request).unwrap_err();
        assert_eq!(refused["code"], "intakeGone");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.pem");
    let files = window.page.state::<crate::copying::ChosenFiles>();
    files.put("a".repeat(32), path.clone());
    let saved = window.get(
        "copy_private_key",
        json!({"keyPair": id, "file": "a".repeat(32)}),
    );
    assert_eq!(saved["oneCopy"]["way"], "file");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .ends_with("-----END PRIVATE KEY-----\n")
    );
}

#[test]
fn a_key_created_in_the_persons_browser_is_kept_completed_and_has_its_copy() {
    let window = Window::open();
    window.adobe_knows();
    let account = account(&window);
    let intake = window.paste(1);
    let kept = window.get(
        "keep_created_intake",
        json!({"intake": intake["id"], "account": account, "for": "sandbox", "name": "Live"}),
    );
    assert_eq!(kept["state"], "pending", "it waits for its API key");
    assert_eq!(kept["oneCopy"], json!({"is": "unused"}));
    let done = window.get(
        "complete_key_pair",
        json!({"keyPair": kept["id"], "apiKey": api_key(1).as_str()}),
    );
    assert_eq!(done["verification"]["answer"], "accepted");
    assert_eq!(
        done["keypair"]["for"], "production",
        "what Adobe accepts it for is what it is for"
    );
    let waived = window.get("waive_copy", json!({"keyPair": kept["id"]}));
    assert_eq!(waived["oneCopy"], json!({"is": "waived"}));
}

#[test]
fn a_name_that_is_taken_keeps_the_created_key_waiting() {
    let window = Window::open();
    let account = account(&window);
    create(&window, &account, "Live");
    let intake = window.paste(1);
    let mut request =
        json!({"intake": intake["id"], "account": account, "for": "production", "name": "Live"});
    let refused = window.ask("keep_created_intake", request.clone());
    assert_eq!(refused.unwrap_err()["code"], "nameTaken");
    request["name"] = json!("Live 2");
    assert_eq!(window.get("keep_created_intake", request)["name"], "Live 2");
}
