//! One data space, several instances: who keeps it, who carries the conflict (section 4, P12).

use patchbay_core::config::ConfigPath;
use patchbay_core::connection::ConnectionState as State;
use patchbay_core::fakes::FakeInstance;
use patchbay_core::instance::Role;
use patchbay_core::instance::answering::Kinship;

use crate::world::{PRODUCTION, TESTING, World, world};

/// A copy of another instance's database, on an address of its own.
fn copy_of(world: &World, original: &str, url: &str) -> FakeInstance {
    let mut copy = FakeInstance::default();
    world.with(original, |there| {
        copy.values.clone_from(&there.values);
        copy.database.clone_from(&there.database);
        copy.server.clone_from(&there.server);
    });
    copy.base_url = url.to_owned();
    copy
}

async fn states(world: &World) -> Vec<(String, State, Vec<String>)> {
    let checked = world.patchbay.check(&[]).await.unwrap();
    checked
        .into_iter()
        .map(|one| {
            let verdict = one.evidence.verdict;
            let findings = verdict.findings.into_iter().map(|f| f.code).collect();
            (one.instance.name, verdict.state, findings)
        })
        .collect()
}

fn has(findings: &[String], code: &str) -> bool {
    findings.iter().any(|found| found == code)
}

#[tokio::test]
async fn the_assigned_one_keeps_its_state_and_the_copy_carries_the_conflict() {
    let world = world().await;
    world.connected("a-live", Role::Live, PRODUCTION).await;
    let copy = copy_of(&world, "a-live", "https://copy.test/");
    world.add("b-copy", Role::Staging, copy).await;
    let states = states(&world).await;
    assert_eq!(states[0].1, State::Connected);
    assert!(has(&states[0].2, "dataSpaceAlsoUsed"));
    assert_eq!(states[1].1, State::DataSpaceConflict);
    assert!(has(&states[1].2, "productionOnCopy"));
}

#[tokio::test]
async fn of_two_that_nobody_assigned_the_only_live_one_keeps_it() {
    let world = world().await;
    world.connected("a-live", Role::Live, PRODUCTION).await;
    let copy = copy_of(&world, "a-live", "https://copy.test/");
    world.add("b-copy", Role::Staging, copy).await;
    let id = world.patchbay.instances().await.unwrap().remove(0).id;
    use patchbay_core::ports::records::Records as _;
    world.records.remove_assignment(&id).await.unwrap();
    let got = states(&world).await;
    assert_eq!(
        (got[0].1, got[1].1),
        (State::Connected, State::DataSpaceConflict)
    );
    let edit = patchbay_core::instance::adding::InstanceEdit {
        role: Some(Role::Live),
        ..Default::default()
    };
    world.patchbay.edit_instance("b-copy", edit).await.unwrap();
    let got = states(&world).await;
    assert_eq!(
        (got[0].1, got[1].1),
        (State::DataSpaceConflict, State::DataSpaceConflict),
        "it cannot be told, so both carry it"
    );
}

#[tokio::test]
async fn assigned_to_both_both_carry_it() {
    let world = world().await;
    world.connected("a", Role::Staging, TESTING).await;
    let copy = copy_of(&world, "a", "https://copy.test/");
    world.add("b", Role::Staging, copy).await;
    world.assign("b", TESTING).await;
    let got = states(&world).await;
    assert_eq!(
        (got[0].1, got[1].1),
        (State::DataSpaceConflict, State::DataSpaceConflict)
    );
}

#[tokio::test]
async fn several_ways_into_one_instance_are_one() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    let url = world.with("a", |there| there.base_url.clone());
    let same = copy_of(&world, "a", &url);
    world.add("b", Role::Live, same).await;
    for (name, state, findings) in states(&world).await {
        assert_eq!(state, State::Connected, "{name} {findings:?}");
        assert!(!has(&findings, "sameIdentity"));
    }
}

