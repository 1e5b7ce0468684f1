//! Checking instances: look, let Adobe answer about the keys that are really there, judge.
//!
//! The instance signs with the connector's own signer; Patchbay itself asks the gateways of its own
//! settings. An instance's word alone never makes a light green.

use std::collections::BTreeMap;

use super::judge::{Case, Neighbour, judge};
use super::{
    AdobeProof, ConnectionState, DataSpaceAnswer, Evidence, PairAnswer, Remark, Seen, Verdict,
};
use crate::assignment::Assignment;
use crate::config::{ConfigPath, Purpose};
use crate::error::{Error, Result};
use crate::fingerprint::ExactFingerprint;
use crate::id::DataSpaceId;
use crate::instance::{Instance, Role, SshWay, Way};
use crate::keypair::{KeyPair, KeyPairState};
use crate::look::{InstanceToken, Look};
use crate::patchbay::Patchbay;
use crate::ports::crypto::SealPublic;
use crate::ports::gateway::{Bearer, GatewayError};
use crate::ports::keychain::Asked;
use crate::ports::transport::{LookRequest, TransportError};
use crate::push::many;
use crate::secret::Secret;
use crate::token;

/// What a check of one instance found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The instance.
    pub instance: Instance,
    /// What was found, as it is remembered now.
    pub evidence: Evidence,
}

/// A look with what Adobe said about it, before it is judged.
pub(crate) struct Gathered {
    pub(crate) instance: Instance,
    pub(crate) look: Option<std::result::Result<Look, TransportError>>,
    pub(crate) adobe: Option<AdobeProof>,
}

impl Patchbay {
    /// Checks the named instances, all of them where `names` is empty, several at once.
    ///
    /// # Errors
    /// An unknown name, or the records. An instance that cannot be reached is an answer.
    pub async fn check(&self, names: &[String]) -> Result<Vec<Checked>> {
        let instances = self.chosen(names).await?;
        let gathered = many::at_once(self, instances, |instance| self.gather(instance)).await?;
        let mut gathered = gathered.into_iter().collect::<Result<Vec<_>>>()?;
        for found in &mut gathered {
            self.remember_pin(found).await?;
        }
        self.judge_all(gathered).await
    }

    /// The chosen instances, all where none is named.
    pub(crate) async fn chosen(&self, names: &[String]) -> Result<Vec<Instance>> {
        if names.is_empty() {
            return self.instances().await;
        }
        let mut chosen: Vec<Instance> = Vec::new();
        for name in names {
            let instance = self.instance_named(name).await?;
            if !chosen.contains(&instance) {
                chosen.push(instance);
            }
        }
        Ok(chosen)
    }

