//! What goes to stdout: one JSON document, or plain aligned text.

use std::io::Write as _;

use patchbay_contract::error::ErrorDocument;
use serde::Serialize;

use crate::exit::Failure;
use crate::terminal;

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether stdout belongs to one JSON document.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// The command's one answer: the document, or the page that `human` writes.
    pub(crate) fn answer<T: Serialize>(self, document: &T, human: impl FnOnce(&mut Page)) {
        if self.json {
            print(&json(document));
        } else {
            let mut page = Page::default();
            human(&mut page);
            print(&page.0);
        }
    }

    /// What is said before the answer: on stdout, or on stderr where that is JSON's.
    pub(crate) fn before(self, human: impl FnOnce(&mut Page)) {
        let mut page = Page::default();
        human(&mut page);
        if self.json {
            terminal::say(page.0.trim_end());
        } else {
            print(&page.0);
        }
    }

    /// The answer of a command that failed.
    pub(crate) fn failure(self, failure: &Failure) {
        let trouble = &failure.trouble;
        if self.json {
            print(&json(&ErrorDocument {
                error: trouble.clone(),
            }));
        } else {
            terminal::say(&format!("{}\n{}", trouble.text, trouble.next));
        }
    }

    /// Text as it is: an export that has a form of its own.
    pub(crate) fn raw(self, text: &str) {
        print(text);
    }
}

fn json<T: Serialize>(document: &T) -> String {
    // The documents are plain structures with text keys, which always become JSON.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A reader that went away (`| head`) is no failure of ours.
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Lines for people.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

impl Page {
    /// One line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref().trim_end());
        self.0.push('\n');
    }

    /// A line for each row, columns aligned; `head` only where there are rows.
    pub(crate) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let mut widths = head.map(width);
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        if !rows.is_empty() {
            self.aligned(&head.map(str::to_owned), &widths);
        }
        for row in rows {
            self.aligned(row, &widths);
        }
    }

    fn aligned(&mut self, cells: &[String], widths: &[usize]) {
        let mut line = String::new();
        for (cell, widest) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest - width(cell) + 2));
        }
        self.line(line);
    }
}

/// How many columns a text takes: East Asian wide characters take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_beside_wide_characters() {
        let mut page = Page::default();
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        page.table(["Name", "State"], &[row("北光商行", "x"), row("abc", "y")]);
        assert_eq!(page.0, "Name      State\n北光商行  x\nabc       y\n");
    }

    #[test]
    fn an_empty_table_has_no_head() {
        let mut page = Page::default();
        page.table(["Name"], &[]);
        assert_eq!(page.0, "");
    }
}
