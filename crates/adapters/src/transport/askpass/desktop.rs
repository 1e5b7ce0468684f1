//! Asking by the desktop's own window for passphrases.

use std::path::PathBuf;

use async_trait::async_trait;
use patchbay_core::secret::Secret;
use tokio::process::Command;

use super::{AskPerson, Question};

/// Asks by the desktop's own window for passphrases, so that none passes through a page of ours.
///
/// Which program that is: the one the user's `SSH_ASKPASS` names, or one of the usual ones; on macOS
/// the system's dialog. Where there is none, nobody is asked and ssh says that the sign-in failed.
#[derive(Debug, Default)]
pub struct DesktopPerson {
    /// One window at a time.
    turn: tokio::sync::Mutex<()>,
}

const USUAL: [&str; 6] = [
    "/usr/bin/ssh-askpass",
    "/usr/bin/ksshaskpass",
    "/usr/libexec/seahorse/ssh-askpass",
    "/usr/lib/openssh/gnome-ssh-askpass",
    "/usr/libexec/openssh/gnome-ssh-askpass",
    "/usr/lib/ssh/x11-ssh-askpass",
];

#[async_trait]
impl AskPerson for DesktopPerson {
    async fn ask(&self, question: &Question) -> Option<Secret> {
        let _turn = self.turn.lock().await;
        let words = format!("Passphrase of {} for {}", question.file, question.target);
        let mut command = if cfg!(target_os = "macos") {
            let mut osascript = Command::new("/usr/bin/osascript");
            osascript.args([
                "-e",
                "on run argv",
                "-e",
                "text returned of (display dialog (item 1 of argv) default answer \"\" with hidden answer)",
                "-e",
                "end run",
            ]);
            osascript.arg(words);
            osascript
        } else {
            let named = std::env::var_os("SSH_ASKPASS").map(PathBuf::from);
            let usual = USUAL.iter().map(PathBuf::from);
            let program = named.into_iter().chain(usual).find(|path| path.is_file())?;
            let mut command = Command::new(program);
            command.arg(words).env_remove("SSH_ASKPASS_PROMPT");
            command
        };
        command
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true);
        let output = command.output().await.ok()?;
        let mut said = output.stdout;
        while matches!(said.last(), Some(b'\n' | b'\r')) {
            said.pop();
        }
        let said = Secret::new(said);
        (output.status.success() && !said.is_empty()).then_some(said)
    }
}
