//! Keys, tokens and sealed boxes: the core's [`Crypto`] port on aws-lc and `crypto_box`.
//!
//! RSA and random numbers come from aws-lc, tokens from `jsonwebtoken` on the same library, sealed
//! boxes are libsodium's (docs/facts.md, Token and Encryptor), hand-overs are `age` files. Copies of key material made on the
//! way are overwritten; what the libraries themselves keep on their stacks is out of reach. Not
//! here: reading damaged keys (the intake of the core) and where keys are kept (the keychain).

use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    UnparsedPublicKey as SignatureKey,
};
use crypto_box::aead::rand_core::{self, CryptoRng, RngCore};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use patchbay_core::ports::crypto::{Crypto, CryptoError, SealPublic, SealSecret};
use patchbay_core::secret::Secret;
use pkcs8::PrivateKeyInfo;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::sealed_file;

/// The claims of the gateway's token, the same for every merchant (docs/facts.md, Token).
#[derive(Serialize)]
struct Claims {
    exp: i64,
    iss: &'static str,
    sub: &'static str,
    aud: &'static str,
    #[serde(rename = "https://ims-na1.adobelogin.com/s/ent_reactor_sdk")]
    reactor: bool,
    #[serde(rename = "https://ims-na1.adobelogin.com/s/asset_compute_meta")]
    assets: bool,
    #[serde(rename = "https://ims-na1.adobelogin.com/s/ent_adobeio_sdk")]
    adobe_io: bool,
    #[serde(rename = "https://ims-na1.adobelogin.com/s/event_receiver_api")]
    events: bool,
}

impl Claims {
    fn expiring(exp: i64) -> Self {
        Self {
            exp,
            iss: "8E6307BF5D775FA00A495EF9@AdobeOrg",
            sub: "3181519E5E2714990A495E2E@techacct.adobe.com",
            aud: "https://ims-na1.adobelogin.com/c/9ec9d05f79eb443e8f76ce477b1e413c",
            reactor: true,
            assets: true,
            adobe_io: true,
            events: true,
        }
    }
}

/// Cryptography of the running system; holds nothing itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemCrypto;

impl Crypto for SystemCrypto {
    fn random(&self) -> Result<[u8; 32], CryptoError> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| CryptoError::NoRandom)?;
        Ok(bytes)
    }

    fn try_rsa(&self, key: &Secret) -> Result<(), CryptoError> {
        // aws-lc checks the numbers against each other as it reads them and refuses less than
        // 2048 bits; signing and checking is the proof that they work together.
        let pair = RsaKeyPair::from_pkcs8(key.expose()).map_err(|_| CryptoError::BrokenKey)?;
        let message = self.random()?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            &message,
            &mut signature,
        )
        .map_err(|_| CryptoError::BrokenKey)?;
        SignatureKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
            .verify(&message, &signature)
            .map_err(|_| CryptoError::BrokenKey)
    }

    fn sign_token(&self, key: &Secret, expires: i64) -> Result<Secret, CryptoError> {
        // The token library takes the inner PKCS#1 key; its own copies are overwritten on drop.
        let outer = PrivateKeyInfo::try_from(key.expose()).map_err(|_| CryptoError::BrokenKey)?;
        let signer = EncodingKey::from_rsa_der(outer.private_key);
        let header = Header::new(Algorithm::RS256);
        jsonwebtoken::encode(&header, &Claims::expiring(expires), &signer)
            .map(|token| Secret::new(token.into_bytes()))
            .map_err(|_| CryptoError::BrokenKey)
    }

    fn seal(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError> {
        refuse_weak_point(to)?;
        let mut numbers = SystemNumbers::default();
        let sealed = crypto_box::PublicKey::from_bytes(to.0)
            .seal(&mut numbers, bytes.expose())
            .map_err(|_| CryptoError::Seal)?;
        numbers.were_random()?;
        Ok(sealed)
    }

    fn seal_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError> {
        let bytes = Zeroizing::new(self.random()?);
        let secret = crypto_box::SecretKey::from_bytes(*bytes);
        let public = SealPublic(secret.public_key().to_bytes());
        Ok((public, SealSecret(Secret::new(bytes.to_vec()))))
    }

    fn open(
        &self,
        public: &SealPublic,
        secret: &SealSecret,
        sealed: &[u8],
    ) -> Result<Secret, CryptoError> {
        let bytes: Zeroizing<[u8; 32]> = secret
            .0
            .expose()
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::Seal)?;
        let secret = crypto_box::SecretKey::from_bytes(*bytes);
        if secret.public_key().to_bytes() != public.0 {
            return Err(CryptoError::Seal);
        }
        secret
            .unseal(sealed)
            .map(Secret::new)
            .map_err(|_| CryptoError::Seal)
    }

    fn hand_over_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError> {
        sealed_file::new_pair(&self.random()?)
    }

    fn seal_file(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError> {
        refuse_weak_point(to)?;
        sealed_file::seal(to, bytes)
    }

    fn open_file(&self, secret: &SealSecret, sealed: &[u8]) -> Result<Secret, CryptoError> {
        sealed_file::open(secret, sealed)
    }
}

