//! Choosing the new pair, and asking at once what Adobe says of the old one.
//!
//! Everything that could stop the new pair on its way to an instance is found out here, before the
//! first value is written: that it is here, Adobe accepts it for its purpose, and it sees the data
//! space of every instance it is meant for.

use super::{OldPair, Replacement, Stage};
use crate::connection::{Evidence, PairAnswer};
use crate::error::{Error, Result};
use crate::keypair::KeyPair;
use crate::keypair::keeping::Verification;
use crate::patchbay::Patchbay;
use crate::ports::gateway::{Answered, GatewayError, Rejection};

impl Patchbay {
    /// Names the new pair of a replacement that was begun, and asks Adobe about both.
    ///
    /// Choosing again is allowed until the first instance got the pair.
    ///
    /// # Errors
    /// No such pair or replacement, a pair that cannot take the old one's place, records, keychain.
    pub async fn choose_replacement(&self, old: &str, new: &str) -> Result<Replacement> {
        let old = self.key_pair_named(old, None).await?;
        let mut replacement = self.begun_replacement(&old).await?;
        let new = self.key_pair_named(new, Some(old.purpose)).await?;
        if replacement.stage() == Stage::Ended {
            return Err(done(&old));
        }
        if replacement.new.as_ref() != Some(&new.id) {
            if replacement.has_begun_writing() {
                return Err(Error::refused(
                    "replacementUnderWay",
                    format!(
                        "Some instances already hold another pair instead of \"{}\".",
                        old.name
                    ),
                    "Carry it on with that pair; afterwards that one can be replaced.",
                )
                .with("name", &old.name));
            }
            self.refuse_unfit(&old, &new, &replacement).await?;
        }
        // The old pair is asked about anew each time: it may be switched off any moment.
        replacement.old_pair = self.old_pair_now(&old, &replacement).await?;
        replacement.new = Some(new.id);
        self.ports.records.save_replacement(&replacement).await?;
        Ok(replacement)
    }

    async fn refuse_unfit(
        &self,
        old: &KeyPair,
        new: &KeyPair,
        replacement: &Replacement,
    ) -> Result<()> {
        if new.purpose != old.purpose {
            return Err(Error::refused(
                "pairsSwapped",
                format!(
                    "\"{}\" is a {} pair; the pairs are swapped (G5).",
                    new.name, new.purpose
                ),
                format!("Give a {} pair there.", old.purpose),
            ));
        }
        let same_key = new.id == old.id
            || new.api_key == old.api_key
            || (new.identity.is_some() && new.identity == old.identity);
        if same_key {
            return Err(Error::refused(
                "sameKey",
                format!("\"{}\" holds the same key as \"{}\".", new.name, old.name),
                "Create a new pair and choose that one.",
            )
            .with("new", &new.name)
            .with("old", &old.name));
        }
        if new.account != old.account {
            return Err(other_account(new));
        }
        if !new.is_here() {
            return Err(Error::refused(
                "keyNotHere",
                format!(
                    "The private key of \"{}\" is not on this computer.",
                    new.name
                ),
                "Bring it, or use a pair that is here.",
            ));
        }
        self.refuse_rejected(new).await?;
        self.refuse_other_spaces(new, replacement).await
    }

    /// A pair that Adobe does not accept now is given to nobody.
    async fn refuse_rejected(&self, new: &KeyPair) -> Result<()> {
        let mut asked = new.clone();
        let der = self.private_key(new).await?;
        match self.verify_and_learn(&mut asked, &der).await? {
            Verification::Accepted => Ok(()),
            Verification::Swapped => Err(Error::refused(
                "pairsSwapped",
                format!(
                    "Adobe accepts \"{}\" for the other purpose only (G5).",
                    new.name
                ),
                "Remove it and bring it again for the right purpose.",
            )),
            Verification::Rejected(kind) => Err(GatewayError::Rejected {
                kind,
                clock_ahead: None,
            }
            .into()),
            Verification::NotProvable(error) => Err(error.into()),
        }
    }

    /// A pair of another MageID does not see the instances' data spaces (G6).
    async fn refuse_other_spaces(&self, new: &KeyPair, replacement: &Replacement) -> Result<()> {
        let Answered { value: spaces, .. } = self.spaces_of(new).await?;
        let assignments = self.ports.records.assignments().await?;
        let blind = assignments
            .iter()
            .filter(|one| {
                replacement
                    .members
                    .iter()
                    .any(|m| m.instance == one.instance)
            })
            .find(|one| !spaces.iter().any(|space| space.id == one.data_space.id));
        match blind {
            Some(_) => Err(other_account(new)),
            None => Ok(()),
        }
    }

    /// What Adobe says of the old pair: by our own signature where its key is here, otherwise by
    /// that of an instance that still holds it.
    pub(crate) async fn old_pair_now(
        &self,
        old: &KeyPair,
        replacement: &Replacement,
    ) -> Result<OldPair> {
        if old.is_here() {
            let der = self.private_key(old).await?;
            return Ok(match self.verify_with(old, &der).await? {
                Verification::Accepted => OldPair::Accepted,
                Verification::Rejected(Rejection::UnknownApiKey) => OldPair::SwitchedOff,
                _ => OldPair::NotKnown,
            });
        }
        for member in &replacement.members {
            let checked = self.check(&[member.instance.as_str().to_owned()]).await?;
            let answer = checked.first().map(|one| said_of(old, &one.evidence));
            match answer {
                Some(known @ (OldPair::Accepted | OldPair::SwitchedOff)) => return Ok(known),
                _ => continue,
            }
        }
        Ok(OldPair::NotKnown)
    }
}

/// What an instance's proof says of the old pair; nothing where it holds another one.
fn said_of(old: &KeyPair, evidence: &Evidence) -> OldPair {
    let path = old.purpose.private_key_path();
    let holds = evidence.seen.as_ref().is_some_and(|seen| {
        old.identity.is_some() && seen.identity.get(&path) == old.identity.as_ref()
    });
    match evidence.adobe.as_ref().map(|proof| proof.pair(old.purpose)) {
        Some(PairAnswer::Accepted) if holds => OldPair::Accepted,
        Some(PairAnswer::Rejected(Rejection::UnknownApiKey)) if holds => OldPair::SwitchedOff,
        _ => OldPair::NotKnown,
    }
}

pub(super) fn done(old: &KeyPair) -> Error {
    Error::refused(
        "replacementDone",
        format!("\"{}\" has been replaced already.", old.name),
        "There is nothing left to do.",
    )
    .with("name", &old.name)
}

fn other_account(new: &KeyPair) -> Error {
    Error::refused(
        "otherAccount",
        format!(
            "\"{}\" belongs to another MageID than the data spaces of these instances (G6).",
            new.name
        ),
        "Create the new pair in the account of these instances.",
    )
    .with("name", &new.name)
}
