//! Answering P12's question: two entries with one identity, the same instance or a copy of it?

use super::Instance;
use crate::error::{Error, Result};
use crate::id::InstanceId;
use crate::patchbay::Patchbay;

/// What an entry is to the other entries with its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// Another way into the same instance.
    Same,
    /// A copy, which needs a data space of its own.
    Copy,
}

impl Patchbay {
    /// Remembers on this entry, and on every other entry with the same identity, what they are to
    /// each other. Returns the entry and the names of the others.
    ///
    /// # Errors
    /// No such instance, never looked at, no other entry with its identity, or the records.
    pub async fn answer_kinship(
        &self,
        name: &str,
        kinship: Kinship,
    ) -> Result<(Instance, Vec<String>)> {
        let mut instance = self.instance_named(name).await?;
        let Some(pin) = instance.pin.clone() else {
            return Err(Error::refused(
                "neverSeen",
                format!(
                    "\"{}\" was never looked at, so it is not known who it is.",
                    instance.name
                ),
                "Check it first.",
            ));
        };
        let mut others = self.instances().await?;
        others.retain(|other| {
            other.id != instance.id
                && other
                    .pin
                    .as_ref()
                    .is_some_and(|theirs| theirs.identity == pin.identity)
        });
        if others.is_empty() {
            return Err(Error::refused(
                "nothingToAnswer",
                format!(
                    "No other instance here has the identity of \"{}\".",
                    instance.name
                ),
                "Nothing needs to be answered.",
            ));
        }
        let mut names = Vec::new();
        for other in &mut others {
            relate(&mut instance, &other.id, kinship);
            relate(other, &instance.id, kinship);
            self.ports.records.save_instance(other).await?;
            names.push(other.name.clone());
        }
        self.ports.records.save_instance(&instance).await?;
        Ok((instance, names))
    }
}

fn relate(instance: &mut Instance, other: &InstanceId, kinship: Kinship) {
    let answers = &mut instance.answers;
    answers.same_as.retain(|id| id != other);
    answers.copy_of.retain(|id| id != other);
    match kinship {
        Kinship::Same => answers.same_as.push(other.clone()),
        Kinship::Copy => answers.copy_of.push(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::samples::{sample_account, sample_instance};
    use crate::fakes::together;
    use crate::ports::records::Records as _;

    #[tokio::test]
    async fn both_sides_remember_the_last_answer() {
        let all = together();
        let account = sample_account(2).unwrap();
        all.records.save_account(&account).await.unwrap();
        for n in [2, 4] {
            let mut instance = sample_instance(n, &account);
            instance.answers = crate::instance::Answers::default();
            all.records.save_instance(&instance).await.unwrap();
        }
        let patchbay = &all.patchbay;
        let (one, others) = patchbay
            .answer_kinship("Instance 002", Kinship::Same)
            .await
            .unwrap();
        assert_eq!(others, ["Instance 004"]);
        let two = patchbay.instance_named("Instance 004").await.unwrap();
        assert_eq!(one.answers.same_as, std::slice::from_ref(&two.id));
        assert_eq!(two.answers.same_as, std::slice::from_ref(&one.id));

        patchbay
            .answer_kinship("Instance 004", Kinship::Copy)
            .await
            .unwrap();
        let one = patchbay.instance_named("Instance 002").await.unwrap();
        assert!(one.answers.same_as.is_empty(), "a later answer replaces it");
        assert_eq!(one.answers.copy_of, [two.id]);
    }

    #[tokio::test]
    async fn there_is_nothing_to_answer_without_a_twin() {
        let all = together();
        let account = sample_account(2).unwrap();
        all.records.save_account(&account).await.unwrap();
        for n in [2, 3] {
            let instance = sample_instance(n, &account);
            all.records.save_instance(&instance).await.unwrap();
        }
        let alone = all.patchbay.answer_kinship("Instance 002", Kinship::Same);
        assert_eq!(alone.await.unwrap_err().code(), "nothingToAnswer");
        let unseen = all.patchbay.answer_kinship("Instance 003", Kinship::Copy);
        assert_eq!(unseen.await.unwrap_err().code(), "neverSeen");
    }
}
