//! Keeping pairs that were found on an instance (P11).

use super::{KeyPair, KeyPairState, Origin, intake};
use crate::account::Account;
use crate::config::Purpose;
use crate::error::Result;
use crate::id::ApiKey;
use crate::patchbay::{Patchbay, no_such};
use crate::secret::Secret;
use crate::text;

impl Patchbay {
    /// Keeps a pair found on an instance (P11): with its private key where it was handed over,
    /// otherwise as held by the instance only. A pair that is kept already is used.
    pub(crate) async fn adopt_pair(
        &self,
        account: &Account,
        found: FoundPair<'_>,
    ) -> Result<KeyPair> {
        let known = self.key_pairs().await?.into_iter().find(|pair| {
            pair.account == account.id
                && pair.purpose == found.purpose
                && pair.api_key.as_ref() == Some(found.api_key)
                && pair.identity.as_ref() == Some(&found.identity)
        });
        if let Some(mut known) = known {
            match (known.state, found.private_key) {
                (KeyPairState::Ready, _) | (KeyPairState::HeldByInstance, None) => {
                    return Ok(known);
                }
                (KeyPairState::HeldByInstance, Some(der)) => {
                    let key = self.fingerprint_key().await?;
                    known.exact = Some(key.exact(intake::to_pem(der).expose()));
                    self.store_key(&mut known, der).await?;
                    return Ok(known);
                }
                _ => {}
            }
        }
        let name = self
            .free_pair_name(account, found.purpose, found.instance)
            .await?;
        let mut pair = self.pending_pair(account, found.purpose, &name, Origin::Adopted)?;
        let fingerprints = self.fingerprint_key().await?;
        pair.api_key = Some(found.api_key.clone());
        pair.api_key_exact = Some(fingerprints.exact(found.api_key.as_str().as_bytes()));
        pair.identity = Some(found.identity);
        let ours = |der| fingerprints.exact(intake::to_pem(der).expose());
        pair.exact = Some(found.private_key.map_or(found.exact, ours));
        match found.private_key {
            Some(der) => {
                self.ports.records.save_key_pair(&pair).await?;
                if let Err(error) = self.store_key(&mut pair, der).await {
                    self.drop_pending(&pair).await;
                    return Err(error);
                }
            }
            None => {
                pair.state = KeyPairState::HeldByInstance;
                self.ports.records.save_key_pair(&pair).await?;
            }
        }
        Ok(pair)
    }

    async fn free_pair_name(
        &self,
        account: &Account,
        purpose: Purpose,
        instance: &str,
    ) -> Result<String> {
        let pairs = self.key_pairs().await?;
        let taken = |name: &str| {
            pairs
                .iter()
                .any(|p| p.account == account.id && p.purpose == purpose && p.name == name)
        };
        let base: String = format!("{instance} {purpose}")
            .chars()
            .take(text::NAME_MAX - 5)
            .collect();
        let mut names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base} {n}")));
        names
            .find(|name| !taken(name))
            .ok_or_else(|| no_such("free name", &base))
    }
}

/// A pair as it was found on an instance.
pub(crate) struct FoundPair<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) instance: &'a str,
    pub(crate) api_key: &'a ApiKey,
    pub(crate) identity: crate::fingerprint::IdentityFingerprint,
    pub(crate) exact: crate::fingerprint::ExactFingerprint,
    pub(crate) private_key: Option<&'a Secret>,
}
