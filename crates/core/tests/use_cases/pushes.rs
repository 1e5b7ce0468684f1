//! Planning and pushing: what is written, what is not, and that nothing leaves before it may.

use std::sync::{Arc, Mutex};

use patchbay_core::config::{ConfigPath, Part, Purpose};
use patchbay_core::connection::ConnectionState;
use patchbay_core::fakes::instance::Override;
use patchbay_core::fakes::{FakeInstance, Step, keys};
use patchbay_core::instance::Role;
use patchbay_core::journal::{JournalCheck, Phase};
use patchbay_core::look::{ConnectorModule, LockSource};
use patchbay_core::ports::gateway::GatewayError;
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::ports::records::{Records as _, RecordsError};
use patchbay_core::ports::transport::{NotWritten, TransportError};
use patchbay_core::push::guards::GuardId;
use patchbay_core::push::order::{InstanceResult, Outcome};
use patchbay_core::push::plan::Plan;

use crate::checks::payments;
use crate::world::{PRODUCTION, TESTING, TESTING_2, World, api_key, order, world};

async fn plan_of(world: &World, name: &str) -> Plan {
    let plans = world.patchbay.plan(&order(&[name])).await.unwrap();
    plans.into_iter().next().unwrap().1.unwrap()
}

fn ids(result: &InstanceResult) -> Vec<GuardId> {
    result.guards.iter().map(|guard| guard.id).collect()
}

fn code(result: &InstanceResult) -> &'static str {
    result.error.as_ref().map_or("", |error| error.code())
}

#[tokio::test]
async fn nine_values_arrive_over_one_connection_and_are_proven() {
    let world = world().await;
    world.add("live", Role::Live, FakeInstance::default()).await;
    world.assign("live", PRODUCTION).await;
    world.transport.reset_tallies();
    let pushed = world.push("live").await;
    assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
    let tally = world.tally("live");
    assert_eq!(
        (tally.connections, tally.gos, tally.values.len()),
        (1, 1, 9)
    );
    let state = pushed.evidence.unwrap().verdict.state;
    assert_eq!(state, ConnectionState::Connected);
    let there = world.row("live", ConfigPath::ProductionPrivateKey).unwrap();
    assert!(
        there.trim_ascii() == keys::pem(0).expose().trim_ascii(),
        "the assigned key is there"
    );
}

#[tokio::test]
async fn a_second_push_writes_nothing_and_sends_no_go() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let lines = world.patchbay.journal().await.unwrap().len();
    let again = world.push("live").await;
    assert_eq!(again.outcome, Outcome::Unchanged);
    world.assert_nothing_sent("live");
    assert_eq!(world.patchbay.journal().await.unwrap().len(), lines);
}

#[tokio::test]
async fn a_plan_names_both_halves_of_a_pair_that_is_written() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let odd = [b"\n".as_slice(), keys::pem(0).expose()].concat();
    world.with("live", |there| {
        there.values.insert(ConfigPath::ProductionPrivateKey, odd);
        there
            .values
            .insert(ConfigPath::ProductionApiKey, b"someone".to_vec());
    });
    let pushed = world.push("live").await;
    assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
    let changes = pushed.plan.unwrap().changes;
    let changed: Vec<ConfigPath> = changes.iter().map(|change| change.path).collect();
    for path in [
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
    ] {
        assert!(changed.contains(&path), "{path:?} was written unannounced");
    }
    assert_eq!(changed.len(), 2);
}

#[tokio::test]
async fn a_key_in_another_spelling_is_unchanged() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| {
        let text = String::from_utf8(keys::pem(0).expose().to_vec()).unwrap();
        let path = ConfigPath::ProductionPrivateKey;
        there
            .values
            .insert(path, text.trim_end().replace('\n', "\r\n").into());
    });
    assert_eq!(world.push("live").await.outcome, Outcome::Unchanged);
    assert_eq!(
        world.check("live").await.verdict.state,
        ConnectionState::Connected
    );
}

