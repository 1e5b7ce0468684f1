//! Port: make, check and use RSA keys; random numbers; seal and open.
//!
//! Fast and without waiting, so the calls are plain functions.

use crate::secret::Secret;

/// Why a cryptographic call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers; restart the computer and try again")]
    NoRandom,
    /// The numbers do not make a working RSA key.
    #[error("the numbers in this private key do not fit together")]
    BrokenKey,
    /// Sealed bytes that this key does not open, or a recipient that is no key.
    #[error("sealed bytes could not be made or opened with this key")]
    Seal,
}

/// The public half of a one-run X25519 key, to which something can be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealPublic(pub [u8; 32]);

/// The private half.
#[derive(Debug)]
pub struct SealSecret(pub Secret);

/// Cryptography that the core does not do itself.
pub trait Crypto: Send + Sync {
    /// 32 bytes nobody can guess.
    ///
    /// # Errors
    /// [`CryptoError::NoRandom`].
    fn random(&self) -> Result<[u8; 32], CryptoError>;

    /// Tries the key (PKCS#8 DER): signs and checks the signature.
    ///
    /// # Errors
    /// [`CryptoError::BrokenKey`] when it cannot sign or the signature does not hold.
    fn try_rsa(&self, key: &Secret) -> Result<(), CryptoError>;

    /// Signs the gateway's token (docs/facts.md, token) with a key given as PKCS#8 DER.
    /// `expires` is in seconds since 1970.
    ///
    /// # Errors
    /// [`CryptoError::BrokenKey`].
    fn sign_token(&self, key: &Secret, expires: i64) -> Result<Secret, CryptoError>;

    /// Seals bytes to a public key, as libsodium's `crypto_box_seal` does.
    ///
    /// # Errors
    /// [`CryptoError::Seal`].
    fn seal(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError>;

    /// Makes a key pair for one run.
    ///
    /// # Errors
    /// [`CryptoError::NoRandom`].
    fn seal_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError>;

    /// Opens what was sealed to [`Crypto::seal_pair`]'s public half.
    ///
    /// # Errors
    /// [`CryptoError::Seal`].
    fn open(
        &self,
        public: &SealPublic,
        secret: &SealSecret,
        sealed: &[u8],
    ) -> Result<Secret, CryptoError>;

    /// Makes a key pair for one hand-over; the private half is to be kept in the keychain until the
    /// file has come.
    ///
    /// # Errors
    /// [`CryptoError::NoRandom`].
    fn hand_over_pair(&self) -> Result<(SealPublic, SealSecret), CryptoError>;

    /// Makes a file in the `age` format that only the receiver can open, and that says nothing
    /// about who that is.
    ///
    /// # Errors
    /// [`CryptoError::Seal`] for a public half to which nothing can be sealed safely.
    fn seal_file(&self, to: &SealPublic, bytes: &Secret) -> Result<Vec<u8>, CryptoError>;

    /// Opens a file that was sealed to the public half of this private one.
    ///
    /// # Errors
    /// [`CryptoError::Seal`].
    fn open_file(&self, secret: &SealSecret, sealed: &[u8]) -> Result<Secret, CryptoError>;
}
