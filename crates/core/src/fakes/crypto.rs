//! Cryptography that is none, with the shape of the real one, and what every kind must do.
//!
//! Tokens have the form of the gateway's tokens (docs/facts.md, token) and the same habit: the same
//! key and the same `exp` give the same token. The signature is a hash anybody could make.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::lock;
use super::trouble::Trouble;
use crate::ports::crypto::{Crypto, CryptoError, SealPublic, SealSecret};
use crate::secret::Secret;

/// What a token of the stand-in says, as the facts have it.
const CLAIMS: &str = concat!(
    r#""iss":"8E6307BF5D775FA00A495EF9@AdobeOrg","#,
    r#""sub":"3181519E5E2714990A495E2E@techacct.adobe.com","#,
    r#""aud":"https://ims-na1.adobelogin.com/c/9ec9d05f79eb443e8f76ce477b1e413c","#,
    r#""https://ims-na1.adobelogin.com/s/ent_reactor_sdk":true,"#,
    r#""https://ims-na1.adobelogin.com/s/asset_compute_meta":true,"#,
    r#""https://ims-na1.adobelogin.com/s/ent_adobeio_sdk":true,"#,
    r#""https://ims-na1.adobelogin.com/s/event_receiver_api":true"#,
);

/// The SHA-256 of a private key given as DER, by which the stand-ins know a key again.
pub fn key_digest(der: &Secret) -> [u8; 32] {
    Sha256::digest(der.expose()).into()
}

/// The token that the stand-in signs with this key.
pub fn token(der: &Secret, expires: i64) -> Secret {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256"}"#);
    let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{expires},{CLAIMS}}}"#));
    let signed = format!("{header}.{claims}");
    let signature = signature(&key_digest(der), &signed);
    Secret::new(format!("{signed}.{signature}").into_bytes())
}

