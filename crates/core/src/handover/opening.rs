//! Opening a sealed hand-over: the keys go to this keychain as brought ones, and what opened the
//! file is forgotten, so that nobody opens it a second time.
//!
//! Killed anywhere, opening the same file again finishes it: a key that is here already is left as
//! it is.

use super::parcel::{MAX, Parcel, ParcelKey};
use super::{Direction, HandOver, HandedKey, KeyRequest};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::keypair::intake;
use crate::keypair::keeping::Verification;
use crate::keypair::{KeyPair, KeyPairState, Origin};
use crate::patchbay::Patchbay;
use crate::ports::crypto::SealSecret;
use crate::ports::keychain::Asked;
use crate::secret::Secret;
use crate::text;

/// The largest file that is read, bytes.
pub const FILE_MAX: usize = MAX + 64 * 1024;

/// What came of opening a file.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What is remembered of it; its receipt tells the giver that the keys are here.
    pub hand_over: HandOver,
    /// Its keys as they are kept now.
    pub keys: Vec<ReceivedKey>,
}

/// One key that came.
#[derive(Clone, Debug)]
pub struct ReceivedKey {
    /// The pair as it is kept now.
    pub pair: KeyPair,
    /// Whether it was here before.
    pub was_here: bool,
    /// What Adobe says about it.
    pub verification: Verification,
}

impl Patchbay {
    /// Opens a sealed file and keeps its keys.
    ///
    /// # Errors
    /// A file for nobody here, one that is damaged, one with another MageID's keys than were asked
    /// for; keychain and records. After an error the file can be opened again.
    pub async fn open_hand_over(&self, file: &[u8]) -> Result<Opened> {
        let (request, parcel) = self.unsealed(file).await?;
        let mut keys = Vec::new();
        let mut handed = Vec::new();
        for packed in &parcel.keys {
            let account = self.account_for(&request, packed).await?;
            let key = intake::read_private_key(&pem(packed))?;
            self.ports.crypto.try_rsa(&key.der)?;
            let received = self.receive(&account, packed, &key).await?;
            handed.push(HandedKey {
                pair: received.pair.id.clone(),
                name: received.pair.name.clone(),
                account: account.label,
                purpose: packed.purpose,
                api_key: packed.api_key.clone(),
                identity: key.identity.clone(),
                export: packed.export,
            });
            keys.push(received);
        }
        let hand_over = HandOver {
            id: parcel.id.clone(),
            direction: Direction::Received,
            peer: parcel.from.clone(),
            moving: parcel.moving,
            at: self.ports.clock.now(),
            receipt: parcel.receipt.clone(),
            acknowledged_at: None,
            keys: handed,
        };
        self.ports.records.save_hand_over(&hand_over).await?;
        self.cancel_request(&request.id).await?;
        Ok(Opened { hand_over, keys })
    }

    /// Tries every request that waits.
    async fn unsealed(&self, file: &[u8]) -> Result<(KeyRequest, Parcel)> {
        if file.len() > FILE_MAX {
            return Err(damaged());
        }
        let requests = self.key_requests().await?;
        if requests.is_empty() {
            return Err(not_for_us());
        }
        let mut opened = None;
        for request in requests {
            let secret = self
                .ports
                .keychain
                .read(&request.item, Asked::ByUser)
                .await?;
            let Some(secret) = secret else { continue };
            if let Ok(bytes) = self.ports.crypto.open_file(&SealSecret(secret), file) {
                opened = Some((request, bytes));
                break;
            }
        }
        let (request, bytes) = opened.ok_or_else(not_for_us)?;
        let parcel = Parcel::read(&bytes).ok_or_else(damaged)?;
        Ok((request, parcel))
    }

