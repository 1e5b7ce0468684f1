//! What a start found of earlier, interrupted work; said once, where a person sees it.

use patchbay_core::keypair::keeping::Recovered;
use patchbay_core::push::settle::Settled;
use serde::Serialize;
use ts_rs::TS;

use crate::push::PushOutcome;

/// One thing that a start found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "found",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum StartFinding {
    /// Bringing a key pair was interrupted; its private key is in the keychain.
    KeyPairKept {
        /// The pair's name.
        name: String,
    },
    /// Its private key was lost on the way; the pair must be deleted in the API Portal.
    KeyPairLost {
        /// The pair's name.
        name: String,
    },
    /// Bringing it was interrupted; nothing was kept of it.
    KeyPairNothing {
        /// The pair's name.
        name: String,
    },
    /// The one copy of a created key was interrupted; nobody knows whether it was made.
    CopyInterrupted {
        /// The pair's name.
        name: String,
    },
    /// A push was interrupted, and now it is known which values are there.
    PushSettled {
        /// The instance's name.
        instance: String,
        /// Its journal entry.
        entry: String,
        /// `pushed`: the new values are there; `failed`: the former ones; `outcomeUnknown`: it
        /// cannot be told now and is asked again at the next start.
        outcome: PushOutcome,
    },
}

impl From<&Recovered> for StartFinding {
    fn from(recovered: &Recovered) -> Self {
        match recovered.clone() {
            Recovered::Kept(name) => Self::KeyPairKept { name },
            Recovered::LostOnTheWay(name) => Self::KeyPairLost { name },
            Recovered::Nothing(name) => Self::KeyPairNothing { name },
            Recovered::CopyInterrupted(name) => Self::CopyInterrupted { name },
        }
    }
}

impl From<&Settled> for StartFinding {
    fn from(settled: &Settled) -> Self {
        Self::PushSettled {
            instance: settled.instance.clone(),
            entry: settled.entry.as_str().to_owned(),
            outcome: settled.outcome.into(),
        }
    }
}
