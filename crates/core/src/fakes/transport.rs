//! The way to pretend instances, in memory.
//!
//! It keeps the conversation's promises: `ready` before `go`, values opened only if they were
//! sealed to this run's key and repeat its nonce, nothing written without `go`. Not here: what an
//! instance is (its own stand-in).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::clock::FakeClock;
use super::crypto::{fake_open, public_of};
use super::instance::{Cut, FakeInstance, Question, Rows};
use super::{lock, step_aside};
use crate::config::ConfigPath;
use crate::fingerprint::FingerprintKey;
use crate::id::Nonce;
use crate::instance::SshWay;
use crate::look::Look;
use crate::ports::clock::Clock;
use crate::ports::crypto::{SealPublic, SealSecret};
use crate::ports::transport::{
    BeginRequest, Conversation, FeedEnd, FeedsRequest, FeedsThere, Go, HostKey, LookRequest,
    NotWritten, OnLine, Ready, ResyncRequest, Survey, Transport, TransportError,
};
use crate::push::values::{self, Payments, Write};
use crate::secret::Secret;

/// A moment of the conversation, for tests that want to step in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A look begins.
    Look,
    /// A push begins, before anything is read.
    Begin,
    /// `ready` was answered.
    Ready,
    /// `go` arrived, before anything is written.
    Go,
    /// The values are written, before the answer leaves.
    Committed,
    /// The re-read begins.
    Finish,
}

/// What arrived at one target so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections made, looks and pushes.
    pub connections: u32,
    /// Looks among them.
    pub looks: u32,
    /// Pushes among them.
    pub begins: u32,
    /// Questions for feeds, and feeds that were to be sent.
    pub resyncs: u32,
    /// Searches of the server among them.
    pub surveys: u32,
    /// `go` lines that arrived.
    pub gos: u32,
    /// Values that were opened from `go` lines, and the paths that were to be removed.
    pub values: Vec<ConfigPath>,
    /// `go` lines that took the payments settings away.
    pub payments_removed: u32,
    /// Conversations left before `go`, by `leave` or by being dropped.
    pub left: u32,
}

/// Called at every step of every conversation.
pub type OnStep = Arc<dyn Fn(&str, Step) + Send + Sync>;

type Shared = Arc<Mutex<World>>;

#[derive(Default)]
struct World {
    instances: HashMap<String, FakeInstance>,
    tallies: BTreeMap<String, Tally>,
    runs: u64,
    open: u32,
    most_open: u32,
}

/// The way to instances, for tests: each is known by its ssh target.
pub struct FakeTransport {
    clock: Arc<FakeClock>,
    world: Shared,
    on_step: Mutex<Option<OnStep>>,
}

impl FakeTransport {
    /// A network without instances, whose clocks follow this one.
    pub fn new(clock: Arc<FakeClock>) -> Self {
        Self {
            clock,
            world: Shared::default(),
            on_step: Mutex::new(None),
        }
    }

    /// Puts an instance at an ssh target, in place of what was there.
    pub fn put(&self, target: &str, instance: FakeInstance) {
        lock(&self.world)
            .instances
            .insert(target.to_owned(), instance);
    }

    /// Looks at or changes the instance at a target from behind; `None` where there is none.
    pub fn with<T>(&self, target: &str, act: impl FnOnce(&mut FakeInstance) -> T) -> Option<T> {
        lock(&self.world).instances.get_mut(target).map(act)
    }

    /// What arrived at a target so far.
    pub fn tally(&self, target: &str) -> Tally {
        lock(&self.world)
            .tallies
            .get(target)
            .cloned()
            .unwrap_or_default()
    }

    /// Forgets what arrived so far.
    pub fn reset_tallies(&self) {
        lock(&self.world).tallies.clear();
    }

    /// The most connections that were open at the same time.
    pub fn most_at_once(&self) -> u32 {
        lock(&self.world).most_open
    }

    /// Calls this at every step of every conversation; the instances are free to change in it.
    pub fn on_step(&self, act: OnStep) {
        *lock(&self.on_step) = Some(act);
    }

    fn steps(&self) -> Steps {
        Steps(lock(&self.on_step).clone())
    }

