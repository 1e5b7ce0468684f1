//! Reading a private key from whatever people bring (G8).
//!
//! Every row of docs/facts.md, PEM damage, has an outcome here: taken as it is, repaired, or
//! refused with its own sentence. The result is always the same normal form: PKCS#8, base64 in
//! lines of 64, LF, one final newline. Repairs touch only what surrounds the key's bytes; the
//! bytes themselves must be complete and their numbers must fit together, or nothing is taken.
//! Not here: whether the key really signs (the crypto port tries it) and whether Adobe knows it
//! (the gateway port).

mod around;
mod body;
mod der;
mod error;
mod markers;
mod numbers;
mod reader;
mod rsa;
mod sniff;
mod text;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use error::IntakeError;

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
    /// What was repaired on the way, each once, in the order of [`Repair`]; empty when it came
    /// clean.
    pub repairs: Vec<Repair>,
}

macro_rules! repairs {
    ($($(#[doc = $doc:literal])+ $name:ident => $code:literal, $text:literal;)+) => {
        /// Something that was mended silently for the instance but is worth telling.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Repair {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Repair {
            /// The word for it in JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What was done, for people.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

repairs! {
    /// The whole text had been base64-encoded once more.
    Base64 => "base64", "The key was encoded once more as a whole; that was undone.";
    /// A byte order mark at the start was dropped.
    ByteOrderMark => "byteOrderMark", "An invisible mark at the start was dropped.";
    /// UTF-16 text was read.
    Utf16 => "utf16", "The text was stored as UTF-16; it was read as that.";
    /// A binary (DER) file was turned into text.
    Binary => "binary", "The key was a binary file; it was turned into text.";
    /// Windows or old Mac line ends were replaced.
    LineEnds => "lineEnds", "Line ends of Windows or old Macs were replaced.";
    /// Escapes of JSON or of a web form were undone.
    Escapes => "escapes", "Escape codes of JSON or a web form were undone.";
    /// `\n` stood there as two characters.
    LiteralNewlines => "literalNewlines", "Line ends written as \\n were turned into line ends.";
    /// Blank lines or spaces around or inside were dropped.
    Whitespace => "whitespace", "Blank lines or spaces were dropped.";
    /// Line breaks had become spaces or were missing.
    JoinedLines => "joinedLines", "Missing line ends were put back.";
    /// The body was in lines of another length.
    Rewrapped => "rewrapped", "The key was put into lines of 64 characters.";
    /// Quotes, quote marks of a mail program or a variable name around the key were dropped.
    Wrapping => "wrapping", "Quotes or a name around the key were dropped.";
    /// Other text around the key was ignored.
    Surroundings => "surroundings", "Other text around the key was ignored.";
    /// Marker lines with wrong dashes, spaces or letters were mended.
    Dashes => "dashes", "The BEGIN or END line was mended.";
    /// A missing BEGIN or END line was added; the key itself was complete.
    MarkerLines => "markerLines", "A missing BEGIN or END line was added.";
    /// The body and its marker lines did not agree about the format.
    WrongHeader => "wrongHeader", "The BEGIN and END lines named another format than the key has.";
    /// PKCS#1 was turned into PKCS#8.
    Pkcs1 => "pkcs1", "The key was turned from PKCS#1 into PKCS#8.";
}

/// Reads a private key from bytes a person brought.
///
/// # Errors
/// Says what the bytes are instead of a usable private key; never repeats any of them.
pub fn read_private_key(input: &Secret) -> Result<PrivateKey, IntakeError> {
    if input.len() > INPUT_MAX {
        return Err(IntakeError::TooLarge);
    }
    let mut repairs = Vec::new();
    let sound = reader::read(input.expose(), &mut repairs)?;
    repairs.sort_unstable();
    repairs.dedup();
    Ok(PrivateKey {
        identity: IdentityFingerprint::of_spki(&sound.spki),
        der: sound.der,
        bits: sound.bits,
        repairs,
    })
}

/// The public half (SPKI DER) of a private key in normal form, as the keychain holds it.
///
/// # Errors
/// Whatever is wrong with bytes that are not a sound PKCS#8 RSA key.
pub fn spki_of(key: &Secret) -> Result<Vec<u8>, IntakeError> {
    match der::classify(key.expose())? {
        der::Found::Pkcs8(numbers) => rsa::spki(&rsa::parse(numbers)?),
        der::Found::Pkcs1(_) => Err(IntakeError::Damaged),
    }
}

/// The PEM text of a key in normal form: what is sealed for an instance. PKCS#8 marker lines,
/// base64 in lines of 64, LF, and no final newline: an instance drops white space at the ends when
/// it decrypts (docs/facts.md, observed), so with one the value in effect would be another text.
/// The bytes are taken as they are.
pub fn to_pem(key: &Secret) -> Secret {
    const BEGIN: &[u8] = b"-----BEGIN PRIVATE KEY-----\n";
    const END: &[u8] = b"-----END PRIVATE KEY-----";
    let mut digits = text::buffer(0);
    digits.resize(key.len().div_ceil(3) * 4, 0);
    // The buffer has exactly the size of the result, so this cannot fail; if it did, the text
    // would be cut short and no reader would take it.
    let length = STANDARD
        .encode_slice(key.expose(), &mut digits)
        .unwrap_or(0);
    let lines = length.div_ceil(body::LINE);
    let mut pem = Vec::with_capacity(BEGIN.len() + length + lines + END.len());
    pem.extend_from_slice(BEGIN);
    for line in digits[..length].chunks(body::LINE) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(END);
    Secret::new(pem)
}
