//! What people bring that is refused, each with its own sentence (G8; docs/facts.md, PEM damage).

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::{BEGIN, END, KEY, OTHER, base64_of, der_of, pem, pkcs1_of, pkcs8_around, take};
use der::Encode;
use der::asn1::UintRef;
use patchbay_core::keypair::intake::{
    INPUT_MAX,
    IntakeError::{self, *},
};
use pkcs1::RsaPrivateKey;

type Row = (&'static str, Vec<u8>, IntakeError);

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/test-only", $name)).to_vec()
    };
}

/// Text of a fixture, for rows that take it apart.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn other_things() -> Vec<Row> {
    let hex = "0123456789abcdef0123456789abcdef";
    let ciphertext = "0:3:pLkQ0p0cXy1V8T6nX2kVd0Vw8mB1uQ9tYw4rJm0a7b+/Zw==";
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>";
    let ppk =
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: test\nPublic-Lines: 1\nAAAA\n";
    vec![
        ("nothing", vec![], Empty),
        ("white space", b" \r\n\t".to_vec(), Empty),
        ("a byte order mark alone", vec![0xEF, 0xBB, 0xBF], Empty),
        ("too large", vec![b'A'; INPUT_MAX + 1], TooLarge),
        ("asterisks", b"******".to_vec(), Masked),
        ("dots of a password field", "••••••••".into(), Masked),
        (
            "asterisks between the lines",
            format!("{BEGIN}\n******\n{END}").into(),
            Masked,
        ),
        ("ciphertext", ciphertext.into(), Ciphertext),
        (
            "ciphertext, quoted",
            format!("\"{ciphertext}\"\n").into(),
            Ciphertext,
        ),
        (
            "ciphertext in a dump",
            format!("'default', 0, 'path', '{ciphertext}'").into(),
            Ciphertext,
        ),
        ("API key", hex.into(), ApiKey),
        (
            "API key with its name",
            format!("API_KEY={hex}\n").into(),
            ApiKey,
        ),
        (
            "data space id",
            b"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed".to_vec(),
            Identifier,
        ),
        ("saved web page", page.into(), WebPage),
        (
            "web page with a damaged key",
            format!("{page}{BEGIN}\nAAAA\n{END}").into(),
            WebPage,
        ),
        ("PuTTY", ppk.into(), Putty),
        ("OpenSSH", fixture!("-openssh.pem"), OpenSsh),
        (
            "OpenSSH body only",
            base64_of(&text(fixture!("-openssh.pem"))).into(),
            OpenSsh,
        ),
        ("OpenSSH public", fixture!("-openssh.pub"), PublicKey),
        ("public key", fixture!("-public.pem"), PublicKey),
        (
            "public key, binary",
            der_of(&text(fixture!("-public.pem"))),
            PublicKey,
        ),
        (
            "public key under the private header",
            pem("PRIVATE KEY", &der_of(&text(fixture!("-public.pem")))).into(),
            PublicKey,
        ),
        ("certificate", fixture!("-certificate.pem"), Certificate),
        (
            "certificate, binary",
            der_of(&text(fixture!("-certificate.pem"))),
            Certificate,
        ),
        (
            "certificate request",
            fixture!("-csr.pem"),
            CertificateRequest,
        ),
        (
            "certificate request, binary",
            der_of(&text(fixture!("-csr.pem"))),
            CertificateRequest,
        ),
        ("PKCS#12", fixture!(".p12"), Pkcs12),
        (
            "Java keystore",
            vec![0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2],
            KeyStore,
        ),
        ("ZIP", b"PK\x03\x04rest".to_vec(), Archive),
        (
            "PGP",
            b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----"
                .to_vec(),
            Pgp,
        ),
        (
            "age",
            b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----".to_vec(),
            Sealed,
        ),
        (
            "a letter",
            b"Dear Sir, please find the key attached.".to_vec(),
            NotAKey,
        ),
        (
            "a picture",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            NotAKey,
        ),
    ]
}

/// PKCS#8 of dhKeyAgreement (1.2.840.113549.1.3.1) around nothing of use.
const DIFFIE_HELLMAN: &[u8] = &[
    0x30, 0x13, 0x02, 0x01, 0x00, 0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01,
    0x03, 0x01, 0x04, 0x01, 0x00,
];

