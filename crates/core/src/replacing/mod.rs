//! Replacing keys: one key pair by a newer one, instance by instance, without a moment in which an
//! instance that had a valid pair has none.
//!
//! | Step | What has happened |
//! |---|---|
//! | [`Stage::AwaitsNewPair`] | every instance on the old pair was reached, is unlocked and planned |
//! | [`Stage::First`] | a new pair is chosen; one instance gets it first, alone |
//! | [`Stage::Rest`] | that one is proven; the others follow |
//! | [`Stage::DeleteOld`] | all are proven; only now the old pair may be deleted at Adobe |
//! | [`Stage::Ended`] | Adobe does not know the old pair any more |
//!
//! Where Adobe switched the old pair off when the new one was created, nothing is gained by going
//! one by one: then all of them are done at once. What is true is read from the instances each
//! time, so a crash at any step costs nothing but the step. The data space is never touched.
//!
//! Not here: writing (a push does that) and creating the new pair (the key pair room).

pub mod carrying;
pub mod choosing;
pub mod deleting;
pub mod survey;

use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::{AccountId, InstanceId, KeyPairId, ReplacementId};
use crate::keypair::KeyPair;
use crate::patchbay::{Patchbay, no_such};
use crate::ports::clock::UnixMillis;

/// One replacement as the records know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Random id.
    pub id: ReplacementId,
    /// Whose keys.
    pub account: AccountId,
    /// Sandbox or production.
    pub purpose: Purpose,
    /// The pair that goes.
    pub old: KeyPairId,
    /// The pair that comes; `None` until it is chosen.
    pub new: Option<KeyPairId>,
    /// Every instance on the old pair when it was surveyed, in the order they are worked on.
    pub members: Vec<Member>,
    /// What Adobe said of the old pair once the new one was there.
    pub old_pair: OldPair,
    /// When it was begun.
    pub began_at: UnixMillis,
    /// When Adobe no longer knew the old pair, or the person said so.
    pub ended_at: Option<UnixMillis>,
}

/// One instance of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which instance.
    pub instance: InstanceId,
    /// How far it is.
    pub state: MemberState,
}

/// How far one instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// It was reached, is unlocked and planned; it holds the old pair.
    Planned,
    /// The new pair was written; the proof is missing.
    Written,
    /// Adobe accepted the new pair by a token that the instance signed.
    Proven,
}

/// What Adobe says of the old pair once the new one is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldPair {
    /// Not asked yet, or no usable answer.
    NotKnown,
    /// Both are accepted: there is time.
    Accepted,
    /// Adobe has switched it off: every instance is to get the new one at once.
    SwitchedOff,
}

/// Where a replacement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The instances are ready; now the new pair can be created.
    AwaitsNewPair,
    /// One instance gets the new pair first.
    First,
    /// The others follow.
    Rest,
    /// All are proven; the old pair can be deleted at Adobe.
    DeleteOld,
    /// Done.
    Ended,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// The word in records and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(MemberState { Planned = "planned", Written = "written", Proven = "proven" });
words!(OldPair { NotKnown = "notKnown", Accepted = "accepted", SwitchedOff = "switchedOff" });
words!(Stage {
    AwaitsNewPair = "awaitsNewPair",
    First = "first",
    Rest = "rest",
    DeleteOld = "deleteOld",
    Ended = "ended",
});

impl Replacement {
    /// Where it stands.
    pub fn stage(&self) -> Stage {
        let proven = |member: &Member| member.state == MemberState::Proven;
        if self.ended_at.is_some() {
            Stage::Ended
        } else if self.new.is_none() {
            Stage::AwaitsNewPair
        } else if self.members.iter().all(proven) {
            Stage::DeleteOld
        } else if self.members.iter().any(proven) || self.old_pair == OldPair::SwitchedOff {
            Stage::Rest
        } else {
            Stage::First
        }
    }

    /// Who is next: one alone where nobody is proven yet and there is time, otherwise all that are
    /// not proven.
    pub fn due(&self) -> Vec<InstanceId> {
        let open = self
            .members
            .iter()
            .filter(|member| member.state != MemberState::Proven)
            .map(|member| member.instance.clone());
        match self.stage() {
            Stage::First => open.take(1).collect(),
            Stage::Rest => open.collect(),
            _ => Vec::new(),
        }
    }

    /// Whether an instance may already hold the new pair.
    pub fn has_begun_writing(&self) -> bool {
        self.members
            .iter()
            .any(|member| member.state != MemberState::Planned)
    }

    pub(crate) fn member_mut(&mut self, instance: &InstanceId) -> Option<&mut Member> {
        self.members
            .iter_mut()
            .find(|member| &member.instance == instance)
    }
}

