//! Names every command the window may call, so that each needs a permission of its own.

/// The commands of `src/commands`; `capabilities/main.json` says which the window may call.
const COMMANDS: &[&str] = &[
    "list_instances",
    "set_window_preferences",
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
