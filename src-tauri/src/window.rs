//! The one window, and what it may never do: leave our own page or write a download.
//!
//! Not here: what it may ask of the core (`capabilities/main.json`) and what it shows (`ui/`).

use tauri::webview::WebviewWindowBuilder;
use tauri::{AppHandle, Manager, Runtime, Url, WindowEvent};

use crate::{bringing, wiring};

/// Opens the window that `tauri.conf.json` describes.
///
/// # Errors
/// When the configuration names no window or the system cannot open one.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let windows = &app.config().app.windows;
    let main = windows.first().ok_or(tauri::Error::WindowNotFound)?;
    let mut window = WebviewWindowBuilder::from_config(app, main)?;
    if wiring::is_demo() {
        // The page says on every screen that nothing is real; it must know before it draws.
        window = window
            .title("Patchbay (Demo)")
            .initialization_script("window.patchbayDemo = true;");
    }
    window
        .on_navigation(is_our_page)
        // The rule of the first window holds for every window that shares its web context, so a
        // window with somebody else's page is not the only wall (docs/facts.md, Window).
        .on_download(|_, _| false)
        .build()?
        .on_window_event({
            let app = app.clone();
            move |event| {
                if let WindowEvent::DragDrop(event) = event {
                    bringing::dragged(&app, event);
                }
            }
        });
    Ok(())
}

/// Shows the window that is open already, because somebody started the program again.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    for window in app.webview_windows().values() {
        // A window that cannot be raised is still there; there is nobody to tell.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Our page is embedded; there is nowhere else to go.
fn is_our_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows serves embedded pages this way.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_may_be_opened() {
        let opens = |url: &str| is_our_page(&Url::parse(url).unwrap());
        assert!(opens("tauri://localhost/index.html"));
        assert!(opens("http://tauri.localhost/"));
        for other in [
            "https://commerce.adobe.io/",
            "http://localhost:5173/",
            "tauri://elsewhere/",
            "https://tauri.localhost.example/",
            "data:text/html,hello",
            "blob:tauri://localhost/1",
            "file:///etc/passwd",
        ] {
            assert!(!opens(other), "{other}");
        }
    }
}
