//! Keeping key pairs: bringing, generating, verifying and removing them (R1, R3).
//!
//! The order is always: a pending record, for created keys the ticket, the key into the keychain,
//! read back and compared, then `ready`. A failed read never deletes or overwrites.

use super::intake::{self, PrivateKey};
use super::{Export, KeyPair, KeyPairState, Origin};
use crate::account::Account;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::ApiKey;
use crate::patchbay::Patchbay;
use crate::ports::gateway::{Answered, Bearer, GatewayError, Rejection};
use crate::ports::keychain::{Asked, KeychainError};
use crate::ports::portal::PortalError;
use crate::registry::DataSpace;
use crate::secret::Secret;
use crate::text;

/// A key pair to be brought.
#[derive(Debug)]
pub struct BroughtKey<'a> {
    /// The account's label.
    pub account: &'a str,
    /// Sandbox or production.
    pub purpose: Purpose,
    /// What to call it.
    pub name: &'a str,
    /// The public half.
    pub api_key: &'a str,
    /// The private half as it was brought.
    pub private_key: &'a Secret,
}

/// What came of bringing or generating a key pair.
#[derive(Debug)]
pub struct KeptKey {
    /// The pair as it is kept now.
    pub pair: KeyPair,
    /// What was repaired in the input.
    pub repairs: Vec<intake::Repair>,
    /// What Adobe says about it; a pair is kept whatever the answer is.
    pub verification: Verification,
}

/// What the gateways say about a pair of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Accepted by the gateway of its purpose.
    Accepted,
    /// Accepted by the other gateway only: brought under the wrong purpose.
    Swapped,
    /// Rejected; why.
    Rejected(Rejection),
    /// No usable answer; why.
    NotProvable(GatewayError),
}

impl Verification {
    /// The word in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Verification::Accepted => "accepted",
            Verification::Swapped => "swapped",
            Verification::Rejected(_) => "rejected",
            Verification::NotProvable(_) => "notProvable",
        }
    }
}

pub use super::recovering::Recovered;

