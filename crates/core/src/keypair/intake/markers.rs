//! Finding the BEGIN and END lines, whatever happened to their dashes, spaces and line ends.
//!
//! Works on the plain text of [`super::text`]. Not here: what stands between the lines.

use std::ops::Range;

use super::text::DASH;

/// What a marker line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// `PRIVATE KEY`
    Pkcs8,
    /// `RSA PRIVATE KEY`
    Pkcs1,
    /// `ENCRYPTED PRIVATE KEY`
    Encrypted,
    /// `EC PRIVATE KEY`
    EllipticCurve,
    /// `DSA PRIVATE KEY`
    Dsa,
    /// `OPENSSH PRIVATE KEY` and older ones of SSH programs
    OpenSsh,
    /// Parameters that stand beside a key and are none
    Parameters,
    /// Public keys
    Public,
    /// Certificates and chains of them
    Certificate,
    /// Requests for a certificate
    Request,
    /// Anything of PGP
    Pgp,
    /// `AGE ENCRYPTED FILE`
    Sealed,
}

/// The words of each label; where one ends with another, the longer comes first.
const LABELS: &[(&str, Label)] = &[
    ("PRIVATE KEY", Label::Pkcs8),
    ("ANY PRIVATE KEY", Label::Pkcs8),
    ("RSA PRIVATE KEY", Label::Pkcs1),
    ("ENCRYPTED PRIVATE KEY", Label::Encrypted),
    ("EC PRIVATE KEY", Label::EllipticCurve),
    ("DSA PRIVATE KEY", Label::Dsa),
    ("OPENSSH PRIVATE KEY", Label::OpenSsh),
    ("SSH2 ENCRYPTED PRIVATE KEY", Label::OpenSsh),
    ("EC PARAMETERS", Label::Parameters),
    ("DSA PARAMETERS", Label::Parameters),
    ("DH PARAMETERS", Label::Parameters),
    ("PUBLIC KEY", Label::Public),
    ("RSA PUBLIC KEY", Label::Public),
    ("SSH2 PUBLIC KEY", Label::Public),
    ("CERTIFICATE REQUEST", Label::Request),
    ("NEW CERTIFICATE REQUEST", Label::Request),
    ("CERTIFICATE", Label::Certificate),
    ("X509 CERTIFICATE", Label::Certificate),
    ("TRUSTED CERTIFICATE", Label::Certificate),
    ("PKCS7", Label::Certificate),
    ("CMS", Label::Certificate),
    ("PGP PRIVATE KEY BLOCK", Label::Pgp),
    ("PGP PUBLIC KEY BLOCK", Label::Pgp),
    ("PGP MESSAGE", Label::Pgp),
    ("PGP SIGNED MESSAGE", Label::Pgp),
    ("AGE ENCRYPTED FILE", Label::Sealed),
];

impl Label {
    /// Whether a private key is announced, of whatever kind.
    pub(super) fn is_private(self) -> bool {
        matches!(
            self,
            Self::Pkcs8
                | Self::Pkcs1
                | Self::Encrypted
                | Self::EllipticCurve
                | Self::Dsa
                | Self::OpenSsh
        )
    }
}

/// One marker line.
#[derive(Clone, Debug)]
pub(super) struct Marker {
    /// Where it stands, dashes included.
    pub at: Range<usize>,
    /// BEGIN, not END.
    pub begins: bool,
    /// What it says.
    pub label: Label,
    /// Exactly as it should be written.
    pub exact: bool,
    dashed: bool,
}

/// All marker lines of a text. Those without any dash count only where no better one stands, so
/// that a sentence about "the BEGIN PRIVATE KEY line" is not taken for one.
pub(super) fn find(text: &[u8]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let mut from = 0;
    while from < text.len() {
        match marker_at(text, from) {
            Some(marker) => {
                from = marker.at.end;
                markers.push(marker);
            }
            None => from += 1,
        }
    }
    for begins in [true, false] {
        if markers
            .iter()
            .any(|each| each.begins == begins && each.dashed)
        {
            markers.retain(|each| each.begins != begins || each.dashed);
        }
    }
    markers
}

