//! Looking at every instance on a pair before a new one is created.
//!
//! Creating a pair at Adobe may switch the old one off, so nothing is created before it is known
//! that every instance can get the new one: reached, not another one, nothing fixed there, and as
//! it is assigned. Nothing is written here but the replacement's own record.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, MemberState, OldPair, Replacement, Stage};
use crate::assignment::Assignment;
use crate::config::{Part, Purpose};
use crate::connection::held::expected;
use crate::connection::judge::short_name;
use crate::error::{Error, Result};
use crate::id::InstanceId;
use crate::instance::adding::{refuse_another, ssh_way};
use crate::instance::{Instance, Role, SshWay, Way};
use crate::keypair::{KeyPair, KeyPairState};
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::push::guards::{Effect, GuardFinding};
use crate::push::many;
use crate::push::plan::{self, PlanInput, PlanKind, Shown, Wanted};
use crate::push::prepare::Prepared;
use crate::push::run::refuse_missing;

/// What a survey found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The pair that is to be replaced.
    pub old: KeyPair,
    /// Every instance on it, in the order they would be worked on.
    pub instances: Vec<Surveyed>,
    /// The replacement, begun or brought up to date; `None` while something is in the way.
    pub replacement: Option<Replacement>,
}

/// What was found about one instance.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Which.
    pub instance: Instance,
    /// Why it cannot get a new pair now.
    pub obstacle: Option<Error>,
    /// What the guards will ask to be confirmed by the instance's name.
    pub confirm: Vec<GuardFinding>,
}

impl Patchbay {
    /// Looks at every instance on a pair and, where none is in the way, begins its replacement (or
    /// brings one that was begun up to date).
    ///
    /// # Errors
    /// No such pair, one that nobody uses or that is gone, the records or the keychain. What is in
    /// the way of one instance stands beside it.
    pub async fn survey_replacement(&self, old: &str) -> Result<Survey> {
        let old = self.key_pair_named(old, None).await?;
        refuse_gone(&old)?;
        let before = self.replacement_of(&old.id).await?;
        let instances = self.on_pair(&old, before.as_ref()).await?;
        self.settle_those(|id| instances.iter().any(|instance| &instance.id == id))
            .await?;
        let count = instances.len();
        let (pair, begun) = (&old, &before);
        let surveyed = many::at_once(self, instances, |instance| async move {
            self.survey_one(instance, pair, count > 1, begun.as_ref())
                .await
        })
        .await?;
        let surveyed: Vec<Surveyed> = surveyed.into_iter().flatten().collect();
        if surveyed.is_empty() {
            return Err(Error::refused(
                "nobodyUsesIt",
                format!("No instance is known to use \"{}\".", old.name),
                "There is nothing to replace: create the new pair, and delete this one at Adobe.",
            )
            .with("name", &old.name));
        }
        let clear = surveyed.iter().all(|one| one.obstacle.is_none());
        let replacement = match clear {
            true => Some(self.begin_replacement(&old, before, &surveyed).await?),
            false => None,
        };
        Ok(Survey {
            old,
            instances: surveyed,
            replacement,
        })
    }

    /// The instances on a pair, copies first and live ones last, and those of its account of which
    /// it is not known what they hold.
    async fn on_pair(&self, old: &KeyPair, begun: Option<&Replacement>) -> Result<Vec<Instance>> {
        let mut users = self.users_of(&old.id).await?;
        let evidence = self.ports.records.evidence().await?;
        for instance in self.instances().await? {
            let seen = evidence
                .iter()
                .any(|known| known.instance == instance.id && known.seen.is_some());
            let unknown =
                instance.account == old.account && matches!(instance.way, Way::Ssh(_)) && !seen;
            let member = begun.is_some_and(|one| {
                one.stage() != Stage::Ended
                    && one.members.iter().any(|each| each.instance == instance.id)
            });
            if (unknown || member) && !users.iter().any(|user| user.id == instance.id) {
                users.push(instance);
            }
        }
        users.sort_by_key(|instance| (risk(instance), instance.name.clone()));
        Ok(users)
    }

