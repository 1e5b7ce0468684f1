//! The door at which one run's ssh may ask, and our program's side of it: Unix sockets.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use patchbay_core::secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::{AskPerson, Askpass, Question, VARIABLE};

/// The longest question and the longest answer, bytes.
const LONGEST: usize = 4096;
/// How long a person may think; a server gives up after two minutes by itself.
const THINKING: Duration = Duration::from_secs(110);

/// Hands a question over and prints the answer for ssh.
pub(super) fn answer_ssh(socket: &Path, kind: &str, question: &str) -> io::Result<()> {
    // `none` only tells that a key wants to be touched; anything else but a plain question is not for us.
    if kind == "none" {
        return Ok(());
    }
    if !kind.is_empty() {
        return Err(io::Error::other("not asked for"));
    }
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.write_all(question.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // Room for everything from the start: a buffer that grows leaves copies behind.
    let mut answer = Vec::with_capacity(LONGEST + 2);
    let read = stream.take(LONGEST as u64).read_to_end(&mut answer);
    answer.push(b'\n');
    let answer = Secret::new(answer);
    read?;
    if answer.len() < 2 {
        return Err(io::Error::other("nobody answered"));
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(answer.expose())?;
    stdout.flush()
}

/// The door at which one run's ssh may ask. Closed when dropped.
pub(crate) struct Door {
    folder: tempfile::TempDir,
    program: PathBuf,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// The process of our ssh; nobody else's question counts. 0 until it runs.
    ssh: AtomicU32,
    asked: AtomicBool,
    asking: AtomicBool,
    answered: Mutex<Option<Instant>>,
}

impl Door {
    /// Opens it. `files` are the identity files of the target as ssh names them, found when somebody
    /// asks.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn open<F>(askpass: &Askpass, target: &str, files: F) -> io::Result<Self>
    where
        F: Future<Output = Vec<String>> + Send + 'static,
    {
        let mut builder = tempfile::Builder::new();
        builder.prefix("patchbay-ask-");
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_dir())
        {
            Some(runtime) => builder.tempdir_in(runtime)?,
            None => builder.tempdir()?,
        };
        let listener = UnixListener::bind(folder.path().join("socket"))?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(serve(
            listener,
            Arc::clone(&shared),
            Arc::clone(&askpass.person),
            target.to_owned(),
            files,
        ));
        Ok(Self {
            folder,
            program: askpass.program.clone(),
            shared,
            task,
        })
    }

    /// Options for the target's ssh alone: a jump host's keeps asking nobody.
    pub(crate) const OPTIONS: [&'static str; 2] = ["BatchMode=no", "NumberOfPasswordPrompts=1"];

    /// Tells ssh where to ask.
    pub(crate) fn tell(&self, ssh: &mut Command) {
        ssh.env("SSH_ASKPASS", &self.program)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env(VARIABLE, self.folder.path().join("socket"));
    }

    /// Says which process ssh is.
    pub(crate) fn expect(&self, ssh: u32) {
        self.shared.ssh.store(ssh, Ordering::SeqCst);
    }

    /// Whether a person is thinking, or has answered less than `limit` ago: then it is not the server
    /// that is slow.
    pub(crate) fn excuses(&self, limit: Duration) -> bool {
        let answered = self
            .shared
            .answered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.shared.asking.load(Ordering::SeqCst) || answered.is_some_and(|at| at.elapsed() < limit)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F>(
    listener: UnixListener,
    shared: Arc<Shared>,
    person: Arc<dyn AskPerson>,
    target: String,
    files: F,
) where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    let mut files = Some(files);
    while let Ok((mut stream, _)) = listener.accept().await {
        let Some(file) = question(&mut stream).await else {
            continue;
        };
        let ours = stream.peer_cred().is_ok_and(|peer| {
            let parent = peer.pid().and_then(parent_of);
            parent.is_none_or(|parent| parent == shared.ssh.load(Ordering::SeqCst))
        });
        let first = ours && !shared.asked.swap(true, Ordering::SeqCst);
        let Some(files) = files.take().filter(|_| first) else {
            continue;
        };
        if !files.await.iter().any(|known| shown_as(known) == file) {
            tracing::info!("ssh asked for a passphrase that is not this target's");
            continue;
        }
        let question = Question {
            file: patchbay_core::text::outside(&file, 200),
            target: target.clone(),
        };
        shared.asking.store(true, Ordering::SeqCst);
        let answer = tokio::time::timeout(THINKING, person.ask(&question)).await;
        *shared
            .answered
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        shared.asking.store(false, Ordering::SeqCst);
        if let Ok(Some(answer)) = answer {
            let _ = stream.write_all(answer.expose()).await;
        }
    }
}

/// The file that a question is about; `None` for every other question.
async fn question(stream: &mut UnixStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut limited = stream.take(LONGEST as u64);
    let read = limited.read_to_end(&mut bytes);
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .ok()?
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix("Enter passphrase for key '")?;
    rest.trim_end().strip_suffix("':").map(str::to_owned)
}

/// ssh shows the first hundred bytes of a name.
fn shown_as(file: &str) -> String {
    let mut end = file.len().min(100);
    while !file.is_char_boundary(end) {
        end -= 1;
    }
    file[..end].to_owned()
}

/// The parent of a process, where the system tells: on Linux.
fn parent_of(process: i32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_as_ssh_cuts_it_and_no_letter_in_two() {
        let long = format!("/{}ä", "x".repeat(98));
        assert_eq!(shown_as(&long).len(), 99);
    }
}