    /// The instance behind a way, if a connection comes about.
    fn connect(
        &self,
        target: &str,
        count: impl FnOnce(&mut Tally),
    ) -> Result<Line, TransportError> {
        let mut world = lock(&self.world);
        let Some(instance) = world.instances.get(target) else {
            return Err(TransportError::UnknownHost);
        };
        let refused = instance.unreachable.clone();
        let trusted = instance.trusted;
        let tally = world.tallies.entry(target.to_owned()).or_default();
        tally.connections += 1;
        count(tally);
        if let Some(error) = refused {
            return Err(error);
        }
        if !trusted {
            return Err(TransportError::HostKeyUnknown);
        }
        world.runs += 1;
        world.open += 1;
        world.most_open = world.most_open.max(world.open);
        let run = Sha256::digest(format!("run {} of {target}", world.runs)).into();
        drop(world);
        Ok(Line {
            world: self.world.clone(),
            target: target.to_owned(),
            run,
        })
    }

    /// The second of the instance's clock at which it signs, after the one given; waiting moves the
    /// clock on.
    fn sign_at(&self, clock_ahead: i64, sign_after: i64) -> i64 {
        let now = self.clock.now().seconds() + clock_ahead;
        let wait = (sign_after + 1 - now).max(0);
        self.clock
            .advance(std::time::Duration::from_secs(wait.unsigned_abs()));
        now + wait
    }
}

#[derive(Clone)]
struct Steps(Option<OnStep>);

impl Steps {
    fn at(&self, target: &str, step: Step) {
        if let Some(act) = &self.0 {
            act(target, step);
        }
    }
}

/// One open connection; closing it (by dropping) is counted.
struct Line {
    world: Shared,
    target: String,
    run: [u8; 32],
}

impl Line {
    /// The instance, or a broken connection where a test took it away meanwhile.
    fn instance<T>(
        &self,
        act: impl FnOnce(&mut FakeInstance) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        let mut world = lock(&self.world);
        let instance = world.instances.get_mut(&self.target).ok_or_else(broken)?;
        act(instance)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        lock(&self.world).open -= 1;
    }
}

fn broken() -> TransportError {
    TransportError::Broken {
        detail: "connection closed by remote host".to_owned(),
    }
}

#[async_trait]
impl Transport for FakeTransport {
    async fn look(&self, way: &SshWay, request: &LookRequest) -> Result<Look, TransportError> {
        let line = self.connect(&way.target, |tally| tally.looks += 1)?;
        self.steps().at(&way.target, Step::Look);
        step_aside().await;
        line.instance(|instance| {
            if request.under_lock.is_some() && (instance.busy || instance.in_conversation) {
                return Err(TransportError::Busy);
            }
            let sign_at = self.sign_at(instance.clock_ahead, request.sign_after);
            let mut look = instance.look(&Question {
                nonce: &request.nonce,
                key: &request.key,
                clock: sign_at,
                sign_at: Some(sign_at),
            });
            look.sealed_keys = instance.hand_over(request, &line.run);
            Ok(look)
        })
    }

    async fn begin(
        &self,
        way: &SshWay,
        request: &BeginRequest,
    ) -> Result<Box<dyn Conversation>, TransportError> {
        let line = self.connect(&way.target, |tally| tally.begins += 1)?;
        let steps = self.steps();
        steps.at(&way.target, Step::Begin);
        step_aside().await;
        let secret = SealSecret(Secret::new(line.run.to_vec()));
        let seal_to = public_of(&secret);
        let now = self.clock.now().seconds();
        let (ready, restore, before) = line.instance(|instance| {
            if instance.busy || instance.in_conversation {
                return Err(TransportError::Busy);
            }
            let restore = request.restore.as_ref();
            let restore = restore
                .map(|restore| instance.open_blob(restore))
                .transpose()?;
            let former = restore.as_ref().map(|rows| {
                let sign_at = self.sign_at(instance.clock_ahead, request.sign_after);
                FakeInstance::former(request, rows, sign_at)
            });
            let undo = instance.make_blob(&request.entry);
            instance.in_conversation = true;
            let look = instance.look(&Question {
                nonce: &request.nonce,
                key: &request.key,
                clock: now + instance.clock_ahead,
                sign_at: None,
            });
            let restore = restore.map(|(after, _)| after);
            let ready = Ready {
                look,
                seal_to: seal_to.clone(),
                undo,
                former,
            };
            Ok((ready, restore, instance.rows()))
        })?;
        steps.at(&way.target, Step::Ready);
        Ok(Box::new(FakeConversation {
            clock: self.clock.clone(),
            line,
            steps,
            ready,
            secret,
            seal_to,
            nonce: request.nonce.clone(),
            key: request.key.clone(),
            sign_after: request.sign_after,
            before,
            restore,
            stage: Stage::Ready,
        }))
    }

