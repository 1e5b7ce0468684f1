//! One conversation with a pretend instance: a look, or a push from `ready` to its end.
//!
//! The same promises as over ssh: nothing is written without `go`; what was sealed for another run,
//! damaged, or meant for rows that changed since `ready` is refused; all values or none; the lock
//! is held from before the rows are read until the commit is said. Not here: carrying (the door).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::config::ConfigPath;
use patchbay_core::id::{EntryId, hex};
use patchbay_core::look::{PaymentPlace, ScopedValue};
use patchbay_core::push::values::Payments;
use serde_json::{Value, json};
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::instance::{Instance, Rows};
use super::trouble::{Death, Troubles};
use super::undo::Kept;
use super::values::{Feed, Request, Restore, Wish, Write, writes};
use super::{Place, report};

/// How long a push waits for its lock.
const LOCK: Duration = Duration::from_secs(10);
/// The longest an instance waits for the second at which it may sign.
const SIGNING: i64 = 10;
/// How long a quarter of a feed takes to be sent.
const FEED_STEP: Duration = Duration::from_millis(120);

/// One conversation, from the request to the last answer.
pub(super) struct Talk {
    pub(super) place: Arc<Place>,
    pub(super) request: Request,
    pub(super) out: mpsc::Sender<Bytes>,
    pub(super) go: oneshot::Receiver<Zeroizing<Vec<u8>>>,
}

/// The conversation ended early: the other side went away, or death was asked for.
struct Over;

type Step<T = ()> = Result<T, Over>;

/// What is kept between `ready` and `go`.
struct Waiting {
    before: Kept,
    former: Option<Former>,
    opener: crypto_box::SecretKey,
}

/// What an undo brings back: what was kept, and which of it.
struct Former {
    kept: Kept,
    touched: Vec<ConfigPath>,
    payments: Vec<PaymentPlace>,
}

impl Talk {
    pub(super) async fn run(mut self) {
        // Over is no failure: whoever went away is not told anything.
        let _ = self.all().await;
    }

    async fn all(&mut self) -> Step {
        let right_root = self.instance(|instance| instance.root == self.request.root);
        if !right_root {
            return self.stop("rootMissing").await;
        }
        match &self.request.wish {
            Wish::Look { under_lock, .. } => {
                let under_lock = *under_lock;
                self.look(under_lock).await
            }
            Wish::Push {
                entry, patience, ..
            } => {
                let (entry, patience) = (entry.clone(), *patience);
                self.push(&entry, patience).await
            }
            Wish::Resync(feed) => self.resync(feed.as_ref()).await,
        }
    }

    fn instance<T>(&self, act: impl FnOnce(&mut Instance) -> T) -> T {
        act(&mut super::lock(&self.place.instance))
    }

    fn troubles(&self) -> Troubles {
        self.instance(|instance| instance.troubles.clone())
    }

    async fn look(&mut self, under_lock: Option<u32>) -> Step {
        self.instance(|instance| instance.tally.looks += 1);
        let _turn = match under_lock {
            Some(seconds) => match self.turn(Duration::from_secs(seconds.into())).await {
                Some(turn) => Some(turn),
                None => return self.stop("busy").await,
            },
            None => None,
        };
        let report = self.whole().await;
        self.say("done", &report).await
    }

    /// A look with tokens, once the instance may sign, and with the keys that were asked for.
    async fn whole(&self) -> Value {
        let at = self.signing_second().await;
        self.instance(|instance| {
            let mut said = report::look(instance, &self.request.key);
            let signs = instance.connector == patchbay_core::look::ConnectorModule::Enabled;
            if let (Some(at), true) = (at, signs) {
                said["tokens"] = json!(report::tokens(at, |path| instance.effective(path)));
            }
            if let Wish::Look {
                take_keys: Some(to),
                ..
            } = &self.request.wish
            {
                said["sealedKeys"] = json!(report::handed_over(instance, to));
            }
            said
        })
    }

