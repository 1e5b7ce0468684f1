//! Resync: after a change of data space the catalogue is sent again, feed by feed (P14).
//!
//! The instance's own command does it; here is decided whether it may, in which order, and when it
//! is done. Until then the instance carries a finding. Not here: how a feed is sent (transport).

use std::time::Duration;

use crate::config::ConfigPath;
use crate::connection::others::{Known, holders};
use crate::connection::{Evidence, Remark};
use crate::error::{Error, Result};
use crate::id::{DataSpaceId, InstanceId};
use crate::instance::adding::{refuse_another, ssh_way};
use crate::instance::{Instance, SshWay};
use crate::journal::{Action, ChangeLine};
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;
use crate::ports::keychain::Asked;
use crate::ports::transport::{FeedEnd, FeedsRequest, FeedsThere, ResyncRequest};
use crate::push::order::Cancel;
use crate::push::run::refuse_missing;

/// The code of the finding of an instance whose catalogue has to be sent again.
pub const DUE: &str = "resyncDue";

/// How long one feed may take where nobody says otherwise; large catalogues take hours
/// (docs/facts.md, sending the catalogue again).
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(4 * 3_600);

/// The order in which Adobe's pages send feeds; what is not in it comes after, by name.
const ORDER: [&str; 10] = [
    "scopesWebsite",
    "scopesCustomerGroup",
    "productAttributes",
    "categories",
    "products",
    "prices",
    "variants",
    "productOverrides",
    "categoryPermissions",
    "inventoryStockStatus",
];

/// An instance whose catalogue has to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResyncDue {
    /// Which.
    pub instance: InstanceId,
    /// Since when: the change of data space.
    pub since: UnixMillis,
    /// The feeds that were sent since.
    pub sent: Vec<String>,
}

/// An order to send the catalogue again.
#[derive(Clone, Debug)]
pub struct ResyncOrder {
    /// The instance's name or id.
    pub instance: String,
    /// The feeds, as the instance names them; all it has where empty.
    pub feeds: Vec<String>,
    /// How long each may take.
    pub limit: Duration,
    /// Raised to stop after the feed that is being sent.
    pub cancel: Cancel,
}

/// How far one feed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedStep {
    /// It is being sent.
    Begun,
    /// The instance printed this, cleaned.
    Said(String),
    /// It ended.
    Ended(FeedOutcome),
}

/// How one feed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedOutcome {
    /// The instance says that it sent everything.
    Sent,
    /// It says that it could not; its last words.
    Failed(String),
    /// It took too long and was ended.
    Late,
    /// The connection broke; why.
    Broken(String),
    /// It was not begun.
    Left,
}

impl FeedOutcome {
    /// The word in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            FeedOutcome::Sent => "sent",
            FeedOutcome::Failed(_) => "failed",
            FeedOutcome::Late => "timedOut",
            FeedOutcome::Broken(_) => "broken",
            FeedOutcome::Left => "left",
        }
    }
}

/// One feed of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedResult {
    /// Its name.
    pub feed: String,
    /// How it ended.
    pub outcome: FeedOutcome,
    /// How long it took, milliseconds.
    pub millis: u64,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResyncReport {
    /// The instance.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
    /// Every feed that was asked for, in the order it was sent.
    pub feeds: Vec<FeedResult>,
    /// The feeds that still have to be sent before the finding goes; empty where there is none.
    pub due: Vec<String>,
}

/// Told how far each feed is.
pub type OnFeed<'a> = &'a (dyn Fn(&str, FeedStep) + Send + Sync);

/// Whether a text can be a feed's name; it becomes an argument on the instance.
pub fn is_feed(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=80).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(fine)
}

impl Patchbay {
    /// Sends the catalogue again, one feed after the other.
    ///
    /// # Errors
    /// No such instance or feed, not reachable, not the instance that was added, a data space that
    /// is not its own, or another push at work. What happens to one feed is in the report.
    pub async fn resync(&self, order: &ResyncOrder, on_feed: OnFeed<'_>) -> Result<ResyncReport> {
        let instance = self.instance_named(&order.instance).await?;
        let way = ssh_way(&instance)?.clone();
        let Some(_lock) = self.ports.records.lock_instance(&instance.id).await? else {
            return Err(crate::ports::transport::TransportError::Busy.into());
        };
        let there = self.feeds_of(&instance, &way).await?;
        let data_space = self.own_space(&instance, &there.look).await?;
        let feeds = chosen(&order.feeds, &there.names)?;
        let mut results: Vec<FeedResult> = Vec::new();
        let mut broken = false;
        for feed in feeds {
            let started = self.ports.clock.monotonic();
            let outcome = if broken || order.cancel.is_raised() {
                FeedOutcome::Left
            } else {
                on_feed(&feed, FeedStep::Begun);
                self.send(&way, &feed, &there.look, &data_space, order, on_feed)
                    .await?
            };
            broken |= matches!(outcome, FeedOutcome::Broken(_));
            on_feed(&feed, FeedStep::Ended(outcome.clone()));
            if outcome == FeedOutcome::Sent {
                self.note_sent(&instance.id, &feed, &there.names).await?;
            }
            let took = self.ports.clock.monotonic().saturating_sub(started);
            results.push(FeedResult {
                feed,
                outcome,
                millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            });
        }
        if results.iter().any(|one| one.outcome == FeedOutcome::Sent) {
            self.journal_note(&instance, Action::Resync).await?;
        }
        let due = self.resync_due(&instance.id).await?;
        let names = ordered(&there.names);
        Ok(ResyncReport {
            instance: instance.id,
            name: instance.name,
            feeds: results,
            due: due.map_or_else(Vec::new, |due| left(&names, &due.sent)),
        })
    }

