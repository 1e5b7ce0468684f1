//! Key pairs in hand during one order: each is read from the keychain and asked about at Adobe once,
//! however many instances it goes to.
//!
//! Not here: what a pair's answer means for a push (prepare, guards). Nothing outlives the order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::{ApiKey, KeyPairId};
use crate::keypair::KeyPair;
use crate::keypair::keeping::Verification;
use crate::patchbay::Patchbay;
use crate::ports::gateway::{Bearer, GatewayError};
use crate::secret::Secret;

/// How long Adobe's answer about a pair serves the instances that follow; the token that was
/// signed for it lives longer than this (docs/facts.md, Token).
const SERVES: Duration = Duration::from_secs(60);

/// What the instances of one order share.
pub(crate) struct Shared {
    /// Whether there are several of them.
    pub(crate) bulk: bool,
    pairs: Mutex<BTreeMap<KeyPairId, Arc<Slot>>>,
}

/// Whoever comes second waits for the first one's answer. A failure is not kept: each instance
/// tells its own.
type Slot = futures_util::lock::Mutex<Option<Arc<InHand>>>;

/// A pair that Adobe vouched for in this order.
pub(crate) struct InHand {
    /// The private key as PKCS#8 DER.
    pub(crate) der: Secret,
    /// The gateway that took it; the other one where the pair is swapped (G5).
    pub(crate) accepted_as: Purpose,
    api_key: ApiKey,
    token: Secret,
    since: Duration,
}

impl InHand {
    /// What to ask the gateways with.
    pub(crate) fn bearer(&self) -> Bearer<'_> {
        Bearer {
            api_key: &self.api_key,
            token: &self.token,
        }
    }
}

impl Shared {
    /// For an order to so many instances.
    pub(crate) fn of(instances: usize) -> Self {
        Self {
            bulk: instances > 1,
            pairs: Mutex::default(),
        }
    }

    fn slot(&self, pair: &KeyPairId) -> Arc<Slot> {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pairs.entry(pair.clone()).or_default())
    }
}

impl Patchbay {
    /// The pair with its key, vouched for less than a minute ago; none where its private key is
    /// not on this computer.
    pub(crate) async fn in_hand(
        &self,
        shared: &Shared,
        pair: &KeyPair,
    ) -> Result<Option<Arc<InHand>>> {
        let Some(api_key) = pair.api_key.as_ref().filter(|_| pair.is_here()) else {
            return Ok(None);
        };
        let slot = shared.slot(&pair.id);
        let mut kept = slot.lock().await;
        let now = self.ports.clock.monotonic();
        if let Some(found) = kept.as_ref()
            && now.saturating_sub(found.since) < SERVES
        {
            return Ok(Some(Arc::clone(found)));
        }
        let der = self.private_key(pair).await?;
        let token = self.token_of(&der)?;
        let bearer = Bearer {
            api_key,
            token: &token,
        };
        let accepted_as = match self.vouched_for(pair.purpose, &bearer).await {
            Verification::Accepted => pair.purpose,
            Verification::Swapped => pair.purpose.other(),
            Verification::Rejected(kind) => {
                return Err(Error::from(GatewayError::Rejected {
                    kind,
                    clock_ahead: None,
                }));
            }
            Verification::NotProvable(error) => return Err(error.into()),
        };
        let found = Arc::new(InHand {
            der,
            accepted_as,
            api_key: api_key.clone(),
            token,
            since: now,
        });
        *kept = Some(Arc::clone(&found));
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::fakes::samples::{sample_account, sample_key_pair};
    use crate::fakes::{Together, keys, together};
    use crate::id::MageId;
    use crate::ports::keychain::Keychain as _;

    /// A production pair in the keychain, registered at the gateway of `purpose`.
    async fn kept(all: &Together, purpose: Purpose) -> KeyPair {
        let account = sample_account(2).unwrap();
        let pair = sample_key_pair(2, &account).unwrap();
        all.keychain.write(&pair.item, &keys::der(0)).await.unwrap();
        register(all, &pair, purpose);
        pair
    }

    fn register(all: &Together, pair: &KeyPair, purpose: Purpose) {
        let account = MageId::parse("MAG000000002").unwrap();
        let api_key = pair.api_key.as_ref().unwrap();
        all.gateway
            .register(&account, purpose, api_key, &keys::der(0));
    }

    #[tokio::test]
    async fn many_instances_ask_once_and_again_when_the_answer_is_old() {
        let all = together();
        let pair = kept(&all, Purpose::Production).await;
        let shared = Shared::of(5);
        let asked = (0..5).map(|_| all.patchbay.in_hand(&shared, &pair));
        for answer in join_all(asked).await {
            let found = answer.unwrap().unwrap();
            assert!(found.der.same_as(&keys::der(0)));
            assert_eq!(found.accepted_as, Purpose::Production);
        }
        assert_eq!(all.gateway.calls().len(), 1);

        all.clock.advance(SERVES);
        let again = all.patchbay.in_hand(&shared, &pair).await.unwrap();
        assert!(again.is_some());
        assert_eq!(all.gateway.calls().len(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let all = together();
        let pair = kept(&all, Purpose::Production).await;
        let api_key = pair.api_key.clone().unwrap();
        all.gateway.delete(Purpose::Production, &api_key);
        let shared = Shared::of(2);
        assert!(all.patchbay.in_hand(&shared, &pair).await.is_err());
        register(&all, &pair, Purpose::Production);
        let found = all.patchbay.in_hand(&shared, &pair).await.unwrap();
        assert!(found.is_some());
    }

    #[tokio::test]
    async fn a_swapped_pair_is_known_as_one_and_a_pair_held_elsewhere_is_not_asked_about() {
        let all = together();
        let mut pair = kept(&all, Purpose::Sandbox).await;
        let shared = Shared::of(1);
        let found = all.patchbay.in_hand(&shared, &pair).await.unwrap().unwrap();
        assert_eq!(found.accepted_as, Purpose::Sandbox);

        let asked = all.gateway.calls().len();
        pair.state = crate::keypair::KeyPairState::HeldByInstance;
        let none = all.patchbay.in_hand(&shared, &pair).await.unwrap();
        assert!(none.is_none());
        assert_eq!(all.gateway.calls().len(), asked);
    }
}
