//! Handing keys over between two data directories with a keychain each: opens there and nowhere
//! else, arrives without an export, and nobody forgets who has what.

use std::sync::Arc;

use patchbay_core::config::Purpose;
use patchbay_core::fakes::{
    FakeCrypto, FakeGateway, FakePortal, FakeTransport, MemoryKeychain, MemoryRecords, keys,
};
use patchbay_core::handover::code::RequestCode;
use patchbay_core::handover::requesting::NewRequest;
use patchbay_core::handover::sealing::{SealOrder, Sealed};
use patchbay_core::handover::{Direction, ExportThere, KeyRequest};
use patchbay_core::instance::Role;
use patchbay_core::journal::JournalCheck;
use patchbay_core::keypair::keeping::Verification;
use patchbay_core::keypair::{Export, KeyPairState, Origin};
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::replacing::Stage;
use patchbay_core::secret::Secret;
use patchbay_core::{Patchbay, Ports};

use crate::world::{PRODUCTION, World, mage, world};

/// Another computer: its own records and keychain, the same Adobe.
struct Elsewhere {
    patchbay: Patchbay,
    keychain: Arc<MemoryKeychain>,
}

fn elsewhere(world: &World, seed: u8) -> Elsewhere {
    let keychain = Arc::new(MemoryKeychain::default());
    let gateway: Arc<FakeGateway> = world.gateway.clone();
    let ports = Ports {
        keychain: keychain.clone(),
        crypto: Arc::new(FakeCrypto::seeded(u64::from(seed))),
        gateway,
        portal: Arc::new(FakePortal::new("https://portal.test/", "sign-in")),
        records: Arc::new(MemoryRecords::seeded(seed)),
        transport: Arc::new(FakeTransport::new(world.clock.clone())),
        clock: world.clock.clone(),
        storefront: world.storefront.clone(),
    };
    Elsewhere {
        patchbay: Patchbay::new(ports, "mei"),
        keychain,
    }
}

async fn asks(there: &Elsewhere, account: Option<&str>) -> (KeyRequest, RequestCode) {
    let new = NewRequest {
        account,
        purposes: Vec::new(),
        who: "Mei at North",
    };
    let (request, code) = there.patchbay.request_keys(&new).await.unwrap();
    // What is sent is the text.
    let code = RequestCode::read(&code.to_text()).unwrap();
    (request, code)
}

async fn seal(world: &World, code: &RequestCode, keys: &[String]) -> Sealed {
    let order = SealOrder {
        code,
        keys,
        from: "Ingrid",
    };
    world.patchbay.seal_hand_over(&order).await.unwrap()
}

#[tokio::test]
async fn a_sealed_file_opens_where_it_was_asked_for_and_nowhere_else() {
    let world = world().await;
    let (there, third) = (elsewhere(&world, 9), elsewhere(&world, 11));
    there
        .patchbay
        .add_account("Nordlys shops", Some(mage(1)))
        .await
        .unwrap();
    third
        .patchbay
        .add_account("Nordlys shops", Some(mage(1)))
        .await
        .unwrap();
    let (_, code) = asks(&there, Some("Nordlys shops")).await;
    let (_, _) = asks(&third, Some("Nordlys shops")).await;
    let fits = world.patchbay.fitting_pairs(&code).await.unwrap();
    assert_eq!(
        fits.len(),
        2,
        "by the MageID, though the label is another one"
    );
    let sealed = seal(&world, &code, &[]).await;

    for other in [&world.patchbay, &third.patchbay] {
        let refused = other.open_hand_over(&sealed.file).await.unwrap_err();
        assert_eq!(refused.code(), "sealedForAnother");
    }
    let mut damaged = sealed.file.clone();
    damaged[60] ^= 1;
    let refused = there.patchbay.open_hand_over(&damaged).await.unwrap_err();
    assert_eq!(refused.code(), "sealedForAnother");

    arrives(&there, &sealed.file).await;
    let again = there
        .patchbay
        .open_hand_over(&sealed.file)
        .await
        .unwrap_err();
    assert_eq!(
        again.code(),
        "sealedForAnother",
        "what opened it is forgotten"
    );
    assert_eq!(there.keychain.len(), 2, "two keys and nothing else");

    let given = world.patchbay.hand_overs().await.unwrap().remove(0);
    assert_eq!(
        (given.direction, given.peer.as_str()),
        (Direction::Given, "Mei at North")
    );
    assert_eq!(given.keys.len(), 2);
}

/// Both keys come without an export, and it is known from whom.
async fn arrives(there: &Elsewhere, file: &[u8]) {
    let opened = there.patchbay.open_hand_over(file).await.unwrap();
    assert_eq!(opened.keys.len(), 2);
    for received in &opened.keys {
        assert_eq!(received.verification, Verification::Accepted);
        assert_eq!(received.pair.origin, Origin::Received);
        assert_eq!(received.pair.state, KeyPairState::Ready);
        assert_eq!(
            received.pair.export,
            Export::None,
            "no export travels (R3, R8)"
        );
        assert_eq!(received.pair.ticket, None);
        let came = there.patchbay.provenance(&received.pair.id).await.unwrap();
        let (from, _, export) = came.received.unwrap();
        assert_eq!((from.as_str(), export), ("Ingrid", ExportThere::None));
    }
}

