//! Everything about one instance on one page: the evidence in the Admin's own order (Sandbox
//! Keys, Production Keys, SaaS Identifier), Adobe's rule beside Patchbay's proof, and its history.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::judge::rejection;
use patchbay_core::connection::{DataSpaceAnswer, Evidence, PairAnswer, Seen};
use serde::Serialize;
use ts_rs::TS;

use super::Remark;
use super::details::InstanceDetails;
use super::drift::DriftPage;
use super::shop::ShopRow;
use crate::connection::VersionsSeen;
use crate::journal::JournalEntry;
use crate::moment::rfc3339;
use crate::registry::AssignmentRow;

/// One instance with everything that is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InstancePage {
    /// As on the board, and how to get there.
    pub instance: InstanceDetails,
    /// What is known and on what it rests.
    pub evidence: EvidencePage,
    /// What it should hold, where that is decided.
    pub assignment: Option<AssignmentRow>,
    /// Other entries with its identity, by name: the same instance, or copies of it? Empty where
    /// nothing needs to be answered.
    pub same_identity: Vec<String>,
    /// How it differs from its assignment; `null` where nothing does.
    pub drift: Option<DriftPage>,
    /// What was done to it, newest first, at most 50.
    pub history: Vec<JournalEntry>,
}

/// What is known of an instance and on what it rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EvidencePage {
    /// Sandbox Keys, Production Keys and SaaS Identifier.
    pub groups: Vec<EvidenceGroup>,
    /// Adobe's rule: whether every value is present. Says nothing about whether they work.
    pub values_present: bool,
    /// Patchbay's proof: whether Adobe accepted the pair in use and the data space is its own,
    /// and that still holds.
    pub proven: bool,
    /// When Adobe last answered, RFC 3339.
    pub proven_at: Option<String>,
    /// Whether Adobe answered about tokens that the instance itself signed.
    pub by_instance_token: bool,
    /// Whether the last answer was about a token signed here, with the very key read there.
    pub signed_here: bool,
    /// How Adobe says the account's own synchronisation stands; `null` where it says nothing.
    pub account_sync: Option<String>,
    /// What visitors of its shop see; `null` where nobody looked.
    pub shop: Option<ShopRow>,
    /// When the instance's own values were last read, RFC 3339.
    pub seen_at: Option<String>,
    /// When a check last ended, RFC 3339.
    pub checked_at: Option<String>,
    /// The storefront address in effect when it was last read.
    pub base_url: Option<String>,
    /// Versions found; `null` where it was never seen.
    pub versions: Option<VersionsSeen>,
}

/// One fold of the Admin's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EvidenceGroup {
    /// Which.
    pub group: AdminGroup,
    /// Its values in the Admin's order; all absent where it was never seen.
    pub values: Vec<EvidenceValue>,
    /// What Adobe says about them.
    pub answer: AdobeWord,
    /// Why, where Adobe did not accept it.
    pub why: Option<Remark>,
}

/// The folds of the Admin's page, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum AdminGroup {
    /// Sandbox Keys.
    SandboxKeys,
    /// Production Keys.
    ProductionKeys,
    /// SaaS Identifier: project and data space.
    SaasIdentifier,
}

/// One value as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EvidenceValue {
    /// The configuration path.
    pub path: String,
    /// Whether there is a value.
    pub present: bool,
    /// The value itself: plain values and API keys only.
    pub value: Option<String>,
    /// Of a private key: SHA-256 of its public half, where it can be read as a key.
    pub fingerprint: Option<String>,
}

/// What Adobe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum AdobeWord {
    /// The pair is accepted, or the data space is there for it.
    Accepted,
    /// The pair is rejected, or sees no such data space.
    Rejected,
    /// No usable answer.
    NotProvable,
    /// There is nothing to ask about.
    Absent,
    /// Adobe was never asked.
    NeverAsked,
}

impl EvidencePage {
    /// What the last check found; `proven` is whether that still holds now.
    pub fn new(evidence: Option<&Evidence>, proven: bool) -> Self {
        let seen = evidence.and_then(|evidence| evidence.seen.as_ref());
        let adobe = evidence.and_then(|evidence| evidence.adobe.as_ref());
        let groups = vec![
            pair(evidence, Purpose::Sandbox),
            pair(evidence, Purpose::Production),
            saas(evidence),
        ];
        Self {
            values_present: groups.iter().flat_map(|g| &g.values).all(|v| v.present),
            groups,
            proven,
            proven_at: adobe.and_then(|adobe| rfc3339(adobe.last_at())),
            signed_here: adobe.is_some_and(|adobe| adobe.renewed_at.is_some()),
            account_sync: adobe.and_then(|adobe| Some(adobe.account_sync.as_ref()?.status.clone())),
            shop: evidence.and_then(|e| e.shop.as_ref()).map(ShopRow::from),
            by_instance_token: adobe.is_some_and(|adobe| adobe.by_instance_token),
            seen_at: seen.and_then(|seen| rfc3339(seen.at)),
            checked_at: evidence.and_then(|evidence| rfc3339(evidence.at)),
            base_url: seen.map(|seen| seen.pin.base_url.clone()),
            versions: seen.map(|seen| (&seen.versions).into()),
        }
    }
}