    async fn feeds_of(&self, instance: &Instance, way: &SshWay) -> Result<FeedsThere> {
        let request = FeedsRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            asked: Asked::ByUser,
        };
        let there = self.ports.transport.feeds(way, &request).await?;
        refuse_another(instance, &there.look)?;
        refuse_missing(instance, &there.look)?;
        if there.names.is_empty() {
            return Err(Error::refused(
                "noFeeds",
                format!(
                    "\"{}\" has no catalogue feeds to send (bin/magento saas:resync).",
                    instance.name
                ),
                "Nothing needs to be sent, or ask your developer to install the services' export modules.",
            ));
        }
        Ok(there)
    }

    /// The data space in effect, if it is this instance's own: the catalogue of a copy must not
    /// end up in somebody else's.
    async fn own_space(&self, instance: &Instance, look: &Look) -> Result<DataSpaceId> {
        let id = look
            .plain(ConfigPath::DataSpaceId)
            .and_then(|id| DataSpaceId::parse(id).ok())
            .ok_or_else(|| {
                Error::refused(
                    "noDataSpace",
                    format!("\"{}\" has no data space to send to.", instance.name),
                    "Assign one and push it first.",
                )
            })?;
        let instances = self.instances().await?;
        let assignments = self.ports.records.assignments().await?;
        let evidence = self.ports.records.evidence().await?;
        let known = Known {
            instances: &instances,
            assignments: &assignments,
            evidence: &evidence,
        };
        let mut others = holders(instance, id.as_str(), Some(&look.pin), &known).into_iter();
        let mine = assignments.iter().find(|a| a.instance == instance.id);
        if let Some(other) = others.find(|other| other.assigned || mine.is_none()) {
            return Err(Error::refused(
                "dataSpaceUsedElsewhere",
                format!(
                    "The data space that \"{}\" has belongs to {} (G3); its catalogue would be mixed into that one's.",
                    instance.name, other.name
                ),
                "Give it a data space of its own first.",
            ));
        }
        if mine.is_some_and(|assigned| assigned.data_space.id != id) {
            return Err(Error::refused(
                "notItsDataSpace",
                format!(
                    "\"{}\" holds another data space than the one assigned to it; its catalogue would go there.",
                    instance.name
                ),
                "Look at the plan and push it first, or adopt what it holds.",
            ));
        }
        Ok(id)
    }

    async fn send(
        &self,
        way: &SshWay,
        feed: &str,
        look: &Look,
        data_space: &DataSpaceId,
        order: &ResyncOrder,
        on_feed: OnFeed<'_>,
    ) -> Result<FeedOutcome> {
        let request = ResyncRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            feed: feed.to_owned(),
            identity: look.pin.identity.clone(),
            data_space: data_space.clone(),
            limit: order.limit,
            asked: Asked::ByUser,
        };
        let on_line = |line: &str| {
            if !line.is_empty() {
                on_feed(feed, FeedStep::Said(line.to_owned()));
            }
        };
        let sent = self.ports.transport.resync(way, &request, &on_line).await;
        Ok(match sent {
            Ok(FeedEnd::Sent) => FeedOutcome::Sent,
            Ok(FeedEnd::Failed(why)) => FeedOutcome::Failed(why),
            Ok(FeedEnd::Late) => FeedOutcome::Late,
            Ok(FeedEnd::Changed) => FeedOutcome::Broken(
                "the instance or its data space is not the one that was looked at".to_owned(),
            ),
            Err(error) => FeedOutcome::Broken(error.to_string()),
        })
    }

    async fn resync_due(&self, id: &InstanceId) -> Result<Option<ResyncDue>> {
        let all = self.ports.records.resyncs_due().await?;
        Ok(all.into_iter().find(|due| &due.instance == id))
    }

    /// Notes that a feed was sent; with the last one the finding goes.
    async fn note_sent(&self, id: &InstanceId, feed: &str, all: &[String]) -> Result<()> {
        let Some(mut due) = self.resync_due(id).await? else {
            return Ok(());
        };
        if !due.sent.iter().any(|sent| sent == feed) {
            due.sent.push(feed.to_owned());
        }
        if !left(all, &due.sent).is_empty() {
            return Ok(self.ports.records.save_resync_due(&due).await?);
        }
        self.ports.records.remove_resync_due(id).await?;
        let evidence = self.ports.records.evidence().await?;
        if let Some(mut known) = evidence.into_iter().find(|one| &one.instance == id) {
            known.verdict.findings.retain(|finding| finding.code != DUE);
            self.ports.records.save_evidence(&known).await?;
        }
        Ok(())
    }

    /// After something was written: a new data space in place of another makes the catalogue due, and
    /// where there is none any more nothing is.
    pub(crate) async fn note_space(&self, id: &InstanceId, changes: &[ChangeLine]) -> Result<()> {
        let space = |change: &&ChangeLine| change.path == ConfigPath::DataSpaceId.as_str();
        let Some(change) = changes.iter().find(space) else {
            return Ok(());
        };
        match (change.from.1.is_empty(), change.to.1.is_empty()) {
            (_, true) => self.ports.records.remove_resync_due(id).await?,
            (true, false) => {}
            (false, false) => {
                let due = ResyncDue {
                    instance: id.clone(),
                    since: self.ports.clock.now(),
                    sent: Vec::new(),
                };
                self.ports.records.save_resync_due(&due).await?;
            }
        }
        Ok(())
    }
}

