//! Bringing, generating, adopting and recovering key pairs (R1, R3, G8).

use std::time::Duration;

use patchbay_core::config::Purpose;
use patchbay_core::fakes::keys as sample;
use patchbay_core::keypair::keeping::{Recovered, Verification};
use patchbay_core::keypair::{Export, KeyPairState};
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::ports::portal::PortalError;
use patchbay_core::ports::records::RecordsError;
use patchbay_core::secret::Secret;
use proptest::prelude::*;

use crate::world::{World, api_key, empty_world, world};

fn sign_in() -> Secret {
    Secret::new(b"sign-in".to_vec())
}

async fn generate(
    world: &World,
) -> patchbay_core::Result<patchbay_core::keypair::keeping::KeptKey> {
    let portal = "https://portal.test/";
    let purpose = Purpose::Production;
    let sign_in = sign_in();
    world
        .patchbay
        .generate_key("Nordlys", purpose, "Made", portal, &sign_in)
        .await
}

#[tokio::test]
async fn a_brought_pair_is_ready_and_teaches_the_mage_id() {
    let world = empty_world().await;
    let kept = world
        .bring("Nordlys", Purpose::Production, "Prod", 0)
        .await
        .unwrap();
    assert_eq!(kept.verification, Verification::Accepted);
    assert_eq!(kept.pair.state, KeyPairState::Ready);
    assert_eq!(
        kept.pair.export,
        Export::None,
        "a brought key has no export (R3)"
    );
    assert_eq!(world.keychain.len(), 1);
    let account = world.patchbay.accounts().await.unwrap().remove(0);
    assert_eq!(account.mage_id, Some(crate::world::mage(1)));
}

#[tokio::test]
async fn the_same_pair_is_not_kept_twice() {
    let world = world().await;
    let twice = world
        .bring("Nordlys", Purpose::Production, "Again", 0)
        .await;
    assert_eq!(twice.unwrap_err().code(), "keyPairTwice");
    assert_eq!(world.keychain.len(), 2, "nothing more was stored");
}

#[tokio::test]
async fn a_pair_under_the_wrong_purpose_is_told() {
    let world = empty_world().await;
    let kept = world
        .bring("Nordlys", Purpose::Sandbox, "Oops", 0)
        .await
        .unwrap();
    assert_eq!(kept.verification, Verification::Swapped);
    let right = world.patchbay.correct_purpose(kept).await.unwrap();
    assert_eq!(right.verification, Verification::Accepted);
    let listed = world.patchbay.key_pairs().await.unwrap().remove(0);
    assert_eq!(
        listed.purpose,
        Purpose::Production,
        "what Adobe says counts"
    );

    world
        .bring("Nordlys", Purpose::Sandbox, "Taken", 1)
        .await
        .unwrap();
    let kept = world
        .bring("Nordlys", Purpose::Production, "Taken", 1)
        .await;
    let kept = world.patchbay.correct_purpose(kept.unwrap()).await.unwrap();
    assert_eq!(
        kept.verification,
        Verification::Swapped,
        "it stays as it is"
    );
}

