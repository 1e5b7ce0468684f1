//! From an input of any shape to the one private key in it.
//!
//! Binary files first, then blocks between marker lines, then keys whose marker lines were lost.
//! Not here: how each step is done ([`super::text`], [`super::markers`], [`super::body`],
//! [`super::der`], [`super::rsa`]).

use super::body::{self, Extent};
use super::der::{self, Found};
use super::markers::{self, Label, Marker};
use super::rsa::{self, Sound};
use super::{IntakeError, Repair, around, sniff, text};

/// How often a whole text may have been base64-encoded once more.
const NESTING: usize = 2;
/// Fewer digits than this between marker lines are a mention of a key beside the key itself.
const MENTION: usize = 100;
/// The shortest run of digits that is looked at as a key without marker lines.
const BARE_RUN: usize = 40;
/// How many such runs are tried.
const BARE_TRIES: usize = 8;

/// Reads the one private key in the input.
pub(super) fn read(input: &[u8], repairs: &mut Vec<Repair>) -> Result<Sound, IntakeError> {
    read_nested(input, NESTING, repairs)
}

fn read_nested(
    input: &[u8],
    nesting: usize,
    repairs: &mut Vec<Repair>,
) -> Result<Sound, IntakeError> {
    if let Some(result) = binary(input, repairs) {
        return result;
    }
    let text = text::plain(input, repairs);
    if text.trim_ascii().is_empty() {
        return Err(IntakeError::Empty);
    }
    let markers = markers::find(&text);
    let blocks = blocks(&text, &markers);
    if blocks.is_empty() {
        return match sniff::name(&text, &markers) {
            Some(error) => Err(error),
            None => bare(&text, &markers, nesting, repairs),
        };
    }
    one_of(&text, &blocks, repairs).map_err(|error| match error {
        IntakeError::Several { .. } => error,
        _ if sniff::is_web_page(&text) => IntakeError::WebPage,
        error => error,
    })
}

/// Files that are no text at all; `None` for everything that may be text.
fn binary(input: &[u8], repairs: &mut Vec<Repair>) -> Option<Result<Sound, IntakeError>> {
    match input {
        [b'P', b'K', 3, 4, ..] | [0x1F, 0x8B, ..] => return Some(Err(IntakeError::Archive)),
        [0xFE, 0xED, 0xFE, 0xED, ..] => return Some(Err(IntakeError::KeyStore)),
        // Some programs write these containers without saying their length.
        [0x30, 0x80, 0x02, 0x01, 0x03, ..] => return Some(Err(IntakeError::Pkcs12)),
        // A length in the long form is no valid start of any text.
        [0x30, 0x81..=0x84, ..] => {}
        [0x30, length @ 0..=0x7F, rest @ ..]
            if usize::from(*length) == rest.len() && rest.iter().any(u8::is_ascii_control) => {}
        _ => return None,
    }
    Some(binary_key(input, repairs))
}

fn binary_key(input: &[u8], repairs: &mut Vec<Repair>) -> Result<Sound, IntakeError> {
    let length = der::total_length(input).ok_or(IntakeError::NotAKey)?;
    let key = input.get(..length).ok_or(IntakeError::CutOff)?;
    let after = &input[length..];
    if after
        .iter()
        .any(|byte| !byte.is_ascii_whitespace() && *byte != 0)
    {
        return Err(IntakeError::Damaged);
    }
    if !after.is_empty() {
        repairs.push(Repair::Whitespace);
    }
    repairs.push(Repair::Binary);
    match der::classify(key)? {
        Found::Pkcs8(numbers) => rsa::read(numbers),
        Found::Pkcs1(numbers) => {
            repairs.push(Repair::Pkcs1);
            rsa::read(numbers)
        }
    }
}

/// A BEGIN line of a private key, its END line where there is one, and how far its text may reach.
struct Block<'a> {
    begin: &'a Marker,
    end: Option<&'a Marker>,
    limit: usize,
}

impl Block<'_> {
    fn body<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.begin.at.end..self.limit]
    }
}

/// The blocks that announce a private key, without mere mentions of one.
fn blocks<'a>(text: &[u8], markers: &'a [Marker]) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    for (number, begin) in markers.iter().enumerate() {
        if begin.begins && begin.label.is_private() {
            let next = markers.get(number + 1);
            blocks.push(Block {
                begin,
                end: next.filter(|next| !next.begins),
                limit: next.map_or(text.len(), |next| next.at.start),
            });
        }
    }
    let is_key = |block: &Block<'_>| {
        let digits = block
            .body(text)
            .iter()
            .filter(|byte| body::is_digit(**byte));
        digits.count() >= MENTION
    };
    if blocks.iter().any(is_key) {
        blocks.retain(is_key);
    } else {
        // Several mentions and no key: the first one says what is wrong.
        blocks.truncate(1);
    }
    blocks
}