impl Patchbay {
    /// Every key pair.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn key_pairs(&self) -> Result<Vec<KeyPair>> {
        Ok(self.ports.records.key_pairs().await?)
    }

    /// Keeps a brought key pair, then asks Adobe about it.
    ///
    /// # Errors
    /// G8 refusals, a pair that is kept already, a taken name, keychain and records. On every error
    /// nothing is left behind.
    pub async fn bring_key(&self, brought: &BroughtKey<'_>) -> Result<KeptKey> {
        let account = self.account_named(brought.account).await?;
        let api_key = ApiKey::parse(brought.api_key)?;
        let key = intake::read_private_key(brought.private_key)?;
        self.ports.crypto.try_rsa(&key.der)?;
        let mut pair =
            self.pending_pair(&account, brought.purpose, brought.name, Origin::Brought)?;
        self.fill(&mut pair, &key, Some(&api_key)).await?;
        self.refuse_twice(&pair).await?;
        self.keychain_works(&pair.item).await?;
        self.ports.records.save_key_pair(&pair).await?;
        if let Err(error) = self.store_key(&mut pair, &key.der).await {
            self.drop_pending(&pair).await;
            return Err(error);
        }
        let verification = self.verify_kept(&mut pair, &key.der).await;
        Ok(KeptKey {
            pair,
            repairs: key.repairs,
            verification,
        })
    }

    /// Creates a key pair at a portal that offers an API and keeps it. The keychain is written to
    /// (the ticket) before the portal is asked, so that a keychain that does not work costs no key.
    ///
    /// # Errors
    /// As [`Patchbay::bring_key`], and the portal's. Where a key may have been created and lost,
    /// the pair stays as `lostOnTheWay`; where the keychain cannot say whether it has the key, as
    /// `pending`, and the next start finds out.
    pub async fn generate_key(
        &self,
        account: &str,
        purpose: Purpose,
        name: &str,
        portal: &str,
        sign_in: &Secret,
    ) -> Result<KeptKey> {
        let account = self.account_named(account).await?;
        let mut pair = self.pending_pair(&account, purpose, name, Origin::Generated)?;
        self.prepare_created(&mut pair).await?;
        let created = self
            .ports
            .portal
            .create_key(portal, sign_in, purpose, &pair.name)
            .await;
        let created = match created {
            Ok(created) => created,
            Err(error @ PortalError::AnswerLost { .. }) => {
                self.lose_on_the_way(&mut pair).await?;
                return Err(error.into());
            }
            Err(error) => {
                self.forget_uncreated(&pair).await;
                return Err(error.into());
            }
        };
        let key = match intake::read_private_key(&created.private_key) {
            Ok(key) => key,
            Err(error) => {
                self.lose_on_the_way(&mut pair).await?;
                return Err(error.into());
            }
        };
        self.fill(&mut pair, &key, Some(&created.api_key)).await?;
        self.ports.records.save_key_pair(&pair).await?;
        if let Err(error) = self.store_key(&mut pair, &key.der).await {
            self.settle_created(&mut pair, &key.der, error).await?;
        }
        let verification = self.verify_kept(&mut pair, &key.der).await;
        Ok(KeptKey {
            pair,
            repairs: Vec::new(),
            verification,
        })
    }

    /// After trouble with storing a created key: it is in the keychain, or it is lost, or, where
    /// the keychain cannot say which, it stays `pending` for the next start.
    pub(super) async fn settle_created(
        &self,
        pair: &mut KeyPair,
        der: &Secret,
        error: Error,
    ) -> Result<()> {
        match self.ports.keychain.read(&pair.item, Asked::ByUser).await {
            Ok(Some(back)) if back.same_as(der) => {
                pair.state = KeyPairState::Ready;
                Ok(self.ports.records.save_key_pair(pair).await?)
            }
            Ok(_) => {
                self.lose_on_the_way(pair).await?;
                Err(error)
            }
            Err(_) => {
                pair.state = KeyPairState::Pending;
                Err(error)
            }
        }
    }

    pub(super) async fn lose_on_the_way(&self, pair: &mut KeyPair) -> Result<()> {
        if let Some(ticket) = &pair.ticket
            && let Err(error) = self.ports.keychain.forget(ticket).await
        {
            tracing::warn!(%error, pair = %pair.id, "the ticket of a lost key stays; it opens nothing");
        }
        pair.state = KeyPairState::LostOnTheWay;
        pair.export = Export::None;
        Ok(self.ports.records.save_key_pair(pair).await?)
    }

    /// Records a key that is about to be created, with its ticket in the keychain: before it can
    /// exist anywhere, so that it is listed whatever happens then, and a keychain that does not work
    /// costs no key.
    pub(super) async fn prepare_created(&self, pair: &mut KeyPair) -> Result<()> {
        let ticket = self.new_item()?;
        pair.ticket = Some(ticket.clone());
        pair.export = Export::Unused;
        self.keychain_works(&pair.item).await?;
        self.ports.records.save_key_pair(pair).await?;
        let one_export = Secret::new(b"one export".to_vec());
        if let Err(error) = self.ports.keychain.write(&ticket, &one_export).await {
            self.forget_uncreated(pair).await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Takes back what was begun for a key that certainly was not created, or was kept by nobody
    /// here because its owner said so.
    pub(super) async fn forget_uncreated(&self, pair: &KeyPair) {
        if let Some(ticket) = &pair.ticket
            && let Err(error) = self.ports.keychain.forget(ticket).await
        {
            tracing::warn!(%error, pair = %pair.id, "an unused ticket stays; it opens nothing");
        }
        if let Err(error) = self.ports.records.remove_key_pair(&pair.id).await {
            tracing::warn!(%error, pair = %pair.id, "a pending record stays until the next start");
        }
    }

    pub(crate) fn pending_pair(
        &self,
        account: &Account,
        purpose: Purpose,
        name: &str,
        origin: Origin,
    ) -> Result<KeyPair> {
        Ok(KeyPair {
            id: self.new_key_pair_id()?,
            account: account.id.clone(),
            purpose,
            name: text::name("the name", name)?,
            api_key: None,
            identity: None,
            exact: None,
            api_key_exact: None,
            origin,
            state: KeyPairState::Pending,
            export: Export::None,
            item: self.new_item()?,
            ticket: None,
            created_at: self.ports.clock.now(),
            accepted_at: None,
            note: String::new(),
        })
    }

    pub(crate) async fn fill(
        &self,
        pair: &mut KeyPair,
        key: &PrivateKey,
        api_key: Option<&ApiKey>,
    ) -> Result<()> {
        let fingerprints = self.fingerprint_key().await?;
        pair.identity = Some(key.identity.clone());
        pair.exact = Some(fingerprints.exact(intake::to_pem(&key.der).expose()));
        pair.api_key = api_key.cloned();
        pair.api_key_exact = api_key.map(|api_key| fingerprints.exact(api_key.as_str().as_bytes()));
        Ok(())
    }

    async fn refuse_twice(&self, pair: &KeyPair) -> Result<()> {
        let twin = self.key_pairs().await?.into_iter().find(|other| {
            other.account == pair.account
                && other.purpose == pair.purpose
                && other.identity == pair.identity
                && other.api_key == pair.api_key
                && other.state == KeyPairState::Ready
        });
        match twin {
            Some(twin) => Err(Error::refused(
                "keyPairTwice",
                format!("This key pair is kept already, as \"{}\".", twin.name),
                "Use that one.",
            )),
            None => Ok(()),
        }
    }

    /// R1's middle: into the keychain, read back, compared, `ready`.
    pub(crate) async fn store_key(&self, pair: &mut KeyPair, der: &Secret) -> Result<()> {
        self.ports.keychain.write(&pair.item, der).await?;
        let back = self.ports.keychain.read(&pair.item, Asked::ByUser).await?;
        if !back.is_some_and(|back| back.same_as(der)) {
            return Err(KeychainError::WrongBytes.into());
        }
        pair.state = KeyPairState::Ready;
        Ok(self.ports.records.save_key_pair(pair).await?)
    }

    /// Takes a pending brought pair back after a failure; what cannot be removed now is found at
    /// the next start.
    pub(crate) async fn drop_pending(&self, pair: &KeyPair) {
        if self.ports.keychain.forget(&pair.item).await.is_ok()
            && let Err(error) = self.ports.records.remove_key_pair(&pair.id).await
        {
            tracing::warn!(%error, pair = %pair.id, "a pending record stays until the next start");
        }
    }

    /// The private key of a pair that is here, as PKCS#8 DER.
    pub(crate) async fn private_key(&self, pair: &KeyPair) -> Result<Secret> {
        self.ports
            .keychain
            .read(&pair.item, Asked::ByUser)
            .await?
            .ok_or_else(|| {
                Error::refused(
                    "privateKeyGone",
                    format!(
                        "The private key of \"{}\" is not in this computer's keychain.",
                        pair.name
                    ),
                    "Bring it again, or create a new pair.",
                )
            })
    }

    /// Signs a token for a pair that is here.
    pub(crate) async fn own_token(&self, pair: &KeyPair) -> Result<(ApiKey, Secret)> {
        let api_key = pair
            .api_key
            .clone()
            .filter(|_| pair.is_here())
            .ok_or_else(|| {
                Error::refused(
                    "keyNotHere",
                    format!(
                        "The private key of \"{}\" is not on this computer.",
                        pair.name
                    ),
                    "Bring it, or use a pair that is here.",
                )
            })?;
        let der = self.private_key(pair).await?;
        let token = self.token_of(&der)?;
        Ok((api_key, token))
    }

    /// Asks both gateways about a pair whose private key is in hand.
    pub(crate) async fn verify_with(&self, pair: &KeyPair, der: &Secret) -> Result<Verification> {
        let Some(api_key) = &pair.api_key else {
            return Ok(Verification::Rejected(Rejection::ApiKeyMissing));
        };
        let token = self.token_of(der)?;
        let bearer = Bearer {
            api_key,
            token: &token,
        };
        Ok(self.vouched_for(pair.purpose, &bearer).await)
    }

    /// A token signed here and now.
    pub(crate) fn token_of(&self, der: &Secret) -> Result<Secret> {
        let expires = self.ports.clock.now().seconds() + crate::token::LIFETIME;
        Ok(self.ports.crypto.sign_token(der, expires)?)
    }

    /// What the gateways say about an API key and a token of its pair.
    pub(crate) async fn vouched_for(&self, purpose: Purpose, bearer: &Bearer<'_>) -> Verification {
        let gateway = &self.ports.gateway;
        match gateway.ping(purpose, bearer).await {
            Ok(_) => Verification::Accepted,
            Err(GatewayError::Rejected {
                kind: Rejection::UnknownApiKey,
                ..
            }) if gateway.ping(purpose.other(), bearer).await.is_ok() => Verification::Swapped,
            Err(GatewayError::Rejected { kind, .. }) => Verification::Rejected(kind),
            Err(error) => Verification::NotProvable(error),
        }
    }

    /// Asks Adobe about a pair that was just kept. It is kept whatever comes of that, so trouble
    /// with asking is an answer too.
    pub(crate) async fn verify_kept(&self, pair: &mut KeyPair, der: &Secret) -> Verification {
        match self.verify_and_learn(pair, der).await {
            Ok(verification) => verification,
            Err(error) => {
                tracing::warn!(%error, pair = %pair.id, "a kept pair could not be verified");
                Verification::NotProvable(GatewayError::Unreachable {
                    detail: text::outside(&error.to_string(), 200),
                })
            }
        }
    }

    pub(crate) async fn verify_and_learn(
        &self,
        pair: &mut KeyPair,
        der: &Secret,
    ) -> Result<Verification> {
        let verification = self.verify_with(pair, der).await?;
        if verification == Verification::Accepted {
            pair.accepted_at = Some(self.ports.clock.now());
            self.ports.records.save_key_pair(pair).await?;
            if let Ok(Answered { value, .. }) = self.spaces_of(pair).await {
                self.learn_account(&pair.account, &value).await?;
            }
        }
        Ok(verification)
    }

    /// Every data space a pair of ours may see.
    pub(crate) async fn spaces_of(&self, pair: &KeyPair) -> Result<Answered<Vec<DataSpace>>> {
        let (api_key, token) = self.own_token(pair).await?;
        let bearer = Bearer {
            api_key: &api_key,
            token: &token,
        };
        Ok(self
            .ports
            .gateway
            .data_spaces(pair.purpose, &bearer)
            .await?)
    }

    /// Verifies a pair by name.
    ///
    /// # Errors
    /// No such pair, keychain, records. A rejected pair is an answer, not an error.
    pub async fn verify_key_pair(&self, name: &str) -> Result<(KeyPair, Verification)> {
        let mut pair = self.key_pair_named(name, None).await?;
        let der = self.private_key(&pair).await?;
        let verification = self.verify_and_learn(&mut pair, &der).await?;
        Ok((pair, verification))
    }
}
