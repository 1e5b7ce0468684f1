//! The request code: what a person sends to the owner of the keys.
//!
//! Letters and digits without those that are mistaken for each other, in groups of five, with a
//! checksum over all of it, so that a typing error is seen. Nothing in it is secret; but whoever
//! exchanges it on the way gets the keys instead, which is why both sides see
//! [`compare_words`](super::compare_words).

use sha2::{Digest, Sha256};

use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::MageId;
use crate::ports::crypto::SealPublic;
use crate::text;

/// What a code begins with.
const MARK: &str = "PATCHBAY";
/// The form of what follows it.
const FORM: u8 = 1;
/// Crockford's 32 digits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many bytes of the checksum are carried.
const CHECK: usize = 5;
/// The longest name in a code, bytes.
const NAME_MAX: usize = 200;
/// The longest code that is read, characters.
const CODE_MAX: usize = 2_000;

const SANDBOX: u8 = 1;
const PRODUCTION: u8 = 2;
const MOVING: u8 = 4;

/// What a request code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCode {
    /// To whom the file is to be sealed.
    pub public: SealPublic,
    /// Which pairs are asked for.
    pub purposes: Vec<Purpose>,
    /// Whether the asking computer takes the other one's place: then every pair is meant.
    pub moving: bool,
    /// Who asks.
    pub who: String,
    /// The label the asking side gave to the account; empty when everything moves.
    pub account: String,
    /// The account's MageID, where the asking side knows it.
    pub mage_id: Option<MageId>,
}

impl RequestCode {
    /// As text to be sent.
    pub fn to_text(&self) -> String {
        let mut bytes = vec![FORM, self.flags()];
        bytes.extend_from_slice(&self.public.0);
        let mage_id = self.mage_id.as_ref().map_or("", |id| id.as_str());
        for name in [self.who.as_str(), self.account.as_str(), mage_id] {
            let name = shortened(name);
            bytes.push(u8::try_from(name.len()).unwrap_or(0));
            bytes.extend_from_slice(name.as_bytes());
        }
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        let digits = to_digits(&bytes);
        let groups: Vec<&str> = (0..digits.len())
            .step_by(5)
            .filter_map(|at| digits.get(at..digits.len().min(at + 5)))
            .collect();
        format!("{MARK}-{}", groups.join("-"))
    }

    /// Reads a code back. Spaces, line breaks, dashes and small letters do not matter.
    ///
    /// # Errors
    /// Something that is no code, one of a newer Patchbay, or one with a typing error.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > CODE_MAX {
            return Err(no_code());
        }
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let digits = plain.strip_prefix(MARK).ok_or_else(no_code)?;
        let bytes = from_digits(digits).ok_or_else(mistyped)?;
        let (said, check) = bytes
            .split_at_checked(bytes.len().saturating_sub(CHECK))
            .ok_or_else(mistyped)?;
        if check != checksum(said) {
            return Err(mistyped());
        }
        Self::from_bytes(said)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let newer = || {
            Error::refused(
                "codeNewer",
                "A newer Patchbay made this request code.",
                "Update Patchbay, or ask for a code from the same version.",
            )
        };
        let (&form, rest) = bytes.split_first().ok_or_else(no_code)?;
        if form != FORM {
            return Err(newer());
        }
        let (&flags, rest) = rest.split_first().ok_or_else(no_code)?;
        if flags & !(SANDBOX | PRODUCTION | MOVING) != 0 {
            return Err(newer());
        }
        let (public, rest) = rest.split_first_chunk::<32>().ok_or_else(no_code)?;
        let (who, rest) = name_from(rest)?;
        let (account, rest) = name_from(rest)?;
        let (mage_id, rest) = name_from(rest)?;
        if !rest.is_empty() {
            return Err(no_code());
        }
        let wanted = [
            (Purpose::Sandbox, SANDBOX),
            (Purpose::Production, PRODUCTION),
        ];
        Ok(Self {
            public: SealPublic(*public),
            purposes: wanted
                .into_iter()
                .filter(|(_, flag)| flags & flag != 0)
                .map(|(purpose, _)| purpose)
                .collect(),
            moving: flags & MOVING != 0,
            who: text::outside(&who, text::NAME_MAX),
            account: text::outside(&account, text::NAME_MAX),
            mage_id: MageId::parse(&mage_id).ok(),
        })
    }

    fn flags(&self) -> u8 {
        let asked = |purpose, flag| match self.purposes.contains(&purpose) {
            true => flag,
            false => 0,
        };
        let moving = if self.moving { MOVING } else { 0 };
        asked(Purpose::Sandbox, SANDBOX) | asked(Purpose::Production, PRODUCTION) | moving
    }
}

fn name_from(bytes: &[u8]) -> Result<(String, &[u8])> {
    let (&length, rest) = bytes.split_first().ok_or_else(no_code)?;
    let (name, rest) = rest
        .split_at_checked(usize::from(length))
        .ok_or_else(no_code)?;
    let name = std::str::from_utf8(name).map_err(|_| no_code())?;
    Ok((name.to_owned(), rest))
}

