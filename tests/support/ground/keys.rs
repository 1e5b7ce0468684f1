//! RSA keys for tests: fresh ones, and a few fixed ones in every shape people have.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{GroundError, Result};

/// A fixed RSA-2048 key, PKCS#8.
pub const RSA_2048_PKCS8: &str = include_str!("../../fixtures/keys/test-only-rsa-2048-pkcs8.pem");
/// The same key as [`RSA_2048_PKCS8`], PKCS#1.
pub const RSA_2048_PKCS1: &str = include_str!("../../fixtures/keys/test-only-rsa-2048-pkcs1.pem");
/// The public half of [`RSA_2048_PKCS8`].
pub const RSA_2048_PUBLIC: &str = include_str!("../../fixtures/keys/test-only-rsa-2048-public.pem");
/// The same key as [`RSA_2048_PKCS8`], encrypted with the password `test-only`.
pub const RSA_2048_ENCRYPTED: &str =
    include_str!("../../fixtures/keys/test-only-rsa-2048-encrypted.pem");
/// Another fixed RSA-2048 key, PKCS#8.
pub const RSA_2048_OTHER: &str =
    include_str!("../../fixtures/keys/test-only-rsa-2048-other-pkcs8.pem");
/// A fixed RSA-4096 key, PKCS#8: the largest that fits the keychain of Windows.
pub const RSA_4096_PKCS8: &str = include_str!("../../fixtures/keys/test-only-rsa-4096-pkcs8.pem");
/// A fixed RSA-1024 key, PKCS#8: too short to be accepted.
pub const RSA_1024_PKCS8: &str = include_str!("../../fixtures/keys/test-only-rsa-1024-pkcs8.pem");
/// A fixed Ed25519 key, PKCS#8: not RSA.
pub const ED25519_PKCS8: &str = include_str!("../../fixtures/keys/test-only-ed25519-pkcs8.pem");
/// A fixed P-256 key, PKCS#8: not RSA.
pub const EC_P256_PKCS8: &str = include_str!("../../fixtures/keys/test-only-ec-p256-pkcs8.pem");

/// Makes a fresh RSA-2048 key: PKCS#8 in PEM, lines of 64 characters, one final newline.
///
/// # Errors
/// When the random number generator fails.
pub fn rsa_pem() -> Result<String> {
    let failed = |error| GroundError::because("making a key", error);
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(failed)?;
    let text = STANDARD.encode(der.as_ref());
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}

/// A public API key as Adobe's look: 32 hexadecimal characters, random.
///
/// # Errors
/// When the random number generator fails.
pub fn api_key() -> Result<String> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|error| GroundError::because("drawing an API key", error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
