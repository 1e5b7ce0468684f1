//! The transport port over the system's ssh.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::id::{Nonce, hex};
use patchbay_core::instance::SshWay;
use patchbay_core::look::Look;
use patchbay_core::ports::keychain::Asked;
use patchbay_core::ports::transport::{
    BeginRequest, Conversation, FeedEnd, FeedsRequest, FeedsThere, HostKey, LookRequest, OnLine,
    ResyncRequest, Survey, Transport, TransportError,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::answers::Answer;
use super::askpass::{self, Askpass, Door};
use super::config::{self, Parts};
use super::conversation::{Far, Push, Run, SETTLING, local, out_of_turn};
use super::{command, host_key, program, survey};

/// How ssh is found and used.
#[derive(Clone, Debug)]
pub struct SshSettings {
    /// The ssh program; a bare name is looked up in `PATH`.
    pub ssh: PathBuf,
    /// A folder of ours (0700) for our configuration and our trusted host keys.
    pub config_dir: PathBuf,
    /// The user's configuration as ssh names it; `None` leaves it out.
    pub user_config: Option<String>,
    /// The system's configuration; `None` leaves it out.
    pub system_config: Option<String>,
    /// How long a connection may take; whole seconds.
    pub connect: Duration,
    /// How long one answer may take (P9).
    pub answer: Duration,
    /// How long the instance waits for `go` before it gives up; at most 30 s (P3).
    pub patience: Duration,
}

impl SshSettings {
    /// The usual ssh of this computer with `config_dir` as our folder.
    pub fn usual(config_dir: PathBuf) -> Self {
        let system = if cfg!(windows) {
            "__PROGRAMDATA__/ssh/ssh_config"
        } else {
            "/etc/ssh/ssh_config"
        };
        Self {
            ssh: "ssh".into(),
            config_dir,
            user_config: Some("~/.ssh/config".into()),
            system_config: Some(system.into()),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            patience: Duration::from_secs(30),
        }
    }
}

/// The way to instances over the user's own ssh.
#[derive(Clone, Debug)]
pub struct SshTransport {
    settings: SshSettings,
    pause: Option<(String, u32)>,
    askpass: Option<Askpass>,
    /// Whether this computer's ssh asks where it is told to; found out once.
    asks: Arc<OnceCell<bool>>,
}

impl SshTransport {
    /// Uses `settings`; nothing is read or written before the first connection.
    pub fn new(settings: SshSettings) -> Self {
        Self {
            settings,
            pause: None,
            askpass: None,
            asks: Arc::default(),
        }
    }

    /// Lets a person answer where the target's own key file needs its passphrase, in runs that
    /// somebody waits for.
    #[must_use]
    pub fn with_askpass(mut self, askpass: Option<Askpass>) -> Self {
        self.askpass = askpass;
        self
    }

    /// Makes the program on the instance wait at `step` for so many milliseconds, so that a test
    /// can end it there. Steps: `before-lock`, `after-ready`, `before-go-read`, `in-transaction`,
    /// `before-commit`, `after-commit`, `after-flush`.
    #[cfg(feature = "demo")]
    pub fn with_pause(mut self, step: &str, millis: u32) -> Self {
        self.pause = Some((step.to_owned(), millis));
        self
    }

    pub(super) fn settings(&self) -> &SshSettings {
        &self.settings
    }

    /// Our file of trusted host keys.
    pub(super) fn known_hosts(&self) -> PathBuf {
        self.settings.config_dir.join("known_hosts")
    }

    /// Our configuration, written anew where it is missing or differs.
    pub(super) fn config(&self) -> Result<PathBuf, TransportError> {
        let known_hosts = self.known_hosts();
        if known_hosts.to_string_lossy().contains(['"', '\n']) {
            let detail =
                "the data directory's path holds a quote, which ssh's configuration cannot".into();
            return Err(TransportError::Local { detail });
        }
        let user = self.settings.user_config.as_deref();
        let ignore = user
            .and_then(in_home)
            .and_then(|path| std::fs::read_to_string(path).ok())
            .map(|text| config::ignored_by(&text))
            .unwrap_or_default();
        let text = config::text(&Parts {
            known_hosts: &known_hosts,
            user,
            system: self.settings.system_config.as_deref(),
            connect: self.settings.connect,
            ignore: &ignore,
        });
        let path = self.settings.config_dir.join("ssh_config");
        let there = std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes());
        if !there {
            config::private_folder(&self.settings.config_dir).map_err(|e| local_file(&e))?;
            config::write_private(&path, text.as_bytes()).map_err(|e| local_file(&e))?;
        }
        Ok(path)
    }

    /// What ssh makes of a target, without connecting: lines of a name and a value.
    async fn resolved(&self, way: &SshWay) -> Result<String, TransportError> {
        let mut words = command::ssh(&self.config()?, way, &[]);
        words.extend(["-G".into(), "--".into(), way.target.clone().into()]);
        let mut ssh = super::conversation::command(&self.settings.ssh, &words);
        let output = ssh.output().await.map_err(|e| local(&e))?;
        if !output.status.success() {
            return Err(not_resolved(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The jump hosts on the way, nearest first, as targets of their own.
    pub(super) async fn jumps(&self, way: &SshWay) -> Result<Vec<SshWay>, TransportError> {
        let text = self.resolved(way).await?;
        let list = text
            .lines()
            .find_map(|line| line.strip_prefix("proxyjump "));
        let jumps = list.unwrap_or_default().split(',');
        Ok(jumps.filter_map(|jump| jump_way(way, jump)).collect())
    }

    /// Where this run's ssh may ask, if anybody waits for it and can be asked.
    async fn door(&self, way: &SshWay, asked: Asked) -> Option<Door> {
        let askpass = self.askpass.as_ref().filter(|_| asked == Asked::ByUser)?;
        let asks = self
            .asks
            .get_or_init(|| askpass::is_obeyed_by(&self.settings.ssh));
        if !*asks.await {
            return None;
        }
        let (this, way) = (self.clone(), way.clone());
        let target = way.target.clone();
        let files = async move { this.identity_files(&way).await };
        match Door::open(askpass, &target, files) {
            Ok(door) => Some(door),
            Err(error) => {
                tracing::warn!(%error, "nobody can be asked for a passphrase");
                None
            }
        }
    }

    /// The identity files of a target, as ssh names them when it asks.
    async fn identity_files(&self, way: &SshWay) -> Vec<String> {
        let text = self.resolved(way).await.unwrap_or_default();
        let value = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_default().to_owned()
        };
        let (host, user) = (value("hostname "), value("user "));
        text.lines()
            .filter_map(|line| line.strip_prefix("identityfile "))
            .map(|file| askpass::expanded(file, &host, &user))
            .collect()
    }

    async fn start(
        &self,
        way: &SshWay,
        asked: Asked,
        request: &Value,
    ) -> Result<Far, TransportError> {
        let door = self.door(way, asked).await;
        let mut first = program::line().to_vec();
        first.extend_from_slice(STANDARD.encode(request.to_string()).as_bytes());
        first.push(b'\n');
        let nonce = request["nonce"]
            .as_str()
            .and_then(patchbay_core::id::Nonce::parse);
        let run = Run {
            program: &self.settings.ssh,
            words: command::conversation(
                &self.config()?,
                way,
                if door.is_some() { &Door::OPTIONS } else { &[] },
            ),
            first,
            nonce: nonce.ok_or_else(out_of_turn)?,
            door,
        };
        Far::start(way, run)
    }

    fn with_faults(&self, mut request: Value) -> Value {
        if let Some((step, millis)) = &self.pause {
            request["pause"] = json!({ "step": step, "ms": millis });
        }
        request
    }

    /// The first answer comes after the connection, the application's start and, where it has to
    /// wait for the database lock, that.
    fn first_limit(&self, waiting: Duration) -> Duration {
        self.settings.connect + self.settings.answer + waiting
    }
}

/// A jump host as ssh writes it: `[ssh://][user@]host[:port]`, an IPv6 address in brackets.
fn jump_way(way: &SshWay, jump: &str) -> Option<SshWay> {
    let jump = jump.trim().trim_start_matches("ssh://");
    let bracketed = jump.ends_with(']') || !jump.contains(':');
    let (target, port) = match jump.rsplit_once(':').filter(|_| !bracketed) {
        Some((target, port)) => (target, Some(port.parse().ok()?)),
        None => (jump, None),
    };
    let way = SshWay {
        target: target.replace(['[', ']'], ""),
        port,
        identity_file: None,
        ..way.clone()
    };
    way.checked().ok()
}

fn not_resolved(said: &str) -> TransportError {
    TransportError::Local {
        detail: patchbay_core::text::outside(said, 200),
    }
}

/// A path of ssh's with the home folder put in.
fn in_home(path: &str) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        Some(rest) => Some(std::env::home_dir()?.join(rest)),
        None => Some(Path::new(path).to_owned()),
    }
}

pub(super) fn local_file(error: &std::io::Error) -> TransportError {
    TransportError::Local {
        detail: error.to_string(),
    }
}

pub(super) fn look_request(way: &SshWay, request: &LookRequest) -> Value {
    json!({
        "mode": "look",
        "nonce": request.nonce.as_str(),
        "key": hex(request.key.bytes()),
        "root": way.root,
        "signAfter": request.sign_after,
        "underLock": request.under_lock,
        "takeKeys": request.take_keys.as_ref().map(|key| hex(&key.0)),
    })
}

pub(super) fn begin_request(way: &SshWay, request: &BeginRequest, patience: Duration) -> Value {
    let restore = request.restore.as_ref().map(|restore| {
        let touched: Vec<_> = restore.touched.iter().map(|path| path.as_str()).collect();
        json!({
            "entry": restore.entry.as_str(),
            "blob": STANDARD.encode(&restore.blob.0),
            "touched": touched,
            "payments": restore.payments.iter().map(|place| json!({
                "path": place.path, "scope": place.scope, "scopeId": place.scope_id,
            })).collect::<Vec<_>>(),
        })
    });
    json!({
        "mode": "push",
        "patience": patience.as_secs_f64(),
        "nonce": request.nonce.as_str(),
        "key": hex(request.key.bytes()),
        "root": way.root,
        "signAfter": request.sign_after,
        "entry": request.entry.as_str(),
        "restore": restore,
    })
}

pub(super) fn feeds_request(way: &SshWay, request: &FeedsRequest) -> Value {
    json!({
        "mode": "resync",
        "nonce": request.nonce.as_str(),
        "key": hex(request.key.bytes()),
        "root": way.root,
    })
}

pub(super) fn resync_request(way: &SshWay, request: &ResyncRequest) -> Value {
    json!({
        "mode": "resync",
        "nonce": request.nonce.as_str(),
        "key": hex(request.key.bytes()),
        "root": way.root,
        "feed": request.feed,
        "limit": request.limit.as_secs_f64(),
        "identity": request.identity,
        "dataSpace": request.data_space.as_str(),
    })
}

#[async_trait]
impl Transport for SshTransport {
    async fn look(&self, way: &SshWay, request: &LookRequest) -> Result<Look, TransportError> {
        let asked = self.with_faults(look_request(way, request));
        let mut far = self.start(way, request.asked, &asked).await?;
        let waiting = Duration::from_secs(u64::from(request.under_lock.unwrap_or(0)));
        match far.answer("looking", self.first_limit(waiting)).await? {
            Answer::Done(look) => {
                far.close(SETTLING).await;
                Ok(*look)
            }
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn begin(
        &self,
        way: &SshWay,
        request: &BeginRequest,
    ) -> Result<Box<dyn Conversation>, TransportError> {
        let asked = self.with_faults(begin_request(way, request, self.settings.patience));
        let mut far = self.start(way, request.asked, &asked).await?;
        let limit = self.first_limit(Duration::from_secs(10));
        match far
            .answer("waiting for the instance to be ready", limit)
            .await?
        {
            Answer::Ready(ready) => Ok(Box::new(Push {
                far,
                ready: *ready,
                limit: self.settings.answer,
            })),
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn feeds(
        &self,
        way: &SshWay,
        request: &FeedsRequest,
    ) -> Result<FeedsThere, TransportError> {
        let asked = feeds_request(way, request);
        let mut far = self.start(way, request.asked, &asked).await?;
        let limit = self.first_limit(Duration::from_secs(60));
        match far.answer("asking what can be sent", limit).await? {
            Answer::Feeds(there) => {
                far.close(SETTLING).await;
                Ok(*there)
            }
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
        let asked = resync_request(way, request);
        let mut far = self.start(way, request.asked, &asked).await?;
        let during = "sending the catalogue again";
        // The far side keeps the limit; this is for one that says nothing any more.
        let limit = self.first_limit(request.limit);
        loop {
            match far.answer(during, limit).await? {
                Answer::Line(line) => on_line(&line),
                Answer::Fed(end) => {
                    far.close(SETTLING).await;
                    return Ok(end);
                }
                Answer::Stopped(error) => return Err(error),
                _ => return Err(out_of_turn()),
            }
        }
    }

    async fn host_keys(&self, way: &SshWay) -> Result<Vec<HostKey>, TransportError> {
        Ok(host_key::fetch(self, way)
            .await?
            .into_iter()
            .map(|found| found.key)
            .collect())
    }

    async fn trust(&self, way: &SshWay, fingerprint: &str) -> Result<HostKey, TransportError> {
        host_key::trust(self, way, fingerprint).await
    }

    async fn survey(&self, way: &SshWay, nonce: &Nonce) -> Result<Survey, TransportError> {
        let words = command::search(&self.config()?, way);
        let limit = self.settings.connect + self.settings.answer;
        survey::run(&self.settings.ssh, &words, way, nonce, limit).await
    }

    async fn host_of(&self, way: &SshWay) -> Result<String, TransportError> {
        let text = self.resolved(way).await?;
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        match (value("hostname "), value("port ")) {
            (Some(host), Some(port)) => Ok(format!("{host}:{port}")),
            _ => Err(not_resolved("no host name and port")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jump_hosts_are_targets_of_their_own() {
        let way = SshWay {
            target: "inner".into(),
            port: Some(1),
            identity_file: Some("/key".into()),
            root: "/app".into(),
            php: None,
            run_as: None,
            container: None,
        };
        for (text, target, port) in [
            ("jump", "jump", None),
            ("me@jump.example:2222", "me@jump.example", Some(2222)),
            ("ssh://me@jump:22", "me@jump", Some(22)),
            ("[::1]:2200", "::1", Some(2200)),
            ("me@[fe80::1]", "me@fe80::1", None),
        ] {
            let jump = jump_way(&way, text).unwrap();
            assert_eq!((jump.target.as_str(), jump.port), (target, port));
            assert_eq!(
                jump.identity_file, None,
                "a key named for the target is not its"
            );
        }
        for none in ["none none", "", "-oProxyCommand=x", "a:b:c"] {
            assert!(
                jump_way(&way, none).is_none_or(|jump| !jump.target.starts_with('-')),
                "{none}"
            );
        }
    }
}
