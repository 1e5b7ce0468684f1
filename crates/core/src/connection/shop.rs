//! What a shop shows its visitors, beside what the instance says of itself.
//!
//! It can take a light away and never gives one: keys cannot be seen from outside. Pure rules, and
//! the two use cases that only look: an instance that is watched by its address, and any address.
//! Not here: how a shop is asked (the storefront port).

use super::judge::Neighbour;
use super::others::{self, Known, Sharing};
use super::{ConnectionState as State, Evidence, Remark, Seen, Verdict};
use crate::error::Result;
use crate::id::DataSpaceId;
use crate::instance::Instance;
use crate::instance::adding::checked_url;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::storefront::{ShopAnswer, ShopChannel, StorefrontError};
use crate::registry::{DataSpace, DataSpaceType};

/// What a shop showed when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSeen {
    /// When; never before the look of the same check.
    pub at: UnixMillis,
    /// The data space, or why none.
    pub said: std::result::Result<ShopAnswer, StorefrontError>,
}

impl ShopSeen {
    /// The data space shown, where one was.
    pub fn data_space(&self) -> Option<&DataSpaceId> {
        self.said.as_ref().ok().map(|answer| &answer.data_space)
    }
}

/// What a shop's visitors see of another data space than the instance says it has. What they saw
/// before the instance was last looked at counts no more.
pub fn shows_another<'a>(
    seen: Option<&Seen>,
    shop: Option<&'a ShopSeen>,
) -> Option<&'a ShopAnswer> {
    let (seen, shop) = (seen?, shop?);
    let answer = shop.said.as_ref().ok()?;
    let told = seen.data_space.as_ref()?;
    (shop.at >= seen.at && answer.data_space != *told).then_some(answer)
}

/// Why a light goes out when visitors see another data space.
pub(crate) fn another(answer: &ShopAnswer) -> Remark {
    let how = match answer.channel {
        ShopChannel::GraphQl => "Its shop works with",
        ShopChannel::Page => "A page of its shop, perhaps from a cache, shows",
    };
    Remark::new(
        "shopShowsAnother",
        format!(
            "{how} another data space ({}) than the instance shows to the command line.",
            answer.data_space
        ),
    )
    .with("dataSpace", answer.data_space.as_str())
}

/// What is to be said of an instance that is watched by its address only: never more than
/// `unverified`, and `unknown` where the shop shows nothing.
pub(crate) fn watched(
    instance: &Instance,
    shop: Option<&ShopSeen>,
    others: &[Neighbour],
) -> Verdict {
    let alone = |state, reason| Verdict {
        state,
        reason,
        findings: Vec::new(),
    };
    let answer = match shop.map(|shop| &shop.said) {
        None => {
            return alone(
                State::Unknown,
                Remark::new("neverChecked", "It was never checked."),
            );
        }
        Some(Err(error)) => return alone(state_of(error), unseen(error)),
        Some(Ok(answer)) => answer,
    };
    let mut matches = Vec::new();
    let mut findings = Vec::new();
    let space = answer.data_space.as_str();
    let sharing = Sharing::of(space, None, instance.is_live(), others);
    match (sharing.remark(), &sharing) {
        (Some(remark), Sharing::Carries(_)) => matches.push((State::DataSpaceConflict, remark)),
        (remark, _) => findings.extend(remark),
    }
    if let Some(remark) = answer.kind.and_then(|kind| against_role(kind, instance)) {
        matches.push((State::DataSpaceMismatch, remark));
    }
    matches.push((
        State::Unverified,
        Remark::new(
            "watchOnly",
            "It is watched by its address only; keys cannot be seen from outside.",
        ),
    ));
    let mut matches = matches.into_iter();
    let (state, reason) = matches
        .next()
        .unwrap_or_else(|| (State::Unknown, unseen(&StorefrontError::SaysNothing)));
    Verdict {
        state,
        reason,
        findings: matches.map(|(_, remark)| remark).chain(findings).collect(),
    }
}

/// A shop that was not reached is unreachable; one that shows nothing leaves everything unknown.
fn state_of(error: &StorefrontError) -> State {
    match error {
        StorefrontError::Unreachable { .. } | StorefrontError::TimedOut => State::Unreachable,
        _ => State::Unknown,
    }
}

