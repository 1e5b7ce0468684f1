//! Finding key material where none may be.
//!
//! A [`Canary`] knows every 16-byte window of a private key's private numbers and looks for them in
//! any bytes: as they are, and after undoing base64 (in every alignment, white space dropped), hex,
//! escapes and UTF-16. A [`Sweep`] looks for fewer guises in very many bytes. Deliberately not here:
//! what is scanned, which each test says itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The size of a window in bytes.
pub const WINDOW: usize = 16;

/// What a scan looks for.
#[derive(Debug, Default)]
pub struct Canary {
    windows: HashSet<[u8; WINDOW]>,
}

impl Canary {
    /// Learns the private numbers of a key given as PKCS#8 PEM; the public ones are no secret.
    ///
    /// # Panics
    /// Where it is no RSA key with the usual public exponent.
    pub fn learn(&mut self, pem: &str) {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).expect("a test key is PEM");
        let exponent = [0x02, 0x03, 0x01, 0x00, 0x01];
        let at = der
            .windows(exponent.len())
            .position(|window| window == exponent)
            .expect("a test key has the usual public exponent");
        let private = &der[at + exponent.len()..];
        self.windows.extend(
            private
                .windows(WINDOW)
                .filter_map(|window| <[u8; WINDOW]>::try_from(window).ok()),
        );
    }

    /// How many different windows of the keys are in these bytes, in any of the known guises.
    #[must_use]
    pub fn count(&self, bytes: &[u8]) -> usize {
        let mut found = HashSet::new();
        for guise in guises(bytes) {
            self.note(&guise, &mut found);
        }
        found.len()
    }

    /// The sum of [`Canary::count`] over every file below a folder.
    ///
    /// # Panics
    /// Where a folder cannot be read.
    #[must_use]
    pub fn count_below(&self, folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("the folder can be read");
        entries
            .filter_map(std::result::Result::ok)
            .map(|entry| match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.count_below(&entry.path()),
                Ok(kind) if kind.is_file() => {
                    std::fs::read(entry.path()).map_or(0, |bytes| self.count(&bytes))
                }
                _ => 0,
            })
            .sum()
    }

    /// A sweep that looks for these windows.
    #[must_use]
    pub fn sweep(&self) -> Sweep {
        Sweep::new(&self.windows)
    }

    fn note(&self, bytes: &[u8], found: &mut HashSet<[u8; WINDOW]>) {
        for window in bytes
            .windows(WINDOW)
            .filter_map(|window| <[u8; WINDOW]>::try_from(window).ok())
        {
            if self.windows.contains(&window) {
                found.insert(window);
            }
        }
    }
}

/// How a window may lie in a process's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guise {
    /// As it is.
    Raw,
    /// In hexadecimal, in letters of one or two bytes.
    Hex,
    /// In base64, wherever its groups begin, in letters of one or two bytes.
    Base64,
}

/// Looks through very many bytes, handed over in pieces, such as the memory of a process.
///
/// It does not undo encodings; it knows what the windows look like encoded: 8 bytes of each as
/// hexadecimal and 12 as base64, so less than a whole window is found too.
pub struct Sweep {
    needles: HashMap<[u8; 4], Vec<(Guise, Vec<u8>)>>,
    /// By three bytes: whether any needle begins so.
    begins: Vec<bool>,
    found: BTreeMap<Guise, HashSet<Vec<u8>>>,
    /// The end of the last piece, because a needle may go on in the next.
    rest: Vec<u8>,
    bytes: u64,
}

/// The longest needle: 16 letters of two bytes.
const LONGEST: usize = 32;

impl Sweep {
    fn new(windows: &HashSet<[u8; WINDOW]>) -> Self {
        let mut sweep = Self {
            needles: HashMap::new(),
            begins: vec![false; 1 << 24],
            found: BTreeMap::new(),
            rest: Vec::new(),
            bytes: 0,
        };
        for window in windows {
            sweep.learn(Guise::Raw, window.to_vec());
            let hex: String = window[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let base64 = STANDARD.encode(&window[..12]);
            for (guise, text) in [
                (Guise::Hex, hex.to_uppercase()),
                (Guise::Hex, hex),
                (Guise::Base64, base64),
            ] {
                let wide = text.bytes().flat_map(|letter| [letter, 0]).collect();
                sweep.learn(guise, wide);
                sweep.learn(guise, text.into_bytes());
            }
        }
        sweep
    }

    fn learn(&mut self, guise: Guise, needle: Vec<u8>) {
        if let Some(first) = needle.first_chunk::<4>() {
            self.begins[three(first)] = true;
            self.needles
                .entry(*first)
                .or_default()
                .push((guise, needle));
        }
    }

    /// Looks through the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(piece);
        for (at, first) in bytes.windows(4).enumerate() {
            // Most memory is zeros, and most of the rest begins no needle.
            if !self.begins[three(first)] {
                continue;
            }
            let known = first
                .first_chunk()
                .and_then(|first| self.needles.get(first));
            for (guise, needle) in known.into_iter().flatten() {
                if bytes[at..].starts_with(needle) {
                    self.found.entry(*guise).or_default().insert(needle.clone());
                }
            }
        }
        self.rest = bytes.split_off(bytes.len().saturating_sub(LONGEST - 1));
    }

    /// How many different windows were found in a guise.
    #[must_use]
    pub fn found(&self, guise: Guise) -> usize {
        self.found.get(&guise).map_or(0, HashSet::len)
    }

