//! The one copy of a created key (R2): never more than one, exactly one when nobody is killed.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use patchbay_core::Patchbay;
use patchbay_core::config::Purpose;
use patchbay_core::fakes::{MemoryOutlet, MemoryRecords};
use patchbay_core::keypair::keeping::Recovered;
use patchbay_core::keypair::{Export, ExportWay, KeyPair, KeyPairState};
use patchbay_core::ports::keychain::{Asked, Keychain as _, KeychainError};
use patchbay_core::ports::outlet::OutletError;
use patchbay_core::ports::records::{Records as _, RecordsError};
use patchbay_core::secret::Secret;

use crate::world::{World, empty_world};

fn outlet() -> MemoryOutlet {
    MemoryOutlet::new(ExportWay::File)
}

async fn generate(patchbay: &Patchbay) {
    let sign_in = Secret::new(b"sign-in".to_vec());
    let (purpose, portal) = (Purpose::Production, "https://portal.test/");
    let made = patchbay.generate_key("Nordlys", purpose, "Made", portal, &sign_in);
    made.await.unwrap();
}

/// A world with one created pair called `Made`, nobody of which is alive any more.
async fn created() -> World {
    let world = empty_world().await;
    generate(&world.another_process()).await;
    world
}

async fn pair(world: &World) -> KeyPair {
    world.patchbay.key_pairs().await.unwrap().remove(0)
}

fn detail() -> String {
    "no room".to_owned()
}

/// Lets a piece of work make `steps` calls to the outside and then kills it; whether it had ended.
fn killed_after<F: Future>(steps: usize, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..=steps {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return Some(done);
        }
    }
    None
}

#[tokio::test]
async fn a_created_pair_is_copied_once_and_says_how_and_when() {
    let world = created().await;
    let (file, clipboard) = (outlet(), MemoryOutlet::new(ExportWay::Clipboard));
    let used = world.patchbay.export_key("Made", &clipboard).await.unwrap();
    let at = world.patchbay.now();
    let way = ExportWay::Clipboard;
    assert_eq!(used.export, Export::Used { way, at });
    assert_eq!(pair(&world).await, used, "and the records say so");
    let mut copied = clipboard.taken();
    assert_eq!(copied.len(), 1);
    let again = patchbay_core::keypair::intake::read_private_key(&Secret::new(copied.remove(0)));
    assert!(again.unwrap().repairs.is_empty(), "it is in normal form");
    for _ in 0..3 {
        let refused = world.patchbay.export_key("Made", &file).await;
        assert_eq!(refused.unwrap_err().code(), "exportSpent");
        let other = world.another_process().export_key("Made", &file).await;
        assert_eq!(other.unwrap_err().code(), "exportSpent");
    }
    assert!(file.taken().is_empty());
    assert_eq!(world.keychain.len(), 1, "the key stays, the ticket is gone");
    let waived = world.patchbay.waive_export("Made").await;
    assert_eq!(waived.unwrap_err().code(), "exportSpent");
}

