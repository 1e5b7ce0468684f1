//! Failures on request: which door, which path, how often, and what happens there.
//!
//! Here is only the choice of a fault. The bytes of a misbehaving answer are made in
//! `misbehave`; slow and lost answers are carried out in `door`.

use serde::{Deserialize, Serialize};

use crate::account::Gateway;
use crate::world::WorldError;

/// The most rules kept at once.
const MAX_RULES: usize = 200;

/// One of the three listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Door {
    /// The production gateway.
    Production,
    /// The sandbox gateway.
    Sandbox,
    /// My Account's API Portal.
    Portal,
}

impl From<Gateway> for Door {
    fn from(gateway: Gateway) -> Self {
        match gateway {
            Gateway::Production => Self::Production,
            Gateway::Sandbox => Self::Sandbox,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// An error in the registry's own form, with this status (400-599).
    Status {
        /// HTTP status.
        status: u16,
    },
    /// Status 429 with `Retry-After`.
    TooManyRequests {
        /// Seconds.
        retry_after: u32,
    },
    /// Any answer, spelled out.
    Answer {
        /// HTTP status.
        status: u16,
        /// `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Status 200, said to be JSON, but bytes that are not even text.
    Garbage,
    /// The HTML page of a proxy that sits in between.
    ProxyPage {
        /// HTTP status, 200 included: captive portals do that.
        status: u16,
    },
    /// The right answer, late.
    Slow {
        /// Milliseconds before the request is looked at.
        millis: u64,
    },
    /// Takes the request and never answers.
    NeverAnswers,
    /// Starts a JSON answer that drips one blank at a time and never ends.
    Trickle {
        /// Milliseconds between two bytes.
        millis: u64,
    },
    /// A JSON answer that goes on and on.
    HugeBody {
        /// Bytes.
        bytes: u64,
    },
    /// JSON nested this deep.
    DeepJson {
        /// Levels.
        depth: u32,
    },
    /// A small gzip body that unpacks to this many bytes (rounded up to 16 MiB).
    GzipBomb {
        /// Bytes after unpacking.
        bytes: u64,
    },
    /// Sends the caller somewhere else.
    Redirect {
        /// HTTP status: 301, 302, 303, 307 or 308.
        status: u16,
        /// Where to.
        location: String,
    },
    /// Closes the connection without a byte of an answer.
    CloseConnection,
    /// Announces more bytes than it sends, then closes.
    Truncated,
    /// Does what was asked, then closes the connection instead of answering.
    AnswerLost,
    /// Says that the account is suspended, whoever asks.
    SuspendedAccount,
    /// Leaves `mageId` out of everything the registry says.
    WithoutMageId,
}

/// A fault and where it strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Which listener; any when left out.
    #[serde(default)]
    pub door: Option<Door>,
    /// The exact path, or a beginning followed by `*`; any when left out.
    #[serde(default)]
    pub path: Option<String>,
    /// The HTTP method in capitals; any when left out.
    #[serde(default)]
    pub method: Option<String>,
    /// How many requests it strikes; until cleared when left out.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// `fault` for every request until cleared.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self {
            door: None,
            path: None,
            method: None,
            times: None,
            fault,
        }
    }

    /// `fault` for the next fitting request only.
    #[must_use]
    pub fn once(fault: Fault) -> Self {
        Self {
            times: Some(1),
            ..Self::always(fault)
        }
    }

    /// The same, at one listener only.
    #[must_use]
    pub fn at(self, door: impl Into<Door>) -> Self {
        Self {
            door: Some(door.into()),
            ..self
        }
    }

    /// The same, for one path (or a beginning followed by `*`) only.
    #[must_use]
    pub fn on(self, path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..self
        }
    }

    /// The same, for one HTTP method only.
    #[must_use]
    pub fn with(self, method: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            ..self
        }
    }

    fn fits(&self, door: Door, method: &str, path: &str) -> bool {
        self.door.is_none_or(|own| own == door)
            && self.method.as_deref().is_none_or(|own| own == method)
            && self.path.as_deref().is_none_or(|own| path_fits(own, path))
    }

    fn check(&self) -> Result<(), WorldError> {
        let path_ok = self
            .path
            .as_ref()
            .is_none_or(|path| path.len() <= 512 && path.starts_with('/'));
        let method_ok = self.method.as_ref().is_none_or(|method| {
            (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase())
        });
        if !path_ok || !method_ok || self.times == Some(0) {
            return Err(WorldError::Malformed(
                "a rule's path begins with /, its method is in capitals, its times are above 0",
            ));
        }
        self.fault.check()
    }
}

impl Fault {
    fn check(&self) -> Result<(), WorldError> {
        let header = |text: &str| {
            text.len() <= 2_048 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        };
        let fits = match self {
            Self::Status { status } => (400..=599).contains(status),
            Self::ProxyPage { status } => {
                (200..=599).contains(status) && ![204, 205, 304].contains(status)
            }
            Self::Answer {
                status,
                content_type,
                body,
            } => (200..=599).contains(status) && header(content_type) && body.len() <= 256 * 1024,
            Self::Redirect { status, location } => {
                [301, 302, 303, 307, 308].contains(status) && header(location)
            }
            Self::Slow { millis } | Self::Trickle { millis } => *millis <= 600_000,
            Self::DeepJson { depth } => *depth <= 4_000_000,
            Self::HugeBody { bytes } | Self::GzipBomb { bytes } => *bytes <= 1 << 40,
            _ => true,
        };
        fits.then_some(()).ok_or(WorldError::Malformed(
            "a number or text of this fault is out of range",
        ))
    }