#[tokio::test]
async fn the_hash_is_the_same_until_something_differs() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.with("live", |there| {
        drop(there.values.remove(&ConfigPath::ProjectName))
    });
    let plan = plan_of(&world, "live").await;
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan_of(&world, "live").await.hash, plan.hash);
    type Change = fn(&mut FakeInstance);
    let differences: [Change; 5] = [
        |there| drop(there.values.remove(&ConfigPath::DataSpaceName)),
        |there| {
            drop(
                there
                    .values
                    .insert(ConfigPath::SandboxPrivateKey, b"x".to_vec()),
            )
        },
        |there| there.versions.magento = "2.4.9".into(),
        |there| there.server = "elsewhere".into(),
        |there| {
            let fixed = Override {
                source: LockSource::EnvPhp,
                name: None,
                value: b"Fixed".to_vec(),
            };
            there.overrides.insert(ConfigPath::ProjectName, fixed);
        },
    ];
    for (at, act) in differences.into_iter().enumerate() {
        let before = world.with("live", |there| {
            let before = (
                there.values.clone(),
                there.versions.clone(),
                there.server.clone(),
            );
            act(there);
            before
        });
        assert_ne!(
            plan_of(&world, "live").await.hash,
            plan.hash,
            "difference {at}"
        );
        world.with("live", |there| {
            (there.values, there.versions, there.server) = before;
            there.overrides.clear();
        });
    }
    assert_eq!(plan_of(&world, "live").await.hash, plan.hash);
    let mut planned = order(&["live"]);
    planned.expected = Some([(plan.instance.clone(), plan.hash)].into());
    assert_eq!(world.order(&planned).await[0].outcome, Outcome::Pushed);
    world.with("live", |there| {
        drop(there.values.remove(&ConfigPath::DataSpaceName))
    });
    let stale = world.order(&planned).await.remove(0);
    assert_eq!(stale.outcome, Outcome::ChangedSincePlan);
    assert_eq!(code(&stale), "changedSincePlan");
}

#[tokio::test]
async fn rows_that_change_at_the_last_moment_stay_theirs() {
    let world = world().await;
    world.add("live", Role::Live, FakeInstance::default()).await;
    world.assign("live", PRODUCTION).await;
    world.with("live", |there| {
        there.changes_after_ready = Some((ConfigPath::ProjectName, b"Theirs".to_vec()));
    });
    let pushed = world.push("live").await;
    assert_eq!(pushed.outcome, Outcome::ChangedSincePlan);
    assert_eq!(
        world.row("live", ConfigPath::ProjectName).unwrap(),
        b"Theirs"
    );
    assert_eq!(world.row("live", ConfigPath::ProductionPrivateKey), None);
}

