//! How an instance stands now, from what was last found: old proof fades, it does not stay green.
//!
//! Nobody is asked here; a fresh answer is the check's business.

use super::age::{Holding, VALUES_HOLD, standing_with};
use super::next::NextStep;
use super::{ConnectionState, Evidence, Verdict};
use crate::assignment::Assignment;
use crate::config::{ConfigPath, Purpose};
use crate::error::Result;
use crate::fingerprint::IdentityFingerprint;
use crate::id::DataSpaceId;
use crate::instance::Instance;
use crate::look::Flow;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;

/// How long `connected` holds after Adobe's answer: two intervals of 15 minutes and 20 seconds.
pub const PROOF_HOLDS_MS: i64 = 2 * 15 * 60 * 1_000 + 20_000;

/// One instance as it stands now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The instance.
    pub instance: Instance,
    /// The label of its account.
    pub account: String,
    /// What is to be said of it now.
    pub verdict: Verdict,
    /// The name of the data space it was last seen to use, or its id where it has no name.
    pub data_space: Option<String>,
    /// That data space's id.
    pub data_space_id: Option<DataSpaceId>,
    /// Whose keys were last seen there, by their identities: sandbox and production.
    pub keys: [Option<IdentityFingerprint>; 2],
    /// What it should hold, where that is decided.
    pub assignment: Option<Assignment>,
    /// What to do next.
    pub next: NextStep,
    /// Until when a `connected` holds; `None` where time alone changes nothing.
    pub holds_until: Option<UnixMillis>,
    /// When Adobe last answered about it.
    pub proven_at: Option<UnixMillis>,
    /// When it last was `connected`.
    pub connected_at: Option<UnixMillis>,
    /// Whether its data flows, by its own export logs.
    pub flow: Option<Flow>,
}

impl Patchbay {
    /// Every instance as it stands now, by name; nobody is asked for it.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn board(&self) -> Result<Vec<Standing>> {
        let accounts = self.accounts().await?;
        let assignments = self.assignments().await?;
        let now = self.ports.clock.now();
        let known = self.known(&[]).await?;
        let standings = known.into_iter().map(|(instance, evidence)| {
            let account = accounts
                .iter()
                .find(|account| account.id == instance.account);
            let label = account.map_or("", |account| &account.label);
            let assignment = assignments.iter().find(|a| a.instance == instance.id);
            let assignment = assignment.cloned();
            Standing::new(instance, label, evidence.as_ref(), assignment, now)
        });
        Ok(standings.collect())
    }
}

impl Standing {
    /// How `instance` of the account labelled `account` stands at `now`, as its last check left it.
    pub fn new(
        instance: Instance,
        account: &str,
        evidence: Option<&Evidence>,
        assignment: Option<Assignment>,
        now: UnixMillis,
    ) -> Self {
        let verdict = standing(evidence, now);
        let seen = evidence.and_then(|evidence| evidence.seen.as_ref());
        let key = |purpose: Purpose| seen.and_then(|s| s.identity.get(&purpose.private_key_path()));
        let holds_until = evidence
            .filter(|_| verdict.state == ConnectionState::Connected)
            .and_then(holds_until);
        Self {
            instance,
            account: account.to_owned(),
            next: NextStep::of(&verdict, assignment.is_some()),
            verdict,
            data_space: evidence.and_then(data_space),
            data_space_id: seen.and_then(|seen| seen.data_space.clone()),
            keys: Purpose::ALL.map(|purpose| key(purpose).cloned()),
            assignment,
            holds_until,
            proven_at: evidence.and_then(|evidence| Some(evidence.adobe.as_ref()?.last_at())),
            connected_at: evidence.and_then(|evidence| evidence.connected_at),
            flow: seen.and_then(|seen| seen.flow),
        }
    }
}

/// Until when Adobe's answer and what was read there both count.
fn holds_until(evidence: &Evidence) -> Option<UnixMillis> {
    let answer = evidence.adobe.as_ref()?.last_at().0 + PROOF_HOLDS_MS;
    let values = i64::try_from(VALUES_HOLD.as_millis()).ok()? + evidence.seen.as_ref()?.at.0;
    Some(UnixMillis(answer.min(values)))
}

fn data_space(evidence: &Evidence) -> Option<String> {
    let plain = &evidence.seen.as_ref()?.plain;
    let named = plain
        .get(&ConfigPath::DataSpaceName)
        .filter(|name| !name.is_empty());
    named
        .or_else(|| plain.get(&ConfigPath::DataSpaceId))
        .cloned()
}

/// What is to be said of an instance at `now`, given what its last check found, by the wall clock
/// alone; [`Patchbay::known`] asks the other clock too.
pub fn standing(evidence: Option<&Evidence>, now: UnixMillis) -> Verdict {
    standing_with(evidence, now, &Holding::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{AdobeProof, ConnectionState, DataSpaceAnswer, PairAnswer, Remark};
    use crate::fakes::samples::sample_seen;
    use crate::id::InstanceId;

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

    fn after(state: ConnectionState, ms: i64) -> Verdict {
        standing(Some(&found(state)), UnixMillis(ANSWERED + ms))
    }

    #[test]
    fn connected_holds_as_long_as_its_proof_and_not_a_millisecond_longer() {
        assert_eq!(
            after(ConnectionState::Connected, 0).state,
            ConnectionState::Connected
        );
        let last = after(ConnectionState::Connected, PROOF_HOLDS_MS);
        assert_eq!(last.state, ConnectionState::Connected);
        let late = after(ConnectionState::Connected, PROOF_HOLDS_MS + 1);
        assert_eq!(late.state, ConnectionState::Unverified);
        assert_eq!(late.reason.code, "proofTooOld");
        assert_eq!(
            late.findings.len(),
            1,
            "whatever else was true is still said"
        );
    }

    #[test]
    fn a_proof_from_the_future_is_no_proof() {
        let early = after(ConnectionState::Connected, -1);
        assert_eq!(early.state, ConnectionState::Unverified);
    }

    #[test]
    fn a_green_light_without_an_answer_of_adobes_is_not_shown() {
        let mut evidence = found(ConnectionState::Connected);
        evidence.adobe = None;
        let shown = standing(Some(&evidence), UnixMillis(ANSWERED));
        assert_eq!(shown.state, ConnectionState::Unverified);
    }

    #[test]
    fn what_was_wrong_stays_said() {
        for state in ConnectionState::ALL {
            if state == ConnectionState::Connected {
                continue;
            }
            assert_eq!(after(state, 400 * 86_400_000).state, state);
        }
    }

    #[test]
    fn what_was_never_checked_is_unknown() {
        assert_eq!(
            standing(None, UnixMillis(0)).state,
            ConnectionState::Unknown
        );
    }
}
