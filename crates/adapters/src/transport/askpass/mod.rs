//! The passphrase of the user's own key file, for a run that somebody waits for (P10).
//!
//! ssh asks the program named in `SSH_ASKPASS`. That is our own program in a mode of its own
//! ([`mode`]): it hands the question over a socket in a private folder to the run that started ssh,
//! which lets a person answer and keeps nothing. Answered is only the question for an identity file of
//! that target, asked by that very ssh, once in a run; a jump host's ssh, a PIN or a yes-or-no question
//! gets no answer. Where there are no such sockets (Windows) nobody is asked, and keys belong in the
//! agent. Not here: how a terminal asks, which is the command line's matter.

mod desktop;
#[cfg_attr(not(unix), path = "nowhere.rs")]
mod door;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use patchbay_core::secret::Secret;

pub use desktop::DesktopPerson;
pub(super) use door::Door;

/// The variable that turns our programs into the one that answers ssh; it names the socket.
pub const VARIABLE: &str = "PATCHBAY_ASKPASS";

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The key file whose passphrase is needed, cleaned for showing.
    pub file: String,
    /// The target that it is for.
    pub target: String,
}

/// Asks a person.
#[async_trait]
pub trait AskPerson: Send + Sync {
    /// The passphrase, or `None` where nobody gives one. Dropped when nobody needs it any more.
    async fn ask(&self, question: &Question) -> Option<Secret>;
}

/// How ssh may ask: through which program, and whom that asks.
#[derive(Clone)]
pub struct Askpass {
    /// Our own program, which has to begin with [`mode`].
    pub program: PathBuf,
    /// Who asks the person.
    pub person: Arc<dyn AskPerson>,
}

impl fmt::Debug for Askpass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Askpass({})", self.program.display())
    }
}

/// Where this process was started by ssh to ask: answers it and gives the exit code. The first thing
/// that a program does which is named in [`Askpass`].
pub fn mode() -> Option<ExitCode> {
    let socket = std::env::var_os(VARIABLE)?;
    let kind = std::env::var("SSH_ASKPASS_PROMPT").unwrap_or_default();
    let question = std::env::args_os().nth(1).unwrap_or_default();
    let answered = door::answer_ssh(Path::new(&socket), &kind, &question.to_string_lossy());
    Some(answered.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS))
}

/// Whether an ssh asks where it is told to even beside a terminal: since OpenSSH 8.4.
pub(super) async fn is_obeyed_by(ssh: &Path) -> bool {
    let version = tokio::process::Command::new(ssh).arg("-V").output().await;
    version.is_ok_and(|output| {
        let said = [output.stdout, output.stderr].concat();
        recent_enough(&String::from_utf8_lossy(&said))
    })
}

/// Reads `OpenSSH_9.2p1 ...` and `OpenSSH_for_Windows_9.5p1 ...`.
fn recent_enough(said: &str) -> bool {
    let number = said
        .split_once("OpenSSH_")
        .map(|(_, rest)| rest.trim_start_matches(|c: char| !c.is_ascii_digit()));
    let mut parts = number
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|part| part.parse::<u32>().ok());
    (parts.next(), parts.next()) >= (Some(8), Some(4))
}

/// A key file as ssh names it: the home folder and the usual tokens put in.
pub(super) fn expanded(file: &str, host: &str, user: &str) -> String {
    let home = std::env::home_dir()
        .unwrap_or_default()
        .display()
        .to_string();
    let file = match file.strip_prefix("~/") {
        Some(rest) => format!("{home}/{rest}"),
        None => file.to_owned(),
    };
    let (mut text, mut characters) = (String::new(), file.chars());
    while let Some(c) = characters.next() {
        match (c, c == '%') {
            (_, true) => match characters.next() {
                Some('d') => text.push_str(&home),
                Some('h') => text.push_str(host),
                Some('r') => text.push_str(user),
                Some('%') => text.push('%'),
                other => text.extend(['%'].into_iter().chain(other)),
            },
            (c, false) => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ssh_that_asks_where_it_is_told_is_told() {
        for fine in [
            "OpenSSH_8.4p1, x",
            "OpenSSH_9.2p1 Debian-2",
            "OpenSSH_for_Windows_9.5p1",
            "OpenSSH_10.0p2",
        ] {
            assert!(recent_enough(fine), "{fine}");
        }
        for old in [
            "OpenSSH_8.3p1",
            "OpenSSH_7.9p1, OpenSSL 1.1.1",
            "dropbear 2022",
            "",
        ] {
            assert!(!recent_enough(old), "{old}");
        }
    }

    #[test]
    fn files_are_named_as_ssh_names_them() {
        assert_eq!(expanded("/a/%h-%r-%%-%x", "shop", "me"), "/a/shop-me-%-%x");
        let home = std::env::home_dir().unwrap().display().to_string();
        assert_eq!(expanded("~/.ssh/id", "h", "u"), format!("{home}/.ssh/id"));
    }
}