#[tokio::test]
async fn of_many_requests_in_many_processes_exactly_one_succeeds() {
    for processes in [1, 2, 5] {
        let world = created().await;
        let programs: Vec<Patchbay> = (0..processes).map(|_| world.another_process()).collect();
        let outlet = outlet();
        let asked = (0..1_000).map(|n| programs[n % processes].export_key("Made", &outlet));
        let answers = join_all(asked).await;
        let good = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(
            (good, outlet.taken().len()),
            (1, 1),
            "{processes} processes"
        );
        for answer in answers.into_iter().filter_map(Result::err) {
            let code = answer.code();
            assert!(["exportBusy", "exportSpent"].contains(&code), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_older_database_does_not_bring_a_copy_back() {
    let world = created().await;
    let older = pair(&world).await;
    let outlet = outlet();
    world.patchbay.export_key("Made", &outlet).await.unwrap();

    let restored = Arc::new(MemoryRecords::seeded(9));
    for account in world.patchbay.accounts().await.unwrap() {
        restored.save_account(&account).await.unwrap();
    }
    restored.save_key_pair(&older).await.unwrap();
    let restored = world.process_over(restored);
    let refused = restored.export_key("Made", &outlet).await;
    assert_eq!(refused.unwrap_err().code(), "exportInterrupted");
    assert_eq!(outlet.taken().len(), 1);
    let told = restored.key_pairs().await.unwrap().remove(0).export;
    assert_eq!(told, Export::Interrupted, "and it says what is not known");
}

#[tokio::test]
async fn of_two_data_directories_with_one_keychain_one_gets_the_copy() {
    let world = created().await;
    let copied = Arc::new(MemoryRecords::seeded(9));
    for account in world.patchbay.accounts().await.unwrap() {
        copied.save_account(&account).await.unwrap();
    }
    copied.save_key_pair(&pair(&world).await).await.unwrap();
    let other = world.process_over(copied);
    let outlet = outlet();
    let asked = (0..500)
        .flat_map(|_| [&world.patchbay, &other].map(|program| program.export_key("Made", &outlet)));
    let answers = join_all(asked).await;
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((good, outlet.taken().len()), (1, 1));
}

#[tokio::test]
async fn killed_at_any_step_of_a_copy_there_is_never_a_second_one() {
    let (mut given_back, mut interrupted) = (0, 0);
    for steps in 0.. {
        let world = created().await;
        let outlet = outlet();
        let doomed = world.another_process();
        let ended = killed_after(steps, doomed.export_key("Made", &outlet));
        drop(doomed);
        let taken = outlet.taken().len();
        let next = world.another_process();
        let told = next.recover_key_pairs().await.unwrap();
        let now = pair(&world).await.export;
        assert!(
            !matches!(now, Export::Claimed { .. }),
            "step {steps}: nobody lives"
        );
        let again = next.export_key("Made", &outlet).await;
        assert!(outlet.taken().len() <= 1, "step {steps}");
        match now {
            Export::Unused => {
                given_back += 1;
                assert_eq!((taken, told.len()), (0, 0), "step {steps}: nothing was out");
                assert!(again.is_ok(), "step {steps}: the copy is still there");
            }
            Export::Interrupted => {
                interrupted += 1;
                assert_eq!(told, [Recovered::CopyInterrupted("Made".into())]);
                assert!(again.is_err(), "step {steps}");
            }
            other => assert!(
                matches!(other, Export::Used { .. }),
                "step {steps}: {other:?}"
            ),
        }
        if ended.is_some() {
            break;
        }
    }
    assert!(
        given_back >= 4 && interrupted >= 2,
        "{given_back} {interrupted}"
    );
}

#[tokio::test]
async fn killed_at_any_step_of_creation_a_key_is_here_or_said_to_be_lost() {
    for steps in 0.. {
        let world = empty_world().await;
        let doomed = world.another_process();
        let sign_in = Secret::new(b"sign-in".to_vec());
        let (purpose, portal) = (Purpose::Production, "https://portal.test/");
        let work = doomed.generate_key("Nordlys", purpose, "Made", portal, &sign_in);
        let ended = killed_after(steps, work).is_some();
        drop(doomed);
        world.clock.advance(Duration::from_secs(600));
        world.patchbay.recover_key_pairs().await.unwrap();
        let pairs = world.patchbay.key_pairs().await.unwrap();
        let created = !world.portal.created().is_empty();
        assert!(!created || pairs.len() == 1, "step {steps}: it is listed");
        for pair in pairs {
            let there = world
                .keychain
                .read(&pair.item, Asked::ByUser)
                .await
                .unwrap();
            let expected = match there {
                Some(_) => KeyPairState::Ready,
                None => KeyPairState::LostOnTheWay,
            };
            assert_eq!(pair.state, expected, "step {steps}");
            let copies = outlet();
            let copy = world.patchbay.export_key("Made", &copies).await;
            assert_eq!(copy.is_ok(), there.is_some(), "step {steps}: {copy:?}");
        }
        if ended {
            break;
        }
        assert!(steps < 100, "it never ends");
    }
}

#[tokio::test]
async fn a_claim_of_somebody_who_lives_is_left_alone() {
    let world = created().await;
    let outlet = outlet();
    let failed = OutletError::Failed {
        way: ExportWay::File,
        detail: detail(),
    };
    outlet.trouble.once_after(0, failed.clone());
    let living = world.another_process();
    let refused = living.export_key("Made", &outlet).await.unwrap_err();
    assert_eq!(refused.code(), "fileFailed");
    assert!(matches!(pair(&world).await.export, Export::Claimed { .. }));
    for program in [&living, &world.patchbay, &world.another_process()] {
        assert_eq!(program.recover_key_pairs().await.unwrap(), []);
    }
    let other = world.patchbay.export_key("Made", &outlet).await;
    assert_eq!(other.unwrap_err().code(), "exportBusy");

    // Only who took the ticket tries again, as often as it takes, and then never more.
    outlet.trouble.once_after(0, failed);
    assert!(living.export_key("Made", &outlet).await.is_err());
    assert!(living.export_key("Made", &outlet).await.is_ok());
    assert!(living.export_key("Made", &outlet).await.is_err());
    assert_eq!(outlet.taken().len(), 1);
}

#[tokio::test]
async fn what_fails_before_the_ticket_is_taken_costs_nothing() {
    let world = created().await;
    let outlet = outlet();
    outlet.unready.once_after(
        0,
        OutletError::Refused {
            way: ExportWay::Clipboard,
            detail: detail(),
        },
    );
    let refused = world.patchbay.export_key("Made", &outlet).await;
    assert_eq!(refused.unwrap_err().code(), "clipboardRefused");
    assert_eq!(pair(&world).await.export, Export::Unused);
    // The private key is read, then the ticket is taken.
    for call in 0..2 {
        world
            .keychain
            .trouble
            .once_after(call, KeychainError::Denied);
        let refused = world.patchbay.export_key("Made", &outlet).await;
        assert_eq!(refused.unwrap_err().code(), "keychainDenied");
        assert_eq!(pair(&world).await.export, Export::Unused, "call {call}");
    }
    world.records.trouble.once_after(
        1,
        RecordsError::Failed {
            detail: "disk".into(),
        },
    );
    assert!(world.patchbay.export_key("Made", &outlet).await.is_err());
    assert!(world.patchbay.export_key("Made", &outlet).await.is_ok());
    assert_eq!(outlet.taken().len(), 1);
}

#[tokio::test]
async fn a_keychain_that_says_nothing_after_the_ticket_is_gone_spends_it() {
    let world = created().await;
    let outlet = outlet();
    // The third call reads the ticket back; without that answer nothing is handed out.
    world.keychain.trouble.once_after(2, KeychainError::Slow);
    let refused = world.patchbay.export_key("Made", &outlet).await;
    assert_eq!(refused.unwrap_err().code(), "keychainSlow");
    assert!(outlet.taken().is_empty());
    let other = world.another_process().export_key("Made", &outlet).await;
    assert_eq!(other.unwrap_err().code(), "exportBusy");
    assert!(world.patchbay.export_key("Made", &outlet).await.is_ok());
    assert_eq!(outlet.taken().len(), 1);
}

#[tokio::test]
async fn a_copy_that_cannot_be_noted_is_told_and_never_made_again() {
    let mut noted = 0;
    for good in 0..8 {
        let world = created().await;
        let records = Arc::new(world.records.another_process());
        let program = world.process_over(records.clone());
        records.trouble.once_after(
            good,
            RecordsError::Failed {
                detail: "disk".into(),
            },
        );
        let outlet = MemoryOutlet::new(ExportWay::File);
        let first = program.export_key("Made", &outlet).await;
        let out = outlet.taken().len();
        assert_eq!(
            first.is_ok(),
            out == 1,
            "what is out is told, and nothing else"
        );
        records.trouble.clear();
        let second = program.export_key("Made", &outlet).await;
        assert_eq!(outlet.taken().len(), 1, "call {good}");
        noted += usize::from(first.is_ok() && second.is_err());
    }
    assert!(noted >= 1, "one of the calls is the one that notes it");
}

#[tokio::test]
async fn a_waived_copy_is_gone_and_so_is_its_ticket() {
    let world = created().await;
    let waived = world.patchbay.waive_export("Made").await.unwrap();
    assert_eq!(waived.export, Export::Waived);
    assert_eq!(world.keychain.len(), 1);
    let outlet = outlet();
    let refused = world.patchbay.export_key("Made", &outlet).await;
    assert_eq!(refused.unwrap_err().code(), "exportWaived");
    assert!(world.patchbay.waive_export("Made").await.is_err());
}

#[tokio::test]
async fn a_brought_key_has_no_copy_to_make() {
    let world = empty_world().await;
    let brought = world.bring("Nordlys", Purpose::Production, "Prod", 0).await;
    assert_eq!(brought.unwrap().pair.export, Export::None);
    let outlet = outlet();
    let refused = world.patchbay.export_key("Prod", &outlet).await;
    assert_eq!(refused.unwrap_err().code(), "noExport");
    let waived = world.patchbay.waive_export("Prod").await;
    assert_eq!(waived.unwrap_err().code(), "noExport");
    assert!(outlet.taken().is_empty());
}
