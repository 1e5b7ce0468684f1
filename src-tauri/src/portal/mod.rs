//! The portal's page in a window of ours, and catching the private key on its way out of it.
//!
//! The page gets nothing of ours but a script that keeps what it hands out: no bridge to the core (no
//! capability names this window), its own browsing data that is gone with it, no further windows, and
//! its real origin in the title. Nothing here looks for elements of the page: a download is caught as
//! a download, Copy as copying. What Adobe's own page does with either is not proven here; the
//! simulator's page follows its documented dialog.

pub(crate) mod browser;
mod folder;
pub(crate) mod origins;
pub(crate) mod places;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_adapters::clipboard::lending;
use patchbay_contract::error::{IpcError, Trouble};
use patchbay_contract::exports::PortalEvent;
use patchbay_core::Patchbay;
use patchbay_core::fingerprint::IdentityFingerprint;
use patchbay_core::keypair::KeyPair;
use patchbay_core::keypair::guiding::Guided;
use patchbay_core::keypair::intake::INPUT_MAX;
use patchbay_core::secret::Secret;
use tauri::webview::{DownloadEvent, NewWindowResponse, WebviewWindowBuilder};
use tauri::{AppHandle, Manager, Runtime, Url, WebviewUrl, WebviewWindow, WindowEvent};
use zeroize::Zeroizing;

pub(crate) use folder::Folder;
use origins::{Origins, origin};

use crate::commands;
use crate::request::Events;

/// The window's label; no capability names it.
const LABEL: &str = "portal";

const SCRIPT: &str = include_str!("script.js");

/// The page that is open, if one is.
#[derive(Default)]
pub(crate) struct Portal(Mutex<Option<Arc<Session>>>);

/// One page from opening to closing.
struct Session {
    patchbay: Patchbay,
    events: Events<PortalEvent>,
    /// What the script is called on the page; random, so that it meets nothing of the page's own.
    name: String,
    origins: Mutex<Origins>,
    /// Where something on the page, a frame or the page itself, was last allowed to go.
    heading: Mutex<Option<Url>>,
    /// Where the page wants to go and waits for an answer.
    asked: Mutex<Option<Url>>,
    keeping: tokio::sync::Mutex<Keeping>,
}

/// What was caught, one after the other.
struct Keeping {
    /// Ready for the next key.
    next: Option<Guided>,
    /// The last one that was kept.
    last: Option<KeyPair>,
    kept: Vec<IdentityFingerprint>,
}

impl Portal {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the page may go where it asked to go.
    pub(crate) fn answer<R: Runtime>(&self, app: &AppHandle<R>, wanted: &str, allow: bool) {
        let Some(session) = self.lock().clone() else {
            return;
        };
        let asked = lock(&session.asked).take_if(|url| origin(url) == wanted);
        if let (Some(url), true) = (asked, allow) {
            lock(&session.origins).allow(wanted);
            if let Some(window) = app.get_webview_window(LABEL)
                && let Err(error) = window.navigate(url)
            {
                tracing::warn!(%error, origin = wanted, "the portal's page could not go on");
            }
        }
    }
}

/// Opens the page.
///
/// # Errors
/// One is open already, or the window cannot be opened; the prepared pair is given up then.
pub(crate) async fn open<R: Runtime>(
    app: &AppHandle<R>,
    patchbay: &Patchbay,
    page: Url,
    guided: Guided,
    events: Events<PortalEvent>,
) -> Result<(), IpcError> {
    let portal = app.state::<Portal>();
    let name = patchbay
        .opaque_id()
        .map_err(|error| IpcError::from(&error))?;
    let session = Arc::new(Session {
        patchbay: patchbay.clone(),
        events,
        name,
        origins: Mutex::new(Origins::from(&page)),
        heading: Mutex::default(),
        asked: Mutex::default(),
        keeping: tokio::sync::Mutex::new(Keeping {
            next: None,
            last: None,
            kept: Vec::new(),
        }),
    });
    let free = {
        let mut open = portal.lock();
        let free = open.is_none();
        if free {
            *open = Some(session.clone());
        }
        free
    };
    if !free {
        patchbay.abandon_guided(guided).await;
        return Err(IpcError::Refused {
            trouble: Trouble::new(
                "portalOpen",
                "The portal's page is open already.",
                "Go on there, or close it first.",
            ),
        });
    }
    session.keeping.lock().await.next = Some(guided);
    if let Err(error) = show(app, page, &session) {
        tracing::error!(%error, "the portal's window could not be opened");
        end(app).await;
        return Err(IpcError::Internal);
    }
    Ok(())
}