#[tokio::test]
async fn whatever_fails_in_keychain_or_records_leaves_all_or_nothing() {
    for failing in 0..12 {
        for in_keychain in [true, false] {
            let world = empty_world().await;
            if in_keychain {
                world
                    .keychain
                    .trouble
                    .once_after(failing, KeychainError::Slow);
            } else {
                let detail = "disk".to_owned();
                world
                    .records
                    .trouble
                    .once_after(failing, RecordsError::Failed { detail });
            }
            let brought = world.bring("Nordlys", Purpose::Production, "Prod", 0).await;
            world.keychain.trouble.clear();
            world.records.trouble.clear();
            let pairs = world.patchbay.key_pairs().await.unwrap();
            let states: Vec<KeyPairState> = pairs.iter().map(|pair| pair.state).collect();
            match brought {
                Ok(_) => assert_eq!(
                    (states.as_slice(), world.keychain.len()),
                    (&[KeyPairState::Ready][..], 1)
                ),
                Err(error) => assert_eq!(
                    (states.as_slice(), world.keychain.len()),
                    (&[][..], 0),
                    "step {failing}, keychain {in_keychain}: {error}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_keychain_that_gives_other_bytes_back_keeps_nothing() {
    let world = empty_world().await;
    world.keychain.garble_writes(true);
    let brought = world.bring("Nordlys", Purpose::Production, "Prod", 0).await;
    assert_eq!(brought.unwrap_err().code(), "keychainWrongBytes");
    assert!(world.keychain.is_empty());
    assert!(world.patchbay.key_pairs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_generated_pair_has_a_ticket_and_one_export() {
    let world = empty_world().await;
    let kept = generate(&world).await.unwrap();
    assert_eq!(kept.verification, Verification::Accepted);
    assert_eq!(kept.pair.export, Export::Unused);
    assert!(kept.pair.ticket.is_some());
    assert_eq!(world.keychain.len(), 2, "the key and its ticket");
}

#[tokio::test]
async fn a_keychain_that_is_shut_costs_no_key_at_adobe() {
    let world = empty_world().await;
    world.keychain.trouble.always(KeychainError::Denied);
    assert_eq!(generate(&world).await.unwrap_err().code(), "keychainDenied");
    assert!(
        world.portal.created().is_empty(),
        "nothing was created there"
    );
    assert!(world.patchbay.key_pairs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_answer_says_what_to_delete_at_adobe() {
    let world = empty_world().await;
    let detail = "cut".to_owned();
    world
        .portal
        .trouble
        .once_after(0, PortalError::AnswerLost { detail });
    assert_eq!(
        generate(&world).await.unwrap_err().code(),
        "portalAnswerLost"
    );
    let pairs = world.patchbay.key_pairs().await.unwrap();
    assert_eq!(pairs[0].state, KeyPairState::LostOnTheWay);
    assert_eq!(pairs[0].export, Export::None);
    assert!(world.keychain.is_empty(), "no ticket without a key");
}

#[tokio::test]
async fn a_refusing_portal_leaves_nothing() {
    let world = empty_world().await;
    let detail = "no".to_owned();
    world
        .portal
        .trouble
        .once_after(0, PortalError::Refused { detail });
    assert_eq!(generate(&world).await.unwrap_err().code(), "portalRefused");
    assert!(world.patchbay.key_pairs().await.unwrap().is_empty());
    assert!(world.keychain.is_empty());
}

#[tokio::test]
async fn a_created_key_is_in_the_keychain_or_said_to_be_lost_whatever_fails() {
    for failing in 0..8 {
        let world = empty_world().await;
        world
            .keychain
            .trouble
            .once_after(failing, KeychainError::Slow);
        let made = generate(&world).await;
        world.keychain.trouble.clear();
        let pairs = world.patchbay.key_pairs().await.unwrap();
        match (world.portal.created().len(), made) {
            (0, made) => assert!(made.is_err() && pairs.is_empty(), "step {failing}"),
            (_, Ok(_)) => assert_eq!(pairs[0].state, KeyPairState::Ready, "step {failing}"),
            (_, Err(_)) => {
                assert_ne!(pairs[0].state, KeyPairState::Ready, "step {failing}");
                world.clock.advance(Duration::from_secs(600));
                let recovered = world.patchbay.recover_key_pairs().await.unwrap();
                let pair = world.patchbay.key_pairs().await.unwrap().remove(0);
                let kept = recovered == [Recovered::Kept("Made".into())];
                assert_eq!(kept, pair.state == KeyPairState::Ready, "step {failing}");
                assert!(kept || pair.state == KeyPairState::LostOnTheWay);
            }
        }
    }
}

#[tokio::test]
async fn a_start_looks_after_what_was_left_half_way() {
    for failing in 0..12 {
        let world = empty_world().await;
        // From that call on the records are gone, as when the program is killed there.
        let detail = "killed".to_owned();
        world
            .records
            .trouble
            .once_after(failing, RecordsError::Failed { detail });
        let _ = generate(&world).await;
        world.records.trouble.clear();
        world.clock.advance(Duration::from_secs(600));
        world.patchbay.recover_key_pairs().await.unwrap();
        let pairs = world.patchbay.key_pairs().await.unwrap();
        let created = !world.portal.created().is_empty();
        assert!(
            !created || !pairs.is_empty(),
            "step {failing}: a created key is listed"
        );
        for pair in pairs {
            assert_ne!(pair.state, KeyPairState::Pending, "step {failing}");
        }
    }
}

#[tokio::test]
async fn a_failed_read_at_a_start_deletes_nothing() {
    let world = empty_world().await;
    world.portal.trouble.clear();
    world.keychain.trouble.once_after(2, KeychainError::Locked);
    let _ = generate(&world).await;
    let before = world.patchbay.key_pairs().await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    world.keychain.trouble.always(KeychainError::Locked);
    let _ = world.patchbay.recover_key_pairs().await;
    world.keychain.trouble.clear();
    assert_eq!(
        world.patchbay.key_pairs().await.unwrap().len(),
        before.len()
    );
}

#[tokio::test]
async fn a_pair_is_removed_from_here_whether_it_is_used_or_not() {
    let world = world().await;
    let live = patchbay_core::instance::Role::Live;
    world
        .connected("live", live, crate::world::PRODUCTION)
        .await;
    let (_, used) = world.patchbay.where_used_by_name("Prod").await.unwrap();
    assert_eq!(used, ["live"]);
    let kept = world.patchbay.remove_key_pair("Prod").await.unwrap();
    assert_eq!(
        kept.state,
        KeyPairState::HeldByInstance,
        "a pair that is assigned stays listed, without its private key (G9)"
    );
    world
        .bring("Nordlys", Purpose::Production, "Spare", 3)
        .await
        .unwrap();
    let before = world.keychain.len();
    world.patchbay.remove_key_pair("Spare").await.unwrap();
    assert_eq!(world.keychain.len(), before - 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_garbage_is_kept(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = empty_world().await;
            let private_key = Secret::new(bytes);
            let brought = world.patchbay.bring_key(&patchbay_core::keypair::keeping::BroughtKey {
                account: "Nordlys",
                purpose: Purpose::Sandbox,
                name: "Garbage",
                api_key: api_key(1).as_str(),
                private_key: &private_key,
            }).await;
            assert!(brought.is_err());
            assert!(world.keychain.is_empty());
        });
    }
}

#[tokio::test]
async fn a_truncated_key_is_refused() {
    let world = empty_world().await;
    let pem = sample::pem(0);
    let half = Secret::new(pem.expose()[..pem.len() / 2].to_vec());
    let brought = world
        .patchbay
        .bring_key(&patchbay_core::keypair::keeping::BroughtKey {
            account: "Nordlys",
            purpose: Purpose::Production,
            name: "Half",
            api_key: api_key(0).as_str(),
            private_key: &half,
        })
        .await;
    assert_eq!(brought.unwrap_err().code(), "privateKeyRefused");
}
