//! Answering a request: a file that only the asking Patchbay opens.

use super::code::RequestCode;
use super::parcel::{KEYS_MAX, Parcel, ParcelKey, receipt_from};
use super::{Direction, HandOver, HandedKey};
use crate::account::Account;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::keypair::KeyPair;
use crate::patchbay::Patchbay;
use crate::text;

/// What is to be sealed.
#[derive(Clone, Debug)]
pub struct SealOrder<'a> {
    /// The request.
    pub code: &'a RequestCode,
    /// The pairs by id or name; those that fit the request where empty.
    pub keys: &'a [String],
    /// Who hands them over, as the receiver will see it.
    pub from: &'a str,
}

/// A sealed hand-over.
#[derive(Debug)]
pub struct Sealed {
    /// What is remembered of it.
    pub hand_over: HandOver,
    /// The file, in the `age` format; safe to send on any way.
    pub file: Vec<u8>,
}

impl Patchbay {
    /// The pairs here that fit a request: every one where everything moves, otherwise the one of
    /// each asked purpose in the account that has the code's MageID, or else its label. Where
    /// there are several of one purpose a person must choose.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn fitting_pairs(&self, code: &RequestCode) -> Result<Vec<KeyPair>> {
        let here: Vec<KeyPair> = self
            .key_pairs()
            .await?
            .into_iter()
            .filter(KeyPair::is_here)
            .collect();
        if code.moving {
            return Ok(here);
        }
        let Some(account) = asked_account(&self.accounts().await?, code).cloned() else {
            return Ok(Vec::new());
        };
        let only_one = |purpose: &Purpose| {
            let mut fits = here
                .iter()
                .filter(|pair| pair.account == account.id && pair.purpose == *purpose);
            fits.next().filter(|_| fits.next().is_none()).cloned()
        };
        Ok(code.purposes.iter().filter_map(only_one).collect())
    }

    /// Seals pairs to the one who asked, and remembers that they have them from now on.
    ///
    /// # Errors
    /// No pair fits or one is not here, keychain, records, or a code to which nothing can be
    /// sealed safely.
    pub async fn seal_hand_over(&self, order: &SealOrder<'_>) -> Result<Sealed> {
        let from = text::name("the name", order.from)?;
        let mut pairs = Vec::new();
        for name in order.keys {
            let pair = self.key_pair_named(name, None).await?;
            if !pairs.iter().any(|known: &KeyPair| known.id == pair.id) {
                pairs.push(pair);
            }
        }
        if order.keys.is_empty() {
            pairs = self.fitting_pairs(order.code).await?;
        }
        if pairs.is_empty() || pairs.len() > KEYS_MAX {
            return Err(Error::refused(
                "nothingToSeal",
                "No key pair here fits this request, or there are several of one purpose.",
                "Choose the pairs that you want to hand over.",
            ));
        }
        let mut parcel = Parcel {
            id: self.new_hand_over_id()?,
            from,
            moving: order.code.moving,
            receipt: receipt_from(&self.ports.crypto.random()?),
            keys: Vec::new(),
        };
        let mut keys = Vec::new();
        for pair in &pairs {
            let (handed, packed) = self.packed(pair).await?;
            keys.push(handed);
            parcel.keys.push(packed);
        }
        let file = self
            .ports
            .crypto
            .seal_file(&order.code.public, &parcel.to_bytes())?;
        let hand_over = HandOver {
            id: parcel.id,
            direction: Direction::Given,
            peer: text::name("the name", &order.code.who)?,
            moving: parcel.moving,
            at: self.ports.clock.now(),
            receipt: parcel.receipt,
            acknowledged_at: None,
            keys,
        };
        // Remembered before anybody has the file.
        self.ports.records.save_hand_over(&hand_over).await?;
        Ok(Sealed { hand_over, file })
    }

    async fn packed(&self, pair: &KeyPair) -> Result<(HandedKey, ParcelKey)> {
        let here = pair.is_here();
        let (Some(api_key), Some(identity), true) = (&pair.api_key, &pair.identity, here) else {
            return Err(Error::refused(
                "keyNotHere",
                format!(
                    "The private key of \"{}\" is not on this computer.",
                    pair.name
                ),
                "Choose a pair that is ready here.",
            ));
        };
        let account = self.account_by_id(&pair.account).await?;
        let handed = HandedKey {
            pair: pair.id.clone(),
            name: pair.name.clone(),
            account: account.label.clone(),
            purpose: pair.purpose,
            api_key: api_key.clone(),
            identity: identity.clone(),
            export: (&pair.export).into(),
        };
        let packed = ParcelKey {
            account: account.label,
            mage_id: account.mage_id,
            purpose: pair.purpose,
            name: pair.name.clone(),
            api_key: api_key.clone(),
            export: (&pair.export).into(),
            private_key: self.private_key(pair).await?,
        };
        Ok((handed, packed))
    }
}

/// The account a code means: by its MageID, where that is known, else by its label.
fn asked_account<'a>(accounts: &'a [Account], code: &RequestCode) -> Option<&'a Account> {
    let by_id = accounts
        .iter()
        .find(|account| code.mage_id.is_some() && account.mage_id == code.mage_id);
    let by_label = || {
        accounts
            .iter()
            .find(|a| a.label == code.account && (a.mage_id.is_none() || code.mage_id.is_none()))
    };
    by_id.or_else(by_label)
}