    /// Waits until the instance's clock is past the second after which it may sign; `None` where
    /// that is too far off.
    async fn signing_second(&self) -> Option<i64> {
        let ahead = self.instance(|instance| instance.clock_ahead);
        let from = self.request.sign_after.saturating_add(1);
        let begun = crate::stage::now().saturating_add(ahead);
        if from - begun > SIGNING {
            return None;
        }
        loop {
            let now = crate::stage::now().saturating_add(ahead);
            if now >= from {
                return Some(now);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Names the feeds, or has one sent: a few lines, and where it went is remembered.
    async fn resync(&self, feed: Option<&Feed>) -> Step {
        let key = &self.request.key;
        let Some(feed) = feed else {
            let feeds = self.instance(
                |instance| json!({"look": report::look(instance, key), "names": instance.feeds}),
            );
            return self.say("feeds", &feeds).await;
        };
        let (identity, space, known) = self.instance(|instance| {
            let space = instance.effective(ConfigPath::DataSpaceId);
            (
                key.exact(instance.identity().as_bytes()).to_string(),
                String::from_utf8_lossy(space.unwrap_or_default()).into_owned(),
                instance.feeds.contains(&feed.name),
            )
        });
        if identity != feed.identity || space != feed.data_space {
            return self.say("fed", &json!({"code": "changed"})).await;
        }
        if !known {
            let words = json!({"code": 1, "detail": "Resync option --feed is required."});
            return self.say("fed", &words).await;
        }
        for part in 1..=4 {
            let line = format!("{}: {} of 400 items", feed.name, part * 100);
            self.say("line", &json!({"text": line})).await?;
            sleep(FEED_STEP).await;
        }
        self.instance(|instance| instance.tally.fed.push((feed.name.clone(), space)));
        self.say("fed", &json!({"code": 0})).await
    }

    async fn turn(&self, wait: Duration) -> Option<OwnedMutexGuard<()>> {
        if self.troubles().lock_held {
            return None;
        }
        let turn = Arc::clone(&self.place.turn).lock_owned();
        tokio::select! {
            taken = timeout(wait, turn) => taken.ok(),
            () = self.out.closed() => None,
        }
    }

    async fn push(&mut self, entry: &EntryId, patience: Duration) -> Step {
        self.instance(|instance| instance.tally.pushes += 1);
        let Some(turn) = self.turn(LOCK).await else {
            return self.stop("busy").await;
        };
        self.dies(Death::BeforeReady)?;
        let Some((waiting, ready)) = self.ready(entry).await else {
            return self.stop("undoUnusable").await;
        };
        self.say("ready", &ready).await?;
        let sealed = self.sealed(patience).await?;
        self.dies(Death::BeforeCommit)?;
        let refused =
            self.instance(|instance| carry_out(instance, &waiting, &sealed, &self.request));
        if let Some(reason) = refused {
            return self
                .say("refused", &json!({"reason": reason, "detail": ""}))
                .await;
        }
        self.dies(Death::AfterCommit)?;
        self.say("committed", &json!({})).await?;
        drop(turn);
        self.dies(Death::AfterAnswer)?;
        let report = self.whole().await;
        self.say("done", &report).await
    }

    async fn ready(&self, entry: &EntryId) -> Option<(Waiting, Value)> {
        let restore = match &self.request.wish {
            Wish::Push { restore, .. } => restore.as_ref(),
            Wish::Look { .. } | Wish::Resync(_) => None,
        };
        let former = match restore {
            Some(restore) => Some(self.former(restore)?),
            None => None,
        };
        let at = match &former {
            Some(_) => self.signing_second().await,
            None => None,
        };
        let mut secret = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(secret.as_mut()).ok()?;
        let opener = crypto_box::SecretKey::from_bytes(*secret);
        let key = &self.request.key;
        self.instance(|instance| {
            let former_said = former.as_ref().map(|former| {
                report::former(&former.kept, &former.touched, key, at.unwrap_or_default())
            });
            let before = instance.kept();
            let undo = instance
                .blob_key
                .keep(&before, &instance.identity(), entry)?;
            let ready = json!({
                "look": report::look(instance, key),
                "sealTo": hex(opener.public_key().as_bytes()),
                "undo": STANDARD.encode(undo),
                "former": former_said,
            });
            Some((
                Waiting {
                    before,
                    former,
                    opener,
                },
                ready,
            ))
        })
    }

    fn former(&self, restore: &Restore) -> Option<Former> {
        let kept = self.instance(|instance| {
            let identity = instance.identity();
            instance
                .blob_key
                .open(&restore.blob, &identity, &restore.entry)
        })?;
        Some(Former {
            kept,
            touched: restore.touched.clone(),
            payments: restore.payments.clone(),
        })
    }

    /// The sealed line; nothing in time, or nobody there any more, ends the conversation.
    async fn sealed(&mut self, patience: Duration) -> Step<Zeroizing<Vec<u8>>> {
        let sealed = tokio::select! {
            sealed = timeout(patience, &mut self.go) => sealed.ok().and_then(Result::ok),
            () = self.out.closed() => None,
        };
        if sealed.is_some() {
            self.instance(|instance| instance.tally.gos += 1);
        }
        sealed.ok_or(Over)
    }

    fn dies(&self, at: Death) -> Step {
        if self.troubles().dies == Some(at) {
            return Err(Over);
        }
        Ok(())
    }

    async fn stop(&self, code: &str) -> Step {
        self.say("error", &json!({"code": code, "detail": ""}))
            .await
    }

    /// One marked line, as the program on a real instance prints it.
    async fn say(&self, kind: &str, what: &Value) -> Step {
        let troubles = self.troubles();
        if troubles.slow_millis > 0 {
            tokio::select! {
                () = sleep(Duration::from_millis(troubles.slow_millis)) => {}
                () = self.out.closed() => return Err(Over),
            }
        }
        let nonce = self.request.nonce.as_str();
        let body = STANDARD.encode(what.to_string());
        let mut line = format!("@@patchbay:{nonce}:{kind}:{body}:@@\n");
        if troubles.garbled {
            line = format!("PHP Deprecated: noise\n{}", &line[..line.len() / 2]);
        }
        self.out.send(Bytes::from(line)).await.map_err(|_| Over)?;
        if troubles.garbled { Err(Over) } else { Ok(()) }
    }
}

/// Opens, compares and writes: everything or nothing. Gives the reason where nothing was written.
fn carry_out(
    instance: &mut Instance,
    waiting: &Waiting,
    sealed: &[u8],
    request: &Request,
) -> Option<&'static str> {
    if let Some(name) = instance.troubles.changes_after_ready.take() {
        instance.set(ConfigPath::ProjectName, &name);
    }
    let opened = waiting.opener.unseal(sealed).ok().map(Zeroizing::new);
    let writes = opened.and_then(|opened| writes(&opened, &request.nonce));
    let fitting = writes.filter(|(writes, payments)| fits(instance, waiting, writes, *payments));
    let Some((writes, payments)) = fitting else {
        return Some("badValues");
    };
    if instance.kept() != waiting.before {
        return Some("changed");
    }
    if let Some(former) = &waiting.former {
        for path in &former.touched {
            let value = former.kept.rows.get(path).cloned();
            put(&mut instance.rows, *path, value);
        }
        for place in &former.payments {
            instance.payments.retain(|row| &row.place() != place);
            let mut kept = former.kept.payments.iter();
            let row = kept.find(|row| &row.place() == place);
            instance.payments.extend(row.cloned());
        }
        instance.payments.sort_by_key(ScopedValue::place);
    }
    if payments == Payments::Removed {
        instance.payments.clear();
    }
    for (path, value) in writes {
        put(&mut instance.rows, path, value);
    }
    instance.tally.commits += 1;
    None
}

/// An undo sends no values, and a value that is fixed elsewhere is never written.
fn fits(instance: &Instance, waiting: &Waiting, writes: &[Write], payments: Payments) -> bool {
    let free = |(path, _): &Write| !instance.fixed.contains_key(path);
    let nothing = writes.is_empty() && payments == Payments::Left;
    writes.iter().all(free) && waiting.former.is_some() == nothing
}

fn put(rows: &mut Rows, path: ConfigPath, value: Option<super::instance::Value>) {
    match value {
        Some(value) => rows.insert(path, value),
        None => rows.remove(&path),
    };
}
