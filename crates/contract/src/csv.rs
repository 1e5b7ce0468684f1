//! Comma-separated values (RFC 4180) that are safe to open in a spreadsheet.

/// One line: its cells, and the line end.
pub(crate) fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

/// One cell. A spreadsheet would run what begins with `= + - @` (or a tab or line break before
/// it) as a formula: such a cell gets an apostrophe in front.
fn cell(text: &str) -> String {
    let risky = text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) || text.starts_with(['\t', '\r', '\n']);
    let text = if risky {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if risky || text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_quotes_doubled() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1"] {
            let shown = cell(formula);
            assert!(shown.starts_with("\"'"), "{formula:?} became {shown}");
        }
        assert_eq!(cell("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(cell("北光"), "北光");
    }
}
