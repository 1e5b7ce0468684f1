//! What an instance answers: marked lines out of the noise, and their JSON read into the core's
//! types. Pure; everything here came from outside and is checked and cleaned.
//!
//! Not here: waiting for lines (`conversation`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::config::{ConfigPath, PAYMENT_PATHS, Purpose};
use patchbay_core::fingerprint::{ExactFingerprint, IdentityFingerprint};
use patchbay_core::id::{ApiKey, Nonce, hex, is_hex, unhex};
use patchbay_core::instance::Pin;
use patchbay_core::look::{
    Cloud, ConnectorModule, Flow, InstanceToken, Lock, LockSource, Look, NOTICES, Notice, SCOPES,
    ScopedValue, SeenValue, Versions,
};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::crypto::SealPublic;
use patchbay_core::ports::transport::{
    FeedEnd, FeedsThere, Former, Go, NotWritten, Ready, TransportError, UndoBlob,
};
use patchbay_core::resync::is_feed;
use patchbay_core::secret::Secret;
use patchbay_core::text::outside;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The most bytes of one answer, noise included (P9).
pub(super) const LARGEST: usize = 1024 * 1024;

const MARK: &[u8] = b"@@patchbay:";
const END: &[u8] = b":@@";

/// One answer of the instance.
#[derive(Debug)]
pub(super) enum Answer {
    /// The end of a look or a push.
    Done(Box<Look>),
    /// Waits for `go`.
    Ready(Box<Ready>),
    /// How `go` ended.
    Ended(Go),
    /// The instance itself cannot say how `go` ended.
    Unknown(String),
    /// What can be sent again.
    Feeds(Box<FeedsThere>),
    /// Something that sending a feed again printed.
    Line(String),
    /// How sending a feed again ended.
    Fed(FeedEnd),
    /// It stopped, and why.
    Stopped(TransportError),
}

/// Finds answers in what the far side prints.
pub(super) struct Scanner {
    nonce: Nonce,
    seen: Vec<u8>,
}

fn garbled(detail: impl Into<String>) -> TransportError {
    TransportError::Garbled {
        detail: detail.into(),
    }
}

impl Scanner {
    pub(super) fn new(nonce: Nonce) -> Self {
        Self {
            nonce,
            seen: Vec::new(),
        }
    }