fn other_keys() -> Vec<Row> {
    let ec = text(fixture!("-ec-pkcs8.pem"));
    vec![
        ("EC, SEC1", fixture!("-ec-sec1.pem"), EllipticCurve),
        ("EC, PKCS#8", ec.clone().into(), EllipticCurve),
        ("EC, binary", der_of(&ec), EllipticCurve),
        ("Ed25519", fixture!("-ed25519.pem"), Edwards),
        (
            "Ed25519, binary",
            der_of(&text(fixture!("-ed25519.pem"))),
            Edwards,
        ),
        (
            "Ed25519, body only",
            base64_of(&text(fixture!("-ed25519.pem"))).into(),
            Edwards,
        ),
        ("DSA", fixture!("-dsa.pem"), Dsa),
        ("DSA, PKCS#8", fixture!("-dsa-pkcs8.pem"), Dsa),
        ("DSA, binary", der_of(&text(fixture!("-dsa.pem"))), Dsa),
        (
            "Diffie-Hellman",
            pem("PRIVATE KEY", DIFFIE_HELLMAN).into(),
            OtherAlgorithm,
        ),
        ("RSA-PSS", fixture!("-rsa-pss.pem"), RsaPss),
        (
            "encrypted, PKCS#8",
            fixture!("-encrypted-pkcs8.pem"),
            Encrypted,
        ),
        (
            "encrypted, PKCS#8, binary",
            der_of(&text(fixture!("-encrypted-pkcs8.pem"))),
            Encrypted,
        ),
        (
            "encrypted, old PEM",
            fixture!("-encrypted-pkcs1.pem"),
            Encrypted,
        ),
        (
            "three primes",
            fixture!("-rsa2048-three-primes.pem"),
            MultiPrime,
        ),
        (
            "1024 bits",
            fixture!("-rsa1024.pem"),
            TooSmall { bits: 1024 },
        ),
        (
            "two keys",
            format!("{KEY}{OTHER}").into(),
            Several { count: 2 },
        ),
        (
            "a key and an EC key",
            format!("{KEY}{ec}").into(),
            Several { count: 2 },
        ),
        (
            "three keys",
            format!("{KEY}{KEY}{OTHER}").into(),
            Several { count: 3 },
        ),
    ]
}

fn damage() -> Vec<Row> {
    let der = der_of(KEY);
    let body = base64_of(KEY);
    let line = KEY.lines().nth(9).unwrap();
    let third = |keep: usize| KEY.lines().take(keep).collect::<Vec<_>>().join("\n");
    vec![
        ("cut off without END", third(20).into(), CutOff),
        ("cut off in a line", KEY[..900].into(), CutOff),
        ("body only, cut off", body[..800].into(), CutOff),
        ("binary, cut off", der[..600].to_vec(), CutOff),
        (
            "base64 ends early",
            format!("{}\n{END}\n", third(20)).into(),
            PartMissing,
        ),
        (
            "a line lost",
            KEY.replace(&format!("{line}\n"), "").into(),
            PartMissing,
        ),
        (
            "a character lost",
            KEY.replacen(&line[5..9], &line[5..8], 1).into(),
            PartMissing,
        ),
        (
            "a line twice",
            KEY.replace(line, &format!("{line}\n{line}")).into(),
            Damaged,
        ),
        (
            "a character added",
            KEY.replacen(line, &format!("A{line}"), 1).into(),
            Damaged,
        ),
        (
            "first line of the body lost",
            format!(
                "{BEGIN}\n{}{END}",
                &KEY[BEGIN.len() + 66..KEY.len() - END.len() - 1]
            )
            .into(),
            Damaged,
        ),
        ("first half lost", KEY[900..].into(), StartMissing),
        (
            "nothing between the lines",
            format!("{BEGIN}\n\n{END}\n").into(),
            BodyMissing,
        ),
        (
            "the lines alone, twice",
            format!("{BEGIN}\n{END}\n").repeat(2).into(),
            BodyMissing,
        ),
        (
            "an ellipsis",
            format!("{BEGIN}\n{}...\n{END}", &body[..100]).into(),
            ForeignText,
        ),
        (
            "a remark inside",
            KEY.replacen(line, &format!("{line}\n(page 2)"), 1).into(),
            ForeignText,
        ),
        (
            "letters of another script",
            KEY.replacen(&line[..1], "Ж", 1).into(),
            ForeignText,
        ),
        (
            "binary with more behind it",
            [&der[..], b"more"].concat(),
            Damaged,
        ),
        (
            "not a structure",
            pem("PRIVATE KEY", &[0x30, 0x82, 0x00, 0x02, 0xFF, 0xFF]).into(),
            Damaged,
        ),
    ]
}

