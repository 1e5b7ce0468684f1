//! The way from the real window to the demo: a program of its own beside this one.

use patchbay_contract::error::IpcError;

/// Opens the demo in a window of its own; the real records stay where they are, and out of reach.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn open_demo() -> Result<(), IpcError> {
    let begun = std::env::current_exe()
        .and_then(|program| std::process::Command::new(program).arg("--demo").spawn());
    let mut child = begun.map_err(|error| {
        tracing::error!(%error, "the demo could not be started");
        IpcError::Internal
    })?;
    // Somebody has to take note of its end, or it stays in the list of processes.
    std::thread::spawn(move || child.wait());
    Ok(())
}
