//! One run of ssh: lines in, answers out, each in its own time.
//!
//! Dropped before `go`, the far side sees the end of its input and writes nothing; ssh is ended.
//! Not here: which answers mean what to the core's port (`ssh`).

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::id::Nonce;
use patchbay_core::instance::SshWay;
use patchbay_core::look::Look;
use patchbay_core::ports::transport::{Conversation, Go, Ready, TransportError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answers::{Answer, Scanner};
use super::askpass::Door;
use super::errors::{self, Ending};

/// The most of standard error that is kept.
const ERRORS_KEPT: usize = 64 * 1024;
/// How long ssh may take to end once it has no more to do.
const ENDING: Duration = Duration::from_secs(5);

/// How long it may take once its last answer is here; something left behind by a login script can
/// hold the connection open, and nobody needs it any more.
pub(super) const SETTLING: Duration = Duration::from_secs(1);

/// How ssh is run.
pub(super) struct Run<'a> {
    /// The ssh program.
    pub program: &'a std::path::Path,
    /// Its arguments.
    pub words: Vec<OsString>,
    /// What goes to the far side at once; standard input stays open after it.
    pub first: Vec<u8>,
    /// What answers have to repeat.
    pub nonce: Nonce,
    /// Where ssh may ask for a passphrase.
    pub door: Option<Door>,
}

/// The far side of one run.
pub(super) struct Far {
    way: SshWay,
    child: Child,
    input: Option<JoinHandle<Option<ChildStdin>>>,
    output: ChildStdout,
    errors: JoinHandle<Vec<u8>>,
    scanner: Scanner,
    door: Option<Door>,
}

pub(super) fn command(program: &std::path::Path, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A Ctrl-C in the terminal is ours to handle; it must not end a push half-way.
    #[cfg(unix)]
    command.process_group(0);
    command
}

pub(super) fn local(error: &std::io::Error) -> TransportError {
    if error.kind() == std::io::ErrorKind::NotFound {
        return TransportError::SshMissing;
    }
    TransportError::Local {
        detail: error.to_string(),
    }
}

fn broken(detail: &str) -> TransportError {
    TransportError::Broken {
        detail: detail.into(),
    }
}

impl Far {
    /// Starts ssh and begins to hand it the first lines.
    pub(super) fn start(way: &SshWay, run: Run<'_>) -> Result<Self, TransportError> {
        let mut ssh = command(run.program, &run.words);
        if let Some(door) = &run.door {
            door.tell(&mut ssh);
        }
        let mut child = ssh.spawn().map_err(|e| local(&e))?;
        if let (Some(door), Some(process)) = (&run.door, child.id()) {
            door.expect(process);
        }
        let (Some(mut input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(broken("ssh has no pipes"));
        };
        // Beside the reading: a far side that prints before it reads must not block both.
        let input = tokio::spawn(async move {
            let written = input.write_all(&run.first).await;
            let flushed = input.flush().await;
            written.and(flushed).ok().map(|()| input)
        });
        Ok(Self {
            way: way.clone(),
            child,
            input: Some(input),
            output,
            errors: tokio::spawn(kept(errors, ERRORS_KEPT)),
            scanner: Scanner::new(run.nonce),
            door: run.door,
        })
    }

    /// Waits for one answer.
    ///
    /// # Errors
    /// In time or not at all: what ssh said, or what is wrong with the answer.
    pub(super) async fn answer(
        &mut self,
        during: &str,
        limit: Duration,
    ) -> Result<Answer, TransportError> {
        loop {
            if let Ok(answer) = timeout(limit, self.next()).await {
                return answer;
            }
            // A person who looks for the passphrase is no slow server.
            if !self.door.as_ref().is_some_and(|door| door.excuses(limit)) {
                return Err(TransportError::TimedOut {
                    during: during.into(),
                });
            }
        }
    }

    async fn next(&mut self) -> Result<Answer, TransportError> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            if let Some(answer) = self.scanner.next()? {
                return Ok(answer);
            }
            let read = self.output.read(&mut buffer).await;
            match read {
                Ok(0) | Err(_) => return Err(self.ended().await),
                Ok(count) => self.scanner.feed(&buffer[..count])?,
            }
        }
    }

    /// Sends a line after the first ones.
    pub(super) async fn send(&mut self, line: &[u8]) -> Result<(), TransportError> {
        let gone = || broken("the far side stopped listening");
        let task = self.input.take().ok_or_else(gone)?;
        let mut input = task.await.ok().flatten().ok_or_else(gone)?;
        let written = input.write_all(line).await;
        let flushed = input.flush().await;
        self.input = Some(tokio::spawn(async move { Some(input) }));
        written.and(flushed).map_err(|_| gone())
    }

    /// Closes standard input and waits until ssh, and with it the far side, has ended.
    pub(super) async fn close(mut self, limit: Duration) {
        if let Some(task) = self.input.take() {
            drop(task.await);
        }
        let drained = async {
            let mut buffer = vec![0; 16 * 1024];
            while matches!(self.output.read(&mut buffer).await, Ok(count) if count > 0) {}
            let _ = self.child.wait().await;
        };
        if timeout(limit, drained).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    /// Why there is no more to read.
    async fn ended(&mut self) -> TransportError {
        let status = match timeout(ENDING, self.child.wait()).await {
            Ok(Ok(status)) => status,
            _ => {
                let _ = self.child.kill().await;
                return broken("the answer ended and ssh did not");
            }
        };
        let stderr = match timeout(ENDING, &mut self.errors).await {
            Ok(Ok(bytes)) => bytes,
            _ => Vec::new(),
        };
        let ending = Ending {
            code: status.code(),
            stderr: &String::from_utf8_lossy(&stderr),
            noise: &self.scanner.noise(),
        };
        errors::name(&self.way, &ending)
    }
}

/// Reads to the end and keeps the first bytes; the rest is read away, so that nobody blocks.
pub(super) async fn kept(mut from: impl AsyncRead + Unpin, most: usize) -> Vec<u8> {
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 4096]);
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let room = most.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&buffer[..room]);
    }
    kept
}

/// A push between `ready` and its end.
pub(super) struct Push {
    pub far: Far,
    pub ready: Ready,
    pub limit: Duration,
}

#[async_trait]
impl Conversation for Push {
    fn ready(&self) -> &Ready {
        &self.ready
    }

    async fn go(&mut self, sealed: &[u8]) -> Result<Go, TransportError> {
        let line = format!("go {}\n", STANDARD.encode(sealed));
        self.far.send(line.as_bytes()).await?;
        match self
            .far
            .answer("waiting for the commit", self.limit)
            .await?
        {
            Answer::Ended(go) => Ok(go),
            Answer::Stopped(error) => Err(error),
            Answer::Unknown(detail) => Err(broken(&format!(
                "the instance lost its database while writing ({detail})"
            ))),
            _ => Err(out_of_turn()),
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<Look, TransportError> {
        let answer = self.far.answer("reading the values back", self.limit).await;
        match answer? {
            Answer::Done(look) => {
                self.far.close(SETTLING).await;
                Ok(*look)
            }
            Answer::Stopped(error) => Err(error),
            _ => Err(out_of_turn()),
        }
    }

    async fn leave(self: Box<Self>) {
        self.far.close(ENDING).await;
    }
}

/// An answer of ours, but not the one that comes next.
pub(super) fn out_of_turn() -> TransportError {
    TransportError::Garbled {
        detail: "it came out of turn".into(),
    }
}
