//! The numbers of an RSA private key: sound, of a usable size, and written in normal form.
//!
//! Not here: whether the key signs (the crypto port tries it) and where its bytes came from.

use der::Encode;
use der::asn1::{AnyRef, BitStringRef};
use pkcs1::RsaPrivateKey;
use pkcs8::PrivateKeyInfo;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use super::numbers::{self, Numbers};
use super::{IntakeError, der::RSA};
use crate::secret::Secret;

/// Smaller moduli are refused by php-jwt 7 (docs/facts.md, key formats).
pub(super) const BITS_MIN: usize = 2048;
/// The largest modulus common libraries take.
pub(super) const BITS_MAX: usize = 8192;
/// An exponent beyond this is refused by common libraries.
const EXPONENT_BITS_MAX: usize = 33;

const ALGORITHM: AlgorithmIdentifierRef<'static> = AlgorithmIdentifierRef {
    oid: RSA,
    parameters: Some(AnyRef::NULL),
};

/// An RSA private key in normal form.
pub(super) struct Sound {
    /// PKCS#8 version 1 without attributes.
    pub der: Secret,
    /// The public half.
    pub spki: Vec<u8>,
    /// Size of the modulus.
    pub bits: usize,
}

/// Reads PKCS#1, checks everything that needs no random numbers, writes PKCS#8.
///
/// # Errors
/// Says what is wrong with the numbers.
pub(super) fn read(bytes: &[u8]) -> Result<Sound, IntakeError> {
    let key = parse(bytes)?;
    let bits = check(&key)?;
    let inner = Zeroizing::new(key.to_der().map_err(|_| IntakeError::Damaged)?);
    let outer = PrivateKeyInfo::new(ALGORITHM, &inner);
    let der = Secret::new(outer.to_der().map_err(|_| IntakeError::Damaged)?);
    Ok(Sound {
        der,
        spki: spki(&key)?,
        bits,
    })
}

/// PKCS#1 as the library reads it: strict about every length and sign.
pub(super) fn parse(bytes: &[u8]) -> Result<RsaPrivateKey<'_>, IntakeError> {
    RsaPrivateKey::try_from(bytes).map_err(|_| IntakeError::Damaged)
}

/// The public half as SPKI.
pub(super) fn spki(key: &RsaPrivateKey<'_>) -> Result<Vec<u8>, IntakeError> {
    let public = key
        .public_key()
        .to_der()
        .map_err(|_| IntakeError::Damaged)?;
    let info = SubjectPublicKeyInfoRef {
        algorithm: ALGORITHM,
        subject_public_key: BitStringRef::from_bytes(&public).map_err(|_| IntakeError::Damaged)?,
    };
    info.to_der().map_err(|_| IntakeError::Damaged)
}

/// Sizes first, so that the arithmetic is bounded; then whether the numbers fit together.
fn check(key: &RsaPrivateKey<'_>) -> Result<usize, IntakeError> {
    if key.other_prime_infos.is_some() {
        return Err(IntakeError::MultiPrime);
    }
    let private = [
        key.private_exponent,
        key.prime1,
        key.prime2,
        key.exponent1,
        key.exponent2,
        key.coefficient,
    ];
    if private.iter().any(|number| bits_of(number.as_bytes()) == 0) {
        return Err(IntakeError::NumbersMissing);
    }
    let bits = bits_of(key.modulus.as_bytes());
    if bits < BITS_MIN {
        return Err(IntakeError::TooSmall { bits });
    }
    if bits > BITS_MAX {
        return Err(IntakeError::TooBig { bits });
    }
    let exponent = key.public_exponent.as_bytes();
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    if !odd || !(2..=EXPONENT_BITS_MAX).contains(&bits_of(exponent)) {
        return Err(IntakeError::Exponent);
    }
    if private
        .iter()
        .any(|number| bits_of(number.as_bytes()) > bits)
    {
        return Err(IntakeError::NumbersDisagree);
    }
    let numbers = Numbers {
        modulus: key.modulus.as_bytes(),
        public_exponent: exponent,
        private_exponent: key.private_exponent.as_bytes(),
        primes: [key.prime1.as_bytes(), key.prime2.as_bytes()],
        exponents: [key.exponent1.as_bytes(), key.exponent2.as_bytes()],
        coefficient: key.coefficient.as_bytes(),
    };
    match numbers::fit_together(&numbers) {
        true => Ok(bits),
        false => Err(IntakeError::NumbersDisagree),
    }
}

/// Size of a big-endian number in bits.
fn bits_of(number: &[u8]) -> usize {
    let start = number.iter().position(|byte| *byte != 0);
    start.map_or(0, |start| {
        let zeros = usize::try_from(number[start].leading_zeros()).unwrap_or(0);
        (number.len() - start) * 8 - zeros
    })
}