/// Closes the page.
pub(crate) fn close<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.close()
    {
        tracing::warn!(%error, "the portal's window could not be closed");
    }
}

/// The page was closed: a pair that was prepared and not created is given up.
async fn end<R: Runtime>(app: &AppHandle<R>) {
    let ended = app.state::<Portal>().lock().take();
    let Some(session) = ended else {
        return;
    };
    let unused = session.keeping.lock().await.next.take();
    if let Some(unused) = unused {
        session.patchbay.abandon_guided(unused).await;
    }
    session.events.tell(PortalEvent::Closed);
}

fn show<R: Runtime>(app: &AppHandle<R>, page: Url, session: &Arc<Session>) -> tauri::Result<()> {
    let script = SCRIPT
        .replace("@NAME@", &format!("p{}", session.name))
        .replace("@MARK@", &session.mark());
    let title = origin(&page);
    tracing::info!(origin = title, "the portal's page is opened");
    let (loads, downloads, titles) = (session.clone(), session.clone(), session.clone());
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::External(page))
        .title(title)
        .inner_size(840.0, 700.0)
        .incognito(true)
        .general_autofill_enabled(false)
        .initialization_script(script)
        .on_navigation(move |url| loads.may_head_for(url))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_document_title_changed(move |window, title| {
            if title == titles.mark() {
                titles.fetch(&window);
            }
        })
        .on_download(move |webview, event| {
            let app = webview.app_handle().clone();
            match event {
                DownloadEvent::Requested { url, destination } => {
                    downloads.requested(&app, &url, destination)
                }
                DownloadEvent::Finished { path, success, .. } => {
                    downloads.finished(&app, path, success);
                    true
                }
                _ => false,
            }
        })
        .build()?;
    watch_origin(&window, session)?;
    beside_the_guide(app, &window);
    let ending = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            let app = ending.clone();
            tauri::async_runtime::spawn(async move { end(&app).await });
        }
    });
    Ok(())
}

/// Leaves the left side of the main window in sight: what to do next is said there. Where the desktop
/// places windows itself nothing changes.
fn beside_the_guide<R: Runtime>(app: &AppHandle<R>, window: &WebviewWindow<R>) {
    const GUIDE: f64 = 440.0;
    let main = app.get_webview_window("main");
    let place = main.and_then(|main| {
        let scale = main.scale_factor().ok()?;
        let mut place = main.outer_position().ok()?.to_logical::<f64>(scale);
        place.x += GUIDE;
        Some(place)
    });
    if let Some(place) = place
        && let Err(error) = window.set_position(place)
    {
        tracing::debug!(%error, "the portal's window stays where it is");
    }
}

