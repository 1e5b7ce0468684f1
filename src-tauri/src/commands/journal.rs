//! The journal.

use std::path::PathBuf;

use patchbay_adapters::files;
use patchbay_contract::error::{IpcError, Trouble};
use patchbay_contract::journal::asking::{ExportForm, ExportRequest, JournalRequest};
use patchbay_contract::journal::{
    JournalChoices, JournalDocument, JournalEntry, JournalPage, JournalRow, JournalVerified,
    Telling, csv,
};
use patchbay_core::text;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

use super::said;
use crate::request::Request;
use crate::wiring::Door;

/// The most entries that are given at once.
const MOST: u32 = 500;

/// A stretch of the journal, newest first.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn list_journal(
    request: Request<JournalRequest>,
    door: State<'_, Door>,
) -> Result<JournalPage, IpcError> {
    let JournalRequest {
        filter,
        skip,
        limit,
    } = request.0;
    let part = door.patchbay()?.journal_part(&filter.try_into()?).await;
    let part = part.map_err(said)?;
    let shown = part.entries.iter().skip(skip as usize);
    let shown = shown.take(limit.clamp(1, MOST) as usize);
    Ok(JournalPage {
        entries: shown.map(JournalEntry::from).collect(),
        total: u32::try_from(part.entries.len()).unwrap_or(u32::MAX),
        choices: JournalChoices::from(part.choices),
    })
}

/// Writes a part of the journal to a file that the person chooses; `false` when they choose none.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn export_journal<R: Runtime>(
    request: Request<ExportRequest>,
    app: AppHandle<R>,
    door: State<'_, Door>,
) -> Result<bool, IpcError> {
    let ExportRequest {
        filter,
        format,
        full,
    } = request.0;
    let part = door.patchbay()?.journal_part(&filter.try_into()?).await;
    let telling = if full {
        Telling::Full
    } else {
        Telling::Reduced
    };
    let lines = part.map_err(said)?.lines;
    let rows: Vec<_> = lines
        .iter()
        .map(|line| JournalRow::new(line, telling))
        .collect();
    match chosen(&app, format).await {
        Some(path) => {
            let written = files::write(path, form(rows, format).into_bytes()).await;
            written.map(|()| true).map_err(|error| not_saved(&error))
        }
        None => Ok(false),
    }
}

/// The file that the person names in the system's dialog, which asks before one is replaced.
async fn chosen<R: Runtime>(app: &AppHandle<R>, format: ExportForm) -> Option<PathBuf> {
    let (chosen, choice) = tokio::sync::oneshot::channel();
    let ending = match format {
        ExportForm::Json => "json",
        ExportForm::Csv => "csv",
    };
    let dialog = app.dialog().file();
    let dialog = dialog.set_file_name(format!("patchbay-history.{ending}"));
    dialog
        .add_filter(ending.to_uppercase(), &[ending])
        .save_file(move |file| {
            // The window may be gone by the time the dialog closes.
            let _ = chosen.send(file);
        });
    choice.await.ok().flatten()?.into_path().ok()
}

fn form(rows: Vec<JournalRow>, format: ExportForm) -> String {
    match format {
        ExportForm::Json => {
            let document = JournalDocument { lines: rows };
            serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
        }
        ExportForm::Csv => csv(&rows),
    }
}

fn not_saved(error: &std::io::Error) -> IpcError {
    let why = text::outside(&error.to_string(), 200);
    let mut trouble = Trouble::new(
        "exportNotSaved",
        format!("The file could not be written: {why}."),
        "Choose another folder or name.",
    );
    trouble.words.insert("why".to_owned(), why);
    IpcError::Refused { trouble }
}

/// Whether the journal is whole.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn verify_journal(door: State<'_, Door>) -> Result<JournalVerified, IpcError> {
    let verified = door.patchbay()?.verify_journal().await;
    Ok(JournalVerified::from(&verified.map_err(said)?))
}
