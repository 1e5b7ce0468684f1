//! Adding, changing, pinning, adopting and assigning.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState;
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::instance::adding::{InstanceEdit, NewInstance};
use patchbay_core::instance::{Role, Way};
use patchbay_core::keypair::KeyPairState;
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::ports::transport::TransportError;
use patchbay_core::push::order::Outcome;

use crate::world::{OTHER_SPACE, PRODUCTION, TESTING, World, api_key, empty_world, way, world};

/// An instance that somebody connected by hand, with keys 0 and 1 and the production space.
async fn by_hand(world: &World) {
    let pem = |n| keys::pem(n).expose().to_vec();
    let there = FakeInstance::named("hand")
        .with(ConfigPath::ProductionApiKey, api_key(0).as_str())
        .with(ConfigPath::ProductionPrivateKey, pem(0))
        .with(ConfigPath::SandboxApiKey, api_key(1).as_str())
        .with(ConfigPath::SandboxPrivateKey, pem(1))
        .with(ConfigPath::ProjectId, crate::world::PROJECT)
        .with(ConfigPath::ProjectName, "Nordlys")
        .with(ConfigPath::DataSpaceId, PRODUCTION)
        .with(ConfigPath::DataSpaceName, "Production 2")
        .with(ConfigPath::DataSpaceType, "Production");
    world.add("hand", Role::Live, there).await;
}

#[tokio::test]
async fn adding_pins_what_is_reached_and_keeps_what_is_not() {
    let world = empty_world().await;
    let added = world.add("a", Role::Live, FakeInstance::named("a")).await;
    assert_eq!(added.url.as_deref(), Some("https://a.test/"));
    assert!(added.pin.is_some());
    let mut there = FakeInstance::named("b");
    there.unreachable = Some(TransportError::NoRoute);
    assert!(world.add("b", Role::Live, there).await.pin.is_none());
    world.with("b", |there| there.unreachable = None);
    world.check("b").await;
    let b = world.patchbay.instances().await.unwrap().remove(1);
    assert!(b.pin.is_some(), "pinned when it is first reached");
    let again = NewInstance {
        name: "a",
        account: "Nordlys",
        role: Role::Live,
        way: Way::Ssh(way("a")),
        url: None,
        tags: Vec::new(),
    };
    assert_eq!(
        world.patchbay.add_instance(again).await.unwrap_err().code(),
        "nameTaken"
    );
}

#[tokio::test]
async fn repinning_needs_the_typed_name_and_forgets_old_answers() {
    let world = world().await;
    world.connected("a", Role::Staging, TESTING).await;
    world.with("a", |there| there.database = "moved".into());
    assert_eq!(
        world.check("a").await.verdict.state,
        ConnectionState::DifferentInstance
    );
    let wrong = world.patchbay.repin_instance("a", "b").await;
    assert_eq!(wrong.unwrap_err().code(), "nameNotTyped");
    let pinned = world.patchbay.repin_instance("a", "a").await.unwrap();
    assert!(pinned.answers.confirmed.is_empty());
    assert_eq!(
        world.check("a").await.verdict.state,
        ConnectionState::Connected
    );
}

#[tokio::test]
async fn an_edit_takes_the_green_light_back_and_watch_only_needs_an_address() {
    let world = world().await;
    world.connected("a", Role::Live, PRODUCTION).await;
    let role = InstanceEdit {
        role: Some(Role::Staging),
        ..InstanceEdit::default()
    };
    world.patchbay.edit_instance("a", role).await.unwrap();
    assert_eq!(
        world.known("a").await.verdict.state,
        ConnectionState::Unverified
    );
    let mut there = FakeInstance::named("b");
    there.base_url = String::new();
    world.add("b", Role::Live, there).await;
    let watch = InstanceEdit {
        way: Some(Way::WatchOnly),
        ..InstanceEdit::default()
    };
    assert!(world.patchbay.edit_instance("b", watch).await.is_err());
}

#[tokio::test]
async fn adopting_without_keys_turns_it_green_and_keeps_no_key() {
    let world = empty_world().await;
    by_hand(&world).await;
    let adopted = world.patchbay.adopt_instance("hand", false).await.unwrap();
    assert!(adopted.taken.is_empty());
    let items = world.keychain.len();
    let pairs = world.patchbay.key_pairs().await.unwrap();
    assert!(
        pairs
            .iter()
            .all(|pair| pair.state == KeyPairState::HeldByInstance)
    );
    assert_eq!(pairs.len(), 2);
    let verdict = world.check("hand").await.verdict;
    assert_eq!(verdict.state, ConnectionState::Connected, "{verdict:?}");
    assert!(items <= 2, "only the journal's own secrets");
    assert_eq!(world.push("hand").await.outcome, Outcome::Unchanged);
    world.with("hand", |there| {
        drop(there.values.remove(&ConfigPath::ProductionPrivateKey))
    });
    let pushed = world.push("hand").await;
    assert_eq!(pushed.error.map(|error| error.code()), Some("keyNotHere"));
}

