//! The small vocabulary of the pretended side: ids, names, times, and what a licence brings.
//!
//! Checks are strict and few, because everything that arrives here may be hostile.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::account::{DataSpaceType, Licence};
use crate::world::WorldError;

/// The longest name of a project, data space or organisation, in characters.
pub const MAX_NAME: usize = 255;
/// The longest name of a key, in characters.
pub const MAX_KEY_NAME: usize = 64;

/// A name without surrounding blanks, or why it is none.
pub(crate) fn name(text: &str) -> Result<String, WorldError> {
    let why = WorldError::Malformed("a name has 1 to 255 characters and no control characters");
    bounded(text, MAX_NAME).ok_or(why)
}

/// A key's name without surrounding blanks, or why it is none.
pub(crate) fn key_name(text: &str) -> Result<String, WorldError> {
    let why =
        WorldError::Malformed("a key's name has 1 to 64 characters and no control characters");
    bounded(text, MAX_KEY_NAME).ok_or(why)
}

fn bounded(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    let count = text.chars().take(most + 1).count();
    let clean = !text.chars().any(char::is_control);
    (clean && (1..=most).contains(&count)).then(|| text.to_owned())
}

pub(crate) fn check_mage_id(text: &str) -> Result<(), WorldError> {
    let digits = text.strip_prefix("MAG").unwrap_or_default();
    let fits = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(())
        .ok_or(WorldError::Malformed("a MageID is MAG and nine digits"))
}

pub(crate) fn check_api_key(text: &str) -> Result<(), WorldError> {
    let why = WorldError::Malformed("an API key has 32 lower-case hexadecimal characters");
    is_api_key(text).then_some(()).ok_or(why)
}

/// Whether the text has the shape of an API key.
pub(crate) fn is_api_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(is_lower_hex)
}

pub(crate) fn check_uuid(text: &str) -> Result<(), WorldError> {
    let dashes = [8, 13, 18, 23];
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if dashes.contains(&at) {
                byte == b'-'
            } else {
                is_lower_hex(byte)
            }
        });
    fits.then_some(())
        .ok_or(WorldError::Malformed("an id is a UUID in lower case"))
}

/// A Commerce Cloud project id as it may stand in a path.
pub(crate) fn is_cloud_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// `N` random bytes in lower-case hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    // A simulator without random numbers still answers; its ids then collide and are refused.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("no random numbers");
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random UUID, version 4, in lower case.
pub(crate) fn random_uuid() -> String {
    let hex = random_hex::<16>();
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// A time as RFC 3339 in UTC with whole seconds.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at).replace_nanosecond(0);
    at.ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The value of a `Date` header for a count of seconds since 1970.
pub(crate) fn http_date(seconds: i64) -> String {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&form).unwrap_or_default()
}

/// The data spaces of a new project (`docs/facts.md`, registry limits).
pub(crate) fn standard_data_spaces(licence: Licence) -> &'static [(&'static str, DataSpaceType)] {
    use DataSpaceType::{Production, Testing};
    match licence {
        Licence::Commerce => &[
            ("Production", Production),
            ("Testing 1", Testing),
            ("Testing 2", Testing),
        ],
        Licence::OpenSource => &[("Production", Production)],
    }
}

pub(crate) fn entitlements(licence: Licence) -> Vec<String> {
    let all: &[&str] = match licence {
        Licence::Commerce => &["Adobe Commerce", "Payment Services"],
        Licence::OpenSource => &["Payment Services"],
    };
    all.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) fn feature_set(licence: Licence) -> Vec<String> {
    let all: &[&str] = match licence {
        Licence::Commerce => &[
            "Premium Search",
            "Product Recommendations",
            "Catalog Service",
            "Commerce Payments Sandbox",
        ],
        Licence::OpenSource => &["Commerce Payments Sandbox"],
    };
    all.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn random_uuids_have_the_shape_and_differ() {
        let (one, two) = (random_uuid(), random_uuid());
        assert!(check_uuid(&one).is_ok(), "{one}");
        assert_ne!(one, two);
    }

    #[test]
    fn dates_have_the_form_of_the_header() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_700_000_000), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(
            http_date(i64::MAX),
            http_date(0),
            "out of range is not a panic"
        );
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("  Shop "), Ok("Shop".into()));
        assert!(name("   ").is_err() && name("a\nb").is_err() && name(&"x".repeat(256)).is_err());
        assert!(
            key_name(&"鍵".repeat(64)).is_ok(),
            "characters are counted, not bytes"
        );
        assert!(key_name(&"鍵".repeat(65)).is_err());
    }

    proptest! {
        #[test]
        fn what_passes_as_an_id_has_its_shape(text in "\\PC{0,40}") {
            if check_uuid(&text).is_ok() { prop_assert_eq!(text.matches('-').count(), 4); }
            if is_api_key(&text) { prop_assert!(text.chars().all(|c| c.is_ascii_hexdigit())); }
            if check_mage_id(&text).is_ok() { prop_assert_eq!(text.len(), 12); }
        }

        #[test]
        fn a_name_that_passes_is_clean(text in any::<String>()) {
            if let Ok(name) = name(&text) {
                prop_assert!(!name.is_empty() && name.chars().count() <= MAX_NAME);
                prop_assert!(!name.chars().any(char::is_control));
            }
        }
    }
}
