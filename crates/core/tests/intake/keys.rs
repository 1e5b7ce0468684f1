//! Test keys and the ways people damage them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::{Decode, Encode};
use patchbay_core::keypair::intake::{IntakeError, PrivateKey, read_private_key};
use patchbay_core::secret::Secret;
use pkcs8::PrivateKeyInfo;

/// The key most rows are built from.
pub const KEY: &str = include_str!("../fixtures/test-only-rsa2048.pem");
pub const OTHER: &str = include_str!("../fixtures/test-only-rsa2048-other.pem");

pub const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
pub const END: &str = "-----END PRIVATE KEY-----";

pub fn take(input: impl Into<Vec<u8>>) -> Result<PrivateKey, IntakeError> {
    read_private_key(&Secret::new(input.into()))
}

/// The body of a PEM text without its lines.
pub fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

pub fn der_of(pem: &str) -> Vec<u8> {
    STANDARD.decode(base64_of(pem)).unwrap()
}

/// The PKCS#1 structure inside a PKCS#8 PEM text.
pub fn pkcs1_of(pem: &str) -> Vec<u8> {
    let der = der_of(pem);
    PrivateKeyInfo::from_der(&der).unwrap().private_key.to_vec()
}

/// PKCS#8 around a PKCS#1 structure.
pub fn pkcs8_around(pkcs1: &[u8]) -> Vec<u8> {
    let der = der_of(KEY);
    let algorithm = PrivateKeyInfo::from_der(&der).unwrap().algorithm;
    PrivateKeyInfo::new(algorithm, pkcs1).to_der().unwrap()
}

pub fn pem(label: &str, der: &[u8]) -> String {
    wrapped(label, der, 64)
}

pub fn wrapped(label: &str, der: &[u8], width: usize) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(width)
        .map(|at| &text[at..text.len().min(at + width)])
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

pub fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xFEFF);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

/// Every line of a text changed.
pub fn lines(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}
