//! Replacing keys: nothing is created before every instance is ready, one goes first, and killed
//! anywhere it goes on without an instance ever being without a valid pair.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use patchbay_core::Patchbay;
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::fakes::instance::Override;
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::instance::Role;
use patchbay_core::keypair::KeyPairState;
use patchbay_core::look::LockSource;
use patchbay_core::push::order::Outcome;
use patchbay_core::registry::DataSpaceType;
use patchbay_core::replacing::carrying::{CarryOrder, CarryReport};
use patchbay_core::replacing::deleting::AtAdobe;
use patchbay_core::replacing::{MemberState, OldPair, Stage};

use crate::world::{PRODUCTION, PROJECT, World, api_key, mage, space, world};

/// The six instances: their name, role and data space.
const FLEET: [(&str, Role, &str); 6] = [
    ("live", Role::Live, PRODUCTION),
    (
        "second-live",
        Role::Live,
        "77777777-7777-4777-8777-777777777771",
    ),
    (
        "opening",
        Role::LiveNotOpenYet,
        "77777777-7777-4777-8777-777777777772",
    ),
    (
        "staging",
        Role::Staging,
        "77777777-7777-4777-8777-777777777773",
    ),
    (
        "testing",
        Role::Staging,
        "77777777-7777-4777-8777-777777777774",
    ),
    (
        "dev",
        Role::Development,
        "77777777-7777-4777-8777-777777777775",
    ),
];

/// Six connected instances on the pair "Prod", and the pair "New" that is to replace it.
async fn fleet() -> World {
    let world = world().await;
    for (_, role, id) in &FLEET[1..] {
        let kind = match role.is_copy() {
            true => DataSpaceType::Testing,
            false => DataSpaceType::Production,
        };
        world
            .gateway
            .add_data_space(&mage(1), space(id, kind, PROJECT, Some(mage(1))));
    }
    for (name, role, space) in FLEET {
        world.connected(name, role, space).await;
    }
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
}

fn order() -> CarryOrder {
    CarryOrder::default()
}

async fn carry(patchbay: &Patchbay, order: &CarryOrder) -> CarryReport {
    patchbay
        .carry_replacement("Prod", order, &|_, _| {})
        .await
        .unwrap()
}

/// Begun, with the new pair chosen.
async fn chosen(world: &World) {
    let survey = world.patchbay.survey_replacement("Prod").await.unwrap();
    assert!(survey.replacement.is_some(), "{:?}", survey.instances);
    let one = world
        .patchbay
        .choose_replacement("Prod", "New")
        .await
        .unwrap();
    assert_eq!(one.old_pair, OldPair::Accepted);
}

/// Which key an instance holds for production; both halves always go together.
fn held(world: &World, name: &str) -> Option<usize> {
    let of = |path| world.row(name, path);
    let public = of(ConfigPath::ProductionApiKey)?;
    let private = of(ConfigPath::ProductionPrivateKey)?;
    (0..4).find(|n| {
        let pem = keys::pem(*n);
        let same = String::from_utf8_lossy(pem.expose()).trim()
            == String::from_utf8_lossy(&private).trim();
        same && public == api_key(*n).as_str().as_bytes()
    })
}

/// Every instance holds a whole pair, and one that is still good at Adobe.
fn all_valid(world: &World, when: &str) -> [usize; 2] {
    let mut on = [0, 0];
    for (name, _, space) in FLEET {
        let held = held(world, name);
        match held {
            Some(0) => on[0] += 1,
            Some(3) => on[1] += 1,
            other => panic!("{when}: {name} holds {other:?}"),
        }
        let there = world.row(name, ConfigPath::DataSpaceId).unwrap();
        assert_eq!(
            there,
            space.as_bytes(),
            "{when}: {name}'s data space is not touched"
        );
    }
    on
}

