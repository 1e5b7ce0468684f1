//! Keys and the tokens signed with them: reading a public key, making a pair, checking a JWT.
//!
//! The check is deliberately stricter than a gateway needs to be: every constant claim, nothing
//! besides them, and an expiry that fits the recipe (`docs/facts.md`, gateway protocol). A client
//! that departs from the recipe must notice here and not at the real place.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKey};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::account::PrivateKeyPem;

/// The longest token that is looked at, in bytes. A recipe token of an RSA-4096 key has about 1,400.
pub const MAX_TOKEN: usize = 8 * 1024;
/// How far ahead a token's expiry may lie, in seconds, before the leeway.
pub const TOKEN_LIFE: i64 = 300;
/// The longest public key that is looked at, in bytes of text or DER.
const MAX_PUBLIC_KEY: usize = 16 * 1024;

/// The claims that are the same for every merchant and both gateways.
#[must_use]
pub fn constant_claims() -> Map<String, Value> {
    let service = "https://ims-na1.adobelogin.com";
    let mut claims = Map::new();
    claims.insert("iss".into(), json!("8E6307BF5D775FA00A495EF9@AdobeOrg"));
    claims.insert(
        "sub".into(),
        json!("3181519E5E2714990A495E2E@techacct.adobe.com"),
    );
    claims.insert(
        "aud".into(),
        json!(format!("{service}/c/9ec9d05f79eb443e8f76ce477b1e413c")),
    );
    for scope in [
        "ent_reactor_sdk",
        "asset_compute_meta",
        "ent_adobeio_sdk",
        "event_receiver_api",
    ] {
        claims.insert(format!("{service}/s/{scope}"), json!(true));
    }
    claims
}

/// What is wrong with a token. For the log of requests; the answer never says more than "invalid".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token is too long")]
    TooLong,
    /// The header is not exactly `typ` JWT and `alg` RS256.
    #[error("the header is not exactly typ=JWT, alg=RS256")]
    Header,
    /// The signature does not fit the registered public key.
    #[error("the signature does not match the registered public key")]
    Signature,
    /// A constant claim is missing or different.
    #[error("a constant claim is missing or different")]
    Constant,
    /// There is a claim that the recipe does not have.
    #[error("there is a claim beyond the recipe")]
    Extra,
    /// No integer `exp`.
    #[error("exp is missing or not an integer")]
    NoExpiry,
    /// `exp` is not in the future.
    #[error("the token has expired")]
    Expired,
    /// `exp` is further ahead than the recipe and the leeway allow.
    #[error("exp is too far ahead")]
    TooFarAhead,
}

/// Checks one token against the public key (SubjectPublicKeyInfo DER) at the time `now`.
///
/// `now` and `leeway` are seconds; `exp` must lie in `now+1 ..= now+300+leeway`.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn check(token: &str, public_key: &[u8], now: i64, leeway: i64) -> Result<(), Flaw> {
    if token.len() > MAX_TOKEN {
        return Err(Flaw::TooLong);
    }
    check_header(token)?;
    let mut rules = Validation::new(Algorithm::RS256);
    // Everything but the signature is compared below, by one rule for all claims.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let key = DecodingKey::from_rsa_der(public_key);
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules)
        .map_err(|_| Flaw::Signature)?
        .claims;
    check_claims(&claims, now, leeway)
}

fn check_header(token: &str) -> Result<(), Flaw> {
    let first = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(first).map_err(|_| Flaw::Header)?;
    let header: Value = serde_json::from_slice(&bytes).map_err(|_| Flaw::Header)?;
    if header == json!({"typ": "JWT", "alg": "RS256"}) {
        Ok(())
    } else {
        Err(Flaw::Header)
    }
}

fn check_claims(claims: &Map<String, Value>, now: i64, leeway: i64) -> Result<(), Flaw> {
    let constants = constant_claims();
    if constants
        .iter()
        .any(|(name, value)| claims.get(name) != Some(value))
    {
        return Err(Flaw::Constant);
    }
    if claims
        .keys()
        .any(|name| name != "exp" && !constants.contains_key(name))
    {
        return Err(Flaw::Extra);
    }
    let exp = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or(Flaw::NoExpiry)?;
    if exp <= now {
        return Err(Flaw::Expired);
    }
    if exp > now.saturating_add(TOKEN_LIFE).saturating_add(leeway) {
        return Err(Flaw::TooFarAhead);
    }
    Ok(())
}

