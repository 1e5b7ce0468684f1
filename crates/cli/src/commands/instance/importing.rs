//! `instance import`.

use std::path::Path;

use patchbay_contract::instances::importing::{ImportDocument, ImportRow, ImportedRow};
use patchbay_core::instance::importing::{self, Defaults, Fate, Previewed, Prospect, Row};
use patchbay_core::text;

use crate::args::instance::ImportArgs;
use crate::commands::Desk;
use crate::exit::{Done, Exit, Failure};
use crate::output::Page;
use crate::{input, terminal};

pub(super) async fn run(desk: &Desk, args: ImportArgs) -> Done {
    let defaults = Defaults {
        account: args.account,
        role: args.role.map(Into::into),
        root: args.root,
    };
    let mut rows = rows(
        desk,
        args.ssh_config.as_deref(),
        args.csv.as_deref(),
        &defaults,
    )?;
    if !args.only.is_empty() {
        rows.retain(|row| args.only.iter().any(|name| name.trim() == row.name));
    }
    let previewed = desk.patchbay.preview_import(rows, &defaults).await?;
    let shown: Vec<ImportRow> = previewed.iter().map(ImportRow::from).collect();
    let count = previewed
        .iter()
        .filter(|one| one.prospect == Prospect::New)
        .count();
    let asks = !args.yes && count > 0 && terminal::can_ask();
    if args.yes || asks {
        desk.output.before(|page| show(page, &shown));
    }
    let agreed = args.yes || (asks && terminal::ask_yes(&format!("Add {count} instances?")));
    if !agreed || count == 0 {
        let document = ImportDocument {
            rows: shown,
            imported: None,
        };
        desk.output.answer(&document, |page| {
            if !args.yes && !asks {
                show(page, &document.rows);
            }
            page.line(match count {
                0 => "There is nothing to add.",
                _ => "Nothing was added. Add --yes to add the new ones.",
            });
        });
        return Ok(exit(&previewed, args.yes));
    }
    add(desk, &previewed, shown).await
}

async fn add(desk: &Desk, previewed: &[Previewed], shown: Vec<ImportRow>) -> Done {
    let imported = desk.patchbay.import(previewed).await?;
    let well = imported
        .iter()
        .all(|one| !matches!(one.fate, Fate::Refused(_)));
    let document = ImportDocument {
        rows: shown,
        imported: Some(imported.iter().map(ImportedRow::from).collect()),
    };
    desk.output.answer(&document, |page| {
        for row in document.imported.iter().flatten() {
            told(page, row);
        }
    });
    Ok(if well {
        exit(previewed, true)
    } else {
        Exit::Failed
    })
}

/// What was refused counts only once something was to be added.
fn exit(previewed: &[Previewed], adding: bool) -> Exit {
    let refused = previewed
        .iter()
        .any(|one| matches!(one.prospect, Prospect::Refused(_)));
    if adding && refused {
        Exit::Failed
    } else {
        Exit::Well
    }
}

fn rows(
    desk: &Desk,
    ssh_config: Option<&str>,
    csv: Option<&str>,
    defaults: &Defaults,
) -> Result<Vec<Row>, Failure> {
    if let Some(file) = csv {
        let bytes = input::file("the table", file, importing::csv::MOST_TEXT)?;
        return Ok(importing::from_csv(
            &importing::csv::read(&bytes)?,
            defaults,
        ));
    }
    let file = ssh_config.unwrap_or_default();
    let (found, own) =
        patchbay_adapters::ssh_files::hosts_in(Path::new(file)).map_err(|error| {
            Failure::usage(
                "fileNotRead",
                format!(
                    "The SSH configuration could not be read from \"{}\": {error}.",
                    text::outside(file, 200)
                ),
                "Give a file that you may read.",
            )
        })?;
    if !desk.output.is_json() {
        if found.matches > 0 {
            terminal::say(
                "Match blocks were not read: telling whether one applies may run a command.",
            );
        }
        if found.cut {
            terminal::say("Not everything was read: there is too much of it.");
        }
    }
    Ok(importing::from_ssh_config(&found, own, defaults))
}

fn show(page: &mut Page, rows: &[ImportRow]) {
    let table: Vec<_> = rows
        .iter()
        .map(|row| {
            let what = match row.prospect {
                "new" => "new".to_owned(),
                "known" => format!(
                    "here already as \"{}\"",
                    row.of.as_deref().unwrap_or_default()
                ),
                _ => row
                    .error
                    .as_ref()
                    .map(|error| error.text.clone())
                    .unwrap_or_default(),
            };
            [
                row.line.to_string(),
                row.name.clone(),
                row.address.clone(),
                what,
            ]
        })
        .collect();
    page.table(["Line", "Name", "Address", "What"], &table);
    for row in rows.iter().filter(|row| !row.left_out.is_empty()) {
        page.line(format!(
            "{}: not taken over: {}",
            row.name,
            row.left_out.join(", ")
        ));
    }
}

fn told(page: &mut Page, row: &ImportedRow) {
    page.line(match (row.outcome, &row.of) {
        ("known", Some(of)) => format!("{}: not added, it is \"{of}\"", row.name),
        ("added", _) => format!("{}: added", row.name),
        _ => format!("{}: not added", row.name),
    });
    if let Some(error) = &row.error {
        page.line(format!("  {}", error.text));
        page.line(format!("  {}", error.next));
    }
}
