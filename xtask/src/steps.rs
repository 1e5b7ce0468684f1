//! Starting other programs: one at a time, or as a list that goes on after a failure.
//!
//! Output is never captured here. The runners' own closing lines are the report; this only adds a
//! heading before each step and a summary after the last.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why a command of this program could not do its work, as a sentence for the terminal.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// What a step of this program gives back.
pub(crate) type Outcome = Result<(), Failure>;

/// A program with its arguments, to be run in `directory`.
pub(crate) fn program(directory: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(directory);
    command
}

/// The cargo that started this program, so that a toolchain chosen with `+name` stays chosen.
pub(crate) fn cargo(directory: &Path, arguments: &[&str]) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    program(directory, &cargo, arguments)
}

/// Runs `command` with its output shown, and fails when it does.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    eprintln!("   $ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure(format!("`{shown}` ended with {status}"))),
        Err(error) => Err(Failure(format!("`{shown}` could not be started: {error}"))),
    }
}

/// Runs `command` silently and says whether it could be started and succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What `command` prints on stdout, or nothing when it cannot be started or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// A list of steps that all run, whatever the ones before gave, with a summary at the end.
///
/// One failing suite must not hide what the next one would have said.
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration, Outcome)>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Runs one step under a heading, and says whether it succeeded.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Outcome) -> bool {
        eprintln!("\n== {name}");
        let begun = Instant::now();
        let outcome = work();
        if let Err(Failure(message)) = &outcome {
            eprintln!("   {message}");
        }
        let succeeded = outcome.is_ok();
        self.done.push((name, begun.elapsed(), outcome));
        succeeded
    }

    /// Prints the summary and fails when a step did.
    pub(crate) fn finish(self) -> Outcome {
        println!();
        for (name, took, outcome) in &self.done {
            let word = if outcome.is_ok() { "ok    " } else { "FAILED" };
            println!("{word} {:>6.1} s  {name}", took.as_secs_f64());
        }
        let failed = self.done.iter().filter(|(.., outcome)| outcome.is_err());
        match failed.count() {
            0 => Ok(()),
            1 => Err(Failure::new("one step failed; its own output is above")),
            many => Err(Failure(format!(
                "{many} steps failed; their own output is above"
            ))),
        }
    }
}
