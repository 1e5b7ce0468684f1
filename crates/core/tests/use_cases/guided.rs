//! Key pairs that a person creates with our help (R1, R2).

use std::time::Duration;

use patchbay_core::config::Purpose;
use patchbay_core::fakes::{MemoryOutlet, keys};
use patchbay_core::keypair::keeping::{Recovered, Verification};
use patchbay_core::keypair::{Export, ExportWay, KeyPairState, Origin};
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::secret::Secret;

use crate::world::{api_key, empty_world};

#[tokio::test]
async fn a_created_key_is_kept_before_its_api_key_is_known_and_then_completed() {
    let world = empty_world().await;
    let (patchbay, purpose) = (&world.patchbay, Purpose::Production);
    let guided = patchbay
        .begin_guided("Nordlys", purpose, "Live")
        .await
        .unwrap();
    assert_eq!(guided.pair().state, KeyPairState::Pending);
    let kept = patchbay.keep_guided(&guided, &keys::pem(0)).await.unwrap();
    assert_eq!(
        (kept.state, kept.origin),
        (KeyPairState::Ready, Origin::Guided)
    );
    assert!(!kept.is_here(), "it cannot be pushed without its API key");
    let done = patchbay
        .complete_guided("Live", api_key(0).as_str())
        .await
        .unwrap();
    assert_eq!(done.verification, Verification::Accepted);
    assert!(done.pair.is_here());
    let again = patchbay.complete_guided("Live", api_key(1).as_str()).await;
    assert_eq!(again.unwrap_err().code(), "apiKeyThere");
    let outlet = MemoryOutlet::new(ExportWay::File);
    patchbay.export_key("Live", &outlet).await.unwrap();
    assert_eq!(outlet.taken().len(), 1, "a created key has one copy");
}

#[tokio::test]
async fn what_it_is_for_is_what_adobe_accepts_it_for() {
    let world = empty_world().await;
    let patchbay = &world.patchbay;
    let sandbox = Purpose::Sandbox;
    let guided = patchbay
        .begin_guided("Nordlys", sandbox, "Key")
        .await
        .unwrap();
    patchbay.keep_guided(&guided, &keys::pem(0)).await.unwrap();
    let done = patchbay
        .complete_guided("Key", api_key(0).as_str())
        .await
        .unwrap();
    assert_eq!(done.verification, Verification::Accepted);
    assert_eq!(done.pair.purpose, Purpose::Production);
}

#[tokio::test]
async fn a_wrong_api_key_can_be_given_again() {
    let world = empty_world().await;
    let patchbay = &world.patchbay;
    let guided = patchbay
        .begin_guided("Nordlys", Purpose::Production, "Key")
        .await
        .unwrap();
    patchbay.keep_guided(&guided, &keys::pem(0)).await.unwrap();
    let wrong = patchbay
        .complete_guided("Key", api_key(7).as_str())
        .await
        .unwrap();
    assert!(matches!(wrong.verification, Verification::Rejected(_)));
    let right = patchbay
        .complete_guided("Key", api_key(0).as_str())
        .await
        .unwrap();
    assert_eq!(right.verification, Verification::Accepted);
}

#[tokio::test]
async fn a_page_that_was_closed_leaves_nothing() {
    let world = empty_world().await;
    let patchbay = &world.patchbay;
    let guided = patchbay
        .begin_guided("Nordlys", Purpose::Production, "Key")
        .await
        .unwrap();
    let refused = patchbay
        .keep_guided(&guided, &Secret::new(b"hello".to_vec()))
        .await;
    assert_eq!(refused.unwrap_err().code(), "privateKeyRefused");
    patchbay.abandon_guided(guided).await;
    assert!(patchbay.key_pairs().await.unwrap().is_empty());
    assert!(world.keychain.is_empty());
}

#[tokio::test]
async fn killed_while_the_page_is_open_it_says_what_to_look_for_at_adobe() {
    let world = empty_world().await;
    let program = world.another_process();
    let guided = program
        .begin_guided("Nordlys", Purpose::Production, "Key")
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(3_600));
    let found = world.patchbay.recover_key_pairs().await.unwrap();
    assert_eq!(found, [], "the page is open, however long");
    drop((guided, program));
    let found = world.patchbay.recover_key_pairs().await.unwrap();
    assert_eq!(found, [Recovered::LostOnTheWay("Key".into())]);
    let pair = world.patchbay.key_pairs().await.unwrap().remove(0);
    assert_eq!(
        (pair.state, pair.export),
        (KeyPairState::LostOnTheWay, Export::None)
    );
}

#[tokio::test]
async fn whatever_the_keychain_does_a_caught_key_is_here_or_said_to_be_lost() {
    for failing in 0..4 {
        let world = empty_world().await;
        let program = world.another_process();
        let guided = program
            .begin_guided("Nordlys", Purpose::Production, "Key")
            .await
            .unwrap();
        world
            .keychain
            .trouble
            .once_after(failing, KeychainError::Slow);
        let kept = program.keep_guided(&guided, &keys::pem(0)).await;
        world.keychain.trouble.clear();
        drop((guided, program));
        world.clock.advance(Duration::from_secs(3_600));
        world.patchbay.recover_key_pairs().await.unwrap();
        let pair = world.patchbay.key_pairs().await.unwrap().remove(0);
        let here = pair.state == KeyPairState::Ready;
        assert!(
            here || pair.state == KeyPairState::LostOnTheWay,
            "{failing}: {pair:?}"
        );
        assert!(here || kept.is_err(), "call {failing}");
    }
}

#[tokio::test]
async fn one_more_key_on_the_same_page_gets_a_name_of_its_own() {
    let world = empty_world().await;
    let patchbay = &world.patchbay;
    let first = patchbay
        .begin_guided("Nordlys", Purpose::Production, "Key")
        .await
        .unwrap();
    let kept = patchbay.keep_guided(&first, &keys::pem(0)).await.unwrap();
    let second = patchbay.begin_another(&kept).await.unwrap();
    assert_eq!(second.pair().name, "Key 2");
    patchbay.keep_guided(&second, &keys::pem(3)).await.unwrap();
    assert_eq!(patchbay.key_pairs().await.unwrap().len(), 2);
}
