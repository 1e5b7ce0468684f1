//! Port: the way to one instance.
//!
//! The conversation (docs/ARCHITECTURE.md, the conversation): one connection and one PHP process.
//! A *look* asks and reads. A *push* asks, hears `ready`, and only then sends `go` with values
//! sealed to a key that this very run made; without `go` nothing is written. A *resync* writes
//! nothing: it has the instance's own command send one feed of the catalogue again.

use std::time::Duration;

use async_trait::async_trait;

use crate::config::ConfigPath;
use crate::fingerprint::{ExactFingerprint, FingerprintKey};
use crate::id::{DataSpaceId, EntryId, Nonce};
use crate::instance::SshWay;
use crate::look::{InstanceToken, Look, PaymentPlace, ScopedValue};
use crate::ports::crypto::SealPublic;
use crate::ports::keychain::Asked;

/// Why an instance was not reached or did not answer. Texts from outside are cleaned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// There is no ssh program on this computer.
    #[error("there is no ssh program on this computer; install OpenSSH")]
    SshMissing,
    /// The name is not known.
    #[error("the server name is not known")]
    UnknownHost,
    /// No route, or the network is down.
    #[error("there is no network route to the server")]
    NoRoute,
    /// The port is closed.
    #[error("the server refuses connections on that port")]
    Refused,
    /// No connection or no answer in time.
    #[error("the server did not answer in time ({during})")]
    TimedOut {
        /// What was waited for.
        during: String,
    },
    /// The host key has never been trusted.
    #[error("the server's host key is not known yet; look at it and trust it first")]
    HostKeyUnknown,
    /// The host key is another one than the trusted one.
    #[error("the server's host key has changed; nothing was sent")]
    HostKeyChanged,
    /// ssh could not sign in.
    #[error("the server refused the sign-in")]
    LoginRefused,
    /// A short-lived certificate has expired.
    #[error("the sign-in has expired: {renew}")]
    SignInExpired {
        /// The command that renews it.
        renew: String,
    },
    /// The root is not there.
    #[error("the folder of the instance does not exist on the server")]
    RootMissing,
    /// The root is there, but no Commerce installation in it.
    #[error("the folder is not the root of a Commerce installation")]
    NotACommerceRoot,
    /// No right to read or run something.
    #[error("the server refuses access: {detail}")]
    PermissionDenied {
        /// To what.
        detail: String,
    },
    /// Files belong to another user than the one signed in.
    #[error(
        "the files belong to another user ({owner}); add the instance with that user to run as"
    )]
    WrongOwner {
        /// Whose they are.
        owner: String,
    },
    /// No PHP under that name.
    #[error("PHP was not found on the server")]
    PhpMissing,
    /// PHP is older than 8.1 or lacks what is needed.
    #[error("PHP on the server cannot be used: {detail}")]
    PhpUnsuitable {
        /// What it lacks.
        detail: String,
    },
    /// Xdebug would write values to a trace file.
    #[error(
        "Xdebug traces every call on the server and would record the keys; switch its trace mode off"
    )]
    PhpTraces,
    /// The application stopped while starting.
    #[error("the application on the server does not start: {detail}")]
    BootFailed {
        /// Its words.
        detail: String,
    },
    /// The database is not there.
    #[error("the instance's database cannot be reached: {detail}")]
    DatabaseDown {
        /// Its words.
        detail: String,
    },
    /// Another push holds the instance's lock.
    #[error("another push is working on this instance; wait for it to end and try again")]
    Busy,
    /// What was kept for an undo is not this instance's or this entry's, or cannot be decrypted
    /// there any more.
    #[error("what was kept for this undo cannot be used: {detail}")]
    UndoUnusable {
        /// Why.
        detail: String,
    },
    /// The answer is no answer of ours: noise, another run's, half of one, too large.
    #[error("the server's answer cannot be understood: {detail}")]
    Garbled {
        /// What it looked like.
        detail: String,
    },
    /// The connection broke.
    #[error("the connection to the server broke: {detail}")]
    Broken {
        /// What ssh said.
        detail: String,
    },
    /// Something on this computer: a file, a pipe.
    #[error("something on this computer stopped the connection: {detail}")]
    Local {
        /// What.
        detail: String,
    },
}

