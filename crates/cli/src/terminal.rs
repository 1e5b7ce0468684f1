//! Speaking with a person at a terminal: questions and progress, on stderr only.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether progress is shown.
pub(crate) fn shows_progress() -> bool {
    std::io::stderr().is_terminal()
}

/// A line on stderr. One that cannot be written is nobody's loss.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Asks a question that is answered with `y` or anything else.
pub(crate) fn ask_yes(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] "));
    matches!(answer.trim(), "y" | "Y" | "yes")
}

/// Asks for a line; empty at end of input.
pub(crate) fn ask(question: &str) -> String {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    drop(stderr);
    let mut line = String::new();
    let _ = std::io::stdin().lock().read_line(&mut line);
    line
}

/// Waits for an interrupt or the wish to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let end = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signals) => {
                    signals.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