/// The finding of an instance whose catalogue is due.
pub(crate) fn finding(due: &ResyncDue) -> Remark {
    let sent = match due.sent.len() {
        0 => String::new(),
        count => format!(" ({count} feeds were sent)"),
    };
    Remark::new(
        DUE,
        format!(
            "Its data space was changed; search and recommendations stay empty until the catalogue is sent again (resync){sent}."
        ),
    )
}

/// Whether an instance's catalogue was due when it was last looked at.
pub fn is_due(evidence: &Evidence) -> bool {
    let mut findings = evidence.verdict.findings.iter();
    findings.any(|finding| finding.code == DUE)
}

fn left(all: &[String], sent: &[String]) -> Vec<String> {
    all.iter()
        .filter(|feed| !sent.contains(feed))
        .cloned()
        .collect()
}

/// Feeds in the order in which they are sent.
fn ordered(names: &[String]) -> Vec<String> {
    let place = |name: &String| {
        let known = ORDER.iter().position(|one| one.eq_ignore_ascii_case(name));
        (known.unwrap_or(ORDER.len()), name.clone())
    };
    let mut names = names.to_vec();
    names.sort_by_key(place);
    names
}

fn chosen(wanted: &[String], there: &[String]) -> Result<Vec<String>> {
    if wanted.is_empty() {
        return Ok(ordered(there));
    }
    let mut chosen: Vec<String> = Vec::new();
    for feed in wanted {
        let known = there
            .iter()
            .find(|one| one.eq_ignore_ascii_case(feed.trim()));
        let known = known.ok_or_else(|| {
            Error::refused(
                "noSuchFeed",
                format!(
                    "The instance has no feed \"{}\".",
                    crate::text::outside(feed, 80)
                ),
                format!("It has: {}.", ordered(there).join(", ")),
            )
        })?;
        if !chosen.contains(known) {
            chosen.push(known.clone());
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_are_sent_in_adobes_order_whatever_their_capitals() {
        let names = [
            "zebra",
            "prices",
            "productattributes",
            "scopesWebsite",
            "apples",
        ];
        let names = names.map(str::to_owned);
        assert_eq!(
            ordered(&names),
            [
                "scopesWebsite",
                "productattributes",
                "prices",
                "apples",
                "zebra"
            ]
        );
        let twice = ["Prices".to_owned(), "prices".to_owned()];
        assert_eq!(chosen(&twice, &names).unwrap(), ["prices"]);
        let none = chosen(&["orders".to_owned()], &names).unwrap_err();
        assert_eq!(none.code(), "noSuchFeed");
    }

    #[test]
    fn what_is_no_name_never_becomes_an_argument() {
        for fine in ["products", "scopesWebsite", "a_b-c1"] {
            assert!(is_feed(fine), "{fine}");
        }
        for bad in [
            "",
            "-x",
            "--cleanup-feed",
            "a b",
            "a;b",
            "ä",
            &"a".repeat(81),
        ] {
            assert!(!is_feed(bad), "{bad:?}");
        }
    }
}