    async fn feeds(
        &self,
        way: &SshWay,
        request: &FeedsRequest,
    ) -> Result<FeedsThere, TransportError> {
        let line = self.connect(&way.target, |tally| tally.resyncs += 1)?;
        step_aside().await;
        let now = self.clock.now().seconds();
        line.instance(|instance| {
            Ok(FeedsThere {
                look: instance.look(&Question {
                    nonce: &request.nonce,
                    key: &request.key,
                    clock: now + instance.clock_ahead,
                    sign_at: None,
                }),
                names: instance
                    .feeds
                    .iter()
                    .map(|(feed, _)| feed.clone())
                    .collect(),
            })
        })
    }

    async fn resync(
        &self,
        way: &SshWay,
        request: &ResyncRequest,
        on_line: OnLine<'_>,
    ) -> Result<FeedEnd, TransportError> {
        let line = self.connect(&way.target, |tally| tally.resyncs += 1)?;
        on_line(&format!("Executing full re-sync of {}...", request.feed));
        step_aside().await;
        line.instance(|instance| {
            let space = instance.effective(ConfigPath::DataSpaceId);
            let space = String::from_utf8_lossy(space.unwrap_or_default()).into_owned();
            let same = instance.pin(&request.key).identity == request.identity;
            if !same || space != request.data_space.as_str() {
                return Ok(FeedEnd::Changed);
            }
            let mut feeds = instance.feeds.iter();
            let end = feeds.find(|(feed, _)| *feed == request.feed);
            let end = end.map_or_else(
                || FeedEnd::Failed("Resync option --feed is required.".to_owned()),
                |(_, end)| end.clone(),
            );
            if end == FeedEnd::Sent {
                instance.sent.push((request.feed.clone(), space));
            }
            Ok(end)
        })
    }

    async fn survey(&self, way: &SshWay, _nonce: &Nonce) -> Result<Survey, TransportError> {
        let line = self.connect(&way.target, |tally| tally.surveys += 1)?;
        line.instance(|instance| Ok(instance.survey.clone()))
    }

    async fn host_keys(&self, way: &SshWay) -> Result<Vec<HostKey>, TransportError> {
        let world = lock(&self.world);
        let instance = world
            .instances
            .get(&way.target)
            .ok_or(TransportError::UnknownHost)?;
        Ok(vec![HostKey {
            algorithm: "ssh-ed25519".to_owned(),
            fingerprint: instance.host_key.clone(),
            trusted: instance.trusted,
        }])
    }

    async fn trust(&self, way: &SshWay, fingerprint: &str) -> Result<HostKey, TransportError> {
        let mut world = lock(&self.world);
        let instance = world
            .instances
            .get_mut(&way.target)
            .ok_or(TransportError::UnknownHost)?;
        if instance.host_key != fingerprint {
            return Err(TransportError::HostKeyUnknown);
        }
        instance.trusted = true;
        Ok(HostKey {
            algorithm: "ssh-ed25519".to_owned(),
            fingerprint: instance.host_key.clone(),
            trusted: true,
        })
    }