/// The marker whose word BEGIN or END starts at `from`.
fn marker_at(text: &[u8], from: usize) -> Option<Marker> {
    let rest = &text[from..];
    let (word, begins) = [("BEGIN", true), ("END", false)]
        .into_iter()
        .find(|(word, _)| starts_with(rest, word))?;
    let gap = spaces(&rest[word.len()..]);
    let (length, label) = label_at(&rest[word.len() + gap..])?;
    let words_end = from + word.len() + gap + length;
    let start = from - dashes(text[..from].iter().rev());
    let end = words_end + dashes(text[words_end..].iter());
    let dashed = start < from || end > words_end;
    let words = &text[from..words_end];
    if !dashed && words.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    Some(Marker {
        exact: is_exact(&text[start..end], words, word, label),
        at: start..end,
        begins,
        label,
        dashed,
    })
}

/// The longest label that stands at the start of `text`, and how many bytes it takes.
fn label_at(text: &[u8]) -> Option<(usize, Label)> {
    LABELS
        .iter()
        .filter_map(|(words, label)| Some((label_length(text, words)?, *label)))
        .max_by_key(|(length, _)| *length)
}

/// How many bytes `words` take at the start of `text`, with any white space or none between them.
fn label_length(text: &[u8], words: &str) -> Option<usize> {
    let mut length = 0;
    for (number, word) in words.split(' ').enumerate() {
        if number > 0 {
            length += spaces(&text[length..]);
        }
        if !starts_with(&text[length..], word) {
            return None;
        }
        length += word.len();
    }
    Some(length)
}

fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

fn spaces(text: &[u8]) -> usize {
    let found = text
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\n' | b'_'));
    found.count()
}

/// How far dashes reach, with single spaces between them and the words allowed.
fn dashes<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    let mut reach = 0;
    for (number, byte) in bytes.enumerate() {
        match *byte {
            b'-' | DASH => reach = number + 1,
            b' ' if number < reach + 2 => {}
            _ => break,
        }
    }
    reach
}

fn is_exact(whole: &[u8], words: &[u8], word: &str, label: Label) -> bool {
    let five = b"-----";
    let inner = whole
        .strip_prefix(five)
        .and_then(|rest| rest.strip_suffix(five));
    inner == Some(words)
        && LABELS.iter().any(|(text, of)| {
            *of == label
                && words.len() == word.len() + 1 + text.len()
                && words.starts_with(word.as_bytes())
                && words.ends_with(text.as_bytes())
                && words.get(word.len()) == Some(&b' ')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<(bool, Label, bool)> {
        let found = find(text.as_bytes());
        found
            .iter()
            .map(|each| (each.begins, each.label, each.exact))
            .collect()
    }

    #[test]
    fn markers_are_found_in_any_state() {
        let good = (true, Label::Pkcs8, true);
        let bad = (true, Label::Pkcs8, false);
        assert_eq!(labels("-----BEGIN PRIVATE KEY-----"), [good]);
        for text in [
            "----BEGIN PRIVATE KEY----",
            "------BEGIN PRIVATE KEY-----",
            "----- BEGIN PRIVATE KEY -----",
            "-----BEGIN  PRIVATE KEY-----",
            "-----BEGINPRIVATEKEY-----",
            "-----BEGIN_PRIVATE_KEY-----",
            "-----begin private key-----",
            "\u{1}\u{1}BEGIN PRIVATE KEY\u{1}\u{1}",
            "BEGIN PRIVATE KEY",
            "-----BEGIN PRIVATE\nKEY-----",
        ] {
            assert_eq!(labels(text), [bad], "{text:?}");
        }
    }

    #[test]
    fn the_longest_label_wins() {
        assert_eq!(
            labels("-----END CERTIFICATE REQUEST-----"),
            [(false, Label::Request, true)]
        );
        assert_eq!(
            labels("-----BEGIN CERTIFICATE-----"),
            [(true, Label::Certificate, true)]
        );
    }

    #[test]
    fn a_sentence_about_the_line_is_not_the_line() {
        let text = "Include the BEGIN PRIVATE KEY line.\n-----BEGIN PRIVATE KEY-----\nAAAA";
        assert_eq!(labels(text), [(true, Label::Pkcs8, true)]);
        assert_eq!(labels("please send private key"), []);
    }
}