#[tokio::test]
async fn one_goes_first_then_the_rest_and_only_then_the_old_one_may_go() {
    let world = fleet().await;
    let survey = world.patchbay.survey_replacement("Prod").await.unwrap();
    let names: Vec<&str> = survey
        .instances
        .iter()
        .map(|one| one.instance.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "dev",
            "staging",
            "testing",
            "opening",
            "live",
            "second-live"
        ],
        "what costs least goes first"
    );
    assert_eq!(survey.replacement.unwrap().stage(), Stage::AwaitsNewPair);
    let early = world
        .patchbay
        .carry_replacement("Prod", &order(), &|_, _| {})
        .await;
    assert_eq!(early.unwrap_err().code(), "newPairMissing");
    chosen(&world).await;

    let refused = world
        .patchbay
        .delete_at_adobe("Prod", true)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "stillUsed", "G9");
    assert!(refused.to_string().contains("dev, live"), "{refused}");

    let first = carry(
        &world.patchbay,
        &CarryOrder {
            only_first: true,
            ..order()
        },
    )
    .await;
    assert!(first.stopped.is_none(), "{:?}", first.stopped);
    assert_eq!(first.instances.len(), 1);
    assert_eq!(first.replacement.stage(), Stage::Rest);
    assert_eq!(all_valid(&world, "after the first"), [5, 1]);
    assert_eq!(held(&world, "dev"), Some(3));

    let rest = carry(&world.patchbay, &order()).await;
    assert!(rest.stopped.is_none(), "{:?}", rest.stopped);
    assert_eq!(rest.replacement.stage(), Stage::DeleteOld);
    assert_eq!(all_valid(&world, "after all"), [0, 6]);
    let old = world.patchbay.key_pairs().await.unwrap();
    let old = old.iter().find(|pair| pair.name == "Prod").unwrap();
    assert_eq!(old.state, KeyPairState::Retired);
    told_when_it_is_gone(&world).await;
}

/// Adobe says whether the old pair was deleted, whatever a person says.
async fn told_when_it_is_gone(world: &World) {
    let open = world.patchbay.delete_at_adobe("Prod", false).await.unwrap();
    assert_eq!(open.at_adobe, AtAdobe::StillThere);
    let word = world.patchbay.delete_at_adobe("Prod", true).await.unwrap();
    assert_eq!(
        word.at_adobe,
        AtAdobe::StillThere,
        "Adobe's answer outweighs a person's word"
    );
    world.gateway.delete(Purpose::Production, &api_key(0));
    let gone = world.patchbay.delete_at_adobe("Prod", false).await.unwrap();
    assert_eq!(gone.at_adobe, AtAdobe::Deleted);
    assert_eq!(gone.pair.state, KeyPairState::DeletedAtAdobe);
    let ended = world.patchbay.replacements().await.unwrap().remove(0);
    assert_eq!(ended.stage(), Stage::Ended);
}

#[tokio::test]
async fn nothing_begins_while_one_instance_is_in_the_way() {
    let world = fleet().await;
    let in_the_way = async |name: &str, code: &str| {
        let survey = world.patchbay.survey_replacement("Prod").await.unwrap();
        let found: Vec<_> = survey
            .instances
            .iter()
            .filter_map(|one| Some((one.instance.name.clone(), one.obstacle.as_ref()?.code())))
            .collect();
        assert_eq!(found, [(name.to_owned(), code)]);
        assert!(survey.replacement.is_none());
        assert_eq!(world.patchbay.replacements().await.unwrap(), []);
    };
    world.with("testing", |there| {
        there.unreachable = Some(patchbay_core::ports::transport::TransportError::TimedOut {
            during: "connecting".into(),
        });
    });
    in_the_way("testing", "timedOut").await;
    world.with("testing", |there| there.unreachable = None);

    world.with("live", |there| {
        let fixed = Override {
            value: keys::pem(0).expose().to_vec(),
            source: LockSource::EnvPhp,
            name: None,
        };
        there
            .overrides
            .insert(ConfigPath::ProductionPrivateKey, fixed);
    });
    in_the_way("live", "blockedByGuard").await;
    world.with("live", |there| there.overrides.clear());

    let was = world.row("staging", ConfigPath::DataSpaceName).unwrap();
    world.with("staging", |there| {
        there
            .values
            .insert(ConfigPath::DataSpaceName, b"Changed".to_vec());
    });
    in_the_way("staging", "differsFromAssignment").await;
    world.with("staging", |there| {
        there.values.insert(ConfigPath::DataSpaceName, was);
    });

    // One that was never looked at may be on the pair too; once looked at, one that is not is none
    // of this replacement's business.
    world
        .add("unknown", Role::Staging, FakeInstance::named("unknown"))
        .await;
    world.with("unknown", |there| there.trusted = false);
    in_the_way("unknown", "hostKeyUnknown").await;
    world.with("unknown", |there| there.trusted = true);
    let survey = world.patchbay.survey_replacement("Prod").await.unwrap();
    assert_eq!(survey.instances.len(), 6);
    assert!(survey.replacement.is_some());
}

