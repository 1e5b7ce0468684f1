//! Names of things that never change: random ids the program gives, and ids that come from
//! outside with a fixed form.
//!
//! Not here: what the things are.

use std::fmt;

use crate::text::TextError;

/// Makes a type for an id that Patchbay gives: 32 lower-case hex digits, random, saying nothing.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Reads an id: 32 lower-case hex digits; anything else is `None`.
            pub fn parse(text: &str) -> Option<Self> {
                is_hex(text, 32).then(|| Self(text.to_owned()))
            }

            /// Makes an id from 16 random bytes.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(hex(&bytes))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

random_id!(
    /// One Commerce account as Patchbay knows it.
    AccountId
);
random_id!(
    /// One key pair.
    KeyPairId
);
random_id!(
    /// One instance.
    InstanceId
);
random_id!(
    /// One journal entry: one action on one instance.
    EntryId
);
random_id!(
    /// One order that may touch several instances; its entries share it.
    PushId
);
random_id!(
    /// One replacement of a key pair by another.
    ReplacementId
);
random_id!(
    /// One request for keys, or one hand-over of some.
    HandOverId
);
random_id!(
    /// Where one item lies in the keychain; says nothing about what it is.
    KeychainItem
);
random_id!(
    /// One process that may claim exports, as long as it lives.
    ClaimId
);
random_id!(
    /// Ties an instance's answer to the question it was asked.
    Nonce
);

/// Makes a type for text from outside whose form is checked once, at the door.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $why:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Reads it, trimmed.
            ///
            /// # Errors
            /// Says which form is expected.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let text = text.trim();
                let check: fn(&str) -> bool = $check;
                if text.is_empty() {
                    return Err(TextError::Empty { what: $what });
                }
                check(text)
                    .then(|| Self(text.to_owned()))
                    .ok_or(TextError::Shape { what: $what, why: $why })
            }

            /// The text as it was read.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked_text!(
    /// A public API key. Every sample seen is 32 lower-case hex characters, but nobody documents
    /// it (docs/facts.md, formats), so 8 to 200 visible ASCII characters without spaces are taken;
    /// [`ApiKey::looks_usual`] says whether to warn.
    ApiKey,
    "the API key",
    "8 to 200 letters, digits or . _ - without spaces",
    |text| (8..=200).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
);
checked_text!(
    /// A MageID: `MAG` and 9 digits in the samples seen; 4 to 20 digits are taken.
    MageId,
    "the MageID",
    "MAG followed by digits, as in MAG005500000",
    |text| text.strip_prefix("MAG").is_some_and(|digits| (4..=20).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit()))
);
checked_text!(
    /// The id of a SaaS project: a UUID.
    ProjectId,
    "the project id",
    "a UUID such as 11111111-1111-4111-8111-111111111111",
    is_uuid
);
checked_text!(
    /// The id of a data space: a UUID.
    DataSpaceId,
    "the data space id",
    "a UUID such as 22222222-2222-4222-8222-222222222222",
    is_uuid
);

impl ApiKey {
    /// Whether it has the form of every public sample: 32 lower-case hex characters.
    pub fn looks_usual(&self) -> bool {
        is_hex(&self.0, 32)
    }
}

/// Lower-case hex of any bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
            text
        })
}

/// Whether `text` is exactly `digits` lower-case hex digits.
pub fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Bytes from lower- or upper-case hex; `None` where it is not hex.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| is_hex(part, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_checked_at_the_door() {
        assert!(ApiKey::parse("0123456789abcdef0123456789abcdef").is_ok_and(|k| k.looks_usual()));
        assert!(ApiKey::parse("not hex but long enough").is_err());
        assert!(MageId::parse("MAG005500000").is_ok());
        assert!(MageId::parse("mag1").is_err());
        assert!(DataSpaceId::parse(" 22222222-2222-4222-8222-222222222222\n").is_ok());
        assert!(DataSpaceId::parse("22222222-2222-4222-8222").is_err());
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        assert_eq!(unhex("é0"), None);
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
