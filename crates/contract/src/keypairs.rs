//! Key pairs as the command line and the window list them; never a private key.

use std::collections::BTreeMap;

use patchbay_core::account::Account;
use patchbay_core::error::Error;
use patchbay_core::keypair::intake::Repair;
use patchbay_core::keypair::keeping::{KeptKey, Recovered, Verification};
use patchbay_core::keypair::recognising::Recognised;
use patchbay_core::keypair::{Export, KeyPair, KeyPairState};
use patchbay_core::ports::clock::UnixMillis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{IntakeSource, IpcError, Trouble};
use crate::exports::OneCopy;
use crate::instances::Remark;
use crate::moment::rfc3339;

/// `keypair list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyPairList {
    /// Every key pair, by account and name.
    pub keypairs: Vec<KeyPairRow>,
}

/// `keypair where-used`, `note` and `remove`: the pair it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyPairDocument {
    /// The pair.
    pub keypair: KeyPairRow,
}

/// `keypair import`, `generate` and `verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KeyPairVerified {
    /// The pair as it is kept now.
    pub keypair: KeyPairRow,
    /// What was put right in the private key as it was brought.
    pub repairs: Vec<Remark>,
    /// What Adobe says about it.
    pub verification: VerificationRow,
}

/// One key pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct KeyPairRow {
    /// Opaque id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The label of its account.
    pub account: String,
    /// `sandbox` or `production`.
    #[ts(as = "Purpose")]
    pub r#for: String,
    /// The public half, where known.
    pub api_key: Option<String>,
    /// SHA-256 of the public half of the private key (SPKI), hex.
    pub fingerprint: Option<String>,
    /// `pending`, `ready`, `heldByInstance`, `lostOnTheWay`, `lost`, `retired` or
    /// `deletedAtAdobe`.
    #[ts(
        type = "\"pending\" | \"ready\" | \"heldByInstance\" | \"lostOnTheWay\" | \"lost\" | \"retired\" | \"deletedAtAdobe\""
    )]
    pub state: String,
    /// Whether its one export was used: `unused`, `used` or `none`.
    #[ts(type = "\"unused\" | \"used\" | \"none\"")]
    pub export: String,
    /// Where its one copy stands, for the window.
    pub one_copy: OneCopy,
    /// `brought`, `guided`, `generated`, `adopted` or `received`.
    #[ts(type = "\"brought\" | \"guided\" | \"generated\" | \"adopted\" | \"received\"")]
    pub origin: String,
    /// The names of the instances it is assigned to or was seen on.
    pub used_by: Vec<String>,
    /// When it came here, RFC 3339.
    pub created_at: Option<String>,
    /// When Adobe last accepted it, RFC 3339.
    pub accepted_at: Option<String>,
    /// Free words.
    pub note: String,
}

/// What Adobe says about a key pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct VerificationRow {
    /// `accepted`, `swapped`, `rejected` or `notProvable`.
    #[ts(type = "\"accepted\" | \"swapped\" | \"rejected\" | \"notProvable\"")]
    pub answer: String,
    /// Why, where it is not accepted.
    pub reason: Option<Trouble>,
}

/// What a key pair is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Purpose {
    /// Sandbox Keys.
    Sandbox,
    /// Production Keys.
    Production,
}

/// A private key that was brought and waits in the shell; the window only ever sees this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Intake {
    /// Opaque; good for one key pair, until it is confirmed, given back or too old.
    pub id: String,
    /// Where it came from.
    pub source: IntakeSource,
    /// The file's name without its folder, cleaned; `null` for the clipboard.
    pub file_name: Option<String>,
    /// SHA-256 of the public half of the private key (SPKI), hex.
    pub fingerprint: String,
    /// The size of the key in bits.
    pub bits: u32,
    /// What was put right in it.
    pub repairs: Vec<Remark>,
    /// The name of the pair here that has this very key already.
    pub known_as: Option<String>,
    /// Until when it waits, RFC 3339.
    pub waits_until: Option<String>,
}

/// An intake by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct IntakeRequest {
    /// Its id.
    pub intake: String,
}

/// What is heard while files may be dropped on the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum DropEvent {
    /// Something is held over the window.
    Over,
    /// It was taken away again.
    Left,
    /// A private key was dropped and waits.
    Taken {
        /// The key.
        intake: Intake,
    },
    /// What was dropped is no private key that can be used.
    Refused {
        /// Why.
        error: IpcError,
    },
}

/// A brought key that becomes a pair.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ConfirmedIntake {
    /// The intake's id.
    pub intake: String,
    /// The account's id.
    pub account: String,
    /// What the pair is for.
    pub r#for: Purpose,
    /// What to call it.
    pub name: String,
    /// The public half.
    pub api_key: String,
}

/// A key pair by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct KeyPairRequest {
    /// Its id.
    pub key_pair: String,
}

impl Intake {
    /// What waits under `id` until `until`.
    pub fn new(
        id: String,
        source: IntakeSource,
        file_name: Option<String>,
        recognised: &Recognised,
        until: UnixMillis,
    ) -> Self {
        Self {
            id,
            source,
            file_name,
            fingerprint: recognised.identity.as_str().to_owned(),
            bits: u32::try_from(recognised.bits).unwrap_or(u32::MAX),
            repairs: recognised.repairs.iter().map(Remark::from).collect(),
            known_as: recognised.known_as.clone(),
            waits_until: rfc3339(until),
        }
    }
}

