//! Handing keys over as the command line and the window tell it; never a key.

use patchbay_core::account::{Account, Forgotten};
use patchbay_core::handover::code::RequestCode;
use patchbay_core::handover::leaving::{Begun, LeftKey};
use patchbay_core::handover::opening::Opened;
use patchbay_core::handover::{HandOver, HandedKey, KeyRequest, Provenance, compare_words};
use patchbay_core::keypair::KeyPair;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::Trouble;
use crate::keypairs::{KeyPairRow, Purpose, VerificationRow};
use crate::moment::rfc3339;
use crate::replacing::{ReplacementRow, SurveyedRow};

/// A request for keys that waits for its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct KeyRequestRow {
    /// Opaque id.
    pub id: String,
    /// The code to be sent to the owner of the keys.
    pub code: String,
    /// What it says.
    pub asks: AskedFor,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
}

/// What a request code says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AskedFor {
    /// Who asks.
    pub who: String,
    /// The label the asking side gave to the account; empty when everything moves.
    pub account: String,
    /// The account's MageID, where the asking side knows it.
    #[serde(rename = "mageId")]
    pub mage_id: Option<String>,
    /// Which pairs are asked for.
    #[ts(as = "Vec<Purpose>")]
    pub r#for: Vec<String>,
    /// Whether the asking computer takes this one's place.
    pub moving: bool,
    /// What both sides compare by telephone.
    pub compare: String,
}

/// `handover read`: what a code asks for, and what of it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AskedPage {
    /// What it says.
    pub asks: AskedFor,
    /// The pairs here that fit.
    pub fitting: Vec<KeyPairRow>,
}

/// One hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HandOverRow {
    /// Opaque id.
    pub id: String,
    /// `given` or `received`.
    #[ts(type = "\"given\" | \"received\"")]
    pub direction: String,
    /// Who is at the other end.
    pub peer: String,
    /// Whether a whole computer moved.
    pub moving: bool,
    /// When, RFC 3339.
    pub at: Option<String>,
    /// For the one who received: what to tell the giver.
    pub receipt: Option<String>,
    /// When the giver was told, RFC 3339.
    pub acknowledged_at: Option<String>,
    /// Which keys.
    pub keys: Vec<HandedKeyRow>,
}

/// One key of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HandedKeyRow {
    /// What it was called.
    pub name: String,
    /// Its account's label.
    pub account: String,
    /// `sandbox` or `production`.
    #[ts(as = "Purpose")]
    pub r#for: String,
    /// Its public half.
    pub api_key: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Whether its export was used on the giver's computer: `unused`, `used` or `none`.
    #[ts(type = "\"unused\" | \"used\" | \"none\"")]
    pub export: String,
}

/// `handover seal`: a file that only the asking Patchbay opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SealedPage {
    /// What is remembered of it.
    pub hand_over: HandOverRow,
    /// Where the file lies.
    pub file: String,
}

/// `handover open`: the keys that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct OpenedPage {
    /// What is remembered of it.
    pub hand_over: HandOverRow,
    /// Each key as it is kept now.
    pub keys: Vec<ReceivedRow>,
}

/// One key that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReceivedRow {
    /// The pair.
    pub keypair: KeyPairRow,
    /// Whether it was here before.
    pub was_here: bool,
    /// What Adobe says about it.
    pub verification: VerificationRow,
}

/// `handover list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HandOverPage {
    /// Requests that wait.
    pub requests: Vec<KeyRequestRow>,
    /// What was handed over, oldest first.
    pub hand_overs: Vec<HandOverRow>,
    /// Everybody who gave or got keys.
    pub peers: Vec<String>,
}

/// `handover left`: every key that lay on somebody's computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeftPage {
    /// Whose.
    pub peer: String,
    /// The keys.
    pub keys: Vec<LeftKeyRow>,
}

/// One key that lay there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LeftKeyRow {
    /// What was handed over.
    pub key: HandedKeyRow,
    /// The pair's id here; `null` where it was removed.
    pub key_pair: Option<String>,
    /// The instances that use it.
    pub used_by: Vec<String>,
    /// Its replacement, where one was begun.
    pub replacement: Option<ReplacementRow>,
    /// What is in the way of its replacement, where that was just tried.
    pub obstacles: Vec<SurveyedRow>,
    /// Why it could not be begun at all.
    pub trouble: Option<Trouble>,
}

/// `handover receipt`: what this computer forgot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReceiptTaken {
    /// The hand-over.
    pub hand_over: HandOverRow,
    /// The names of the pairs that were removed from here.
    pub removed: Vec<String>,
}

/// `account forget`: what was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ForgottenAccount {
    /// Its label.
    pub account: String,
    /// Its instances.
    pub instances: Vec<String>,
    /// Its key pairs.
    pub key_pairs: Vec<String>,
}

/// Where a pair came from and to whom it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct KeyPairPage {
    /// The pair.
    pub keypair: KeyPairRow,
    /// Who handed it over.
    pub received: Option<HandedBy>,
    /// To whom it was handed.
    pub given: Vec<HandedBy>,
    /// Its replacement, where one was begun.
    pub replacement: Option<ReplacementRow>,
}

/// One end of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct HandedBy {
    /// Who.
    pub who: String,
    /// When, RFC 3339.
    pub at: Option<String>,
    /// Whether the export had been used on the giver's computer by then.
    #[ts(type = "\"unused\" | \"used\" | \"none\" | null")]
    pub export: Option<String>,
}

/// A request for keys to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NewKeyRequest {
    /// The account's id; `null` to move everything here.
    pub account: Option<String>,
    /// Which pairs; both where empty.
    pub r#for: Vec<Purpose>,
    /// Who asks.
    pub who: String,
}

