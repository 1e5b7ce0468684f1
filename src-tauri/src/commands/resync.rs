//! Sending the catalogue again.

use patchbay_contract::error::IpcError;
use patchbay_contract::resync::{ResyncDocument, ResyncEvent, ResyncRequest};
use patchbay_core::resync::ResyncOrder;
use tauri::State;

use super::said;
use crate::request::{Events, Request};
use crate::runs::Runs;
use crate::wiring::Door;

/// Sends an instance's catalogue again, feed by feed.
#[tauri::command]
#[tracing::instrument(skip_all, fields(feeds = request.0.feeds.len()), err(Debug))]
pub(crate) async fn resync_catalogue(
    request: Request<ResyncRequest>,
    progress: Events<ResyncEvent>,
    runs: State<'_, Runs>,
    door: State<'_, Door>,
) -> Result<ResyncDocument, IpcError> {
    let patchbay = door.patchbay()?;
    let order = ResyncOrder::from(request.0);
    let run = patchbay.opaque_id().map_err(said)?;
    let _running = runs.begin(run.clone(), order.cancel.clone());
    progress.tell(ResyncEvent::Begun { run });
    let report = patchbay
        .resync(&order, &|feed, step| {
            progress.tell(ResyncEvent::step(feed, step));
        })
        .await;
    Ok(ResyncDocument::from(&report.map_err(said)?))
}
