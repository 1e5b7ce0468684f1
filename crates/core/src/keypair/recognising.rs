//! Recognising a private key that was brought, before anybody says whose it is.
//!
//! Nothing is kept here; the key stays with whoever brought it until it becomes a pair.

use super::intake::{self, Repair};
use super::keeping::{KeptKey, Verification};
use crate::error::Result;
use crate::fingerprint::IdentityFingerprint;
use crate::patchbay::Patchbay;
use crate::ports::records::RecordsError;
use crate::secret::Secret;

/// What can be said of a private key without keeping it; nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The identity people see.
    pub identity: IdentityFingerprint,
    /// Size of the modulus in bits.
    pub bits: usize,
    /// What would be put right.
    pub repairs: Vec<Repair>,
    /// The name of the pair here that has this very key already.
    pub known_as: Option<String>,
}

impl Patchbay {
    /// Says what a private key is, as [`Patchbay::bring_key`] would read it.
    ///
    /// # Errors
    /// The G8 refusals, and the records.
    pub async fn recognise(&self, private_key: &Secret) -> Result<Recognised> {
        let key = intake::read_private_key(private_key)?;
        self.ports.crypto.try_rsa(&key.der)?;
        let pairs = self.key_pairs().await?;
        let twin = pairs
            .into_iter()
            .find(|pair| pair.identity.as_ref() == Some(&key.identity));
        Ok(Recognised {
            identity: key.identity,
            bits: key.bits,
            repairs: key.repairs,
            known_as: twin.map(|pair| pair.name),
        })
    }
}

impl Patchbay {
    /// Lets a pair be for what Adobe accepts it for: one that was kept under the wrong purpose goes
    /// under the other and is asked about again. Where that name is taken there, it stays as it is.
    ///
    /// # Errors
    /// Keychain and records; the pair is kept all the same.
    pub async fn correct_purpose(&self, kept: KeptKey) -> Result<KeptKey> {
        if kept.verification != Verification::Swapped {
            return Ok(kept);
        }
        let mut pair = kept.pair.clone();
        pair.purpose = pair.purpose.other();
        match self.ports.records.save_key_pair(&pair).await {
            Err(RecordsError::NameTaken { .. }) => return Ok(kept),
            saved => saved?,
        }
        let der = self.private_key(&pair).await?;
        let verification = self.verify_kept(&mut pair, &der).await;
        Ok(KeptKey {
            pair,
            verification,
            ..kept
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Purpose;
    use crate::error::Error;
    use crate::fakes::keys::pem;
    use crate::fakes::together;
    use crate::keypair::keeping::BroughtKey;

    #[tokio::test]
    async fn a_key_is_recognised_and_nothing_is_kept() {
        let fakes = together();
        let key = pem(1);
        let found = fakes.patchbay.recognise(&key).await.unwrap();
        assert_eq!(found.bits, 2048);
        assert_eq!(found.known_as, None);
        assert!(fakes.patchbay.key_pairs().await.unwrap().is_empty());

        fakes.patchbay.add_account("Nordlys", None).await.unwrap();
        let brought = BroughtKey {
            account: "Nordlys",
            purpose: Purpose::Sandbox,
            name: "first",
            api_key: "0123456789abcdef0123456789abcdef",
            private_key: &key,
        };
        fakes.patchbay.bring_key(&brought).await.unwrap();
        let again = fakes.patchbay.recognise(&key).await.unwrap();
        assert_eq!(again.known_as.as_deref(), Some("first"));
    }

    #[tokio::test]
    async fn what_is_no_key_is_refused_in_its_own_words() {
        let refused = together()
            .patchbay
            .recognise(&Secret::new(b"0:3:abc".to_vec()))
            .await;
        assert!(matches!(refused, Err(Error::Intake(_))), "{refused:?}");
    }
}
