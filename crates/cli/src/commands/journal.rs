//! `journal`.

use patchbay_contract::journal::{JournalDocument, JournalRow, JournalVerified, Telling, csv};
use patchbay_core::journal::JournalCheck;

use super::Desk;
use crate::args::{ExportFormat, JournalCommand};
use crate::exit::{Done, Exit, Failure};
use crate::words;

pub(super) async fn run(desk: &Desk, command: JournalCommand) -> Done {
    match command {
        JournalCommand::List => list(desk).await,
        JournalCommand::Verify => verify(desk).await,
        JournalCommand::Export { format, full } => export(desk, format, full).await,
    }
}

async fn rows(desk: &Desk, telling: Telling) -> Result<JournalDocument, Failure> {
    let lines = desk.patchbay.journal().await?;
    Ok(JournalDocument {
        lines: lines
            .iter()
            .map(|line| JournalRow::new(line, telling))
            .collect(),
    })
}

async fn list(desk: &Desk) -> Done {
    let lines = desk.patchbay.journal().await?;
    let document = rows(desk, Telling::Full).await?;
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
            page.line("Nothing was done yet.");
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

async fn export(desk: &Desk, format: ExportFormat, full: bool) -> Done {
    let telling = if full {
        Telling::Full
    } else {
        Telling::Reduced
    };
    let document = rows(desk, telling).await?;
    if format == ExportFormat::Csv && desk.output.is_json() {
        return Err(Failure::usage(
            "usage",
            "With --json the export is JSON.",
            "Leave out --json for CSV, or give --format json.",
        ));
    }
    match format {
        ExportFormat::Json => desk.output.raw(&(pretty(&document) + "\n")),
        ExportFormat::Csv => desk.output.raw(&csv(&document.lines)),
    }
    Ok(Exit::Well)
}

fn pretty(document: &JournalDocument) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