/// Looks at every place the page itself goes to, frames aside, before it is shown.
#[cfg(all(unix, not(target_os = "macos")))]
fn watch_origin<R: Runtime>(
    window: &WebviewWindow<R>,
    session: &Arc<Session>,
) -> tauri::Result<()> {
    use webkit2gtk::{LoadEvent, WebViewExt};

    let (shown, session) = (window.clone(), session.clone());
    window.with_webview(move |view| {
        let view = view.inner();
        let failing = session.clone();
        // The system's own page about a load that failed would stand under the unlisted name.
        view.connect_load_failed(move |_, _, address, _| {
            let url = Url::parse(address).ok();
            url.is_none_or(|url| !lock(&failing.origins).knows(&url))
        });
        view.connect_load_changed(move |view, event| {
            let url = view.uri().and_then(|uri| Url::parse(uri.as_str()).ok());
            let Some(url) = url else { return };
            match event {
                // Only the page itself starts a load here, never a frame; its address is still the
                // former one, and the new one is what was allowed just before.
                LoadEvent::Started | LoadEvent::Redirected if !session.goes_on() => {
                    view.stop_loading();
                }
                // Where stopping came too late it is left at once.
                LoadEvent::Committed if !lock(&session.origins).knows(&url) => {
                    view.load_uri("about:blank");
                }
                LoadEvent::Committed => session.is_at(&shown, &url),
                _ => {}
            }
        });
    })
}

/// As on Linux; here it is only known once the page is there, and then left at once. Not tried.
#[cfg(any(target_os = "macos", windows))]
fn watch_origin<R: Runtime>(
    _window: &WebviewWindow<R>,
    _session: &Arc<Session>,
) -> tauri::Result<()> {
    Ok(())
}

impl Session {
    fn mark(&self) -> String {
        format!("patchbay {}", self.name)
    }

    /// Whether anything on the page may go there, and remembers where that is.
    fn may_head_for(&self, url: &Url) -> bool {
        let may = lock(&self.origins).may_load(url);
        if may {
            *lock(&self.heading) = Some(url.clone());
        }
        may
    }

    /// Whether the page may go where it is heading.
    fn goes_on(&self) -> bool {
        let heading = lock(&self.heading).clone();
        heading.is_none_or(|url| self.goes_to(&url))
    }

    /// Whether the page may go there; where nobody knows, the person is asked, once.
    fn goes_to(&self, url: &Url) -> bool {
        if lock(&self.origins).knows(url) {
            return true;
        }
        let origin = origin(url);
        if lock(&self.asked)
            .replace(url.clone())
            .is_some_and(|before| before == *url)
        {
            return false;
        }
        tracing::info!(origin, "the portal's page asks to go to an unlisted origin");
        self.events.tell(PortalEvent::AsksOrigin { origin });
        false
    }

    fn is_at<R: Runtime>(&self, window: &WebviewWindow<R>, url: &Url) {
        if url.scheme() == "about" {
            return;
        }
        let origin = origin(url);
        if let Err(error) = window.set_title(&origin) {
            tracing::warn!(%error, "the portal's title could not be set");
        }
        self.events.tell(PortalEvent::At { origin });
    }

    /// Fetches what the script caught.
    fn fetch<R: Runtime>(self: &Arc<Self>, window: &WebviewWindow<R>) {
        let (session, app) = (self.clone(), window.app_handle().clone());
        let take = format!("window.p{}.take()", self.name);
        let asked = window.eval_with_callback(take, move |answer| {
            let answer = Zeroizing::new(answer);
            let texts: Vec<String> = serde_json::from_str(&answer).unwrap_or_default();
            for text in texts {
                session.catch(&app, Secret::new(text.into_bytes()));
            }
        });
        if let Err(error) = asked {
            tracing::error!(%error, "what the page handed over could not be fetched");
        }
    }

    /// A download begins. What the page made itself is taken from there or from its address; the
    /// rest can only be had as a file.
    fn requested<R: Runtime>(
        self: &Arc<Self>,
        app: &AppHandle<R>,
        url: &Url,
        destination: &mut PathBuf,
    ) -> bool {
        match url.scheme() {
            "data" => {
                // The intake undoes base64 and percent signs itself.
                let body = url.as_str().split_once(',').map(|(_, body)| body);
                self.catch(app, Secret::new(body.unwrap_or_default().into()));
                false
            }
            "blob" => {
                self.made_here(app, url);
                false
            }
            "https" | "http" => match app.state::<Folder>().place(&self.name) {
                Ok(place) => {
                    *destination = place;
                    true
                }
                Err(error) => {
                    tracing::error!(%error, "there is no private folder for a download");
                    self.not_caught();
                    false
                }
            },
            _ => false,
        }
    }

