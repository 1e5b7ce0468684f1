//! `plan`, and how a plan is shown.

use patchbay_contract::push::PlanReport;
use patchbay_contract::push::saved::SavedPlan;
use patchbay_core::Error;
use patchbay_core::config::{ConfigPath, Part};
use patchbay_core::connection::judge::payment_name;
use patchbay_core::instance::Instance;
use patchbay_core::push::guards::{Effect, GuardFinding};
use patchbay_core::push::order::{OrderKind, PushOrder};
use patchbay_core::push::plan::Plan;

use super::Desk;
use super::start::{Needs, look_after};
use crate::args::{Only, PlanArgs};
use crate::exit::{Done, Exit, Failure};
use crate::output::Page;
use crate::{terminal, words};

/// A plan, or why there is none, beside its instance.
pub(super) type Planned = (Instance, Result<Plan, Error>);

pub(super) async fn run(desk: &Desk, args: PlanArgs) -> Done {
    look_after(desk, Needs::Keychain).await?;
    let mut order = PushOrder::new(OrderKind::Assignment, args.names);
    only(&mut order, args.only);
    let planned = desk.patchbay.plan(&order).await?;
    let document = PlanReport::new(&planned);
    if let Some(path) = &args.out {
        save(desk, &planned, &order, path).await?;
    }
    desk.output.answer(&document, |page| {
        show_all(page, &planned);
        if planned.is_empty() {
            page.line("No instance has an assignment yet: patchbayctl assign --help");
        }
    });
    Ok(exit(&planned))
}

/// Narrows an order to one part.
pub(super) fn only(order: &mut PushOrder, only: Option<Only>) {
    if let Some(only) = only {
        order.parts = std::iter::once(Part::from(only)).collect();
    }
}

fn exit(planned: &[Planned]) -> Exit {
    let blocked = |plan: &Plan| plan.guards.iter().any(|g| g.effect == Effect::Blocked);
    if planned.iter().any(|(_, plan)| plan.is_err()) {
        Exit::Failed
    } else if planned
        .iter()
        .any(|(_, plan)| plan.as_ref().is_ok_and(blocked))
    {
        Exit::Blocked
    } else {
        Exit::Well
    }
}

async fn save(
    desk: &Desk,
    planned: &[Planned],
    order: &PushOrder,
    path: &std::path::Path,
) -> Result<(), Failure> {
    let plans: Vec<Plan> = planned
        .iter()
        .filter_map(|(_, plan)| plan.as_ref().ok().cloned())
        .collect();
    let mut saved = SavedPlan::new(&plans, &order.parts, desk.patchbay.now());
    saved.mac = desk.patchbay.plan_mac(&saved.canonical()).await?;
    let mut text = serde_json::to_string_pretty(&saved).unwrap_or_default();
    text.push('\n');
    std::fs::write(path, text)
        .map_err(|error| Failure::local("the plan could not be saved", &error))?;
    let left_out = planned.len() - plans.len();
    if left_out > 0 {
        terminal::say(&format!(
            "The saved plan leaves out {left_out} that could not be planned."
        ));
    }
    Ok(())
}

/// Every plan, old values and new ones side by side.
pub(super) fn show_all(page: &mut Page, planned: &[Planned]) {
    for (instance, plan) in planned {
        match plan {
            Ok(plan) => show(page, plan),
            Err(error) => {
                let trouble = patchbay_contract::error::Trouble::from(error);
                page.line(format!("{}: no plan", instance.name));
                page.line(format!("  {}", trouble.text));
                page.line(format!("  {}", trouble.next));
            }
        }
    }
}

fn show(page: &mut Page, plan: &Plan) {
    if plan.is_empty() {
        page.line(format!("{}: nothing to change", plan.name));
        return;
    }
    page.line(format!("{}:", plan.name));
    changes(page, plan);
    for lock in &plan.locks {
        let name = lock.name.as_deref().map(|name| format!(" {name}"));
        page.line(format!(
            "  Fixed on the server: {} in {}{}",
            words::value(lock.path),
            lock.source.as_str(),
            name.unwrap_or_default()
        ));
    }
    for also in &plan.also {
        page.line(format!("  Also: {}", also.text));
    }
    guards(page, &plan.guards);
}

/// The changes, old -> new; private keys by their fingerprints.
pub(super) fn changes(page: &mut Page, plan: &Plan) {
    let side = |exact: bool, text: String| words::shown(exact.then_some(text));
    let mut rows: Vec<_> = plan
        .changes
        .iter()
        .map(|change| {
            [
                format!("  {}", words::value(change.path)),
                side(change.from_exact.is_some(), change.from.text()),
                "->".to_owned(),
                match change.only_seals_again() {
                    true => "the same, encrypted anew".to_owned(),
                    false => side(
                        change.to_exact.is_some(),
                        with_hint(change.path, change.to.text()),
                    ),
                },
            ]
        })
        .collect();
    rows.extend(plan.payments.iter().map(|change| {
        let place = &change.place;
        let name = match place.scope.as_str() {
            "default" => payment_name(&place.path).to_owned(),
            _ => format!("{} ({})", payment_name(&place.path), place.scope_text()),
        };
        [
            format!("  {name}"),
            words::shown(change.from.clone()),
            "->".to_owned(),
            words::shown(change.to.clone()),
        ]
    }));
    page.table(["  Value", "Now", "", "Then"], &rows);
}

fn with_hint(path: ConfigPath, text: String) -> String {
    if path.is_private_key() {
        format!("key {text}")
    } else {
        text
    }
}

/// What the guards say.
pub(super) fn guards(page: &mut Page, guards: &[GuardFinding]) {
    for guard in guards {
        let effect = match guard.effect {
            Effect::Blocked => "Blocked",
            Effect::Confirm => "Asks for the name",
            Effect::Warning => "Note",
        };
        page.line(format!(
            "  {effect} ({}): {}",
            guard.id.as_str(),
            guard.text
        ));
        if guard.case == "usedElsewhere" {
            offers(page, guard);
        }
    }
}

/// The three ways on where a data space is another instance's (G3).
fn offers(page: &mut Page, guard: &GuardFinding) {
    let other = guard.words.iter().find(|(name, _)| *name == "other");
    let other = other.map_or("NAME", |(_, name)| name.as_str());
    page.line(format!(
        "    Move it from there: patchbayctl detach \"{other}\", then push again."
    ));
    page.line(format!(
        "    That one is gone: patchbayctl instance remove \"{other}\", then push again."
    ));
    page.line(format!(
        "    Same instance, another way in: patchbayctl instance answer \"{other}\" same."
    ));
}
