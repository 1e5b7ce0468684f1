//! Values at rest, written down a second time and in another language than the application's own, so
//! that each checks the other (docs/facts.md, Encryptor).

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{GroundError, Result};

/// Encrypts with the newest of an instance's crypt keys and decrypts with any of them.
#[derive(Clone, Debug)]
pub struct Encryptor {
    keys: Vec<String>,
}

impl Encryptor {
    /// Takes the crypt keys as they stand in env.php, oldest first.
    #[must_use]
    pub fn new(keys: &[String]) -> Self {
        Self {
            keys: keys.to_vec(),
        }
    }

    /// Gives `<key index>:3:<base64>`.
    ///
    /// # Errors
    /// When there is no key, or the newest is not 32 bytes.
    pub fn encrypt(&self, plain: &str) -> Result<String> {
        let newest = self
            .keys
            .len()
            .checked_sub(1)
            .ok_or_else(|| GroundError::new("no crypt key"))?;
        let mut nonce = [0_u8; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|error| GroundError::because("drawing a nonce", error))?;
        let mut sealed = plain.as_bytes().to_vec();
        self.key(newest)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(nonce),
                &mut sealed,
            )
            .map_err(|error| GroundError::because("encrypting", error))?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(format!("{newest}:3:{}", STANDARD.encode(bytes)))
    }

    /// Opens what [`Self::encrypt`] or the application made.
    ///
    /// # Errors
    /// When `stored` does not have the format, its key is not there, or it was changed.
    pub fn decrypt(&self, stored: &str) -> Result<String> {
        let wrong = |what: &str| GroundError::new(format!("not a value at rest: {what}"));
        let mut parts = stored.splitn(3, ':');
        let (index, cipher, text) = (parts.next(), parts.next(), parts.next());
        let index: usize = index
            .and_then(|index| index.parse().ok())
            .ok_or_else(|| wrong("no key index"))?;
        if cipher != Some("3") {
            return Err(wrong("not cipher 3"));
        }
        let bytes = STANDARD
            .decode(text.unwrap_or_default())
            .map_err(|_| wrong("no base64"))?;
        let (nonce, sealed) = bytes
            .split_at_checked(NONCE_LEN)
            .ok_or_else(|| wrong("too short"))?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| wrong("too short"))?;
        let mut sealed = sealed.to_vec();
        let plain = self
            .key(index)?
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(nonce),
                &mut sealed,
            )
            .map_err(|_| wrong("cannot be opened with that key"))?;
        String::from_utf8(plain.to_vec()).map_err(|_| wrong("not text"))
    }

    fn key(&self, index: usize) -> Result<LessSafeKey> {
        let text = self
            .keys
            .get(index)
            .ok_or_else(|| GroundError::new(format!("no crypt key {index}")))?;
        let bytes = match text.strip_prefix("base64") {
            Some(encoded) => STANDARD
                .decode(encoded)
                .map_err(|error| GroundError::because("reading a crypt key", error))?,
            None => text.as_bytes().to_vec(),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes);
        key.map(LessSafeKey::new)
            .map_err(|_| GroundError::new("a crypt key is not 32 bytes long"))
    }
}