#[tokio::test]
async fn the_page_there_knows_whether_the_export_was_used_here() {
    let world = world().await;
    let made = world
        .patchbay
        .generate_key(
            "Nordlys",
            Purpose::Production,
            "Made",
            "https://portal.test/",
            &Secret::new(b"sign-in".to_vec()),
        )
        .await
        .unwrap();
    assert_eq!(made.pair.export, Export::Unused);
    let there = elsewhere(&world, 9);
    there.patchbay.add_account("N", None).await.unwrap();
    let (_, code) = asks(&there, Some("N")).await;
    let sealed = seal(&world, &code, &["Made".to_owned()]).await;
    let opened = there.patchbay.open_hand_over(&sealed.file).await.unwrap();
    let pair = &opened.keys[0].pair;
    assert_eq!((&pair.export, &pair.ticket), (&Export::None, &None));
    let came = there.patchbay.provenance(&pair.id).await.unwrap();
    assert_eq!(came.received.unwrap().2, ExportThere::Unused);
    let here = world.patchbay.key_pairs().await.unwrap();
    let here = here.iter().find(|pair| pair.name == "Made").unwrap();
    assert_eq!(
        here.export,
        Export::Unused,
        "an unused one stays where the key was made"
    );
}

#[tokio::test]
async fn what_fits_is_chosen_only_where_it_is_clear() {
    let world = world().await;
    let there = elsewhere(&world, 9);
    there.patchbay.add_account("Nordlys", None).await.unwrap();
    let (_, code) = asks(&there, Some("Nordlys")).await;
    assert_eq!(
        world.patchbay.fitting_pairs(&code).await.unwrap().len(),
        2,
        "by the label"
    );
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    let fits = world.patchbay.fitting_pairs(&code).await.unwrap();
    assert_eq!(fits.len(), 1, "of two production pairs a person chooses");
    there.patchbay.add_account("Nobody", None).await.unwrap();
    let (_, strange) = asks(&there, Some("Nobody")).await;
    let order = SealOrder {
        code: &strange,
        keys: &[],
        from: "Ingrid",
    };
    let refused = world.patchbay.seal_hand_over(&order).await.unwrap_err();
    assert_eq!(refused.code(), "nothingToSeal");

    // Keys of another MageID than they were asked for are not put under it.
    there
        .patchbay
        .add_account("Strangers", Some(mage(2)))
        .await
        .unwrap();
    let (_, code) = asks(&there, Some("Strangers")).await;
    let sealed = seal(&world, &code, &["Sand".to_owned()]).await;
    let refused = there
        .patchbay
        .open_hand_over(&sealed.file)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "otherMageId");
    assert_eq!(there.patchbay.key_pairs().await.unwrap(), []);
}

#[tokio::test]
async fn trouble_on_the_way_leaves_nothing_half_and_the_file_opens_again() {
    let world = world().await;
    let there = elsewhere(&world, 9);
    there.patchbay.add_account("N", None).await.unwrap();
    let new = NewRequest {
        account: Some("N"),
        purposes: Vec::new(),
        who: "Mei",
    };
    there.keychain.trouble.once_after(1, KeychainError::Denied);
    assert!(there.patchbay.request_keys(&new).await.is_err());
    assert_eq!(there.patchbay.key_requests().await.unwrap(), []);
    assert!(there.keychain.is_empty());

    let (_, code) = asks(&there, Some("N")).await;
    let sealed = seal(&world, &code, &["Prod".to_owned(), "Sand".to_owned()]).await;
    for calls in 0..10 {
        there
            .keychain
            .trouble
            .once_after(calls, KeychainError::Denied);
        let opened = there.patchbay.open_hand_over(&sealed.file).await;
        let pairs = there.patchbay.key_pairs().await.unwrap();
        let ready = pairs
            .iter()
            .filter(|pair| pair.state == KeyPairState::Ready)
            .count();
        assert_eq!(ready, pairs.len(), "after {calls} calls");
        if opened.is_ok() {
            break;
        }
    }
    let pairs = there.patchbay.key_pairs().await.unwrap();
    assert_eq!(pairs.len(), 2);
    for pair in &pairs {
        there
            .patchbay
            .verify_key_pair(pair.id.as_str())
            .await
            .unwrap();
    }
    // A request that is given up can never be answered.
    let (request, code) = asks(&there, Some("N")).await;
    let sealed = seal(&world, &code, &["Prod".to_owned()]).await;
    there.patchbay.cancel_request(&request.id).await.unwrap();
    assert!(there.patchbay.open_hand_over(&sealed.file).await.is_err());
}

