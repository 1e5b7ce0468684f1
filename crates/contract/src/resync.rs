//! Sending the catalogue again: what is ordered, what is heard meanwhile, and what came of it.

use patchbay_core::push::order::Cancel;
use patchbay_core::resync::{DEFAULT_LIMIT, FeedOutcome, FeedStep, ResyncOrder, ResyncReport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Sends the catalogue again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ResyncRequest {
    /// The instance's id.
    pub instance: String,
    /// The feeds, as the instance names them; all it has where empty.
    pub feeds: Vec<String>,
}

impl From<ResyncRequest> for ResyncOrder {
    fn from(request: ResyncRequest) -> Self {
        Self {
            instance: request.instance,
            feeds: request.feeds,
            limit: DEFAULT_LIMIT,
            cancel: Cancel::default(),
        }
    }
}

/// How one feed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum FeedResultWord {
    /// The instance says that it sent everything.
    Sent,
    /// It says that it could not.
    Failed,
    /// It took too long and was ended.
    TimedOut,
    /// The connection broke.
    Broken,
    /// It was not begun.
    Left,
}

impl From<&FeedOutcome> for FeedResultWord {
    fn from(outcome: &FeedOutcome) -> Self {
        match outcome {
            FeedOutcome::Sent => Self::Sent,
            FeedOutcome::Failed(_) => Self::Failed,
            FeedOutcome::Late => Self::TimedOut,
            FeedOutcome::Broken(_) => Self::Broken,
            FeedOutcome::Left => Self::Left,
        }
    }
}

/// What is heard while the catalogue is sent; the result comes as the command's own answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum ResyncEvent {
    /// It runs; `cancel` takes this id. Always the first.
    Begun {
        /// The run's id.
        run: String,
    },
    /// A feed is being sent.
    Feed {
        /// Its name.
        feed: String,
    },
    /// The instance printed this meanwhile, cleaned.
    Said {
        /// The feed's name.
        feed: String,
        /// The words.
        text: String,
    },
    /// A feed ended.
    Ended {
        /// Its name.
        feed: String,
        /// How.
        outcome: FeedResultWord,
    },
}

impl ResyncEvent {
    /// The event for a step of the core.
    pub fn step(feed: &str, step: FeedStep) -> Self {
        let feed = feed.to_owned();
        match step {
            FeedStep::Begun => Self::Feed { feed },
            FeedStep::Said(text) => Self::Said { feed, text },
            FeedStep::Ended(outcome) => Self::Ended {
                feed,
                outcome: (&outcome).into(),
            },
        }
    }
}

/// `resync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ResyncDocument {
    /// The instance's id.
    pub id: String,
    /// The instance's name.
    pub name: String,
    /// Every feed that was asked for, in the order it was sent.
    pub feeds: Vec<FeedSent>,
    /// The feeds that still have to be sent before the finding goes.
    pub due: Vec<String>,
}

/// One feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FeedSent {
    /// Its name.
    pub feed: String,
    /// How it ended.
    pub outcome: FeedResultWord,
    /// The instance's last words about it, or what broke; `null` where it was sent.
    pub text: Option<String>,
    /// How long it took, milliseconds.
    #[ts(type = "number")]
    pub ms: u64,
}

impl From<&ResyncReport> for ResyncDocument {
    fn from(report: &ResyncReport) -> Self {
        let feeds = report.feeds.iter().map(|one| FeedSent {
            feed: one.feed.clone(),
            outcome: (&one.outcome).into(),
            text: match &one.outcome {
                FeedOutcome::Failed(text) | FeedOutcome::Broken(text) => Some(text.clone()),
                _ => None,
            },
            ms: one.millis,
        });
        Self {
            id: report.instance.as_str().to_owned(),
            name: report.name.clone(),
            feeds: feeds.collect(),
            due: report.due.clone(),
        }
    }
}
