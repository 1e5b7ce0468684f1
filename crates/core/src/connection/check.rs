//! Checking instances: look, let Adobe answer about the keys that are really there, judge.
//!
//! The instance signs with the connector's own signer; Patchbay itself asks the gateways of its own
//! settings. An instance's word alone never makes a light green.

use std::time::Duration;

use super::age::{Holding, standing_with};
use super::held::{expected, is_consistent, put_seen, put_shop, seen};
use super::judge::{Case, judge};
use super::others::{self, Known};
use super::shop::{ShopSeen, shows_another, watched};
use super::{AdobeProof, ConnectionState, Evidence, PairAnswer, Remark, Seen, Verdict};
use crate::account::Account;
use crate::assignment::Assignment;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::fingerprint::FingerprintKey;
use crate::id::InstanceId;
use crate::instance::{Instance, SshWay, Way};
use crate::keypair::{KeyPair, KeyPairState};
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::crypto::SealPublic;
use crate::ports::keychain::Asked;
use crate::ports::records::RecordsError;
use crate::ports::transport::{LookRequest, TransportError};
use crate::push::many;
use crate::push::order::Cancel;
use crate::resync;
use crate::text;
use crate::token;

/// What a check of one instance found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The instance.
    pub instance: Instance,
    /// What was found, as it is remembered now.
    pub evidence: Evidence,
}

/// How far the check of one instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookStep {
    /// It is looked at, and Adobe is asked.
    Looking,
    /// That is done; it is judged together with the others.
    Looked,
}

/// What is told while a check runs.
pub type OnLook<'a> = &'a (dyn Fn(&Instance, LookStep) + Send + Sync);

/// A look with what Adobe said about it, before it is judged.
pub(crate) struct Gathered {
    pub(crate) instance: Instance,
    /// When the look ended.
    pub(crate) at: UnixMillis,
    pub(crate) look: Option<std::result::Result<Look, TransportError>>,
    pub(crate) adobe: Option<AdobeProof>,
    /// What its shop showed meanwhile.
    pub(crate) shop: Option<ShopSeen>,
    /// When Adobe had answered, by the forward-only clock.
    pub(crate) forward: Duration,
}

impl Patchbay {
    /// Checks the named instances, all of them where `names` is empty, several at once.
    ///
    /// # Errors
    /// An unknown name, or records that cannot be used at all. An instance that cannot be reached
    /// is an answer, and so is trouble of ours with one instance alone.
    pub async fn check(&self, names: &[String]) -> Result<Vec<Checked>> {
        self.check_aloud(names, &Cancel::default(), &|_, _| {})
            .await
    }

    /// As [`Patchbay::check`], telling how far it is. After `cancel` is raised no further instance
    /// is looked at; those already looked at are judged and answered.
    ///
    /// # Errors
    /// As [`Patchbay::check`].
    pub async fn check_aloud(
        &self,
        names: &[String],
        cancel: &Cancel,
        on_look: OnLook<'_>,
    ) -> Result<Vec<Checked>> {
        let instances = self.chosen(names).await?;
        let gathered = many::at_once(self, instances, |instance| async move {
            if cancel.is_raised() {
                return Ok(None);
            }
            let own = instance.clone();
            on_look(&own, LookStep::Looking);
            let found = self.gather_or_say(instance).await;
            on_look(&own, LookStep::Looked);
            found.map(Some)
        })
        .await?;
        let gathered = gathered.into_iter().collect::<Result<Vec<_>>>()?;
        self.judge_all(gathered.into_iter().flatten().collect())
            .await
    }

