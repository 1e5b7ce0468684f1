//! The later life of a key pair: retired, lost, and whether two pairs belong to one MageID.
//!
//! Not here: replacing one by another (the replacing room) and removing it from this computer
//! (beside where it is used).

use super::{KeyPair, KeyPairState};
use crate::error::{Error, Result};
use crate::id::MageId;
use crate::patchbay::Patchbay;
use crate::ports::gateway::Answered;
use crate::ports::keychain::Asked;

/// What the registry says of a pair's MageID, beside what is known of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The account's own.
    Same(MageId),
    /// Another one: a pair of some other merchant was kept under this account.
    Other {
        /// The account's.
        account: MageId,
        /// The pair's.
        pair: MageId,
    },
    /// The registry did not say.
    NotSaid,
}

impl Patchbay {
    /// Keeps a pair for its history only. Nobody may use it any more.
    ///
    /// # Errors
    /// No such pair, one that is still used or was never complete, or the records.
    pub async fn retire_key_pair(&self, name: &str) -> Result<KeyPair> {
        let mut pair = self.key_pair_named(name, None).await?;
        match pair.state {
            KeyPairState::Ready | KeyPairState::HeldByInstance | KeyPairState::Lost => {}
            KeyPairState::Retired | KeyPairState::DeletedAtAdobe => return Ok(pair),
            KeyPairState::Pending | KeyPairState::LostOnTheWay => return Err(never_whole(&pair)),
        }
        let used = self.where_used(&pair.id).await?;
        if !used.is_empty() {
            let names = used.join(", ");
            return Err(Error::refused(
                "stillInUse",
                format!("{names} still uses \"{}\".", pair.name),
                "Replace it there first: keypair rotate.",
            )
            .with("name", &pair.name)
            .with("instances", names));
        }
        pair.state = KeyPairState::Retired;
        self.ports.records.save_key_pair(&pair).await?;
        Ok(pair)
    }

    /// Notes that a pair's private key is lost. Instances that hold it go on working; it cannot be
    /// applied any more.
    ///
    /// # Errors
    /// No such pair; a private key that is not lost, because it is in this keychain or on an
    /// instance that can hand it over; keychain and records.
    pub async fn lose_key_pair(&self, name: &str) -> Result<KeyPair> {
        let mut pair = self.key_pair_named(name, None).await?;
        match pair.state {
            KeyPairState::Ready | KeyPairState::HeldByInstance => {}
            KeyPairState::Lost => return Ok(pair),
            KeyPairState::Retired | KeyPairState::DeletedAtAdobe => {
                return Err(Error::refused(
                    "pairNotUsable",
                    format!("\"{}\" is {}.", pair.name, pair.state.as_str()),
                    "There is nothing left to lose of it.",
                ));
            }
            KeyPairState::Pending | KeyPairState::LostOnTheWay => return Err(never_whole(&pair)),
        }
        // A keychain that refuses says nothing about the key.
        let there = self.ports.keychain.read(&pair.item, Asked::ByUser).await?;
        if there.is_some() {
            return Err(Error::refused(
                "keyNotLost",
                format!(
                    "The private key of \"{}\" is in this computer's keychain.",
                    pair.name
                ),
                "If somebody else may have it, replace it: keypair rotate.",
            )
            .with("name", &pair.name));
        }
        if pair.state == KeyPairState::HeldByInstance
            && let Some(instance) = self.where_used(&pair.id).await?.first()
        {
            return Err(Error::refused(
                "heldByInstance",
                format!("{instance} still holds the private key of \"{}\".", pair.name),
                "Take it from there (instance adopt --with-private-key), or replace it: keypair rotate.",
            )
            .with("name", &pair.name)
            .with("instance", instance));
        }
        pair.state = KeyPairState::Lost;
        self.ports.records.save_key_pair(&pair).await?;
        Ok(pair)
    }

    /// Whether a pair that Adobe accepts belongs to its account's MageID, as both pairs of an
    /// instance must.
    ///
    /// # Errors
    /// Keychain, gateway and records.
    pub async fn owner_of(&self, pair: &KeyPair) -> Result<Owner> {
        let Answered { value: spaces, .. } = self.spaces_of(pair).await?;
        let theirs = spaces.into_iter().find_map(|space| space.mage_id);
        let ours = self.account_by_id(&pair.account).await?.mage_id;
        Ok(match (ours, theirs) {
            (Some(account), Some(pair)) if account != pair => Owner::Other { account, pair },
            (_, Some(pair)) => Owner::Same(pair),
            _ => Owner::NotSaid,
        })
    }
}

fn never_whole(pair: &KeyPair) -> Error {
    Error::refused(
        "pairNotUsable",
        format!(
            "\"{}\" was never complete: it is {}.",
            pair.name,
            pair.state.as_str()
        ),
        "Remove it from this computer, and delete that key in the API Portal.",
    )
}
