//! My Account's API Portal as people see it: a page that follows the documented dialog
//! (`docs/facts.md`, Life of a key), so that creating a key with a program's help can be tried.
//!
//! Elements, names and addresses are our own; nothing here says what Adobe's page looks like inside.
//! A private key is handed out in one of the three ways a browser knows. The page can also play
//! itself, for windows that no test can reach into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;

use crate::door::Shared;
use crate::gateway::answer;
use crate::portal::trouble;
use crate::words;

const PAGE: &str = include_str!("portal_page.html");

/// The most files that wait to be downloaded.
const MOST: usize = 16;

/// How the page behaves; as people meet it by default.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortalPage {
    /// How a key is downloaded.
    pub download: DownloadKind,
    /// What the page does by itself when it is opened.
    pub plays: Option<Play>,
    /// The sign-in, where the address does not carry one.
    pub sign_in: Option<String>,
}

/// How a page hands a file out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DownloadKind {
    /// From the server, once.
    #[default]
    Attachment,
    /// An address of something the page made, taken back at once.
    Blob,
    /// An address that is the file.
    Data,
}

/// What a page can do by itself: create a key and press a button of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Play {
    /// Download.
    Download,
    /// Copy, by the clipboard's interface.
    Copy,
    /// Nothing after creating; its Copy selects a hidden field, as older pages do, which a browser
    /// allows to a person only.
    SelectAndCopy,
    /// Tries to reach the program around it, and then presses Download.
    ReachOut,
    /// Goes to another place by itself.
    Leave,
}

#[derive(Clone)]
struct Files {
    stage: Shared,
    waiting: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

/// What is served beside the interface.
pub(crate) fn router(shared: Shared) -> Router {
    let files = Files {
        stage: shared,
        waiting: Arc::default(),
    };
    Router::new()
        .route("/", get(page))
        .route("/files", post(put))
        .route("/files/{ticket}", get(take))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(files)
}

async fn page(State(files): State<Files>) -> Response {
    let how = files.stage.page().clone();
    // Nothing of it can end the script: `<` is written as an escape.
    let how = serde_json::to_string(&how).unwrap_or_default();
    let page = PAGE.replace("@HOW@", &how.replace('<', "\\u003c"));
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // As strict as a portal may be: nothing that catches a key may depend on a laxer one.
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'";
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    response
}

/// Lets a text wait to be downloaded, once.
async fn put(State(files): State<Files>, body: Result<Bytes, BytesRejection>) -> Response {
    let Ok(body) = body else {
        return trouble(413, "tooLarge", "The body is too large");
    };
    let ticket = words::random_hex::<16>();
    let mut waiting = files.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    while waiting.len() >= MOST && waiting.pop_first().is_some() {}
    waiting.insert(ticket.clone(), body.to_vec());
    answer(201, &json!({"ticket": ticket}))
}

async fn take(State(files): State<Files>, Path(ticket): Path<String>) -> Response {
    let mut waiting = files.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(body) = waiting.remove(&ticket) else {
        return trouble(410, "gone", "This was downloaded already");
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"private-key.pem\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
