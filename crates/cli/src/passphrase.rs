//! Asking at the terminal for the passphrase of an SSH key: nothing typed is shown or kept.
//!
//! Not here: which question gets an answer, which the transport decides.

use patchbay_adapters::transport::askpass::Askpass;

/// How ssh may ask; nobody is asked where there is no terminal.
#[cfg(unix)]
pub(crate) fn askpass() -> Option<Askpass> {
    let program = std::env::current_exe().ok()?;
    crate::terminal::can_ask().then(|| Askpass {
        program,
        person: std::sync::Arc::new(terminal::TerminalPerson::default()),
    })
}

/// There is no way for ssh to ask here.
#[cfg(not(unix))]
pub(crate) fn askpass() -> Option<Askpass> {
    None
}

#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::io::{self, Read as _, Write as _};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use patchbay_adapters::transport::askpass::{AskPerson, Question};
    use patchbay_core::secret::Secret;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    /// The longest passphrase, bytes.
    const LONGEST: usize = 1024;

    /// The person at the terminal; one question at a time.
    #[derive(Debug, Default)]
    pub(super) struct TerminalPerson {
        turn: tokio::sync::Mutex<()>,
    }

    /// Raised when nobody waits for the answer any more.
    struct Raised(Arc<AtomicBool>);

    impl Drop for Raised {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[async_trait]
    impl AskPerson for TerminalPerson {
        async fn ask(&self, question: &Question) -> Option<Secret> {
            let _turn = self.turn.lock().await;
            let over = Raised(Arc::default());
            let seen = Arc::clone(&over.0);
            let words = format!(
                "Passphrase of {} for {} (not shown; ssh-add it to be asked once): ",
                question.file, question.target
            );
            let read = tokio::task::spawn_blocking(move || hidden(&words, &seen));
            read.await.ok()?.ok().flatten()
        }
    }

    /// The terminal as it was, put back whatever happens.
    struct Quiet {
        terminal: File,
        before: Termios,
    }

    impl Quiet {
        fn new(terminal: File) -> io::Result<Self> {
            let before = tcgetattr(&terminal)?;
            let mut modes = before.clone();
            // Letter by letter and without signals, so that an interrupt cannot leave the echo off.
            modes
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            modes.special_codes[SpecialCodeIndex::VMIN] = 0;
            modes.special_codes[SpecialCodeIndex::VTIME] = 2;
            tcsetattr(&terminal, OptionalActions::Flush, &modes)?;
            Ok(Self { terminal, before })
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
            let _ = self.terminal.write_all(b"\n");
        }
    }

    /// Asks, and reads until Enter; `None` for an interrupt, or once nobody waits any more.
    fn hidden(words: &str, over: &AtomicBool) -> io::Result<Option<Secret>> {
        let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
        terminal.write_all(words.as_bytes())?;
        let mut quiet = Quiet::new(terminal)?;
        // Room for everything from the start: a buffer that grows leaves copies behind.
        let mut typed = Vec::with_capacity(LONGEST);
        let mut byte = [0];
        while !over.load(Ordering::SeqCst) {
            if quiet.terminal.read(&mut byte)? == 0 {
                continue;
            }
            match byte[0] {
                b'\r' | b'\n' => return Ok((!typed.is_empty()).then(|| Secret::new(typed))),
                0x03 | 0x04 => break,
                0x15 => typed.clear(),
                0x08 | 0x7f => {
                    // A letter of several bytes goes as a whole.
                    while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                }
                _ if typed.len() == LONGEST => break,
                other => typed.push(other),
            }
        }
        drop(Secret::new(typed));
        Ok(None)
    }
}