    /// Looks at an instance and remembers that its tokens were handed over.
    ///
    /// The outer error is ours (records), the inner the instance's.
    pub(crate) async fn look_at(
        &self,
        instance: &Instance,
        way: &SshWay,
        take_keys: Option<SealPublic>,
    ) -> Result<std::result::Result<Look, TransportError>> {
        let request = LookRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            sign_after: self.sign_after(instance).await?,
            under_lock: None,
            take_keys,
            asked: Asked::ByUser,
        };
        Ok(self.ports.transport.look(way, &request).await)
    }

    /// From which second of its own clock on an instance may sign: later than its last token.
    pub(crate) async fn sign_after(&self, instance: &Instance) -> Result<i64> {
        let last = self.ports.records.last_token_expiry(&instance.id).await?;
        Ok((last - token::LIFETIME).max(0))
    }

    pub(crate) async fn gather(&self, instance: Instance) -> Result<Gathered> {
        let Way::Ssh(way) = &instance.way else {
            return Ok(Gathered {
                instance,
                look: None,
                adobe: None,
            });
        };
        let look = self.look_at(&instance, way, None).await?;
        let adobe = match &look {
            Ok(look) => Some(self.prove(&instance, look, &look.tokens).await?),
            Err(_) => None,
        };
        Ok(Gathered {
            instance,
            look: Some(look),
            adobe,
        })
    }

    /// Lets Adobe answer about tokens that an instance signed in this run.
    pub(crate) async fn prove(
        &self,
        instance: &Instance,
        look: &Look,
        tokens: &[InstanceToken],
    ) -> Result<AdobeProof> {
        let mut pairs: BTreeMap<Purpose, PairAnswer> = BTreeMap::new();
        let mut usable: BTreeMap<Purpose, &InstanceToken> = BTreeMap::new();
        for purpose in Purpose::ALL {
            let answer = match self.usable_token(instance, look, tokens, purpose).await? {
                Ok(Some(signed)) => {
                    usable.insert(purpose, signed);
                    self.ask_ping(purpose, signed).await
                }
                Ok(None) => PairAnswer::Absent,
                Err(why) => PairAnswer::NotProvable(why),
            };
            pairs.insert(purpose, answer);
        }
        let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
        let data_space = match (usable.get(&used), look.plain(ConfigPath::DataSpaceId)) {
            (Some(signed), Some(id)) if pairs.get(&used) == Some(&PairAnswer::Accepted) => {
                self.ask_space(used, signed, id).await
            }
            _ => DataSpaceAnswer::NotProvable("the pair in use is not proven".to_owned()),
        };
        let mut take = |purpose| pairs.remove(&purpose).unwrap_or(PairAnswer::Absent);
        Ok(AdobeProof {
            production: take(Purpose::Production),
            sandbox: take(Purpose::Sandbox),
            data_space,
            at: self.ports.clock.now(),
            by_instance_token: true,
        })
    }

    /// A token that may prove something: signed in this run, never handed over before.
    async fn usable_token<'a>(
        &self,
        instance: &Instance,
        look: &Look,
        tokens: &'a [InstanceToken],
        purpose: Purpose,
    ) -> Result<std::result::Result<Option<&'a InstanceToken>, String>> {
        let there = |path| look.exact(path).is_some();
        if !there(purpose.api_key_path()) && !there(purpose.private_key_path()) {
            return Ok(Ok(None));
        }
        let Some(signed) = tokens.iter().find(|token| token.purpose == purpose) else {
            return Ok(Err("the instance signed nothing".to_owned()));
        };
        let text = match (&signed.api_key, &signed.token) {
            (None, _) => return Ok(Err("the API key is not usable".to_owned())),
            (_, Err(why)) => return Ok(Err(format!("the instance could not sign: {why}"))),
            (Some(_), Ok(text)) => text,
        };
        let Some(expires) = token::expiry(text) else {
            return Ok(Err(
                "the instance handed over something that is no token".to_owned()
            ));
        };
        let off = expires - (self.ports.clock.now().seconds() + token::LIFETIME);
        if off.abs() > token::SKEW {
            return Ok(Err(format!(
                "the token's time is {off} s off; check the instance's clock"
            )));
        }
        if !self
            .ports
            .records
            .first_use_of_token(&token::digest(text), expires)
            .await?
        {
            return Ok(Err("the instance handed over an old token".to_owned()));
        }
        let last = self.ports.records.last_token_expiry(&instance.id).await?;
        if expires > last {
            self.ports
                .records
                .set_last_token_expiry(&instance.id, expires)
                .await?;
        }
        Ok(Ok(Some(signed)))
    }

    async fn ask_ping(&self, purpose: Purpose, signed: &InstanceToken) -> PairAnswer {
        let Some((api_key, token)) = parts(signed) else {
            return PairAnswer::Absent;
        };
        match self
            .ports
            .gateway
            .ping(purpose, &Bearer { api_key, token })
            .await
        {
            Ok(_) => PairAnswer::Accepted,
            Err(GatewayError::Rejected { kind, .. }) => PairAnswer::Rejected(kind),
            Err(error) => PairAnswer::NotProvable(error.to_string()),
        }
    }

    async fn ask_space(
        &self,
        purpose: Purpose,
        signed: &InstanceToken,
        id: &str,
    ) -> DataSpaceAnswer {
        let (Some((api_key, token)), Ok(id)) = (parts(signed), DataSpaceId::parse(id)) else {
            return DataSpaceAnswer::NotFound;
        };
        match self
            .ports
            .gateway
            .data_space(purpose, &Bearer { api_key, token }, &id)
            .await
        {
            Ok(answer) => DataSpaceAnswer::Found {
                project: answer.value.project_id,
                kind: answer.value.kind,
                mage_id: answer.value.mage_id,
            },
            Err(GatewayError::NotFound) => DataSpaceAnswer::NotFound,
            Err(error) => DataSpaceAnswer::NotProvable(error.to_string()),
        }
    }

    async fn remember_pin(&self, found: &mut Gathered) -> Result<()> {
        if let (None, Some(Ok(look))) = (&found.instance.pin, &found.look) {
            found.instance.pin = Some(look.pin.clone());
            self.ports.records.save_instance(&found.instance).await?;
        }
        Ok(())
    }

    /// Judges what was gathered, with everything else that is known, and remembers it.
    pub(crate) async fn judge_all(&self, gathered: Vec<Gathered>) -> Result<Vec<Checked>> {
        let instances = self.instances().await?;
        let assignments = self.ports.records.assignments().await?;
        let mut evidence = self.ports.records.evidence().await?;
        let pairs = self.key_pairs().await?;
        let accounts = self.accounts().await?;
        for found in &gathered {
            if let Some(Ok(look)) = &found.look {
                let seen = seen(look, self.ports.clock.now());
                put_seen(&mut evidence, &found.instance, seen);
            }
        }
        let mut checked = Vec::new();
        for found in gathered {
            let assignment = assignments.iter().find(|a| a.instance == found.instance.id);
            let look = found.look.as_ref().and_then(|look| look.as_ref().ok());
            let others = look.map_or_else(Vec::new, |look| {
                neighbours(&found.instance, look, &instances, &assignments, &evidence)
            });
            let mage_id = accounts
                .iter()
                .find(|a| a.id == found.instance.account)
                .and_then(|a| a.mage_id.as_ref());
            let case = Case {
                instance: &found.instance,
                contact: found.look.as_ref().map(|look| look.as_ref()),
                adobe: found.adobe.as_ref(),
                expected: expected(assignment, &pairs, look, self).await?,
                assigned: assignment.map(|assignment| &assignment.data_space.id),
                others: &others,
                mage_id,
                own_gateways: look.is_none_or(|look| self.own_gateways(look)),
            };
            let verdict = if found.instance.way == Way::WatchOnly {
                watched()
            } else {
                judge(&case)
            };
            let record = self.record(&found, verdict, &evidence);
            self.ports.records.save_evidence(&record).await?;
            self.note_accepted(&found, &pairs).await?;
            checked.push(Checked {
                instance: found.instance,
                evidence: record,
            });
        }
        Ok(checked)
    }

    /// Whether every gateway URL in effect on an instance is one of our settings.
    pub(crate) fn own_gateways(&self, look: &Look) -> bool {
        look.gateways
            .iter()
            .all(|(purpose, url)| self.ports.gateway.is_ours(*purpose, url))
    }

    fn record(&self, found: &Gathered, verdict: Verdict, evidence: &[Evidence]) -> Evidence {
        let before = evidence.iter().find(|e| e.instance == found.instance.id);
        let now = self.ports.clock.now();
        let connected = verdict.state == ConnectionState::Connected;
        Evidence {
            instance: found.instance.id.clone(),
            at: now,
            verdict,
            seen: before.and_then(|e| e.seen.clone()),
            adobe: found
                .adobe
                .clone()
                .or_else(|| before.and_then(|e| e.adobe.clone())),
            connected_at: if connected {
                Some(now)
            } else {
                before.and_then(|e| e.connected_at)
            },
        }
    }

    /// Remembers for pairs of ours that Adobe accepted them just now.
    async fn note_accepted(&self, found: &Gathered, pairs: &[KeyPair]) -> Result<()> {
        let (Some(Ok(look)), Some(proof)) = (&found.look, &found.adobe) else {
            return Ok(());
        };
        for purpose in Purpose::ALL {
            let identity = look
                .values
                .get(&purpose.private_key_path())
                .and_then(|v| v.identity.as_ref());
            if proof.pair(purpose) != &PairAnswer::Accepted || identity.is_none() {
                continue;
            }
            let ours = pairs.iter().filter(|pair| {
                pair.purpose == purpose
                    && pair.identity.as_ref() == identity
                    && matches!(
                        pair.state,
                        KeyPairState::Ready | KeyPairState::HeldByInstance
                    )
            });
            for pair in ours {
                let accepted = KeyPair {
                    accepted_at: Some(proof.at),
                    ..pair.clone()
                };
                self.ports.records.save_key_pair(&accepted).await?;
            }
        }
        Ok(())
    }

    /// What is known of the named instances without asking anybody.
    ///
    /// # Errors
    /// An unknown name, or the records.
    pub async fn known(&self, names: &[String]) -> Result<Vec<(Instance, Option<Evidence>)>> {
        let evidence = self.ports.records.evidence().await?;
        let instances = self.chosen(names).await?;
        Ok(instances
            .into_iter()
            .map(|instance| {
                let known = evidence.iter().find(|e| e.instance == instance.id).cloned();
                (instance, known)
            })
            .collect())
    }
}

