//! `check`.

use patchbay_contract::connection::{CheckReport, CheckedInstance};
use patchbay_core::connection::ConnectionState;
use patchbay_core::connection::check::Checked;
use patchbay_core::connection::sign_in::renewals;
use patchbay_core::instance::Instance;

use super::Desk;
use super::start::{Needs, look_after};
use crate::args::CheckArgs;
use crate::exit::{Done, Exit};
use crate::output::Page;
use crate::words;

pub(super) async fn run(desk: &Desk, args: CheckArgs) -> Done {
    look_after(desk, Needs::NoKeychain).await?;
    let checked = desk.patchbay.check(&args.names).await?;
    let document = CheckReport {
        instances: checked.iter().map(CheckedInstance::from).collect(),
    };
    desk.output.answer(&document, |page| {
        for (found, shown) in checked.iter().zip(&document.instances) {
            show(page, found, shown);
        }
        let expired = checked
            .iter()
            .filter(|found| found.evidence.verdict.reason.code == "signInExpired");
        renew(page, expired.map(|found| &found.instance));
        if checked.is_empty() {
            page.line("There is no instance yet. Add one: patchbayctl instance add --help");
        }
    });
    let all = checked
        .iter()
        .all(|found| found.evidence.verdict.state == ConnectionState::Connected);
    Ok(if all { Exit::Well } else { Exit::Failed })
}

fn show(page: &mut Page, found: &Checked, shown: &CheckedInstance) {
    let evidence = &found.evidence;
    let verdict = &evidence.verdict;
    page.line(format!(
        "{}: {}",
        shown.name,
        words::state(verdict.state, evidence.connected_at)
    ));
    page.line(format!("  {}", verdict.reason.text));
    for finding in &verdict.findings {
        page.line(format!("  Also: {}", finding.text));
    }
    if let Some(adobe) = &evidence.adobe {
        page.line(format!(
            "  Adobe answered at {}: production {}, sandbox {}",
            words::time(adobe.at),
            answer(adobe.production.as_str()),
            answer(adobe.sandbox.as_str())
        ));
    }
    if let Some(seen) = &evidence.seen {
        page.line(format!(
            "  Values read at {}: {} of 9 present",
            words::time(seen.at),
            seen.exact.len()
        ));
    }
    if let Some(flow) = evidence.seen.as_ref().and_then(|seen| seen.flow) {
        if let Some(sent) = flow.sent_at {
            page.line(format!("  Data last sent at {}", words::time(sent)));
        }
        if let Some(since) = flow.failing_since {
            page.line(format!("  Sending data fails since {}", words::time(since)));
        }
    }
    page.line(format!("  Next: {}", shown.next));
}

/// Says once for each project what renews its sign-in.
pub(super) fn renew<'a>(page: &mut Page, expired: impl IntoIterator<Item = &'a Instance>) {
    for renewal in renewals(expired) {
        page.line(format!(
            "The sign-in to the Cloud project {} has expired ({}). Renew it once: {}",
            renewal.project,
            renewal.instances.join(", "),
            renewal.command
        ));
    }
}

fn answer(word: &str) -> &str {
    match word {
        "notProvable" => "not provable",
        word => word,
    }
}
