//! From the journal's first line to its last: `go`, read back, prove, and the second look after a
//! cut (P9).
//!
//! Not here: everything before the first value leaves (run).

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::order::{Outcome, Step};
use super::plan::{Change, Plan, PlanKind, Wanted};
use super::prepare::Prepared;
use super::run::{Ending, OnStep};
use super::values::{self, Payments, Write};
use crate::config::{ConfigPath, Purpose};
use crate::connection::check::Gathered;
use crate::connection::{Evidence, PairAnswer};
use crate::error::{Error, Result};
use crate::id::{DataSpaceId, EntryId, PushId, hex};
use crate::instance::adding::refuse_another;
use crate::journal::{Action, ChangeLine, JournalEvent, Phase};
use crate::look::Look;
use crate::patchbay::{Patchbay, Run};
use crate::ports::gateway::Bearer;
use crate::ports::keychain::Asked;
use crate::ports::transport::{Conversation, Go, LookRequest, NotWritten, Ready, TransportError};
use crate::secret::Secret;

/// How the look after `committed` or after a cut ended.
enum After {
    Seen(Box<Look>),
    Lost(TransportError),
}

impl Patchbay {
    /// From the journal's first line to its last.
    pub(super) async fn write(
        &self,
        prepared: &Prepared,
        plan: Plan,
        entry: EntryId,
        push: &PushId,
        conversation: Box<dyn Conversation>,
        on_step: OnStep<'_>,
    ) -> Result<Ending> {
        let sealed = match self.sealed(prepared, &plan, conversation.ready()) {
            Ok(sealed) => sealed,
            Err(error) => {
                conversation.leave().await;
                return Err(error);
            }
        };
        let begun = self
            .event(prepared, &plan, &entry, push, Phase::Begun, None)
            .await;
        let undo = &conversation.ready().undo;
        let noted = async {
            self.put_aside(prepared).await?;
            self.write_journal(&begun, Some(undo)).await
        };
        if let Err(error) = noted.await {
            conversation.leave().await;
            return Err(error);
        }
        let run = self.new_run();
        let (outcome, error, after) = self.carry_out(prepared, &plan, conversation, &sealed).await;
        let mut ending = Ending {
            outcome,
            plan: Some(plan),
            error,
            evidence: None,
            entry: Some(entry.clone()),
        };
        if let Err(error) = self.follow_up(&begun, outcome).await {
            tracing::warn!(%error, "what follows from a push could not be remembered");
            ending.error = ending.error.or(Some(error));
        }
        // An entry whose outcome is not known stays open, so that the next start asks again. So does
        // one whose end cannot be noted.
        if let (Some(plan), true) = (&ending.plan, outcome != Outcome::OutcomeUnknown) {
            let how = Some((outcome, ending.error.as_ref()));
            let ended = self
                .event(prepared, plan, &entry, push, Phase::Ended, how)
                .await;
            if let Err(error) = self.write_journal(&ended, None).await {
                tracing::warn!(%error, "the end of a push could not be noted in the journal");
                ending.error = ending.error.or(Some(error));
            }
        }
        if let (After::Seen(look), Outcome::Pushed) = (after, outcome) {
            on_step(&prepared.instance, Step::Verifying);
            // The values are written: trouble with proving them changes nothing about that. While
            // Adobe is asked, the keychain learns the journal's end; a bulk push does so once.
            let (proven, ()) = futures_util::join!(self.verified(prepared, *look, run), async {
                if !prepared.bulk {
                    self.remember_head_if_possible().await;
                }
            });
            match proven {
                Ok(evidence) => ending.evidence = evidence,
                Err(error) => ending.error = ending.error.or(Some(error)),
            }
        }
        Ok(ending)
    }

