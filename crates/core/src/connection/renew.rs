//! Renewing Adobe's answer between two looks, with a token signed here.
//!
//! Only where the instance's own token was accepted at the last look, what was read there is
//! exactly a key kept here, and the keychain is open already: nobody asked for this, so nothing is
//! unlocked and no instance is connected to. On the way the shop's visitors' view is asked, which
//! can take a light away and never gives one. Not here: when to do this (whoever watches).

use futures_util::{StreamExt, TryStreamExt, stream};

use super::age::VALUES_HOLD;
use super::obstacle::own_clock;
use super::prove::Bearing;
use super::shop::ShopSeen;
use super::{
    AdobeProof, ConnectionState as State, DataSpaceAnswer, Evidence, PairAnswer, Remark, Seen,
    Verdict, judge,
};
use crate::config::{ConfigPath, Purpose};
use crate::error::Result;
use crate::id::ApiKey;
use crate::instance::Instance;
use crate::keypair::KeyPair;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::gateway::Rejection;
use crate::ports::keychain::Asked;
use crate::secret::Secret;
use crate::token;

/// What came of renewing one instance's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Adobe answered the same again.
    Renewed,
    /// Adobe or the shop's visitors say something else now.
    Changed,
    /// It has to be looked at itself: it was not connected, the look is too old, or the key is not
    /// kept here.
    NeedsALook,
    /// The keychain is locked or gave nothing; nobody was asked to unlock it.
    KeychainClosed,
    /// Adobe gave no usable answer; the old proof goes on fading.
    NoAnswer,
}

/// What Adobe answered about keys signed with here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// When.
    pub at: UnixMillis,
    /// About the pair in use.
    pub used: PairAnswer,
    /// About the other pair, where its key is kept here too.
    pub other: Option<PairAnswer>,
    /// About the data space; counts only where the pair in use was accepted.
    pub data_space: DataSpaceAnswer,
}

/// A signature refused while this computer's own clock is off says nothing about the key.
fn in_time((answer, ahead): (PairAnswer, Option<i64>)) -> PairAnswer {
    match (&answer, ahead) {
        (PairAnswer::Rejected(Rejection::BadSignature), Some(ahead))
            if ahead.abs() > token::SKEW =>
        {
            PairAnswer::NotProvable(own_clock(ahead))
        }
        _ => answer,
    }
}

/// The pair in use, if its proof may be renewed from here (product: proof, two ages).
pub fn renewable<'a>(
    evidence: &Evidence,
    pairs: &'a [KeyPair],
    now: UnixMillis,
) -> Option<(Purpose, &'a KeyPair)> {
    let (seen, adobe) = (evidence.seen.as_ref()?, evidence.adobe.as_ref()?);
    let used = seen.used?;
    let age = now.0.checked_sub(seen.at.0)?;
    let young = (0..=i64::try_from(VALUES_HOLD.as_millis()).ok()?).contains(&age);
    let proven = evidence.verdict.state == State::Connected
        && adobe.by_instance_token
        && adobe.pair(used) == &PairAnswer::Accepted;
    let pair = ours(seen, used, pairs)?;
    (young && proven).then_some((used, pair))
}

/// The pair kept here whose halves are exactly what was read there.
fn ours<'a>(seen: &Seen, purpose: Purpose, pairs: &'a [KeyPair]) -> Option<&'a KeyPair> {
    let read = |path: ConfigPath| seen.exact.get(&path);
    pairs.iter().find(|pair| {
        pair.purpose == purpose
            && pair.is_here()
            && pair.exact.is_some()
            && pair.api_key_exact.is_some()
            && pair.exact.as_ref() == read(purpose.private_key_path())
            && pair.api_key_exact.as_ref() == read(purpose.api_key_path())
    })
}

/// The evidence after Adobe answered about keys signed with here; `None` where that leaves the old
/// proof as it was. Pure.
pub fn renewed(evidence: &Evidence, answers: &Answers) -> Option<Evidence> {
    let (seen, adobe) = (evidence.seen.as_ref()?, evidence.adobe.as_ref()?);
    let used = seen.used?;
    let mut next = evidence.clone();
    let (state, reason) = match (&answers.used, &answers.other) {
        (PairAnswer::Rejected(kind), _) => {
            (State::AccountNotVerified, judge::rejection(used, *kind))
        }
        (_, Some(PairAnswer::Rejected(kind))) => (
            State::AccountNotVerified,
            judge::rejection(used.other(), *kind),
        ),
        (PairAnswer::Accepted, _) => match &answers.data_space {
            DataSpaceAnswer::NotProvable(_) => return None,
            said if *said == adobe.data_space => {
                let proof = proof_after(adobe, used, answers);
                next.connected_at = Some(answers.at);
                next.adobe = Some(proof);
                return Some(next);
            }
            said => (State::DataSpaceMismatch, other_space(said)),
        },
        (PairAnswer::NotProvable(_) | PairAnswer::Absent, _) => return None,
    };
    next.verdict = Verdict {
        state,
        reason,
        findings: evidence.verdict.findings.clone(),
    };
    next.adobe = Some(proof_after(adobe, used, answers));
    Some(next)
}