fn pair(evidence: Option<&Evidence>, purpose: Purpose) -> EvidenceGroup {
    let answer = evidence.and_then(|evidence| Some(evidence.adobe.as_ref()?.pair(purpose)));
    let (answer, why) = match answer {
        None => (AdobeWord::NeverAsked, None),
        Some(PairAnswer::Accepted) => (AdobeWord::Accepted, None),
        Some(PairAnswer::Rejected(kind)) => (
            AdobeWord::Rejected,
            Some((&rejection(purpose, *kind)).into()),
        ),
        Some(PairAnswer::NotProvable(why)) => (AdobeWord::NotProvable, Some(why.into())),
        Some(PairAnswer::Absent) => (AdobeWord::Absent, None),
    };
    EvidenceGroup {
        group: match purpose {
            Purpose::Sandbox => AdminGroup::SandboxKeys,
            Purpose::Production => AdminGroup::ProductionKeys,
        },
        values: values(
            evidence,
            &[purpose.api_key_path(), purpose.private_key_path()],
        ),
        answer,
        why,
    }
}

fn saas(evidence: Option<&Evidence>) -> EvidenceGroup {
    let values = values(evidence, &ConfigPath::DATA_SPACE);
    let answer = evidence.and_then(|evidence| Some(&evidence.adobe.as_ref()?.data_space));
    let (answer, why) = match answer {
        None => (AdobeWord::NeverAsked, None),
        Some(_) if values.iter().all(|value| !value.present) => (AdobeWord::Absent, None),
        Some(DataSpaceAnswer::Found { .. }) => (AdobeWord::Accepted, None),
        Some(DataSpaceAnswer::NotFound) => (AdobeWord::Rejected, None),
        Some(DataSpaceAnswer::NotProvable(why)) => (AdobeWord::NotProvable, Some(why.into())),
    };
    EvidenceGroup {
        group: AdminGroup::SaasIdentifier,
        values,
        answer,
        why,
    }
}

fn values(evidence: Option<&Evidence>, paths: &[ConfigPath]) -> Vec<EvidenceValue> {
    let seen = evidence.and_then(|evidence| evidence.seen.as_ref());
    paths.iter().map(|path| value(seen, *path)).collect()
}

fn value(seen: Option<&Seen>, path: ConfigPath) -> EvidenceValue {
    let plain = seen.and_then(|seen| seen.plain.get(&path));
    let identity = seen.and_then(|seen| seen.identity.get(&path));
    EvidenceValue {
        path: path.as_str().to_owned(),
        present: seen.is_some_and(|seen| seen.exact.contains_key(&path)),
        value: plain.filter(|_| !path.is_private_key()).cloned(),
        fingerprint: identity.map(|identity| identity.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::sample_evidence;
    use patchbay_core::id::InstanceId;

    #[test]
    fn the_page_follows_the_admin_and_shows_no_private_key() {
        let evidence = sample_evidence(2, &InstanceId::from_random([2; 16])).unwrap();
        let page = EvidencePage::new(Some(&evidence), false);
        let groups: Vec<AdminGroup> = page.groups.iter().map(|group| group.group).collect();
        assert_eq!(
            groups,
            [
                AdminGroup::SandboxKeys,
                AdminGroup::ProductionKeys,
                AdminGroup::SaasIdentifier
            ]
        );
        let paths: Vec<&str> = page
            .groups
            .iter()
            .flat_map(|group| &group.values)
            .map(|value| value.path.as_str())
            .collect();
        assert_eq!(paths, ConfigPath::ALL.map(ConfigPath::as_str));
        assert_eq!(page.groups[1].answer, AdobeWord::Rejected);
        for group in &page.groups[..2] {
            let key = &group.values[1];
            assert!(key.value.is_none(), "{}", key.path);
        }
    }

    #[test]
    fn an_instance_never_seen_claims_nothing() {
        let page = EvidencePage::new(None, false);
        assert!(!page.values_present && !page.proven);
        assert!(
            page.groups
                .iter()
                .all(|group| group.answer == AdobeWord::NeverAsked)
        );
    }
}
