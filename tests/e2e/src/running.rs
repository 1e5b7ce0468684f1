//! Programs that end with whoever started them, with everything they started in turn.
//!
//! A driver that outlives its test keeps its port and its window, and the next run fails for no
//! visible reason.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Result, Trouble};

/// Starts the program in a process group of its own and waits for the end of its standard input,
/// which comes when the starter closes it or dies; then asks the program to end, gives it a moment
/// to tidy up, and ends the whole group.
const KEEPER: &str = r#"
"$@" </dev/null & program=$!
cat >/dev/null
kill "$program" 2>/dev/null
(sleep 10; kill -KILL 0) &
wait "$program"
kill -KILL 0
"#;

/// Longer than any start or answer that was ever seen, shorter than anybody's patience.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Dropping it ends it and everything it started.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts a program; its output goes nowhere.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &Command) -> Result<Self> {
        Self::spawn(command, Stdio::null())
    }

    /// Starts a program and waits for its first line: these say it when they are ready.
    ///
    /// # Errors
    /// When it cannot be started or ends without a line.
    pub fn that_says(command: &Command) -> Result<(Self, String)> {
        let mut running = Self::spawn(command, Stdio::piped())?;
        let mut line = String::new();
        if let Some(output) = running.0.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if line.is_empty() {
            let name = command.get_program().to_string_lossy();
            return Err(Trouble::new(format!("{name} ended without a word")));
        }
        Ok((running, line.trim().to_owned()))
    }

    fn spawn(command: &Command, output: Stdio) -> Result<Self> {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]);
        keeper.arg(command.get_program()).args(command.get_args());
        keeper.env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                keeper.env(name, value);
            }
        }
        keeper.process_group(0);
        keeper.stdin(Stdio::piped()).stdout(output);
        let child = keeper.stderr(Stdio::null()).spawn();
        child.map(Self).map_err(|error| {
            let name = command.get_program().to_string_lossy();
            Trouble::new(format!("{name} could not be started: {error}"))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // The keeper ends itself with its group; there is nothing to do where it cannot be waited
        // for.
        let _ = self.0.wait();
    }
}

/// Looks until something is there, and says what was waited for in vain.
///
/// # Errors
/// What looking gives, and after [`PATIENCE`] what was not there.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if begun.elapsed() > PATIENCE {
            return Err(Trouble::new(format!("not within {PATIENCE:?}: {what}")));
        }
        sleep(Duration::from_millis(25));
    }
}
