//! Times as the contract writes them.

use patchbay_core::ports::clock::UnixMillis;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// A time as RFC 3339 in UTC; `None` for one outside the years 0 to 9999.
pub fn rfc3339(time: UnixMillis) -> Option<String> {
    let nanos = i128::from(time.0) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    time.format(&Rfc3339).ok()
}

/// Reads an RFC 3339 time; `None` for anything else.
pub fn parse(text: &str) -> Option<UnixMillis> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000))
        .ok()
        .map(UnixMillis)
}

/// Reads a day (`2026-03-20`) as its first moment in UTC; `None` for anything else.
pub fn day(text: &str) -> Option<UnixMillis> {
    let shape = format_description!("[year]-[month]-[day]");
    let day = Date::parse(text, &shape).ok()?;
    Some(UnixMillis(
        day.midnight().assume_utc().unix_timestamp() * 1_000,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back() {
        let at = UnixMillis(1_774_000_000_500);
        assert_eq!(parse(&rfc3339(at).unwrap()), Some(at));
        assert_eq!(parse("2026-03-20T17:46:40.5+08:00"), Some(at));
        let before = UnixMillis(-500);
        assert_eq!(parse(&rfc3339(before).unwrap()), Some(before));
        assert_eq!(day("2026-03-20"), Some(UnixMillis(1_773_964_800_000)));
        for none in ["", "2026-03-20", "now", "2026-02-30T00:00:00Z"] {
            assert_eq!(parse(none), None, "{none}");
        }
        for none in ["", "2026-3-20", "2026-02-30", "2026-03-20T00:00:00Z"] {
            assert_eq!(day(none), None, "{none}");
        }
    }
}