#[tokio::test]
async fn every_refusal_of_the_instance_is_named() {
    for (why, expected) in [
        (NotWritten::LockLost, "lockLost"),
        (NotWritten::BadValues, "valuesRefused"),
        (NotWritten::Database("gone".into()), "databaseFailed"),
    ] {
        let world = world().await;
        world.add("live", Role::Live, FakeInstance::default()).await;
        world.assign("live", PRODUCTION).await;
        world.with("live", |there| there.go_refused = Some(why));
        let pushed = world.push("live").await;
        assert_eq!((pushed.outcome, code(&pushed)), (Outcome::Failed, expected));
        assert!(world.patchbay.open_entries().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_guard_blocks_is_never_sent_a_value() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world
        .bring("Nordlys", Purpose::Production, "New", 3)
        .await
        .unwrap();
    world
        .assign_only("live", Some("Sand"), Some("New"), TESTING)
        .await
        .unwrap();
    let both = world.push_confirmed("live").await;
    assert_eq!(both.outcome, Outcome::Blocked);
    assert!(ids(&both).contains(&GuardId::G1));

    let mut keys_only = order(&["live"]);
    keys_only.parts = [Part::Keys].into();
    assert_eq!(
        world.order(&keys_only).await[0].outcome,
        Outcome::Pushed,
        "keys first"
    );
    world.transport.reset_tallies();

    let typed = world.push("live").await;
    assert_eq!(
        (typed.outcome, ids(&typed)),
        (Outcome::Blocked, vec![GuardId::G2, GuardId::G4])
    );
    world.assert_nothing_sent("live");
    assert_eq!(world.push_confirmed("live").await.outcome, Outcome::Pushed);
}

#[tokio::test]
async fn a_data_space_of_another_instance_is_blocked() {
    let world = world().await;
    world.connected("a", Role::Staging, TESTING).await;
    world
        .add("b", Role::Staging, FakeInstance::named("b"))
        .await;
    world.assign("b", TESTING).await;
    let blocked = world.push_confirmed("b").await;
    assert_eq!(blocked.outcome, Outcome::Blocked);
    assert!(ids(&blocked).contains(&GuardId::G3));
    world.assert_nothing_sent("b");
}

#[tokio::test]
async fn production_to_a_copy_is_blocked_and_its_pair_confirmed_once() {
    let world = world().await;
    world
        .add("copy", Role::Staging, FakeInstance::named("copy"))
        .await;
    world.assign("copy", PRODUCTION).await;
    let blocked = world.push_confirmed("copy").await;
    assert_eq!(ids(&blocked), [GuardId::G4, GuardId::G11]);
    assert_eq!(blocked.outcome, Outcome::Blocked);
    world.assert_nothing_sent("copy");
    world.assign("copy", TESTING).await;
    assert_eq!(
        world.push("copy").await.outcome,
        Outcome::Blocked,
        "not confirmed yet"
    );
    assert_eq!(world.push_confirmed("copy").await.outcome, Outcome::Pushed);
    world.with("copy", |there| {
        drop(there.values.remove(&ConfigPath::ProductionPrivateKey))
    });
    let again = world.push("copy").await;
    assert_eq!(
        again.outcome,
        Outcome::Pushed,
        "remembered: {:?}",
        again.error
    );
    let check = world.check("copy").await.verdict;
    assert!(
        check
            .findings
            .iter()
            .any(|f| f.code == "productionPairOnCopy"),
        "still shown"
    );
}

#[tokio::test]
async fn a_locked_value_blocks_only_where_it_differs() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let path = ConfigPath::ProjectName;
    let fix = |value: &[u8]| Override {
        source: LockSource::Variable,
        name: Some("CONFIG__X".into()),
        value: value.to_vec(),
    };
    world.with("live", |there| {
        there.overrides.insert(path, fix(b"Nordlys"));
        there.values.remove(&ConfigPath::DataSpaceName);
    });
    assert_eq!(
        world.push("live").await.outcome,
        Outcome::Pushed,
        "fixed to what is wanted"
    );
    world.transport.reset_tallies();
    world.with("live", |there| there.overrides.insert(path, fix(b"Other")));
    let blocked = world.push("live").await;
    assert_eq!(ids(&blocked), [GuardId::G7]);
    assert!(blocked.guards[0].text.contains("CONFIG__X"));
    world.assert_nothing_sent("live");
}

#[tokio::test]
async fn a_shop_that_looks_live_is_guarded_as_one_until_answered() {
    let world = world().await;
    world.connected("copy", Role::Staging, TESTING).await;
    world.with("copy", |there| {
        there.payments = payments(&[("method", "production"), ("production_merchant_id", "M1")]);
    });
    world.assign("copy", TESTING_2).await;
    let pushed = world.push("copy").await;
    assert_eq!(pushed.outcome, Outcome::Blocked);
    let said = ids(&pushed);
    for id in [GuardId::G2, GuardId::G4, GuardId::G12] {
        assert!(said.contains(&id), "{said:?}");
    }
    world.assert_nothing_sent("copy");
    world.patchbay.answer_live("copy", false).await.unwrap();
    let answered = ids(&world.push("copy").await);
    assert_eq!(answered, [GuardId::G2], "the merchant id still counts");
}

#[tokio::test]
async fn nothing_is_connected_when_the_keychain_or_the_gateway_does_not_answer() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.assign("live", TESTING).await;
    world.keychain.trouble.always(KeychainError::Locked);
    let locked = world.push_confirmed("live").await;
    assert_eq!(
        (locked.outcome, code(&locked)),
        (Outcome::Failed, "keychainLocked")
    );
    world.keychain.trouble.clear();
    world.gateway.trouble.always(GatewayError::TimedOut);
    let down = world.push_confirmed("live").await;
    assert_eq!(down.outcome, Outcome::Failed);
    assert_eq!(world.tally("live").connections, 0);
}

