//! What DER bytes are: an RSA private key, or which other thing.
//!
//! Looks only at the outer shape, without copying. Not here: whether the numbers are any good
//! ([`super::rsa`]).

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::IntakeError;

/// An RSA private key and the wrapping it was found in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// The PKCS#1 structure inside PKCS#8.
    Pkcs8(&'a [u8]),
    /// PKCS#1 as it is.
    Pkcs1(&'a [u8]),
}

/// `rsaEncryption` (RFC 8017, appendix C).
pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// X25519, X448, Ed25519, Ed448 (RFC 8410).
const EDWARDS: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.3.101.110"),
    ObjectIdentifier::new_unwrap("1.3.101.111"),
    ObjectIdentifier::new_unwrap("1.3.101.112"),
    ObjectIdentifier::new_unwrap("1.3.101.113"),
];

/// The length of the sequence that starts here, its own head included; `None` if none does.
pub(super) fn total_length(start: &[u8]) -> Option<usize> {
    let (head, length) = match start {
        [0x30, length @ 0..=0x7F, ..] => (2, usize::from(*length)),
        [0x30, 0x81, length, ..] => (3, usize::from(*length)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    Some(head + length)
}

/// What a whole DER structure is.
///
/// # Errors
/// Names everything that is not an RSA private key.
pub(super) fn classify(bytes: &[u8]) -> Result<Found<'_>, IntakeError> {
    let parts = sequence(bytes).ok_or(IntakeError::Damaged)?;
    let tags: Vec<Tag> = parts.iter().map(|part| part.tag()).collect();
    let version = parts.first().map(|part| part.value());
    match tags.as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => pkcs8(parts[1], parts[2]),
        [Tag::Integer, Tag::Sequence, ..] if version == Some(&[3]) => Err(IntakeError::Pkcs12),
        [Tag::Integer, Tag::OctetString, ..] => Err(IntakeError::EllipticCurve),
        [Tag::Integer, Tag::Integer] => Err(IntakeError::PublicKey),
        [Tag::Integer, ..] if tags.len() == 6 && version == Some(&[0]) => Err(IntakeError::Dsa),
        [Tag::Integer, ..] => integers(&parts).map(|()| Found::Pkcs1(bytes)),
        [Tag::Sequence, Tag::BitString] => Err(IntakeError::PublicKey),
        [Tag::Sequence, Tag::OctetString] => Err(IntakeError::Encrypted),
        [Tag::Sequence, Tag::Sequence, Tag::BitString] => Err(signed(parts[0])),
        [Tag::ObjectIdentifier, ..] => Err(IntakeError::Certificate),
        _ => Err(IntakeError::NotAKey),
    }
}

/// The key inside PKCS#8, if it is RSA.
fn pkcs8<'a>(algorithm: AnyRef<'a>, key: AnyRef<'a>) -> Result<Found<'a>, IntakeError> {
    let named = elements(algorithm.value()).ok_or(IntakeError::Damaged)?;
    let first = named.first().ok_or(IntakeError::Damaged)?;
    let oid: ObjectIdentifier = first.decode_as().map_err(|_| IntakeError::Damaged)?;
    if oid == RSA {
        let numbers = sequence(key.value()).ok_or(IntakeError::Damaged)?;
        return integers(&numbers).map(|()| Found::Pkcs8(key.value()));
    }
    Err(match oid {
        EC => IntakeError::EllipticCurve,
        DSA => IntakeError::Dsa,
        RSA_PSS => IntakeError::RsaPss,
        other if EDWARDS.contains(&other) => IntakeError::Edwards,
        _ => IntakeError::OtherAlgorithm,
    })
}

/// The nine integers of RSA, and no sequence of further primes after them.
fn integers(parts: &[AnyRef<'_>]) -> Result<(), IntakeError> {
    let count = parts
        .iter()
        .take_while(|part| part.tag() == Tag::Integer)
        .count();
    match (count, parts.get(count).map(|part| part.tag())) {
        (9, None) => Ok(()),
        (9, Some(Tag::Sequence)) => Err(IntakeError::MultiPrime),
        (0..9, None) => Err(IntakeError::NumbersMissing),
        _ => Err(IntakeError::Damaged),
    }
}

/// A certificate begins with a marked version or a serial number and an algorithm; a request with
/// a version, a name and a public key.
fn signed(content: AnyRef<'_>) -> IntakeError {
    let parts = elements(content.value()).unwrap_or_default();
    let tags: Vec<Tag> = parts.iter().take(3).map(|part| part.tag()).collect();
    let key_third = parts.get(2).is_some_and(|part| {
        let inner = elements(part.value()).unwrap_or_default();
        matches!(inner.as_slice(), [_, bits] if bits.tag() == Tag::BitString)
    });
    match tags.as_slice() {
        [Tag::Integer, ..] if key_third => IntakeError::CertificateRequest,
        _ => IntakeError::Certificate,
    }
}

/// The parts of a sequence that fills `bytes` to the end.
fn sequence(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let outer = AnyRef::from_der(bytes).ok()?;
    (outer.tag() == Tag::Sequence).then(|| elements(outer.value()))?
}

fn elements(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        parts.push(reader.decode().ok()?);
    }
    Some(parts)
}
