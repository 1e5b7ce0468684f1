//! Every cell of (plan x role x type of the data space x parts x single or bulk x merchant id x
//! assigned elsewhere x filled) has its expected guards, told here a second time from the contract's
//! words; and a cell that is blocked sends nothing.

use std::collections::BTreeSet;

use patchbay_core::config::{ConfigPath, Part};
use patchbay_core::fakes::FakeInstance;
use patchbay_core::instance::Role;
use patchbay_core::push::guards::{Effect, GuardId};
use patchbay_core::push::order::Outcome;
use patchbay_core::push::plan::PlanKind;
use patchbay_core::registry::DataSpaceType;

use crate::guards::Case;
use crate::world::{PRODUCTION, TESTING, order, world};

/// Which of the cells are carried out over the stand-in's wire too; built with 1 for all of them.
const EVERY: Option<&str> = option_env!("PATCHBAY_CELLS_EVERY");

fn parts(of: &[Part]) -> BTreeSet<Part> {
    of.iter().copied().collect()
}

fn cells(plan: &PlanKind) -> Vec<Case> {
    let choices = match plan {
        PlanKind::Assignment => vec![
            parts(&[Part::Keys]),
            parts(&[Part::DataSpace]),
            parts(&Part::ALL),
        ],
        PlanKind::Detach => vec![parts(&Part::WITH_PAYMENTS)],
        _ => vec![parts(&Part::ALL)],
    };
    let mut cells = Vec::new();
    for role in Role::ALL {
        for kind in [DataSpaceType::Production, DataSpaceType::Testing] {
            for parts in &choices {
                for bits in 0..16_u8 {
                    let bit = |n: u8| bits & (1 << n) != 0;
                    cells.push(Case {
                        parts: parts.clone(),
                        plan: plan.clone(),
                        bulk: bit(0),
                        merchant: bit(1),
                        elsewhere: bit(2),
                        filled: bit(3),
                        ..Case::new(role, kind)
                    });
                }
            }
        }
    }
    cells
}

/// What the contract's section on guards says about a cell, in the order of their ids.
fn expected(case: &Case) -> Vec<(GuardId, Effect)> {
    use Effect::{Blocked, Confirm};
    let live = case.role == Role::Live;
    let copy = matches!(case.role, Role::Staging | Role::Development);
    let removes = case.plan == PlanKind::Detach;
    let keys = case.parts.contains(&Part::Keys) && (!removes || case.filled);
    let space = case.parts.contains(&Part::DataSpace) && (!removes || case.filled);
    let changes = keys || space || removes && case.merchant;
    let mut said = Vec::new();
    let mut say = |applies: bool, id, effect| {
        if applies && changes {
            said.push((id, effect));
        }
    };
    let both = live && keys && space && case.filled && case.plan == PlanKind::Assignment;
    say(both, GuardId::G1, Blocked);
    say(case.plan == PlanKind::Move, GuardId::G1, Confirm);
    // What is there is of type Production.
    say(
        space && (case.merchant || case.filled),
        GuardId::G2,
        Confirm,
    );
    say(space && case.elsewhere && !removes, GuardId::G3, Blocked);
    if space && !removes {
        match case.kind {
            DataSpaceType::Production => say(copy, GuardId::G4, Blocked),
            DataSpaceType::Testing => say(live, GuardId::G4, Confirm),
        }
    }
    let effect = if case.bulk { Blocked } else { Confirm };
    say(live && removes, GuardId::G10, effect);
    say(copy && keys && !removes, GuardId::G11, Confirm);
    said
}

#[test]
fn every_cell_has_its_guards() {
    let mut count = 0;
    for plan in [
        PlanKind::Assignment,
        PlanKind::Detach,
        PlanKind::Move,
        PlanKind::Repair,
    ] {
        for case in cells(&plan) {
            count += 1;
            let told = format!(
                "{plan:?} {:?} {:?} {:?} bulk {} merchant {} elsewhere {} filled {}",
                case.role,
                case.kind,
                case.parts,
                case.bulk,
                case.merchant,
                case.elsewhere,
                case.filled
            );
            assert_eq!(case.said(), expected(&case), "{told}");
        }
    }
    assert_eq!(count, 384 + 3 * 128);
}

/// One cell as a real order over the stand-in's wire.
async fn carried_out(case: &Case) {
    let world = world().await;
    let space = match case.kind {
        DataSpaceType::Production => PRODUCTION,
        DataSpaceType::Testing => TESTING,
    };
    if case.elsewhere {
        let role = Role::LiveNotOpenYet;
        world.add("other", role, FakeInstance::named("other")).await;
        world.assign("other", space).await;
    }
    let mut there = FakeInstance::named("shop");
    if case.filled {
        for path in ConfigPath::ALL {
            there.values.insert(path, b"former".to_vec());
        }
        there
            .values
            .insert(ConfigPath::DataSpaceType, b"Production".to_vec());
    }
    if case.merchant {
        there.payments = crate::checks::payments(&[("sandbox_merchant_id", "M1")]);
    }
    world.add("shop", case.role, there).await;
    world.assign("shop", space).await;
    let mut order = order(&["shop"]);
    if case.bulk {
        let beside = FakeInstance::named("beside");
        world.add("beside", Role::LiveNotOpenYet, beside).await;
        order.names.push("beside".into());
    }
    order.parts = case.parts.clone();
    let expected = expected(case);
    for confirmed in [false, true] {
        order.confirmed = confirmed.then(|| "shop".to_owned()).into_iter().collect();
        world.transport.reset_tallies();
        let results = world.order(&order).await;
        let shop = results.iter().find(|one| one.name == "shop").unwrap();
        let said: Vec<_> = shop.guards.iter().map(|one| (one.id, one.effect)).collect();
        let heavy: Vec<_> = said
            .iter()
            .filter(|(_, effect)| *effect != Effect::Warning)
            .collect();
        assert_eq!(heavy, expected.iter().collect::<Vec<_>>(), "{shop:?}");
        let open = |effect: &Effect| *effect == Effect::Confirm && confirmed;
        let passes = expected.iter().all(|(_, effect)| open(effect));
        if passes {
            assert_eq!(shop.outcome, Outcome::Pushed, "{:?}", shop.error);
            return;
        }
        assert_eq!(shop.outcome, Outcome::Blocked);
        world.assert_nothing_sent("shop");
    }
}

#[tokio::test]
async fn a_cell_that_is_blocked_sends_nothing() {
    let every = EVERY.and_then(|text| text.parse().ok()).unwrap_or(13);
    for case in cells(&PlanKind::Assignment).iter().step_by(every) {
        carried_out(case).await;
    }
}