    /// How many bytes were looked through.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn three(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
}

/// The bytes as they are and as they may have been before somebody encoded them.
fn guises(bytes: &[u8]) -> Vec<Vec<u8>> {
    let wide: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let mut guises = vec![bytes.to_vec()];
    for text in [unescaped(bytes), unescaped(&wide)] {
        guises.extend(runs(&text, is_base64).flat_map(|run| from_base64(&run)));
        guises.extend(runs(&text, |byte| byte.is_ascii_hexdigit()).flat_map(|run| from_hex(&run)));
        guises.push(text);
    }
    guises
}

/// Without white space and the escapes that stand for it, percent escapes undone.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (*first, tail) {
            (b'\\', [b'n' | b'r' | b't' | b'/', more @ ..]) => {
                if tail.first() == Some(&b'/') {
                    text.push(b'/');
                }
                more
            }
            (b'%', [high, low, more @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
                text.push(u8::try_from(digit(*high) * 16 + digit(*low)).unwrap_or_default());
                more
            }
            (byte, _) => {
                if !byte.is_ascii_whitespace() {
                    text.push(byte);
                }
                tail
            }
        };
    }
    text
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Runs of bytes of a kind that are long enough to hold a window.
fn runs(text: &[u8], kind: fn(u8) -> bool) -> impl Iterator<Item = Vec<u8>> {
    text.split(move |byte| !kind(*byte))
        .filter(|run| run.len() >= WINDOW)
        .map(<[u8]>::to_vec)
}

/// A run read as base64, and, where it unpacks to base64 again, once more.
fn from_base64(run: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for bytes in unpacked(run) {
        let inner = unescaped(&bytes);
        found.extend(runs(&inner, is_base64).flat_map(|run| unpacked(&run)));
        found.push(bytes);
    }
    found
}

/// A run read as base64 from each of the four places a group may begin.
fn unpacked(run: &[u8]) -> Vec<Vec<u8>> {
    let usual: Vec<u8> = run
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    (0..4.min(usual.len()))
        .filter_map(|start| {
            let part = &usual[start..];
            STANDARD.decode(&part[..part.len() / 4 * 4]).ok()
        })
        .collect()
}

fn from_hex(run: &[u8]) -> Vec<Vec<u8>> {
    (0..2)
        .map(|start| {
            let pairs = run[start.min(run.len())..].chunks_exact(2);
            pairs
                .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::keys;

    /// The same key in the guises a careless program would leave it in.
    fn planted(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(&body).unwrap();
        let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
        let wide: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
        vec![
            ("PEM", pem.as_bytes().to_vec()),
            ("DER", der.clone()),
            ("hex", hex.clone().into_bytes()),
            ("capital hex", hex.to_uppercase().into_bytes()),
            ("one line", body.clone().into_bytes()),
            (
                "JSON",
                serde_json::to_vec(&serde_json::json!({"key": pem})).unwrap(),
            ),
            (
                "URL",
                body.replace('+', "%2B").replace('/', "%2F").into_bytes(),
            ),
            ("base64 of the PEM", STANDARD.encode(pem).into_bytes()),
            ("UTF-16", wide),
            ("shifted", format!("x={}", &body[7..]).into_bytes()),
            ("half of it", body.as_bytes()[body.len() / 2..].to_vec()),
            (
                "among noise",
                [&b"\x00\xffnoise"[..], &der[900..], b"noise"].concat(),
            ),
        ]
    }

    #[test]
    fn planted_keys_are_found_in_every_guise_and_nothing_else_is() {
        let pem = keys::rsa_pem().unwrap();
        let mut canary = Canary::default();
        canary.learn(&pem);
        for (guise, bytes) in planted(&pem) {
            assert!(canary.count(&bytes) > 0, "a key as {guise} is found");
        }
        let other = keys::rsa_pem().unwrap();
        assert_eq!(
            canary.count(other.as_bytes()),
            0,
            "another key is not this one"
        );
    }

    #[test]
    fn a_sweep_finds_each_guise_across_its_pieces_and_no_other_key() {
        let pem = keys::rsa_pem().unwrap();
        let mut canary = Canary::default();
        canary.learn(&pem);
        let wanted = [
            ("PEM", Guise::Base64),
            ("DER", Guise::Raw),
            ("hex", Guise::Hex),
            ("capital hex", Guise::Hex),
            ("JSON", Guise::Base64),
            ("UTF-16", Guise::Base64),
            ("shifted", Guise::Base64),
            ("among noise", Guise::Raw),
        ];
        for (name, bytes) in planted(&pem) {
            let Some((_, guise)) = wanted.iter().find(|(wanted, _)| *wanted == name) else {
                continue;
            };
            let mut sweep = canary.sweep();
            bytes.chunks(7).for_each(|piece| sweep.feed(piece));
            assert!(sweep.found(*guise) > 100, "a key as {name} is found");
            assert_eq!(sweep.bytes(), bytes.len() as u64);
        }
        let other = keys::rsa_pem().unwrap();
        let mut sweep = canary.sweep();
        for (_, bytes) in planted(&other) {
            sweep.feed(&bytes);
        }
        for guise in [Guise::Raw, Guise::Hex, Guise::Base64] {
            assert_eq!(sweep.found(guise), 0, "another key is not this one");
        }
    }
}