#[tokio::test]
async fn busy_and_unreachable_instances_do_not_stop_the_others_and_keep_the_order() {
    let world = world().await;
    for name in ["a", "b", "c"] {
        world
            .add(name, Role::LiveNotOpenYet, FakeInstance::named(name))
            .await;
    }
    world.assign("a", PRODUCTION).await;
    world.assign("b", TESTING).await;
    world.assign("c", TESTING_2).await;
    world.with("a", |there| {
        there.unreachable = Some(TransportError::NoRoute)
    });
    let b = world.patchbay.instances().await.unwrap().remove(1);
    let lock = world
        .records
        .another_process()
        .lock_instance(&b.id)
        .await
        .unwrap();
    assert!(lock.is_some());
    let results = world.order(&order(&["c", "a", "b"])).await;
    let got: Vec<_> = results
        .iter()
        .map(|r| (r.name.as_str(), r.outcome, code(r)))
        .collect();
    assert_eq!(
        got,
        [
            ("c", Outcome::Pushed, ""),
            ("a", Outcome::Failed, "noRoute"),
            ("b", Outcome::Failed, "busy")
        ]
    );
    assert_eq!(world.tally("b").begins, 0);
    drop(lock);
    let failed = world.patchbay.failed_of_last_push().await.unwrap().unwrap();
    let known = world.patchbay.instances().await.unwrap();
    let again = known
        .iter()
        .filter(|one| failed.instances.contains(&one.id));
    let again: Vec<_> = again.map(|one| one.name.as_str()).collect();
    assert_eq!(again, ["a", "b"], "what a retry would do");
    assert_eq!(failed.parts.len(), 2);
}

#[tokio::test]
async fn a_retry_knows_the_parts_even_where_nothing_could_be_planned() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.with("a", |there| {
        there.unreachable = Some(TransportError::NoRoute)
    });
    let mut keys = order(&["a"]);
    keys.parts = [Part::Keys].into();
    assert_eq!(world.order(&keys).await[0].outcome, Outcome::Failed);
    let failed = world.patchbay.failed_of_last_push().await.unwrap().unwrap();
    assert_eq!(failed.parts, [Part::Keys].into());
    world.patchbay.remove_instance("a").await.unwrap();
    let failed = world.patchbay.failed_of_last_push().await.unwrap().unwrap();
    assert!(failed.instances.is_empty(), "what is gone is not tried");
}

#[tokio::test]
async fn a_raised_cancel_writes_nothing() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.transport.reset_tallies();
    let cancelled = order(&["a"]);
    cancelled.cancel.raise();
    assert_eq!(world.order(&cancelled).await[0].outcome, Outcome::Cancelled);
    assert_eq!(world.tally("a").connections, 0, "not even connected");
    let late = order(&["a"]);
    let flag = late.cancel.clone();
    world.transport.on_step(Arc::new(move |_, step| {
        if step == Step::Ready {
            flag.raise();
        }
    }));
    assert_eq!(world.order(&late).await[0].outcome, Outcome::Cancelled);
    world.assert_nothing_sent("a");
}

#[tokio::test]
async fn an_override_that_wins_over_what_was_written_is_a_failure() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    let transport = world.transport.clone();
    world.transport.on_step(Arc::new(move |name, step| {
        if step == Step::Committed {
            transport.with(name, |there| {
                let fixed = Override {
                    source: LockSource::EnvPhp,
                    name: None,
                    value: b"Other".to_vec(),
                };
                there.overrides.insert(ConfigPath::ProjectName, fixed);
            });
        }
    }));
    let pushed = world.push("a").await;
    assert_eq!(
        (pushed.outcome, code(&pushed)),
        (Outcome::Failed, "readBackDiffers")
    );
}

