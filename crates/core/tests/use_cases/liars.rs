//! Instances that lie: whatever they say, no light is green without the configured key.

use std::sync::{Arc, Mutex};

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState as State;
use patchbay_core::fakes::crypto::token;
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::fingerprint::{ExactFingerprint, IdentityFingerprint};
use patchbay_core::id::ApiKey;
use patchbay_core::instance::Role;
use patchbay_core::look::{InstanceToken, Look};
use patchbay_core::ports::clock::Clock as _;
use patchbay_core::secret::Secret;
use proptest::prelude::*;

use crate::world::{OTHER_PROJECT, OTHER_SPACE, PRODUCTION, TESTING, World, api_key, world};

const LIES: [&str; 16] = [
    "replayed token",
    "replayed token in another spelling",
    "token of another instance's run",
    "token that ends later",
    "token that ends earlier",
    "token that has ended",
    "token of another key of the same account",
    "token of another merchant",
    "token without signature",
    "garbage token",
    "no token at all",
    "sandbox token for production",
    "expected fingerprints without the key",
    "another gateway",
    "another merchant's data space",
    "another project",
];

type Handed = Arc<Mutex<Vec<InstanceToken>>>;

pub fn copied(token: &InstanceToken) -> InstanceToken {
    InstanceToken {
        purpose: token.purpose,
        api_key: token.api_key.clone(),
        token: token
            .token
            .as_ref()
            .map(|secret| Secret::new(secret.expose().to_vec()))
            .map_err(Clone::clone),
    }
}

pub fn signed(purpose: Purpose, key: usize, expires: i64) -> InstanceToken {
    InstanceToken {
        purpose,
        api_key: Some(api_key(key)),
        token: Ok(token(&keys::der(key), expires)),
    }
}

fn raw(bytes: &[u8]) -> InstanceToken {
    InstanceToken {
        purpose: Purpose::Production,
        api_key: Some(api_key(0)),
        token: Ok(Secret::new(bytes.to_vec())),
    }
}

fn spelled_otherwise(token: &InstanceToken) -> InstanceToken {
    let mut other = copied(token);
    if let Ok(secret) = &other.token {
        let mut bytes = secret.expose().to_vec();
        bytes.push(b'=');
        other.token = Ok(Secret::new(bytes));
    }
    other
}

/// Two honest instances, then "liar" in place of the live one; it does not hold the assigned
/// production key any more, but another one, and saw everything that was handed over before.
async fn liar(lie: &'static str, noise: i64) -> (World, Handed) {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    world.connected("copy", Role::Staging, TESTING).await;
    let handed = Handed::default();
    for name in ["live", "copy"] {
        let seen = handed.clone();
        world.with(name, |there| {
            there.tamper = Some(Arc::new(move |look: &mut Look| {
                seen.lock().unwrap().extend(look.tokens.iter().map(copied));
            }));
        });
    }
    world.check("live").await;
    world.check("copy").await;
    let honest = world.with("live", |there| there.values.clone());
    let clock = world.clock.clone();
    let (handed_to_lie, values) = (handed.clone(), honest);
    world.with("live", |there| {
        let pem = keys::pem(3).expose().to_vec();
        there.values.insert(ConfigPath::ProductionPrivateKey, pem);
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            claim_everything(look, &values);
            let now = clock.now().seconds();
            let handed = handed_to_lie.lock().unwrap();
            tell(lie, look, &handed, now, noise);
        }));
    });
    (world, handed)
}

/// Shows the fingerprints of the honest days.
fn claim_everything(look: &mut Look, honest: &std::collections::BTreeMap<ConfigPath, Vec<u8>>) {
    let key = patchbay_core::fingerprint::FingerprintKey::new(OUR_KEY.with(|k| k.get()));
    for (path, bytes) in honest {
        if let Some(value) = look.values.get_mut(path) {
            value.exact = key.exact(bytes);
            value.looks_encrypted = false;
            if *path == ConfigPath::ProductionPrivateKey {
                let read =
                    patchbay_core::keypair::intake::read_private_key(&Secret::new(bytes.clone()));
                value.identity = read.ok().map(|read| read.identity);
            }
        }
    }
    look.tokens
        .retain(|token| token.purpose == Purpose::Sandbox);
}

thread_local! {
    static OUR_KEY: std::cell::Cell<[u8; 32]> = const { std::cell::Cell::new([0; 32]) };
}

fn tell(lie: &str, look: &mut Look, handed: &[InstanceToken], now: i64, noise: i64) {
    let production = handed
        .iter()
        .rev()
        .filter(|token| token.purpose == Purpose::Production);
    let old: Vec<InstanceToken> = production.map(copied).collect();
    let newest = old.first().map(copied);
    let fresh = now + 300;
    let says = match lie {
        "replayed token" => old
            .get(usize::try_from(noise).unwrap_or(0) % old.len())
            .map(copied),
        "replayed token in another spelling" => newest.as_ref().map(spelled_otherwise),
        "token of another instance's run" => newest,
        "token that ends later" => Some(signed(Purpose::Production, 0, fresh + 91 + noise)),
        "token that ends earlier" => Some(signed(Purpose::Production, 0, fresh - 91 - noise % 200)),
        "token that has ended" => Some(signed(Purpose::Production, 0, now - noise)),
        "token of another key of the same account" => Some(signed(Purpose::Production, 3, fresh)),
        "token of another merchant" => Some(signed(Purpose::Production, 2, fresh)),
        "token without signature" => newest.and_then(|token| {
            let text = token.token.ok()?;
            let at = text.expose().iter().rposition(|byte| *byte == b'.')?;
            Some(raw(&text.expose()[..=at]))
        }),
        "garbage token" => Some(raw(format!("a.{noise}.b").as_bytes())),
        "no token at all" => None,
        "sandbox token for production" => {
            let mut token = signed(Purpose::Production, 1, fresh);
            token.api_key = Some(api_key(0));
            Some(token)
        }
        "expected fingerprints without the key" => {
            let mut token = signed(Purpose::Production, 3, fresh);
            token.api_key = Some(api_key(0));
            Some(token)
        }
        "another gateway" => {
            let url = format!("https://g{noise}.test/");
            look.gateways.insert(Purpose::Production, url);
            Some(signed(Purpose::Production, 0, fresh))
        }
        "another merchant's data space" => {
            show(look, ConfigPath::DataSpaceId, OTHER_SPACE);
            Some(signed(Purpose::Production, 0, fresh))
        }
        "another project" => {
            show(look, ConfigPath::ProjectId, OTHER_PROJECT);
            Some(signed(Purpose::Production, 0, fresh))
        }
        _ => unreachable!("no such lie"),
    };
    look.tokens.extend(says);
}

