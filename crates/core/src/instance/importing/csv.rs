//! Instances out of a table of comma-separated values; pure.
//!
//! As spreadsheets write it: a first line of column names, fields in quotes where they need them, a
//! comma or a semicolon in between. Not here: what a row may mean (the room above).

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::text;

/// The most text that is read, bytes.
pub const MOST_TEXT: usize = 1024 * 1024;
/// The most rows that are read.
pub const MOST_ROWS: usize = 2_000;

/// The columns there may be, as they are written in the first line.
pub const COLUMNS: [&str; 12] = [
    "name",
    "account",
    "role",
    "ssh",
    "root",
    "php",
    "port",
    "identity-file",
    "run-as",
    "container",
    "url",
    "tags",
];

/// One row: column name to text, empty ones left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins, counted from 1.
    pub line: usize,
    /// Its fields.
    pub fields: BTreeMap<&'static str, String>,
}

fn refused(text: impl Into<String>) -> Error {
    Error::refused(
        "importUnreadable",
        text,
        format!("The first line names the columns: {}.", COLUMNS.join(", ")),
    )
}

/// Reads a table.
///
/// # Errors
/// Where the whole cannot be read: too large, not text, an unknown column, a quote without an end.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>> {
    if bytes.len() > MOST_TEXT {
        return Err(refused("The file is larger than 1 MiB."));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| refused("The file is not text in UTF-8; save it as CSV UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = match (first.contains(','), first.contains(';')) {
        (false, true) => ';',
        _ => ',',
    };
    let mut records = records(text, separator)?.into_iter();
    let (_, head) = records
        .next()
        .ok_or_else(|| refused("The file is empty."))?;
    let columns = head
        .iter()
        .map(|name| column(name))
        .collect::<Result<Vec<_>>>()?;
    let mut sorted: Vec<&str> = columns.clone();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|two| two[0] == two[1]) {
        return Err(refused(format!(
            "The column \"{}\" is there twice.",
            twice[0]
        )));
    }
    records
        .map(|(line, fields)| row(line, fields, &columns))
        .collect()
}

fn row(line: usize, fields: Vec<String>, columns: &[&'static str]) -> Result<Row> {
    if fields.len() > columns.len() {
        return Err(refused(format!(
            "Line {line} has more fields than the first line has columns."
        )));
    }
    let fields = columns
        .iter()
        .zip(fields)
        .map(|(column, field)| (*column, field.trim().to_owned()))
        .filter(|(_, field)| !field.is_empty())
        .collect();
    Ok(Row { line, fields })
}

fn column(name: &str) -> Result<&'static str> {
    let plain: String = name.trim().to_lowercase().replace(['_', ' '], "-");
    let plain = match plain.as_str() {
        "target" | "ssh-target" | "host" => "ssh",
        "tag" => "tags",
        other => other,
    };
    COLUMNS
        .into_iter()
        .find(|known| *known == plain)
        .ok_or_else(|| {
            refused(format!(
                "There is no column called \"{}\".",
                text::outside(name, 60)
            ))
        })
}

/// The records with the line each begins on; lines without any text are left out.
fn records(text: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>> {
    let mut records = Vec::new();
    let (mut line, mut began) = (1, 1);
    let (mut record, mut field, mut quoted, mut was_quoted) =
        (Vec::new(), String::new(), false, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() && !was_quoted => {
                field.clear();
                (quoted, was_quoted) = (true, true);
            }
            '\n' | '\r' if !quoted => {
                if c == '\r' && characters.peek() == Some(&'\n') {
                    characters.next();
                    line += 1;
                }
                record.push(std::mem::take(&mut field));
                keep(&mut records, began, std::mem::take(&mut record))?;
                (was_quoted, began) = (false, line);
            }
            c if c == separator && !quoted => {
                record.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err(refused(format!(
            "A quote that begins after line {began} has no end."
        )));
    }
    record.push(field);
    keep(&mut records, began, record)?;
    Ok(records)
}

fn keep(records: &mut Vec<(usize, Vec<String>)>, line: usize, record: Vec<String>) -> Result<()> {
    if record.iter().all(|field| field.trim().is_empty()) {
        return Ok(());
    }
    if records.len() > MOST_ROWS {
        return Err(refused(format!("There are more than {MOST_ROWS} rows.")));
    }
    records.push((line, record));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tables_of_spreadsheets_are_read() {
        let text = "\u{feff}Name;SSH target;Root;Tags\r\n\"Nord \"\"lys\"\"; live\";a@b;\"/srv/a\r\nb\";\r\n;;;\r\nx;y;/z;t\r\n";
        let rows = read(text.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].fields["name"], "Nord \"lys\"; live");
        assert_eq!(rows[0].fields["root"], "/srv/a\r\nb");
        assert_eq!(rows[0].fields.get("tags"), None);
        assert_eq!((rows[0].line, rows[1].line), (2, 5));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for bad in [
            "",
            "nam\nx\n",
            "name,name\nx,y\n",
            "name\n\"x\n",
            "name\na,b\n",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(read(b"name\n\xff\n").is_err());
        let many = "name\n".to_owned() + &"x\n".repeat(MOST_ROWS + 1);
        assert!(read(many.as_bytes()).is_err());
    }

    /// As spreadsheets write a field.
    fn written(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s)(.{0,10}|name|\"|,|;|\r\n|\n){0,25}") {
            let _ = read(text.as_bytes());
        }

        #[test]
        fn what_a_spreadsheet_writes_comes_back(
            fields in prop::collection::vec(("[^\\x00]{0,30}", "[^\\x00]{0,30}"), 0..8)
        ) {
            let mut text = "name,url\r\n".to_owned();
            for (name, url) in &fields {
                text += &format!("{},{}\r\n", written(name), written(url));
            }
            let rows = read(text.as_bytes()).unwrap();
            let expected: Vec<_> = fields
                .iter()
                .map(|(name, url)| (name.trim().to_owned(), url.trim().to_owned()))
                .filter(|(name, url)| !name.is_empty() || !url.is_empty())
                .collect();
            let get = |row: &Row, column| row.fields.get(column).cloned().unwrap_or_default();
            let found: Vec<_> = rows.iter().map(|row| (get(row, "name"), get(row, "url"))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
