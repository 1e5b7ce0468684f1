//! G7, G10 and G12: values that are fixed or would go, and a label that does not fit.

use super::{Effect, GuardFinding, GuardId, Surroundings, looks_live_unanswered, say};
use crate::connection::judge::{payment_name, short_name};
use crate::instance::Role;
use crate::look::LockSource;
use crate::push::plan::Plan;

pub(super) fn locked(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    for lock in &plan.locks {
        if !plan.changes.iter().any(|change| change.path == lock.path) {
            continue;
        }
        let what = short_name(lock.path);
        let how = match lock.source {
            LockSource::EnvPhp | LockSource::ConfigPhp => format!(
                "remove or change 'system' > 'default' > '{}' in {}, then run bin/magento app:config:import",
                lock.path.as_str().replace('/', "' > '"),
                lock.source.as_str()
            ),
            LockSource::Variable => {
                let name = lock.name.as_deref().unwrap_or("the variable");
                if around.look.cloud.is_some() {
                    format!("magento-cloud variable:delete env:{name} (this redeploys)")
                } else {
                    format!("unset {name} where the web server and the command line get it")
                }
            }
        };
        let source = lock.name.as_deref().unwrap_or(lock.source.as_str());
        say(
            said,
            GuardId::G7,
            Effect::Blocked,
            (
                "locked",
                &[
                    ("value", lock.path.as_str()),
                    ("source", source),
                    ("lines", &how),
                ],
            ),
            format!(
                "The {what} is fixed on the server in {source}; a change here has no effect. Give these lines to your developer: {how}."
            ),
        );
    }
}

pub(super) fn removal(plan: &Plan, live: bool, bulk: bool, said: &mut Vec<GuardFinding>) {
    let mut removed: Vec<(&str, &str)> = plan
        .changes
        .iter()
        .filter(|change| change.to_exact.is_none())
        .map(|change| (change.path.as_str(), short_name(change.path)))
        .collect();
    for change in plan.payments.iter().filter(|change| change.to.is_none()) {
        let payment = (change.place.path.as_str(), payment_name(&change.place.path));
        if !removed.contains(&payment) {
            removed.push(payment);
        }
    }
    if !live || removed.is_empty() {
        return;
    }
    let listed = |pick: fn(&(&str, &str)) -> String, between: &str| {
        let names: Vec<String> = removed.iter().map(pick).collect();
        names.join(between)
    };
    let text = format!(
        "This removes {} from a live instance; the services that use it stop.",
        listed(|(_, name)| (*name).to_owned(), ", ")
    );
    let paths = listed(|(path, _)| (*path).to_owned(), ",");
    let words: &[(&'static str, &str)] = &[("values", &paths), ("name", &plan.name)];
    if bulk {
        let text = format!("{text} Never in bulk: do it for {} alone.", plan.name);
        let case = ("removesInBulk", words);
        say(said, GuardId::G10, Effect::Blocked, case, text);
    } else {
        say(
            said,
            GuardId::G10,
            Effect::Confirm,
            ("removes", words),
            format!("{text} Type {}.", plan.name),
        );
    }
}

pub(super) fn looks_live(around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    if around.instance.role != Role::Live && looks_live_unanswered(around) {
        say(
            said,
            GuardId::G12,
            Effect::Warning,
            (
                "looksLive",
                &[
                    ("name", &around.instance.name),
                    ("role", around.instance.role.as_str()),
                ],
            ),
            format!(
                "{} takes real payments but is labelled {}; it is treated as live until you answer.",
                around.instance.name,
                around.instance.role.as_str()
            ),
        );
    }
}
