//! The words of the glossary, and times as people read them.

use patchbay_core::config::ConfigPath;
use patchbay_core::connection::ConnectionState;
use patchbay_core::connection::judge::short_name;
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::push::order::{Outcome, Step};

/// A state in the glossary's words.
pub(crate) fn state(state: ConnectionState, connected_at: Option<UnixMillis>) -> String {
    let words = match state {
        ConnectionState::Connected => "Connected",
        ConnectionState::Unverified => {
            return match connected_at {
                Some(at) => format!("Needs a new check (last connected {})", time(at)),
                None => "Needs a new check".to_owned(),
            };
        }
        ConnectionState::Incomplete => "Values missing",
        ConnectionState::NotConnected => "Not connected",
        ConnectionState::AccountNotVerified => {
            "Keys rejected by Adobe (Payment Services shows \"account not verified\")"
        }
        ConnectionState::DataSpaceConflict => "Data space used twice",
        ConnectionState::DataSpaceMismatch => "Wrong data space for this instance",
        ConnectionState::GatewayOverridden => "Talks to another gateway",
        ConnectionState::Drifted => "Changed elsewhere",
        ConnectionState::ConnectorMissing => "Connector not installed",
        ConnectionState::Unreachable => "Server cannot be reached",
        ConnectionState::DifferentInstance => "Not the instance you added",
        ConnectionState::Unknown => "Never checked",
    };
    words.to_owned()
}

/// How an instance's part of an order ended.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pushed => "Applied",
        Outcome::Unchanged => "Nothing to change",
        Outcome::ChangedSincePlan => "Changed since the preview; nothing was written",
        Outcome::Blocked => "Blocked; nothing was written",
        Outcome::Failed => "Failed",
        Outcome::OutcomeUnknown => "Outcome not known",
        Outcome::Cancelled => "Cancelled; nothing was written",
    }
}

/// What is going on with an instance; `None` for an end, which the answer tells.
pub(crate) fn step(step: Step) -> Option<&'static str> {
    match step {
        Step::Preparing => Some("preparing"),
        Step::Connecting => Some("connecting"),
        Step::Writing => Some("applying"),
        Step::Verifying => Some("Adobe is asked"),
        Step::Done(_) => None,
    }
}

/// What people call one of the nine values.
pub(crate) fn value(path: ConfigPath) -> &'static str {
    short_name(path)
}

/// A time, to the second, in UTC.
pub(crate) fn time(at: UnixMillis) -> String {
    let whole = UnixMillis(at.seconds() * 1000);
    patchbay_contract::moment::rfc3339(whole).unwrap_or_else(|| "an unknown time".to_owned())
}

/// How long ago a time was.
pub(crate) fn ago(at: UnixMillis, now: UnixMillis) -> String {
    let seconds = now.seconds() - at.seconds();
    let some = |count: i64, unit: &str| format!("{count} {unit} ago");
    match seconds {
        ..0 => time(at),
        0..60 => "just now".to_owned(),
        60..7_200 => some(seconds / 60, "min"),
        7_200..172_800 => some(seconds / 3_600, "h"),
        _ => some(seconds / 86_400, "days"),
    }
}

/// A value of a plan: what is there, or that nothing is.
pub(crate) fn shown(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "(nothing)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_easily() {
        let at = UnixMillis(1_774_000_000_500);
        assert_eq!(time(at), "2026-03-20T09:46:40Z");
        let later = |seconds: i64| UnixMillis(at.0 + seconds * 1_000);
        assert_eq!(ago(at, later(5)), "just now");
        assert_eq!(ago(at, later(300)), "5 min ago");
        assert_eq!(ago(at, later(10_800)), "3 h ago");
        assert_eq!(ago(at, later(864_000)), "10 days ago");
        assert_eq!(ago(at, later(-100)), time(at), "a clock that was set back");
    }

    #[test]
    fn every_state_has_words_and_none_says_environment() {
        for one in ConnectionState::ALL {
            let words = state(one, None);
            assert!(!words.is_empty() && !words.to_lowercase().contains("environment"));
        }
    }
}
