//! What goes wrong on a pretend instance, on request.
//!
//! Which failure only; carrying it out belongs to the conversation and the door.

use serde::{Deserialize, Serialize};

/// Why a connection to an instance does not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unreachable {
    /// The name is not known.
    UnknownHost,
    /// No route, or the network is down.
    NoRoute,
    /// The port is closed.
    ConnectionRefused,
    /// Nobody answers. Said at once: nobody has to wait for a demo's time-out.
    TimedOut,
    /// Another host key than the trusted one.
    HostKeyChanged,
    /// The sign-in is refused.
    LoginRefused,
    /// A short-lived sign-in has expired.
    SignInExpired,
    /// No PHP on the server.
    PhpMissing,
    /// The shop's database does not answer.
    DatabaseDown,
}

impl Unreachable {
    /// Its code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownHost => "unknownHost",
            Self::NoRoute => "noRoute",
            Self::ConnectionRefused => "connectionRefused",
            Self::TimedOut => "timedOut",
            Self::HostKeyChanged => "hostKeyChanged",
            Self::LoginRefused => "loginRefused",
            Self::SignInExpired => "signInExpired",
            Self::PhpMissing => "phpMissing",
            Self::DatabaseDown => "databaseDown",
        }
    }
}

/// Where a push dies. Everything after that point is silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Death {
    /// Before `ready`.
    BeforeReady,
    /// With the values in hand and nothing written.
    BeforeCommit,
    /// Everything is written, and nobody was told.
    AfterCommit,
    /// Everything is written and said; the re-read never comes.
    AfterAnswer,
}

/// Everything that is wrong with one instance; nothing is at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Troubles {
    /// No connection comes about.
    pub unreachable: Option<Unreachable>,
    /// Milliseconds to wait before every answer.
    pub slow_millis: u64,
    /// Somebody else holds the lock that a push needs.
    pub lock_held: bool,
    /// After `ready`, somebody sets this project name in the Admin.
    pub changes_after_ready: Option<String>,
    /// Where a push dies.
    pub dies: Option<Death>,
    /// Answers are drowned in noise and cut short.
    pub garbled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_words_in_json() {
        for reason in [
            Unreachable::UnknownHost,
            Unreachable::NoRoute,
            Unreachable::ConnectionRefused,
            Unreachable::TimedOut,
            Unreachable::HostKeyChanged,
            Unreachable::LoginRefused,
            Unreachable::SignInExpired,
            Unreachable::PhpMissing,
            Unreachable::DatabaseDown,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }

    #[test]
    fn a_misspelled_trouble_is_refused() {
        assert!(serde_json::from_str::<Troubles>(r#"{"slowMilis":1}"#).is_err());
        let slow: Troubles = serde_json::from_str(r#"{"slowMillis":5}"#).unwrap();
        assert_eq!(slow.slow_millis, 5);
    }
}