pub fn show(look: &mut Look, path: ConfigPath, text: &str) {
    if let Some(value) = look.values.get_mut(&path) {
        value.plain = Some(text.to_owned());
    }
}

async fn our_key(world: &World) {
    use patchbay_core::ports::records::Records as _;
    let key = world.records.fingerprint_key().await.unwrap();
    OUR_KEY.with(|cell| cell.set(*key.bytes()));
}

async fn verdict_of(lie: &'static str, noise: i64) -> (State, String) {
    let (world, _) = liar(lie, noise).await;
    our_key(&world).await;
    let evidence = world.check("live").await;
    (evidence.verdict.state, evidence.verdict.reason.code)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}

#[test]
fn no_lie_makes_a_light_green() {
    for lie in LIES {
        let (state, reason) = block_on(verdict_of(lie, 7));
        assert_ne!(state, State::Connected, "{lie}: {reason}");
    }
}

#[test]
fn the_same_claims_with_the_real_key_are_green() {
    // Otherwise the lies above could fail for a reason of their own.
    block_on(async {
        let (world, _) = liar("no token at all", 0).await;
        our_key(&world).await;
        let pem = keys::pem(0).expose().to_vec();
        world.with("live", |there| {
            there.values.insert(ConfigPath::ProductionPrivateKey, pem);
            let claims = there.tamper.take();
            there.tamper = Some(Arc::new(move |look: &mut Look| {
                let honest: Vec<InstanceToken> = look.tokens.iter().map(copied).collect();
                if let Some(claims) = &claims {
                    claims(look);
                }
                look.tokens = honest;
            }));
        });
        let verdict = world.check("live").await.verdict;
        assert_eq!(verdict.state, State::Connected, "{verdict:?}");
    });
}

#[tokio::test]
async fn a_token_handed_over_while_adding_or_planning_proves_nothing_later() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let seen = Handed::default();
    let keep = seen.clone();
    world.with("live", |there| {
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            keep.lock().unwrap().extend(look.tokens.iter().map(copied));
        }));
    });
    world
        .patchbay
        .plan(&crate::world::order(&["live"]))
        .await
        .unwrap();
    let replay = seen.clone();
    world.with("live", |there| {
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            look.tokens = replay.lock().unwrap().iter().map(copied).collect();
        }));
    });
    assert_eq!(world.check("live").await.verdict.state, State::Unverified);
}

#[tokio::test]
async fn our_pair_is_not_called_accepted_on_an_instances_word() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let pairs = world.patchbay.key_pairs().await.unwrap();
    let ours = pairs.iter().find(|pair| pair.name == "Prod").unwrap();
    let (before, identity) = (ours.accepted_at, ours.identity.clone());
    world.clock.advance(std::time::Duration::from_secs(60));
    world.with("live", |there| {
        there
            .values
            .insert(ConfigPath::ProductionApiKey, api_key(3).as_str().into());
        there.values.insert(
            ConfigPath::ProductionPrivateKey,
            keys::pem(3).expose().to_vec(),
        );
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            let path = ConfigPath::ProductionPrivateKey;
            look.values.get_mut(&path).unwrap().identity = identity.clone();
        }));
    });
    world.check("live").await;
    let pairs = world.patchbay.key_pairs().await.unwrap();
    let ours = pairs.iter().find(|pair| pair.name == "Prod").unwrap();
    assert_eq!(ours.accepted_at, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_lie_with_any_values_makes_a_light_green(lie in 0..LIES.len(), noise in 0_i64..100_000) {
        let (state, reason) = block_on(verdict_of(LIES[lie], noise));
        prop_assert_ne!(state, State::Connected, "{}: {}", LIES[lie], reason);
    }

    #[test]
    fn an_instance_that_never_held_the_key_is_never_green(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        exact in "[0-9a-f]{64}",
        key in 1_usize..4,
    ) {
        let state = block_on(async {
            let world = world().await;
            world.connected("live", Role::Live, PRODUCTION).await;
            world.with("live", |there: &mut FakeInstance| {
                there.tamper = Some(Arc::new(move |look: &mut Look| {
                    for value in look.values.values_mut() {
                        if let Some(exact) = ExactFingerprint::parse(&exact) {
                            value.exact = exact;
                        }
                        value.identity = Some(IdentityFingerprint::of_spki(&bytes));
                    }
                    for token in &mut look.tokens {
                        token.api_key = ApiKey::parse(api_key(key).as_str()).ok();
                        token.token = Ok(Secret::new(bytes.clone()));
                    }
                }));
            });
            world.check("live").await.verdict.state
        });
        prop_assert_ne!(state, State::Connected);
    }
}
