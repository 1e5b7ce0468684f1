//! `push`, `detach` and `undo`: one path, with a person's consent or a plan's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use patchbay_contract::push::PushDocument;
use patchbay_core::id::{EntryId, InstanceId, PushId};
use patchbay_core::instance::Instance;
use patchbay_core::push::guards::Effect;
use patchbay_core::push::order::{
    Cancel, InstanceResult, OrderKind, Outcome, PushOrder, PushReport, Step,
};

use super::check::renew;
use super::plan::{Planned, changes, guards, only, show_all};
use super::start::{Needs, look_after};
use super::{Desk, saved};
use crate::args::{Consent, DetachArgs, PushArgs, UndoArgs};
use crate::exit::{Done, Exit, Failure, exit_of};
use crate::output::Page;
use crate::{terminal, words};

pub(super) async fn push(desk: &Desk, args: PushArgs) -> Done {
    let agreed = args.plan.is_some();
    needs_consent(&args.consent, agreed)?;
    let mut order = match &args.plan {
        Some(file) => saved::order_of(desk, file).await?,
        None => PushOrder::new(OrderKind::Assignment, args.names),
    };
    look_after(desk, Needs::Keychain).await?;
    if args.retry_failed {
        let failed = desk.patchbay.failed_of_last_push().await?;
        let Some(failed) = failed.filter(|failed| !failed.instances.is_empty()) else {
            return nothing(desk, "Nothing of the last push failed.");
        };
        let ids = failed.instances.iter().map(|id| id.as_str().to_owned());
        order.names = ids.collect();
        order.parts = failed.parts;
    }
    only(&mut order, args.only);
    carry_out(desk, order, args.consent, agreed).await
}

pub(super) async fn detach(desk: &Desk, args: DetachArgs) -> Done {
    needs_consent(&args.consent, false)?;
    look_after(desk, Needs::Keychain).await?;
    let order = PushOrder::new(OrderKind::Detach, vec![args.name]);
    carry_out(desk, order, args.consent, false).await
}

pub(super) async fn undo(desk: &Desk, args: UndoArgs) -> Done {
    needs_consent(&args.consent, false)?;
    let no_id = || {
        Failure::usage(
            "badInput",
            "That is no id: one has 32 hex digits.",
            "Take it from patchbayctl journal list.",
        )
    };
    let kind = match (&args.entry, &args.push) {
        (Some(entry), _) => OrderKind::Undo(EntryId::parse(entry.trim()).ok_or_else(no_id)?),
        (None, Some(push)) => OrderKind::UndoPush(PushId::parse(push.trim()).ok_or_else(no_id)?),
        (None, None) => return Err(no_id()),
    };
    look_after(desk, Needs::Keychain).await?;
    carry_out(desk, PushOrder::new(kind, Vec::new()), args.consent, false).await
}

/// Refuses at once where nobody agreed and nobody can be asked.
pub(super) fn needs_consent(consent: &Consent, agreed: bool) -> Result<(), Failure> {
    if agreed || consent.yes || terminal::can_ask() {
        return Ok(());
    }
    Err(Failure::usage(
        "needsYes",
        "This changes instances, and nobody can be asked here.",
        "Look at the plan first, then add --yes (or push --plan with a saved plan).",
    ))
}

fn nothing(desk: &Desk, said: &str) -> Done {
    let document = PushDocument {
        entry: None,
        push: None,
        instances: Vec::new(),
    };
    desk.output.answer(&document, |page| page.line(said));
    Ok(Exit::Well)
}

/// Shows the plan and asks where nobody agreed yet, then carries the order out.
pub(super) async fn carry_out(
    desk: &Desk,
    mut order: PushOrder,
    consent: Consent,
    agreed: bool,
) -> Done {
    order.confirmed = consent.confirm;
    if !consent.yes && !agreed {
        let planned = desk.patchbay.plan(&order).await?;
        desk.output.before(|page| show_all(page, &planned));
        agree(&mut order, &planned)?;
    }
    let report = with_signals(desk, &order).await?;
    if report.instances.is_empty() {
        return nothing(
            desk,
            "No instance has an assignment yet: patchbayctl assign --help",
        );
    }
    let expired: Vec<Instance> = match report.instances.iter().any(sign_in_expired) {
        true => desk.patchbay.instances().await?,
        false => Vec::new(),
    };
    let document = PushDocument::from(&report);
    desk.output.answer(&document, |page| {
        show(page, &report);
        renew(
            page,
            expired.iter().filter(|instance| {
                let mut results = report.instances.iter();
                results.any(|one| one.instance == instance.id && sign_in_expired(one))
            }),
        );
    });
    Ok(exit(&report.instances))
}

/// Asks the person at the terminal, and ties the order to exactly the plans they saw.
fn agree(order: &mut PushOrder, planned: &[Planned]) -> Result<(), Failure> {
    let mut expected: BTreeMap<InstanceId, String> = BTreeMap::new();
    let mut changing = 0;
    for (instance, plan) in planned {
        // What could not be planned was not seen, so no plan of it is the right one.
        let hash = plan
            .as_ref()
            .map(|plan| plan.hash.clone())
            .unwrap_or_default();
        expected.insert(instance.id.clone(), hash);
        let Ok(plan) = plan else { continue };
        let blocked = plan.guards.iter().any(|g| g.effect == Effect::Blocked);
        if !blocked && !plan.is_empty() {
            changing += 1;
        }
    }
    order.expected = Some(expected);
    if changing == 0 {
        return Ok(());
    }
    if !terminal::ask_yes(&format!("Apply this to {changing} of {}?", planned.len())) {
        return Err(Failure::refused(
            "notAgreed",
            "Nothing was changed.",
            "Answer y to apply the plan.",
        ));
    }
    for (instance, plan) in planned {
        let Ok(plan) = plan else { continue };
        // No name opens what is blocked, so none is asked for.
        if plan.guards.iter().any(|g| g.effect == Effect::Blocked) {
            continue;
        }
        let asks = plan.guards.iter().find(|g| g.effect == Effect::Confirm);
        if let Some(guard) = asks
            && !order
                .confirmed
                .iter()
                .any(|name| name.trim() == instance.name)
        {
            terminal::say(&guard.text);
            let typed = terminal::ask(&format!("Type {} to confirm: ", instance.name));
            order.confirmed.push(typed.trim().to_owned());
        }
    }
    Ok(())
}