    /// Asks the script to read what it remembers of the page's own making.
    fn made_here<R: Runtime>(self: &Arc<Self>, app: &AppHandle<R>, url: &Url) {
        let address = serde_json::Value::from(url.as_str());
        let read = format!("window.p{}.blob({address})", self.name);
        let session = self.clone();
        let asked = app.get_webview_window(LABEL).map(|window| {
            window.eval_with_callback(read, move |known| {
                if known != "true" {
                    session.not_caught();
                }
            })
        });
        if !matches!(asked, Some(Ok(()))) {
            self.not_caught();
        }
    }

    fn not_caught(&self) {
        let text = "The page offered a download that could not be taken from it.";
        let next = "Press Copy in its dialog instead; it is caught here, not in the clipboard.";
        self.events.tell(PortalEvent::NotKept {
            error: IpcError::Refused {
                trouble: Trouble::new("notCaught", text, next),
            },
        });
    }

    fn finished<R: Runtime>(
        self: &Arc<Self>,
        app: &AppHandle<R>,
        path: Option<PathBuf>,
        success: bool,
    ) {
        let folder = app.state::<Folder>();
        let Ok(place) = folder.place(&self.name) else {
            return;
        };
        // Only what was put where it was told to be.
        if path.is_some_and(|path| path != place) {
            return;
        }
        match folder.take(&place, INPUT_MAX) {
            Ok(key) if success => self.catch(app, key),
            Ok(_) => {}
            Err(error) if success => {
                tracing::error!(%error, "a download could not be read");
                self.not_caught();
            }
            // Refused downloads end here too, and have no file.
            Err(_) => {}
        }
    }

    /// Keeps what was caught, if it is a private key.
    fn catch<R: Runtime>(self: &Arc<Self>, app: &AppHandle<R>, text: Secret) {
        let (session, app) = (self.clone(), app.clone());
        tauri::async_runtime::spawn(async move {
            let event = match session.keep(&text).await {
                Ok(Some(pair)) => {
                    let row = commands::keypairs::row(&session.patchbay, &pair).await;
                    row.map(|row| PortalEvent::Kept {
                        keypair: Box::new(row),
                    })
                }
                Ok(None) => return,
                Err(error) => Err(IpcError::from(&error)),
            };
            // Selecting text for Copy puts it into the other clipboard of X11 and Wayland.
            let forgotten = tokio::task::spawn_blocking(move || lending::forget(&text));
            if let Err(error) = forgotten.await {
                tracing::warn!(%error, "the clipboard could not be looked at");
            }
            session
                .events
                .tell(event.unwrap_or_else(|error| PortalEvent::NotKept { error }));
            if let Some(window) = app.get_webview_window("main") {
                // What to do next is said there.
                let _ = window.request_user_attention(None);
            }
        });
    }

    /// Keeps a key once; the same one may come by Copy and as a download.
    async fn keep(&self, text: &Secret) -> patchbay_core::Result<Option<KeyPair>> {
        let found = self.patchbay.recognise(text).await?;
        let mut keeping = self.keeping.lock().await;
        if keeping.kept.contains(&found.identity) {
            return Ok(None);
        }
        let guided = match (keeping.next.take(), &keeping.last) {
            (Some(guided), _) => guided,
            (None, Some(last)) => self.patchbay.begin_another(last).await?,
            (None, None) => return Ok(None),
        };
        let pair = self.patchbay.keep_guided(&guided, text).await?;
        keeping.kept.push(found.identity);
        keeping.last = Some(pair.clone());
        Ok(Some(pair))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