    async fn host_of(&self, way: &SshWay) -> Result<String, TransportError> {
        let host = way
            .target
            .rsplit_once('@')
            .map_or(way.target.as_str(), |(_, host)| host);
        Ok(format!("{host}:{}", way.port.unwrap_or(22)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Ready,
    Gone,
    Committed,
}

struct FakeConversation {
    clock: Arc<FakeClock>,
    line: Line,
    steps: Steps,
    ready: Ready,
    secret: SealSecret,
    seal_to: SealPublic,
    nonce: Nonce,
    key: FingerprintKey,
    sign_after: i64,
    before: Rows,
    restore: Option<Rows>,
    stage: Stage,
}

impl FakeConversation {
    /// Opens the sealed line and counts what was in it.
    fn open(&self, sealed: &[u8]) -> Option<(Vec<Write>, Payments)> {
        let opened = fake_open(&self.seal_to, &self.secret, sealed)?;
        let (nonce, writes, payments) = values::decode(&opened)?;
        (nonce == self.nonce).then_some(())?;
        let mut world = lock(&self.line.world);
        let tally = world.tallies.entry(self.line.target.clone()).or_default();
        tally.values.extend(writes.iter().map(|write| write.path));
        if payments == Payments::Removed {
            tally.payments_removed += 1;
        }
        Some((writes, payments))
    }

    /// Compares and writes, all or nothing.
    fn write(&self, instance: &mut FakeInstance, opened: Option<(Vec<Write>, Payments)>) -> Go {
        if let Some((path, value)) = instance.changes_after_ready.take() {
            instance.values.insert(path, value);
        }
        if let Some(reason) = instance.go_refused.clone() {
            return Go::NotWritten(reason);
        }
        let Some((writes, removed)) = opened else {
            return Go::NotWritten(NotWritten::BadValues);
        };
        if instance.rows() != self.before {
            return Go::NotWritten(NotWritten::Changed);
        }
        if let Some((values, payments)) = &self.restore {
            if !writes.is_empty() || removed == Payments::Removed {
                return Go::NotWritten(NotWritten::BadValues);
            }
            instance.values.clone_from(values);
            instance.payments.clone_from(payments);
        }
        if removed == Payments::Removed {
            instance.payments.clear();
        }
        for write in writes {
            // A row that is written is encrypted under the newest crypt key.
            instance.notices.retain(|notice| {
                let badly = matches!(notice.code.as_str(), "oldCryptKey" | "plaintextRow");
                !badly || notice.detail != write.path.as_str()
            });
            match write.value {
                Some(value) => instance.values.insert(write.path, value.expose().to_vec()),
                None => instance.values.remove(&write.path),
            };
        }
        Go::Committed
    }
}

#[async_trait]
impl Conversation for FakeConversation {
    fn ready(&self) -> &Ready {
        &self.ready
    }

    async fn go(&mut self, sealed: &[u8]) -> Result<Go, TransportError> {
        self.steps.at(&self.line.target, Step::Go);
        step_aside().await;
        if self.stage != Stage::Ready {
            return Err(broken());
        }
        self.stage = Stage::Gone;
        let cut = self.line.instance(|instance| Ok(instance.go_cut))?;
        if cut == Some(Cut::BeforeWriting) {
            self.line.instance(|instance| {
                instance.in_conversation = false;
                Ok(())
            })?;
            return Err(broken());
        }
        if let Some(tally) = lock(&self.line.world).tallies.get_mut(&self.line.target) {
            tally.gos += 1;
        }
        let writes = self.open(sealed);
        let go = self.line.instance(|instance| {
            instance.in_conversation = false;
            Ok(self.write(instance, writes))
        })?;
        if go == Go::Committed {
            self.stage = Stage::Committed;
            self.steps.at(&self.line.target, Step::Committed);
        }
        match cut {
            Some(_) => Err(broken()),
            None => Ok(go),
        }
    }

    async fn finish(self: Box<Self>) -> Result<Look, TransportError> {
        self.steps.at(&self.line.target, Step::Finish);
        step_aside().await;
        if self.stage != Stage::Committed {
            return Err(broken());
        }
        self.line.instance(|instance| {
            if instance.finish_cut {
                return Err(broken());
            }
            let now = self.clock.now().seconds() + instance.clock_ahead;
            let wait = (self.sign_after + 1 - now).max(0);
            self.clock
                .advance(std::time::Duration::from_secs(wait.unsigned_abs()));
            Ok(instance.look(&Question {
                nonce: &self.nonce,
                key: &self.key,
                clock: now + wait,
                sign_at: Some(now + wait),
            }))
        })
    }

    async fn leave(self: Box<Self>) {
        step_aside().await;
    }
}

impl Drop for FakeConversation {
    fn drop(&mut self) {
        if self.stage != Stage::Ready {
            return;
        }
        let mut world = lock(&self.line.world);
        if let Some(instance) = world.instances.get_mut(&self.line.target) {
            instance.in_conversation = false;
        }
        world
            .tallies
            .entry(self.line.target.clone())
            .or_default()
            .left += 1;
    }
}
