//! What people bring that is taken, with the repairs that are told (G8; docs/facts.md, PEM damage).

use crate::keys::{BEGIN, END, KEY, base64_of, der_of, lines, pem, pkcs1_of, take, utf16, wrapped};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::fingerprint::IdentityFingerprint;
use patchbay_core::keypair::intake::Repair::{self, *};
use patchbay_core::keypair::intake::{spki_of, to_pem};
use sha2::{Digest, Sha256};

type Row = (&'static str, Vec<u8>, &'static [Repair]);

fn rsa_header(pem: &str) -> String {
    pem.replace("PRIVATE", "RSA PRIVATE")
}

/// Rows that differ in lines and spaces.
fn spaces() -> Vec<Row> {
    let one_line = format!("{BEGIN}\n{}\n{END}\n", base64_of(KEY));
    let flat = KEY.replace('\n', "");
    vec![
        ("as it should be", KEY.into(), &[]),
        ("no final newline", KEY.trim_end().into(), &[]),
        ("CRLF", KEY.replace('\n', "\r\n").into(), &[LineEnds]),
        ("CR only", KEY.replace('\n', "\r").into(), &[LineEnds]),
        (
            "UTF-8 byte order mark",
            format!("\u{feff}{KEY}").into(),
            &[ByteOrderMark],
        ),
        ("UTF-16 LE with mark", utf16(KEY, false, true), &[Utf16]),
        ("UTF-16 BE with mark", utf16(KEY, true, true), &[Utf16]),
        ("UTF-16 LE bare", utf16(KEY, false, false), &[Utf16]),
        ("UTF-16 BE bare", utf16(KEY, true, false), &[Utf16]),
        (
            "UTF-16 with CRLF",
            utf16(&KEY.replace('\n', "\r\n"), false, true),
            &[Utf16, LineEnds],
        ),
        (
            "blank lines before",
            format!("\n\n{KEY}").into(),
            &[Whitespace],
        ),
        (
            "blank lines after",
            format!("{KEY}\n\n").into(),
            &[Whitespace],
        ),
        (
            "blank line after BEGIN",
            KEY.replacen('\n', "\n\n", 1).into(),
            &[Whitespace],
        ),
        (
            "blank lines everywhere",
            KEY.replace('\n', "\n\n").into(),
            &[Whitespace],
        ),
        (
            "trailing spaces",
            KEY.replace('\n', "  \n").into(),
            &[Whitespace],
        ),
        (
            "indented by spaces",
            lines(KEY, |line| format!("    {line}")).into(),
            &[Whitespace],
        ),
        (
            "indented by tabs",
            lines(KEY, |line| format!("\t{line}")).into(),
            &[Whitespace],
        ),
        (
            "spaces before BEGIN",
            format!("  {KEY}").into(),
            &[Whitespace],
        ),
        (
            "no-break spaces",
            lines(KEY, |line| format!("\u{a0}{line}")).into(),
            &[Whitespace],
        ),
        (
            "zero-width spaces",
            lines(KEY, |line| format!("{line}\u{200b}")).into(),
            &[Whitespace],
        ),
        ("body on one line", one_line.into(), &[Rewrapped]),
        (
            "lines of 76",
            wrapped("PRIVATE KEY", &der_of(KEY), 76).into(),
            &[Rewrapped],
        ),
        (
            "lines of 10",
            wrapped("PRIVATE KEY", &der_of(KEY), 10).into(),
            &[Rewrapped],
        ),
        (
            "spaces for newlines",
            KEY.trim_end().replace('\n', " ").into(),
            &[JoinedLines],
        ),
        ("no newlines at all", flat.into(), &[JoinedLines]),
        (
            "no white space at all",
            KEY.replace(['\n', ' '], "").into(),
            &[JoinedLines, Dashes],
        ),
        ("padding lost", KEY.replace('=', "").into(), &[]),
    ]
}