    /// `go`, and everything until the outcome is known.
    async fn carry_out(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        mut conversation: Box<dyn Conversation>,
        sealed: &[u8],
    ) -> (Outcome, Option<Error>, After) {
        match conversation.go(sealed).await {
            Ok(Go::Committed) => {
                let after = self.read_back(prepared, plan, conversation).await;
                let error = after_error(plan, &after);
                let outcome = if error
                    .as_ref()
                    .is_some_and(|e| e.code() == "readBackDiffers")
                {
                    Outcome::Failed
                } else {
                    Outcome::Pushed
                };
                (outcome, error, after)
            }
            Ok(Go::NotWritten(why)) => {
                drop(conversation);
                let (outcome, error) = not_written(plan, why);
                (outcome, Some(error), After::Lost(lost()))
            }
            Err(error) => {
                drop(conversation);
                self.second_look(prepared, plan, error).await
            }
        }
    }

    /// The one line of a push. Whatever changes goes as a whole: both halves of a pair, all five
    /// values of a data space (P13); the instance leaves out what is fixed there and equal.
    fn sealed(&self, prepared: &Prepared, plan: &Plan, ready: &Ready) -> Result<Vec<u8>> {
        let mut writes = Vec::new();
        let changes = |group: Option<Purpose>| {
            plan.changes
                .iter()
                .any(|change| change.path.purpose() == group)
        };
        for path in ConfigPath::ALL {
            if prepared.restore.is_some() || !changes(path.purpose()) {
                continue;
            }
            let value = match prepared.wanted.get(&path) {
                None | Some(Wanted::Remove) => None,
                Some(Wanted::Set { .. }) => {
                    let value = prepared.values.get(&path);
                    let value = value.ok_or_else(|| held_elsewhere(&plan.name))?;
                    Some(Secret::new(value.expose().to_vec()))
                }
            };
            writes.push(Write { path, value });
        }
        // An undo's rows come from its blob, payments settings too.
        let payments = match prepared.restore.is_none() && !plan.payments.is_empty() {
            true => Payments::Removed,
            false => Payments::Left,
        };
        let line = values::encode(&ready.look.nonce, &writes, payments);
        Ok(self.ports.crypto.seal(&ready.seal_to, &line)?)
    }

    /// Waits for the re-read; when the connection breaks after `committed`, looks again.
    async fn read_back(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        conversation: Box<dyn Conversation>,
    ) -> After {
        match conversation.finish().await {
            Ok(look) => After::Seen(Box::new(look)),
            Err(error) => {
                tracing::warn!(instance = %plan.name, %error, "committed, but the re-read was lost; looking again");
                match self.look_under_lock(prepared).await {
                    Ok(look) => After::Seen(Box::new(look)),
                    Err(_) => After::Lost(error),
                }
            }
        }
    }