/// The `exp` of a token of the stand-in, if it was signed with the key of this digest.
pub fn token_expiry(token: &Secret, key: &[u8; 32]) -> Option<i64> {
    let text = std::str::from_utf8(token.expose()).ok()?;
    let (signed, given) = text.rsplit_once('.')?;
    (signature(key, signed) == given).then_some(())?;
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
    let claims = std::str::from_utf8(&claims).ok()?;
    let (exp, _) = claims.strip_prefix(r#"{"exp":"#)?.split_once(',')?;
    exp.parse().ok()
}

fn signature(key: &[u8; 32], signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(
        Sha256::new()
            .chain_update(key)
            .chain_update(signed)
            .finalize(),
    )
}

/// The bytes between a PEM's marker lines.
pub fn der_of_pem(pem: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(pem).ok()?;
    let body: String = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let marked = text.contains("-----BEGIN") && text.contains("-----END");
    let der = STANDARD.decode(body).ok()?;
    (marked && !der.is_empty()).then(|| Secret::new(der))
}

/// Seals as the stand-in does: reversible by anybody, but only the right pair is let.
pub fn fake_seal(to: &SealPublic, salt: &[u8; 32], bytes: &Secret) -> Vec<u8> {
    let mut sealed = salt.to_vec();
    sealed.extend(scrambled(&to.0, salt, bytes.expose()));
    let check = Sha256::new()
        .chain_update(to.0)
        .chain_update(&sealed)
        .finalize();
    sealed.extend_from_slice(&check);
    sealed
}

/// Opens what [`fake_seal`] sealed.
pub fn fake_open(public: &SealPublic, secret: &SealSecret, sealed: &[u8]) -> Option<Secret> {
    (public_of(secret) == *public).then_some(())?;
    let (body, check) = sealed.split_at_checked(sealed.len().checked_sub(32)?)?;
    let expected = Sha256::new()
        .chain_update(public.0)
        .chain_update(body)
        .finalize();
    (expected.as_slice() == check).then_some(())?;
    let (salt, text) = body.split_at_checked(32)?;
    Some(Secret::new(scrambled(&public.0, salt, text)))
}

/// The public half that goes with a private one.
pub fn public_of(secret: &SealSecret) -> SealPublic {
    let digest = Sha256::new()
        .chain_update("public of ")
        .chain_update(secret.0.expose());
    SealPublic(digest.finalize().into())
}

fn scrambled(key: &[u8], salt: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (block, chunk) in bytes.chunks(32).enumerate() {
        let pad = Sha256::new()
            .chain_update(key)
            .chain_update(salt)
            .chain_update(block.to_be_bytes())
            .finalize();
        out.extend(chunk.iter().zip(pad).map(|(byte, pad)| byte ^ pad));
    }
    out
}

/// Cryptography for tests: the same numbers in every run.
#[derive(Debug, Default)]
pub struct FakeCrypto {
    drawn: Mutex<u64>,
    broken: Mutex<Vec<[u8; 32]>>,
    sealed_to: Mutex<Vec<SealPublic>>,
    /// Tells calls to fail.
    pub trouble: Trouble<CryptoError>,
}

impl FakeCrypto {
    /// A stand-in whose random numbers start at another place.
    pub fn seeded(seed: u64) -> Self {
        let fake = Self::default();
        *lock(&fake.drawn) = seed << 32;
        fake
    }

    /// Lets a key count as one whose numbers do not fit together.
    pub fn break_key(&self, der: &Secret) {
        lock(&self.broken).push(key_digest(der));
    }

    /// To whom something was sealed, in order.
    pub fn sealed_to(&self) -> Vec<SealPublic> {
        lock(&self.sealed_to).clone()
    }

    fn usable(&self, der: &Secret) -> Result<(), CryptoError> {
        self.trouble.check()?;
        // A DER sequence is the least a private key is; a stand-in looks no closer.
        let sequence = der.expose().first() == Some(&0x30);
        if !sequence || lock(&self.broken).contains(&key_digest(der)) {
            return Err(CryptoError::BrokenKey);
        }
        Ok(())
    }
}

impl Crypto for FakeCrypto {
    fn random(&self) -> Result<[u8; 32], CryptoError> {
        self.trouble.check()?;
        let mut drawn = lock(&self.drawn);
        *drawn += 1;
        let digest = Sha256::new()
            .chain_update("random ")
            .chain_update(drawn.to_be_bytes());
        Ok(digest.finalize().into())
    }

    fn try_rsa(&self, key: &Secret) -> Result<(), CryptoError> {
        self.usable(key)
    }

    fn sign_token(&self, key: &Secret, expires: i64) -> Result<Secret, CryptoError> {
        self.usable(key)?;
        Ok(token(key, expires))
    }

    fn seal(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError> {
        let salt = self.random()?;
        lock(&self.sealed_to).push(to.clone());
        Ok(fake_seal(to, &salt, bytes))
    }

    fn seal_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError> {
        let secret = SealSecret(Secret::new(self.random()?.to_vec()));
        Ok((public_of(&secret), secret))
    }

    fn open(
        &self,
        public: &SealPublic,
        secret: &SealSecret,
        sealed: &[u8],
    ) -> Result<Secret, CryptoError> {
        self.trouble.check()?;
        fake_open(public, secret, sealed).ok_or(CryptoError::Seal)
    }

    fn hand_over_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError> {
        self.seal_pair()
    }

    fn seal_file(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError> {
        self.seal(to, bytes)
    }

    fn open_file(&self, secret: &SealSecret, sealed: &[u8]) -> Result<Secret, CryptoError> {
        self.open(&public_of(secret), secret, sealed)
    }
}

/// What every kind of cryptography must do. `good` is a working RSA key as PKCS#8 DER, `other`
/// another one, `broken` one whose numbers do not fit together.
///
/// # Errors
/// The first call that failed and should not have.
pub fn crypto_contract(
    crypto: &dyn Crypto,
    good: &Secret,
    other: &Secret,
    broken: &Secret,
) -> Result<(), CryptoError> {
    assert_ne!(crypto.random()?, crypto.random()?, "random numbers differ");

    crypto.try_rsa(good)?;
    assert_eq!(crypto.try_rsa(broken), Err(CryptoError::BrokenKey));
    let nothing = Secret::new(b"no key at all".to_vec());
    assert_eq!(crypto.try_rsa(&nothing), Err(CryptoError::BrokenKey));
    assert!(
        crypto.sign_token(&nothing, 1).is_err(),
        "no key signs nothing"
    );

    tokens(crypto, good, other)?;
    sealing(crypto)?;
    files(crypto)
}

fn tokens(crypto: &dyn Crypto, good: &Secret, other: &Secret) -> Result<(), CryptoError> {
    let expires = 1_780_300_800;
    let token = crypto.sign_token(good, expires)?;
    let parts: Vec<&[u8]> = token.expose().split(|byte| *byte == b'.').collect();
    assert_eq!(parts.len(), 3, "a token has three parts");
    let decode = |at: usize| {
        let part = parts.get(at).copied().unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    };
    for claim in ["RS256", "JWT"] {
        assert!(decode(0).contains(claim), "the header names {claim}");
    }
    for claim in [
        "\"exp\":1780300800",
        "8E6307BF5D775FA00A495EF9@AdobeOrg",
        "event_receiver_api",
    ] {
        assert!(decode(1).contains(claim), "the claims hold {claim}");
    }
    let again = crypto.sign_token(good, expires)?;
    assert!(
        token.same_as(&again),
        "key and expiry decide the whole token"
    );
    assert!(!token.same_as(&crypto.sign_token(good, expires + 1)?));
    assert!(!token.same_as(&crypto.sign_token(other, expires)?));
    Ok(())
}

fn sealing(crypto: &dyn Crypto) -> Result<(), CryptoError> {
    let (public, secret) = crypto.seal_pair()?;
    let (stranger, stranger_secret) = crypto.seal_pair()?;
    assert_ne!(public, stranger, "every run has its own pair");

    let bytes = Secret::new((0..200_u8).collect());
    let sealed = crypto.seal(&public, &bytes)?;
    assert_ne!(
        sealed,
        crypto.seal(&public, &bytes)?,
        "sealing never repeats itself"
    );
    let shows = sealed
        .windows(16)
        .any(|seen| bytes.expose().windows(16).any(|window| window == seen));
    assert!(!shows, "sealed bytes show nothing");
    assert!(
        crypto.open(&public, &secret, &sealed)?.same_as(&bytes),
        "the right pair opens"
    );

    assert!(
        crypto.open(&stranger, &stranger_secret, &sealed).is_err(),
        "another pair does not"
    );
    let mut changed = sealed.clone();
    if let Some(byte) = changed.last_mut() {
        *byte ^= 1;
    }
    assert!(
        crypto.open(&public, &secret, &changed).is_err(),
        "a changed byte is noticed"
    );
    assert!(
        crypto.open(&public, &secret, b"short").is_err(),
        "rubbish is refused"
    );
    let empty = crypto.seal(&public, &Secret::new(Vec::new()))?;
    assert!(
        crypto.open(&public, &secret, &empty)?.is_empty(),
        "nothing can be sealed too"
    );
    Ok(())
}

fn files(crypto: &dyn Crypto) -> Result<(), CryptoError> {
    let (public, secret) = crypto.hand_over_pair()?;
    let (stranger, stranger_secret) = crypto.hand_over_pair()?;
    assert_ne!(public, stranger, "every hand-over has its own pair");
    let bytes = Secret::new((0..=255_u8).cycle().take(70_000).collect());
    let sealed = crypto.seal_file(&public, &bytes)?;
    assert_ne!(sealed, crypto.seal_file(&public, &bytes)?);
    let holds = |needle: &[u8]| sealed.windows(needle.len()).any(|seen| seen == needle);
    assert!(!holds(&public.0), "the file does not say for whom it is");
    assert!(!holds(&bytes.expose()[..16]), "and shows nothing");
    assert!(crypto.open_file(&secret, &sealed)?.same_as(&bytes));
    assert!(
        crypto.open_file(&stranger_secret, &sealed).is_err(),
        "nobody else opens it"
    );
    for at in [0, sealed.len() / 2, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(
            crypto.open_file(&secret, &changed).is_err(),
            "a changed byte at {at} is noticed"
        );
    }
    let cut = &sealed[..sealed.len() - 20];
    assert!(crypto.open_file(&secret, cut).is_err(), "so is a cut");
    assert!(crypto.open_file(&secret, b"rubbish").is_err());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::keys;

    #[test]
    fn the_fake_keeps_the_contract() {
        let crypto = FakeCrypto::default();
        let broken = keys::der(2);
        crypto.break_key(&broken);
        crypto_contract(&crypto, &keys::der(0), &keys::der(1), &broken).unwrap();
    }

    #[test]
    fn a_token_is_known_by_the_key_that_signed_it() {
        let token = token(&keys::der(0), 42);
        assert_eq!(token_expiry(&token, &key_digest(&keys::der(0))), Some(42));
        assert_eq!(token_expiry(&token, &key_digest(&keys::der(1))), None);
    }

    #[test]
    fn it_fails_when_told() {
        let crypto = FakeCrypto::default();
        crypto.trouble.once_after(0, CryptoError::NoRandom);
        assert_eq!(crypto.random(), Err(CryptoError::NoRandom));
        assert!(crypto.random().is_ok());
    }
}