/// At most [`NAME_MAX`] bytes, ending with a whole character.
fn shortened(name: &str) -> &str {
    let end = (0..=name.len().min(NAME_MAX))
        .rev()
        .find(|at| name.is_char_boundary(*at));
    name.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn checksum(bytes: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new()
        .chain_update(b"patchbay request\n")
        .chain_update(bytes)
        .finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

/// Bytes as digits of five bits, the last one filled up with zeros.
pub(super) fn to_digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(digit(held << (5 - bits)));
    }
    text
}

fn digit(value: u32) -> char {
    char::from(DIGITS[(value & 31) as usize])
}

/// Digits back to bytes. What looks like a digit counts as that digit: o as 0, i and l as 1.
pub(super) fn from_digits(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for character in text.chars() {
        let character = match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let at = DIGITS
            .iter()
            .position(|one| char::from(*one) == character)?;
        held = (held << 5) | u32::try_from(at).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 255).ok()?);
        }
        held &= (1 << bits) - 1;
    }
    // Anything but zeros here was never written by us.
    (held == 0 && bits < 5).then_some(bytes)
}

fn no_code() -> Error {
    Error::refused(
        "notARequestCode",
        "This is no request code.",
        "It begins with PATCHBAY and is made by the Patchbay that is to receive the keys.",
    )
}

fn mistyped() -> Error {
    Error::refused(
        "codeMistyped",
        "There is a typing error in this request code, or a part of it is missing.",
        "Copy the whole code again, from PATCHBAY to its end.",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> RequestCode {
        RequestCode {
            public: SealPublic([7; 32]),
            purposes: vec![Purpose::Sandbox, Purpose::Production],
            moving: false,
            who: "Mei, 北光商行".into(),
            account: "Nordlys".into(),
            mage_id: MageId::parse("MAG005500000").ok(),
        }
    }

    #[test]
    fn it_is_read_back_however_it_was_copied() {
        let code = sample();
        let text = code.to_text();
        let wrapped: String = text
            .to_lowercase()
            .char_indices()
            .flat_map(|(at, c)| (at % 30 == 29).then_some('\n').into_iter().chain([c]))
            .collect();
        for copied in [
            text.clone(),
            format!("  {text}\n"),
            text.replace('-', ""),
            text.replace('-', " ").replace("PATCHBAY ", "patchbay-"),
            text.replacen('0', "o", 1).replacen('1', "l", 1),
            wrapped,
        ] {
            assert_eq!(RequestCode::read(&copied).unwrap(), code, "{copied}");
        }
    }

    #[test]
    fn every_single_typing_error_is_seen() {
        let text = sample().to_text();
        let mut tried = 0;
        for (at, was) in text.char_indices().skip(MARK.len() + 1) {
            if was == '-' {
                continue;
            }
            for other in DIGITS.iter().map(|one| char::from(*one)) {
                if other == was {
                    continue;
                }
                let mut typed = text.clone();
                typed.replace_range(at..=at, &other.to_string());
                assert!(RequestCode::read(&typed).is_err(), "{typed}");
                tried += 1;
            }
            let missing: String = text[..at].to_owned() + &text[at + 1..];
            assert!(RequestCode::read(&missing).is_err(), "a missing character");
        }
        let characters: Vec<char> = text.chars().collect();
        for at in MARK.len() + 1..characters.len() - 1 {
            let mut swapped = characters.clone();
            swapped.swap(at, at + 1);
            if swapped[at] != swapped[at + 1] && !swapped[at..=at + 1].contains(&'-') {
                let typed: String = swapped.into_iter().collect();
                assert!(RequestCode::read(&typed).is_err(), "two in the wrong order");
            }
        }
        assert!(tried > 2_000, "{tried}");
    }

    #[test]
    fn what_is_no_code_says_so() {
        let code = |text: &str| RequestCode::read(text).unwrap_err().code().to_owned();
        assert_eq!(code(""), "notARequestCode");
        assert_eq!(code("age1qqqq"), "notARequestCode");
        assert_eq!(code(&"PATCHBAY".repeat(400)), "notARequestCode");
        assert_eq!(code("PATCHBAY-"), "codeMistyped");
        assert_eq!(code("PATCHBAY-ÄÖÜ"), "codeMistyped");
        let mut newer = vec![FORM + 1];
        newer.extend(checksum(&newer.clone()));
        let text = format!("{MARK}-{}", to_digits(&newer));
        assert_eq!(code(&text), "codeNewer");
    }

    proptest! {
        #[test]
        fn any_name_travels_and_any_text_is_survived(who in ".{0,130}", text in ".{0,200}") {
            let said = RequestCode { who: who.clone(), ..sample() };
            let read = RequestCode::read(&said.to_text()).unwrap();
            prop_assert_eq!(read.public, said.public);
            prop_assert!(read.who.chars().all(text::is_plain));
            let _ = RequestCode::read(&format!("{MARK}{text}"));
            let _ = RequestCode::read(&text);
        }

        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(from_digits(&to_digits(&bytes)), Some(bytes));
        }
    }
}