    async fn look_under_lock(&self, prepared: &Prepared) -> Result<Look> {
        let request = LookRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            sign_after: self.sign_after(&prepared.instance).await?,
            under_lock: Some(super::settle::SECOND_LOOK_SECONDS),
            take_keys: None,
            asked: Asked::ByUser,
        };
        let look = self.ports.transport.look(&prepared.way, &request).await?;
        refuse_another(&prepared.instance, &look)?;
        Ok(look)
    }

    /// P9: after a cut the lock is taken first; then the values say which it is.
    async fn second_look(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        broke: TransportError,
    ) -> (Outcome, Option<Error>, After) {
        self.ports.clock.sleep(Duration::from_millis(200)).await;
        let look = self.look_under_lock(prepared).await.ok();
        let told = look.as_ref().and_then(|look| told_apart(plan, look));
        match (told, look) {
            (Some(true), Some(look)) => (Outcome::Pushed, None, After::Seen(Box::new(look))),
            (Some(false), Some(look)) => {
                self.spend_quietly(prepared, &look).await;
                (Outcome::Failed, Some(broke.into()), After::Lost(lost()))
            }
            (_, look) => {
                if let Some(look) = look {
                    self.spend_quietly(prepared, &look).await;
                }
                let error = Some(unknown(&plan.name));
                (Outcome::OutcomeUnknown, error, After::Lost(broke))
            }
        }
    }

    /// The tokens of a look that nobody is asked about prove nothing later.
    async fn spend_quietly(&self, prepared: &Prepared, look: &Look) {
        if let Err(error) = self.spend_tokens(&prepared.instance, &look.tokens).await {
            tracing::warn!(%error, "tokens that were handed over could not be noted");
        }
    }

    /// Lets Adobe answer about what is there now, labels the Cloud project, and judges.
    async fn verified(
        &self,
        prepared: &Prepared,
        look: Look,
        run: Run,
    ) -> Result<Option<Evidence>> {
        let at = self.ports.clock.now();
        let mut instance = self.instance_by_id(&prepared.instance.id).await?;
        self.pin_first(&mut instance, &look).await?;
        let (look, adobe) = self.prove(&instance, &prepared.way, look, run).await?;
        let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
        if adobe.pair(used) == &PairAnswer::Accepted {
            self.label_cloud(&look, used).await;
        }
        let gathered = Gathered {
            instance,
            at,
            look: Some(Ok(look)),
            adobe: Some(adobe),
            shop: None,
            forward: self.ports.clock.monotonic(),
        };
        let judged = self.judge_all(vec![gathered]).await?;
        Ok(judged.into_iter().next().map(|checked| checked.evidence))
    }

    /// On Cloud: records which Cloud project uses the data space, as the connector does when it
    /// saves. Errors are only logged, as there.
    async fn label_cloud(&self, look: &Look, used: Purpose) {
        let (Some(cloud), Some(id)) = (&look.cloud, look.plain(ConfigPath::DataSpaceId)) else {
            return;
        };
        let signed = look.tokens.iter().find(|token| token.purpose == used);
        let parts = signed.and_then(|s| Some((s.api_key.as_ref()?, s.token.as_ref().ok()?)));
        if let (Some((api_key, token)), Ok(id)) = (parts, DataSpaceId::parse(id)) {
            let bearer = Bearer { api_key, token };
            if let Err(error) = self
                .ports
                .gateway
                .label_cloud(used, &bearer, &id, &cloud.project)
                .await
            {
                tracing::warn!(%error, "the Cloud project could not be recorded with the data space");
            }
        }
    }

    async fn event(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        entry: &EntryId,
        push: &PushId,
        phase: Phase,
        ended: Option<(Outcome, Option<&Error>)>,
    ) -> JournalEvent {
        let (instance, action) = (&prepared.instance, action(&plan.kind));
        JournalEvent {
            parts: plan.parts.clone(),
            changes: change_lines(plan),
            outcome: ended.map(|(outcome, _)| outcome.as_str().to_owned()),
            error: ended
                .and_then(|(_, error)| error)
                .map(|e| (e.code().to_owned(), e.to_string())),
            ..self
                .event_on(instance, entry.clone(), push.clone(), phase, action)
                .await
        }
    }
}

fn lost() -> TransportError {
    TransportError::Broken {
        detail: "nothing was written".to_owned(),
    }
}

pub(super) fn action(kind: &PlanKind) -> Action {
    match kind {
        PlanKind::Assignment => Action::Push,
        PlanKind::Detach => Action::Detach,
        PlanKind::Undo(_) => Action::Undo,
        PlanKind::Move => Action::Move,
        PlanKind::Repair => Action::Repair,
    }
}

/// What a plan changes, as the journal keeps it.
pub(super) fn change_lines(plan: &Plan) -> Vec<ChangeLine> {
    let values = plan.changes.iter().map(change_line);
    let payments = plan.payments.iter().map(|change| ChangeLine {
        path: change.place.to_string(),
        from: payment_side(change.from.as_deref()),
        to: payment_side(change.to.as_deref()),
    });
    values.chain(payments).collect()
}