    async fn survey_one(
        &self,
        instance: Instance,
        old: &KeyPair,
        bulk: bool,
        begun: Option<&Replacement>,
    ) -> Option<Surveyed> {
        let mut confirm = Vec::new();
        let obstacle = match self.could_get_another(&instance, old, bulk, begun).await {
            Ok(None) => return None,
            Ok(Some(said)) => {
                let (blocked, asked): (Vec<_>, Vec<_>) = said
                    .into_iter()
                    .filter(|finding| finding.effect != Effect::Warning)
                    .partition(|finding| finding.effect == Effect::Blocked);
                confirm = asked;
                blocked.into_iter().next().map(|finding| {
                    Error::refused(
                        "blockedByGuard",
                        finding.text,
                        "Follow what the guard says, then look again.",
                    )
                })
            }
            Err(error) => Some(error),
        };
        Some(Surveyed {
            instance,
            obstacle,
            confirm,
        })
    }

    /// What the guards would say of another pair for this purpose; nothing where it has not to do
    /// with the old one, an error where it could not even be planned.
    async fn could_get_another(
        &self,
        instance: &Instance,
        old: &KeyPair,
        bulk: bool,
        begun: Option<&Replacement>,
    ) -> Result<Option<Vec<GuardFinding>>> {
        let way = ssh_way(instance)?.clone();
        let assignments = self.ports.records.assignments().await?;
        let assignment = assignments.into_iter().find(|a| a.instance == instance.id);
        let look = self.look_at(instance, &way, None).await??;
        self.spend_tokens(instance, &look.tokens).await?;
        refuse_another(instance, &look)?;
        let assigned = assignment.as_ref().and_then(|one| one.pair(old.purpose));
        let there = look.values.get(&old.purpose.private_key_path());
        let holds = there.is_some_and(|value| {
            value.identity.is_some() && value.identity == old.identity
                || old.exact.as_ref() == Some(&value.exact)
        });
        let member = |one: &Replacement| one.members.iter().any(|m| m.instance == instance.id);
        if !holds && assigned != Some(&old.id) && !begun.is_some_and(member) {
            return Ok(None);
        }
        refuse_missing(instance, &look)?;
        // One that has its new pair already is only to be reached.
        let moved = |one: &Replacement| has_moved(one, instance, assignment.as_ref());
        if !begun.is_some_and(moved) {
            self.refuse_drifted(instance, assignment.as_ref(), old, &look)
                .await?;
        }
        let prepared = any_pair(instance, way, self.any_wanted(old.purpose).await?, bulk);
        let mut plan = plan::make(&PlanInput {
            instance: &instance.id,
            name: &instance.name,
            kind: &prepared.kind,
            parts: &prepared.parts,
            wanted: &prepared.wanted,
            payments: &prepared.payments_beside(&look, None),
            look: &look,
        });
        plan.guards = self.guards(&prepared, &plan, &look, None).await?;
        Ok(Some(plan.guards))
    }

    /// A pair that nobody has, so that the plan changes both of its values everywhere.
    async fn any_wanted(
        &self,
        purpose: Purpose,
    ) -> Result<BTreeMap<crate::config::ConfigPath, Wanted>> {
        let key = self.fingerprint_key().await?;
        let other = |path| {
            let exact = key.exact(self.opaque_id()?.as_bytes());
            let shown = Shown::Unreadable;
            Ok((path, Wanted::Set { exact, shown }))
        };
        [purpose.api_key_path(), purpose.private_key_path()]
            .into_iter()
            .map(other)
            .collect()
    }