impl From<Purpose> for patchbay_core::config::Purpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Sandbox => Self::Sandbox,
            Purpose::Production => Self::Production,
        }
    }
}

impl From<&Repair> for Remark {
    fn from(repair: &Repair) -> Self {
        Self {
            code: repair.code().to_owned(),
            text: repair.text().to_owned(),
            words: BTreeMap::new(),
        }
    }
}

impl KeyPairRow {
    /// The row of a pair of one of `accounts`, which `used_by` use.
    pub fn new(pair: &KeyPair, accounts: &[Account], used_by: Vec<String>) -> Self {
        let account = accounts.iter().find(|account| account.id == pair.account);
        Self {
            id: pair.id.as_str().to_owned(),
            name: pair.name.clone(),
            account: account.map_or_else(String::new, |account| account.label.clone()),
            r#for: pair.purpose.as_str().to_owned(),
            api_key: pair.api_key.as_ref().map(|key| key.as_str().to_owned()),
            fingerprint: pair.identity.as_ref().map(|id| id.as_str().to_owned()),
            state: state_word(pair).to_owned(),
            export: export_word(&pair.export).to_owned(),
            one_copy: pair.into(),
            origin: pair.origin.as_str().to_owned(),
            used_by,
            created_at: rfc3339(pair.created_at),
            accepted_at: pair.accepted_at.and_then(rfc3339),
            note: pair.note.clone(),
        }
    }
}

/// A key that was created and kept waits for its API key.
fn state_word(pair: &KeyPair) -> &'static str {
    match pair.state {
        KeyPairState::Ready if pair.api_key.is_none() => KeyPairState::Pending.as_str(),
        state => state.as_str(),
    }
}

/// An export that was interrupted or done without, or that somebody is just using, cannot be had any
/// more: for a program it is spent, as one that was used.
fn export_word(export: &Export) -> &'static str {
    match export {
        Export::Unused => "unused",
        Export::Claimed { .. } | Export::Used { .. } | Export::Interrupted | Export::Waived => {
            "used"
        }
        Export::None => "none",
    }
}

impl From<&Verification> for VerificationRow {
    fn from(verification: &Verification) -> Self {
        let reason = match verification {
            Verification::Accepted => None,
            Verification::Swapped => Some(Trouble::new(
                "pairsSwapped",
                "Adobe accepts this pair at the other gateway only: it was brought for the wrong purpose.",
                "Remove it and bring it again with the other --for.",
            )),
            Verification::Rejected(kind) => {
                let error = patchbay_core::ports::gateway::GatewayError::Rejected {
                    kind: *kind,
                    clock_ahead: None,
                };
                Some(Trouble::from(&Error::Gateway(error)))
            }
            Verification::NotProvable(error) => Some(Trouble::from(&Error::Gateway(error.clone()))),
        };
        Self {
            answer: verification.as_str().to_owned(),
            reason,
        }
    }
}

impl KeyPairVerified {
    /// What came of bringing or generating a pair.
    pub fn kept(kept: &KeptKey, accounts: &[Account]) -> Self {
        Self {
            keypair: KeyPairRow::new(&kept.pair, accounts, Vec::new()),
            repairs: kept.repairs.iter().map(Remark::from).collect(),
            verification: (&kept.verification).into(),
        }
    }
}

/// What a start found of an earlier, interrupted beginning, as a sentence.
pub fn recovered_text(recovered: &Recovered) -> String {
    match recovered {
        Recovered::Kept(name) => {
            format!(
                "The key pair \"{name}\" was interrupted on its way; its private key is in the keychain."
            )
        }
        Recovered::LostOnTheWay(name) => format!(
            "The private key of \"{name}\" was lost on the way: delete that key in the API Portal."
        ),
        Recovered::Nothing(name) => {
            format!("Bringing the key pair \"{name}\" was interrupted; nothing was kept of it.")
        }
        Recovered::CopyInterrupted(name) => format!(
            "The one copy of \"{name}\" was interrupted: it is not known whether it was made."
        ),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_core::id::ClaimId;
    use patchbay_core::keypair::ExportWay;

    use super::*;

    #[test]
    fn a_program_sees_three_kinds_of_export() {
        let used = Export::Used {
            way: ExportWay::File,
            at: UnixMillis(0),
        };
        let claimed = Export::Claimed {
            by: ClaimId::from_random([1; 16]),
        };
        let words = [
            Export::None,
            Export::Unused,
            claimed,
            used,
            Export::Interrupted,
            Export::Waived,
        ]
        .map(|export| export_word(&export));
        assert_eq!(words, ["none", "unused", "used", "used", "used", "used"]);
    }

    #[test]
    fn only_an_accepted_pair_has_no_reason() {
        let swapped = VerificationRow::from(&Verification::Swapped);
        assert_eq!(swapped.answer, "swapped");
        assert!(swapped.reason.is_some());
        assert_eq!(VerificationRow::from(&Verification::Accepted).reason, None);
    }
}