/// The one key of all blocks: the same key twice is still one.
fn one_of(
    text: &[u8],
    blocks: &[Block<'_>],
    repairs: &mut Vec<Repair>,
) -> Result<Sound, IntakeError> {
    let several = IntakeError::Several {
        count: blocks.len(),
    };
    let mut found: Option<Sound> = None;
    for block in blocks {
        match (block_key(text, block, repairs), found.take()) {
            (Ok(key), None) => found = Some(key),
            (Ok(key), Some(first)) if key.der.same_as(&first.der) => found = Some(first),
            (Err(error), _) if blocks.len() == 1 => return Err(error),
            _ => return Err(several),
        }
    }
    found.ok_or(IntakeError::NotAKey)
}

fn block_key(
    text: &[u8],
    block: &Block<'_>,
    repairs: &mut Vec<Repair>,
) -> Result<Sound, IntakeError> {
    let label = block.begin.label;
    let extent = if block.end.is_some() {
        Extent::All
    } else {
        Extent::OneKey
    };
    let refused = |error| sniff::refusal(label).unwrap_or(error);
    let body = body::decode(block.body(text), extent, repairs).map_err(refused)?;
    let found = der::classify(&body.der).map_err(|error| match refused(error) {
        IntakeError::NotAKey => IntakeError::Damaged,
        error => error,
    })?;
    if !block.begin.exact || block.end.is_some_and(|end| !end.exact) {
        repairs.push(Repair::Dashes);
    }
    if block.end.is_some_and(|end| end.label != label) {
        repairs.push(Repair::WrongHeader);
    }
    let end = block
        .end
        .map_or(block.begin.at.end + body.used, |end| end.at.end);
    if block.end.is_none() {
        repairs.push(Repair::MarkerLines);
    }
    around::note(text, block.begin.at.start..end, repairs);
    let numbers = match found {
        Found::Pkcs8(numbers) => {
            if label != Label::Pkcs8 {
                repairs.push(Repair::WrongHeader);
            }
            numbers
        }
        Found::Pkcs1(numbers) => {
            if label != Label::Pkcs1 {
                repairs.push(Repair::WrongHeader);
            }
            repairs.push(Repair::Pkcs1);
            numbers
        }
    };
    rsa::read(numbers)
}

/// A key without its BEGIN line, or a whole key text that was encoded once more.
fn bare(
    text: &[u8],
    markers: &[Marker],
    nesting: usize,
    repairs: &mut Vec<Repair>,
) -> Result<Sound, IntakeError> {
    let end = markers
        .iter()
        .find(|marker| !marker.begins && marker.label.is_private());
    if end.is_none()
        && nesting > 0
        && let Some(result) = encoded_again(text, nesting, repairs)
    {
        return result;
    }
    let region = &text[..end.map_or(text.len(), |end| end.at.start)];
    let mut named = None;
    for start in starts(region, b"M").take(BARE_TRIES) {
        match bare_key(text, region, start, end, repairs) {
            Ok(key) => return Ok(key),
            Err(IntakeError::Damaged | IntakeError::NotAKey) => {}
            Err(error) => named = named.or(Some(error)),
        }
    }
    let nothing = if end.is_some() {
        IntakeError::StartMissing
    } else {
        IntakeError::NotAKey
    };
    Err(named.unwrap_or(nothing))
}

fn bare_key(
    text: &[u8],
    region: &[u8],
    start: usize,
    end: Option<&Marker>,
    repairs: &mut Vec<Repair>,
) -> Result<Sound, IntakeError> {
    let mut mended = Vec::new();
    let body = body::decode(&region[start..], Extent::OneKey, &mut mended)?;
    let numbers = match der::classify(&body.der)? {
        Found::Pkcs8(numbers) => numbers,
        Found::Pkcs1(numbers) => {
            mended.push(Repair::Pkcs1);
            numbers
        }
    };
    let key = rsa::read(numbers)?;
    let used = end.map_or(start + body.used, |end| end.at.end);
    around::note(text, start..used, &mut mended);
    repairs.push(Repair::MarkerLines);
    repairs.append(&mut mended);
    Ok(key)
}

/// A base64 text whose content is the key text (as secrets of Kubernetes are kept).
fn encoded_again(
    text: &[u8],
    nesting: usize,
    repairs: &mut Vec<Repair>,
) -> Option<Result<Sound, IntakeError>> {
    let bare = text.trim_ascii();
    let whole = bare
        .iter()
        .all(|byte| body::is_digit(*byte) || b" \n=".contains(byte));
    let start = if whole {
        text.len() - text.trim_ascii_start().len()
    } else {
        starts(text, b"LS0t").next()?
    };
    let digits = body::run(&text[start..]);
    let full = digits.len() / 4 * 4;
    let content = body::decode_digits(&digits).or_else(|| body::decode_digits(&digits[..full]))?;
    if content.first() == Some(&0x30) {
        return None;
    }
    let mut mended = Vec::new();
    match read_nested(&content, nesting - 1, &mut mended) {
        Err(IntakeError::NotAKey | IntakeError::Empty) => None,
        Err(error) => Some(Err(error)),
        Ok(key) => {
            if !whole {
                mended.push(Repair::Wrapping);
            }
            repairs.push(Repair::Base64);
            repairs.append(&mut mended);
            Some(Ok(key))
        }
    }
}

/// Where runs of base64 digits begin that are long enough and start like this.
fn starts<'a>(text: &'a [u8], with: &'static [u8]) -> impl Iterator<Item = usize> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            let length = text[start..]
                .iter()
                .take_while(|byte| body::is_digit(**byte))
                .count();
            at = start + length.max(1);
            if length >= BARE_RUN && text[start..].starts_with(with) {
                return Some(start);
            }
        }
        None
    })
}
