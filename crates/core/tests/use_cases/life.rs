//! The life of a light: whatever happens in whatever order, it is green only while a fresh proof
//! holds.
//!
//! Pure: events are applied to the evidence by the core's own functions, and beside them a plain
//! account is kept of what was really proven when. The two are written independently.

use std::time::Duration;

use patchbay_core::config::Purpose;
use patchbay_core::connection::age::{Holding, standing_with};
use patchbay_core::connection::renew::{Answers, renewed};
use patchbay_core::connection::shop::ShopSeen;
use patchbay_core::connection::{
    AdobeProof, ConnectionState as State, DataSpaceAnswer, Evidence, PairAnswer, Remark, Verdict,
};
use patchbay_core::fakes::samples::sample_seen;
use patchbay_core::id::{DataSpaceId, InstanceId, ProjectId};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::gateway::Rejection;
use patchbay_core::ports::storefront::{ShopAnswer, ShopChannel};
use patchbay_core::registry::DataSpaceType;

use crate::world::{PRODUCTION, PROJECT, TESTING};

/// How many orders of events, where the build says nothing (`PATCHBAY_LIGHT_ORDERS=100000`).
const ORDERS: u64 = 1_000;

/// Numbers that look random and are the same on every computer (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// Both clocks, and what a process that was started again has forgotten.
struct Clocks {
    wall: i64,
    forward: u64,
}

/// What was really proven: when by both clocks, and by which look.
#[derive(Clone, Copy)]
struct Truth {
    answered_wall: i64,
    answered_forward: Option<u64>,
    looked_wall: i64,
    looked_forward: Option<u64>,
}

/// A moment by both clocks.
type Moment = (i64, u64);

struct Play {
    clocks: Clocks,
    evidence: Option<Evidence>,
    /// As the program remembers it: the moments of answer and look by the forward-only clock.
    kept: (Option<Moment>, Option<Moment>),
    /// The plain account; `None` while nothing is proven.
    truth: Option<Truth>,
}

fn found(space: &str) -> DataSpaceAnswer {
    DataSpaceAnswer::Found {
        project: ProjectId::parse(if space == PRODUCTION { PROJECT } else { space }).unwrap(),
        kind: DataSpaceType::Production,
        mage_id: None,
    }
}

fn no_answer() -> Remark {
    Remark::new("gatewayTimedOut", "No answer.")
}

impl Play {
    fn new() -> Self {
        Self {
            clocks: Clocks {
                wall: 1_780_000_000_000,
                forward: 1_000_000,
            },
            evidence: None,
            kept: (None, None),
            truth: None,
        }
    }

    /// A check: the instance signs, Adobe answers, the state machine speaks.
    fn look(&mut self, good: bool) {
        let now = UnixMillis(self.clocks.wall);
        let mut seen = sample_seen(now);
        seen.data_space = DataSpaceId::parse(PRODUCTION).ok();
        seen.used = Some(Purpose::Production);
        let production = if good {
            PairAnswer::Accepted
        } else {
            PairAnswer::Rejected(Rejection::UnknownApiKey)
        };
        let state = if good {
            State::Connected
        } else {
            State::AccountNotVerified
        };
        self.evidence = Some(Evidence {
            instance: InstanceId::from_random([1; 16]),
            at: now,
            verdict: Verdict {
                state,
                reason: Remark::new("judged", "Judged."),
                findings: Vec::new(),
            },
            seen: Some(seen),
            adobe: Some(AdobeProof {
                production,
                sandbox: PairAnswer::Absent,
                data_space: found(PRODUCTION),
                at: now,
                by_instance_token: true,
                renewed_at: None,
                clock_ahead: None,
                account_sync: None,
            }),
            shop: None,
            connected_at: None,
        });
        let both = Some((self.clocks.wall, self.clocks.forward));
        self.kept = (both, both);
        self.truth = good.then_some(Truth {
            answered_wall: self.clocks.wall,
            answered_forward: Some(self.clocks.forward),
            looked_wall: self.clocks.wall,
            looked_forward: Some(self.clocks.forward),
        });
    }

    fn renew(&mut self, answer: u64) {
        let Some(evidence) = &self.evidence else {
            return;
        };
        if evidence.verdict.state != State::Connected {
            return;
        }
        let accepted = PairAnswer::Accepted;
        let (used, space) = match answer {
            0 => (
                PairAnswer::Rejected(Rejection::UnknownApiKey),
                found(PRODUCTION),
            ),
            1 => (PairAnswer::NotProvable(no_answer()), found(PRODUCTION)),
            2 => (accepted, DataSpaceAnswer::NotFound),
            3 => (accepted, DataSpaceAnswer::NotProvable(no_answer())),
            4 => (accepted, found(TESTING)),
            _ => (accepted, found(PRODUCTION)),
        };
        let answers = Answers {
            at: UnixMillis(self.clocks.wall),
            used,
            other: None,
            data_space: space,
        };
        if let Some(next) = renewed(evidence, &answers) {
            self.evidence = Some(next);
            self.kept.0 = Some((self.clocks.wall, self.clocks.forward));
        }
        match answer {
            1 | 3 => {}
            0 | 2 | 4 => self.truth = None,
            _ => {
                if let Some(truth) = &mut self.truth {
                    truth.answered_wall = self.clocks.wall;
                    truth.answered_forward = Some(self.clocks.forward);
                }
            }
        }
    }

