//! Key pairs that a person creates in My Account with our help: on a page that we opened, or in
//! their own browser.
//!
//! The record and the ticket are there before the page is, because from then on the key can exist at
//! Adobe (R1). The private key comes first and at once goes to the keychain; its API key, which is
//! public, follows when the person gives it. Not here: the page, and how the key is taken from it.

use super::intake;
use super::keeping::{KeptKey, Verification};
use super::{KeyPair, KeyPairState, Origin};
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::ApiKey;
use crate::patchbay::{Patchbay, no_such};
use crate::ports::records::InstanceLock;
use crate::secret::Secret;

/// A key pair that may be created at any moment; as long as this lives it is not given up.
pub struct Guided {
    pair: KeyPair,
    _lives: Box<dyn InstanceLock>,
}

impl Guided {
    /// The pair as it was recorded.
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }
}

impl Patchbay {
    /// Prepares for a key pair that a person is about to create.
    ///
    /// # Errors
    /// No such account, a name that cannot be taken, keychain and records; nothing is left then.
    pub async fn begin_guided(
        &self,
        account: &str,
        purpose: Purpose,
        name: &str,
    ) -> Result<Guided> {
        let account = self.account_named(account).await?;
        let mut pair = self.pending_pair(&account, purpose, name, Origin::Guided)?;
        let lives = self.lock_named(pair.id.as_str()).await?;
        let lives = lives.ok_or_else(|| no_such("key pair", &pair.name))?;
        self.prepare_created(&mut pair).await?;
        Ok(Guided {
            pair,
            _lives: lives,
        })
    }

    /// Prepares for one more key on the same page, beside one that was kept: the same account and
    /// purpose, under a name that is free.
    ///
    /// # Errors
    /// As [`Patchbay::begin_guided`].
    pub async fn begin_another(&self, like: &KeyPair) -> Result<Guided> {
        let pairs = self.key_pairs().await?;
        let taken = |name: &str| {
            pairs.iter().any(|pair| {
                pair.account == like.account && pair.purpose == like.purpose && pair.name == name
            })
        };
        let base: String = like.name.chars().take(crate::text::NAME_MAX - 5).collect();
        let mut names = (2..).map(|n| format!("{base} {n}"));
        let name = names.find(|name| !taken(name)).unwrap_or(base);
        self.begin_guided(like.account.as_str(), like.purpose, &name)
            .await
    }

    /// Gives a pair up that was not created, or whose private key somebody else has; its record goes.
    /// Where the keychain cannot be asked it stays, and the next start looks after it.
    pub async fn abandon_guided(&self, guided: Guided) {
        match self.ports.keychain.forget(&guided.pair.item).await {
            Ok(()) => self.forget_uncreated(&guided.pair).await,
            Err(error) => tracing::warn!(%error, "a pair that was given up stays for now"),
        }
    }

    /// Keeps the private key of a pair that was just created. Its API key is still to come.
    ///
    /// # Errors
    /// The G8 refusals, with everything left as it was, so that another text can still be the key;
    /// keychain and records, after which the key is listed as lost, or looked after at the next
    /// start.
    pub async fn keep_guided(&self, guided: &Guided, private_key: &Secret) -> Result<KeyPair> {
        let key = intake::read_private_key(private_key)?;
        self.ports.crypto.try_rsa(&key.der)?;
        let mut pair = guided.pair.clone();
        self.fill(&mut pair, &key, None).await?;
        self.ports.records.save_key_pair(&pair).await?;
        if let Err(error) = self.store_key(&mut pair, &key.der).await {
            self.settle_created(&mut pair, &key.der, error).await?;
        }
        Ok(pair)
    }

    /// Adds the API key to a pair that waits for it, and asks Adobe. Where Adobe accepts it for the
    /// other purpose, that is what the pair is for from now on.
    ///
    /// # Errors
    /// No such pair, one that has its API key already, a text that cannot be one, keychain and
    /// records. A rejected pair is an answer, not an error; its API key can be given again.
    pub async fn complete_guided(&self, name: &str, api_key: &str) -> Result<KeptKey> {
        let mut pair = self.key_pair_named(name, None).await?;
        if pair.state != KeyPairState::Ready || pair.accepted_at.is_some() {
            return Err(Error::refused(
                "apiKeyThere",
                format!("\"{}\" does not wait for an API key.", pair.name),
                "Look at the list of key pairs.",
            )
            .with("name", pair.name));
        }
        let api_key = ApiKey::parse(api_key)?;
        let der = self.private_key(&pair).await?;
        let fingerprints = self.fingerprint_key().await?;
        pair.api_key_exact = Some(fingerprints.exact(api_key.as_str().as_bytes()));
        pair.api_key = Some(api_key);
        if self.verify_with(&pair, &der).await? == Verification::Swapped {
            pair.purpose = pair.purpose.other();
        }
        self.ports.records.save_key_pair(&pair).await?;
        let verification = self.verify_kept(&mut pair, &der).await;
        Ok(KeptKey {
            pair,
            repairs: Vec::new(),
            verification,
        })
    }
}
