//! Why no private key could be taken: one variant and one sentence per thing people bring (G8).
//!
//! Not here: recognising them. No sentence ever repeats a byte of the input.

use super::INPUT_MAX;

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident $({ $field:ident: $field_doc:literal })?
        => $code:literal, $text:literal;)+) => {
        /// Why no private key could be taken; each has its own sentence that says what was found
        /// and what to do next (G8).
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum IntakeError {
            $(
                $(#[doc = $doc])+
                #[error($text)]
                $name $({ #[doc = $field_doc] $field: usize })?,
            )+
        }

        impl IntakeError {
            /// The word for it in JSON; it stays when the sentence is reworded.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name $({ $field: _ })? => $code,)+ }
            }
        }
    };
}

refusals! {
    /// Nothing there, or only white space.
    Empty => "keyEmpty",
        "There is nothing in it. Choose the file you downloaded from the API Portal.";
    /// More than [`INPUT_MAX`] bytes.
    TooLarge => "keyTooLarge",
        "This is far too large for a private key. Choose the file you downloaded from the API Portal.";
    /// A field that hides its value was copied.
    Masked => "keyMasked",
        "These are only the dots or asterisks that a page shows instead of the private key. Take the key itself from the file you downloaded from the API Portal.";
    /// Encrypted by an instance: `0:3:...`.
    Ciphertext => "keyCiphertext",
        "This is a value that an instance has encrypted for its own database, not the private key. Only that instance can read it: adopt the key from the instance instead, or bring the file from the API Portal.";
    /// 32 hex digits.
    ApiKey => "keyIsApiKey",
        "This is an API key, the public half. Put it in the API key field, and bring the private key that was shown together with it.";
    /// A UUID.
    Identifier => "keyIsIdentifier",
        "This is the ID of a project or data space, not a private key. Bring the private key file you downloaded from the API Portal.";
    /// A page was saved instead of the file behind it.
    WebPage => "keyIsWebPage",
        "This is a saved web page, not the private key. The sign-in may have run out: sign in to the API Portal and download the key file itself.";
    /// `ENCRYPTED PRIVATE KEY`, or an old PEM with `Proc-Type: 4,ENCRYPTED`.
    Encrypted => "keyEncrypted",
        "This private key is protected by a passphrase, and no instance could use it like that. Remove the passphrase with `openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW-FILE`, then bring the new file.";
    /// A public key of any format.
    PublicKey => "keyIsPublic",
        "This is a public key. Bring its private half: the file whose first line says BEGIN PRIVATE KEY.";
    /// A certificate or a chain of them.
    Certificate => "keyIsCertificate",
        "This is a certificate, which holds only a public key. Bring the private key file you downloaded from the API Portal.";
    /// A certificate request.
    CertificateRequest => "keyIsRequest",
        "This is a request for a certificate, which holds only a public key. Bring the private key file you downloaded from the API Portal.";
    /// A key on an elliptic curve.
    EllipticCurve => "keyIsEllipticCurve",
        "This is an elliptic curve (EC) private key. Adobe's gateway takes RSA keys only: bring the key you downloaded from the API Portal.";
    /// Ed25519, Ed448 or their key agreement twins.
    Edwards => "keyIsEd25519",
        "This is an Ed25519 private key or one of its kind. Adobe's gateway takes RSA keys only: bring the key you downloaded from the API Portal.";
    /// DSA.
    Dsa => "keyIsDsa",
        "This is a DSA private key. Adobe's gateway takes RSA keys only: bring the key you downloaded from the API Portal.";
    /// RSA, but bound to another way of signing.
    RsaPss => "keyIsRsaPss",
        "This RSA key may sign only in the PSS way, and Adobe's gateway asks for another (RS256). Bring the key you downloaded from the API Portal.";
    /// PKCS#8 with any other algorithm.
    OtherAlgorithm => "keyIsOtherAlgorithm",
        "This is a private key, but not an RSA key. Adobe's gateway takes RSA keys only: bring the key you downloaded from the API Portal.";
    /// RSA of more than two primes.
    MultiPrime => "keyMultiPrime",
        "This RSA key is made of more than two primes, which instances cannot be relied on to read. Create a new key in the API Portal.";
    /// `OPENSSH PRIVATE KEY`.
    OpenSsh => "keyIsOpenSsh",
        "This is a key for signing in over SSH, in the format of OpenSSH. It belongs to the server login, not to the connector: bring the key you downloaded from the API Portal.";
    /// A `.ppk` file.
    Putty => "keyIsPutty",
        "This is a key of PuTTY for signing in over SSH. It belongs to the server login, not to the connector: bring the key you downloaded from the API Portal.";
    /// PGP or GnuPG.
    Pgp => "keyIsPgp",
        "This is a PGP key or message, which the connector cannot use. Bring the key you downloaded from the API Portal.";
    /// PKCS#12, `.p12` or `.pfx`.
    Pkcs12 => "keyIsPkcs12",
        "This is a PKCS#12 container (.p12 or .pfx). Take the private key out of it with `openssl pkcs12 -nocerts -nodes -in FILE -out NEW-FILE`, then bring the new file.";
    /// A Java keystore.
    KeyStore => "keyIsKeyStore",
        "This is a Java keystore. Export the private key from it as PEM, or bring the file you downloaded from the API Portal.";
    /// ZIP (also a word processor's document) or gzip.
    Archive => "keyIsArchive",
        "This is a packed file or a word processor's document. Unpack it, or save the key as plain text, and bring that file.";
    /// A file of the `age` format, such as a sealed hand-over.
    Sealed => "keyIsSealed",
        "This is a sealed file that only its receiver can open, not the private key itself. Open it as a hand-over on the computer that asked for it.";
    /// More than one private key.
    Several { count: "How many private keys were counted." } => "keySeveral",
        "There are {count} private keys in it, and only one belongs to this API key. Bring a file with just that one.";
    /// RSA, too short.
    TooSmall { bits: "Size of the modulus in bits." } => "keyTooSmall",
        "This RSA key has {bits} bits; fewer than 2048 are not safe and newer instances refuse them. Create a new key in the API Portal.";
    /// RSA, too long.
    TooBig { bits: "Size of the modulus in bits." } => "keyTooBig",
        "This RSA key has {bits} bits; more than 8192 cannot be used. Create a new key in the API Portal.";
    /// A public exponent nobody uses.
    Exponent => "keyExponent",
        "The public exponent of this RSA key is not one that can be used safely. Create a new key in the API Portal.";
    /// Cut off: no END line and too few bytes, or a binary file that ends early.
    CutOff => "keyCutOff",
        "This private key is cut off: its end is missing. Copy it again from the BEGIN line to the END line, both included, or download the file again.";
    /// An END line without a beginning.
    StartMissing => "keyStartMissing",
        "The beginning of this private key is missing. Copy it again from the BEGIN line to the END line, both included, or download the file again.";
    /// Both marker lines are there, but too little between them.
    PartMissing => "keyPartMissing",
        "Some of the private key between the BEGIN and END lines is missing: a line or a few characters were lost. Copy it again as a whole.";
    /// Both marker lines are there and nothing between them.
    BodyMissing => "keyBodyMissing",
        "There is no key between the BEGIN and END lines. Copy the private key again as a whole, with everything between these lines.";
    /// Characters that no key holds.
    ForeignText => "keyForeignText",
        "Between the BEGIN and END lines are characters that do not belong to a private key. Copy the key again from the file, and nothing else.";
    /// The text or numbers cannot be read.
    Damaged => "keyDamaged",
        "This private key is damaged: characters were changed, lost or added on the way. Copy it again from the file you downloaded from the API Portal.";
    /// The private half is not complete.
    NumbersMissing => "keyNumbersMissing",
        "Some of the numbers that make up an RSA private key are missing. Bring the file as the API Portal gave it, not one exported by another program.";
    /// Read well, but the numbers contradict each other.
    NumbersDisagree => "keyNumbersDisagree",
        "The numbers in this private key do not fit together: at least one character was changed on the way. Copy it again from the file you downloaded from the API Portal.";
    /// None of the above.
    NotAKey => "keyNotFound",
        "There is no private key in it. Choose the file you downloaded from the API Portal; its first line says BEGIN PRIVATE KEY.";
}

/// So that the sentence of [`IntakeError::TooLarge`] stays true: no key comes near it.
const _: () = assert!(INPUT_MAX >= 4 * 8192);
