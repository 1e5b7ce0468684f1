//! The two fingerprints of a key (R9).
//!
//! *Identity* is shown to people and is the same everywhere: SHA-256 of the public half as SPKI.
//! *Exact* is for plans and comparisons: HMAC-SHA256 of the value as it is in effect, under one
//! random key per data directory. Not here: reading keys (the key pair room).

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::id::{hex, is_hex};

/// SHA-256 of a public key's SPKI, as 64 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityFingerprint(String);

/// HMAC-SHA256 of a value in effect under the data directory's key, as 64 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExactFingerprint(String);

/// The random key of one data directory under which exact fingerprints and identities are made.
///
/// It travels to instances inside a request, so it protects nothing there; it keeps fingerprints
/// of two data directories from being compared.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

macro_rules! fingerprint_text {
    ($name:ident) => {
        impl $name {
            /// Reads 64 lower-case hex digits; anything else is `None`.
            pub fn parse(text: &str) -> Option<Self> {
                is_hex(text, 64).then(|| Self(text.to_owned()))
            }

            /// All 64 digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// First and last eight digits in groups of four, for people.
            pub fn short(&self) -> String {
                let group = |from: usize| self.0.get(from..from + 4).unwrap_or_default();
                format!("{} {} … {} {}", group(0), group(4), group(56), group(60))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fingerprint_text!(IdentityFingerprint);
fingerprint_text!(ExactFingerprint);

impl IdentityFingerprint {
    /// The fingerprint of a public key given as SPKI DER.
    pub fn of_spki(der: &[u8]) -> Self {
        Self(hex(&Sha256::digest(der)))
    }
}

impl FingerprintKey {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a request to an instance and for the records.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The exact fingerprint of a value as an instance would have it in effect.
    pub fn exact(&self, value: &[u8]) -> ExactFingerprint {
        ExactFingerprint(hex(&mac(&self.0, &[value])))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(hidden)")
    }
}

/// HMAC-SHA256 over the given pieces, one after the other.
pub(crate) fn mac(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length, so the error arm cannot be reached; an empty answer would
    // be a wrong MAC, never a right one.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        for piece in pieces {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_fingerprints_depend_on_key_and_every_byte() {
        let key = FingerprintKey::new([7; 32]);
        assert_eq!(key.exact(b"value"), key.exact(b"value"));
        assert_ne!(key.exact(b"value"), key.exact(b"value\n"));
        assert_ne!(
            key.exact(b"value"),
            FingerprintKey::new([8; 32]).exact(b"value")
        );
    }

    #[test]
    fn people_see_first_and_last_eight() {
        let fingerprint = IdentityFingerprint::of_spki(b"anything");
        assert_eq!(fingerprint.short().len(), 4 * 4 + 4 + "…".len());
    }
}
