//! Who has which keys: a computer that was moved from forgets them, and when somebody leaves,
//! every key that lay on their computer is replaced.

use super::{HandOver, HandedKey};
use crate::error::{Error, Result};
use crate::keypair::KeyPair;
use crate::patchbay::{Patchbay, no_such};
use crate::replacing::Replacement;
use crate::replacing::survey::Survey;
use crate::text;

/// One key that lay on somebody's computer.
#[derive(Clone, Debug)]
pub struct LeftKey {
    /// What was handed over.
    pub key: HandedKey,
    /// The pair as it is kept here now; `None` where it was removed since.
    pub pair: Option<KeyPair>,
    /// The instances that use it.
    pub used_by: Vec<String>,
    /// Its replacement, where one was begun.
    pub replacement: Option<Replacement>,
}

/// What came of beginning the replacement of one key of somebody who left.
#[derive(Debug)]
pub struct Begun {
    /// The key.
    pub left: LeftKey,
    /// What a look at its instances found; `None` where there was nothing to look at.
    pub survey: Option<Result<Survey>>,
}

impl Patchbay {
    /// Everybody who gave or got keys, by name.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn peers(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self
            .hand_overs()
            .await?
            .into_iter()
            .map(|h| h.peer)
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Every key that lay on somebody's computer, whichever way it went.
    ///
    /// # Errors
    /// Nobody of that name, or the records.
    pub async fn keys_with(&self, peer: &str) -> Result<Vec<LeftKey>> {
        let wanted = peer.trim();
        let pairs = self.key_pairs().await?;
        let replacements = self.replacements().await?;
        let mut left: Vec<LeftKey> = Vec::new();
        let mut known = false;
        for hand_over in self.hand_overs().await? {
            if hand_over.peer != wanted {
                continue;
            }
            known = true;
            for key in hand_over.keys {
                if left.iter().any(|one| same_key(&one.key, &key)) {
                    continue;
                }
                // By what it is: the same key may have been brought again under another name.
                let pair = pairs.iter().find(|pair| {
                    pair.id == key.pair
                        || (pair.api_key.as_ref() == Some(&key.api_key)
                            && pair.identity.as_ref() == Some(&key.identity))
                });
                let used_by = match pair {
                    Some(pair) => self.where_used(&pair.id).await?,
                    None => Vec::new(),
                };
                let replacement = replacements
                    .iter()
                    .find(|one| pair.is_some_and(|pair| one.old == pair.id));
                left.push(LeftKey {
                    key,
                    pair: pair.cloned(),
                    used_by,
                    replacement: replacement.cloned(),
                });
            }
        }
        if !known {
            return Err(no_such("person or computer with keys", peer));
        }
        Ok(left)
    }

    /// Begins the replacement of every key that lay on somebody's computer and is used by an
    /// instance: looks at all of them, creates and writes nothing.
    ///
    /// # Errors
    /// As [`Patchbay::keys_with`]; what is in the way of one key stands beside it.
    pub async fn someone_left(&self, peer: &str) -> Result<Vec<Begun>> {
        let mut begun = Vec::new();
        for left in self.keys_with(peer).await? {
            let survey = match &left.pair {
                Some(pair) if !left.used_by.is_empty() => {
                    Some(self.survey_replacement(pair.id.as_str()).await)
                }
                _ => None,
            };
            begun.push(Begun { left, survey });
        }
        Ok(begun)
    }

    /// Takes the receipt that the other end shows: after a move, this computer forgets every key
    /// that is there now. Given back is what was handed over, and the pairs that were removed.
    ///
    /// # Errors
    /// No hand-over has this receipt; keychain and records. What was removed stays removed, and the
    /// receipt can be given again.
    pub async fn acknowledge(&self, receipt: &str) -> Result<(HandOver, Vec<KeyPair>)> {
        let plain: String = receipt
            .chars()
            .filter(|c| c.is_ascii_alphanumeric())
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let found = self
            .hand_overs()
            .await?
            .into_iter()
            .find(|one| one.direction == super::Direction::Given && one.receipt == plain);
        let Some(mut hand_over) = found else {
            return Err(Error::refused(
                "receiptUnknown",
                format!(
                    "No hand-over from here has the receipt {}.",
                    text::outside(receipt, 40)
                ),
                "Copy the receipt as the other computer shows it.",
            ));
        };
        let mut removed = Vec::new();
        if hand_over.moving {
            let pairs = self.key_pairs().await?;
            for key in &hand_over.keys {
                let pair = pairs.iter().find(|pair| {
                    pair.id == key.pair && pair.identity.as_ref() == Some(&key.identity)
                });
                if let Some(pair) = pair {
                    removed.push(self.remove_key_pair(pair.id.as_str()).await?);
                }
            }
        }
        hand_over.acknowledged_at = Some(self.ports.clock.now());
        self.ports.records.save_hand_over(&hand_over).await?;
        Ok((hand_over, removed))
    }
}

fn same_key(one: &HandedKey, other: &HandedKey) -> bool {
    one.api_key == other.api_key && one.identity == other.identity && one.purpose == other.purpose
}
