//! The shell: ports in, commands out, run. The only Rust that knows Tauri.
//!
//! A command translates, asks the core once and translates back. Rules live in the core, texts in
//! `ui/`. One window, which may call the commands of `build.rs` and nothing of Tauri's own.

mod bringing;
mod commands;
mod copying;
#[cfg(feature = "demo")]
mod demo;
mod intakes;
mod listeners;
mod logging;
mod portal;
mod preferences;
mod request;
mod runs;
#[cfg(test)]
mod tests;
mod window;
mod wiring;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use patchbay_adapters::clipboard::SystemClipboard;
use patchbay_adapters::clipboard::lending::LentClipboard;
use patchbay_adapters::dumps;
use patchbay_adapters::watch::RecordsWatch;
use tauri::{App, AppHandle, Manager, RunEvent, Runtime};

use bringing::Pasteboard;
use copying::{ChosenFiles, Lending};
use intakes::Intakes;
use listeners::Listeners;
use portal::places::Places;
use portal::{Folder, Portal};
use preferences::PreferencesFile;
use runs::Runs;
use wiring::Door;

/// Opens the window and runs until it is closed.
pub fn run() -> ExitCode {
    // Before anything else; what the system says to it is told once there is a log.
    let _ = dumps::off();
    // ssh starts this program to ask for a passphrase; then it does nothing else.
    if let Some(exit) = patchbay_adapters::transport::askpass::mode() {
        return exit;
    }
    let app = tauri::Builder::default()
        // First, because a second start ends here and shows the window that is open already.
        .plugin(wiring::only_one(window::show))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_store::Builder::default().build())
        .invoke_handler(commands::all())
        .setup(set_up)
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| {
                if matches!(event, RunEvent::Exit) {
                    copying::clear(app);
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

/// Records first, because they make the data directory and refuse one that is not ours; then the
/// log inside it; then the window, which says whatever went wrong.
fn set_up(app: &mut App) -> Result<(), Box<dyn std::error::Error>> {
    app.manage(Listeners::default());
    let directory = wiring::data_directory();
    let person = wiring::person();
    let door = tauri::async_runtime::block_on(open(app, directory.as_deref(), &person));
    if let Some(directory) = directory.filter(|_| door.patchbay().is_ok()) {
        logging::start(&directory.join("logs"));
        if let Err(error) = dumps::off() {
            tracing::warn!(%error, "core dumps could not be switched off");
        }
        app.manage(PreferencesFile::inside(wiring::kept_beside(&directory)));
        watch(app.handle(), &directory);
        let folder = Folder::of(&directory);
        folder.sweep();
        app.manage(folder);
    }
    app.manage(door);
    manage_rest(app.handle());
    if app.try_state::<Places>().is_none() {
        app.manage(Places::default());
    }
    copying::clear_when_asked_to_end(app.handle());
    window::open(app.handle())?;
    Ok(())
}

/// The door to the core: over the demo where that is wanted, else over the real outside.
async fn open(app: &App, directory: Option<&Path>, person: &str) -> Door {
    #[cfg(feature = "demo")]
    if let Some(directory) = directory.filter(|_| demo::is_wanted()) {
        return match demo::start(directory, person).await {
            Ok((run, patchbay)) => {
                app.manage(run.places());
                app.manage(run);
                let checking = patchbay.clone();
                // The board fills while it is looked at; what fails is on it.
                tauri::async_runtime::spawn(async move { checking.check(&[]).await });
                Door::to(patchbay)
            }
            Err(why) => Door::shut(why),
        };
    }
    let _ = app;
    Door::open(directory, person).await
}

/// What the commands need besides the door.
fn manage_rest<R: Runtime>(app: &AppHandle<R>) {
    app.manage(Intakes::default());
    app.manage(Runs::default());
    app.manage(Pasteboard(Arc::new(SystemClipboard)));
    app.manage(ChosenFiles::default());
    app.manage(Lending(Arc::new(LentClipboard::default())));
    app.manage(Portal::default());
}

/// Tells the window of every change of the records. Without it the window shows what it was told
/// last, and its own changes; that is no reason not to open.
fn watch<R: Runtime>(app: &AppHandle<R>, directory: &Path) {
    let listening = app.clone();
    let begun = RecordsWatch::begin(directory, move || {
        listening.state::<Listeners>().records.tell(());
    });
    match begun {
        Ok(watch) => {
            app.manage(watch);
        }
        Err(error) => tracing::warn!(%error, "the records are not watched"),
    }
}
