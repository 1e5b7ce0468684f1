//! What visitors of a shop see: it takes lights away, gives none, and finds twins.

use std::time::Duration;

use patchbay_core::connection::ConnectionState as State;
use patchbay_core::connection::renew::Renewal;
use patchbay_core::id::DataSpaceId;
use patchbay_core::instance::adding::{InstanceEdit, NewInstance};
use patchbay_core::instance::{Role, Way};
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::ports::storefront::StorefrontError;
use patchbay_core::registry::DataSpaceType;

use crate::world::{PRODUCTION, TESTING, World, api_key, world};

fn id(text: &str) -> DataSpaceId {
    DataSpaceId::parse(text).unwrap()
}

/// Its name's shop shows this data space.
fn shows(world: &World, name: &str, space: &str) {
    let url = format!("https://{name}.test/");
    world.storefront.show(&url, &id(space), None);
}

async fn watch(world: &World, name: &str, role: Role) {
    let url = format!("https://{name}.test/");
    let new = NewInstance {
        name,
        account: "Nordlys",
        role,
        way: Way::WatchOnly,
        url: Some(&url),
        tags: Vec::new(),
    };
    world.patchbay.add_instance(new).await.unwrap();
}

async fn said(world: &World, name: &str) -> (State, String) {
    let verdict = world.check(name).await.verdict;
    (verdict.state, verdict.reason.code)
}

async fn renewed(world: &World, name: &str) -> Renewal {
    let renewed = world.patchbay.renew(&[name.into()]).await.unwrap();
    renewed[0].1
}

#[tokio::test]
async fn a_shop_that_shows_another_data_space_puts_the_light_out_at_once() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    shows(&world, "live", PRODUCTION);
    assert_eq!(said(&world, "live").await.0, State::Connected, "they agree");
    shows(&world, "live", TESTING);
    assert_eq!(renewed(&world, "live").await, Renewal::Changed);
    let known = world.known("live").await.verdict;
    assert_eq!(
        (known.state, known.reason.code.as_str()),
        (State::Unverified, "shopShowsAnother")
    );
    assert_eq!(
        said(&world, "live").await,
        (State::Unverified, "shopShowsAnother".into()),
        "a check says the same"
    );
    shows(&world, "live", PRODUCTION);
    assert_eq!(said(&world, "live").await.0, State::Connected);
}

#[tokio::test]
async fn a_shop_that_says_nothing_changes_nothing() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    for error in [StorefrontError::SaysNothing, StorefrontError::TimedOut] {
        world.storefront.put("https://live.test/", Err(error));
        assert_eq!(said(&world, "live").await.0, State::Connected);
    }
}

#[tokio::test]
async fn a_proof_is_renewed_without_connecting_and_not_for_ever() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    for _ in 0..90 {
        world.clock.advance(Duration::from_secs(900));
        assert_eq!(renewed(&world, "live").await, Renewal::Renewed);
        assert_eq!(world.known("live").await.verdict.state, State::Connected);
    }
    assert_eq!(world.tally("live").connections, 0, "nobody connected");
    // 22.5 hours; a day after the look renewing ends, whatever Adobe says.
    world.clock.advance(Duration::from_secs(6_000));
    assert_eq!(renewed(&world, "live").await, Renewal::NeedsALook);
    assert_eq!(world.known("live").await.verdict.state, State::Unverified);
}

#[tokio::test]
async fn what_was_read_there_counts_for_a_day() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    for _ in 0..95 {
        world.clock.advance(Duration::from_secs(900));
        assert_eq!(renewed(&world, "live").await, Renewal::Renewed);
    }
    world.clock.advance(Duration::from_secs(901));
    let known = world.known("live").await.verdict;
    assert_eq!(
        (known.state, known.reason.code.as_str()),
        (State::Unverified, "valuesTooOld"),
        "Adobe answered a quarter of an hour ago"
    );
}

#[tokio::test]
async fn a_renewal_hears_what_changed_at_adobe() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .gateway
        .delete(patchbay_core::config::Purpose::Production, &api_key(0));
    assert_eq!(renewed(&world, "live").await, Renewal::Changed);
    let known = world.known("live").await.verdict;
    assert_eq!(
        (known.state, known.reason.code.as_str()),
        (State::AccountNotVerified, "apiKeyInvalid")
    );
}

#[tokio::test]
async fn nothing_is_renewed_without_the_three_conditions() {
    // The keychain is locked: nobody asked, so nothing is unlocked.
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let asked = world.gateway.calls().len();
    world.keychain.trouble.always(KeychainError::Locked);
    assert_eq!(renewed(&world, "live").await, Renewal::KeychainClosed);
    world.keychain.trouble.clear();
    // The key is not kept here.
    world.patchbay.remove_key_pair("Prod").await.unwrap();
    assert_eq!(renewed(&world, "live").await, Renewal::NeedsALook);
    assert_eq!(world.gateway.calls().len(), asked, "Adobe was not asked");

    // The last look did not prove it.
    let world = crate::world::world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| there.clock_ahead = 900);
    world.check("live").await;
    assert_eq!(renewed(&world, "live").await, Renewal::NeedsALook);
    // Another spelling of the key was read there: not exactly ours.
    let world = crate::world::world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| {
        let path = patchbay_core::config::ConfigPath::ProductionPrivateKey;
        there.values.get_mut(&path).unwrap().push(b'\n');
    });
    assert_eq!(said(&world, "live").await.0, State::Connected);
    assert_eq!(renewed(&world, "live").await, Renewal::NeedsALook);
}

