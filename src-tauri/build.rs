//! Names every command the window may call, so that each needs a permission of its own.

/// The commands of `src/commands`; `capabilities/main.json` says which the window may call.
const COMMANDS: &[&str] = &[
    "add_account",
    "add_instance",
    "adopt_instance",
    "answer_about_instance",
    "answer_origin",
    "assign",
    "cancel_run",
    "check_instances",
    "choose_key_file",
    "clear_clipboard",
    "close_portal",
    "complete_key_pair",
    "confirm_intake",
    "copy_places",
    "copy_private_key",
    "create_project",
    "detach_instance",
    "discard_intake",
    "edit_instance",
    "export_journal",
    "failed_of_last_push",
    "generate_key_pair",
    "host_keys",
    "instance_page",
    "keep_created_intake",
    "list_accounts",
    "list_data_spaces",
    "list_instances",
    "list_journal",
    "list_key_pairs",
    "list_settings",
    "look_after",
    "open_demo",
    "open_in_browser",
    "open_portal",
    "paste_private_key",
    "pick_private_key",
    "plan_detach",
    "plan_push",
    "plan_undo",
    "probe_instance",
    "push_config",
    "receive_drops",
    "remove_instance",
    "remove_key_pair",
    "repin_instance",
    "set_setting",
    "set_window_preferences",
    "stop_drops",
    "stop_watching",
    "trust_host_key",
    "undo_push",
    "verify_journal",
    "verify_key_pair",
    "waive_copy",
    "watch_records",
    "ways_to_create",
    "window_preferences",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    tauri_build::try_build(attributes)?;
    Ok(())
}