fn parts(signed: &InstanceToken) -> Option<(&crate::id::ApiKey, &Secret)> {
    Some((signed.api_key.as_ref()?, signed.token.as_ref().ok()?))
}

fn watched() -> Verdict {
    Verdict {
        state: ConnectionState::Unverified,
        reason: Remark::new(
            "watchOnly",
            "It is watched by its address only; keys cannot be seen from outside.",
        ),
        findings: Vec::new(),
    }
}

fn seen(look: &Look, at: crate::ports::clock::UnixMillis) -> Seen {
    let values = &look.values;
    Seen {
        at,
        pin: look.pin.clone(),
        exact: values
            .iter()
            .map(|(path, value)| (*path, value.exact.clone()))
            .collect(),
        plain: values
            .iter()
            .filter_map(|(path, value)| Some((*path, value.plain.clone()?)))
            .collect(),
        identity: values
            .iter()
            .filter_map(|(path, value)| Some((*path, value.identity.clone()?)))
            .collect(),
        data_space: look
            .plain(ConfigPath::DataSpaceId)
            .and_then(|id| DataSpaceId::parse(id).ok()),
        versions: look.versions.clone(),
    }
}

fn put_seen(evidence: &mut Vec<Evidence>, instance: &Instance, seen: Seen) {
    match evidence.iter_mut().find(|e| e.instance == instance.id) {
        Some(known) => known.seen = Some(seen),
        None => evidence.push(Evidence {
            instance: instance.id.clone(),
            at: seen.at,
            verdict: Verdict {
                state: ConnectionState::Unknown,
                reason: Remark::new("neverChecked", "It was never checked."),
                findings: Vec::new(),
            },
            seen: Some(seen),
            adobe: None,
            connected_at: None,
        }),
    }
}

