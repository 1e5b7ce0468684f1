//! The end of a pair at Adobe (G9), and what Patchbay cannot see.
//!
//! Patchbay cannot delete a pair in My Account; it says when that may be done, refuses to say so
//! while an instance still uses it, and finds out whether it was done.

use crate::error::{Error, Result};
use crate::instance::Way;
use crate::keypair::keeping::Verification;
use crate::keypair::{KeyPair, KeyPairState};
use crate::patchbay::Patchbay;
use crate::ports::gateway::Rejection;
use crate::text;

/// Where the API Portal is, unless the settings name another one (docs/facts.md).
pub const API_PORTAL: &str = "https://account.magento.com/apiportal/index/index/";

/// Who may use an API key without Patchbay seeing it; the words are the shells' business.
pub const UNSEEN: [&str; 4] = [
    "headlessStorefront",
    "catalogService",
    "aemAssets",
    "otherAgencies",
];

/// What stands between a pair and its end at Adobe.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The pair.
    pub pair: KeyPair,
    /// What Adobe says of it.
    pub at_adobe: AtAdobe,
    /// Where a person deletes it.
    pub portal: String,
    /// Instances that are watched by their address only, so that nobody knows what they hold.
    pub watched_only: Vec<String>,
}

/// Whether a pair still exists at Adobe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtAdobe {
    /// It is accepted: not deleted yet.
    StillThere,
    /// Adobe does not know it any more.
    Deleted,
    /// Its private key is not here, or Adobe gave no usable answer.
    NotKnown,
}

impl AtAdobe {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            AtAdobe::StillThere => "stillThere",
            AtAdobe::Deleted => "deleted",
            AtAdobe::NotKnown => "notKnown",
        }
    }
}

impl Patchbay {
    /// Whether a pair may be deleted at Adobe, and whether it was. Every instance of its account is
    /// looked at for it. `said_done` is the person's word that it was deleted, taken where Adobe
    /// cannot be asked about it from here.
    ///
    /// # Errors
    /// No such pair; one that an instance uses (G9), or of which that cannot be known because an
    /// instance was not reached; records and keychain.
    pub async fn delete_at_adobe(&self, name: &str, said_done: bool) -> Result<Deletion> {
        let mut pair = self.key_pair_named(name, None).await?;
        self.refuse_used(&pair).await?;
        let watched_only = self.look_for(&pair).await?;
        self.refuse_used(&pair).await?;
        let at_adobe = self.still_there(&pair).await?;
        let gone = at_adobe == AtAdobe::Deleted || (said_done && at_adobe == AtAdobe::NotKnown);
        if gone {
            pair.state = KeyPairState::DeletedAtAdobe;
            self.ports.records.save_key_pair(&pair).await?;
            if let Some(mut replacement) = self.replacement_of(&pair.id).await? {
                replacement.ended_at = Some(self.ports.clock.now());
                self.ports.records.save_replacement(&replacement).await?;
            }
        }
        let set = self.ports.records.setting("portal").await?;
        Ok(Deletion {
            pair,
            at_adobe: if gone { AtAdobe::Deleted } else { at_adobe },
            portal: set.unwrap_or_else(|| API_PORTAL.to_owned()),
            watched_only,
        })
    }

    async fn refuse_used(&self, pair: &KeyPair) -> Result<()> {
        let used = self.where_used(&pair.id).await?;
        if used.is_empty() {
            return Ok(());
        }
        let names = used.join(", ");
        Err(Error::refused(
            "stillUsed",
            format!(
                "\"{}\" is still used by {names}. Deleted at Adobe, it stops them at once (G9).",
                pair.name
            ),
            "Replace the keys there first. Removing it from this computer is always possible.",
        )
        .with("name", &pair.name)
        .with("instances", names))
    }

    /// Looks at every instance of the pair's account; says which are only watched.
    async fn look_for(&self, pair: &KeyPair) -> Result<Vec<String>> {
        let instances = self.instances().await?;
        let (ssh, watched): (Vec<_>, Vec<_>) = instances
            .into_iter()
            .filter(|instance| instance.account == pair.account)
            .partition(|instance| matches!(instance.way, Way::Ssh(_)));
        let ids: Vec<String> = ssh.iter().map(|one| one.id.as_str().to_owned()).collect();
        if !ids.is_empty() {
            let began = self.ports.clock.now();
            let checked = self.check(&ids).await?;
            let missed: Vec<&str> = checked
                .iter()
                .filter(|one| {
                    let seen = one.evidence.seen.as_ref();
                    seen.is_none_or(|seen| seen.at < began)
                })
                .map(|one| one.instance.name.as_str())
                .collect();
            if !missed.is_empty() {
                let names = text::outside(&missed.join(", "), 400);
                return Err(Error::refused(
                    "notAllSeen",
                    format!(
                        "{names} was not reached, so it is not known whether it uses \"{}\".",
                        pair.name
                    ),
                    "Check again when it can be reached, or remove it if it is gone for good.",
                )
                .with("name", &pair.name)
                .with("instances", names));
            }
        }
        Ok(watched.into_iter().map(|one| one.name).collect())
    }

    async fn still_there(&self, pair: &KeyPair) -> Result<AtAdobe> {
        use crate::ports::keychain::Asked;
        let der = self.ports.keychain.read(&pair.item, Asked::ByUser).await?;
        let Some(der) = der else {
            return Ok(AtAdobe::NotKnown);
        };
        Ok(match self.verify_with(pair, &der).await? {
            Verification::Accepted | Verification::Swapped => AtAdobe::StillThere,
            Verification::Rejected(Rejection::UnknownApiKey) => AtAdobe::Deleted,
            Verification::Rejected(_) | Verification::NotProvable(_) => AtAdobe::NotKnown,
        })
    }
}