/// Rows where something stands around the key or in place of its line ends.
fn wrappings() -> Vec<Row> {
    let escaped = KEY.replace('\n', "\\n");
    let json = format!("{{\"private_key\": \"{}\"}}", escaped.replace('/', "\\/"));
    let unicode = escaped.replace('+', "\\u002b").replace('=', "\\u003d");
    let form = KEY
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let form = form.replace(' ', "+").replace('\n', "%0D%0A");
    let certificate = include_str!("../fixtures/test-only-certificate.pem");
    let public = include_str!("../fixtures/test-only-public.pem");
    let concatenated = lines(KEY, |line| format!("  \"{line}\\n\" +"));
    let yaml = format!("private_key: |\n{}", lines(KEY, |line| format!("  {line}")));
    let html = format!("<html><body><pre>{KEY}</pre></body></html>");
    let breaks = KEY.replace('\n', "<br>\n");
    vec![
        ("literal \\n", escaped.clone().into(), &[LiteralNewlines]),
        (
            "literal \\r\\n",
            KEY.replace('\n', "\\r\\n").into(),
            &[LiteralNewlines],
        ),
        (
            "doubled \\\\n",
            KEY.replace('\n', "\\\\n").into(),
            &[LiteralNewlines],
        ),
        (
            "environment file",
            format!("PRIVATE_KEY=\"{escaped}\"\n").into(),
            &[LiteralNewlines, Wrapping],
        ),
        (
            "shell, several lines",
            format!("export KEY='{KEY}'\n").into(),
            &[Wrapping],
        ),
        ("JSON", json.into(), &[Escapes, LiteralNewlines, Wrapping]),
        ("JSON with \\u", unicode.into(), &[Escapes, LiteralNewlines]),
        ("YAML block", yaml.into(), &[Whitespace, Wrapping]),
        (
            "source code",
            concatenated.into(),
            &[LiteralNewlines, Whitespace, Wrapping],
        ),
        (
            "shell continuation",
            KEY.replace('\n', "\\\n").into(),
            &[Wrapping],
        ),
        ("web form", form.into(), &[Escapes]),
        (
            "quoted",
            format!("\"{}\"", KEY.trim_end()).into(),
            &[Wrapping],
        ),
        (
            "curly quotes",
            format!("“{}”", KEY.trim_end()).into(),
            &[Wrapping],
        ),
        (
            "mail quote",
            lines(KEY, |line| format!("> {line}")).into(),
            &[Wrapping],
        ),
        (
            "text around",
            format!("Hello,\nhere it is:\n{KEY}Bye\n").into(),
            &[Wrapping, Surroundings],
        ),
        (
            "text with dashes",
            format!("Send the \"BEGIN PRIVATE KEY\" part\n{KEY}").into(),
            &[Surroundings],
        ),
        ("web page source", html.into(), &[Wrapping]),
        (
            "HTML line breaks",
            breaks.into(),
            &[Rewrapped, Wrapping, Surroundings],
        ),
        (
            "certificate beside it",
            format!("{certificate}{KEY}").into(),
            &[Surroundings],
        ),
        (
            "public key beside it",
            format!("{KEY}{public}").into(),
            &[Surroundings],
        ),
        (
            "the same key twice",
            format!("{KEY}{KEY}").into(),
            &[Wrapping, Surroundings],
        ),
        ("base64 once more", STANDARD.encode(KEY).into(), &[Base64]),
        (
            "secret of a cluster",
            format!("data:\n  key: {}\n", STANDARD.encode(KEY)).into(),
            &[Base64, Wrapping],
        ),
    ]
}

