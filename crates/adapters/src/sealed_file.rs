//! Hand-over files in the `age` format (docs/facts.md, Sealed hand-over): one X25519 receiver, binary.
//!
//! The header of such a file holds an ephemeral key and nothing about the receiver. Not here: what
//! is inside (the core) and what a person sends (the request code).

use std::io::{Read as _, Write as _};

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use bech32::{FromBase32 as _, ToBase32 as _, Variant};
use patchbay_core::ports::crypto::{CryptoError, SealPublic, SealSecret};
use patchbay_core::secret::Secret;
use zeroize::{Zeroize as _, Zeroizing};

/// What the text form of a public half begins with.
const PUBLIC: &str = "age";
/// What the text form of a private half begins with.
const SECRET: &str = "age-secret-key-";
/// The largest content that is opened, bytes; the core reads less.
const CONTENT_MAX: u64 = 16 * 1024 * 1024;

/// A key pair from 32 random bytes; its private half in the text form of `age`.
pub(crate) fn new_pair(random: &[u8; 32]) -> Result<(SealPublic, SealSecret), CryptoError> {
    let mut bits = random.to_base32();
    let text = bech32::encode(SECRET, &bits, Variant::Bech32);
    bits.fill(bech32::u5::default());
    let mut text = Zeroizing::new(text.map_err(|_| CryptoError::Seal)?);
    text.make_ascii_uppercase();
    let identity: Identity = text.parse().map_err(|_| CryptoError::Seal)?;
    let public = bytes_of(&identity.to_public())?;
    let secret = identity.to_string();
    let secret = Secret::new(secret.expose_secret().as_bytes().to_vec());
    Ok((public, SealSecret(secret)))
}

/// A file that only the holder of the private half opens.
pub(crate) fn seal(to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError> {
    let recipient = recipient(to)?;
    let to: [&dyn age::Recipient; 1] = [&recipient];
    let failed = |_| CryptoError::Seal;
    let encryptor =
        age::Encryptor::with_recipients(to.into_iter()).map_err(|_| CryptoError::Seal)?;
    let mut sealed = Vec::with_capacity(bytes.len() + 1_024);
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(failed)?;
    writer.write_all(bytes.expose()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(sealed)
}

/// What was sealed to this private half.
pub(crate) fn open(secret: &SealSecret, sealed: &[u8]) -> Result<Secret, CryptoError> {
    let text = std::str::from_utf8(secret.0.expose()).map_err(|_| CryptoError::Seal)?;
    let identity: Identity = text.parse().map_err(|_| CryptoError::Seal)?;
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| CryptoError::Seal)?;
    let with: [&dyn age::Identity; 1] = [&identity];
    let reader = decryptor
        .decrypt(with.into_iter())
        .map_err(|_| CryptoError::Seal)?;
    // Never grows, so that no part of a key stays behind: the content is shorter than the file.
    let mut bytes = Vec::with_capacity(sealed.len() + 1);
    let read = reader.take(CONTENT_MAX).read_to_end(&mut bytes);
    if read.is_err() {
        bytes.zeroize();
        return Err(CryptoError::Seal);
    }
    Ok(Secret::new(bytes))
}

fn recipient(public: &SealPublic) -> Result<Recipient, CryptoError> {
    let text = bech32::encode(PUBLIC, public.0.to_base32(), Variant::Bech32);
    let text = text.map_err(|_| CryptoError::Seal)?;
    text.parse().map_err(|_| CryptoError::Seal)
}

fn bytes_of(recipient: &Recipient) -> Result<SealPublic, CryptoError> {
    let (_, bits, _) = bech32::decode(&recipient.to_string()).map_err(|_| CryptoError::Seal)?;
    let bytes = Vec::<u8>::from_base32(&bits).map_err(|_| CryptoError::Seal)?;
    let bytes = bytes.try_into().map_err(|_| CryptoError::Seal)?;
    Ok(SealPublic(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_as_age_makes_them() {
        // From age's own test kit: the identity and its recipient.
        let secret = SealSecret(Secret::new(
            b"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX".to_vec(),
        ));
        let recipient: Recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
            .parse()
            .unwrap();
        let bytes = Secret::new(b"for her eyes only".to_vec());
        let sealed = seal(&bytes_of(&recipient).unwrap(), &bytes).unwrap();
        let head = String::from_utf8_lossy(&sealed[..200.min(sealed.len())]).into_owned();
        assert!(
            head.starts_with("age-encryption.org/v1\n-> X25519 "),
            "{head}"
        );
        assert!(!head.contains("age1"), "nothing says for whom it is");
        assert!(open(&secret, &sealed).unwrap().same_as(&bytes));
    }

    #[test]
    fn the_private_half_is_as_age_writes_it() {
        let (public, secret) = new_pair(&[66; 32]).unwrap();
        let text = String::from_utf8(secret.0.expose().to_vec()).unwrap();
        assert!(
            text.starts_with("AGE-SECRET-KEY-1"),
            "it can be opened with age too"
        );
        let bytes = Secret::new(vec![7; 100]);
        assert!(
            open(&secret, &seal(&public, &bytes).unwrap())
                .unwrap()
                .same_as(&bytes)
        );
    }

    #[test]
    fn nothing_is_sealed_to_a_point_that_anybody_opens() {
        use crate::crypto::SystemCrypto;
        use patchbay_core::ports::crypto::Crypto as _;
        let weak = SealPublic([0; 32]);
        let refused = SystemCrypto.seal_file(&weak, &Secret::new(vec![1]));
        assert_eq!(refused, Err(CryptoError::Seal));
    }
}
