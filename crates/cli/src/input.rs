//! What comes in from files and standard input; a secret never comes any other way.

use std::fs::File;
use std::io::{IsTerminal as _, Read};

use patchbay_core::secret::Secret;
use patchbay_core::text;

use crate::exit::Failure;
use crate::terminal;

/// Reads a secret from a file, or from standard input for `-`, at most `max` bytes and one more,
/// so that the core sees when there is too much.
pub(crate) fn secret(what: &str, from: &str, max: usize) -> Result<Secret, Failure> {
    // Room for everything from the start: a buffer that grows leaves copies behind.
    let mut bytes = Vec::with_capacity(max + 2);
    let limit = max as u64 + 1;
    let read = if from == "-" {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            terminal::say(&format!(
                "Enter {what}, then end with Ctrl-D on a line of its own."
            ));
        }
        stdin.lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(from).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    let secret = Secret::new(bytes);
    read.map_err(|error| not_read(what, from, &error))?;
    Ok(secret)
}

/// Reads a portal sign-in: as [`secret`], without white space around it.
pub(crate) fn sign_in(from: &str) -> Result<Secret, Failure> {
    let read = secret("the sign-in", from, 16 * 1024)?;
    let trimmed = Secret::new(read.expose().trim_ascii().to_vec());
    if trimmed.is_empty() || trimmed.len() > 16 * 1024 {
        return Err(Failure::usage(
            "badInput",
            "The sign-in is empty or far too long.",
            "Give the file that holds the portal's sign-in, or - for standard input.",
        ));
    }
    Ok(trimmed)
}

/// Reads an ordinary file of at most `max` bytes.
pub(crate) fn file(what: &str, from: &str, max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(from)
        .and_then(|file| file.take(max as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| not_read(what, from, &error))?;
    if bytes.len() > max {
        return Err(Failure::usage(
            "badInput",
            format!("{what} is far too large."),
            "Give the right file.",
        ));
    }
    Ok(bytes)
}

fn not_read(what: &str, from: &str, error: &std::io::Error) -> Failure {
    // The name is shown cleaned: somebody may have given the secret itself in its place.
    Failure::usage(
        "fileNotRead",
        format!(
            "{what} could not be read from \"{}\": {error}.",
            text::outside(from, 200)
        ),
        "Give a file that you may read, or - for standard input where a secret is asked for.",
    )
}
