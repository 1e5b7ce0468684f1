//! Starting programs so that none outlives the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::{GroundError, Outcome, Result};

/// The variable that marks everything started on behalf of one ground.
pub(super) const MARK: &str = "PATCHBAY_GROUND";

/// Runs a server and waits for the end of its own standard input, which comes when the test process
/// closes it or dies; then ends the server and whatever carries the mark, and removes the folder.
///
/// Arguments: log file, mark or nothing, folder or nothing, then the command.
const SUPERVISOR: &str = r#"
log=$1; mark=$2; folder=$3; shift 3
"$@" </dev/null >>"$log" 2>&1 &
server=$!
cat >/dev/null
kill -KILL "$server" 2>/dev/null
if [ -n "$mark" ]; then
    for file in $(grep -lazsx "PATCHBAY_GROUND=$mark" /proc/[0-9]*/environ); do
        pid=${file#/proc/}
        kill -KILL "${pid%/environ}" 2>/dev/null
    done
fi
wait
# Servers that end at the same time may still hold the folder for a moment.
while [ -n "$folder" ] && [ -e "$folder" ] && ! rm -rf "$folder" 2>/dev/null; do sleep 0.1; done
exit 0
"#;

/// A server under its supervisor. Dropping it ends both.
#[derive(Debug)]
pub(super) struct Server {
    supervisor: Child,
}

impl Server {
    /// Starts `command` (its program, arguments and environment), with its output going to `log`.
    pub(super) fn start(command: &Command, log: &Path, mark: Option<&str>) -> Result<Self> {
        Self::supervise(command, log, mark, None)
    }

    /// Starts nothing; removes `folder` when dropped or when this process dies.
    pub(super) fn janitor(folder: &Path) -> Result<Self> {
        Self::supervise(
            &Command::new("true"),
            Path::new("/dev/null"),
            None,
            Some(folder),
        )
    }

    fn supervise(
        command: &Command,
        log: &Path,
        mark: Option<&str>,
        folder: Option<&Path>,
    ) -> Result<Self> {
        let mut supervisor = Command::new("sh");
        supervisor
            .arg("-c")
            .arg(SUPERVISOR)
            .arg("ground-supervisor");
        supervisor.arg(log).arg(mark.unwrap_or_default());
        supervisor.arg(folder.unwrap_or(Path::new("")));
        supervisor
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => supervisor.env(name, value),
                None => supervisor.env_remove(name),
            };
        }
        // Its own group: an interrupt typed at the terminal must not end the server under a test.
        std::os::unix::process::CommandExt::process_group(&mut supervisor, 0);
        supervisor.stdin(Stdio::piped());
        supervisor.stdout(Stdio::null()).stderr(Stdio::null());
        let supervisor = supervisor
            .spawn()
            .map_err(|error| GroundError::because("starting a server", error))?;
        Ok(Self { supervisor })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if matches!(self.supervisor.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // The supervisor itself hangs: take its whole group.
        let group = i32::try_from(self.supervisor.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.supervisor.wait();
    }
}

/// Runs a program to its end with `input` on its standard input. A failing program is an answer.
pub(super) async fn run(mut command: tokio::process::Command, input: &[u8]) -> Result<Outcome> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    let name = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let mut child = command
        .spawn()
        .map_err(|error| GroundError::because(&format!("starting {name}"), error))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read to the end is not a failure of the ground.
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    let output =
        output.map_err(|error| GroundError::because(&format!("waiting for {name}"), error))?;
    Ok(Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a program that must succeed; gives its standard output.
pub(super) async fn must(command: tokio::process::Command, input: &[u8]) -> Result<String> {
    let name = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let outcome = run(command, input).await?;
    if outcome.code == Some(0) {
        return Ok(outcome.stdout);
    }
    let text = format!(
        "{name} failed ({:?}): {}",
        outcome.code,
        outcome.stderr.trim()
    );
    Err(GroundError::new(text))
}

/// Calls `ready` every few milliseconds until it says yes; after ten seconds gives up with the end of `log`.
pub(super) async fn wait_until<F>(what: &str, log: &Path, mut ready: F) -> Result<()>
where
    F: AsyncFnMut() -> bool,
{
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if ready().await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let tail: Vec<&str> = log.lines().rev().take(8).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(GroundError::new(format!(
        "{what} did not come up:\n{}",
        tail.join("\n")
    )))
}

/// A TCP port on loopback that nobody listens on, below those that outgoing connections are given:
/// a server that starts a moment later must not find it taken.
pub(super) fn free_port() -> Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    for _ in 0..100 {
        let mut bytes = [0_u8; 2];
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|error| GroundError::because("drawing a port", error))?;
        let port = FIRST + u16::from_le_bytes(bytes) % COUNT;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(GroundError::new("no free port on 127.0.0.1"))
}
