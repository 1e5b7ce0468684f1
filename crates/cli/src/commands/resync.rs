//! `resync`: the catalogue is sent again, feed by feed.

use std::time::Duration;

use patchbay_contract::resync::{FeedResultWord, ResyncDocument};
use patchbay_core::push::order::Cancel;
use patchbay_core::resync::{FeedStep, ResyncOrder};

use super::Desk;
use super::push::watch;
use super::start::{Needs, look_after};
use crate::args::ResyncArgs;
use crate::exit::{Done, Exit};
use crate::terminal;

pub(super) async fn run(desk: &Desk, args: ResyncArgs) -> Done {
    look_after(desk, Needs::Keychain).await?;
    let order = ResyncOrder {
        instance: args.name,
        feeds: args.feed,
        limit: Duration::from_secs(args.minutes * 60),
        cancel: Cancel::default(),
    };
    let progress = terminal::shows_progress();
    let on_feed = move |feed: &str, step: FeedStep| {
        if progress {
            match step {
                FeedStep::Begun => terminal::say(&format!("{feed}: sending")),
                FeedStep::Said(text) => terminal::say(&format!("  {text}")),
                FeedStep::Ended(_) => {}
            }
        }
    };
    let watching = tokio::spawn(watch(
        order.cancel.clone(),
        "Stopping: the feed that is being sent is finished, no other is begun.",
    ));
    let report = desk.patchbay.resync(&order, &on_feed).await;
    watching.abort();
    let document = ResyncDocument::from(&report?);
    desk.output.answer(&document, |page| {
        page.line(format!("{}:", document.name));
        for feed in &document.feeds {
            let why = feed.text.as_deref().map(|text| format!(" ({text})"));
            page.line(format!(
                "  {}: {}{}",
                feed.feed,
                word(feed.outcome),
                why.unwrap_or_default()
            ));
        }
        if !document.due.is_empty() {
            page.line(format!("  Still to be sent: {}", document.due.join(", ")));
        }
    });
    let all = document
        .feeds
        .iter()
        .all(|feed| feed.outcome == FeedResultWord::Sent);
    Ok(if all { Exit::Well } else { Exit::Failed })
}

fn word(outcome: FeedResultWord) -> &'static str {
    match outcome {
        FeedResultWord::Sent => "sent",
        FeedResultWord::Failed => "could not be sent",
        FeedResultWord::TimedOut => "took too long and was ended",
        FeedResultWord::Broken => "the connection broke",
        FeedResultWord::Left => "not begun",
    }
}
