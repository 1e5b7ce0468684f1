//! Times as the contract writes them.

use patchbay_core::ports::clock::UnixMillis;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time as RFC 3339 in UTC; `None` for one outside the years 0 to 9999.
pub fn rfc3339(time: UnixMillis) -> Option<String> {
    let nanos = i128::from(time.0) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    time.format(&Rfc3339).ok()
}
