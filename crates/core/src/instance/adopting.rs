//! Adopting an instance that is already connected (P11).
//!
//! What it holds becomes its assignment; with a confirmation its private keys come to this
//! computer's keychain too. Not here: keeping the pairs (the key pair room).

use std::collections::BTreeMap;

use super::Instance;
use super::adding::{refuse_another, ssh_way};
use crate::account::Account;
use crate::assignment::Assignment;
use crate::config::{ConfigPath, Purpose};
use crate::error::{Error, Result};
use crate::id::{ApiKey, DataSpaceId, KeyPairId};
use crate::journal::Action;
use crate::keypair::adopted::FoundPair;
use crate::keypair::intake;
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::ports::crypto::{SealPublic, SealSecret};
use crate::ports::gateway::Bearer;
use crate::ports::transport::TransportError;
use crate::registry::DataSpace;
use crate::secret::Secret;

/// What adopting found and made.
#[derive(Debug)]
pub struct Adopted {
    /// The instance.
    pub instance: Instance,
    /// What it holds, now its assignment.
    pub assignment: Assignment,
    /// Which private keys came to this computer's keychain.
    pub taken: Vec<Purpose>,
}

impl Patchbay {
    /// Makes what a connected instance holds its assignment (P11). With `take_keys` its private
    /// keys come to this computer's keychain too, sealed on the way.
    ///
    /// # Errors
    /// Not reachable, not the instance that was added, nothing to adopt, registry, keychain.
    pub async fn adopt_instance(&self, name: &str, take_keys: bool) -> Result<Adopted> {
        let mut instance = self.instance_named(name).await?;
        let way = ssh_way(&instance)?.clone();
        let seal = if take_keys {
            Some(self.ports.crypto.seal_pair()?)
        } else {
            None
        };
        let look = self
            .look_at(
                &instance,
                &way,
                seal.as_ref().map(|(public, _)| public.clone()),
            )
            .await??;
        // What Adobe is asked with below must not prove anything again later.
        self.spend_tokens(&instance, &look.tokens).await?;
        refuse_another(&instance, &look)?;
        let data_space = self.adopted_space(&look).await?;
        let keys = self.opened_keys(&look, seal.as_ref())?;
        let account = self.account_by_id(&instance.account).await?;
        let pairs = self.adopt_pairs(&instance, &account, &look, &keys).await?;
        if pairs.is_empty() {
            return Err(nothing_to_adopt(&instance.name, "no complete key pair"));
        }
        self.learn_account(&account.id, std::slice::from_ref(&data_space))
            .await?;
        let assignment = Assignment {
            instance: instance.id.clone(),
            sandbox: pairs.get(&Purpose::Sandbox).cloned(),
            production: pairs.get(&Purpose::Production).cloned(),
            data_space,
            assigned_at: self.ports.clock.now(),
        };
        instance.pin = Some(look.pin);
        self.journal_note(&instance, Action::Adopt).await?;
        self.ports.records.save_instance(&instance).await?;
        self.ports.records.save_assignment(&assignment).await?;
        self.doubt(&instance.id).await?;
        Ok(Adopted {
            instance,
            assignment,
            taken: keys.into_keys().collect(),
        })
    }

    async fn adopt_pairs(
        &self,
        instance: &Instance,
        account: &Account,
        look: &Look,
        keys: &BTreeMap<Purpose, Secret>,
    ) -> Result<BTreeMap<Purpose, KeyPairId>> {
        let mut pairs = BTreeMap::new();
        for purpose in Purpose::ALL {
            if let Some((api_key, found)) = found_pair(look, purpose) {
                let pair = self
                    .adopt_pair(
                        account,
                        FoundPair {
                            purpose,
                            instance: &instance.name,
                            api_key: &api_key,
                            identity: found.0,
                            exact: found.1,
                            private_key: keys.get(&purpose),
                        },
                    )
                    .await?;
                pairs.insert(purpose, pair.id);
            }
        }
        Ok(pairs)
    }

    /// The data space an instance holds, as the registry describes it, asked with the instance's
    /// own token.
    async fn adopted_space(&self, look: &Look) -> Result<DataSpace> {
        let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
        let id = look
            .plain(ConfigPath::DataSpaceId)
            .and_then(|id| DataSpaceId::parse(id).ok())
            .ok_or_else(|| nothing_to_adopt("The instance", "no data space"))?;
        let token = look.tokens.iter().find(|token| token.purpose == used);
        let signed =
            token.and_then(|token| Some((token.api_key.as_ref()?, token.token.as_ref().ok()?)));
        let (api_key, token) =
            signed.ok_or_else(|| nothing_to_adopt("The instance", "no working key pair"))?;
        let bearer = Bearer { api_key, token };
        Ok(self
            .ports
            .gateway
            .data_space(used, &bearer, &id)
            .await?
            .value)
    }

    fn opened_keys(
        &self,
        look: &Look,
        seal: Option<&(SealPublic, SealSecret)>,
    ) -> Result<BTreeMap<Purpose, Secret>> {
        let mut keys = BTreeMap::new();
        if let Some((public, secret)) = seal {
            for (purpose, sealed) in &look.sealed_keys {
                let text = self.ports.crypto.open(public, secret, sealed)?;
                let key = intake::read_private_key(&text)?;
                let seen = look.values.get(&purpose.private_key_path());
                if seen.and_then(|value| value.identity.as_ref()) != Some(&key.identity) {
                    return Err(TransportError::Garbled {
                        detail: "another key than it named".into(),
                    }
                    .into());
                }
                keys.insert(*purpose, key.der);
            }
        }
        Ok(keys)
    }
}

type Found = (
    crate::fingerprint::IdentityFingerprint,
    crate::fingerprint::ExactFingerprint,
);

fn found_pair(look: &Look, purpose: Purpose) -> Option<(ApiKey, Found)> {
    let api_key = ApiKey::parse(look.plain(purpose.api_key_path())?).ok()?;
    let key = look.values.get(&purpose.private_key_path())?;
    Some((api_key, (key.identity.clone()?, key.exact.clone())))
}

fn nothing_to_adopt(name: &str, what: &str) -> Error {
    Error::refused(
        "nothingToAdopt",
        format!("{name} holds {what}, so there is nothing to adopt."),
        "Assign key pairs and a data space to it instead.",
    )
}