impl Patchbay {
    /// Every replacement, oldest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn replacements(&self) -> Result<Vec<Replacement>> {
        Ok(self.ports.records.replacements().await?)
    }

    /// The replacement of a pair, where there is one.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn replacement_of(&self, old: &KeyPairId) -> Result<Option<Replacement>> {
        let all = self.replacements().await?;
        Ok(all.into_iter().find(|one| &one.old == old))
    }

    /// The replacement of a pair that must have been begun.
    pub(crate) async fn begun_replacement(&self, old: &KeyPair) -> Result<Replacement> {
        self.replacement_of(&old.id).await?.ok_or_else(|| {
            Error::refused(
                "replacementNotBegun",
                format!("Replacing \"{}\" has not been begun.", old.name),
                "Begin it: every instance on this pair is looked at first.",
            )
            .with("name", &old.name)
        })
    }

    /// Leaves a replacement of which nothing was written yet; the instances keep the old pair.
    ///
    /// # Errors
    /// No such pair or replacement, instances that may hold the new pair already, or the records.
    pub async fn abandon_replacement(&self, old: &str) -> Result<()> {
        let old = self.key_pair_named(old, None).await?;
        let replacement = self.begun_replacement(&old).await?;
        if replacement.has_begun_writing() && replacement.stage() != Stage::Ended {
            return Err(Error::refused(
                "replacementUnderWay",
                format!(
                    "Some instances already hold the new pair instead of \"{}\".",
                    old.name
                ),
                "Carry it on to its end; every step can be repeated.",
            )
            .with("name", &old.name));
        }
        for member in &replacement.members {
            self.assign_pair_of(&member.instance, &replacement, &old.id)
                .await?;
        }
        Ok(self
            .ports
            .records
            .remove_replacement(&replacement.id)
            .await?)
    }

    /// Lets an instance's assignment name this pair; the rest of it stays.
    pub(crate) async fn assign_pair_of(
        &self,
        instance: &InstanceId,
        replacement: &Replacement,
        pair: &KeyPairId,
    ) -> Result<()> {
        let assignments = self.ports.records.assignments().await?;
        let found = assignments.into_iter().find(|a| &a.instance == instance);
        let Some(mut assignment) = found else {
            return Err(no_such("assignment of the instance", instance.as_str()));
        };
        let place = match replacement.purpose {
            Purpose::Sandbox => &mut assignment.sandbox,
            Purpose::Production => &mut assignment.production,
        };
        if place.as_ref() == Some(pair) {
            return Ok(());
        }
        *place = Some(pair.clone());
        assignment.assigned_at = self.ports.clock.now();
        self.ports.records.save_assignment(&assignment).await?;
        self.doubt(instance).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacement(states: &[MemberState], old_pair: OldPair) -> Replacement {
        let members = (0_u8..).zip(states).map(|(n, state)| Member {
            instance: InstanceId::from_random([n; 16]),
            state: *state,
        });
        Replacement {
            id: ReplacementId::from_random([1; 16]),
            account: AccountId::from_random([1; 16]),
            purpose: Purpose::Production,
            old: KeyPairId::from_random([1; 16]),
            new: Some(KeyPairId::from_random([2; 16])),
            members: members.collect(),
            old_pair,
            began_at: UnixMillis(1),
            ended_at: None,
        }
    }

    #[test]
    fn one_goes_first_unless_there_is_no_time() {
        use MemberState::{Planned, Proven, Written};
        let told = |states: &[MemberState], old| {
            let one = replacement(states, old);
            (one.stage(), one.due().len())
        };
        for old in [OldPair::Accepted, OldPair::NotKnown] {
            assert_eq!(told(&[Planned, Planned, Planned], old), (Stage::First, 1));
            assert_eq!(told(&[Written, Planned, Planned], old), (Stage::First, 1));
            assert_eq!(told(&[Proven, Planned, Written], old), (Stage::Rest, 2));
            assert_eq!(told(&[Proven, Proven], old), (Stage::DeleteOld, 0));
        }
        let off = OldPair::SwitchedOff;
        assert_eq!(told(&[Planned, Planned, Planned], off), (Stage::Rest, 3));
        let mut waiting = replacement(&[Planned], OldPair::NotKnown);
        waiting.new = None;
        assert_eq!(
            (waiting.stage(), waiting.due().len()),
            (Stage::AwaitsNewPair, 0)
        );
        let mut ended = replacement(&[Proven], OldPair::Accepted);
        ended.ended_at = Some(UnixMillis(2));
        assert_eq!(ended.stage(), Stage::Ended);
    }
}