#[tokio::test]
async fn the_journal_is_begun_before_go_and_its_chain_holds() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    let seen: Arc<Mutex<Vec<(Phase, bool)>>> = Arc::default();
    let (records, log) = (Arc::new(world.records.another_process()), seen.clone());
    world.transport.on_step(Arc::new(move |_, step| {
        if step == Step::Go {
            records.tamper_journal(|lines| {
                let last = lines.last().unwrap();
                log.lock()
                    .unwrap()
                    .push((last.event.phase, last.event.changes.is_empty()));
            });
        }
    }));
    let pushed = world.push("a").await;
    assert_eq!(*seen.lock().unwrap(), [(Phase::Begun, false)]);
    let entry = pushed.entry.unwrap();
    assert!(
        world.records.blob(&entry).await.unwrap().is_some(),
        "the blob is kept too"
    );
    let check = world.patchbay.verify_journal().await.unwrap();
    assert_eq!(check, JournalCheck::Good { lines: 2 });
    let text = format!("{:?}", world.patchbay.journal().await.unwrap());
    assert!(!text.contains("BEGIN PRIVATE"), "no key in the journal");
    world.records.tamper_journal(|lines| drop(lines.pop()));
    let check = world.patchbay.verify_journal().await.unwrap();
    assert_eq!(
        check,
        JournalCheck::CutShort {
            lines: 1,
            expected: 2
        }
    );
    let unreadable = RecordsError::JournalLine { seq: 3 };
    world.records.trouble.once_after(0, unreadable);
    let check = world.patchbay.verify_journal().await.unwrap();
    assert_eq!(check, JournalCheck::Changed { seq: 3 });
}

#[tokio::test]
async fn refused_pushes_are_noted() {
    let world = world().await;
    world
        .add("copy", Role::Staging, FakeInstance::named("copy"))
        .await;
    world.assign("copy", PRODUCTION).await;
    world.push("copy").await;
    let lines = world.patchbay.journal().await.unwrap();
    let event = &lines.last().unwrap().event;
    assert_eq!(event.outcome.as_deref(), Some("blocked"));
    assert!(world.patchbay.open_entries().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_written_push_is_reported_as_written_whatever_our_own_records_do() {
    for failing in 0..60 {
        let world = world().await;
        world.add("a", Role::Live, FakeInstance::named("a")).await;
        world.assign("a", PRODUCTION).await;
        let detail = "disk".to_owned();
        world
            .records
            .trouble
            .once_after(failing, RecordsError::Failed { detail });
        let Ok(report) = world.patchbay.push(&order(&["a"]), &|_, _| {}).await else {
            world.assert_nothing_sent("a");
            continue;
        };
        let written = world.row("a", ConfigPath::ProductionPrivateKey).is_some();
        let said = report.instances[0].outcome == Outcome::Pushed;
        assert_eq!(
            said, written,
            "step {failing}: {:?}",
            report.instances[0].error
        );
        if written {
            world.records.trouble.clear();
            world.patchbay.settle().await.unwrap();
            assert!(world.patchbay.open_entries().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn an_instance_that_is_another_one_or_has_no_connector_is_not_written() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.with("a", |there| there.connector = ConnectorModule::Disabled);
    assert_eq!(code(&world.push("a").await), "connectorMissing");
    world.with("a", |there| {
        there.connector = ConnectorModule::Enabled;
        there.database = "another".into();
    });
    assert_eq!(code(&world.push("a").await), "differentInstance");
    world.assert_nothing_sent("a");
}

#[tokio::test]
async fn rejected_keys_are_not_pushed() {
    let world = world().await;
    world.add("a", Role::Live, FakeInstance::named("a")).await;
    world.assign("a", PRODUCTION).await;
    world.gateway.delete(Purpose::Production, &api_key(0));
    world.transport.reset_tallies();
    assert_eq!(world.push("a").await.outcome, Outcome::Failed);
    assert_eq!(world.tally("a").connections, 0);
}
