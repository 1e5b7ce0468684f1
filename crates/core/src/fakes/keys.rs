//! RSA keys made for tests, as the API Portal hands them out: PKCS#8 PEM, 2048 bit.
//!
//! They belong to nobody and are known to everybody; never register one anywhere.

use crate::secret::Secret;

/// The PEM texts of the keys, all different.
pub const PEM: [&str; 4] = [
    include_str!("keys/1.pem"),
    include_str!("keys/2.pem"),
    include_str!("keys/3.pem"),
    include_str!("keys/4.pem"),
];

/// One of the keys as PEM; counts round after the fourth.
pub fn pem(which: usize) -> Secret {
    let text = PEM.get(which % PEM.len()).copied().unwrap_or_default();
    Secret::new(text.as_bytes().to_vec())
}

/// One of the keys as PKCS#8 DER, as the keychain holds it; counts round after the fourth.
pub fn der(which: usize) -> Secret {
    super::crypto::der_of_pem(pem(which).expose()).unwrap_or_else(|| Secret::new(Vec::new()))
}
