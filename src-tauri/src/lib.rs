//! The shell: ports in, commands out, run. The only Rust that knows Tauri.
//!
//! A command translates, asks the core once and translates back. Rules live in the core, texts in
//! `ui/`. One window, which may call the commands of `build.rs` and nothing of Tauri's own.

mod commands;
mod logging;
mod preferences;
mod window;
mod wiring;

use std::process::ExitCode;

use tauri::{App, Manager};

use preferences::PreferencesFile;
use wiring::Door;

/// Opens the window and runs until it is closed.
pub fn run() -> ExitCode {
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_store::Builder::default().build())
        .invoke_handler(tauri::generate_handler![
            commands::instances::list_instances,
            commands::settings::set_window_preferences,
            commands::settings::window_preferences,
        ])
        .setup(set_up)
        .run(tauri::generate_context!());
    match app {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

/// Records first, because they make the data directory and refuse one that is not ours; then the
/// log inside it; then the window, which says whatever went wrong.
fn set_up(app: &mut App) -> Result<(), Box<dyn std::error::Error>> {
    let directory = wiring::data_directory();
    let person = wiring::person();
    let door = tauri::async_runtime::block_on(Door::open(directory.as_deref(), &person));
    if let Some(directory) = directory.filter(|_| door.patchbay().is_ok()) {
        logging::start(&directory.join("logs"));
        app.manage(PreferencesFile::inside(&directory));
    }
    app.manage(door);
    window::open(app.handle())?;
    Ok(())
}
