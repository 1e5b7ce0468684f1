//! Lending the clipboard a text for some seconds (R4).
//!
//! One thread holds the clipboard while the text is lent, because on X11 and Wayland whoever offers
//! a text must live to hand it over. It carries the marks that keep it out of histories, and is
//! cleared when its time is over, when somebody asks, and when the session is locked; in each case
//! only where the text that lies there is still ours, whoever offers it now. The clipboard is let go
//! of after that, never before: an owner that leaves may be asked for its text by a manager.
//!
//! macOS takes the mark for concealed text; that a text stays on this host alone cannot be said
//! through the library that is used here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_core::keypair::ExportWay;
use patchbay_core::ports::outlet::{Outlet, OutletError};
use patchbay_core::secret::Secret;
use patchbay_core::text;

/// How long somebody who asks for it to be cleared waits for that at most.
const CLEARING: Duration = Duration::from_secs(1);

/// How long the system may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a text may take to arrive in the clipboard.
const ARRIVING: Duration = Duration::from_secs(2);

/// How often a place is looked at until our text is not there any more, and how far apart.
#[cfg(all(unix, not(target_os = "macos")))]
const CLEARED_TIMES: u32 = 3;
#[cfg(all(unix, not(target_os = "macos")))]
const BETWEEN: Duration = Duration::from_millis(5);

/// The clipboard as something that can be lent a text; one text at a time.
#[derive(Clone, Debug, Default)]
pub struct LentClipboard {
    loan: Arc<Mutex<Option<Loan>>>,
}

/// A text that is lent now.
#[derive(Debug)]
struct Loan {
    orders: Sender<Order>,
    until: Instant,
    over: Arc<AtomicBool>,
}

/// What the thread that holds the clipboard is told.
enum Order {
    /// Clear it now, and say when that is done.
    Clear(Option<Sender<()>>),
}

impl LentClipboard {
    /// The clipboard for one text, which stays there for that long.
    pub fn outlet(&self, stays: Duration) -> ClipboardOutlet {
        ClipboardOutlet {
            clipboard: self.clone(),
            stays,
        }
    }

    /// Clears the text that is lent, if it still lies there. Blocks until that is done, for a second
    /// at most.
    pub fn clear_now(&self) {
        let Some(loan) = self.loan().take() else {
            return;
        };
        let (done, wait) = mpsc::channel();
        if loan.orders.send(Order::Clear(Some(done))).is_ok() {
            // Gone without an answer means that it was over already.
            let _ = wait.recv_timeout(CLEARING);
        }
    }

    /// How long the text that is lent still stays; `None` where none is.
    pub fn stays(&self) -> Option<Duration> {
        let loan = self.loan();
        let loan = loan
            .as_ref()
            .filter(|loan| !loan.over.load(Ordering::SeqCst))?;
        loan.until.checked_duration_since(Instant::now())
    }

    fn loan(&self) -> MutexGuard<'_, Option<Loan>> {
        self.loan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a text, in the place of the one before.
    fn lend(&self, text: Secret, stays: Duration) -> Result<(), String> {
        self.clear_now();
        let (orders, heard) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let until = Instant::now() + stays;
        let over = Arc::new(AtomicBool::new(false));
        let (again, ended) = (orders.clone(), over.clone());
        // Known before the text is there, so that it can be cleared from its first moment on.
        *self.loan() = Some(Loan {
            orders,
            until,
            over,
        });
        let begun = thread::Builder::new()
            .name("clipboard".to_owned())
            .spawn(move || {
                hold(&text, stays, &heard, again, &tell);
                ended.store(true, Ordering::SeqCst);
            });
        begun.map_err(|error| error.to_string())?;
        let answer = told.recv_timeout(PATIENCE);
        answer.map_err(|_| "the desktop does not answer".to_owned())??;
        if let Some(loan) = self.loan().as_mut() {
            loan.until = Instant::now() + stays;
        }
        Ok(())
    }
}

/// Takes one text into the clipboard.
#[derive(Debug)]
pub struct ClipboardOutlet {
    clipboard: LentClipboard,
    stays: Duration,
}

impl ClipboardOutlet {
    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let done = tokio::task::spawn_blocking(act);
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("it stopped while it was used".to_owned()),
            Err(_) => Err("the desktop does not answer".to_owned()),
        }
    }
}

#[async_trait]
impl Outlet for ClipboardOutlet {
    fn way(&self) -> ExportWay {
        ExportWay::Clipboard
    }

    async fn ready(&self) -> Result<(), OutletError> {
        let tried = self.run(|| open().map(drop)).await;
        tried.map_err(|why| OutletError::Refused {
            way: ExportWay::Clipboard,
            detail: text::outside(&why, 200),
        })
    }

    async fn put(&self, text: &Secret) -> Result<(), OutletError> {
        let (clipboard, stays) = (self.clipboard.clone(), self.stays);
        let text = Secret::new(text.expose().to_vec());
        let lent = self.run(move || clipboard.lend(text, stays)).await;
        lent.map_err(|why| OutletError::Failed {
            way: ExportWay::Clipboard,
            detail: text::outside(&why, 200),
        })
    }
}