/// What a look asks for.
#[derive(Debug)]
pub struct LookRequest {
    /// Repeated in the answer.
    pub nonce: Nonce,
    /// For exact fingerprints and identity.
    pub key: FingerprintKey,
    /// Sign tokens only after this second of the instance's own clock, so that a token is never
    /// the same as an earlier run's. 0 where there was none.
    pub sign_after: i64,
    /// Take the push lock first and wait for it at most this many seconds (the second look after
    /// a cut, P9); `None` takes no lock.
    pub under_lock: Option<u32>,
    /// Hand the private keys over, sealed to this key (P11).
    pub take_keys: Option<SealPublic>,
    /// Whether a person waits for it: only then may ssh ask for a passphrase.
    pub asked: Asked,
}

/// What the beginning of a push asks for.
#[derive(Debug)]
pub struct BeginRequest {
    /// Repeated in every answer.
    pub nonce: Nonce,
    /// For exact fingerprints and identity.
    pub key: FingerprintKey,
    /// As in [`LookRequest::sign_after`].
    pub sign_after: i64,
    /// The journal entry this push will be; the undo blob is bound to it.
    pub entry: EntryId,
    /// For an undo: the entry to take back and its blob.
    pub restore: Option<Restore>,
    /// Whether a person waits for it.
    pub asked: Asked,
}

/// An earlier entry's former rows, encrypted by the instance itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The entry to take back.
    pub entry: EntryId,
    /// Its blob as the instance gave it; holds the former rows of all nine paths and of the payments
    /// settings.
    pub blob: UndoBlob,
    /// Which of the nine paths that entry wrote; only these are brought back.
    pub touched: Vec<ConfigPath>,
    /// Which payments settings that entry wrote; of these, too, no others are brought back.
    pub payments: Vec<PaymentPlace>,
}

/// Former rows, encrypted by the instance's own Encryptor; only that instance can read it.
#[derive(Clone, PartialEq, Eq)]
pub struct UndoBlob(pub Vec<u8>);

impl std::fmt::Debug for UndoBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UndoBlob({} bytes)", self.0.len())
    }
}

/// The instance waits for `go`, with its database lock held.
#[derive(Debug)]
pub struct Ready {
    /// What is there now; tokens are absent here.
    pub look: Look,
    /// Where values are sealed to.
    pub seal_to: SealPublic,
    /// The former rows of everything a push may touch.
    pub undo: UndoBlob,
    /// For an undo: what the former rows would bring back.
    pub former: Option<Former>,
}

/// What an undo would bring back, as the instance decrypted it.
#[derive(Debug)]
pub struct Former {
    /// Exact fingerprints of the nine values; absent where there was none.
    pub exact: Vec<(ConfigPath, ExactFingerprint)>,
    /// Plain values and API keys.
    pub plain: Vec<(ConfigPath, String)>,
    /// Identities of private keys.
    pub identity: Vec<(ConfigPath, crate::fingerprint::IdentityFingerprint)>,
    /// Which of the nine paths that entry touched.
    pub touched: Vec<ConfigPath>,
    /// The former rows of the payments settings, all of them.
    pub payments: Vec<ScopedValue>,
    /// Tokens signed with the former keys.
    pub tokens: Vec<InstanceToken>,
}

/// How `go` ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// The transaction is committed.
    Committed,
    /// Nothing was written; why.
    NotWritten(NotWritten),
}

/// Why an instance refused `go`; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The rows are not what `ready` said any more.
    Changed,
    /// The database lock was lost.
    LockLost,
    /// The values could not be opened or are not what a push may write.
    BadValues,
    /// The database failed; its words, cleaned.
    Database(String),
}

/// A push between `ready` and its end. Dropped before `go`: end of input, nothing is written.
#[async_trait]
pub trait Conversation: Send {
    /// What the instance said.
    fn ready(&self) -> &Ready;

    /// Sends the one line with the sealed values.
    ///
    /// # Errors
    /// An error means that the outcome is not known: a second look has to tell.
    async fn go(&mut self, sealed: &[u8]) -> Result<Go, TransportError>;

    /// After `committed`: waits for the re-read and the tokens.
    ///
    /// # Errors
    /// The values are written all the same.
    async fn finish(self: Box<Self>) -> Result<Look, TransportError>;

    /// Leaves before `go` and waits until the far side is gone.
    async fn leave(self: Box<Self>);
}