    async fn gather_or_say(&self, instance: Instance) -> Result<Gathered> {
        let own = instance.clone();
        self.gather(instance).await.or_else(|error| {
            if is_hopeless(&error) {
                return Err(error);
            }
            tracing::warn!(instance = %own.id, %error, "one instance could not be checked");
            Ok(Gathered {
                look: Some(Err(TransportError::Local {
                    detail: text::outside(&error.to_string(), 200),
                })),
                ..self.unseen(own)
            })
        })
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

    /// Looks at an instance. Its tokens are to be proven or spent by whoever asked.
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
        let look = self.ports.transport.look(way, &request).await;
        Ok(look.and_then(|look| {
            if look.nonce == request.nonce {
                Ok(look)
            } else {
                Err(TransportError::Garbled {
                    detail: "it answers another run".to_owned(),
                })
            }
        }))
    }

    /// From which second of its own clock on an instance may sign: later than its last token.
    pub(crate) async fn sign_after(&self, instance: &Instance) -> Result<i64> {
        let last = self.ports.records.last_token_expiry(&instance.id).await?;
        Ok((last - token::LIFETIME).max(0))
    }

    /// Nothing was seen of an instance.
    fn unseen(&self, instance: Instance) -> Gathered {
        Gathered {
            instance,
            at: self.ports.clock.now(),
            look: None,
            adobe: None,
            shop: None,
            forward: self.ports.clock.monotonic(),
        }
    }

    /// Looks at an instance and, meanwhile, at its shop as visitors see it.
    async fn gather(&self, instance: Instance) -> Result<Gathered> {
        let shop = self.ask_shop(&instance);
        let (gathered, shop) = futures_util::join!(self.gather_inside(instance.clone()), shop);
        let mut gathered = gathered?;
        // Both belong to this check, whichever came first.
        gathered.shop = shop.map(|shop| ShopSeen {
            at: shop.at.max(gathered.at),
            ..shop
        });
        Ok(gathered)
    }

    async fn gather_inside(&self, mut instance: Instance) -> Result<Gathered> {
        let Way::Ssh(way) = instance.way.clone() else {
            return Ok(self.unseen(instance));
        };
        let run = self.new_run();
        let look = self.look_at(&instance, &way, None).await?;
        let at = self.ports.clock.now();
        match look {
            Ok(look) => {
                self.pin_first(&mut instance, &look).await?;
                let (look, adobe) = self.prove(&instance, &way, look, run).await?;
                Ok(Gathered {
                    at,
                    look: Some(Ok(look)),
                    adobe: Some(adobe),
                    ..self.unseen(instance)
                })
            }
            Err(error) => Ok(Gathered {
                at,
                look: Some(Err(error)),
                ..self.unseen(instance)
            }),
        }
    }