fn proof_after(adobe: &AdobeProof, used: Purpose, answers: &Answers) -> AdobeProof {
    let mut proof = adobe.clone();
    let mut set = |purpose: Purpose, answer: &PairAnswer| match purpose {
        Purpose::Sandbox => proof.sandbox = answer.clone(),
        Purpose::Production => proof.production = answer.clone(),
    };
    set(used, &answers.used);
    if let Some(other) = &answers.other {
        set(used.other(), other);
    }
    if answers.used == PairAnswer::Accepted {
        proof.data_space = answers.data_space.clone();
    }
    proof.renewed_at = Some(answers.at);
    proof
}

fn other_space(said: &DataSpaceAnswer) -> Remark {
    match said {
        DataSpaceAnswer::NotFound => Remark::new(
            "dataSpaceNotTheirs",
            "Adobe knows no such data space for these keys.",
        ),
        _ => Remark::new(
            "registryChanged",
            "Adobe's registry describes its data space otherwise than at the last check.",
        ),
    }
}

impl Patchbay {
    /// Renews what can be renewed without connecting to an instance, without a question on the
    /// screen and without unlocking anything. Given back in the order of `names`, all where empty.
    ///
    /// # Errors
    /// An unknown name, or records that cannot be used.
    pub async fn renew(&self, names: &[String]) -> Result<Vec<(Instance, Renewal)>> {
        let instances = self.chosen(names).await?;
        let pairs = self.key_pairs().await?;
        let pairs = &pairs;
        let at_once = self.parallel().await?;
        stream::iter(instances)
            .map(|instance| async move {
                let done = self.renew_one(&instance, pairs).await?;
                Ok((instance, done))
            })
            .buffered(at_once)
            .try_collect()
            .await
    }

    async fn renew_one(&self, instance: &Instance, pairs: &[KeyPair]) -> Result<Renewal> {
        let known = self.evidence_of(instance).await?;
        let Some(known) = known.filter(|known| known.verdict.state == State::Connected) else {
            return Ok(Renewal::NeedsALook);
        };
        let (shop, asked) =
            futures_util::join!(self.ask_shop(instance), self.ask_here(&known, pairs));
        // Somebody may have looked meanwhile; what they found is newer than what was asked about.
        let Some(mut now) = self
            .evidence_of(instance)
            .await?
            .filter(|e| e.at == known.at)
        else {
            return Ok(Renewal::NeedsALook);
        };
        let mut outcome = match asked {
            Ok((answers, forward)) => match renewed(&now, &answers) {
                Some(next) => {
                    now = next;
                    self.note_answer_at(&instance.id, answers.at, forward);
                    if now.verdict.state == State::Connected {
                        Renewal::Renewed
                    } else {
                        Renewal::Changed
                    }
                }
                None => Renewal::NoAnswer,
            },
            Err(why) => why,
        };
        let said = shop.filter(|shop| shop.said.is_ok());
        if let Some(shop) = said {
            outcome = self.note_shop(&mut now, shop, outcome);
        }
        self.ports.records.save_evidence(&now).await?;
        Ok(outcome)
    }

    fn note_shop(&self, evidence: &mut Evidence, shop: ShopSeen, outcome: Renewal) -> Renewal {
        let another = super::shop::shows_another(evidence.seen.as_ref(), Some(&shop)).is_some();
        evidence.shop = Some(shop);
        if another { Renewal::Changed } else { outcome }
    }

    pub(crate) async fn evidence_of(&self, instance: &Instance) -> Result<Option<Evidence>> {
        let evidence = self.ports.records.evidence().await?;
        Ok(evidence.into_iter().find(|e| e.instance == instance.id))
    }

    /// Asks Adobe with tokens signed here; the second part is when, by the forward-only clock.
    async fn ask_here(
        &self,
        evidence: &Evidence,
        pairs: &[KeyPair],
    ) -> std::result::Result<(Answers, std::time::Duration), Renewal> {
        let now = self.ports.clock.now();
        let (used, pair) = renewable(evidence, pairs, now).ok_or(Renewal::NeedsALook)?;
        let seen = evidence.seen.as_ref().ok_or(Renewal::NeedsALook)?;
        let space = seen.data_space.clone().ok_or(Renewal::NeedsALook)?;
        let (api_key, token) = self.sign_here(pair).await?;
        let spare = ours(seen, used.other(), pairs);
        let spare = match spare {
            Some(spare) => self.sign_here(spare).await.ok(),
            None => None,
        };
        let bearing = Bearing {
            api_key: &api_key,
            token: &token,
        };
        let other = async {
            let (api_key, token) = spare.as_ref()?;
            let bearing = Bearing { api_key, token };
            Some(in_time(self.ask_ping(used.other(), bearing).await))
        };
        let (used_answer, other, data_space) = futures_util::join!(
            self.ask_ping(used, bearing),
            other,
            self.ask_space(used, bearing, space.as_str()),
        );
        let answers = Answers {
            at: self.ports.clock.now(),
            used: in_time(used_answer),
            other,
            data_space: data_space.0,
        };
        Ok((answers, self.ports.clock.monotonic()))
    }

    async fn sign_here(&self, pair: &KeyPair) -> std::result::Result<(ApiKey, Secret), Renewal> {
        let api_key = pair.api_key.clone().ok_or(Renewal::NeedsALook)?;
        let read = self.ports.keychain.read(&pair.item, Asked::ByNobody).await;
        let key = read.ok().flatten().ok_or(Renewal::KeychainClosed)?;
        let expires = self.ports.clock.now().seconds() + token::LIFETIME;
        let signed = self.ports.crypto.sign_token(&key, expires);
        Ok((api_key, signed.map_err(|_| Renewal::KeychainClosed)?))
    }
}