#[tokio::test]
async fn our_own_clock_being_off_rejects_no_key() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.gateway.set_clock_ahead(Some(-900));
    assert_eq!(renewed(&world, "live").await, Renewal::NoAnswer);
    assert_eq!(
        world.known("live").await.verdict.state,
        State::Connected,
        "still fading"
    );
    let (state, reason) = said(&world, "live").await;
    assert_ne!(state, State::Connected);
    assert!(
        ["ownClockOff", "clockSkew"].contains(&reason.as_str()),
        "{reason}"
    );
}

#[tokio::test]
async fn a_watched_shop_tells_its_twins_and_never_turns_green() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    watch(&world, "copy", Role::Staging).await;
    shows(&world, "copy", PRODUCTION);
    assert_eq!(
        said(&world, "copy").await,
        (State::DataSpaceConflict, "dataSpaceUsedTwice".into())
    );
    let live = world.check("live").await.verdict;
    assert_eq!(live.state, State::Connected, "the live one keeps its light");
    assert!(
        live.findings
            .iter()
            .any(|found| found.code == "dataSpaceAlsoUsed")
    );
    shows(&world, "copy", TESTING);
    assert_eq!(
        said(&world, "copy").await,
        (State::Unverified, "watchOnly".into())
    );
    let production = Some(DataSpaceType::Production);
    world
        .storefront
        .show("https://copy.test/", &id(TESTING), production);
    assert_eq!(said(&world, "copy").await.1, "productionOnCopy");
}

#[tokio::test]
async fn a_shop_watched_twice_is_no_conflict_with_itself() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    watch(&world, "outside", Role::Live).await;
    let url = Some("https://live.test".to_owned());
    let edit = InstanceEdit {
        url,
        ..InstanceEdit::default()
    };
    world.patchbay.edit_instance("outside", edit).await.unwrap();
    world
        .storefront
        .show("https://live.test", &id(PRODUCTION), None);
    assert_eq!(
        said(&world, "outside").await,
        (State::Unverified, "watchOnly".into())
    );
    assert_eq!(said(&world, "live").await.0, State::Connected);
}

#[tokio::test]
async fn each_way_of_not_seeing_a_shop_has_its_own_reason() {
    let world = world().await;
    watch(&world, "shop", Role::Live).await;
    let detail = || "x".to_owned();
    for (error, state) in [
        (StorefrontError::SaysNothing, State::Unknown),
        (
            StorefrontError::NotAllowed { detail: detail() },
            State::Unknown,
        ),
        (
            StorefrontError::SentElsewhere { host: detail() },
            State::Unknown,
        ),
        (
            StorefrontError::Unusable { detail: detail() },
            State::Unknown,
        ),
        (
            StorefrontError::Unreachable { detail: detail() },
            State::Unreachable,
        ),
        (StorefrontError::TimedOut, State::Unreachable),
    ] {
        let code = error.code().to_owned();
        world.storefront.put("https://shop.test/", Err(error));
        assert_eq!(said(&world, "shop").await, (state, code));
    }
}

#[tokio::test]
async fn just_looking_at_an_address_keeps_nothing() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.connected("copy", Role::Staging, TESTING).await;
    let kept = world.patchbay.instances().await.unwrap();
    let url = "https://somebody.test/";
    let nothing = world.patchbay.look_at_shop(url).await.unwrap();
    assert_eq!(nothing.said, Err(StorefrontError::SaysNothing));
    world
        .storefront
        .show(url, &id(TESTING), Some(DataSpaceType::Testing));
    let looked = world
        .patchbay
        .look_at_shop(&format!(" {url} "))
        .await
        .unwrap();
    let names: Vec<&str> = looked.used_by.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["copy"]);
    assert!(looked.used_by[0].assigned && !looked.used_by[0].live);
    assert_eq!(
        looked.known.map(|space| space.project_name).as_deref(),
        Some("Nordlys")
    );
    assert!(looked.known_as.is_empty());
    world
        .storefront
        .show("https://copy.test/", &id(TESTING), None);
    let own = world
        .patchbay
        .look_at_shop("https://copy.test/")
        .await
        .unwrap();
    assert_eq!(
        (own.known_as, own.used_by),
        (vec!["copy".to_owned()], Vec::new())
    );
    assert_eq!(world.patchbay.instances().await.unwrap(), kept);
    for bad in ["", "somebody.test", "javascript:alert(1)", "https://u@x/"] {
        let refused = world.patchbay.look_at_shop(bad).await;
        assert_eq!(refused.unwrap_err().code(), "badInput", "{bad}");
    }
}
