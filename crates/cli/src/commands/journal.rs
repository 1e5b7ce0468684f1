//! `journal`.

use std::collections::BTreeSet;

use patchbay_contract::journal::{JournalDocument, JournalRow, JournalVerified, Telling, csv};
use patchbay_core::id::InstanceId;
use patchbay_core::journal::filter::Filter;
use patchbay_core::journal::{JournalCheck, JournalEvent, JournalLine};
use patchbay_core::text;

use super::Desk;
use crate::args::{ExportFormat, JournalCommand, JournalFilterArgs};
use crate::exit::{Done, Exit, Failure};
use crate::words;

pub(super) async fn run(desk: &Desk, command: JournalCommand) -> Done {
    match command {
        JournalCommand::List(filter) => list(desk, filter).await,
        JournalCommand::Verify => verify(desk).await,
        JournalCommand::Export {
            format,
            full,
            filter,
        } => export(desk, format, full, filter).await,
    }
}

/// The lines that were asked for.
async fn wanted(desk: &Desk, asked: JournalFilterArgs) -> Result<Vec<JournalLine>, Failure> {
    let patchbay = &desk.patchbay;
    let mut instances: Option<BTreeSet<InstanceId>> = None;
    let mut account = None;
    if !asked.instance.is_empty() || asked.account.is_some() {
        let (known, lines) = (patchbay.instances().await?, patchbay.journal().await?);
        for name in &asked.instance {
            let had = |event: &&JournalEvent| &event.instance_name == name;
            let then = lines.iter().map(|line| &line.event).filter(had);
            let now = known.iter().filter(|instance| &instance.name == name);
            let ids = then.map(|event| &event.instance);
            let mut ids = ids.chain(now.map(|instance| &instance.id)).peekable();
            if ids.peek().is_none() {
                return Err(no_such("instance", name));
            }
            let found = ids.cloned();
            instances.get_or_insert_default().extend(found);
        }
        if let Some(label) = &asked.account {
            let known = patchbay.accounts().await?;
            let now = known.into_iter().find(|one| &one.label == label);
            let mut then = lines
                .into_iter()
                .rev()
                .filter_map(|line| line.event.account);
            let id = now.map(|one| one.id);
            let id = id.or_else(|| Some(then.find(|one| &one.label == label)?.id));
            account = Some(id.ok_or_else(|| no_such("account", label))?);
        }
    }
    let filter = Filter {
        instances,
        account,
        person: asked.person,
        outcome: asked.outcome,
        since: asked.since,
        until: asked.until,
    };
    Ok(patchbay.journal_part(&filter).await?.lines)
}

fn no_such(what: &'static str, name: &str) -> Failure {
    let name = text::outside(name, text::NAME_MAX);
    patchbay_core::Error::NoSuch { what, name }.into()
}

fn document(lines: &[JournalLine], telling: Telling) -> JournalDocument {
    let rows = lines.iter().map(|line| JournalRow::new(line, telling));
    JournalDocument {
        lines: rows.collect(),
    }
}

async fn list(desk: &Desk, filter: JournalFilterArgs) -> Done {
    let nothing = match desk.patchbay.journal().await?.is_empty() {
        true => "Nothing was done yet.",
        false => "Nothing in the journal is like that.",
    };
    let lines = wanted(desk, filter).await?;
    let document = document(&lines, Telling::Full);
    desk.output.answer(&document, |page| {
        let rows: Vec<_> = lines
            .iter()
            .zip(&document.lines)
            .map(|(line, row)| {
                [
                    row.seq.to_string(),
                    words::time(line.event.at),
                    row.action.clone(),
                    row.instance.clone(),
                    row.outcome.clone().unwrap_or_else(|| row.phase.clone()),
                    row.person.clone().unwrap_or_default(),
                    row.entry.clone(),
                ]
            })
            .collect();
        page.table(
            ["No", "Time", "What", "Instance", "Outcome", "By", "Entry"],
            &rows,
        );
        if rows.is_empty() {
            page.line(nothing);
        }
    });
    Ok(Exit::Well)
}

async fn verify(desk: &Desk) -> Done {
    let check = desk.patchbay.verify_journal().await?;
    let document = JournalVerified::from(&check);
    desk.output
        .answer(&document, |page| page.line(&document.text));
    Ok(match check {
        JournalCheck::Good { .. } => Exit::Well,
        _ => Exit::Failed,
    })
}

async fn export(desk: &Desk, format: ExportFormat, full: bool, filter: JournalFilterArgs) -> Done {
    let telling = if full {
        Telling::Full
    } else {
        Telling::Reduced
    };
    if format == ExportFormat::Csv && desk.output.is_json() {
        return Err(Failure::usage(
            "usage",
            "With --json the export is JSON.",
            "Leave out --json for CSV, or give --format json.",
        ));
    }
    let document = document(&wanted(desk, filter).await?, telling);
    match format {
        ExportFormat::Json => desk.output.raw(&(pretty(&document) + "\n")),
        ExportFormat::Csv => desk.output.raw(&csv(&document.lines)),
    }
    Ok(Exit::Well)
}

fn pretty(document: &JournalDocument) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
