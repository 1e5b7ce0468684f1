//! What stood around the key: a variable name, quotes, other text, or nothing but space.
//!
//! It only names what was ignored; nothing here changes what is read.

use std::ops::Range;

use super::Repair;

/// Notes what stands outside `key` in `text`.
pub(super) fn note(text: &[u8], key: Range<usize>, repairs: &mut Vec<Repair>) {
    let is_end = |byte: &u8| *byte == b'\n';
    let before = &text[..key.start];
    let after = &text[key.end..];
    let lead = before.iter().rposition(is_end).map_or(0, |at| at + 1);
    let trail = after.iter().position(is_end).unwrap_or(after.len());
    note_line(&before[lead..], true, repairs);
    note_line(&after[..trail], true, repairs);
    // The line end after the key belongs to the key, the last one to the last line.
    let below = after.get(trail + 1..).unwrap_or_default();
    for region in [&before[..lead], below] {
        if let Some((last, lines)) = region.split_last() {
            let lines = if *last == b'\n' { lines } else { region };
            for line in lines.split(is_end) {
                note_line(line, false, repairs);
            }
        }
    }
}

/// `same`: on the same line as a marker, where nothing at all is the rule.
fn note_line(line: &[u8], same: bool, repairs: &mut Vec<Repair>) {
    let bare = line.trim_ascii();
    repairs.push(match bare.last() {
        None if same && line.is_empty() => return,
        None => Repair::Whitespace,
        Some(_) if is_wrapping(bare) => Repair::Wrapping,
        Some(_) => Repair::Surroundings,
    });
}

/// Punctuation alone, or a name and what introduces its value.
fn is_wrapping(bare: &[u8]) -> bool {
    let punctuation = |byte: &u8| byte.is_ascii_punctuation() || *byte == b' ';
    let introduces = bare
        .last()
        .is_some_and(|last| b"=:\"'`|>([{,".contains(last));
    bare.iter().all(punctuation) || (introduces && bare.len() <= 200)
}