/// Rows that differ in the marker lines or the format of the bytes.
fn markers_and_formats() -> Vec<Row> {
    let pkcs8 = der_of(KEY);
    let pkcs1 = pkcs1_of(KEY);
    let dashes = |with: &str| KEY.replace("-----", with).into();
    vec![
        ("four dashes", dashes("----"), &[Dashes]),
        ("six dashes", dashes("------"), &[Dashes]),
        ("one dash", dashes("-"), &[Dashes]),
        ("en dashes", dashes("––"), &[Dashes]),
        ("em dashes", dashes("—–"), &[Dashes]),
        (
            "Windows code page dashes",
            {
                let text = KEY.replace("-----", "\u{1}");
                text.bytes()
                    .map(|byte| if byte == 1 { 0x96 } else { byte })
                    .collect()
            },
            &[Dashes],
        ),
        ("no dashes", dashes(""), &[Dashes]),
        (
            "spaces inside the dashes",
            KEY.replace("-----BEGIN", "----- BEGIN").into(),
            &[Dashes],
        ),
        (
            "small letters",
            KEY.replace("BEGIN PRIVATE KEY", "begin private key").into(),
            &[Dashes],
        ),
        (
            "no END line",
            KEY.replace(END, "").trim_end().into(),
            &[MarkerLines],
        ),
        (
            "no BEGIN line",
            KEY.replace(&format!("{BEGIN}\n"), "").into(),
            &[MarkerLines],
        ),
        (
            "base64 body only",
            base64_of(KEY).into(),
            &[Rewrapped, MarkerLines],
        ),
        (
            "a name and the body",
            format!("private_key={}", base64_of(KEY)).into(),
            &[Rewrapped, Wrapping, MarkerLines],
        ),
        ("PKCS#1", pem("RSA PRIVATE KEY", &pkcs1).into(), &[Pkcs1]),
        (
            "PKCS#8 under the RSA header",
            rsa_header(KEY).into(),
            &[WrongHeader],
        ),
        (
            "PKCS#1 under the PKCS#8 header",
            pem("PRIVATE KEY", &pkcs1).into(),
            &[WrongHeader, Pkcs1],
        ),
        (
            "END of another kind",
            KEY.replace("END", "END RSA").into(),
            &[WrongHeader],
        ),
        ("binary PKCS#8", pkcs8.clone(), &[Binary]),
        ("binary PKCS#1", pkcs1.clone(), &[Binary, Pkcs1]),
        (
            "binary with a newline",
            [&pkcs8[..], b"\n"].concat(),
            &[Binary, Whitespace],
        ),
        (
            "base64 body of PKCS#1",
            STANDARD.encode(&pkcs1).into(),
            &[Rewrapped, MarkerLines, Pkcs1],
        ),
    ]
}

#[test]
fn every_row_gives_the_same_key_and_tells_its_repairs() {
    let good = take(KEY).unwrap();
    let mut wrong = Vec::new();
    for (name, input, repairs) in [spaces(), wrappings(), markers_and_formats()].concat() {
        let mut expected = repairs.to_vec();
        expected.sort_unstable();
        match take(input) {
            Err(error) => wrong.push(format!("{name}: refused, {error:?}")),
            Ok(key) => {
                assert!(key.der.same_as(&good.der), "{name}: another key came out");
                assert_eq!(key.identity, good.identity, "{name}");
                if key.repairs != expected {
                    wrong.push(format!("{name}: {:?}, not {expected:?}", key.repairs));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_normal_form_is_what_openssl_wrote_without_its_last_newline() {
    for (text, bits) in [
        (KEY, 2048),
        (include_str!("../fixtures/test-only-rsa3072.pem"), 3072),
        (include_str!("../fixtures/test-only-rsa8192.pem"), 8192),
    ] {
        let key = take(text).unwrap();
        assert_eq!(key.bits, bits);
        assert_eq!(key.der.expose(), der_of(text));
        assert_eq!(to_pem(&key.der).expose(), text.trim_end().as_bytes());
    }
}

#[test]
fn the_identity_is_the_hash_of_the_public_half() {
    let key = take(KEY).unwrap();
    let public = der_of(include_str!("../fixtures/test-only-public.pem"));
    assert_eq!(spki_of(&key.der).unwrap(), public);
    assert_eq!(key.identity, IdentityFingerprint::of_spki(&public));
    let hash = Sha256::digest(&public);
    assert!(
        key.identity
            .as_str()
            .starts_with(&format!("{:02x}{:02x}", hash[0], hash[1]))
    );
}

#[test]
fn attributes_and_a_public_half_inside_pkcs8_are_left_out() {
    let mut der = der_of(KEY);
    // [0] { SEQUENCE { OID 2.5.29.15, SET { BIT STRING } } }: the key usage that some programs add.
    let attributes = [
        0xA0, 0x0D, 0x30, 0x0B, 0x06, 0x03, 0x55, 0x1D, 0x0F, 0x31, 0x04, 0x03, 0x02, 0x00, 0x10,
    ];
    der.extend_from_slice(&attributes);
    let length = u16::try_from(der.len() - 4).unwrap().to_be_bytes();
    der[2..4].copy_from_slice(&length);
    let key = take(pem("PRIVATE KEY", &der)).unwrap();
    assert_eq!(key.der.expose(), der_of(KEY));
}
