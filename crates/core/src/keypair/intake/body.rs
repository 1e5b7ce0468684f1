//! What stands between the marker lines: collecting the base64 text and decoding it.
//!
//! Not here: what the decoded bytes are ([`super::der`]).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::text::{Buffer, buffer, contains};
use super::{IntakeError, Repair, der};

/// Lost padding is no loss: DER says its own length. Stray bits at the end are.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Characters in a line of normal form.
pub(super) const LINE: usize = 64;

/// How much of the text to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it: it stands between a BEGIN and an END line.
    All,
    /// As much as the key's own length asks for: one of the lines is missing.
    OneKey,
}

/// Decoded bytes and where the text they came from ends.
pub(super) struct Body {
    /// The decoded bytes.
    pub der: Buffer,
    /// How many bytes of the text were used.
    pub used: usize,
}

/// Decodes base64 text with anything harmless in between.
pub(super) fn decode(
    text: &[u8],
    extent: Extent,
    repairs: &mut Vec<Repair>,
) -> Result<Body, IntakeError> {
    if contains(text, b"Proc-Type") && contains(text, b"ENCRYPTED") {
        return Err(IntakeError::Encrypted);
    }
    let collected = collect(text, extent, repairs)?;
    let digits = collected.digits.as_slice();
    if digits.is_empty() {
        return Err(IntakeError::BodyMissing);
    }
    let needed = needed(digits).ok_or(IntakeError::Damaged)?;
    if digits.len() < needed {
        return Err(match extent {
            Extent::All => IntakeError::PartMissing,
            Extent::OneKey => IntakeError::CutOff,
        });
    }
    if digits.len() > needed {
        return Err(IntakeError::Damaged);
    }
    let der = decode_digits(digits).ok_or(IntakeError::Damaged)?;
    Ok(Body {
        der,
        used: collected.used,
    })
}

/// Decodes base64 digits, with or without padding.
pub(super) fn decode_digits(digits: &[u8]) -> Option<Buffer> {
    let mut bytes = buffer(digits.len() / 4 * 3 + 3);
    bytes.resize(digits.len() / 4 * 3 + 3, 0);
    let length = DECODER.decode_slice(digits, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// How many digits the key that starts here has, by its own word.
fn needed(digits: &[u8]) -> Option<usize> {
    let start = decode_digits(digits.get(..8)?)?;
    let length = der::total_length(&start)?;
    Some((length.checked_mul(4)?).div_ceil(3))
}

struct Collected {
    digits: Buffer,
    used: usize,
}

/// What stood since the last digit.
#[derive(Default)]
struct Gap {
    space: bool,
    line_end: bool,
}

/// The base64 digits of a text, without padding.
fn collect(
    text: &[u8],
    extent: Extent,
    repairs: &mut Vec<Repair>,
) -> Result<Collected, IntakeError> {
    let mut digits = buffer(text.len());
    let mut gap = Gap::default();
    let mut padded = false;
    let mut joined = false;
    let mut limit = usize::MAX;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if digits.len() == 8 && extent == Extent::OneKey {
            limit = needed(&digits).ok_or(IntakeError::Damaged)?;
        }
        if digits.len() == limit && *byte != b'=' {
            break;
        }
        match *byte {
            b'=' => padded = true,
            digit if is_digit(digit) && !padded => {
                let first = digits.is_empty() && extent == Extent::All;
                joined |= !gap.line_end && (gap.space || first);
                gap = Gap::default();
                digits.push(digit);
            }
            b'\n' => gap.line_end = true,
            b' ' => gap.space = true,
            quote if is_quoting(quote) => note(Repair::Wrapping, repairs),
            b'<' if tag(&text[at..]).is_some() => {
                note(Repair::Surroundings, repairs);
                at += tag(&text[at..]).unwrap_or(1) - 1;
            }
            _ => {
                stray(text, &digits, at, extent)?;
                break;
            }
        }
        at += 1;
    }
    if joined || (extent == Extent::All && !gap.line_end) {
        note(Repair::JoinedLines, repairs);
    } else {
        layout(&text[..at], extent, repairs);
    }
    Ok(Collected { digits, used: at })
}

/// Marks that mail programs, comments, lists and quoting put beside lines.
fn is_quoting(byte: u8) -> bool {
    b">|#\"',;`".contains(&byte)
}

fn note(repair: Repair, repairs: &mut Vec<Repair>) {
    if !repairs.contains(&repair) {
        repairs.push(repair);
    }
}

/// Something that is no part of a key: an error between two marker lines, else the end of the key.
fn stray(text: &[u8], digits: &[u8], at: usize, extent: Extent) -> Result<(), IntakeError> {
    match (text.get(at), extent) {
        (Some(b'*' | b'.'), _) if digits.is_empty() => Err(IntakeError::Masked),
        (_, Extent::OneKey) => Ok(()),
        // Digits after the padding: two texts pushed together, or a changed character.
        (Some(byte), Extent::All) if is_digit(*byte) => Err(IntakeError::Damaged),
        (_, Extent::All) => Err(IntakeError::ForeignText),
    }
}

/// The length of an HTML tag such as a line break, which pages and mails leave behind.
fn tag(text: &[u8]) -> Option<usize> {
    let inner = text.iter().take(24).position(|byte| *byte == b'>')?;
    let plain = text[1..inner]
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b' '));
    plain.then_some(inner + 1)
}

/// Notes what had to be done to lines that were still lines.
fn layout(text: &[u8], extent: Extent, repairs: &mut Vec<Repair>) {
    let inner = text.strip_prefix(b"\n").unwrap_or(text);
    // What stands on the line of the END marker is no line of the body.
    let end = inner.iter().rposition(|byte| *byte == b'\n');
    let inner = match end {
        Some(end) if extent == Extent::All => &inner[..end],
        _ => inner,
    };
    let mut widths = Vec::new();
    for line in inner.split(|byte| *byte == b'\n') {
        let bare = line.trim_ascii();
        if bare.is_empty() || bare.len() != line.len() {
            note(Repair::Whitespace, repairs);
        }
        let width = bare
            .iter()
            .filter(|byte| is_digit(**byte) || **byte == b'=')
            .count();
        if width > 0 {
            widths.push(width);
        }
    }
    let even = widths
        .split_last()
        .is_none_or(|(last, others)| *last <= LINE && others.iter().all(|width| *width == LINE));
    if !even {
        note(Repair::Rewrapped, repairs);
    }
}

/// Whether a byte could be a base64 digit; padding aside.
pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// The base64 digits at the start of a text, white space and padding left out, up to the first
/// thing that is neither. For a whole text that was encoded once more.
pub(super) fn run(text: &[u8]) -> Buffer {
    let mut digits = buffer(text.len());
    for byte in text {
        match *byte {
            digit if is_digit(digit) => digits.push(digit),
            b'\n' | b' ' => {}
            _ => break,
        }
    }
    digits
}