/// Refuses a public key with which every agreement gives zero: whatever is sealed to it could be
/// opened by anyone. libsodium refuses these too, `crypto_box` alone does not.
fn refuse_weak_point(point: &SealPublic) -> Result<(), CryptoError> {
    let own = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new())
        .map_err(|_| CryptoError::NoRandom)?;
    agreement::agree_ephemeral(
        own,
        UnparsedPublicKey::new(&X25519, &point.0),
        CryptoError::Seal,
        |_| Ok(()),
    )
}

/// aws-lc's random numbers for a library that cannot be told that there are none: a failure is
/// remembered and the result thrown away.
#[derive(Default)]
struct SystemNumbers {
    failed: bool,
}

impl SystemNumbers {
    fn were_random(&self) -> Result<(), CryptoError> {
        if self.failed {
            Err(CryptoError::NoRandom)
        } else {
            Ok(())
        }
    }
}

impl RngCore for SystemNumbers {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.failed |= rand::fill(dest).is_err();
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SystemNumbers {}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::KeySize;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use patchbay_core::id::{hex, unhex};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn new_key(size: KeySize) -> (RsaKeyPair, Secret) {
        let pair = RsaKeyPair::generate(size).unwrap();
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let secret = Secret::new(der.as_ref().to_vec());
        (pair, secret)
    }

    #[test]
    fn a_key_that_works_is_told_from_one_that_does_not() {
        let (_, key) = new_key(KeySize::Rsa2048);
        assert_eq!(SystemCrypto.try_rsa(&key), Ok(()));
        let mut damaged = key.expose().to_vec();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        for bad in [
            damaged,
            key.expose()[..600].to_vec(),
            vec![],
            b"key".to_vec(),
        ] {
            assert_eq!(
                SystemCrypto.try_rsa(&Secret::new(bad)),
                Err(CryptoError::BrokenKey)
            );
        }
    }

    #[test]
    fn every_usual_size_signs_its_token() {
        for size in [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096] {
            let (pair, key) = new_key(size);
            let token = SystemCrypto.sign_token(&key, 1_900_000_000).unwrap();
            let text = String::from_utf8(token.expose().to_vec()).unwrap();
            let (message, signature) = text.rsplit_once('.').unwrap();
            SignatureKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
                .verify(
                    message.as_bytes(),
                    &URL_SAFE_NO_PAD.decode(signature).unwrap(),
                )
                .unwrap();
        }
    }

    #[test]
    fn the_token_says_exactly_what_the_gateway_expects() {
        let (_, key) = new_key(KeySize::Rsa2048);
        let token = SystemCrypto.sign_token(&key, 1_900_000_000).unwrap();
        let text = String::from_utf8(token.expose().to_vec()).unwrap();
        let parts: Vec<Value> = text
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(
            parts,
            [
                serde_json::json!({"typ": "JWT", "alg": "RS256"}),
                serde_json::json!({
                    "exp": 1_900_000_000,
                    "iss": "8E6307BF5D775FA00A495EF9@AdobeOrg",
                    "sub": "3181519E5E2714990A495E2E@techacct.adobe.com",
                    "aud": "https://ims-na1.adobelogin.com/c/9ec9d05f79eb443e8f76ce477b1e413c",
                    "https://ims-na1.adobelogin.com/s/ent_reactor_sdk": true,
                    "https://ims-na1.adobelogin.com/s/asset_compute_meta": true,
                    "https://ims-na1.adobelogin.com/s/ent_adobeio_sdk": true,
                    "https://ims-na1.adobelogin.com/s/event_receiver_api": true,
                })
            ]
        );
    }