/// A request code that was pasted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct CodeRequest {
    /// The code as it was pasted.
    pub code: String,
}

/// What is to be sealed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct SealRequest {
    /// The code.
    pub code: String,
    /// The ids of the pairs.
    pub key_pairs: Vec<String>,
    /// Who hands them over.
    pub from: String,
}

/// A waiting request by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct CancelKeyRequest {
    /// Its id.
    pub request: String,
}

/// Somebody who gave or got keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PeerRequest {
    /// As it stands in the list.
    pub peer: String,
    /// Whether replacements are begun.
    pub start: bool,
}

/// A receipt that the other computer shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct ReceiptRequest {
    /// The receipt.
    pub receipt: String,
}

/// A merchant to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ForgetAccount {
    /// The account's id.
    pub account: String,
    /// Its label as it was typed.
    pub typed_name: String,
}

impl From<&RequestCode> for AskedFor {
    fn from(code: &RequestCode) -> Self {
        Self {
            who: code.who.clone(),
            account: code.account.clone(),
            mage_id: code.mage_id.as_ref().map(|id| id.as_str().to_owned()),
            r#for: code
                .purposes
                .iter()
                .map(|purpose| purpose.as_str().to_owned())
                .collect(),
            moving: code.moving,
            compare: compare_words(&code.public),
        }
    }
}

impl KeyRequestRow {
    /// The row of a request with this code.
    pub fn new(request: &KeyRequest, code: &RequestCode) -> Self {
        Self {
            id: request.id.as_str().to_owned(),
            code: code.to_text(),
            asks: code.into(),
            created_at: rfc3339(request.created_at),
        }
    }
}

impl From<&HandedKey> for HandedKeyRow {
    fn from(key: &HandedKey) -> Self {
        Self {
            name: key.name.clone(),
            account: key.account.clone(),
            r#for: key.purpose.as_str().to_owned(),
            api_key: key.api_key.as_str().to_owned(),
            fingerprint: key.identity.as_str().to_owned(),
            export: key.export.as_str().to_owned(),
        }
    }
}

impl From<&HandOver> for HandOverRow {
    fn from(one: &HandOver) -> Self {
        let received = one.direction == patchbay_core::handover::Direction::Received;
        Self {
            id: one.id.as_str().to_owned(),
            direction: one.direction.as_str().to_owned(),
            peer: one.peer.clone(),
            moving: one.moving,
            at: rfc3339(one.at),
            // The giver takes it from the receiver, so that it proves that the file was opened.
            receipt: received.then(|| grouped(&one.receipt)),
            acknowledged_at: one.acknowledged_at.and_then(rfc3339),
            keys: one.keys.iter().map(HandedKeyRow::from).collect(),
        }
    }
}

fn grouped(receipt: &str) -> String {
    let groups: Vec<&str> = (0..receipt.len())
        .step_by(4)
        .filter_map(|at| receipt.get(at..receipt.len().min(at + 4)))
        .collect();
    groups.join("-")
}

impl OpenedPage {
    /// The page of an opened hand-over.
    pub fn new(opened: &Opened, accounts: &[Account]) -> Self {
        Self {
            hand_over: (&opened.hand_over).into(),
            keys: opened
                .keys
                .iter()
                .map(|key| ReceivedRow {
                    keypair: KeyPairRow::new(&key.pair, accounts, Vec::new()),
                    was_here: key.was_here,
                    verification: (&key.verification).into(),
                })
                .collect(),
        }
    }
}

impl LeftKeyRow {
    /// The row of one key, with the row of its replacement.
    pub fn new(left: &LeftKey, replacement: Option<ReplacementRow>) -> Self {
        Self {
            key: (&left.key).into(),
            key_pair: left.pair.as_ref().map(|pair| pair.id.as_str().to_owned()),
            used_by: left.used_by.clone(),
            replacement,
            obstacles: Vec::new(),
            trouble: None,
        }
    }

    /// The same after its replacement was tried.
    pub fn begun(begun: &Begun, replacement: Option<ReplacementRow>) -> Self {
        let mut row = Self::new(&begun.left, replacement);
        match &begun.survey {
            Some(Ok(survey)) => {
                let open = survey.instances.iter().filter(|one| one.obstacle.is_some());
                row.obstacles = open.map(SurveyedRow::from).collect();
            }
            Some(Err(error)) => row.trouble = Some(error.into()),
            None => {}
        }
        row
    }
}

impl ReceiptTaken {
    /// What came of a receipt.
    pub fn new(hand_over: &HandOver, removed: &[KeyPair]) -> Self {
        Self {
            hand_over: hand_over.into(),
            removed: removed.iter().map(|pair| pair.name.clone()).collect(),
        }
    }
}

impl From<&Forgotten> for ForgottenAccount {
    fn from(forgotten: &Forgotten) -> Self {
        Self {
            account: forgotten.account.label.clone(),
            instances: forgotten.instances.clone(),
            key_pairs: forgotten.key_pairs.clone(),
        }
    }
}

impl KeyPairPage {
    /// The page of a pair.
    pub fn new(
        keypair: KeyPairRow,
        provenance: &Provenance,
        replacement: Option<ReplacementRow>,
    ) -> Self {
        let received = provenance.received.as_ref();
        Self {
            keypair,
            received: received.map(|(who, at, export)| HandedBy {
                who: who.clone(),
                at: rfc3339(*at),
                export: Some(export.as_str().to_owned()),
            }),
            given: provenance
                .given
                .iter()
                .map(|(who, at)| HandedBy {
                    who: who.clone(),
                    at: rfc3339(*at),
                    export: None,
                })
                .collect(),
            replacement,
        }
    }
}
