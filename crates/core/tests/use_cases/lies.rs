//! Ten named kinds of lies, each told again and again with other values: never a green light.
//!
//! Before every single lie the very same instance is honest and green, so no lie fails for a
//! reason of its own. That no token goes to a host that is not configured is shown with real
//! connections elsewhere (tests/demo/liars.rs).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState as State;
use patchbay_core::fakes::{FakeInstance, keys};
use patchbay_core::id::{DataSpaceId, Nonce};
use patchbay_core::instance::Role;
use patchbay_core::look::{InstanceToken, Look, SeenValue};
use patchbay_core::ports::clock::Clock as _;
use patchbay_core::secret::Secret;

use crate::liars::{copied, show, signed};
use crate::world::{OTHER_PROJECT, OTHER_SPACE, PRODUCTION, TESTING, World, world};

/// How often each is told, where the build says nothing (`PATCHBAY_LIES=100`).
const TIMES: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    RandomValuesInAllNineFields,
    RightKeysWithAnotherMerchantsDataSpace,
    AnotherGateway,
    AnswerOfAnEarlierRun,
    TokenOfAnEarlierRun,
    OurFingerprintsWithoutTheKeys,
    ClaimsThatItsKeysAreValid,
    NonceOfAnotherRun,
    TokenThatEndsTooLate,
    DataSpaceAgainstWhatItsShopShows,
}

const ALL: [Lie; 10] = [
    Lie::RandomValuesInAllNineFields,
    Lie::RightKeysWithAnotherMerchantsDataSpace,
    Lie::AnotherGateway,
    Lie::AnswerOfAnEarlierRun,
    Lie::TokenOfAnEarlierRun,
    Lie::OurFingerprintsWithoutTheKeys,
    Lie::ClaimsThatItsKeysAreValid,
    Lie::NonceOfAnotherRun,
    Lie::TokenThatEndsTooLate,
    Lie::DataSpaceAgainstWhatItsShopShows,
];

/// What an honest answer held: its values and tokens.
#[derive(Default)]
struct Heard {
    values: BTreeMap<ConfigPath, SeenValue>,
    tokens: Vec<InstanceToken>,
}

fn heard(look: &Look) -> Heard {
    Heard {
        values: look.values.clone(),
        tokens: look.tokens.iter().map(copied).collect(),
    }
}

/// A number that looks random and is the same on every computer.
fn noise(kind: usize, time: u64) -> u64 {
    let mut z = time.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (kind as u64 + 1) << 48;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 29)
}

fn uuid(noise: u64) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", noise as u32, noise >> 16)
}

/// Any nine values, each of the form it should have.
fn random_values(there: &mut FakeInstance, noise: u64) {
    for (at, path) in ConfigPath::ALL.into_iter().enumerate() {
        let number = noise.rotate_left(at as u32 * 7);
        let value = match path {
            ConfigPath::ProjectId | ConfigPath::DataSpaceId => uuid(number).into_bytes(),
            ConfigPath::DataSpaceType if number.is_multiple_of(2) => b"Production".to_vec(),
            ConfigPath::DataSpaceType => b"Testing".to_vec(),
            path if path.is_private_key() => keys::pem((number % 4) as usize).expose().to_vec(),
            path if path.purpose().is_some() => format!("{number:032x}").into_bytes(),
            _ => format!("Name {number}").into_bytes(),
        };
        there.values.insert(path, value);
    }
}

/// What the instance says instead of the truth.
fn say(look: &mut Look, lie: Lie, noise: u64, now: i64, old: &Heard) {
    match lie {
        Lie::RandomValuesInAllNineFields | Lie::DataSpaceAgainstWhatItsShopShows => {}
        Lie::RightKeysWithAnotherMerchantsDataSpace => {
            show(look, ConfigPath::DataSpaceId, OTHER_SPACE);
            if noise.is_multiple_of(2) {
                show(look, ConfigPath::ProjectId, OTHER_PROJECT);
            }
        }
        Lie::AnotherGateway => {
            let url = format!("https://g{noise}.stranger.test/");
            look.gateways.insert(Purpose::Production, url);
        }
        Lie::AnswerOfAnEarlierRun => {
            look.values = old.values.clone();
            look.tokens = old.tokens.iter().map(copied).collect();
        }
        Lie::TokenOfAnEarlierRun => look.tokens = old.tokens.iter().map(copied).collect(),
        Lie::OurFingerprintsWithoutTheKeys => look.values = old.values.clone(),
        Lie::ClaimsThatItsKeysAreValid => {
            look.values = old.values.clone();
            let says = format!("{{\"valid\":true,\"noise\":{noise}}}");
            for token in &mut look.tokens {
                token.token = Ok(Secret::new(says.clone().into_bytes()));
            }
        }
        Lie::NonceOfAnotherRun => {
            let mut bytes = [7; 16];
            bytes[..8].copy_from_slice(&noise.to_be_bytes());
            look.nonce = Nonce::from_random(bytes);
        }
        Lie::TokenThatEndsTooLate => {
            let late = 91 + (noise % 1_000_000) as i64;
            look.tokens = vec![
                signed(Purpose::Production, 0, now + 300 + late),
                signed(Purpose::Sandbox, 1, now + 300 + late),
            ];
        }
    }
}