/// Clears a text that was not lent from here, wherever it lies in the clipboard. Blocks.
pub fn forget(text: &Secret) {
    if let Ok(mut clipboard) = open() {
        clear_if_ours(&mut clipboard, text);
    }
}

fn open() -> Result<arboard::Clipboard, String> {
    arboard::Clipboard::new().map_err(|error| {
        #[cfg(target_os = "linux")]
        if let Some(why) = refusing_desktop() {
            return why.to_owned();
        }
        error.to_string()
    })
}

/// Why there is no clipboard on this desktop, where that can be told.
#[cfg(target_os = "linux")]
fn refusing_desktop() -> Option<&'static str> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
        (false, false) => Some("this program was started outside a desktop session"),
        (true, false) => Some("this desktop lets no program use its clipboard in the background"),
        _ => None,
    }
}

/// Holds the clipboard until the text is cleared or somebody else has it. `tell` learns at once
/// whether the text is there.
fn hold(
    text: &Secret,
    stays: Duration,
    orders: &Receiver<Order>,
    again: Sender<Order>,
    tell: &Sender<Result<(), String>>,
) {
    // Listening begins before there is anything to clear.
    #[cfg(target_os = "linux")]
    let _watch = super::session_lock::LockWatch::begin(move || {
        // Nobody is there any more when everything is over.
        let _ = again.send(Order::Clear(None));
    })
    .map_err(|error| tracing::debug!(%error, "nobody says when the session is locked"));
    #[cfg(not(target_os = "linux"))]
    drop(again);
    let mut clipboard = match open().and_then(|mut clipboard| {
        put_marked(&mut clipboard, text)?;
        Ok(clipboard)
    }) {
        Ok(clipboard) => clipboard,
        Err(why) => {
            let _ = tell.send(Err(why));
            return;
        }
    };
    if tell.send(Ok(())).is_err() {
        // Whoever asked gave up, so it was not handed over.
        clear_if_ours(&mut clipboard, text);
        return;
    }
    // Counted from the moment when it is there.
    let done = match orders.recv_timeout(stays) {
        Ok(Order::Clear(done)) => done,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
    };
    clear_if_ours(&mut clipboard, text);
    drop(clipboard);
    if let Some(done) = done {
        let _ = done.send(());
    }
}

/// Puts the text there with the marks that tell histories and clouds to leave it alone, and looks
/// whether it is there.
fn put_marked(clipboard: &mut arboard::Clipboard, text: &Secret) -> Result<(), String> {
    let words = std::str::from_utf8(text.expose()).map_err(|_| "it is no text".to_owned())?;
    let set = marked(clipboard.set());
    set.text(words).map_err(|error| error.to_string())?;
    // A compositor may take a moment before it says so.
    let begun = Instant::now();
    while begun.elapsed() < ARRIVING {
        let there = clipboard.get_text();
        let there = there.map(|there| Secret::new(there.into_bytes()));
        if there.is_ok_and(|there| there.same_as(text)) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    clear_if_ours(clipboard, text);
    Err("the text did not arrive there".to_owned())
}

#[cfg(all(unix, not(target_os = "macos")))]
fn marked(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtLinux::exclude_from_history(set)
}

#[cfg(target_os = "macos")]
fn marked(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtApple::exclude_from_history(set)
}

#[cfg(windows)]
fn marked(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtWindows;

    set.exclude_from_monitoring()
        .exclude_from_cloud()
        .exclude_from_history()
}

/// Clears what lies there if it is this text; what somebody else put there stays.
#[cfg(all(unix, not(target_os = "macos")))]
fn clear_if_ours(clipboard: &mut arboard::Clipboard, text: &Secret) {
    use arboard::{ClearExtLinux, GetExtLinux, LinuxClipboardKind};

    // Selecting text, or a program that keeps the two the same, puts it into the other one too.
    for kind in [LinuxClipboardKind::Clipboard, LinuxClipboardKind::Primary] {
        // Looked at again afterwards: a manager may offer it anew, or not have answered in time.
        for _ in 0..CLEARED_TIMES {
            let there = clipboard.get().clipboard(kind).text();
            match there.map(|there| Secret::new(there.into_bytes())) {
                Ok(there) if there.same_as(text) => {
                    if let Err(error) = clipboard.clear_with().clipboard(kind) {
                        tracing::error!(%error, "a copied key could not be cleared");
                    }
                }
                Ok(_) | Err(arboard::Error::ClipboardNotSupported) => break,
                Err(_) => thread::sleep(BETWEEN),
            }
        }
    }
}

/// Clears what lies there if it is this text; what somebody else put there stays.
#[cfg(any(target_os = "macos", windows))]
fn clear_if_ours(clipboard: &mut arboard::Clipboard, text: &Secret) {
    let there = clipboard
        .get_text()
        .map(|there| Secret::new(there.into_bytes()));
    if there.is_ok_and(|there| there.same_as(text))
        && let Err(error) = clipboard.clear()
    {
        tracing::error!(%error, "a copied key could not be cleared from the clipboard");
    }
}
