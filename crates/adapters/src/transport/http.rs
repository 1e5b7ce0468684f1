//! The demo fleet's carrier: the same conversation over HTTP, inside this computer only.
//!
//! It is made from a [`DemoDirectory`], so it exists only beside records that were marked as the
//! demo's when they were made and beside a keychain that takes pretended keys alone: no real key
//! can come this way. Lines are those of the way over ssh and are read by the same `answers`. A
//! conversation is one request whose answer stays open; closing it is the end of input
//! (docs/facts.md, Demo fleet's carrier).

use std::time::Duration;

use async_trait::async_trait;
use patchbay_core::id::Nonce;
use patchbay_core::instance::SshWay;
use patchbay_core::look::Look;
use patchbay_core::ports::transport::{
    BeginRequest, Conversation, FeedEnd, FeedsRequest, FeedsThere, FoundPhp, FoundRoot, Go,
    HostKey, LookRequest, OnLine, Ready, ResyncRequest, Survey, Transport, TransportError,
};
use patchbay_core::secret::Secret;
use patchbay_core::text::outside;
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use url::{Host, Url};

use super::answers::{Answer, Scanner};
use super::conversation::out_of_turn;
use super::ssh;
use crate::demo::DemoDirectory;
use crate::http::{self, HttpSetupError, Patience};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(60);
/// How long an instance waits for the values (P3).
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the far side may take to end.
const ENDING: Duration = Duration::from_secs(5);
/// How long one whole conversation may take.
const WHOLE: Duration = Duration::from_secs(600);

/// Where the demo fleet listens, with the token of its run.
pub struct FleetAddress {
    base: Url,
    token: Secret,
}

impl std::fmt::Debug for FleetAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FleetAddress({})", self.base)
    }
}

impl FleetAddress {
    /// Reads `http://127.0.0.1:PORT/` or `http://[::1]:PORT/`; nothing else is taken, no name
    /// either, for a name can be made to lead elsewhere.
    ///
    /// # Errors
    /// [`HttpSetupError::Address`].
    pub fn parse(base: &str, token: Secret) -> Result<Self, HttpSetupError> {
        let wrong = HttpSetupError::Address {
            what: "the demo fleet",
            why: "it is only spoken to at http://127.0.0.1 or http://[::1]",
        };
        let Ok(base) = Url::parse(base) else {
            return Err(wrong);
        };
        let here = match base.host() {
            Some(Host::Ipv4(ip)) => ip == std::net::Ipv4Addr::LOCALHOST,
            Some(Host::Ipv6(ip)) => ip == std::net::Ipv6Addr::LOCALHOST,
            _ => false,
        };
        let plain = base.scheme() == "http"
            && base.path() == "/"
            && base.query().is_none()
            && base.fragment().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        if here && plain {
            Ok(Self { base, token })
        } else {
            Err(wrong)
        }
    }
}

impl FleetAddress {
    /// Where the fleet shows the shop of this host to visitors. That needs no token.
    pub(crate) fn shop(&self, host: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["shops", host]);
        }
        url
    }
}

/// The way to the demo's pretend instances, each known by its target.
pub struct HttpTransport {
    client: Client,
    fleet: FleetAddress,
}

impl HttpTransport {
    /// Prepares the way; asks nobody. The directory proves that this is the demo.
    ///
    /// # Errors
    /// [`HttpSetupError`] where no client can be made.
    pub fn new(_demo: &DemoDirectory, fleet: FleetAddress) -> Result<Self, HttpSetupError> {
        let patience = Patience {
            connect: Duration::from_secs(5),
            total: WHOLE,
        };
        Ok(Self {
            client: http::client(patience, None, true)?,
            fleet,
        })
    }

    fn address(&self, way: &SshWay, below: &[&str]) -> Url {
        let mut url = self.fleet.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["instances", way.target.as_str()])
                .extend(below);
        }
        url
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(String::from_utf8_lossy(self.fleet.token.expose()))
    }

    async fn start(&self, way: &SshWay, request: &Value) -> Result<Far, TransportError> {
        let nonce = request["nonce"].as_str().and_then(Nonce::parse);
        let nonce = nonce.ok_or_else(out_of_turn)?;
        let post = self.client.post(self.address(way, &["conversations"]));
        let sent = self.signed(post).body(request.to_string()).send();
        let response = asked(timeout(ANSWER, sent).await, "connecting")?;
        let beside = self.address(way, &["conversations", nonce.as_str()]);
        Ok(Far {
            response: checked(response).await?,
            scanner: Scanner::new(nonce),
            go: self.signed(self.client.put(beside.clone())),
            leave: self.signed(self.client.delete(beside)),
        })
    }

    async fn keys(&self, request: RequestBuilder) -> Result<Vec<HostKey>, TransportError> {
        let sent = self.signed(request).send();
        let response = asked(timeout(ANSWER, sent).await, "asking for the host key")?;
        let body = body(checked(response).await?).await?;
        let said: SaidKeys = serde_json::from_slice(&body).map_err(|_| out_of_turn())?;
        let keys = said.keys.into_iter().map(|key| HostKey {
            algorithm: outside(&key.algorithm, 40),
            fingerprint: key.fingerprint.chars().take(100).collect(),
            trusted: key.trusted,
        });
        Ok(keys.collect())
    }
}