    /// Where a key belongs: the account that asked, or, when everything moves here, the one with
    /// its MageID or label, made where there is none.
    async fn account_for(&self, request: &KeyRequest, packed: &ParcelKey) -> Result<Account> {
        if let Some(id) = &request.account {
            let account = self.account_by_id(id).await?;
            return match (&account.mage_id, &packed.mage_id) {
                (Some(ours), Some(theirs)) if ours != theirs => Err(Error::refused(
                    "otherMageId",
                    format!(
                        "This file holds keys of {theirs}, but they were asked for \"{}\" ({ours}).",
                        account.label
                    ),
                    "Make a request for the account these keys belong to.",
                )
                .with("theirs", theirs.as_str())
                .with("ours", ours.as_str())
                .with("account", account.label.clone())),
                _ => Ok(account),
            };
        }
        let accounts = self.accounts().await?;
        let same_id = accounts
            .iter()
            .find(|account| packed.mage_id.is_some() && account.mage_id == packed.mage_id);
        let same_label = || {
            accounts.iter().find(|account| {
                account.label == packed.account
                    && (account.mage_id.is_none() || packed.mage_id.is_none())
            })
        };
        if let Some(found) = same_id.or_else(same_label) {
            return Ok(found.clone());
        }
        let label = free_name(&packed.account, |name| {
            accounts.iter().any(|account| account.label == name)
        });
        self.add_account(&label, packed.mage_id.clone()).await
    }

    async fn receive(
        &self,
        account: &Account,
        packed: &ParcelKey,
        key: &intake::PrivateKey,
    ) -> Result<ReceivedKey> {
        let pairs = self.key_pairs().await?;
        let known = pairs.iter().find(|pair| {
            pair.account == account.id
                && pair.purpose == packed.purpose
                && pair.api_key.as_ref() == Some(&packed.api_key)
                && pair.identity.as_ref() == Some(&key.identity)
        });
        if let Some(pair) = known.filter(|pair| pair.is_here()) {
            let mut pair = pair.clone();
            let verification = self.verify_kept(&mut pair, &key.der).await;
            return Ok(ReceivedKey {
                pair,
                was_here: true,
                verification,
            });
        }
        // One whose private key was elsewhere until now keeps its place and its assignments.
        let elsewhere = known.filter(|pair| {
            matches!(
                pair.state,
                KeyPairState::HeldByInstance | KeyPairState::Lost
            )
        });
        let mut pair = match elsewhere {
            Some(pair) => pair.clone(),
            None => {
                let taken = |name: &str| {
                    pairs.iter().any(|other| {
                        other.account == account.id
                            && other.purpose == packed.purpose
                            && other.name == name
                    })
                };
                let name = free_name(&packed.name, taken);
                self.pending_pair(account, packed.purpose, &name, Origin::Received)?
            }
        };
        self.fill(&mut pair, key, Some(&packed.api_key)).await?;
        if elsewhere.is_none() {
            self.ports.records.save_key_pair(&pair).await?;
        }
        if let Err(error) = self.store_key(&mut pair, &key.der).await {
            if elsewhere.is_none() {
                self.drop_pending(&pair).await;
            }
            return Err(error);
        }
        let verification = self.verify_kept(&mut pair, &key.der).await;
        Ok(ReceivedKey {
            pair,
            was_here: false,
            verification,
        })
    }
}

/// A private key as the intake reads it; what it says of itself is not believed.
fn pem(packed: &ParcelKey) -> Secret {
    intake::to_pem(&packed.private_key)
}

fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let base: String = name.chars().take(text::NAME_MAX - 5).collect();
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{base} {n}")));
    names.find(|name| !taken(name)).unwrap_or(base)
}

fn not_for_us() -> Error {
    Error::refused(
        "sealedForAnother",
        "This file cannot be opened here: it was sealed for another request, or opened before.",
        "Make a request on this computer and let the owner seal the keys to that code.",
    )
}

fn damaged() -> Error {
    Error::refused(
        "sealedFileDamaged",
        "This file is damaged, or no file of Patchbay's.",
        "Let the owner send it once more.",
    )
}