/// Why a public key cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA public key of at least 2048 bit, as PEM or DER (SubjectPublicKeyInfo)")]
pub struct NotAPublicKey;

/// Reads an RSA public key from PEM, base64 or DER and gives its SubjectPublicKeyInfo DER.
///
/// # Errors
/// [`NotAPublicKey`] for anything else, private keys and keys under 2048 bit included.
pub fn read_public_key(input: &[u8]) -> Result<Vec<u8>, NotAPublicKey> {
    if input.len() > MAX_PUBLIC_KEY {
        return Err(NotAPublicKey);
    }
    let der = match std::str::from_utf8(input) {
        Ok(text) => from_text(text)?,
        Err(_) => input.to_vec(),
    };
    let key = PublicKey::from_der(&der).map_err(|_| NotAPublicKey)?;
    if key.modulus_len() < 256 {
        return Err(NotAPublicKey);
    }
    let spki: PublicKeyX509Der<'_> = key.as_der().map_err(|_| NotAPublicKey)?;
    Ok(spki.as_ref().to_vec())
}

fn from_text(text: &str) -> Result<Vec<u8>, NotAPublicKey> {
    let text = text.trim();
    let body = match text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
        Some(rest) => rest
            .strip_suffix("-----END PUBLIC KEY-----")
            .ok_or(NotAPublicKey)?,
        None => text,
    };
    let packed: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(packed).map_err(|_| NotAPublicKey)
}

/// A pair that was just made: the private half for its owner, the public half to register.
#[derive(Debug)]
pub struct MadePair {
    /// PKCS#8 PEM, 64 columns, one final newline.
    pub private_key: PrivateKeyPem,
    /// SubjectPublicKeyInfo DER.
    pub public_key: Vec<u8>,
}

/// Why no pair could be made: the cryptographic library refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library could not make a key pair")]
pub struct CannotMake;

/// Makes an RSA-2048 pair. Takes some tenths of a second of CPU: never on an async thread.
///
/// # Errors
/// [`CannotMake`] where the library has no random numbers or memory.
pub fn make_pair() -> Result<MadePair, CannotMake> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| CannotMake)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| CannotMake)?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| CannotMake)?;
    Ok(MadePair {
        private_key: PrivateKeyPem(pem(private.as_ref())),
        public_key: public.as_ref().to_vec(),
    })
}

fn pem(der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 64));
    text.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    text
}