/// Other instances that hold or are assigned the data space found here. Several ways into one
/// instance (P12) are one.
pub(crate) fn neighbours(
    instance: &Instance,
    look: &Look,
    instances: &[Instance],
    assignments: &[Assignment],
    evidence: &[Evidence],
) -> Vec<Neighbour> {
    let Some(space) = look.plain(ConfigPath::DataSpaceId) else {
        return Vec::new();
    };
    holders(
        instance,
        space,
        Some(&look.pin),
        instances,
        assignments,
        evidence,
    )
}

/// Other instances that hold or are assigned a data space.
pub(crate) fn holders(
    instance: &Instance,
    space: &str,
    pin: Option<&crate::instance::Pin>,
    instances: &[Instance],
    assignments: &[Assignment],
    evidence: &[Evidence],
) -> Vec<Neighbour> {
    let mut found = Vec::new();
    for other in instances.iter().filter(|other| other.id != instance.id) {
        let same = instance.answers.same_as.contains(&other.id)
            || (pin.is_some() && other.pin.as_ref() == pin);
        if same {
            continue;
        }
        let assigned = assignments
            .iter()
            .any(|a| a.instance == other.id && a.data_space.id.as_str() == space);
        let holds = evidence.iter().any(|e| {
            e.instance == other.id
                && e.seen
                    .as_ref()
                    .and_then(|s| s.data_space.as_ref())
                    .is_some_and(|id| id.as_str() == space)
        });
        if assigned || holds {
            found.push(Neighbour {
                name: other.name.clone(),
                live: other.role == Role::Live,
                assigned,
            });
        }
    }
    found
}

/// Exact fingerprints of what an instance should hold. A private key that is the assigned one in
/// another spelling counts as it: same numbers, other line ends.
pub(crate) async fn expected(
    assignment: Option<&Assignment>,
    pairs: &[KeyPair],
    look: Option<&Look>,
    patchbay: &Patchbay,
) -> Result<BTreeMap<ConfigPath, ExactFingerprint>> {
    let mut expected = BTreeMap::new();
    let Some(assignment) = assignment else {
        return Ok(expected);
    };
    let key = patchbay.fingerprint_key().await?;
    for purpose in Purpose::ALL {
        let Some(id) = assignment.pair(purpose) else {
            continue;
        };
        let Some(pair) = pairs.iter().find(|pair| &pair.id == id) else {
            return Err(Error::refused(
                "keyPairGone",
                "An assigned key pair is not in the records any more.",
                "Assign another one.",
            ));
        };
        if let Some(exact) = &pair.api_key_exact {
            expected.insert(purpose.api_key_path(), exact.clone());
        }
        if let Some(exact) = &pair.exact {
            let path = purpose.private_key_path();
            let there = look.and_then(|look| look.values.get(&path));
            let same = there.filter(|value| {
                value.identity.is_some()
                    && value.identity == pair.identity
                    && !value.looks_encrypted
            });
            expected.insert(
                path,
                same.map_or_else(|| exact.clone(), |value| value.exact.clone()),
            );
        }
    }
    for (path, value) in space_values(assignment) {
        expected.insert(path, key.exact(value.as_bytes()));
    }
    Ok(expected)
}

/// The five values of an assigned data space.
pub(crate) fn space_values(assignment: &Assignment) -> [(ConfigPath, String); 5] {
    let space = &assignment.data_space;
    [
        (ConfigPath::ProjectId, space.project_id.as_str().to_owned()),
        (ConfigPath::ProjectName, space.project_name.clone()),
        (ConfigPath::DataSpaceId, space.id.as_str().to_owned()),
        (ConfigPath::DataSpaceName, space.name.clone()),
        (ConfigPath::DataSpaceType, space.kind.as_str().to_owned()),
    ]
}
