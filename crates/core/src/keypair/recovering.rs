//! Looking after pairs that an earlier run left half way (R1).
//!
//! A failed read never deletes or overwrites: then the pair is looked after at the next start.

use super::{KeyPair, KeyPairState, Origin, intake};
use crate::error::Result;
use crate::fingerprint::IdentityFingerprint;
use crate::patchbay::Patchbay;
use crate::ports::keychain::Asked;
use crate::secret::Secret;

/// An interrupted beginning that a start found (R1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// The key was in the keychain; it is listed now.
    Kept(String),
    /// Created at Adobe, lost on the way; it must be deleted there.
    LostOnTheWay(String),
    /// Nothing had happened; the record is gone.
    Nothing(String),
    /// The one copy was interrupted: nobody knows whether it was made.
    CopyInterrupted(String),
}

impl Patchbay {
    /// Looks after pairs that an earlier run left pending (R1), and after copies it began (R2). Pairs
    /// younger than two minutes may belong to a living process and are left alone.
    ///
    /// # Errors
    /// Keychain and records; nothing is removed on an error.
    pub async fn recover_key_pairs(&self) -> Result<Vec<Recovered>> {
        let now = self.ports.clock.now();
        let mut recovered = self.recover_exports().await?;
        for mut pair in self.key_pairs().await? {
            if pair.state != KeyPairState::Pending || now.0 - pair.created_at.0 < 120_000 {
                continue;
            }
            // A page of the portal is open for it, here or in another process.
            if pair.origin == Origin::Guided && self.lock_named(pair.id.as_str()).await?.is_none() {
                continue;
            }
            let found = self
                .ports
                .keychain
                .read(&pair.item, Asked::ByNobody)
                .await?;
            let name = pair.name.clone();
            let kept = found.as_ref().is_some_and(|der| is_its_key(der, &pair));
            match (found, pair.origin) {
                (Some(_), _) if kept => {
                    pair.state = KeyPairState::Ready;
                    self.ports.records.save_key_pair(&pair).await?;
                    recovered.push(Recovered::Kept(name));
                }
                (_, Origin::Generated | Origin::Guided) => {
                    self.lose_on_the_way(&mut pair).await?;
                    recovered.push(Recovered::LostOnTheWay(name));
                }
                (found, Origin::Brought | Origin::Adopted | Origin::Received) => {
                    // Other bytes than were stored are nobody's key.
                    if found.is_some() {
                        self.ports.keychain.forget(&pair.item).await?;
                    }
                    self.ports.records.remove_key_pair(&pair.id).await?;
                    recovered.push(Recovered::Nothing(name));
                }
            }
        }
        Ok(recovered)
    }
}

/// Whether what the keychain holds is the key that was recorded.
fn is_its_key(der: &Secret, pair: &KeyPair) -> bool {
    intake::spki_of(der).is_ok_and(|spki| {
        pair.identity
            .as_ref()
            .is_none_or(|identity| *identity == IdentityFingerprint::of_spki(&spki))
    })
}
