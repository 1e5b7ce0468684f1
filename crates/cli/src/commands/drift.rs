//! `drift`: what differs from the assignment, and the answers to it.

use patchbay_contract::instances::drift::{DriftPage, ToldValue};
use patchbay_core::connection::drift::Drift;

use super::Desk;
use super::start::{Needs, look_after};
use crate::args::DriftArgs;
use crate::exit::{Done, Exit};
use crate::output::Page;
use crate::words;

pub(super) async fn run(desk: &Desk, args: DriftArgs) -> Done {
    if args.accept {
        look_after(desk, Needs::Keychain).await?;
        desk.patchbay.accept_drift(&args.name).await?;
    }
    let drift = match args.later {
        Some(days) => desk.patchbay.remind_later(&args.name, days).await?,
        None => desk.patchbay.drift(&args.name).await?,
    };
    let document = DriftPage::from(&drift);
    desk.output.answer(&document, |page| {
        if args.accept {
            page.line(format!(
                "What \"{}\" holds is its assignment now.",
                document.instance
            ));
        } else {
            show(page, &drift, &document);
        }
    });
    let fine = args.accept || document.values.is_empty();
    Ok(if fine { Exit::Well } else { Exit::Failed })
}

fn show(page: &mut Page, drift: &Drift, document: &DriftPage) {
    let name = &document.instance;
    let Some(seen) = drift.seen_at else {
        page.line(format!(
            "\"{name}\" was never looked at. Check it: patchbayctl check \"{name}\""
        ));
        return;
    };
    page.line(format!("\"{name}\", read at {}", words::time(seen)));
    if document.values.is_empty() {
        page.line("  It held what it should.");
        return;
    }
    let rows: Vec<_> = document
        .values
        .iter()
        .map(|row| {
            [
                format!("  {}", row.path),
                told(&row.expected),
                told(&row.found),
            ]
        })
        .collect();
    page.table(["  Value", "Expected", "Found"], &rows);
    match &drift.last_push {
        Some(push) => page.line(format!(
            "  Last applied from here at {} by {} ({})",
            words::time(push.at),
            push.person,
            push.entry
        )),
        None => page.line("  Nothing was ever applied from here."),
    }
    if let Some(later) = drift.later {
        page.line(format!(
            "  You want to be reminded after {}.",
            words::time(later)
        ));
    }
    page.line(format!(
        "  Accept it:       patchbayctl drift \"{name}\" --accept"
    ));
    page.line(format!("  Apply again:     patchbayctl push \"{name}\""));
    page.line(format!(
        "  Remind me later: patchbayctl drift \"{name}\" --later 7"
    ));
}

fn told(value: &ToldValue) -> String {
    let shown = value.value.as_ref().or(value.fingerprint.as_ref());
    match shown {
        Some(text) => text.clone(),
        None if value.present => "present".to_owned(),
        None => "-".to_owned(),
    }
}