#[derive(Deserialize)]
struct SaidKeys {
    keys: Vec<SaidKey>,
}

#[derive(Deserialize)]
struct SaidSurvey {
    user: String,
    root: String,
    php: String,
}

#[derive(Deserialize)]
struct SaidKey {
    algorithm: String,
    fingerprint: String,
    trusted: bool,
}

#[derive(Deserialize)]
struct SaidTrouble {
    error: SaidCode,
}

#[derive(Deserialize)]
struct SaidCode {
    code: String,
}

fn broken(detail: &str) -> TransportError {
    TransportError::Broken {
        detail: detail.to_owned(),
    }
}

fn late(during: &str) -> TransportError {
    TransportError::TimedOut {
        during: during.to_owned(),
    }
}

fn asked(
    answer: Result<reqwest::Result<Response>, tokio::time::error::Elapsed>,
    during: &str,
) -> Result<Response, TransportError> {
    match answer {
        Err(_) => Err(late(during)),
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_connect() => Err(TransportError::Refused),
        Ok(Err(_)) => Err(broken("the demo fleet closed the connection")),
    }
}

/// The answer, where it is one; else what the fleet says is the matter.
async fn checked(response: Response) -> Result<Response, TransportError> {
    if response.status().is_success() {
        return Ok(response);
    }
    let body = body(response).await?;
    let said = serde_json::from_slice::<SaidTrouble>(&body).ok();
    Err(named(
        said.as_ref().map_or("", |said| said.error.code.as_str()),
    ))
}