/// Why visitors see nothing, as a sentence.
pub fn unseen(error: &StorefrontError) -> Remark {
    let text = super::judge::capital(&error.to_string());
    let remark = Remark::new(error.code(), text);
    match error {
        StorefrontError::NotAllowed { detail }
        | StorefrontError::Unreachable { detail }
        | StorefrontError::Unusable { detail } => remark.with("detail", detail),
        StorefrontError::SentElsewhere { host } => remark.with("host", host),
        StorefrontError::TimedOut | StorefrontError::SaysNothing => remark,
    }
}

fn against_role(kind: DataSpaceType, instance: &Instance) -> Option<Remark> {
    let confirmed = instance.answers.confirmed.iter().any(|id| id == "G4");
    match kind {
        DataSpaceType::Production if instance.is_copy() => Some(Remark::new(
            "productionOnCopy",
            "A Production data space on a copy mixes test data into live data.",
        )),
        DataSpaceType::Testing if instance.is_live() && !confirmed => Some(Remark::new(
            "testingOnLive",
            "A live instance sends its data to a Testing data space.",
        )),
        _ => None,
    }
}

/// What came of just looking at an address.
#[derive(Clone, Debug)]
pub struct ShopLooked {
    /// The address as it was asked.
    pub url: String,
    /// What its visitors see.
    pub said: std::result::Result<ShopAnswer, StorefrontError>,
    /// The data space as an assignment here knows it: name and project, where one does.
    pub known: Option<DataSpace>,
    /// Instances here that hold or are assigned the same data space.
    pub used_by: Vec<SameSpace>,
    /// Instances here that have this address.
    pub known_as: Vec<String>,
}

/// An instance with the same data space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameSpace {
    /// Its name.
    pub name: String,
    /// Whether it is a live shop.
    pub live: bool,
    /// Whether the data space is assigned to it; otherwise it was only seen there.
    pub assigned: bool,
}

impl Patchbay {
    /// Looks at any shop's address, as any visitor could. Nothing is kept.
    ///
    /// # Errors
    /// Text that is no address, or the records. A shop that shows nothing is an answer.
    pub async fn look_at_shop(&self, url: &str) -> Result<ShopLooked> {
        let url = checked_url(url)?;
        let said = self.ports.storefront.data_space(&url).await;
        let instances = self.instances().await?;
        let same_address = |instance: &&Instance| {
            let known = instance.url.as_deref().map(|url| url.trim_end_matches('/'));
            known == Some(url.trim_end_matches('/'))
        };
        let known_as: Vec<Instance> = instances.iter().filter(same_address).cloned().collect();
        let mut looked = ShopLooked {
            known_as: known_as.iter().map(|one| one.name.clone()).collect(),
            url,
            said,
            known: None,
            used_by: Vec::new(),
        };
        let Ok(answer) = &looked.said else {
            return Ok(looked);
        };
        let assignments = self.ports.records.assignments().await?;
        let evidence = self.ports.records.evidence().await?;
        let known = Known {
            instances: &instances,
            assignments: &assignments,
            evidence: &evidence,
        };
        let used = others::users(answer.data_space.as_str(), &known);
        looked.used_by = used
            .into_iter()
            .filter(|other| !looked.known_as.contains(&other.name))
            .map(|other| SameSpace {
                name: other.name,
                live: other.live,
                assigned: other.assigned,
            })
            .collect();
        let mut spaces = assignments.into_iter().map(|one| one.data_space);
        looked.known = spaces.find(|space| space.id == answer.data_space);
        Ok(looked)
    }

    /// Asks an instance's shop; `None` where its address is not known.
    pub(crate) async fn ask_shop(&self, instance: &Instance) -> Option<ShopSeen> {
        let url = instance.url.as_deref()?;
        let said = self.ports.storefront.data_space(url).await;
        Some(ShopSeen {
            at: self.ports.clock.now(),
            said,
        })
    }
}

impl Evidence {
    /// The data spaces an instance was last seen to work with: what it said itself, and what its
    /// shop showed since.
    pub(crate) fn data_spaces(&self) -> impl Iterator<Item = &DataSpaceId> {
        let seen = self.seen.as_ref();
        let told = seen.and_then(|seen| seen.data_space.as_ref());
        let shown = self
            .shop
            .as_ref()
            .filter(|shop| seen.is_none_or(|seen| shop.at >= seen.at));
        told.into_iter().chain(shown.and_then(ShopSeen::data_space))
    }
}
