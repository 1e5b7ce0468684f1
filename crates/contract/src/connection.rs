//! What a check found, with the evidence it rests on.

use std::collections::BTreeMap;

use patchbay_core::config::ConfigPath;
use patchbay_core::connection::check::Checked;
use patchbay_core::connection::next::next_step;
use patchbay_core::connection::{AdobeProof, Evidence, Seen};
use patchbay_core::look::Versions;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::instances::{ConnectionState, Light, Remark};
use crate::moment::rfc3339;

/// `check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// What was found, in the order asked for.
    pub instances: Vec<CheckedInstance>,
}

/// One instance as a check found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct CheckedInstance {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: ConnectionState,
    /// Which light that shows.
    pub light: Light,
    /// Why, in one line.
    pub reason: Remark,
    /// Whatever else is true.
    pub findings: Vec<Remark>,
    /// What to do next.
    pub next: String,
    /// What the state rests on.
    pub proof: Proof,
    /// The nine values by configuration path; empty where it was never seen.
    pub values: BTreeMap<String, ValueSeen>,
    /// Versions found; `null` where it was never seen.
    pub versions: Option<VersionsSeen>,
}

/// What a state rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Proof {
    /// Adobe's last answers; `null` where there never was one.
    pub adobe: Option<AdobeAnswers>,
    /// The last look at the instance's own values; `null` where there never was one.
    pub values: Option<LookedAt>,
    /// Whether Adobe answered about tokens that the instance itself signed.
    pub by_instance_token: bool,
}

/// Adobe's answers: `accepted`, `rejected`, `notProvable` or `absent` for each pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AdobeAnswers {
    /// The production pair.
    pub production: String,
    /// The sandbox pair.
    pub sandbox: String,
    /// When the answers came, RFC 3339.
    pub at: Option<String>,
}

/// When the instance's own values were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LookedAt {
    /// RFC 3339.
    pub at: Option<String>,
}

/// One of the nine values as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ValueSeen {
    /// Whether there is a value.
    pub present: bool,
    /// The value itself: plain values and API keys only.
    pub value: Option<String>,
    /// Of a private key: SHA-256 of its public half, where it can be read as a key.
    pub fingerprint: Option<String>,
}

/// Versions found; empty text where one was not found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct VersionsSeen {
    /// For example `2.4.7-p6`.
    pub magento: String,
    /// `magento/module-services-id`.
    pub services_id: String,
    /// `magento/services-connector`.
    pub services_connector: String,
    /// For example `8.2.28`.
    pub php: String,
}

/// Which instances are checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CheckRequest {
    /// Their ids; all where empty.
    pub instances: Vec<String>,
}

impl From<&Versions> for VersionsSeen {
    fn from(versions: &Versions) -> Self {
        Self {
            magento: versions.magento.clone(),
            services_id: versions.services_id.clone(),
            services_connector: versions.services_connector.clone(),
            php: versions.php.clone(),
        }
    }
}

impl From<&Checked> for CheckedInstance {
    fn from(checked: &Checked) -> Self {
        Self::new(&checked.instance.name, &checked.evidence)
    }
}

impl CheckedInstance {
    /// What is known of the instance called `name`.
    pub fn new(name: &str, evidence: &Evidence) -> Self {
        let verdict = &evidence.verdict;
        let seen = evidence.seen.as_ref();
        Self {
            name: name.to_owned(),
            state: verdict.state.into(),
            light: verdict.state.light().into(),
            reason: (&verdict.reason).into(),
            findings: verdict.findings.iter().map(Remark::from).collect(),
            next: next_step(verdict).to_owned(),
            proof: Proof {
                adobe: evidence.adobe.as_ref().map(AdobeAnswers::from),
                values: seen.map(|seen| LookedAt {
                    at: rfc3339(seen.at),
                }),
                by_instance_token: evidence
                    .adobe
                    .as_ref()
                    .is_some_and(|adobe| adobe.by_instance_token),
            },
            values: seen.map(values).unwrap_or_default(),
            versions: seen.map(|seen| (&seen.versions).into()),
        }
    }
}

impl From<&AdobeProof> for AdobeAnswers {
    fn from(proof: &AdobeProof) -> Self {
        Self {
            production: proof.production.as_str().to_owned(),
            sandbox: proof.sandbox.as_str().to_owned(),
            at: rfc3339(proof.last_at()),
        }
    }
}

fn values(seen: &Seen) -> BTreeMap<String, ValueSeen> {
    ConfigPath::ALL
        .into_iter()
        .map(|path| {
            let plain = seen.plain.get(&path).filter(|_| !path.is_private_key());
            let value = ValueSeen {
                present: seen.exact.contains_key(&path),
                value: plain.cloned(),
                fingerprint: seen.identity.get(&path).map(|id| id.as_str().to_owned()),
            };
            (path.as_str().to_owned(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::sample_evidence;
    use patchbay_core::id::InstanceId;

    #[test]
    fn the_document_has_the_names_that_programs_rely_on() {
        let evidence = sample_evidence(2, &InstanceId::from_random([2; 16])).unwrap();
        let report = CheckReport {
            instances: vec![CheckedInstance::new("Nordlys", &evidence)],
        };
        let json = serde_json::to_value(&report).unwrap();
        let one = &json["instances"][0];
        assert_eq!(one["state"], "accountNotVerified");
        assert_eq!(one["light"], "notConnected");
        assert_eq!(one["reason"]["code"], "signatureInvalid");
        assert_eq!(one["proof"]["adobe"]["production"], "rejected");
        assert_eq!(one["proof"]["adobe"]["sandbox"], "notProvable");
        assert_eq!(one["proof"]["adobe"]["at"], "1970-01-01T00:00:00.01Z");
        assert_eq!(one["proof"]["values"]["at"], "1970-01-01T00:00:00.007Z");
        assert_eq!(one["proof"]["byInstanceToken"], true);
        let values = one["values"].as_object().unwrap();
        assert_eq!(values.len(), 9);
        let key = &values["services_connector/services_connector_integration/sandbox_private_key"];
        assert_eq!(key["present"], true);
        assert!(key["value"].is_null());
        assert_eq!(key["fingerprint"].as_str().unwrap().len(), 64);
        assert_eq!(one["versions"]["php"], "8.3.1");
    }

    #[test]
    fn an_instance_never_seen_has_no_proof() {
        let evidence = sample_evidence(3, &InstanceId::from_random([3; 16])).unwrap();
        let one = CheckedInstance::new("Nordlys", &evidence);
        assert_eq!(one.proof.adobe, None);
        assert_eq!(one.proof.values, None);
        assert!(!one.proof.by_instance_token && one.values.is_empty());
    }
}
