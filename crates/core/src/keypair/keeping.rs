//! Keeping key pairs: bringing, generating, verifying and removing them (R1, R3).
//!
//! The order is always: a pending record, for created keys the ticket, the key into the keychain,
//! read back and compared, then `ready`. A failed read never deletes or overwrites.

use super::intake::{self, PrivateKey};
use super::{Export, KeyPair, KeyPairState, Origin};
use crate::account::Account;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::{ApiKey, KeyPairId};
use crate::patchbay::{Patchbay, no_such};
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

/// An interrupted beginning that a start found (R1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// The key was in the keychain; it is listed now.
    Kept(String),
    /// Created at Adobe, lost on the way; it must be deleted there.
    LostOnTheWay(String),
    /// Nothing had happened; the record is gone.
    Nothing(String),
}

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
        self.ports.records.save_key_pair(&pair).await?;
        if let Err(error) = self.store_key(&mut pair, &key.der).await {
            self.drop_pending(&pair).await;
            return Err(error);
        }
        let verification = self.verify_and_learn(&mut pair).await?;
        Ok(KeptKey {
            pair,
            repairs: key.repairs,
            verification,
        })
    }

    /// Creates a key pair at a portal that offers an API and keeps it.
    ///
    /// # Errors
    /// As [`Patchbay::bring_key`], and the portal's. Where a key may have been created and lost,
    /// the pair stays as `lostOnTheWay`.
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
        pair.ticket = Some(self.new_item()?);
        pair.export = Export::Unused;
        self.ports.records.save_key_pair(&pair).await?;
        let created = match self
            .ports
            .portal
            .create_key(portal, sign_in, purpose, &pair.name)
            .await
        {
            Ok(created) => created,
            Err(error @ PortalError::AnswerLost { .. }) => {
                self.lose_on_the_way(&mut pair).await?;
                return Err(error.into());
            }
            Err(error) => {
                self.drop_pending(&pair).await;
                return Err(error.into());
            }
        };
        match self
            .keep_created(&mut pair, &created.api_key, &created.private_key)
            .await
        {
            Ok(()) => {}
            Err(error) => {
                self.lose_on_the_way(&mut pair).await?;
                return Err(error);
            }
        }
        let verification = self.verify_and_learn(&mut pair).await?;
        Ok(KeptKey {
            pair,
            repairs: Vec::new(),
            verification,
        })
    }

    async fn keep_created(
        &self,
        pair: &mut KeyPair,
        api_key: &ApiKey,
        private_key: &Secret,
    ) -> Result<()> {
        let key = intake::read_private_key(private_key)?;
        self.fill(pair, &key, Some(api_key)).await?;
        self.ports.records.save_key_pair(pair).await?;
        if let Some(ticket) = &pair.ticket {
            self.ports
                .keychain
                .write(ticket, &Secret::new(b"one export".to_vec()))
                .await?;
        }
        self.store_key(pair, &key.der).await
    }

    async fn lose_on_the_way(&self, pair: &mut KeyPair) -> Result<()> {
        pair.state = KeyPairState::LostOnTheWay;
        pair.export = Export::None;
        Ok(self.ports.records.save_key_pair(pair).await?)
    }

    fn pending_pair(
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

    async fn fill(
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
    async fn drop_pending(&self, pair: &KeyPair) {
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

    /// Asks both gateways about a pair of ours.
    pub(crate) async fn verify_pair(&self, pair: &KeyPair) -> Result<Verification> {
        let der = self.private_key(pair).await?;
        self.verify_with(pair, &der).await
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

    async fn verify_and_learn(&self, pair: &mut KeyPair) -> Result<Verification> {
        let verification = self.verify_pair(pair).await?;
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
        let verification = self.verify_and_learn(&mut pair).await?;
        Ok((pair, verification))
    }

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
        Ok(instances
            .into_iter()
            .filter(|i| uses(&i.id))
            .map(|i| i.name)
            .collect())
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

    /// Removes a pair from this computer. Always allowed where no assignment needs it.
    ///
    /// # Errors
    /// Still assigned, keychain, records; on an error both stay.
    pub async fn remove_key_pair(&self, name: &str) -> Result<KeyPair> {
        let pair = self.key_pair_named(name, None).await?;
        let assigned = self.ports.records.assignments().await?;
        if let Some(user) = assigned
            .iter()
            .find(|a| a.pair(pair.purpose) == Some(&pair.id))
        {
            let instance = self.instance_by_id(&user.instance).await?;
            return Err(Error::refused(
                "inUse",
                format!("\"{}\" is assigned to {}.", pair.name, instance.name),
                "Assign another pair there first.",
            ));
        }
        self.ports.keychain.forget(&pair.item).await?;
        if let Some(ticket) = &pair.ticket {
            self.ports.keychain.forget(ticket).await?;
        }
        self.ports.records.remove_key_pair(&pair.id).await?;
        Ok(pair)
    }

    /// Looks after pairs that an earlier run left pending (R1). Pairs younger than two minutes may
    /// belong to a living process and are left alone.
    ///
    /// # Errors
    /// Keychain and records; nothing is removed on an error.
    pub async fn recover_key_pairs(&self) -> Result<Vec<Recovered>> {
        let now = self.ports.clock.now();
        let mut recovered = Vec::new();
        for mut pair in self.key_pairs().await? {
            if pair.state != KeyPairState::Pending || now.0 - pair.created_at.0 < 120_000 {
                continue;
            }
            let found = self
                .ports
                .keychain
                .read(&pair.item, Asked::ByNobody)
                .await?;
            let name = pair.name.clone();
            match (found, pair.origin) {
                (Some(_), _) => {
                    pair.state = KeyPairState::Ready;
                    self.ports.records.save_key_pair(&pair).await?;
                    recovered.push(Recovered::Kept(name));
                }
                (None, Origin::Generated | Origin::Guided) => {
                    self.lose_on_the_way(&mut pair).await?;
                    recovered.push(Recovered::LostOnTheWay(name));
                }
                (None, Origin::Brought | Origin::Adopted) => {
                    self.ports.records.remove_key_pair(&pair.id).await?;
                    recovered.push(Recovered::Nothing(name));
                }
            }
        }
        Ok(recovered)
    }

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
        if let Some(known) = known
            && (known.state == KeyPairState::Ready || found.private_key.is_none())
        {
            return Ok(known);
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