/// What asking for the feeds takes.
#[derive(Debug)]
pub struct FeedsRequest {
    /// Repeated in the answer.
    pub nonce: Nonce,
    /// For exact fingerprints and identity.
    pub key: FingerprintKey,
    /// Whether a person waits for it.
    pub asked: Asked,
}

/// What can be sent again.
#[derive(Debug)]
pub struct FeedsThere {
    /// Who and how the instance is; without tokens.
    pub look: Look,
    /// The names of its feeds; none where it has no such command.
    pub names: Vec<String>,
}

/// What sending one feed again takes.
#[derive(Debug)]
pub struct ResyncRequest {
    /// Repeated in every answer.
    pub nonce: Nonce,
    /// For the identity.
    pub key: FingerprintKey,
    /// One of the feeds the instance named.
    pub feed: String,
    /// The identity that was seen; another instance sends nothing.
    pub identity: String,
    /// The data space that was seen in effect; an instance with another one sends nothing.
    pub data_space: DataSpaceId,
    /// How long it may take.
    pub limit: Duration,
    /// Whether a person waits for it.
    pub asked: Asked,
}

/// How sending one feed again ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedEnd {
    /// The instance says that it sent everything.
    Sent,
    /// It says that it could not; its last words, cleaned.
    Failed(String),
    /// It took too long and was ended.
    Late,
    /// The instance or its data space is not the one that was seen; nothing was sent.
    Changed,
}

/// Told what sending a feed again prints, line by line, cleaned.
pub type OnLine<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A host key as the server showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// For example `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:` and 43 base64 characters, as ssh prints it.
    pub fingerprint: String,
    /// Whether it is trusted already.
    pub trusted: bool,
}

/// What a search of a server found. Everything is as the server said it: paths may be any text
/// without control characters and must be checked like typed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Who is signed in there.
    pub user: String,
    /// Folders that hold an instance, the likeliest first; at most [`Survey::MOST`].
    pub roots: Vec<FoundRoot>,
    /// PHP programs, the server's own `php` first; at most [`Survey::MOST`].
    pub php: Vec<FoundPhp>,
}

impl Survey {
    /// The most of each kind that is kept.
    pub const MOST: usize = 32;
}

/// A folder that holds `bin/magento` and `app/etc/env.php`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRoot {
    /// Where.
    pub path: String,
    /// Who owns its configuration file.
    pub owner: String,
}

/// A PHP for the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPhp {
    /// What to call it by: a name in `PATH` or an absolute path.
    pub program: String,
    /// For example `8.2.29`.
    pub version: String,
}

/// The way to instances.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Looks at an instance.
    async fn look(&self, way: &SshWay, request: &LookRequest) -> Result<Look, TransportError>;
    /// Begins a push and waits for `ready`.
    async fn begin(
        &self,
        way: &SshWay,
        request: &BeginRequest,
    ) -> Result<Box<dyn Conversation>, TransportError>;
    /// Asks which feeds of the catalogue the instance can send again (P14).
    async fn feeds(
        &self,
        way: &SshWay,
        request: &FeedsRequest,
    ) -> Result<FeedsThere, TransportError>;
    /// Has the instance send one feed again and waits until it ends. Dropped before, what runs there
    /// is ended.
    async fn resync(
        &self,
        way: &SshWay,
        request: &ResyncRequest,
        on_line: OnLine<'_>,
    ) -> Result<FeedEnd, TransportError>;
    /// Fetches the host keys over the same route, without signing in.
    async fn host_keys(&self, way: &SshWay) -> Result<Vec<HostKey>, TransportError>;
    /// Trusts the host key with this fingerprint, and only if the server shows it now.
    ///
    /// # Errors
    /// [`TransportError::HostKeyUnknown`] when the server shows no such key.
    async fn trust(&self, way: &SshWay, fingerprint: &str) -> Result<HostKey, TransportError>;
    /// Searches a server for instances and PHP programs; only reads. Where the way names a root
    /// other than `/`, that folder and those beneath it come first.
    ///
    /// # Errors
    /// Not reached, or what answered is no shell.
    async fn survey(&self, way: &SshWay, nonce: &Nonce) -> Result<Survey, TransportError>;
    /// What tells two targets of one server apart from two servers: resolved host name and port.
    async fn host_of(&self, way: &SshWay) -> Result<String, TransportError>;
}
