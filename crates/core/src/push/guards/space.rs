//! G1 to G4: where an instance's data goes, and what changing that breaks.

use super::{
    Effect, GuardFinding, GuardId, Surroundings, changes_part, counts_as_live,
    looks_live_unanswered, remembered, say,
};
use crate::config::{ConfigPath, Part};
use crate::push::plan::{Plan, PlanKind};
use crate::registry::DataSpaceType;

pub(super) fn keys_and_data_space(plan: &Plan, live: bool, said: &mut Vec<GuardFinding>) {
    let new_keys = changes_part(plan, Part::Keys)
        .filter(|change| !change.only_seals_again())
        .any(|change| change.from_exact.is_some() && change.to_exact.is_some());
    let new_space = plan.changes.iter().any(|change| {
        matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId)
            && change.from_exact.is_some()
            && change.to_exact.is_some()
    });
    if live && new_keys && new_space && plan.kind == PlanKind::Assignment {
        say(
            said,
            GuardId::G1,
            Effect::Blocked,
            ("keysAndDataSpace", &[]),
            "Not in one go: changing the keys and the data space of a live instance. Adobe warns that you lose this \
             instance's data. Change the keys first; once connected, the data space.",
        );
    }
}

/// A move to another MageID may change both at once, and says what is lost.
pub(super) fn leaves_mage_id(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    if plan.kind != PlanKind::Move {
        return;
    }
    let name = &around.instance.name;
    let to = around
        .pairs
        .first()
        .map_or("another account", |facts| &facts.owner);
    let from = around.owner;
    say(
        said,
        GuardId::G1,
        Effect::Confirm,
        (
            "movesAccount",
            &[("name", name), ("from", from), ("to", to)],
        ),
        format!(
            "{name} would go over from {from} to {to}. What Adobe collected for it so far, its search, recommendations and reports, \
             stays with the old data space and cannot be reached from here any more; payments must be set up again. Type {name}."
        ),
    );
}

pub(super) fn payments(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let moves = plan
        .changes
        .iter()
        .any(|change| matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId));
    if !moves {
        return;
    }
    let copy_leaves =
        around.instance.is_copy() && !counts_as_live(around) && !around.rightful.is_empty();
    if copy_leaves {
        return;
    }
    let name = &around.instance.name;
    if let Some(merchant) = around.look.merchant_ids().next() {
        say(
            said,
            GuardId::G2,
            Effect::Confirm,
            ("paymentsId", &[("id", &merchant.value), ("name", name)]),
            format!(
                "A new data space breaks the link to your Payment Services ID {}; payments must be set up again. Type {name}.",
                merchant.value
            ),
        );
    } else if leaves_data_space(plan)
        && around.look.plain(ConfigPath::DataSpaceType) == Some(DataSpaceType::Production.as_str())
    {
        say(
            said,
            GuardId::G2,
            Effect::Confirm,
            ("leavesProduction", &[("name", name)]),
            format!(
                "{name} would leave a Production data space; what it collected there stays behind. Type {name}."
            ),
        );
    }
}

/// The change of the data space id or project, where a value is there now.
fn leaves_data_space(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| {
        matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId)
            && change.from_exact.is_some()
    })
}

pub(super) fn used_elsewhere(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let sets = plan
        .changes
        .iter()
        .any(|change| change.path == ConfigPath::DataSpaceId && change.to_exact.is_some());
    if let (true, Some(other)) = (sets, around.holders.first()) {
        let space = around
            .data_space
            .map_or("The data space", |space| &space.name);
        say(
            said,
            GuardId::G3,
            Effect::Blocked,
            ("usedElsewhere", &[("dataSpace", space), ("other", other)]),
            format!("{space} belongs to {other}. Each instance needs its own."),
        );
    }
}

pub(super) fn type_and_role(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    if changes_part(plan, Part::DataSpace).next().is_none() {
        return;
    }
    let Some(space) = around.data_space else {
        return;
    };
    let instance = around.instance;
    match space.kind {
        DataSpaceType::Production if instance.is_copy() => say(
            said,
            GuardId::G4,
            Effect::Blocked,
            (
                "productionOnCopy",
                &[("role", around.instance.role.as_str())],
            ),
            format!(
                "A Production data space on a {} instance mixes test data into your live data.",
                instance.role.as_str()
            ),
        ),
        DataSpaceType::Testing
            if (instance.is_live() || instance.role.is_copy() && looks_live_unanswered(around))
                && !remembered(around, GuardId::G4) =>
        {
            say(
                said,
                GuardId::G4,
                Effect::Confirm,
                ("testingOnLive", &[("name", &instance.name)]),
                format!(
                    "A Testing data space on a live instance keeps its data out of your live data. Type {}.",
                    instance.name
                ),
            )
        }
        _ => {}
    }
}
