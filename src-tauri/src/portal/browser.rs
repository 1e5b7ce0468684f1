//! Opening the portal's page in the person's own browser: this page and no other.

use patchbay_contract::error::{IpcError, Trouble};
use tauri::Url;

/// Pages that may be opened there.
const PAGES: [&str; 1] = ["https://account.magento.com/apiportal/index/index/"];

/// Opens it.
///
/// # Errors
/// The page is none of ours, or the system has no browser.
pub(crate) fn open(page: &Url) -> Result<(), IpcError> {
    if !may_open(page) {
        return Err(IpcError::bad_request("the address of the portal"));
    }
    tauri_plugin_opener::open_url(page.as_str(), None::<&str>).map_err(|error| {
        tracing::warn!(%error, "no browser could be opened");
        IpcError::Refused {
            trouble: Trouble::new(
                "noBrowser",
                "The system could not open your browser.",
                "Open your browser yourself and go to My Account > API Portal.",
            ),
        }
    })
}

/// The fixed pages, and a pretended portal inside this computer.
fn may_open(page: &Url) -> bool {
    let inside = page.scheme() == "http" && page.host_str() == Some("127.0.0.1");
    inside || PAGES.contains(&page.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_portals_page_is_opened() {
        let opens = |url: &str| may_open(&Url::parse(url).unwrap());
        assert!(opens("https://account.magento.com/apiportal/index/index/"));
        assert!(opens("http://127.0.0.1:8799/portal/#token"));
        for other in [
            "https://account.magento.com/",
            "https://account.magento.com/apiportal/index/index/?x=1",
            "http://account.magento.com/apiportal/index/index/",
            "http://192.168.1.4/portal/",
            "file:///etc/passwd",
            "mailto:a@example.com",
        ] {
            assert!(!opens(other), "{other}");
        }
    }
}
