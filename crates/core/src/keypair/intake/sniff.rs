//! What a text is that announces no private key.
//!
//! Not here: keys without their marker lines ([`super::reader`]).

use super::IntakeError;
use super::markers::{Label, Marker};
use super::text::contains;

/// The name of what this text is, where it shows.
pub(super) fn name(text: &[u8], markers: &[Marker]) -> Option<IntakeError> {
    let marked = markers.iter().filter(|marker| marker.begins);
    if let Some(error) = marked.filter_map(|marker| refusal(marker.label)).next() {
        return Some(error);
    }
    let bare = text.trim_ascii();
    let only = |hidden: u8| {
        bare.iter()
            .all(|byte| *byte == hidden || b" \n\"'".contains(byte))
    };
    if only(b'*') || only(b'.') {
        return Some(IntakeError::Masked);
    }
    if tokens(bare).any(is_ciphertext) {
        return Some(IntakeError::Ciphertext);
    }
    if !bare.contains(&b'\n') && bare.len() <= 100 {
        let mut words = tokens(bare).flat_map(|token| token.split(|byte| *byte == b':'));
        if let Some(error) = words.find_map(public_value) {
            return Some(error);
        }
    }
    if is_web_page(text) {
        return Some(IntakeError::WebPage);
    }
    if contains(text, b"PuTTY-User-Key-File-") {
        return Some(IntakeError::Putty);
    }
    // The first bytes of an OpenSSH key, encoded.
    if contains(text, b"b3BlbnNzaC1rZXktdjE") {
        return Some(IntakeError::OpenSsh);
    }
    let ssh: [&[u8]; 4] = [
        b"ssh-rsa AAAA",
        b"ssh-ed25519 AAAA",
        b"ssh-dss AAAA",
        b"ecdsa-sha2-",
    ];
    ssh.iter()
        .any(|start| contains(text, start))
        .then_some(IntakeError::PublicKey)
}

/// What to say about a block with this label when it is not an RSA key after all.
pub(super) fn refusal(label: Label) -> Option<IntakeError> {
    match label {
        Label::Encrypted => Some(IntakeError::Encrypted),
        Label::EllipticCurve => Some(IntakeError::EllipticCurve),
        Label::Dsa => Some(IntakeError::Dsa),
        Label::OpenSsh => Some(IntakeError::OpenSsh),
        Label::Public => Some(IntakeError::PublicKey),
        Label::Certificate => Some(IntakeError::Certificate),
        Label::Request => Some(IntakeError::CertificateRequest),
        Label::Pgp => Some(IntakeError::Pgp),
        Label::Sealed => Some(IntakeError::Sealed),
        Label::Pkcs8 | Label::Pkcs1 | Label::Parameters => None,
    }
}

/// Whether this is the source of a web page.
pub(super) fn is_web_page(text: &[u8]) -> bool {
    contains(text, b"<html") || contains(text, b"<!doctype html")
}

fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"\"'`,;=<>(){}[]".contains(byte))
}

/// Magento's own: `key number:cipher number:base64`, older ones with one part more.
fn is_ciphertext(token: &[u8]) -> bool {
    let mut parts = token.splitn(3, |byte| *byte == b':');
    let number = |part: Option<&[u8]>| {
        part.is_some_and(|digits| {
            (1..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        })
    };
    number(parts.next())
        && number(parts.next())
        && parts.next().is_some_and(|rest| {
            rest.len() >= 16
                && rest
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/=:".contains(byte))
        })
}

/// An API key or the ID of a project or data space.
fn public_value(token: &[u8]) -> Option<IntakeError> {
    let hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
    if token.len() == 32 && hex(token) {
        return Some(IntakeError::ApiKey);
    }
    let groups: Vec<&[u8]> = token.split(|byte| *byte == b'-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    (lengths == [8, 4, 4, 4, 12] && groups.into_iter().all(hex)).then_some(IntakeError::Identifier)
}
