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
