//! Finding key pairs, saying where they are used, and removing them from this computer.

use super::{Export, KeyPair, KeyPairState};
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::KeyPairId;
use crate::instance::Instance;
use crate::patchbay::{Patchbay, no_such};
use crate::text;

impl Patchbay {
    /// Finds a key pair by name (or id); `purpose` narrows it where both purposes have that name.
    pub(crate) async fn key_pair_named(
        &self,
        name: &str,
        purpose: Option<Purpose>,
    ) -> Result<KeyPair> {
        let name = name.trim();
        let mut found: Vec<KeyPair> = self
            .key_pairs()
            .await?
            .into_iter()
            .filter(|pair| pair.name == name || pair.id.as_str() == name)
            .collect();
        if found.len() > 1
            && let Some(purpose) = purpose
        {
            found.retain(|pair| pair.purpose == purpose);
        }
        match found.len() {
            0 => Err(no_such("key pair", name)),
            1 => found.pop().ok_or_else(|| no_such("key pair", name)),
            _ => Err(Error::refused(
                "nameNotUnique",
                format!(
                    "There are several key pairs called \"{}\".",
                    text::outside(name, 120)
                ),
                "Use the id that keypair list shows.",
            )),
        }
    }

    /// The names of the instances a pair is assigned to or was seen on.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn where_used(&self, id: &KeyPairId) -> Result<Vec<String>> {
        let users = self.users_of(id).await?;
        Ok(users.into_iter().map(|instance| instance.name).collect())
    }

    /// The instances a pair is assigned to or was seen on.
    pub(crate) async fn users_of(&self, id: &KeyPairId) -> Result<Vec<Instance>> {
        let pair = self
            .key_pairs()
            .await?
            .into_iter()
            .find(|pair| &pair.id == id);
        let pair = pair.ok_or_else(|| no_such("key pair", id.as_str()))?;
        let assigned = self.ports.records.assignments().await?;
        let evidence = self.ports.records.evidence().await?;
        let path = pair.purpose.private_key_path();
        let uses = |instance: &crate::id::InstanceId| {
            assigned
                .iter()
                .any(|a| &a.instance == instance && a.pair(pair.purpose) == Some(&pair.id))
                || evidence.iter().any(|e| {
                    &e.instance == instance
                        && pair.identity.is_some()
                        && e.seen
                            .as_ref()
                            .is_some_and(|seen| seen.identity.get(&path) == pair.identity.as_ref())
                })
        };
        let instances = self.ports.records.instances().await?;
        Ok(instances.into_iter().filter(|i| uses(&i.id)).collect())
    }

    /// The pair and where it is used, by name.
    ///
    /// # Errors
    /// No such pair, or the records.
    pub async fn where_used_by_name(&self, name: &str) -> Result<(KeyPair, Vec<String>)> {
        let pair = self.key_pair_named(name, None).await?;
        let used = self.where_used(&pair.id).await?;
        Ok((pair, used))
    }

    /// Removes a pair from this computer: always allowed (G9). A pair that is assigned somewhere stays
    /// listed as held by its instances only, so that their state can still be told; any other is
    /// gone. Given back is the pair as it is now.
    ///
    /// # Errors
    /// No such pair, keychain, records; a keychain that fails leaves everything as it was.
    pub async fn remove_key_pair(&self, name: &str) -> Result<KeyPair> {
        let mut pair = self.key_pair_named(name, None).await?;
        let assigned = self.ports.records.assignments().await?;
        let needed = assigned
            .iter()
            .any(|a| a.pair(pair.purpose) == Some(&pair.id));
        self.ports.keychain.forget(&pair.item).await?;
        if let Some(ticket) = &pair.ticket {
            self.ports.keychain.forget(ticket).await?;
        }
        pair.state = KeyPairState::HeldByInstance;
        pair.export = Export::None;
        pair.ticket = None;
        if needed {
            self.ports.records.save_key_pair(&pair).await?;
        } else {
            self.ports.records.remove_key_pair(&pair.id).await?;
        }
        Ok(pair)
    }
}
