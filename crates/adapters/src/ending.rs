//! The system asks this program to end: somebody signs out, shuts down, or ends it by hand.
//!
//! Not here: what is put away then.

use std::io;

/// Waits until the system asks this program to end. Prepared as soon as it is called, so that from
/// then on a signal no longer ends the program by itself.
///
/// # Errors
/// The system does not let this program listen.
#[cfg(unix)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut ended = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = ended.recv() => {}
            _ = interrupted.recv() => {}
            _ = hung_up.recv() => {}
        }
    })
}

/// Waits until the system asks this program to end.
///
/// # Errors
/// The system does not let this program listen.
#[cfg(windows)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};

    let (mut interrupted, mut broken) = (ctrl_c()?, ctrl_break()?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = broken.recv() => {}
        }
    })
}