#[tokio::test]
async fn a_pair_that_cannot_take_its_place_is_not_chosen() {
    let world = fleet().await;
    let gone = world.patchbay.choose_replacement("Prod", "New").await;
    assert_eq!(gone.unwrap_err().code(), "replacementNotBegun");
    world.patchbay.survey_replacement("Prod").await.unwrap();
    let choose = async |new: &str| {
        let chosen = world.patchbay.choose_replacement("Prod", new).await;
        chosen.unwrap_err().code().to_owned()
    };
    assert_eq!(choose("Prod").await, "sameKey");
    assert_eq!(choose("Sand").await, "pairsSwapped");
    world
        .bring("Other", Purpose::Production, "Theirs", 2)
        .await
        .unwrap();
    assert_eq!(choose("Theirs").await, "otherAccount");
    // Kept under our account, but of another MageID: it does not see the data spaces.
    world
        .bring("Nordlys", Purpose::Production, "Strange", 2)
        .await
        .unwrap();
    assert_eq!(choose("Strange").await, "otherAccount");
    world.gateway.delete(Purpose::Production, &api_key(3));
    assert_eq!(choose("New").await, "apiKeyInvalid");
}

#[tokio::test]
async fn where_adobe_switched_the_old_one_off_all_are_done_at_once() {
    let world = fleet().await;
    world.patchbay.survey_replacement("Prod").await.unwrap();
    world.gateway.delete(Purpose::Production, &api_key(0));
    let chosen = world
        .patchbay
        .choose_replacement("Prod", "New")
        .await
        .unwrap();
    assert_eq!(chosen.old_pair, OldPair::SwitchedOff);
    assert_eq!(
        chosen.due().len(),
        6,
        "there is nothing to lose by going all at once"
    );
    let report = carry(
        &world.patchbay,
        &CarryOrder {
            only_first: true,
            ..order()
        },
    )
    .await;
    assert_eq!(
        report.replacement.stage(),
        Stage::DeleteOld,
        "{:?}",
        report.stopped
    );
    assert_eq!(all_valid(&world, "after all"), [0, 6]);
}

#[tokio::test]
async fn a_first_one_that_fails_keeps_the_others_where_they_are() {
    let world = fleet().await;
    chosen(&world).await;
    world.with("dev", |there| there.busy = true);
    let report = carry(&world.patchbay, &order()).await;
    assert_eq!(report.stopped.unwrap().code(), "busy");
    assert_eq!(report.replacement.stage(), Stage::First);
    assert_eq!(all_valid(&world, "after the failure"), [6, 0]);
    world.patchbay.abandon_replacement("Prod").await.unwrap();
    world.with("dev", |there| there.busy = false);
    let pushed = world.push("dev").await;
    assert_eq!(
        pushed.outcome,
        Outcome::Unchanged,
        "the assignment is the old one again"
    );

    chosen(&world).await;
    let first = CarryOrder {
        only_first: true,
        ..order()
    };
    carry(&world.patchbay, &first).await;
    let late = world
        .patchbay
        .abandon_replacement("Prod")
        .await
        .unwrap_err();
    assert_eq!(late.code(), "replacementUnderWay");
}

