//! The two test key pairs, and a check that a token was signed with one of them.

use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use patchbay_core::fingerprint::IdentityFingerprint;

pub struct Pair {
    pub api_key: &'static str,
    pub pem: &'static str,
}

pub const USUAL: Pair = Pair {
    api_key: "0123456789abcdef0123456789abcdef",
    pem: include_str!("../fixtures/keys/test-only-rsa-2048-pkcs8.pem"),
};

pub const OTHER: Pair = Pair {
    api_key: "fedcba9876543210fedcba9876543210",
    pem: include_str!("../fixtures/keys/test-only-rsa-2048-other-pkcs8.pem"),
};

impl Pair {
    fn key(&self) -> aws_lc_rs::rsa::KeyPair {
        let body: String = self
            .pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = base64::engine::general_purpose::STANDARD
            .decode(body)
            .unwrap();
        aws_lc_rs::rsa::KeyPair::from_pkcs8(&der).unwrap()
    }

    /// SHA-256 of the public half as SPKI, made without the code under test.
    pub fn identity(&self) -> IdentityFingerprint {
        use aws_lc_rs::encoding::AsDer as _;
        let key = self.key();
        let spki: aws_lc_rs::encoding::PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        IdentityFingerprint::of_spki(spki.as_ref())
    }

    /// Checks a token and gives its `exp`.
    pub fn verify(&self, token: &[u8]) -> i64 {
        let key = self.key();
        let public = key.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        let decoding = DecodingKey::from_rsa_raw_components(
            n.big_endian_without_leading_zero(),
            e.big_endian_without_leading_zero(),
        );
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_aud = false;
        let claims =
            jsonwebtoken::decode::<serde_json::Value>(token, &decoding, &validation).unwrap();
        claims.claims["exp"].as_i64().unwrap()
    }
}
