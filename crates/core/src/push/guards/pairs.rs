//! G5, G6, G11 and P7: which keys go where, and whose they are.

use super::{Effect, FormerKeys, GuardFinding, GuardId, Surroundings, remembered, say};
use crate::config::{ConfigPath, Part, Purpose};
use crate::look::Look;
use crate::push::plan::{Plan, PlanKind};

pub(super) fn pairs_whole(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    for facts in around.pairs {
        if facts.accepted_as == Some(facts.purpose.other()) {
            say(
                said,
                GuardId::G5,
                Effect::Blocked,
                ("swapped", &[("kind", facts.purpose.as_str())]),
                format!(
                    "The pairs are swapped: Adobe accepts the {} pair as a {} pair.",
                    facts.purpose,
                    facts.purpose.other()
                ),
            );
        }
    }
    for purpose in Purpose::ALL {
        let after = |path| value_after(plan, around.look, path);
        let halves = [
            after(purpose.api_key_path()),
            after(purpose.private_key_path()),
        ];
        let touched = plan
            .changes
            .iter()
            .any(|change| change.path.purpose() == Some(purpose));
        match halves {
            [true, false] | [false, true] if touched && !matches!(plan.kind, PlanKind::Undo(_)) => {
                say(
                    said,
                    GuardId::G5,
                    Effect::Blocked,
                    ("half", &[("kind", purpose.as_str())]),
                    format!(
                        "Only half of the {purpose} pair would be there; a pair is set or removed as a whole."
                    ),
                )
            }
            [false, false]
                if plan.kind.leads_to_assignment() && plan.parts.contains(&Part::Keys) =>
            {
                say(
                    said,
                    GuardId::G5,
                    Effect::Warning,
                    ("onePair", &[("kind", purpose.as_str())]),
                    format!("There would be no {purpose} pair; some Commerce Services want both."),
                )
            }
            _ => {}
        }
    }
}

fn value_after(plan: &Plan, look: &Look, path: ConfigPath) -> bool {
    plan.changes
        .iter()
        .find(|change| change.path == path)
        .map_or_else(
            || look.exact(path).is_some(),
            |change| change.to_exact.is_some(),
        )
}

pub(super) fn mage_ids(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let Some(space) = around.data_space else {
        return;
    };
    if !plan.kind.leads_to_assignment() {
        return;
    }
    let owner = space
        .mage_id
        .as_ref()
        .map_or("another account", |id| id.as_str());
    for facts in around.pairs {
        let text = format!(
            "The keys belong to {}, the data space to {owner}. Payment entitlements need keys of the same MageID.",
            facts.owner
        );
        match facts.owns_data_space {
            Some(true) => {}
            Some(false) => say(
                said,
                GuardId::G6,
                Effect::Blocked,
                (
                    "otherAccount",
                    &[("keys", &facts.owner), ("dataSpace", owner)],
                ),
                text,
            ),
            None => say(
                said,
                GuardId::G6,
                Effect::Confirm,
                (
                    "accountNotKnown",
                    &[
                        ("kind", facts.purpose.as_str()),
                        ("name", &around.instance.name),
                    ],
                ),
                format!(
                    "It is not known whether the {} keys belong to the data space's MageID. Type {}.",
                    facts.purpose, around.instance.name
                ),
            ),
        }
    }
}

pub(super) fn production_on_copy(
    plan: &Plan,
    around: &Surroundings<'_>,
    said: &mut Vec<GuardFinding>,
) {
    let gets = plan
        .changes
        .iter()
        .any(|change| change.path == ConfigPath::ProductionPrivateKey && change.to_exact.is_some());
    if gets && around.instance.is_copy() && !remembered(around, GuardId::G11) {
        say(
            said,
            GuardId::G11,
            Effect::Confirm,
            (
                "productionKeysOnCopy",
                &[
                    ("role", around.instance.role.as_str()),
                    ("name", &plan.name),
                ],
            ),
            format!(
                "The production pair would be on a {} instance, where more people can read it. Type {} once to allow it.",
                around.instance.role.as_str(),
                plan.name
            ),
        );
    }
}

pub(super) fn former_keys(around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    match around.former {
        Some(FormerKeys::Rejected(purposes)) => {
            let pairs: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
            say(
                said,
                GuardId::P7,
                Effect::Blocked,
                ("formerRejected", &[("kinds", &pairs.join(","))]),
                format!(
                    "Adobe rejects the former {} pair; restoring it would stop this shop.",
                    pairs.join(" and ")
                ),
            );
        }
        Some(FormerKeys::NotProvable) => say(
            said,
            GuardId::P7,
            Effect::Confirm,
            ("formerNotProvable", &[("name", &around.instance.name)]),
            format!(
                "Adobe gave no usable answer about the former keys; restoring them may stop this shop. Type {}.",
                around.instance.name
            ),
        ),
        Some(FormerKeys::Fine) | None => {}
    }
}