/// Lets the instance at "live" lie from now on.
fn tell(world: &World, lie: Lie, noise: u64, old: &Arc<Mutex<Heard>>) {
    let old = Arc::clone(old);
    let now = world.clock.now().seconds();
    let other_key = [1, 2, 3][(noise % 3) as usize];
    if lie == Lie::DataSpaceAgainstWhatItsShopShows {
        let shown = if noise.is_multiple_of(2) {
            TESTING.to_owned()
        } else {
            uuid(noise)
        };
        let shown = DataSpaceId::parse(&shown).unwrap();
        world.storefront.show("https://live.test/", &shown, None);
    }
    world.with("live", |there| {
        let deleted = matches!(
            lie,
            Lie::OurFingerprintsWithoutTheKeys
                | Lie::ClaimsThatItsKeysAreValid
                | Lie::TokenOfAnEarlierRun
                | Lie::AnswerOfAnEarlierRun
        );
        if deleted {
            let pem = keys::pem(other_key).expose().to_vec();
            there.values.insert(ConfigPath::ProductionPrivateKey, pem);
        }
        if lie == Lie::RandomValuesInAllNineFields {
            random_values(there, noise);
        }
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            say(look, lie, noise, now, &old.lock().unwrap());
        }));
    });
}

/// Honest and green again; what it says is heard.
async fn honest(world: &World, before: &BTreeMap<ConfigPath, Vec<u8>>) -> Arc<Mutex<Heard>> {
    let kept = Arc::<Mutex<Heard>>::default();
    let keep = Arc::clone(&kept);
    let shown = DataSpaceId::parse(PRODUCTION).unwrap();
    world.storefront.show("https://live.test/", &shown, None);
    world.with("live", |there| {
        there.values = before.clone();
        there.tamper = Some(Arc::new(move |look: &mut Look| {
            *keep.lock().unwrap() = heard(look);
        }));
    });
    world.clock.advance(Duration::from_secs(2));
    let verdict = world.check("live").await.verdict;
    assert_eq!(verdict.state, State::Connected, "honest: {verdict:?}");
    kept
}

#[tokio::test]
async fn ten_kinds_of_lies_told_again_and_again_turn_no_light_green() {
    let asked = option_env!("PATCHBAY_LIES");
    let times: u64 = asked.and_then(|text| text.parse().ok()).unwrap_or(TIMES);
    let mut told = 0;
    for (kind, lie) in ALL.into_iter().enumerate() {
        let world = world().await;
        world.connected("live", Role::Live, PRODUCTION).await;
        let before = world.with("live", |there| there.values.clone());
        for time in 0..times {
            let old = honest(&world, &before).await;
            let asked = world.gateway.calls().len();
            tell(&world, lie, noise(kind, time), &old);
            let verdict = world.check("live").await.verdict;
            assert_ne!(
                verdict.state,
                State::Connected,
                "{lie:?} {time}: {verdict:?}"
            );
            assert_ne!(
                world.known("live").await.verdict.state,
                State::Connected,
                "{lie:?} {time}: what is shown later"
            );
            if lie == Lie::NonceOfAnotherRun {
                let after = world.gateway.calls().len();
                assert_eq!(after, asked, "nobody is asked about another run's answer");
            }
            assert!(world.patchbay.renew(&["live".into()]).await.is_ok());
            assert_ne!(
                world.known("live").await.verdict.state,
                State::Connected,
                "{lie:?} {time}: a renewal turns nothing green"
            );
            told += 1;
        }
    }
    assert_eq!(told, 10 * times);
}