    /// Takes further bytes.
    ///
    /// # Errors
    /// [`TransportError::Garbled`] when there are more than one answer may have.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        if self.seen.len() + bytes.len() > LARGEST {
            return Err(garbled("it is larger than 1 MiB"));
        }
        self.seen.extend_from_slice(bytes);
        Ok(())
    }

    /// The next answer, once all of it is here; what stood before it is noise and forgotten.
    ///
    /// # Errors
    /// [`TransportError::Garbled`] for a marked line that is not an answer to this run.
    pub(super) fn next(&mut self) -> Result<Option<Answer>, TransportError> {
        let Some(start) = find(&self.seen, MARK) else {
            return Ok(None);
        };
        let inner = start + MARK.len();
        let Some(length) = self.seen.get(inner..).and_then(|rest| find(rest, END)) else {
            return Ok(None);
        };
        let answer = parse(&self.nonce, &self.seen[inner..inner + length]);
        self.seen.drain(..inner + length + END.len());
        answer.map(Some)
    }

    /// What is left, made safe to show.
    pub(super) fn noise(&self) -> String {
        let tail = &self.seen[self.seen.len().saturating_sub(600)..];
        outside(&String::from_utf8_lossy(tail), 200)
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Reads what stands between the marks: nonce, kind, base64 of JSON.
fn parse(nonce: &Nonce, inner: &[u8]) -> Result<Answer, TransportError> {
    let text = std::str::from_utf8(inner).map_err(|_| garbled("it is not text"))?;
    let mut parts = text.splitn(3, ':');
    let mut part = || parts.next().ok_or_else(|| garbled("it is cut short"));
    let (said, kind, body) = (part()?, part()?, part()?);
    if said != nonce.as_str() {
        return Err(garbled("it answers another run"));
    }
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let json = STANDARD
        .decode(body)
        .map_err(|_| garbled("it is damaged"))?;
    match kind {
        "done" => Ok(Answer::Done(Box::new(read::<SaidLook>(&json)?.look(nonce)))),
        "ready" => Ok(Answer::Ready(Box::new(ready(read(&json)?, nonce)?))),
        "committed" => Ok(Answer::Ended(Go::Committed)),
        "refused" => Ok(Answer::Ended(Go::NotWritten(refused(&read(&json)?)))),
        "unknown" => Ok(Answer::Unknown(outside(
            &read::<SaidEnd>(&json)?.detail,
            200,
        ))),
        "feeds" => {
            let said: SaidFeeds = read(&json)?;
            Ok(Answer::Feeds(Box::new(FeedsThere {
                look: said.look.look(nonce),
                names: said.names.into_iter().filter(|n| is_feed(n)).collect(),
            })))
        }
        "line" => Ok(Answer::Line(outside(&read::<SaidLine>(&json)?.text, 200))),
        "fed" => Ok(Answer::Fed(fed(&read(&json)?))),
        "error" => Ok(Answer::Stopped(stopped(&read(&json)?))),
        _ => Err(garbled("its kind is not known")),
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, TransportError> {
    // serde's own words could repeat a piece of the answer.
    serde_json::from_slice(json).map_err(|_| garbled("it does not have the agreed form"))
}

#[derive(Deserialize)]
struct SaidError {
    code: String,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
struct SaidEnd {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
struct SaidFeeds {
    look: SaidLook,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct SaidLine {
    text: String,
}

#[derive(Deserialize)]
struct SaidFed {
    code: serde_json::Value,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidReady {
    look: SaidLook,
    seal_to: String,
    undo: String,
    former: Option<SaidFormer>,
}

#[derive(Deserialize)]
struct SaidFormer {
    values: BTreeMap<String, SaidValue>,
    #[serde(default)]
    payments: Vec<SaidPayment>,
    touched: Vec<String>,
    tokens: Vec<SaidToken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidLook {
    clock: i64,
    versions: SaidVersions,
    connector: String,
    values: BTreeMap<String, SaidValue>,
    locks: Vec<SaidLock>,
    pin: SaidPin,
    saas_pair: String,
    gateways: BTreeMap<String, String>,
    credentials_type: String,
    payments: Vec<SaidPayment>,
    cloud: Option<SaidCloud>,
    tokens: Vec<SaidToken>,
    notices: Vec<SaidNotice>,
    #[serde(default)]
    flow: Option<SaidFlow>,
    #[serde(default)]
    sealed_keys: Vec<SaidSealed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidVersions {
    magento: String,
    edition: String,
    services_id: String,
    services_connector: String,
    php: String,
}

#[derive(Deserialize)]
struct SaidValue {
    exact: String,
    plain: Option<String>,
    identity: Option<String>,
    encrypted: bool,
}

#[derive(Deserialize)]
struct SaidLock {
    path: String,
    source: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidPin {
    identity: String,
    server: String,
    base_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidPayment {
    path: String,
    scope: String,
    scope_id: i64,
    value: String,
}

#[derive(Deserialize)]
struct SaidCloud {
    project: String,
    branch: String,
    production: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidToken {
    purpose: String,
    api_key: String,
    token: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct SaidNotice {
    code: String,
    detail: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidFlow {
    sent_at: Option<i64>,
    failing_since: Option<i64>,
}

impl SaidFlow {
    /// Seconds of this century's form only; anything else says nothing.
    fn flow(&self) -> Flow {
        let moment = |seconds: i64| {
            let sane = (946_684_800..4_102_444_800).contains(&seconds);
            sane.then_some(UnixMillis(seconds * 1_000))
        };
        Flow {
            sent_at: self.sent_at.and_then(moment),
            failing_since: self.failing_since.and_then(moment),
        }
    }
}

#[derive(Deserialize)]
struct SaidSealed {
    purpose: String,
    sealed: String,
}

impl SaidLook {
    fn look(self, nonce: &Nonce) -> Look {
        let short = |text: &str| outside(text, 80);
        Look {
            nonce: nonce.clone(),
            clock: self.clock,
            versions: Versions {
                magento: short(&self.versions.magento),
                edition: short(&self.versions.edition),
                services_id: short(&self.versions.services_id),
                services_connector: short(&self.versions.services_connector),
                php: short(&self.versions.php),
            },
            connector: match self.connector.as_str() {
                "enabled" => ConnectorModule::Enabled,
                "disabled" => ConnectorModule::Disabled,
                _ => ConnectorModule::Absent,
            },
            values: values(&self.values),
            locks: self.locks.iter().filter_map(lock).collect(),
            pin: Pin {
                identity: hash(&self.pin.identity),
                server: hash(&self.pin.server),
                base_url: outside(&self.pin.base_url, 300),
            },
            saas_pair: Purpose::parse(&self.saas_pair).ok_or_else(|| short(&self.saas_pair)),
            gateways: self
                .gateways
                .iter()
                .filter_map(|(pair, url)| Some((Purpose::parse(pair)?, outside(url, 300))))
                .collect(),
            credentials_type: short(&self.credentials_type),
            payments: payments(&self.payments),
            cloud: self.cloud.map(|cloud| Cloud {
                project: short(&cloud.project),
                branch: short(&cloud.branch),
                production: cloud.production,
            }),
            tokens: self.tokens.into_iter().filter_map(token).collect(),
            flow: self.flow.as_ref().map(SaidFlow::flow),
            notices: self.notices.iter().filter_map(notice).collect(),
            sealed_keys: self.sealed_keys.iter().filter_map(sealed).collect(),
        }
    }
}

fn values(said: &BTreeMap<String, SaidValue>) -> BTreeMap<ConfigPath, SeenValue> {
    said.iter()
        .filter_map(|(path, value)| {
            let path = ConfigPath::parse(path)?;
            let seen = SeenValue {
                exact: ExactFingerprint::parse(&value.exact)?,
                plain: plain(path, value),
                identity: value
                    .identity
                    .as_deref()
                    .and_then(IdentityFingerprint::parse),
                looks_encrypted: value.encrypted,
            };
            Some((path, seen))
        })
        .collect()
}

/// A private key is never taken as plain text, whatever the instance says; an API key only in the
/// form of one, because people do paste a private key into that field.
fn plain(path: ConfigPath, value: &SaidValue) -> Option<String> {
    let text = value.plain.as_deref()?;
    if path.is_private_key() {
        return None;
    }
    match path.purpose() {
        Some(_) => ApiKey::parse(text).ok().map(|key| key.as_str().to_owned()),
        None => Some(outside(text, 300)),
    }
}

fn lock(said: &SaidLock) -> Option<Lock> {
    let path = ConfigPath::parse(&said.path)?;
    Some(Lock {
        path,
        source: match said.source.as_str() {
            "env" => LockSource::EnvPhp,
            "config" => LockSource::ConfigPhp,
            "variable" => LockSource::Variable,
            _ => return None,
        },
        name: said.name.as_deref().and_then(|name| variable(path, name)),
    })
}

/// One of the names that can fix this path, in whatever capitals the instance has it; no other
/// text comes in this way, so a long name need not be taken for key material.
fn variable(path: ConfigPath, name: &str) -> Option<String> {
    let word = path.as_str().replace('/', "__");
    let ours = [
        format!("CONFIG__DEFAULT__{word}"),
        format!("MAGENTO_DC_SYSTEM__DEFAULT__{word}"),
        "MAGENTO_DC__OVERRIDE".to_owned(),
    ];
    let known = ours.iter().any(|ours| ours.eq_ignore_ascii_case(name));
    known.then(|| name.to_owned())
}

fn hash(text: &str) -> String {
    if is_hex(text, 64) {
        text.to_owned()
    } else {
        String::new()
    }
}

fn payments(said: &[SaidPayment]) -> Vec<ScopedValue> {
    let mut rows: Vec<ScopedValue> = said.iter().filter_map(payment).collect();
    rows.sort_by_key(ScopedValue::place);
    rows
}

fn payment(said: &SaidPayment) -> Option<ScopedValue> {
    let path = PAYMENT_PATHS.iter().find(|path| **path == said.path)?;
    let scope = SCOPES.iter().find(|scope| **scope == said.scope)?;
    let mut value = outside(&said.value, 120);
    if value != said.value {
        let mark = hex(&Sha256::digest(said.value.as_bytes()));
        value = format!("{value} ({})", &mark[..12]);
    }
    Some(ScopedValue {
        path: (*path).to_owned(),
        scope: (*scope).to_owned(),
        scope_id: said.scope_id,
        value,
    })
}

fn token(said: SaidToken) -> Option<InstanceToken> {
    let fits = |token: &String| {
        (20..=8192).contains(&token.len())
            && token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    Some(InstanceToken {
        purpose: Purpose::parse(&said.purpose)?,
        api_key: ApiKey::parse(&said.api_key).ok(),
        token: match said.token {
            Some(token) if fits(&token) => Ok(Secret::new(token.into_bytes())),
            Some(_) => Err("what the connector signed is no token".into()),
            None => Err(outside(&said.error.unwrap_or_default(), 200)),
        },
    })
}

fn notice(said: &SaidNotice) -> Option<Notice> {
    NOTICES.contains(&said.code.as_str()).then(|| Notice {
        code: said.code.clone(),
        detail: notice_detail(&said.detail),
    })
}

/// A path of ours at the beginning stays whole: it is longer than what is hidden as key-like.
fn notice_detail(said: &str) -> String {
    let (first, rest) = said.split_once(' ').unwrap_or((said, ""));
    match ConfigPath::parse(first) {
        Some(path) => format!("{path} {}", outside(rest, 100))
            .trim_end()
            .to_owned(),
        None => outside(said, 200),
    }
}

fn sealed(said: &SaidSealed) -> Option<(Purpose, Vec<u8>)> {
    Some((
        Purpose::parse(&said.purpose)?,
        STANDARD.decode(&said.sealed).ok()?,
    ))
}

fn ready(said: SaidReady, nonce: &Nonce) -> Result<Ready, TransportError> {
    let key = unhex(&said.seal_to).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let undo = STANDARD
        .decode(&said.undo)
        .ok()
        .filter(|blob| !blob.is_empty());
    Ok(Ready {
        look: said.look.look(nonce),
        seal_to: SealPublic(key.ok_or_else(|| garbled("its key cannot be read"))?),
        undo: UndoBlob(undo.ok_or_else(|| garbled("what it kept for an undo cannot be read"))?),
        former: said.former.map(former),
    })
}

fn former(said: SaidFormer) -> Former {
    let values = values(&said.values);
    Former {
        exact: pick(&values, |value| Some(value.exact.clone())),
        plain: pick(&values, |value| value.plain.clone()),
        identity: pick(&values, |value| value.identity.clone()),
        payments: payments(&said.payments),
        touched: said
            .touched
            .iter()
            .filter_map(|path| ConfigPath::parse(path))
            .collect(),
        tokens: said.tokens.into_iter().filter_map(token).collect(),
    }
}

fn pick<T>(
    values: &BTreeMap<ConfigPath, SeenValue>,
    part: impl Fn(&SeenValue) -> Option<T>,
) -> Vec<(ConfigPath, T)> {
    values
        .iter()
        .filter_map(|(path, value)| Some((*path, part(value)?)))
        .collect()
}

fn refused(said: &SaidEnd) -> NotWritten {
    match said.reason.as_str() {
        "changed" => NotWritten::Changed,
        "lockLost" => NotWritten::LockLost,
        "badValues" => NotWritten::BadValues,
        _ => NotWritten::Database(outside(&said.detail, 200)),
    }
}

fn fed(said: &SaidFed) -> FeedEnd {
    match said.code.as_str() {
        Some("late") => FeedEnd::Late,
        Some("changed") => FeedEnd::Changed,
        _ if said.code.as_i64() == Some(0) => FeedEnd::Sent,
        _ => FeedEnd::Failed(outside(&said.detail, 200)),
    }
}

/// The program's codes; see `agent.php` and its parts.
fn stopped(said: &SaidError) -> TransportError {
    let detail = outside(&said.detail, 300);
    match said.code.as_str() {
        "rootMissing" => TransportError::RootMissing,
        "notACommerceRoot" => TransportError::NotACommerceRoot,
        "permissionDenied" => TransportError::PermissionDenied { detail },
        "wrongOwner" => TransportError::WrongOwner { owner: detail },
        "phpUnsuitable" => TransportError::PhpUnsuitable { detail },
        "phpTraces" => TransportError::PhpTraces,
        "databaseDown" => TransportError::DatabaseDown { detail },
        "busy" => TransportError::Busy,
        "undoUnusable" => TransportError::UndoUnusable { detail },
        _ => TransportError::BootFailed { detail },
    }
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