async fn body(mut response: Response) -> Result<Vec<u8>, TransportError> {
    let mut bytes = Vec::new();
    let gone = |_| broken("the demo fleet closed the connection");
    while let Some(chunk) = response.chunk().await.map_err(gone)? {
        if bytes.len() + chunk.len() > http::BODY_MAX {
            return Err(out_of_turn());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The fleet's codes for what would keep ssh from getting there.
fn named(code: &str) -> TransportError {
    match code {
        "unknownHost" => TransportError::UnknownHost,
        "noRoute" => TransportError::NoRoute,
        "connectionRefused" => TransportError::Refused,
        "timedOut" => late("connecting"),
        "hostKeyUnknown" => TransportError::HostKeyUnknown,
        "hostKeyChanged" => TransportError::HostKeyChanged,
        "loginRefused" => TransportError::LoginRefused,
        "signInExpired" => TransportError::SignInExpired {
            renew: "renew-demo-sign-in".to_owned(),
        },
        "phpMissing" => TransportError::PhpMissing,
        "databaseDown" => TransportError::DatabaseDown {
            detail: "connection refused".to_owned(),
        },
        "gone" => broken("the far side stopped listening"),
        "fleetTokenRequired" => TransportError::Local {
            detail: "the demo fleet is another run's".to_owned(),
        },
        _ => broken("the demo fleet refused the request"),
    }
}

/// The far side of one conversation; dropping it closes the open answer.
struct Far {
    response: Response,
    scanner: Scanner,
    go: RequestBuilder,
    leave: RequestBuilder,
}

impl Far {
    async fn answer(&mut self, during: &str, limit: Duration) -> Result<Answer, TransportError> {
        match timeout(limit, self.next()).await {
            Ok(answer) => answer,
            Err(_) => Err(late(during)),
        }
    }

    async fn next(&mut self) -> Result<Answer, TransportError> {
        loop {
            if let Some(answer) = self.scanner.next()? {
                return Ok(answer);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.scanner.feed(&chunk)?,
                Ok(None) | Err(_) => {
                    return Err(match self.scanner.noise() {
                        noise if noise.is_empty() => broken("the answer ended too early"),
                        noise => TransportError::Garbled { detail: noise },
                    });
                }
            }
        }
    }

    async fn send(&mut self, sealed: &[u8]) -> Result<(), TransportError> {
        let gone = || broken("the far side stopped listening");
        let go = self.go.try_clone().ok_or_else(gone)?;
        let sent = go.body(sealed.to_vec()).send();
        checked(asked(timeout(ANSWER, sent).await, "sending the values")?).await?;
        Ok(())
    }

    /// Ends the input and waits until the far side is gone.
    async fn close(mut self) {
        let ended = async {
            if let Some(leave) = self.leave.try_clone() {
                let _ = leave.send().await;
            }
            while matches!(self.response.chunk().await, Ok(Some(_))) {}
        };
        let _ = timeout(ENDING, ended).await;
    }
}

struct Push {
    far: Far,
    ready: Ready,
}

#[async_trait]
impl Conversation for Push {
    fn ready(&self) -> &Ready {
        &self.ready
    }

    async fn go(&mut self, sealed: &[u8]) -> Result<Go, TransportError> {
        self.far.send(sealed).await?;
        match self.far.answer("waiting for the commit", ANSWER).await? {
            Answer::Ended(go) => Ok(go),
            Answer::Stopped(error) => Err(error),
            Answer::Unknown(detail) => Err(broken(&detail)),
            _ => Err(out_of_turn()),
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<Look, TransportError> {
        match self.far.answer("reading the values back", ANSWER).await? {
            Answer::Done(look) => Ok(*look),
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn leave(self: Box<Self>) {
        self.far.close().await;
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn look(&self, way: &SshWay, request: &LookRequest) -> Result<Look, TransportError> {
        let mut far = self.start(way, &ssh::look_request(way, request)).await?;
        let waiting = Duration::from_secs(u64::from(request.under_lock.unwrap_or(0)));
        match far.answer("looking", ANSWER + waiting).await? {
            Answer::Done(look) => Ok(*look),
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn begin(
        &self,
        way: &SshWay,
        request: &BeginRequest,
    ) -> Result<Box<dyn Conversation>, TransportError> {
        let mut far = self
            .start(way, &ssh::begin_request(way, request, PATIENCE))
            .await?;
        match far
            .answer("waiting for the instance to be ready", ANSWER)
            .await?
        {
            Answer::Ready(ready) => Ok(Box::new(Push { far, ready: *ready })),
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn feeds(
        &self,
        way: &SshWay,
        request: &FeedsRequest,
    ) -> Result<FeedsThere, TransportError> {
        let mut far = self.start(way, &ssh::feeds_request(way, request)).await?;
        match far.answer("asking what can be sent", ANSWER).await? {
            Answer::Feeds(there) => Ok(*there),
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn resync(
        &self,
        way: &SshWay,
        request: &ResyncRequest,
        on_line: OnLine<'_>,
    ) -> Result<FeedEnd, TransportError> {
        let mut far = self.start(way, &ssh::resync_request(way, request)).await?;
        loop {
            let answer = far.answer("sending the catalogue again", ANSWER).await?;
            match answer {
                Answer::Line(line) => on_line(&line),
                Answer::Fed(end) => return Ok(end),
                Answer::Stopped(error) => return Err(error),
                _ => return Err(out_of_turn()),
            }
        }
    }

    async fn host_keys(&self, way: &SshWay) -> Result<Vec<HostKey>, TransportError> {
        let address = self.address(way, &["host-keys"]);
        self.keys(self.client.get(address)).await
    }

    async fn trust(&self, way: &SshWay, fingerprint: &str) -> Result<HostKey, TransportError> {
        let post = self.client.post(self.address(way, &["host-keys"]));
        let body = json!({ "fingerprint": fingerprint }).to_string();
        let keys = self.keys(post.body(body)).await?;
        let mut keys = keys.into_iter();
        keys.find(|key| key.fingerprint == fingerprint)
            .ok_or(TransportError::HostKeyUnknown)
    }

    async fn survey(&self, way: &SshWay, _nonce: &Nonce) -> Result<Survey, TransportError> {
        let get = self.client.get(self.address(way, &["survey"]));
        let sent = self.signed(get).send();
        let response = asked(timeout(ANSWER, sent).await, "searching the server")?;
        let body = body(checked(response).await?).await?;
        let said: SaidSurvey = serde_json::from_slice(&body).map_err(|_| out_of_turn())?;
        let owner = outside(&said.user, 40);
        Ok(Survey {
            roots: vec![FoundRoot {
                path: outside(&said.root, 200),
                owner: owner.clone(),
            }],
            user: owner,
            php: vec![FoundPhp {
                program: "php".to_owned(),
                version: outside(&said.php, 40),
            }],
        })
    }

    async fn host_of(&self, way: &SshWay) -> Result<String, TransportError> {
        let host = way.target.rsplit_once('@');
        let host = host.map_or(way.target.as_str(), |(_, host)| host);
        Ok(format!("{host}:{}", way.port.unwrap_or(22)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_itself_is_spoken_to() {
        let parse = |text: &str| FleetAddress::parse(text, Secret::new(b"token".to_vec()));
        for good in ["http://127.0.0.1:4000/", "http://[::1]:4000"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://localhost:4000/",
            "http://127.0.0.2:4000/",
            "http://0.0.0.0:4000/",
            "http://192.168.1.4:4000/",
            "http://fleet.example/",
            "http://127.0.0.1.example/",
            "https://127.0.0.1:4000/",
            "http://user@127.0.0.1:4000/",
            "http://127.0.0.1:4000/elsewhere/",
            "http://127.0.0.1:4000/?a=b",
            "http://[::ffff:127.0.0.1]:4000/",
            "127.0.0.1:4000",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_shows_no_token() {
        let token = Secret::new(b"opensesame".to_vec());
        let address = FleetAddress::parse("http://127.0.0.1:4000/", token).unwrap();
        assert!(!format!("{address:?}").contains("opensesame"));
    }
}