#[tokio::test]
async fn after_a_move_the_old_computer_forgets_what_the_new_one_has() {
    let world = world().await;
    world
        .bring("Other", Purpose::Production, "Theirs", 2)
        .await
        .unwrap();
    world.connected("live", Role::Live, PRODUCTION).await;
    let there = elsewhere(&world, 9);
    let (_, code) = asks(&there, None).await;
    assert!(code.moving);
    let sealed = seal(&world, &code, &[]).await;
    let early = world
        .patchbay
        .acknowledge("0000-0000-0000-0000")
        .await
        .unwrap_err();
    assert_eq!(early.code(), "receiptUnknown");
    let opened = there.patchbay.open_hand_over(&sealed.file).await.unwrap();
    assert_eq!(opened.keys.len(), 3);
    let accounts = there.patchbay.accounts().await.unwrap();
    let labels: Vec<&str> = accounts
        .iter()
        .map(|account| account.label.as_str())
        .collect();
    assert_eq!(labels, ["Nordlys", "Other"], "made as they were");
    assert_eq!(accounts[0].mage_id, Some(mage(1)));

    let receipt = opened.hand_over.receipt.to_lowercase();
    let (_, removed) = world.patchbay.acknowledge(&receipt).await.unwrap();
    assert_eq!(removed.len(), 3);
    let pairs = world.patchbay.key_pairs().await.unwrap();
    let left: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.name.as_str(), pair.state))
        .collect();
    let held = KeyPairState::HeldByInstance;
    assert_eq!(
        left,
        [("Prod", held), ("Sand", held)],
        "only what an instance is to hold stays listed"
    );
    for key in 0..3 {
        let held = world.keychain.holds(&keys::der(key));
        assert!(!held, "key {key} is still in the old keychain");
    }
    assert_eq!(
        world.patchbay.acknowledge(&receipt).await.unwrap().1.len(),
        2,
        "again is harmless"
    );
}

#[tokio::test]
async fn when_somebody_leaves_every_key_that_lay_there_is_listed_and_its_replacement_begun() {
    let world = world().await;
    world
        .bring("Other", Purpose::Production, "Theirs", 2)
        .await
        .unwrap();
    world.connected("live", Role::Live, PRODUCTION).await;
    let there = elsewhere(&world, 9);
    there.patchbay.add_account("N", None).await.unwrap();
    let (_, code) = asks(&there, Some("N")).await;
    let all = ["Prod", "Theirs"].map(str::to_owned);
    seal(&world, &code, &all).await;
    seal(&world, &code, &["Prod".to_owned()]).await;
    assert_eq!(world.patchbay.peers().await.unwrap(), ["Mei at North"]);
    assert!(world.patchbay.keys_with("Somebody").await.is_err());

    let left = world.patchbay.someone_left("Mei at North").await.unwrap();
    let told: Vec<_> = left
        .iter()
        .map(|one| {
            (
                one.left.key.name.as_str(),
                one.left.used_by.len(),
                one.survey.is_some(),
            )
        })
        .collect();
    assert_eq!(told, [("Prod", 1, true), ("Theirs", 0, false)], "each once");
    let begun = world.patchbay.replacements().await.unwrap();
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0].stage(), Stage::AwaitsNewPair);
    world.patchbay.remove_key_pair("Theirs").await.unwrap();
    let left = world.patchbay.keys_with("Mei at North").await.unwrap();
    assert_eq!(
        left.len(),
        2,
        "a key that is no longer here lies there all the same"
    );
    assert!(left[1].pair.is_none());
}

#[tokio::test]
async fn a_forgotten_merchant_leaves_nothing_but_the_journal() {
    let world = world().await;
    world
        .bring("Other", Purpose::Production, "Theirs", 2)
        .await
        .unwrap();
    world.connected("live", Role::Live, PRODUCTION).await;
    let there = elsewhere(&world, 9);
    there.patchbay.add_account("N", None).await.unwrap();
    let (_, code) = asks(&there, Some("N")).await;
    seal(&world, &code, &["Prod".to_owned()]).await;
    asks(
        &Elsewhere {
            patchbay: world.patchbay.clone(),
            keychain: world.keychain.clone(),
        },
        Some("Nordlys"),
    )
    .await;
    world.patchbay.survey_replacement("Prod").await.unwrap();
    let refused = world
        .patchbay
        .forget_account("Nordlys", "nordlys")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "notAgreed");
    let forgotten = world
        .patchbay
        .forget_account("Nordlys", "Nordlys")
        .await
        .unwrap();
    assert_eq!(
        (forgotten.instances.len(), forgotten.key_pairs.len()),
        (1, 2)
    );
    let patchbay = &world.patchbay;
    assert_eq!(patchbay.accounts().await.unwrap().len(), 1);
    assert_eq!(patchbay.key_pairs().await.unwrap().len(), 1);
    assert!(patchbay.instances().await.unwrap().is_empty());
    assert_eq!(patchbay.hand_overs().await.unwrap(), []);
    assert_eq!(patchbay.key_requests().await.unwrap(), []);
    assert_eq!(patchbay.replacements().await.unwrap(), []);
    for key in 0..2 {
        assert!(!world.keychain.holds(&keys::der(key)));
    }
    assert!(
        world.keychain.holds(&keys::der(2)),
        "the other merchant's key stays"
    );
    let whole = patchbay.verify_journal().await.unwrap();
    assert!(
        matches!(whole, JournalCheck::Good { lines } if lines > 0),
        "{whole:?}"
    );
}
