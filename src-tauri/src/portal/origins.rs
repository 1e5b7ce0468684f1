//! Where the portal's page may be, and what is written of an address: scheme and host, never more.

use tauri::Url;

/// The domains of My Account and of Adobe's sign-in, with everything below them.
const LISTED: [&str; 4] = ["magento.com", "adobe.com", "adobelogin.com", "adobe.io"];

/// Where one page may go.
#[derive(Debug)]
pub(crate) struct Origins {
    allowed: Vec<String>,
}

impl Origins {
    /// Where a page that begins here may go.
    pub(crate) fn from(page: &Url) -> Self {
        Self {
            allowed: vec![origin(page)],
        }
    }

    /// Lets it go there too.
    pub(crate) fn allow(&mut self, origin: &str) {
        self.allowed.push(origin.to_owned());
    }

    /// Whether the page itself may be there without anybody being asked.
    pub(crate) fn knows(&self, url: &Url) -> bool {
        match url.scheme() {
            "about" | "blob" | "data" => true,
            _ => {
                self.allowed.contains(&origin(url))
                    || (url.scheme() == "https" && url.host_str().is_some_and(is_listed))
            }
        }
    }

    /// Whether anything on the page may load this at all, frames included: https, or what a page
    /// makes itself; plain http only to the very place where a pretended portal is.
    pub(crate) fn may_load(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" | "about" | "blob" | "data" => true,
            "http" => self.allowed.contains(&origin(url)),
            _ => false,
        }
    }
}

fn is_listed(host: &str) -> bool {
    LISTED.iter().any(|domain| {
        let below = host.strip_suffix(domain);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    })
}

/// Scheme and host, with a port that is not the usual one; no path, no query, nothing else.
pub(crate) fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_scheme_and_host_are_told() {
        let address = url("https://mei:pass@auth.example:8443/cb?code=secret#token");
        assert_eq!(origin(&address), "https://auth.example:8443");
    }

    #[test]
    fn adobes_own_places_are_known_and_lookalikes_are_not() {
        let mut origins = Origins::from(&url("https://account.magento.com/apiportal/index/index/"));
        for known in [
            "https://account.magento.com/customer/account/login",
            "https://ims-na1.adobelogin.com/ims/authorize",
            "https://auth.services.adobe.com/",
            "about:blank",
        ] {
            assert!(origins.knows(&url(known)), "{known}");
        }
        for unknown in [
            "https://adobe.com.example/",
            "https://notadobe.com/",
            "https://login.example/saml",
            "http://account.magento.com/",
        ] {
            assert!(!origins.knows(&url(unknown)), "{unknown}");
        }
        origins.allow("https://login.example");
        assert!(origins.knows(&url("https://login.example/saml?x=1")));
        assert!(!origins.knows(&url("https://login.example:444/")));
    }

    #[test]
    fn plain_http_loads_only_where_a_pretended_portal_is() {
        let real = Origins::from(&url("https://account.magento.com/"));
        let pretended = Origins::from(&url("http://127.0.0.1:8799/portal/"));
        for (address, real_may, pretended_may) in [
            ("https://any.example/frame", true, true),
            ("http://any.example/", false, false),
            ("http://127.0.0.1:8799/portal/key", false, true),
            ("http://127.0.0.1:1/", false, false),
            ("file:///etc/passwd", false, false),
            ("tauri://localhost/", false, false),
            ("javascript:alert(1)", false, false),
            ("blob:https://account.magento.com/1", true, true),
        ] {
            assert_eq!(real.may_load(&url(address)), real_may, "{address}");
            assert_eq!(
                pretended.may_load(&url(address)),
                pretended_may,
                "{address}"
            );
        }
    }
}