/// One side of a changed payments setting: its text, and a mark that tells an empty row from none.
pub(crate) fn payment_side(value: Option<&str>) -> (String, String) {
    value.map_or_else(Default::default, |value| {
        (value.to_owned(), hex(&Sha256::digest(value.as_bytes())))
    })
}

fn change_line(change: &Change) -> ChangeLine {
    let exact = |exact: &Option<crate::fingerprint::ExactFingerprint>| {
        exact
            .as_ref()
            .map(|e| e.as_str().to_owned())
            .unwrap_or_default()
    };
    ChangeLine {
        path: change.path.as_str().to_owned(),
        from: (change.from.text(), exact(&change.from_exact)),
        to: (change.to.text(), exact(&change.to_exact)),
    }
}

/// Whether an instance holds what a push was to write (`true`), what was there before (`false`),
/// or neither.
pub(crate) fn told_apart(plan: &Plan, look: &Look) -> Option<bool> {
    let mut values = plan.changes.iter();
    let mut payments = plan.payments.iter();
    let sealed = |change: &Change| !change.only_seals_again() || !look.is_badly_kept(change.path);
    if values.all(|change| look.exact(change.path) == change.to_exact.as_ref() && sealed(change))
        && payments.all(|change| look.payment(&change.place) == change.to.as_deref())
    {
        return Some(true);
    }
    let mut values = plan.changes.iter();
    let mut payments = plan.payments.iter();
    let old = values.all(|change| look.exact(change.path) == change.from_exact.as_ref())
        && payments.all(|change| look.payment(&change.place) == change.from.as_deref());
    old.then_some(false)
}

fn held_elsewhere(name: &str) -> Error {
    Error::refused(
        "keyNotHere",
        format!(
            "A private key assigned to \"{name}\" is held by an instance only, so it cannot be pushed from here."
        ),
        "Adopt it with its private key, or assign a pair that is on this computer.",
    )
}

fn unknown(name: &str) -> Error {
    Error::refused(
        "outcomeUnknown",
        format!(
            "The connection to \"{name}\" broke while it was writing, and it cannot be told yet whether it did."
        ),
        "Check it again; Patchbay will then say which it is.",
    )
}

fn after_error(plan: &Plan, after: &After) -> Option<Error> {
    match after {
        After::Seen(look) => match told_apart(plan, look) {
            Some(true) => None,
            _ => Some(Error::refused(
                "readBackDiffers",
                format!(
                    "The values were written to \"{}\", but other ones are in effect there.",
                    plan.name
                ),
                "Something on the server overrides them; check the instance and ask your developer.",
            )),
        },
        After::Lost(error) => Some(Error::refused(
            "notReadBack",
            format!(
                "The values were written to \"{}\", but reading them back failed: {error}.",
                plan.name
            ),
            "Check it again.",
        )),
    }
}

fn not_written(plan: &Plan, why: NotWritten) -> (Outcome, Error) {
    let name = &plan.name;
    match why {
        NotWritten::Changed => (
            Outcome::ChangedSincePlan,
            Error::refused(
                "changedSincePlan",
                format!("\"{name}\" changed at the last moment; nothing was written."),
                "Make a new plan and look at it again.",
            ),
        ),
        NotWritten::LockLost => (
            Outcome::Failed,
            Error::refused(
                "lockLost",
                format!("The database lock on \"{name}\" was lost; nothing was written."),
                "Try again.",
            ),
        ),
        NotWritten::BadValues => (
            Outcome::Failed,
            Error::refused(
                "valuesRefused",
                format!("\"{name}\" refused the values; nothing was written."),
                "Try again; if it stays, look at the log.",
            ),
        ),
        NotWritten::Database(detail) => (
            Outcome::Failed,
            Error::refused(
                "databaseFailed",
                format!("The database of \"{name}\" failed ({detail}); nothing was written."),
                "Ask your host, then try again.",
            ),
        ),
    }
}
