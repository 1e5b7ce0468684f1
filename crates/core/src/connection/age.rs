//! How long a proof holds: old proof fades, it does not stay green.
//!
//! Pure. Two clocks are asked where both are there: a computer that slept, or whose clock was set,
//! has to ask Adobe again. Not here: asking.

use std::time::Duration;

use super::shop::{another, shows_another};
use super::{ConnectionState, Evidence, Remark, Verdict};
use crate::ports::clock::UnixMillis;

/// How often Adobe is asked again where the settings say nothing.
pub const INTERVAL: Duration = Duration::from_secs(15 * 60);

/// The longest a proof ever holds.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The longest what was read on an instance counts without another look.
pub const VALUES_HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How far wall clock and forward-only clock may drift apart before the computer counts as having
/// slept or its clock as having been set.
pub const DRIFT: Duration = Duration::from_secs(20);

/// What a proof's age is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// How often Adobe is asked again.
    pub interval: Duration,
    /// How long ago the answer came by the clock that only goes forward; `None` where it came to
    /// another process, so that only the wall clock can tell.
    pub since: Option<Duration>,
    /// The same since the instance was last looked at.
    pub since_look: Option<Duration>,
}

impl Default for Holding {
    fn default() -> Self {
        Self {
            interval: INTERVAL,
            since: None,
            since_look: None,
        }
    }
}

impl Holding {
    /// How long `connected` holds after Adobe's answer: twice the interval and 20 seconds, never
    /// over an hour.
    pub fn holds(&self) -> Duration {
        (self.interval.saturating_mul(2) + Duration::from_secs(20)).min(LONGEST)
    }
}

/// What is to be said of an instance at `now`, given what its last check found.
///
/// Only `connected` fades: what was wrong stays said until a check finds otherwise. A proof from
/// the future (the clock was set back) counts as too old, and so does one that the computer slept
/// over. When it last was connected stands in [`Evidence::connected_at`].
pub fn standing_with(evidence: Option<&Evidence>, now: UnixMillis, holding: &Holding) -> Verdict {
    let Some(evidence) = evidence else {
        return Verdict {
            state: ConnectionState::Unknown,
            reason: Remark::new("neverChecked", "It was never checked."),
            findings: Vec::new(),
        };
    };
    let verdict = evidence.verdict.clone();
    if verdict.state != ConnectionState::Connected {
        return verdict;
    }
    match faded(evidence, now, holding) {
        Some(reason) => Verdict {
            state: ConnectionState::Unverified,
            reason,
            findings: verdict.findings,
        },
        None => verdict,
    }
}

/// Why what was connected does not count any more.
fn faded(evidence: &Evidence, now: UnixMillis, holding: &Holding) -> Option<Remark> {
    if let Some(answer) = shows_another(evidence.seen.as_ref(), evidence.shop.as_ref()) {
        return Some(another(answer));
    }
    if !proof_holds(evidence, now, holding) {
        return Some(Remark::new(
            "proofTooOld",
            "It was connected when it was last checked; that is too long ago to rely on.",
        ));
    }
    if !values_hold(evidence, now, holding) {
        return Some(Remark::new(
            "valuesTooOld",
            "Adobe still accepts its keys, but what it holds was read more than a day ago.",
        ));
    }
    None
}

fn values_hold(evidence: &Evidence, now: UnixMillis, holding: &Holding) -> bool {
    let at = evidence.seen.as_ref().map(|seen| seen.at);
    let age = at.and_then(|at| age(at, now));
    age.is_some_and(|age| age <= VALUES_HOLD)
        && holding.since_look.is_none_or(|since| since <= VALUES_HOLD)
}

/// How long ago something was by the wall clock; `None` for the future.
fn age(then: UnixMillis, now: UnixMillis) -> Option<Duration> {
    let millis = i128::from(now.0) - i128::from(then.0);
    u64::try_from(millis).ok().map(Duration::from_millis)
}

fn proof_holds(evidence: &Evidence, now: UnixMillis, holding: &Holding) -> bool {
    let Some(adobe) = &evidence.adobe else {
        return false;
    };
    let Some(age) = age(adobe.last_at(), now) else {
        return false;
    };
    let awake = holding
        .since
        .is_none_or(|since| age.abs_diff(since) <= DRIFT && since <= holding.holds());
    awake && age <= holding.holds()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{AdobeProof, DataSpaceAnswer, PairAnswer};
    use crate::fakes::samples::sample_seen;
    use crate::id::InstanceId;
    use proptest::prelude::*;

    const ANSWERED: i64 = 1_774_000_000_000;

    fn found(state: ConnectionState) -> Evidence {
        Evidence {
            instance: InstanceId::from_random([7; 16]),
            at: UnixMillis(ANSWERED),
            verdict: Verdict {
                state,
                reason: Remark::new("bothAccepted", "Adobe accepted both pairs."),
                findings: vec![Remark::new("looksLive", "It looks live.")],
            },
            seen: Some(sample_seen(UnixMillis(ANSWERED))),
            adobe: Some(AdobeProof {
                production: PairAnswer::Accepted,
                sandbox: PairAnswer::Accepted,
                data_space: DataSpaceAnswer::NotFound,
                at: UnixMillis(ANSWERED),
                by_instance_token: true,
                renewed_at: None,
                clock_ahead: None,
                account_sync: None,
            }),
            shop: None,
            connected_at: Some(UnixMillis(ANSWERED)),
        }
    }

    proptest! {
        #[test]
        fn no_proof_holds_longer_than_it_may(
            interval in 0_u64..100_000,
            age in any::<i64>(),
            since in proptest::option::of(0_u64..10_000_000),
        ) {
            let holding = Holding {
                interval: Duration::from_secs(interval),
                since: since.map(Duration::from_millis),
                since_look: None,
            };
            let now = UnixMillis(ANSWERED.saturating_add(age));
            let verdict = standing_with(Some(&found(ConnectionState::Connected)), now, &holding);
            let longest = (2 * interval as i64 * 1_000 + 20_000).min(3_600_000);
            let slept = since.is_some_and(|since| i128::from(age).abs_diff(i128::from(since)) > 20_000);
            if age < 0 || age > longest || slept {
                prop_assert_eq!(verdict.state, ConnectionState::Unverified);
            }
            if (0..=longest).contains(&age) && since.is_none() {
                prop_assert_eq!(verdict.state, ConnectionState::Connected);
            }
        }
    }

    #[test]
    fn a_sleep_or_a_set_clock_voids_the_proof() {
        let evidence = found(ConnectionState::Connected);
        let at = |wall: i64, since: u64| {
            let holding = Holding {
                since: Some(Duration::from_secs(since)),
                ..Holding::default()
            };
            standing_with(
                Some(&evidence),
                UnixMillis(ANSWERED + wall * 1_000),
                &holding,
            )
            .state
        };
        assert_eq!(at(600, 600), ConnectionState::Connected);
        assert_eq!(at(600, 10), ConnectionState::Unverified, "it slept");
        assert_eq!(
            at(10, 600),
            ConnectionState::Unverified,
            "the clock was set back"
        );
    }
}