#[tokio::test]
async fn without_adobes_proof_nobody_follows() {
    let world = fleet().await;
    chosen(&world).await;
    // The first instance gets the pair, but signs with a clock that is off: no proof.
    world.with("dev", |there| there.clock_ahead = 4_000);
    let report = carry(&world.patchbay, &order()).await;
    assert_eq!(report.stopped.unwrap().code(), "newPairNotProven");
    assert_eq!(report.replacement.members[0].state, MemberState::Written);
    assert_eq!(all_valid(&world, "unproven"), [5, 1]);
    world.with("dev", |there| there.clock_ahead = 0);
    world.clock.advance(std::time::Duration::from_secs(5_000));
    let report = carry(&world.patchbay, &order()).await;
    assert_eq!(
        report.replacement.stage(),
        Stage::DeleteOld,
        "{:?}",
        report.stopped
    );
}

#[tokio::test]
async fn an_old_pair_that_only_the_instances_hold_is_asked_about_through_them() {
    let world = fleet().await;
    world.patchbay.remove_key_pair("Prod").await.unwrap();
    let survey = world.patchbay.survey_replacement("Prod").await.unwrap();
    assert!(survey.replacement.is_some(), "{:?}", survey.instances);
    let chosen = world
        .patchbay
        .choose_replacement("Prod", "New")
        .await
        .unwrap();
    assert_eq!(chosen.old_pair, OldPair::Accepted);
    let report = carry(&world.patchbay, &order()).await;
    assert_eq!(
        report.replacement.stage(),
        Stage::DeleteOld,
        "{:?}",
        report.stopped
    );
    let open = world.patchbay.delete_at_adobe("Prod", false).await.unwrap();
    assert_eq!(
        open.at_adobe,
        AtAdobe::NotKnown,
        "nobody can sign for it any more"
    );
    let told = world.patchbay.delete_at_adobe("Prod", true).await.unwrap();
    assert_eq!(told.pair.state, KeyPairState::DeletedAtAdobe);
}

/// Lets a future go on that many times, then kills it. Says whether it had ended.
fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
    }
    None
}

/// From the survey to the last proof.
async fn whole(patchbay: &Patchbay) -> Stage {
    let begun = patchbay.replacements().await.unwrap();
    if begun.first().map(|one| one.stage()) == Some(Stage::DeleteOld) {
        return Stage::DeleteOld;
    }
    patchbay.survey_replacement("Prod").await.unwrap();
    patchbay.choose_replacement("Prod", "New").await.unwrap();
    let report = carry(patchbay, &order()).await;
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    report.replacement.stage()
}

/// How many of the steps are tried; every one of them with `PATCHBAY_KILLS=1`.
fn stride() -> usize {
    let set = option_env!("PATCHBAY_KILLS");
    set.and_then(|text| text.parse().ok()).unwrap_or(29)
}

#[tokio::test]
async fn killed_at_any_step_it_goes_on_and_no_instance_is_ever_without_a_valid_pair() {
    let mut kills = 0;
    let mut mixed = 0;
    for steps in (0..).step_by(stride()) {
        let world = fleet().await;
        let ended = polled(whole(&world.patchbay), steps).is_some();
        let when = format!("killed after {steps} steps");
        let on = all_valid(&world, &when);
        mixed += usize::from(on[0] > 0 && on[1] > 0);
        // The next start, in another process.
        let next = world.another_process();
        world.clock.advance(std::time::Duration::from_secs(400));
        next.settle().await.unwrap();
        assert_eq!(whole(&next).await, Stage::DeleteOld, "{when}");
        assert_eq!(all_valid(&world, &when), [0, 6]);
        if ended {
            break;
        }
        kills += 1;
    }
    assert!(kills > 6, "only {kills} steps were tried");
    assert!(mixed > 2, "only {mixed} kills fell into the middle");
    println!("killed at {kills} steps, {mixed} of them with both pairs in use");
}