    /// Refuses an instance that does not hold what is assigned to it: a replacement must change one
    /// pair and nothing else.
    async fn refuse_drifted(
        &self,
        instance: &Instance,
        assignment: Option<&Assignment>,
        old: &KeyPair,
        look: &Look,
    ) -> Result<()> {
        let Some(assignment) = assignment else {
            return Err(Error::refused(
                "notAssigned",
                format!("Nothing is assigned to \"{}\" yet.", instance.name),
                "Adopt what it holds, so that Patchbay knows what to keep.",
            ));
        };
        let pairs = self.key_pairs().await?;
        let key = self.fingerprint_key().await?;
        let (wanted, _) = expected(Some(assignment), &pairs, Some(look), &key);
        let differs: Vec<&str> = wanted
            .iter()
            .filter(|(path, exact)| look.exact(**path) != Some(*exact))
            .map(|(path, _)| short_name(*path))
            .collect();
        if !differs.is_empty() || assignment.pair(old.purpose) != Some(&old.id) {
            return Err(Error::refused(
                "differsFromAssignment",
                format!(
                    "\"{}\" does not hold what is assigned to it ({}); a replacement changes one pair and nothing else.",
                    instance.name,
                    if differs.is_empty() { "another pair".to_owned() } else { differs.join(", ") },
                ),
                "Apply what is assigned, or adopt what it holds, then look again.",
            )
            .with("name", &instance.name)
            .with("values", differs.join(", ")));
        }
        Ok(())
    }

    async fn begin_replacement(
        &self,
        old: &KeyPair,
        before: Option<Replacement>,
        surveyed: &[Surveyed],
    ) -> Result<Replacement> {
        let mut replacement = match before {
            Some(one) if one.stage() != Stage::Ended => one,
            before => Replacement {
                id: match before {
                    Some(ended) => ended.id,
                    None => self.new_replacement_id()?,
                },
                account: old.account.clone(),
                purpose: old.purpose,
                old: old.id.clone(),
                new: None,
                members: Vec::new(),
                old_pair: OldPair::NotKnown,
                began_at: self.ports.clock.now(),
                ended_at: None,
            },
        };
        let known = replacement.members.clone();
        let state = |id: &InstanceId| {
            known
                .iter()
                .find(|member| &member.instance == id)
                .map_or(MemberState::Planned, |member| member.state)
        };
        replacement.members = surveyed
            .iter()
            .map(|one| Member {
                instance: one.instance.id.clone(),
                state: state(&one.instance.id),
            })
            .collect();
        self.ports.records.save_replacement(&replacement).await?;
        Ok(replacement)
    }
}

fn refuse_gone(old: &KeyPair) -> Result<()> {
    match old.state {
        KeyPairState::Ready | KeyPairState::HeldByInstance | KeyPairState::Lost => Ok(()),
        _ => Err(Error::refused(
            "pairNotUsable",
            format!(
                "\"{}\" cannot be replaced: it is {}.",
                old.name,
                old.state.as_str()
            ),
            "Choose the pair that the instances use now.",
        )),
    }
}

/// Whether an instance may hold the new pair already, so that it need not be as it was assigned.
fn has_moved(begun: &Replacement, instance: &Instance, assignment: Option<&Assignment>) -> bool {
    let written = begun
        .members
        .iter()
        .any(|member| member.instance == instance.id && member.state != MemberState::Planned);
    let assigned = assignment.and_then(|one| one.pair(begun.purpose)) == begun.new.as_ref();
    begun.stage() != Stage::Ended && begun.new.is_some() && (written || assigned)
}

/// What is lost if it goes wrong: a developer's copy first, a live shop last.
fn risk(instance: &Instance) -> u8 {
    match instance.role {
        _ if instance.is_live() => 3,
        Role::Development => 0,
        Role::Staging => 1,
        Role::LiveNotOpenYet | Role::Live => 2,
    }
}

fn any_pair(
    instance: &Instance,
    way: SshWay,
    wanted: BTreeMap<crate::config::ConfigPath, Wanted>,
    bulk: bool,
) -> Prepared {
    Prepared {
        instance: instance.clone(),
        way,
        kind: PlanKind::Assignment,
        parts: BTreeSet::from([Part::Keys]),
        wanted,
        values: BTreeMap::new(),
        data_space: None,
        pairs: Vec::new(),
        restore: None,
        left: BTreeMap::new(),
        left_payments: BTreeMap::new(),
        coming: None,
        confirmed: false,
        expected: None,
        bulk,
    }
}