    /// Remembers who an instance is, where it was never reached before.
    pub(crate) async fn pin_first(&self, instance: &mut Instance, look: &Look) -> Result<()> {
        if instance.pin.is_none() {
            instance.pin = Some(look.pin.clone());
            self.ports.records.save_instance(instance).await?;
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
        let key = self.fingerprint_key().await?;
        let resyncs = self.ports.records.resyncs_due().await?;
        for found in &gathered {
            if let Some(shop) = &found.shop {
                put_shop(&mut evidence, &found.instance, shop);
            }
            if let Some(Ok(look)) = &found.look {
                let seen = seen(look, found.at);
                put_seen(&mut evidence, &found.instance, seen);
            }
        }
        let around = Around {
            known: Known {
                instances: &instances,
                assignments: &assignments,
                evidence: &evidence,
            },
            pairs: &pairs,
            accounts: &accounts,
            key: &key,
        };
        let mut checked = Vec::new();
        for found in gathered {
            let mut verdict = self.verdict(&found, &around);
            let due = resyncs.iter().find(|due| due.instance == found.instance.id);
            verdict.findings.extend(due.map(resync::finding));
            let mut record = self.record(&found, verdict, &evidence);
            self.remember(&found, &mut record, &pairs).await?;
            checked.push(Checked {
                instance: found.instance,
                evidence: record,
            });
        }
        let connected = |id: &InstanceId| {
            let mut found = checked.iter();
            found.any(|one| {
                &one.evidence.instance == id
                    && one.evidence.verdict.state == ConnectionState::Connected
            })
        };
        let proven: Vec<&Assignment> = assignments
            .iter()
            .filter(|assignment| connected(&assignment.instance))
            .collect();
        if let Err(error) = self.note_proven(&proven).await {
            tracing::warn!(%error, "what instances were proven with could not be remembered");
        }
        let here: Vec<&InstanceId> = checked.iter().map(|one| &one.instance.id).collect();
        self.judge_neighbours(&here, &instances, &assignments)
            .await?;
        Ok(checked)
    }

    /// Says of instances that were not looked at now what changed for them by those that were: who
    /// shares a data space with whom. Read anew, so that what another process has just found out
    /// is not overwritten.
    async fn judge_neighbours(
        &self,
        checked: &[&InstanceId],
        instances: &[Instance],
        assignments: &[Assignment],
    ) -> Result<()> {
        let evidence = self.ports.records.evidence().await?;
        let known = Known {
            instances,
            assignments,
            evidence: &evidence,
        };
        for record in &evidence {
            let Some(instance) = instances.iter().find(|one| one.id == record.instance) else {
                continue;
            };
            if checked.contains(&&record.instance) {
                continue;
            }
            if let Some(verdict) = others::judged_again(instance, record, &known) {
                let mut changed = record.clone();
                changed.verdict = verdict;
                self.ports.records.save_evidence(&changed).await?;
            }
        }
        Ok(())
    }

    fn verdict(&self, found: &Gathered, around: &Around<'_>) -> Verdict {
        if found.instance.way == Way::WatchOnly {
            return self.watched_verdict(found, around);
        }
        let assignment = around
            .known
            .assignments
            .iter()
            .find(|a| a.instance == found.instance.id);
        let look = found.look.as_ref().and_then(|look| look.as_ref().ok());
        let now_seen = look.and_then(|_| seen_of(&around.known, &found.instance));
        let others = look.map_or_else(Vec::new, |look| {
            others::neighbours(&found.instance, look, &around.known)
        });
        let twins = look.map_or_else(Vec::new, |look| {
            others::twins(&found.instance, &look.pin, around.known.instances)
        });
        let (expected, gone) = expected(assignment, around.pairs, look, around.key);
        let mage_id = around
            .accounts
            .iter()
            .find(|a| a.id == found.instance.account)
            .and_then(|a| a.mage_id.as_ref());
        judge(&Case {
            instance: &found.instance,
            contact: found.look.as_ref().map(|look| look.as_ref()),
            adobe: found.adobe.as_ref(),
            expected,
            gone: &gone,
            assigned: assignment.map(|assignment| &assignment.data_space.id),
            others: &others,
            twins: &twins,
            mage_id,
            own_gateways: look.is_none_or(|look| self.own_gateways(look)),
            consistent: look.is_none_or(|look| is_consistent(look, around.key)),
            shop: shows_another(now_seen, found.shop.as_ref()),
        })
    }

    /// An entry of the same address is the same shop, however it is watched.
    fn watched_verdict(&self, found: &Gathered, around: &Around<'_>) -> Verdict {
        let own = &found.instance;
        let shop = found.shop.as_ref();
        let space = shop.and_then(ShopSeen::data_space);
        let mut others = space.map_or_else(Vec::new, |space| {
            others::holders(own, space.as_str(), None, &around.known)
        });
        others.retain(|other| {
            let entry = around.known.instances.iter();
            let mut entry = entry.filter(|one| one.name == other.name);
            !entry.any(|one| one.has_address_of(own))
        });
        watched(own, shop, &others)
    }

    /// Writes down what was found. What cannot be written is said with the rest, so that one
    /// instance's trouble does not hide the others' answers.
    async fn remember(
        &self,
        found: &Gathered,
        record: &mut Evidence,
        pairs: &[KeyPair],
    ) -> Result<()> {
        if found.adobe.is_some() {
            let at = record.adobe.as_ref().map_or(record.at, AdobeProof::last_at);
            self.note_answer_at(&record.instance, at, found.forward);
            self.note_look_at(&record.instance, found.at, found.forward);
        }
        let written = async {
            self.ports.records.save_evidence(record).await?;
            self.note_accepted(found, pairs).await
        };
        match written.await {
            Ok(()) => Ok(()),
            Err(error) if is_hopeless(&error) => Err(error),
            Err(error) => {
                tracing::warn!(instance = %record.instance, %error, "a check could not be written down");
                let text = format!("What was found could not be written down: {error}.");
                record
                    .verdict
                    .findings
                    .push(Remark::new("notRemembered", text).with("why", error.to_string()));
                Ok(())
            }
        }
    }

    /// Whether every gateway URL in effect on an instance is one of our settings, that of the pair
    /// in use among them.
    fn own_gateways(&self, look: &Look) -> bool {
        let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
        look.gateways.contains_key(&used)
            && look
                .gateways
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
            shop: found
                .shop
                .clone()
                .or_else(|| before.and_then(|e| e.shop.clone())),
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
            let signed = look.tokens.iter().find(|token| token.purpose == purpose);
            let api_key = signed.and_then(|token| token.api_key.as_ref());
            if proof.pair(purpose) != &PairAnswer::Accepted || identity.is_none() {
                continue;
            }
            let ours = pairs.iter().filter(|pair| {
                pair.purpose == purpose
                    && pair.identity.as_ref() == identity
                    && pair.api_key.as_ref() == api_key
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

    /// What is known of the named instances without asking anybody. Old proof fades: `connected` is
    /// shown only as long as it holds.
    ///
    /// # Errors
    /// An unknown name, or the records.
    pub async fn known(&self, names: &[String]) -> Result<Vec<(Instance, Option<Evidence>)>> {
        let evidence = self.ports.records.evidence().await?;
        let instances = self.chosen(names).await?;
        let now = self.ports.clock.now();
        let shown = |known: &Evidence| {
            let holding = Holding {
                since: known
                    .adobe
                    .as_ref()
                    .and_then(|adobe| self.since_answer(&known.instance, adobe.last_at())),
                since_look: self.since_look(&known.instance, known.seen.as_ref()),
                ..Holding::default()
            };
            Evidence {
                verdict: standing_with(Some(known), now, &holding),
                ..known.clone()
            }
        };
        Ok(instances
            .into_iter()
            .map(|instance| {
                let known = evidence.iter().find(|e| e.instance == instance.id);
                (instance, known.map(shown))
            })
            .collect())
    }

    /// Takes a stored green light back: something here changed that a check has to look at again.
    pub(crate) async fn doubt(&self, instance: &InstanceId) -> Result<()> {
        let evidence = self.ports.records.evidence().await?;
        let known = evidence.into_iter().find(|e| &e.instance == instance);
        if let Some(mut known) = known
            && known.verdict.state == ConnectionState::Connected
        {
            known.verdict.state = ConnectionState::Unverified;
            known.verdict.reason = Remark::new(
                "changedHere",
                "Its role, way in or assignment was changed here since it was last checked.",
            );
            self.ports.records.save_evidence(&known).await?;
        }
        Ok(())
    }
}

/// What is the same for every judgement of one check.
struct Around<'a> {
    known: Known<'a>,
    pairs: &'a [KeyPair],
    accounts: &'a [Account],
    key: &'a FingerprintKey,
}

/// Whether an error of ours concerns every instance, not just one.
fn is_hopeless(error: &Error) -> bool {
    matches!(
        error,
        Error::Records(RecordsError::Unusable { .. } | RecordsError::Newer { .. })
    )
}

fn seen_of<'a>(known: &Known<'a>, instance: &Instance) -> Option<&'a Seen> {
    let evidence = known.evidence.iter();
    let mut own = evidence.filter(|e| e.instance == instance.id);
    own.find_map(|e| e.seen.as_ref())
}