#[tokio::test]
async fn adopting_with_keys_fills_the_held_pairs() {
    let world = empty_world().await;
    by_hand(&world).await;
    world.patchbay.adopt_instance("hand", false).await.unwrap();
    let adopted = world.patchbay.adopt_instance("hand", true).await.unwrap();
    assert_eq!(adopted.taken.len(), 2);
    let pairs = world.patchbay.key_pairs().await.unwrap();
    assert_eq!(pairs.len(), 2, "the same pairs, now here");
    assert!(pairs.iter().all(|pair| pair.state == KeyPairState::Ready));
    world.with("hand", |there| {
        drop(there.values.remove(&ConfigPath::ProductionPrivateKey))
    });
    assert_eq!(world.push("hand").await.outcome, Outcome::Pushed);
}

#[tokio::test]
async fn adopting_with_a_keychain_that_fails_loses_nothing() {
    for failing in 0..6 {
        let world = empty_world().await;
        by_hand(&world).await;
        world
            .keychain
            .trouble
            .once_after(failing, KeychainError::Denied);
        let adopted = world.patchbay.adopt_instance("hand", true).await;
        world.keychain.trouble.clear();
        for pair in world.patchbay.key_pairs().await.unwrap() {
            assert_eq!(pair.state, KeyPairState::Ready, "step {failing}");
        }
        if adopted.is_err() {
            world.patchbay.adopt_instance("hand", true).await.unwrap();
        }
        assert_eq!(
            world.patchbay.key_pairs().await.unwrap().len(),
            2,
            "step {failing}"
        );
    }
}

#[tokio::test]
async fn nothing_to_adopt_is_said() {
    let world = empty_world().await;
    world
        .add("empty", Role::Live, FakeInstance::named("empty"))
        .await;
    let adopted = world.patchbay.adopt_instance("empty", false).await;
    assert_eq!(adopted.unwrap_err().code(), "nothingToAdopt");
}

#[tokio::test]
async fn assigning_refuses_what_cannot_be() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    let code = |result: patchbay_core::Result<()>| result.unwrap_err().code();
    let swapped = world
        .assign_only("a", Some("Prod"), Some("Sand"), PRODUCTION)
        .await;
    assert_eq!(code(swapped), "pairsSwapped");
    assert_eq!(
        code(world.assign_only("a", None, None, PRODUCTION).await),
        "noPairGiven"
    );
    let unknown = world
        .assign_only("a", None, Some("Prod"), OTHER_SPACE)
        .await;
    assert_eq!(code(unknown), "notInRegistry");
    assert_eq!(
        code(world.assign_only("a", None, Some("X"), PRODUCTION).await),
        "noSuch"
    );
    let project = patchbay_core::assignment::AssignOrder {
        instance: "a",
        sandbox: None,
        production: Some("Prod"),
        project: patchbay_core::id::ProjectId::parse(crate::world::OTHER_PROJECT).unwrap(),
        data_space: patchbay_core::id::DataSpaceId::parse(PRODUCTION).unwrap(),
    };
    assert_eq!(
        world.patchbay.assign(&project).await.unwrap_err().code(),
        "notInProject"
    );
    assert!(world.patchbay.assignments().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_pair_that_adobe_takes_for_the_other_purpose_is_swapped_not_invalid() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world
        .bring("Nordlys", Purpose::Sandbox, "Wrong", 3)
        .await
        .unwrap();
    let alone = world.assign_only("a", Some("Wrong"), None, TESTING).await;
    assert_eq!(alone.unwrap_err().code(), "pairsSwapped");
    assert!(world.patchbay.assignments().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rejected_pair_leaves_the_question_to_the_other_one() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.gateway.delete(Purpose::Production, &api_key(0));
    let alone = world.assign_only("a", None, Some("Prod"), PRODUCTION).await;
    assert_eq!(alone.unwrap_err().code(), "apiKeyInvalid");
    world
        .assign_only("a", Some("Sand"), Some("Prod"), PRODUCTION)
        .await
        .unwrap();
    world.gateway.delete(Purpose::Sandbox, &api_key(1));
    let neither = world.assign_only("a", Some("Sand"), Some("Prod"), TESTING);
    assert_eq!(neither.await.unwrap_err().code(), "apiKeyInvalid");
}

#[tokio::test]
async fn a_pair_whose_key_is_lost_cannot_be_assigned() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    let detail = "cut".to_owned();
    let lost = patchbay_core::ports::portal::PortalError::AnswerLost { detail };
    world.portal.trouble.once_after(0, lost);
    let sign_in = patchbay_core::secret::Secret::new(b"sign-in".to_vec());
    let made = world
        .patchbay
        .generate_key(
            "Nordlys",
            Purpose::Production,
            "Gone",
            "https://portal.test",
            &sign_in,
        )
        .await;
    assert!(made.is_err());
    let assigned = world
        .assign_only("a", Some("Sand"), Some("Gone"), PRODUCTION)
        .await;
    assert_eq!(assigned.unwrap_err().code(), "pairNotUsable");
}
