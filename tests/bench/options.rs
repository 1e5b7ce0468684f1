//! What is to be measured, as typed.

/// How to call the program.
pub const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --instances N,N,...   how many instances at once (default 1,10,50)
  --runs N              measured runs of each (default 5; never more than 3 for 50 and for Ansible)
  --quick               1 and 10 instances, 2 runs, without Ansible
  --write               also write the table to docs/bench.md
";

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Numbers of instances, as given.
    pub instances: Vec<usize>,
    /// Measured runs of each contender.
    pub runs: usize,
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
        let (mut instances, mut runs) = (None, None);
        let (mut quick, mut write) = (false, false);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = format!("{argument} needs a value");
                arguments.next().ok_or(missing)
            };
            match argument.as_str() {
                "--instances" => instances = Some(numbers(&value()?)?),
                "--runs" => runs = Some(number(&value()?, 100)?),
                "--quick" => quick = true,
                "--write" => write = true,
                other => return Err(format!("what is {other}?")),
            }
        }
        let usual = if quick {
            (vec![1, 10], 2)
        } else {
            (vec![1, 10, 50], 5)
        };
        Ok(Self {
            instances: instances.unwrap_or(usual.0),
            runs: runs.unwrap_or(usual.1),
            quick,
            write,
        })
    }

    /// How often something is measured that is done with `instances` at once.
    pub fn runs_with(&self, instances: usize) -> usize {
        if instances >= 50 {
            self.runs.min(3)
        } else {
            self.runs
        }
    }
}

fn numbers(text: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(|part| number(part, 50)).collect()
}

fn number(text: &str, most: usize) -> Result<usize, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| format!("{text} is not a number from 1 to {most}"))
}