#[tokio::test]
async fn the_same_identity_elsewhere_is_asked_about_and_counts_as_two_until_answered() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    let other = copy_of(&world, "a", "https://www.a.test/");
    world.add("b", Role::Live, other).await;
    let got = states(&world).await;
    assert!(
        has(&got[0].2, "sameIdentity") && has(&got[1].2, "sameIdentity"),
        "{got:?}"
    );
    assert_eq!(got[1].1, State::DataSpaceConflict, "two until answered");
    world
        .patchbay
        .answer_kinship("b", Kinship::Same)
        .await
        .unwrap();
    for (name, state, findings) in states(&world).await {
        assert_eq!(state, State::Connected, "{name} {findings:?}");
    }
    world
        .patchbay
        .answer_kinship("a", Kinship::Copy)
        .await
        .unwrap();
    let got = states(&world).await;
    assert_eq!(got[1].1, State::DataSpaceConflict);
    assert!(!has(&got[1].2, "sameIdentity"), "it was answered");
}

#[tokio::test]
async fn a_copy_that_leaves_ends_the_conflict() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    let copy = copy_of(&world, "a", "https://copy.test/");
    world.add("b", Role::Staging, copy).await;
    states(&world).await;
    world.with("b", |there| {
        for path in ConfigPath::DATA_SPACE {
            there.values.remove(&path);
        }
    });
    let got = states(&world).await;
    assert_eq!((got[0].1, got[1].1), (State::Connected, State::Incomplete));
    assert!(!has(&got[0].2, "dataSpaceAlsoUsed"));
}

fn remark_codes(evidence: &patchbay_core::connection::Evidence) -> Vec<String> {
    let findings = evidence.verdict.findings.iter();
    findings.map(|finding| finding.code.clone()).collect()
}

#[tokio::test]
async fn a_check_of_one_says_of_its_neighbours_what_changed_without_going_there() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    world.connected("b", Role::Staging, TESTING).await;
    let copy = world.with("a", |there| there.values[&ConfigPath::DataSpaceId].clone());
    world.with("b", |there| {
        there.values.insert(ConfigPath::DataSpaceId, copy)
    });
    world.transport.reset_tallies();

    assert_eq!(
        world.check("b").await.verdict.state,
        State::DataSpaceConflict
    );
    let kept = world.known("a").await;
    assert_eq!(kept.verdict.state, State::Connected, "it is assigned to a");
    assert!(has(&remark_codes(&kept), "dataSpaceAlsoUsed"));

    world.assign("b", PRODUCTION).await;
    world.check("b").await;
    let carried = world.known("a").await;
    assert_eq!(carried.verdict.state, State::DataSpaceConflict);
    assert_eq!(carried.verdict.reason.code, "dataSpaceUsedTwice");
    assert!(!has(&remark_codes(&carried), "dataSpaceAlsoUsed"));

    world.with("b", |there| {
        drop(there.values.remove(&ConfigPath::DataSpaceId))
    });
    world.assign("b", TESTING).await;
    world.check("b").await;
    let freed = world.known("a").await.verdict;
    assert_eq!(
        (freed.state, freed.reason.code.as_str()),
        (State::Unverified, "conflictEnded"),
        "not looked at, so not green either"
    );
    assert_eq!(world.tally("a").connections, 0, "nobody went there");
    assert_eq!(world.check("a").await.verdict.state, State::Connected);
}

#[tokio::test]
async fn what_is_worse_than_a_conflict_stays_the_state_and_the_conflict_is_listed() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    world.connected("b", Role::Staging, TESTING).await;
    let here = world.with("a", |there| there.values[&ConfigPath::DataSpaceId].clone());
    world.with("b", |there| {
        drop(there.values.remove(&ConfigPath::ProjectName))
    });
    assert_eq!(world.check("b").await.verdict.state, State::Incomplete);
    world.with("b", |there| {
        there.values.insert(ConfigPath::DataSpaceId, here.clone())
    });
    world.check("b").await;
    let kept = world.known("b").await;
    assert_eq!(kept.verdict.state, State::Incomplete);
    assert!(has(&remark_codes(&kept), "dataSpaceUsedTwice"));

    world.with("a", |there| {
        drop(there.values.remove(&ConfigPath::DataSpaceId))
    });
    world.assign("a", TESTING).await;
    world.check("a").await;
    let freed = world.known("b").await;
    assert_eq!(freed.verdict.state, State::Incomplete);
    assert!(!has(&remark_codes(&freed), "dataSpaceUsedTwice"));
}