/// SHA-256 of a token, so that tokens can be told apart without being kept.
#[must_use]
pub fn token_digest(token: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};
    use proptest::prelude::*;
    use std::sync::OnceLock;

    fn pair() -> &'static MadePair {
        static PAIR: OnceLock<MadePair> = OnceLock::new();
        PAIR.get_or_init(|| make_pair().unwrap())
    }

    fn sign(header: &Header, claims: &Map<String, Value>) -> String {
        let key = EncodingKey::from_rsa_pem(pair().private_key.expose().as_bytes()).unwrap();
        jsonwebtoken::encode(header, claims, &key).unwrap()
    }

    fn recipe(exp: i64) -> Map<String, Value> {
        let mut claims = constant_claims();
        claims.insert("exp".into(), json!(exp));
        claims
    }

    #[test]
    fn the_recipe_is_accepted_and_its_window_is_exact() {
        let header = Header::new(Algorithm::RS256);
        let at = |exp: i64| check(&sign(&header, &recipe(exp)), &pair().public_key, 1_000, 20);
        assert_eq!(at(1_300), Ok(()));
        assert_eq!(at(1_320), Ok(()), "the leeway still belongs to the window");
        assert_eq!(at(1_321), Err(Flaw::TooFarAhead));
        assert_eq!(at(1_001), Ok(()));
        assert_eq!(at(1_000), Err(Flaw::Expired));
    }

    #[test]
    fn each_constant_claim_is_really_compared() {
        let header = Header::new(Algorithm::RS256);
        for name in constant_claims().keys() {
            let mut missing = recipe(1_300);
            missing.remove(name);
            let mut changed = recipe(1_300);
            changed.insert(name.clone(), json!("something else"));
            for claims in [missing, changed] {
                let found = check(&sign(&header, &claims), &pair().public_key, 1_000, 0);
                assert_eq!(found, Err(Flaw::Constant), "{name}");
            }
        }
    }

    #[test]
    fn what_the_recipe_does_not_have_is_refused() {
        let plain = Header::new(Algorithm::RS256);
        let mut extra = recipe(1_300);
        extra.insert("iat".into(), json!(1_000));
        assert_eq!(
            check(&sign(&plain, &extra), &pair().public_key, 1_000, 0),
            Err(Flaw::Extra)
        );
        let mut text = recipe(1_300);
        text.insert("exp".into(), json!("1300"));
        assert_eq!(
            check(&sign(&plain, &text), &pair().public_key, 1_000, 0),
            Err(Flaw::NoExpiry)
        );
        let mut kid = Header::new(Algorithm::RS256);
        kid.kid = Some("1".into());
        assert_eq!(
            check(&sign(&kid, &recipe(1_300)), &pair().public_key, 1_000, 0),
            Err(Flaw::Header)
        );
        let other = Header::new(Algorithm::RS512);
        assert_eq!(
            check(&sign(&other, &recipe(1_300)), &pair().public_key, 1_000, 0),
            Err(Flaw::Header)
        );
    }

    #[test]
    fn a_signature_of_another_pair_or_a_changed_one_is_refused() {
        let token = sign(&Header::new(Algorithm::RS256), &recipe(1_300));
        let stranger = make_pair().unwrap();
        assert_eq!(
            check(&token, &stranger.public_key, 1_000, 0),
            Err(Flaw::Signature)
        );
        let cut = &token[..token.len() - 8];
        assert_eq!(
            check(cut, &pair().public_key, 1_000, 0),
            Err(Flaw::Signature)
        );
        let long = format!("{token}{}", "a".repeat(MAX_TOKEN));
        assert_eq!(
            check(&long, &pair().public_key, 1_000, 0),
            Err(Flaw::TooLong)
        );
    }

    #[test]
    fn public_keys_are_read_as_pem_base64_and_der() {
        let der = &pair().public_key;
        let body = STANDARD.encode(der);
        let text =
            format!("\n-----BEGIN PUBLIC KEY-----\r\n{body}\r\n-----END PUBLIC KEY-----\r\n");
        assert_eq!(read_public_key(der).as_ref(), Ok(der));
        assert_eq!(read_public_key(body.as_bytes()).as_ref(), Ok(der));
        assert_eq!(read_public_key(text.as_bytes()).as_ref(), Ok(der));
        let private = pair().private_key.expose().as_bytes();
        assert_eq!(
            read_public_key(private),
            Err(NotAPublicKey),
            "a private key is not registered"
        );
        assert_eq!(
            read_public_key(&vec![b'A'; MAX_PUBLIC_KEY + 1]),
            Err(NotAPublicKey)
        );
    }

    #[test]
    fn a_made_private_key_is_pkcs8_pem_in_64_columns() {
        let text = pair().private_key.expose();
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(text.ends_with("\n-----END PRIVATE KEY-----\n"));
        assert!(text.lines().all(|line| line.len() <= 64));
    }

    proptest! {
        #[test]
        fn no_text_is_ever_accepted_or_panics(token in "\\PC{0,400}") {
            prop_assert!(check(&token, &pair().public_key, 1_000, 30).is_err());
        }

        #[test]
        fn no_changed_byte_of_a_token_goes_through(at in 0usize..10_000, to in "[A-Za-z0-9_-]") {
            let token = sign(&Header::new(Algorithm::RS256), &recipe(1_300));
            let at = at % token.len();
            let changed = format!("{}{}{}", &token[..at], to, &token[at + 1..]);
            prop_assume!(changed != token);
            prop_assert!(check(&changed, &pair().public_key, 1_000, 30).is_err());
        }

        #[test]
        fn reading_a_public_key_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read_public_key(&bytes);
        }
    }
}
