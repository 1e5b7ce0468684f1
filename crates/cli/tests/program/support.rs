//! Running the program in a folder of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A fresh folder with a data directory in it.
pub(crate) struct Room {
    folder: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With the account `Nordlys`.
    pub(crate) fn with_account() -> Self {
        let room = Self::new();
        room.ctl(&["account", "add", "--label", "Nordlys"])
            .expect(0);
        room
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program with its own data directory and no keychain to be found.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbayctl"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("PATCHBAY_DATA_DIR", self.data())
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                "unix:path=/nonexistent/patchbay-test-bus",
            )
            .env_remove("PATCHBAY_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn ctl(&self, arguments: &[&str]) -> Run {
        ended(self.command(arguments).output().unwrap())
    }

    /// Runs it with bytes on standard input.
    pub(crate) fn ctl_reading(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments does not read; that is its right.
        let _ = child.stdin.take().unwrap().write_all(input);
        ended(child.wait_with_output().unwrap())
    }

    /// Runs it with `--json` and takes the error document and the exit code.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (Value, i32) {
        let run = self.ctl(&[&["--json"], arguments].concat());
        let mut document = run.json();
        let error = document["error"].take();
        for field in ["code", "text", "next"] {
            let text = error[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{arguments:?} has no {field}: {run:?}");
        }
        (error, run.code)
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Standard output, which must be exactly one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON document ({error}): {self:?}"))
    }
}

/// A run from its output.
pub(crate) fn ended(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A private key that is used for nothing else.
pub(crate) fn key_file() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/keys");
    format!("{folder}/test-only-rsa-2048-pkcs8.pem")
}