/// The numbers of the test key, changed by `change`, as PKCS#8.
fn numbers(change: impl for<'a> Fn(&mut RsaPrivateKey<'a>)) -> Vec<u8> {
    let bytes = pkcs1_of(KEY);
    let mut key = RsaPrivateKey::try_from(bytes.as_slice()).unwrap();
    change(&mut key);
    pkcs8_around(&key.to_der().unwrap())
}

fn bad_numbers() -> Vec<Row> {
    let uint = |bytes: &'static [u8]| UintRef::new(bytes).unwrap();
    let huge: &'static [u8] = vec![0xFF_u8; 1025].leak();
    let short = {
        let (zero, n, e) = (uint(&[0]), uint(&[0x7F; 256]), uint(&[1, 0, 1]));
        let parts = [zero, n, e].map(|number| number.to_der().unwrap()).concat();
        let length = u16::try_from(parts.len()).unwrap().to_be_bytes();
        pkcs8_around(&[&[0x30, 0x82], &length[..], &parts].concat())
    };
    vec![
        (
            "prime missing",
            numbers(|key| key.prime1 = uint(&[0])),
            NumbersMissing,
        ),
        (
            "exponents missing",
            numbers(|key| (key.exponent1, key.exponent2) = (uint(&[0]), uint(&[0]))),
            NumbersMissing,
        ),
        ("only n and e", short, NumbersMissing),
        (
            "8200 bits",
            numbers(|key| key.modulus = uint(huge)),
            TooBig { bits: 8200 },
        ),
        (
            "exponent 1",
            numbers(|key| key.public_exponent = uint(&[1])),
            Exponent,
        ),
        (
            "exponent even",
            numbers(|key| key.public_exponent = uint(&[1, 0, 0])),
            Exponent,
        ),
        (
            "exponent huge",
            numbers(|key| key.public_exponent = uint(&[1, 0, 0, 0, 0, 0, 0, 1])),
            Exponent,
        ),
        (
            "another exponent",
            numbers(|key| key.public_exponent = uint(&[3])),
            NumbersDisagree,
        ),
        (
            "primes swapped",
            numbers(|key| std::mem::swap(&mut key.prime1, &mut key.prime2)),
            NumbersDisagree,
        ),
        (
            "one prime twice",
            numbers(|key| key.prime2 = key.prime1),
            NumbersDisagree,
        ),
        (
            "d too long",
            numbers(|key| key.private_exponent = uint(huge)),
            NumbersDisagree,
        ),
    ]
}

#[test]
fn every_row_is_refused_for_its_own_reason() {
    for (name, input, expected) in [other_things(), other_keys(), damage(), bad_numbers()].concat()
    {
        match take(input) {
            Ok(key) => panic!("{name}: taken with {:?}", key.repairs),
            Err(error) => assert_eq!(error, expected, "{name}"),
        }
    }
}

#[test]
fn every_reason_has_its_own_sentence_and_word() {
    let rows = [other_things(), other_keys(), damage(), bad_numbers()].concat();
    let sentences: BTreeMap<&str, String> = rows
        .iter()
        .map(|(_, _, error)| (error.code(), error.to_string()))
        .collect();
    assert_eq!(sentences.len(), 37, "every reason stands in a row");
    for sentence in sentences.values() {
        assert!(
            sentence.ends_with('.') && sentence.len() < 280,
            "{sentence}"
        );
    }
    let different: BTreeSet<&String> = sentences.values().collect();
    assert_eq!(
        different.len(),
        sentences.len(),
        "no two reasons read the same"
    );
}

#[test]
fn a_changed_character_never_passes_as_another_key() {
    let body_start = BEGIN.len() + 1;
    let body = base64_of(KEY).len();
    let good = take(KEY).unwrap();
    for place in (body_start..body_start + body).step_by(7) {
        let mut changed = KEY.as_bytes().to_vec();
        if changed[place] == b'\n' {
            continue;
        }
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        match take(changed) {
            Ok(key) => assert!(key.der.same_as(&good.der), "place {place}"),
            Err(error) => assert!(
                matches!(
                    error,
                    NumbersDisagree
                        | Damaged
                        | PartMissing
                        | Exponent
                        | TooSmall { .. }
                        | NumbersMissing
                        | OtherAlgorithm
                        | NotAKey
                        | Pkcs12
                ),
                "place {place}: {error:?}"
            ),
        }
    }
}
