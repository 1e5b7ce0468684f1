//! From bytes of any origin to plain ASCII text with LF line ends.
//!
//! Undoes encodings (byte order marks, UTF-16, the Windows code page) and escapes (backslashes,
//! JSON, web forms). Not here: finding a key in the text. Buffers are allocated once at full size
//! and overwritten on drop, so no half-grown copy of a key stays behind.

use zeroize::Zeroizing;

use super::Repair;

/// Bytes that may hold key material.
pub(super) type Buffer = Zeroizing<Vec<u8>>;

/// Stands for a dash that is not the ASCII one.
pub(super) const DASH: u8 = 0x01;
/// Stands for a character that has no place in a key.
pub(super) const FOREIGN: u8 = 0x1A;

/// An empty buffer that takes `size` bytes without moving.
pub(super) fn buffer(size: usize) -> Buffer {
    Zeroizing::new(Vec::with_capacity(size))
}

/// The text of the input: printable ASCII, LF, and the two stand-ins of this module.
pub(super) fn plain(input: &[u8], repairs: &mut Vec<Repair>) -> Buffer {
    let folded = fold_bytes(input, repairs);
    let decoded = undo_form(folded, repairs);
    undo_escapes(decoded, repairs)
}

fn fold_bytes(input: &[u8], repairs: &mut Vec<Repair>) -> Buffer {
    let little = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
    let big = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
    if let Some(rest) = input.strip_prefix(&[0xFF, 0xFE]) {
        repairs.push(Repair::Utf16);
        return fold_utf16(rest, little, repairs);
    }
    if let Some(rest) = input.strip_prefix(&[0xFE, 0xFF]) {
        repairs.push(Repair::Utf16);
        return fold_utf16(rest, big, repairs);
    }
    match zeros(input) {
        (true, false) => {
            repairs.push(Repair::Utf16);
            return fold_utf16(input, big, repairs);
        }
        (false, true) => {
            repairs.push(Repair::Utf16);
            return fold_utf16(input, little, repairs);
        }
        _ => {}
    }
    let bare = input.strip_prefix(&[0xEF, 0xBB, 0xBF]);
    if bare.is_some() {
        repairs.push(Repair::ByteOrderMark);
    }
    let bytes = bare.unwrap_or(input);
    match std::str::from_utf8(bytes) {
        Ok(text) => fold(text.chars(), bytes.len(), repairs),
        Err(_) => fold(
            bytes.iter().map(|byte| windows(*byte)),
            bytes.len(),
            repairs,
        ),
    }
}

/// Whether the first characters have a zero in every even, or every odd, place: UTF-16 without
/// its mark.
fn zeros(input: &[u8]) -> (bool, bool) {
    let start = &input[..input.len().min(32) & !1];
    let all = |place: usize| start.len() >= 8 && start.chunks_exact(2).all(|pair| pair[place] == 0);
    (all(0), all(1))
}

fn fold_utf16(bytes: &[u8], unit: impl Fn(&[u8]) -> u16, repairs: &mut Vec<Repair>) -> Buffer {
    let units = bytes.chunks_exact(2).map(unit);
    let characters =
        char::decode_utf16(units).map(|each| each.unwrap_or(char::REPLACEMENT_CHARACTER));
    fold(characters, bytes.len(), repairs)
}

/// The few characters of the Windows code page that matter here; the rest only has to be foreign.
fn windows(byte: u8) -> char {
    match byte {
        0x91 | 0x92 => '\'',
        0x93 | 0x94 => '"',
        0x95 => '•',
        0x96 | 0x97 => '–',
        0xA0 => ' ',
        0x00..=0x7F => char::from(byte),
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// One byte at most for every character, so `size` characters never outgrow the buffer.
fn fold(characters: impl Iterator<Item = char>, size: usize, repairs: &mut Vec<Repair>) -> Buffer {
    let mut text = buffer(size);
    let mut after_return = false;
    for character in characters {
        let follows_return = std::mem::replace(&mut after_return, character == '\r');
        let byte = match character {
            '\n' if follows_return => continue,
            '\n' => b'\n',
            '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                repairs.push(Repair::LineEnds);
                b'\n'
            }
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' => {
                repairs.push(Repair::Whitespace);
                continue;
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => DASH,
            '“' | '”' | '„' | '«' | '»' => b'"',
            '‘' | '’' | '‚' => b'\'',
            '•' | '●' | '∙' | '·' => b'*',
            ' '..='~' => character as u8,
            _ if character.is_whitespace() => b' ',
            _ => FOREIGN,
        };
        text.push(byte);
    }
    text
}

/// Undoes the encoding of web forms and addresses (`%0A`, `+` for a space), where it shows.
fn undo_form(text: Buffer, repairs: &mut Vec<Repair>) -> Buffer {
    let plus = contains(&text, b"BEGIN+");
    let encoded = [&b"%0a"[..], b"%0d", b"%20private"]
        .iter()
        .any(|mark| contains(&text, mark));
    if !plus && !encoded {
        return text;
    }
    repairs.push(Repair::Escapes);
    let mut plain = buffer(text.len());
    let mut rest = text.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match *first {
            b'+' if plus => plain.push(b' '),
            b'%' => match tail.get(..2).and_then(hex) {
                Some(code) => {
                    rest = &tail[2..];
                    let line_end = code == 13
                        && rest
                            .get(..3)
                            .is_some_and(|next| next.eq_ignore_ascii_case(b"%0a"));
                    if !line_end {
                        plain.push(folded(code));
                    }
                }
                None => plain.push(b'%'),
            },
            other => plain.push(other),
        }
    }
    plain
}

