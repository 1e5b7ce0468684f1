//! Handing keys over to another computer, sealed (R8).
//!
//! The receiver's Patchbay makes a [request](code) for which a private half waits in its keychain;
//! the owner's answers it with a file that only this private half opens; opened, the keys are kept
//! as if they had been brought: without an export. Both sides remember who has what, so that
//! nothing is forgotten when [somebody leaves](leaving). Moving to a new computer is the same, and
//! ends with the old one forgetting what the new one has.
//!
//! Not here: the cryptography (the crypto port, `age`), files and clipboards (the shells).

pub mod code;
pub mod leaving;
pub mod opening;
mod parcel;
pub mod requesting;
pub mod sealing;

use sha2::{Digest, Sha256};

use crate::config::Purpose;
use crate::error::Result;
use crate::fingerprint::IdentityFingerprint;
use crate::id::{AccountId, ApiKey, HandOverId, KeyPairId, KeychainItem, hex};
use crate::keypair::Export;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::crypto::SealPublic;

/// A request for keys that still waits for its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// Random id.
    pub id: HandOverId,
    /// For which account; `None` when everything moves here.
    pub account: Option<AccountId>,
    /// Which pairs are asked for.
    pub purposes: Vec<Purpose>,
    /// Whether this computer takes another one's place.
    pub moving: bool,
    /// Who asks, as the other side sees it.
    pub who: String,
    /// The public half that is in the code.
    pub public: SealPublic,
    /// Where the private half lies in the keychain.
    pub item: KeychainItem,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// Keys that went from one computer to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// Random id, the same on both computers.
    pub id: HandOverId,
    /// Which way.
    pub direction: Direction,
    /// Who is at the other end, as they call themselves.
    pub peer: String,
    /// Whether the other end took this one's place, or the other way round.
    pub moving: bool,
    /// When it was sealed or opened here.
    pub at: UnixMillis,
    /// What the receiver shows once the keys are there; only the opened file holds it.
    pub receipt: String,
    /// When the receipt was brought back, on the giver's side.
    pub acknowledged_at: Option<UnixMillis>,
    /// Which keys.
    pub keys: Vec<HandedKey>,
}

/// Which way keys went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From here to the other end.
    Given,
    /// From the other end to here.
    Received,
}

impl Direction {
    /// The word in records and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Given => "given",
            Direction::Received => "received",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Direction::Given, Direction::Received]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// One key of a hand-over; stays known when the pair is removed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedKey {
    /// The pair as it is called in these records.
    pub pair: KeyPairId,
    /// What it was called.
    pub name: String,
    /// The label of its account.
    pub account: String,
    /// Sandbox or production.
    pub purpose: Purpose,
    /// Its public half.
    pub api_key: ApiKey,
    /// Its identity.
    pub identity: IdentityFingerprint,
    /// Whether its one export was used on the giver's computer by then.
    pub export: ExportThere,
}

/// How it stood with a key's one export on the giver's computer; a receiver never has it (R8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportThere {
    /// It had none there either.
    None,
    /// Not used by then; it stays there until that computer forgets the key.
    Unused,
    /// Used, done without, or not known whether it was used.
    Used,
}

impl ExportThere {
    /// The word in files, records and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportThere::None => "none",
            ExportThere::Unused => "unused",
            ExportThere::Used => "used",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Unused, Self::Used]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

impl From<&Export> for ExportThere {
    fn from(export: &Export) -> Self {
        match export {
            Export::None => Self::None,
            Export::Unused => Self::Unused,
            Export::Claimed { .. } | Export::Used { .. } | Export::Interrupted | Export::Waived => {
                Self::Used
            }
        }
    }
}

/// What two people compare by telephone: twelve hex digits of the public half in a request.
pub fn compare_words(public: &SealPublic) -> String {
    let digest = Sha256::new()
        .chain_update(b"patchbay hand-over key\n")
        .chain_update(public.0)
        .finalize();
    let digits = hex(digest.get(..6).unwrap_or_default());
    let groups: Vec<&str> = [0, 4, 8]
        .into_iter()
        .filter_map(|at| digits.get(at..at + 4))
        .collect();
    groups.join(" ")
}

/// Where a key pair came from and to whom it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Who handed it over, when, and whether its export had been used there.
    pub received: Option<(String, UnixMillis, ExportThere)>,
    /// To whom it was handed, and when.
    pub given: Vec<(String, UnixMillis)>,
}

impl Patchbay {
    /// Every request that still waits, oldest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn key_requests(&self) -> Result<Vec<KeyRequest>> {
        Ok(self.ports.records.key_requests().await?)
    }

    /// Every hand-over, oldest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn hand_overs(&self) -> Result<Vec<HandOver>> {
        Ok(self.ports.records.hand_overs().await?)
    }

    /// Who handed a pair over, and to whom it was handed.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn provenance(&self, pair: &KeyPairId) -> Result<Provenance> {
        let mut found = Provenance::default();
        for one in self.hand_overs().await? {
            let Some(key) = one.keys.iter().find(|key| &key.pair == pair) else {
                continue;
            };
            match one.direction {
                Direction::Received => found.received = Some((one.peer, one.at, key.export)),
                Direction::Given => found.given.push((one.peer, one.at)),
            }
        }
        Ok(found)
    }
}
