//! Reading the command line, and answering where it cannot be read.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;
use patchbay_core::text;

use crate::args::Arguments;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::terminal;

/// Reads the command line.
///
/// # Errors
/// The exit code, after the answer was given: help, version, or what is wrong.
pub(crate) fn read(given: Vec<OsString>) -> Result<Arguments, Exit> {
    let output = Output::new(wants_json(&given));
    if given
        .iter()
        .any(|word| holds_a_key(&word.to_string_lossy()))
    {
        output.failure(&Failure::usage(
            "secretInArguments",
            "There is a private key on the command line, where other programs and the shell's history can read it.",
            "Give the file that holds it, or - and the key on standard input. Treat this key as seen by others.",
        ));
        return Err(Exit::Usage);
    }
    Arguments::try_parse_from(given).map_err(|error| told(&error, output))
}

/// Whether JSON was asked for, as far as can be said before the command line is understood.
fn wants_json(given: &[OsString]) -> bool {
    given
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}

fn holds_a_key(word: &str) -> bool {
    word.to_ascii_uppercase().contains("PRIVATE KEY-")
}

fn told(error: &clap::Error, output: Output) -> Exit {
    let kind = error.kind();
    if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output.raw(&error.to_string());
        return Exit::Well;
    }
    let rendered = error.to_string();
    if output.is_json() {
        let said = rendered.split("\n\nUsage:").next().unwrap_or_default();
        let said = said.trim_start_matches("error: ");
        output.failure(&Failure::usage(
            "usage",
            text::outside(said, 400),
            "Run patchbayctl --help, or the command with --help.",
        ));
    } else {
        for line in rendered.lines() {
            // What was typed stands in there: nothing of it may steer the terminal.
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            terminal::say(&format!("{indent}{}", text::outside(line, 400)));
        }
    }
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_put_together_rightly() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_key_on_the_command_line_is_noticed_in_any_writing() {
        assert!(holds_a_key("-----BEGIN PRIVATE KEY-----\nMII"));
        assert!(holds_a_key("--private-key=-----begin rsa private key-----"));
        assert!(!holds_a_key("my private key.pem"));
    }

    #[test]
    fn json_after_the_end_of_options_is_a_name() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(wants_json(&words("patchbayctl check --json")));
        assert!(!wants_json(&words("patchbayctl check -- --json")));
    }
}