/// Pushes; an interrupt lets what has begun to write finish, a second one leaves at once.
async fn with_signals(desk: &Desk, order: &PushOrder) -> Result<PushReport, Failure> {
    let cancel = order.cancel.clone();
    let watch = tokio::spawn(watch(
        cancel,
        "Stopping: nothing new is begun, what is being written is finished.",
    ));
    let progress = terminal::shows_progress();
    let ended = AtomicUsize::new(0);
    let on_step = move |instance: &Instance, step: Step| {
        let said = match step {
            Step::Done(outcome) => {
                let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
                format!("{} ({ended} ended)", words::outcome(outcome))
            }
            doing => words::step(doing).unwrap_or_default().to_owned(),
        };
        if progress {
            terminal::say(&format!("{}: {said}", instance.name));
        }
    };
    let report = desk.patchbay.push(order, &on_step).await;
    watch.abort();
    Ok(report?)
}

/// Raises the flag at the first interrupt and says so; leaves at once at the second.
pub(super) async fn watch(cancel: Cancel, said: &str) {
    terminal::interrupted().await;
    cancel.raise();
    terminal::say(said);
    terminal::interrupted().await;
    terminal::say("Left at once. The next start says what became of it.");
    std::process::exit(i32::from(Exit::Failed as u8));
}

fn show(page: &mut Page, report: &PushReport) {
    show_results(page, &report.instances);
}

/// What came of every instance.
pub(super) fn show_results(page: &mut Page, results: &[InstanceResult]) {
    for result in results {
        page.line(format!(
            "{}: {} ({} ms)",
            result.name,
            words::outcome(result.outcome),
            result.millis
        ));
        if let (Outcome::Pushed, Some(plan)) = (result.outcome, &result.plan) {
            changes(page, plan);
        }
        if let Some(error) = &result.error {
            let trouble = patchbay_contract::error::Trouble::from(error);
            page.line(format!("  {}", trouble.text));
            page.line(format!("  {}", trouble.next));
        }
        guards(page, &result.guards);
        if let Some(evidence) = &result.evidence {
            let verdict = &evidence.verdict;
            let state = words::state(verdict.state, evidence.connected_at);
            page.line(format!("  {state}. {}", verdict.reason.text));
        }
        if let (Outcome::Pushed, Some(entry)) = (result.outcome, &result.entry) {
            page.line(format!(
                "  To restore what was there: patchbayctl undo {entry}"
            ));
        }
    }
}

fn sign_in_expired(result: &InstanceResult) -> bool {
    result
        .error
        .as_ref()
        .is_some_and(|error| error.code() == "signInExpired")
}

pub(super) fn exit(results: &[InstanceResult]) -> Exit {
    let keychain = |result: &&InstanceResult| {
        result
            .error
            .as_ref()
            .is_some_and(|error| exit_of(error) == Exit::Keychain)
    };
    let any = |wanted: &[Outcome]| results.iter().any(|r| wanted.contains(&r.outcome));
    let failed = [
        Outcome::Failed,
        Outcome::ChangedSincePlan,
        Outcome::OutcomeUnknown,
        Outcome::Cancelled,
    ];
    if any(&failed) {
        // Where the keychain alone kept everything from being done, that is what a program needs
        // to know.
        let all = !results.is_empty() && results.iter().all(|r| keychain(&r));
        if all { Exit::Keychain } else { Exit::Failed }
    } else if any(&[Outcome::Blocked]) {
        Exit::Blocked
    } else {
        Exit::Well
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::Error;
    use patchbay_core::ports::keychain::KeychainError;

    fn result(outcome: Outcome, error: Option<Error>) -> InstanceResult {
        InstanceResult {
            instance: InstanceId::from_random([1; 16]),
            name: "Nordlys".into(),
            outcome,
            entry: None,
            plan: None,
            guards: Vec::new(),
            error,
            evidence: None,
            millis: 1,
        }
    }

    #[test]
    fn one_failure_outweighs_one_guard_and_one_guard_outweighs_success() {
        let of = |outcomes: &[Outcome]| {
            let results: Vec<_> = outcomes.iter().map(|o| result(*o, None)).collect();
            exit(&results)
        };
        assert_eq!(of(&[Outcome::Pushed, Outcome::Unchanged]), Exit::Well);
        assert_eq!(of(&[Outcome::Pushed, Outcome::Blocked]), Exit::Blocked);
        assert_eq!(of(&[Outcome::Blocked, Outcome::Failed]), Exit::Failed);
        for one in [
            Outcome::ChangedSincePlan,
            Outcome::OutcomeUnknown,
            Outcome::Cancelled,
        ] {
            assert_eq!(of(&[one]), Exit::Failed, "{one:?}");
        }
    }

    #[test]
    fn a_keychain_that_kept_everything_from_being_done_has_its_own_code() {
        let locked = || result(Outcome::Failed, Some(KeychainError::Locked.into()));
        assert_eq!(exit(&[locked(), locked()]), Exit::Keychain);
        assert_eq!(
            exit(&[locked(), result(Outcome::Pushed, None)]),
            Exit::Failed
        );
    }
}