/// Undoes backslash escapes, doubled ones too, and joins texts that source code strings together.
fn undo_escapes(text: Buffer, repairs: &mut Vec<Repair>) -> Buffer {
    let mut plain = buffer(text.len());
    let mut rest = text.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match *first {
            b'\\' => {
                let (byte, after) = escape(tail, repairs);
                plain.push(byte);
                rest = after;
            }
            b'"' | b'\'' => match joint(tail) {
                Some(after) => {
                    repairs.push(Repair::Wrapping);
                    plain.push(b'\n');
                    rest = after;
                }
                None => plain.push(*first),
            },
            other => plain.push(other),
        }
    }
    plain
}

/// What follows a backslash: the byte it stands for and what comes after it.
fn escape<'a>(tail: &'a [u8], repairs: &mut Vec<Repair>) -> (u8, &'a [u8]) {
    let tail = &tail[slashes(tail)..];
    let Some((first, after)) = tail.split_first() else {
        return (b' ', tail);
    };
    match first {
        b'n' => {
            repairs.push(Repair::LiteralNewlines);
            (b'\n', after)
        }
        b'r' => {
            repairs.push(Repair::LiteralNewlines);
            let count = slashes(after);
            let paired = count > 0 && after.get(count) == Some(&b'n');
            (b'\n', if paired { &after[count + 1..] } else { after })
        }
        b't' => (b' ', after),
        b'u' => match after.get(..4).and_then(hex) {
            Some(code) => {
                repairs.push(Repair::Escapes);
                (folded(code), &after[4..])
            }
            None => (FOREIGN, tail),
        },
        b'/' => {
            repairs.push(Repair::Escapes);
            (b'/', after)
        }
        b'"' | b'\'' => (*first, after),
        // A line that goes on: the backslash goes, the line end stays.
        b'\n' => {
            repairs.push(Repair::Wrapping);
            (b'\n', after)
        }
        _ => (FOREIGN, tail),
    }
}

/// `" + "`, `" . "`, `", "` and their like after a closing quote; what comes after the next quote.
fn joint(tail: &[u8]) -> Option<&[u8]> {
    let rest = skip_gap(tail);
    let rest = match rest.first() {
        Some(b'+' | b'.' | b',' | b'&') => skip_gap(&rest[1..]),
        _ => rest,
    };
    match rest.first() {
        Some(b'"' | b'\'') => Some(&rest[1..]),
        _ => None,
    }
}

/// Leaves out white space, escaped too, and the quote marks of mail programs.
fn skip_gap(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [b' ' | b'\n' | b'>', tail @ ..] => tail,
            [b'\\', ..] => match &rest[slashes(rest)..] {
                [b'n' | b'r' | b't' | b'\n', tail @ ..] => tail,
                _ => return rest,
            },
            _ => return rest,
        };
    }
}

/// How many backslashes stand here.
fn slashes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'\\').count()
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum: u32, digit| {
        Some(sum * 16 + char::from(*digit).to_digit(16)?)
    })
}

/// The byte for a character given by its number.
fn folded(code: u32) -> u8 {
    match code {
        10 | 13 => b'\n',
        9 => b' ',
        0x2010..=0x2015 => DASH,
        0x20..=0x7E => u8::try_from(code).unwrap_or(FOREIGN),
        _ => FOREIGN,
    }
}

/// Whether `text` holds `part`, capitals and small letters alike.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}
