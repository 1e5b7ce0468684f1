//! What every signed request over HTTP has in common: where it may go, how long it may take, how
//! much may come back, and how a failure is told.
//!
//! Certificates are judged by the platform's own verifier: the system's roots on Linux, the system
//! itself on macOS and Windows, so a company's own authority works where the computer knows it,
//! and there is no switch to ignore a bad one. TLS starts at 1.2 and nothing logs session keys.
//! Redirects are never followed, nothing is unpacked, environment variables name no proxy. Not
//! here: what the answers mean ([`crate::gateway`], [`crate::portal`]).

use std::error::Error;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use patchbay_core::text::outside;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Client, NoProxy, RequestBuilder, Response, redirect, retry};
use url::{Host, Url};
use zeroize::Zeroizing;

/// The most bytes an answer may have.
pub(crate) const BODY_MAX: usize = 1024 * 1024;

/// The most characters of an outside message that are kept.
pub(crate) const DETAIL_MAX: usize = 200;

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Until the answer is complete, from the start.
    pub total: Duration,
}

impl Default for Patience {
    /// 10 seconds to connect, 30 in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// Why an address or the network settings cannot be used. No text holds a password of a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSetupError {
    /// An address that may not be asked.
    #[error("{what} cannot be used: {why}")]
    Address {
        /// Which one.
        what: &'static str,
        /// What is expected instead.
        why: &'static str,
    },
    /// The computer's list of certificate authorities is missing or unreadable.
    #[error(
        "this computer has no usable list of certificate authorities; install the package ca-certificates and try again ({detail})"
    )]
    NoAuthorities {
        /// What failed.
        detail: String,
    },
}

/// The address of an HTTP proxy; a password in it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress(Url);

impl ProxyAddress {
    /// Reads `http://` or `https://` with a host; user and password are allowed.
    ///
    /// # Errors
    /// [`HttpSetupError::Address`].
    pub fn parse(text: &str) -> Result<Self, HttpSetupError> {
        let wrong = HttpSetupError::Address {
            what: "the proxy",
            why: "it must be an address such as http://proxy.example:3128",
        };
        match Url::parse(text.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self(url)),
            _ => Err(wrong),
        }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(
            f,
            "ProxyAddress({host}:{:?})",
            self.0.port_or_known_default()
        )
    }
}

/// An address that may be asked: https, or plain http to this computer itself; no user, query or
/// fragment. Its path always ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(Url);

impl Base {
    /// Checks an address; `what` names it in the error.
    pub(crate) fn parse(what: &'static str, text: &str) -> Result<Self, HttpSetupError> {
        let wrong = |why| Err(HttpSetupError::Address { what, why });
        let Ok(mut url) = Url::parse(text.trim()) else {
            return wrong("it is not an address such as https://commerce.adobe.io/");
        };
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return wrong("plain http is only allowed to this computer itself; use https");
            }
            _ => return wrong("it must begin with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it may not hold a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("it may not hold a question mark or a hash sign");
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The address as text.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address itself.
    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }

    /// Whether requests go out without TLS, which only happens inside this computer.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// The address of something below. Segments are checked by the caller to be plain words.
    pub(crate) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether another address names the same server: scheme, host and port.
    pub(crate) fn same_server(&self, other: &str) -> bool {
        let Ok(other) = Url::parse(other.trim()) else {
            return false;
        };
        let host = |url: &Url| {
            url.host_str()
                .map(|host| host.trim_end_matches('.').to_ascii_lowercase())
        };
        other.scheme() == self.0.scheme()
            && other.username().is_empty()
            && other.password().is_none()
            && host(&other) == host(&self.0)
            && other.port_or_known_default() == self.0.port_or_known_default()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Makes the client. `plain` says that it will only ever speak plain http inside this computer,
/// so that it does not fail where no certificate authorities are installed.
pub(crate) fn client(
    patience: Patience,
    proxy: Option<&ProxyAddress>,
    plain: bool,
) -> Result<Client, HttpSetupError> {
    let mut builder = Client::builder()
        .user_agent(concat!("Patchbay/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(patience.connect)
        .timeout(patience.total)
        .pool_idle_timeout(Duration::from_secs(15));
    if plain {
        builder = builder.tls_certs_only([]);
    } else if let Some(ProxyAddress(url)) = proxy {
        let wrong = |_| HttpSetupError::Address {
            what: "the proxy",
            why: "it must be an address such as http://proxy.example:3128",
        };
        let proxy = reqwest::Proxy::https(url.clone()).map_err(wrong)?;
        let here = NoProxy::from_string("localhost,127.0.0.0/8,::1");
        builder = builder.proxy(proxy.no_proxy(here));
    }
    builder
        .build()
        .map_err(|error| HttpSetupError::NoAuthorities {
            detail: innermost(&error.without_url()),
        })
}

/// Why no complete answer came. Texts are cleaned and hold no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection never stood, so the request was not sent.
    NotReached(String),
    /// Out of time; the request may have arrived.
    TimedOut,
    /// The connection broke after it stood; the request may have arrived.
    BrokeOff(String),
    /// What came is not HTTP.
    Garbage,
    /// More than [`BODY_MAX`].
    TooLarge,
    /// A redirect, which nobody follows with a signed request.
    Redirect(u16),
}

/// A complete answer.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The whole body; overwritten when dropped, for it may hold a key.
    pub(crate) body: Zeroizing<Vec<u8>>,
    /// Seconds our clock is ahead of the server's.
    pub(crate) clock_ahead: Option<i64>,
}

/// Sends a request and takes the whole answer in.
pub(crate) async fn ask(request: RequestBuilder) -> Result<Answer, Trouble> {
    let mut response = request.send().await.map_err(trouble)?;
    let status = response.status();
    if status.is_redirection() {
        return Err(Trouble::Redirect(status.as_u16()));
    }
    let clock_ahead = clock_ahead(response.headers(), SystemTime::now());
    let body = take_in(&mut response).await?;
    Ok(Answer {
        status: status.as_u16(),
        body,
        clock_ahead,
    })
}

/// Takes a whole body in, as far as it is not too large.
pub(crate) async fn take_in(response: &mut Response) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > BODY_MAX {
        return Err(Trouble::TooLarge);
    }
    // Room from the start: a vector that grows leaves copies of its bytes behind.
    let mut body = Zeroizing::new(Vec::with_capacity(announced.max(64 * 1024)));
    while let Some(chunk) = response.chunk().await.map_err(trouble)? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn clock_ahead(headers: &HeaderMap, now: SystemTime) -> Option<i64> {
    let theirs = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let seconds = |time: SystemTime| {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    Some(seconds(now)? - seconds(theirs)?)
}

/// What a failed request means.
pub(crate) fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    if error.is_connect() {
        return Trouble::NotReached(if error.is_timeout() {
            "no connection in time".to_owned()
        } else {
            in_words(&innermost(&error))
        });
    }
    if error.is_timeout() {
        return Trouble::TimedOut;
    }
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(current) = cause {
        if let Some(hyper) = current.downcast_ref::<hyper::Error>()
            && (hyper.is_parse() || hyper.is_parse_status())
        {
            return Trouble::Garbage;
        }
        cause = current.source();
    }
    Trouble::BrokeOff(innermost(&error))
}

/// What a failed connection means, before the library's own text.
fn in_words(text: &str) -> String {
    let meaning = [
        (
            "certificate expired",
            "its certificate has expired, or this computer's date is wrong",
        ),
        (
            "certificate not valid yet",
            "its certificate is not valid yet, or this computer's date is wrong",
        ),
        ("not valid for name", "its certificate is for another name"),
        (
            "UnknownIssuer",
            "its certificate comes from an authority this computer does not know",
        ),
        (
            "invalid peer certificate",
            "its certificate cannot be trusted",
        ),
        (
            "fatal alert",
            "it offers no secure connection that is good enough",
        ),
    ]
    .into_iter()
    .find(|(part, _)| text.contains(part));
    match meaning {
        Some((_, words)) => format!("{words} ({text})"),
        None => text.to_owned(),
    }
}

/// The text of the first cause, which says most and holds no address.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    // An I/O error that wraps another shows that one's text.
    let text = last
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .map_or_else(|| last.to_string(), ToString::to_string);
    outside(&text, DETAIL_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn only_https_or_this_computer_itself_is_asked() {
        for good in [
            "https://commerce.adobe.io",
            " https://commerce.adobe.io/ ",
            "http://127.0.0.1:8080",
            "http://127.9.9.9/",
            "http://[::1]:80/below",
            "http://localhost:1",
        ] {
            let base = Base::parse("it", good).unwrap();
            assert!(base.as_str().ends_with('/'), "{good}");
        }
        for bad in [
            "",
            "commerce.adobe.io",
            "http://commerce.adobe.io/",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://0.0.0.0/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://",
            "https://user@commerce.adobe.io/",
            "https://:word@commerce.adobe.io/",
            "https://commerce.adobe.io/?a=b",
            "https://commerce.adobe.io/#a",
        ] {
            assert!(Base::parse("it", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refusals_never_repeat_a_password() {
        let refused = Base::parse("it", "https://user:geheim@commerce.adobe.io/").unwrap_err();
        assert!(!refused.to_string().contains("geheim"), "{refused}");
        let proxy = ProxyAddress::parse("http://user:geheim@proxy.example:3128").unwrap();
        assert_eq!(
            format!("{proxy:?}"),
            "ProxyAddress(proxy.example:Some(3128))"
        );
        for bad in ["proxy.example:3128", "socks5://proxy", "http://", ""] {
            assert!(ProxyAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_server_is_recognised_however_it_is_written() {
        let base = Base::parse("it", "https://commerce.adobe.io/").unwrap();
        for same in [
            "https://commerce.adobe.io",
            "HTTPS://Commerce.Adobe.IO:443/",
            "https://commerce.adobe.io./merchant-registry",
        ] {
            assert!(base.same_server(same), "{same}");
        }
        for other in [
            "http://commerce.adobe.io/",
            "https://commerce.adobe.io:8443/",
            "https://commerce-beta.adobe.io/",
            "https://commerce.adobe.io.example/",
            "https://commerce.adobe.io@example.org/",
            "https://user@commerce.adobe.io/",
            "commerce.adobe.io",
            "",
        ] {
            assert!(!base.same_server(other), "{other}");
        }
    }

    #[test]
    fn paths_go_below_the_base() {
        for (base, expected) in [
            ("http://127.0.0.1:1", "http://127.0.0.1:1/a/b"),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x/a/b"),
            ("http://127.0.0.1:1/x/", "http://127.0.0.1:1/x/a/b"),
        ] {
            let base = Base::parse("it", base).unwrap();
            assert_eq!(base.below(&["a", "b"]).as_str(), expected);
        }
    }

    #[test]
    fn the_date_header_tells_how_far_clocks_are_apart() {
        let mut headers = HeaderMap::new();
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777 + 90);
        assert_eq!(clock_ahead(&headers, now), None);
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        assert_eq!(clock_ahead(&headers, now), Some(90));
        headers.insert(DATE, "yesterday".parse().unwrap());
        assert_eq!(clock_ahead(&headers, now), None);
    }

    proptest! {
        #[test]
        fn no_address_and_no_date_panics(text in ".{0,80}", bytes in proptest::collection::vec(32_u8..127, 0..60)) {
            if let Ok(base) = Base::parse("it", &text) {
                prop_assert!(base.as_str().ends_with('/'));
            }
            let _ = Base::parse("it", "https://a.example/").unwrap().same_server(&text);
            let _ = ProxyAddress::parse(&text);
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_bytes(&bytes).unwrap());
            let _ = clock_ahead(&headers, SystemTime::now());
        }
    }
}