    /// Visitors see a data space. What they see before the look of the same second counts as after.
    fn visit(&mut self, space: &str) {
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        evidence.shop = Some(ShopSeen {
            at: UnixMillis(self.clocks.wall),
            said: Ok(ShopAnswer {
                data_space: DataSpaceId::parse(space).unwrap(),
                kind: None,
                channel: ShopChannel::GraphQl,
            }),
        });
    }

    /// Something here was changed that a check has to look at again.
    fn doubt(&mut self) {
        if let Some(evidence) = &mut self.evidence
            && evidence.verdict.state == State::Connected
        {
            evidence.verdict.state = State::Unverified;
        }
        self.truth = None;
    }

    fn pass(&mut self, millis: u64) {
        self.clocks.wall += i64::try_from(millis).unwrap();
        self.clocks.forward += millis;
    }

    fn restart(&mut self) {
        self.kept = (None, None);
        self.clocks.forward = 5;
        if let Some(truth) = &mut self.truth {
            (truth.answered_forward, truth.looked_forward) = (None, None);
        }
    }

    fn happen(&mut self, dice: &mut Dice) {
        match dice.below(16) {
            0 | 1 => self.look(true),
            2 => self.look(false),
            3..=5 => self.renew(5),
            6 => {
                let answer = dice.below(5);
                self.renew(answer);
            }
            7 => self.visit(PRODUCTION),
            8 => self.visit(TESTING),
            9 => self.doubt(),
            // Minutes, half hours, days.
            10..=12 => {
                let end =
                    [120_000, 3_000_000, 100_000_000][usize::try_from(dice.below(3)).unwrap()];
                let millis = dice.below(end);
                self.pass(millis);
            }
            // A sleep or a set clock: only the wall clock moves.
            13 => self.clocks.wall += i64::try_from(dice.below(100_000)).unwrap(),
            14 => self.clocks.wall -= i64::try_from(dice.below(4_000_000)).unwrap(),
            _ => self.restart(),
        }
    }

    fn shown(&self) -> State {
        let evidence = self.evidence.as_ref();
        let since = |kept: Option<Moment>, at: Option<UnixMillis>| {
            let (then, forward) = kept?;
            let same = at == Some(UnixMillis(then));
            same.then(|| Duration::from_millis(self.clocks.forward.saturating_sub(forward)))
        };
        let answered = evidence.and_then(|e| Some(e.adobe.as_ref()?.last_at()));
        let looked = evidence.and_then(|e| Some(e.seen.as_ref()?.at));
        let holding = Holding {
            since: since(self.kept.0, answered),
            since_look: since(self.kept.1, looked),
            ..Holding::default()
        };
        standing_with(evidence, UnixMillis(self.clocks.wall), &holding).state
    }

    /// Product's own words for how long a proof holds, said another way than the core does.
    fn may_be_green(&self) -> bool {
        let Some(truth) = &self.truth else {
            return false;
        };
        let wall = self.clocks.wall;
        let age = wall - truth.answered_wall;
        let of_values = wall - truth.looked_wall;
        let shown_other = self.evidence.as_ref().is_some_and(|evidence| {
            evidence.shop.as_ref().is_some_and(|shop| {
                shop.at.0 >= truth.looked_wall
                    && shop.data_space().is_some_and(|id| id.as_str() == TESTING)
            })
        });
        let forward = |then: Option<u64>| then.map(|then| self.clocks.forward.saturating_sub(then));
        let (awake, young) = (
            forward(truth.answered_forward),
            forward(truth.looked_forward),
        );
        let slept = awake.is_some_and(|awake| age.abs_diff(i64::try_from(awake).unwrap()) > 20_000);
        (0..=1_820_000).contains(&age)
            && awake.is_none_or(|awake| awake <= 1_820_000)
            && !slept
            && (0..=86_400_000).contains(&of_values)
            && young.is_none_or(|young| young <= 86_400_000)
            && !shown_other
    }
}

#[test]
fn no_order_of_events_leaves_a_green_light_without_a_fresh_proof() {
    let asked = option_env!("PATCHBAY_LIGHT_ORDERS");
    let orders = asked.and_then(|text| text.parse().ok()).unwrap_or(ORDERS);
    let (mut greens, mut moments) = (0_u64, 0_u64);
    for seed in 0..orders {
        let mut dice = Dice(seed);
        let mut play = Play::new();
        for step in 0..24 {
            play.happen(&mut dice);
            moments += 1;
            let green = play.shown() == State::Connected;
            assert_eq!(
                green,
                play.may_be_green(),
                "order {seed}, after event {step}"
            );
            greens += u64::from(green);
        }
    }
    // A light that is never green would pass everything above.
    assert!(greens * 20 > moments, "{greens} of {moments}");
    assert!(greens * 2 < moments, "{greens} of {moments}");
}
