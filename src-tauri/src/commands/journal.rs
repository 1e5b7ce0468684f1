//! The journal.

use patchbay_contract::error::IpcError;
use patchbay_contract::journal::{JournalEntry, JournalPage, JournalRequest, JournalVerified};
use patchbay_core::journal::entries::entries;
use tauri::State;

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
    let patchbay = door.patchbay()?;
    let JournalRequest {
        instance,
        skip,
        limit,
    } = request.0;
    let lines = patchbay.journal().await.map_err(said)?;
    let mut all = entries(&lines, patchbay.now());
    all.retain(|one| {
        instance
            .as_ref()
            .is_none_or(|id| one.event.instance.as_str() == id)
    });
    let shown = all
        .iter()
        .skip(skip as usize)
        .take(limit.clamp(1, MOST) as usize);
    Ok(JournalPage {
        entries: shown.map(JournalEntry::from).collect(),
        total: u32::try_from(all.len()).unwrap_or(u32::MAX),
    })
}

/// Whether the journal is whole.
#[tauri::command]
#[tracing::instrument(skip_all, err(Debug))]
pub(crate) async fn verify_journal(door: State<'_, Door>) -> Result<JournalVerified, IpcError> {
    let verified = door.patchbay()?.verify_journal().await;
    Ok(JournalVerified::from(&verified.map_err(said)?))
}
