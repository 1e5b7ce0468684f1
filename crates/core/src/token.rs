//! Tokens as text: how long they hold, when one ends, and whether it was seen before.
//!
//! Facts: docs/facts.md, token. Not here: signing (crypto port) and checking signatures, which only
//! the gateway can do.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::id::hex;
use crate::secret::Secret;

/// Takes a signature as generously as any gateway might.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Seconds a token holds, counted from its signing.
pub const LIFETIME: i64 = 300;

/// Seconds a clock may be off before a token proves nothing.
pub const SKEW: i64 = 90;

/// When a token ends, in seconds since 1970; `None` where it is no token or says more than one
/// thing about its end.
pub fn expiry(token: &Secret) -> Option<i64> {
    let text = std::str::from_utf8(token.expose()).ok()?;
    let mut parts = text.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || text.len() > 8192 {
        return None;
    }
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let mut places = payload.match_indices("\"exp\"");
    let (at, name) = places.next()?;
    if places.next().is_some() || payload.contains('\\') {
        // The real signer escapes slashes; anything else escaped could hide a second "exp".
        let plain = payload.replace("\\/", "/");
        if plain.contains('\\') || plain.matches("\"exp\"").count() != 1 {
            return None;
        }
    }
    let rest = payload
        .get(at + name.len()..)?
        .trim_start()
        .strip_prefix(':')?
        .trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let ends = rest
        .get(digits.len()..)?
        .trim_start()
        .starts_with([',', '}']);
    if ends { digits.parse().ok() } else { None }
}

/// What a token is remembered by: SHA-256 in hex. Another spelling of the same signature (padding,
/// the other alphabet, unused bits at the end) is the same token.
pub fn digest(token: &Secret) -> String {
    let text = String::from_utf8_lossy(token.expose());
    let (signed, signature) = text.trim().rsplit_once('.').unwrap_or((&text, ""));
    let spelled: String = signature
        .chars()
        .filter(|c| *c != '=' && !c.is_whitespace())
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    let bytes = LENIENT
        .decode(&spelled)
        .unwrap_or_else(|_| spelled.into_bytes());
    let digest = Sha256::new()
        .chain_update(signed)
        .chain_update(".")
        .chain_update(bytes);
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(payload: &str) -> Secret {
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)).into_bytes())
    }

    #[test]
    fn one_end_is_read_and_two_are_not() {
        assert_eq!(
            expiry(&token(r#"{"exp":1700000300,"iss":"x"}"#)),
            Some(1_700_000_300)
        );
        assert_eq!(
            expiry(&token(r#"{"iss":"https:\/\/a", "exp" : 5 }"#)),
            Some(5)
        );
        assert_eq!(expiry(&token(r#"{"exp":1,"exp":2}"#)), None);
        assert_eq!(expiry(&token(r#"{"exp":1,"\u0065xp":2}"#)), None);
        assert_eq!(expiry(&token(r#"{"exp":"1"}"#)), None);
        assert_eq!(expiry(&token(r#"{"exp":1.5}"#)), None);
        assert_eq!(expiry(&Secret::new(b"no token".to_vec())), None);
    }

    #[test]
    fn another_spelling_of_a_signature_is_the_same_token() {
        let one = digest(&Secret::new(b"a.b.-_8".to_vec()));
        for other in ["a.b.-_8=", "a.b.+/8", "a.b.-_9", " a.b.-_8"] {
            assert_eq!(digest(&Secret::new(other.into())), one, "{other}");
        }
        assert_ne!(digest(&Secret::new(b"a.c.-_8".to_vec())), one);
        assert_ne!(digest(&Secret::new(b"a.b.-_A".to_vec())), one);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let token = Secret::new(bytes);
            let _ = (expiry(&token), digest(&token));
        }
    }
}