    /// The name used in rules and in the log of requests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::TooManyRequests { .. } => "tooManyRequests",
            Self::Answer { .. } => "answer",
            Self::Garbage => "garbage",
            Self::ProxyPage { .. } => "proxyPage",
            Self::Slow { .. } => "slow",
            Self::NeverAnswers => "neverAnswers",
            Self::Trickle { .. } => "trickle",
            Self::HugeBody { .. } => "hugeBody",
            Self::DeepJson { .. } => "deepJson",
            Self::GzipBomb { .. } => "gzipBomb",
            Self::Redirect { .. } => "redirect",
            Self::CloseConnection => "closeConnection",
            Self::Truncated => "truncated",
            Self::AnswerLost => "answerLost",
            Self::SuspendedAccount => "suspendedAccount",
            Self::WithoutMageId => "withoutMageId",
        }
    }
}

/// Whether a request path fits a rule's path.
fn path_fits(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => path == pattern,
    }
}

/// Every rule in force, oldest first. The first that fits wins.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<(u64, Rule)>,
    next: u64,
}

impl Faults {
    /// Puts a rule in force and gives its number.
    ///
    /// # Errors
    /// A malformed rule, or too many.
    pub fn add(&mut self, rule: Rule) -> Result<u64, WorldError> {
        rule.check()?;
        if self.rules.len() >= MAX_RULES {
            return Err(WorldError::TooMany("fault rules"));
        }
        self.next += 1;
        self.rules.push((self.next, rule));
        Ok(self.next)
    }

    /// Ends one rule; `false` if it is not in force.
    pub fn clear(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(own, _)| *own != id);
        self.rules.len() < before
    }

    /// Ends every rule.
    pub fn clear_all(&mut self) {
        self.rules.clear();
    }

    /// The rules in force with their numbers.
    #[must_use]
    pub fn rules(&self) -> &[(u64, Rule)] {
        &self.rules
    }

    /// The fault that strikes this request, counted down.
    pub(crate) fn take(&mut self, door: Door, method: &str, path: &str) -> Option<Fault> {
        let at = self
            .rules
            .iter()
            .position(|(_, rule)| rule.fits(door, method, path))?;
        let rule = &mut self.rules[at].1;
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                self.rules.remove(at);
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rule_strikes_its_door_path_and_method_as_often_as_it_says() {
        let mut faults = Faults::default();
        let rule = Rule::once(Fault::Garbage)
            .at(Door::Sandbox)
            .on("/a/*")
            .with("GET");
        faults
            .add(Rule {
                times: Some(2),
                ..rule
            })
            .unwrap();
        assert_eq!(faults.take(Door::Production, "GET", "/a/b"), None);
        assert_eq!(faults.take(Door::Sandbox, "POST", "/a/b"), None);
        assert_eq!(faults.take(Door::Sandbox, "GET", "/b"), None);
        assert_eq!(
            faults.take(Door::Sandbox, "GET", "/a/b"),
            Some(Fault::Garbage)
        );
        assert_eq!(
            faults.take(Door::Sandbox, "GET", "/a/"),
            Some(Fault::Garbage)
        );
        assert_eq!(faults.take(Door::Sandbox, "GET", "/a/b"), None, "used up");
    }

    #[test]
    fn out_of_range_rules_are_refused() {
        let mut faults = Faults::default();
        for bad in [
            Rule::always(Fault::Status { status: 200 }),
            Rule::always(Fault::Redirect {
                status: 200,
                location: "/".into(),
            }),
            Rule::always(Fault::Redirect {
                status: 302,
                location: "/\r\nX: y".into(),
            }),
            Rule::always(Fault::Slow { millis: u64::MAX }),
            Rule::always(Fault::Garbage).on("no-slash"),
            Rule::always(Fault::Garbage).with("get"),
            Rule {
                times: Some(0),
                ..Rule::always(Fault::Garbage)
            },
        ] {
            assert!(faults.add(bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rules_are_written_with_a_kind() {
        let text = r#"{"door":"sandbox","times":1,"fault":{"kind":"slow","millis":5}}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!(
            rule,
            Rule::once(Fault::Slow { millis: 5 }).at(Door::Sandbox)
        );
        assert!(serde_json::from_str::<Rule>(r#"{"fault":{"kind":"nonsense"}}"#).is_err());
        assert!(serde_json::from_str::<Rule>(r#"{"pth":"/","fault":{"kind":"garbage"}}"#).is_err());
    }

    proptest! {
        #[test]
        fn a_pattern_with_a_star_fits_what_begins_like_it(head in "/[a-z/]{0,20}", tail in "[a-z/*]{0,20}") {
            let (pattern, path) = (format!("{head}*"), format!("{head}{tail}"));
            prop_assert!(path_fits(&pattern, &path));
            prop_assert!(path_fits(&path, &path) || path.ends_with('*'));
        }

        #[test]
        fn reading_a_rule_never_panics(text in "\\PC{0,200}") {
            if let Ok(rule) = serde_json::from_str::<Rule>(&text) { let _ = Faults::default().add(rule); }
        }
    }
}
