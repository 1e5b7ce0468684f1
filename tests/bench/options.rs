//! What is to be measured, as typed.

use std::time::Duration;

/// How to call the program.
pub const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --instances N,N,...   how many instances at once (default 1,10,50)
  --runs N              measured runs of each (default 5; at most 3 of the documented way and over a
                        delay, 2 of Ansible and of 50 instances)
  --delay MS,MS,...     milliseconds that a round trip to the instances takes longer (default 0,60)
  --quick               1 and 10 instances, 2 runs, no delay, without Ansible
  --write               also write the table to docs/bench.md
";

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Numbers of instances, as given.
    pub instances: Vec<usize>,
    /// Measured runs of each contender.
    pub runs: usize,
    /// How much longer a round trip takes, each of them measured in turn.
    pub delays: Vec<Duration>,
    /// Leave Ansible out.
    pub quick: bool,
    /// Write docs/bench.md.
    pub write: bool,
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// A sentence that says which argument is not understood.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut instances, mut runs, mut delays) = (None, None, None);
        let (mut quick, mut write) = (false, false);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = format!("{argument} needs a value");
                arguments.next().ok_or(missing)
            };
            match argument.as_str() {
                "--instances" => instances = Some(numbers(&value()?, 1, 50)?),
                "--runs" => runs = Some(number(&value()?, 1, 100)?),
                "--delay" => delays = Some(numbers(&value()?, 0, 2_000)?),
                "--quick" => quick = true,
                "--write" => write = true,
                other => return Err(format!("what is {other}?")),
            }
        }
        let usual = if quick {
            (vec![1, 10], 2, vec![0])
        } else {
            (vec![1, 10, 50], 5, vec![0, 60])
        };
        let delays = delays.unwrap_or(usual.2);
        Ok(Self {
            instances: instances.unwrap_or(usual.0),
            runs: runs.unwrap_or(usual.1),
            delays: delays
                .into_iter()
                .map(|ms| Duration::from_millis(ms as u64))
                .collect(),
            quick,
            write,
        })
    }

    /// How often something is measured that is done with `instances` at once over a delay.
    pub fn runs_with(&self, instances: usize, delay: Duration) -> usize {
        if instances >= 50 {
            self.runs.min(2)
        } else if delay.is_zero() {
            self.runs
        } else {
            self.runs.min(3)
        }
    }
}

fn numbers(text: &str, least: usize, most: usize) -> Result<Vec<usize>, String> {
    let parts = text.split(',');
    parts.map(|part| number(part, least, most)).collect()
}

fn number(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("{text} is not a number from {least} to {most}"))
}