    #[test]
    fn a_broken_key_signs_nothing() {
        for bad in [&b""[..], b"no key at all", &[0x30, 0x82, 0xff, 0xff]] {
            let key = Secret::new(bad.to_vec());
            assert_eq!(
                SystemCrypto.sign_token(&key, 1).unwrap_err(),
                CryptoError::BrokenKey
            );
        }
    }

    #[test]
    fn random_numbers_do_not_repeat() {
        assert_ne!(SystemCrypto.random(), SystemCrypto.random());
    }

    #[test]
    fn only_the_run_that_made_the_pair_opens_what_was_sealed() {
        let (public, secret) = SystemCrypto.seal_pair().unwrap();
        let sealed = SystemCrypto
            .seal(&public, &Secret::new(b"values".to_vec()))
            .unwrap();
        let opened = SystemCrypto.open(&public, &secret, &sealed).unwrap();
        assert_eq!(opened.expose(), b"values");
        let (other_public, other) = SystemCrypto.seal_pair().unwrap();
        assert_eq!(
            SystemCrypto
                .open(&other_public, &other, &sealed)
                .unwrap_err(),
            CryptoError::Seal
        );
        assert_eq!(
            SystemCrypto
                .open(&other_public, &secret, &sealed)
                .unwrap_err(),
            CryptoError::Seal
        );
    }

    #[test]
    fn nothing_is_sealed_to_a_point_that_hides_nothing() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        // One of the two points of order eight.
        let eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
        let eight = unhex(eight).unwrap().try_into().unwrap();
        for point in [[0; 32], one, minus_one, eight] {
            assert_eq!(
                SystemCrypto.seal(&SealPublic(point), &Secret::new(b"values".to_vec())),
                Err(CryptoError::Seal)
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn strange_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (public, secret) = SystemCrypto.seal_pair().unwrap();
            prop_assert_eq!(SystemCrypto.open(&public, &secret, &bytes).unwrap_err(), CryptoError::Seal);
            let key = Secret::new(bytes);
            prop_assert_eq!(SystemCrypto.try_rsa(&key), Err(CryptoError::BrokenKey));
            prop_assert_eq!(SystemCrypto.sign_token(&key, 1).unwrap_err(), CryptoError::BrokenKey);
        }
    }

    /// What runs on an instance is PHP's sodium, so the boxes are held against the real one.
    fn php(program: &str, input: &str) -> String {
        let mut child = Command::new("php")
            .args(["-d", "display_errors=stderr", "-r", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn php_opens_what_is_sealed_here_and_the_other_way_round() {
        let made = php(
            "$p = sodium_crypto_box_keypair(); \
             echo bin2hex($p), ' ', bin2hex(sodium_crypto_box_publickey($p));",
            "",
        );
        let (pair, public) = made.split_once(' ').unwrap();
        let public = SealPublic(unhex(public).unwrap().try_into().unwrap());
        let values = Secret::new((0..=255).cycle().take(9_000).collect());
        let sealed = SystemCrypto.seal(&public, &values).unwrap();
        let opened = php(
            "[$p, $s] = explode(' ', stream_get_contents(STDIN)); \
             echo bin2hex(sodium_crypto_box_seal_open(hex2bin($s), hex2bin($p)));",
            &format!("{pair} {}", hex(&sealed)),
        );
        assert_eq!(unhex(&opened).unwrap(), values.expose());

        let (public, secret) = SystemCrypto.seal_pair().unwrap();
        let sealed = php(
            "[$p, $m] = explode(' ', stream_get_contents(STDIN)); \
             echo bin2hex(sodium_crypto_box_seal(hex2bin($m), hex2bin($p)));",
            &format!("{} {}", hex(&public.0), hex(values.expose())),
        );
        let opened = SystemCrypto
            .open(&public, &secret, &unhex(&sealed).unwrap())
            .unwrap();
        assert!(opened.same_as(&values));
    }
}
