//! What was asked, so that a test can say who asked what and how often.
//!
//! Never a token, never a body: a token is counted by its digest and shown as an ordinal number.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

use crate::fault::Door;

/// The most requests remembered; the oldest go first.
pub const MAX_VISITS: usize = 10_000;
/// The most tokens told apart.
const MAX_TOKENS: usize = 100_000;

/// What the signature of a request was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Signature {
    /// Checked and right.
    Valid,
    /// Checked and wrong, or not checkable because the API key is unknown.
    Invalid,
    /// No token came.
    Absent,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// Counts up from 1 over the simulator's life.
    pub number: u64,
    /// Seconds since 1970 by the true clock.
    pub at: i64,
    /// Which listener.
    pub door: Door,
    /// HTTP method.
    pub method: String,
    /// Path without query, cut at 512 bytes.
    pub path: String,
    /// The public API key, or `malformed` where it has not the shape of one.
    pub api_key: Option<String>,
    /// What the signature was worth.
    pub signature: Signature,
    /// Why a signature is invalid.
    pub flaw: Option<String>,
    /// Which of the distinct tokens: the first that came is 1.
    pub token: Option<u64>,
    /// The caller's `User-Agent`, cut at 256 bytes.
    pub user_agent: Option<String>,
    /// The fault that struck.
    pub fault: Option<&'static str>,
    /// The status of the answer; none while it is under way or when it never came.
    pub status: Option<u16>,
}

/// The log of requests.
#[derive(Debug, Default)]
pub struct Visits {
    log: VecDeque<Visit>,
    count: u64,
    tokens: HashMap<[u8; 32], u64>,
}

impl Visits {
    /// The requests remembered, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Visit> {
        self.log.iter().cloned().collect()
    }

    /// How many different tokens came since the start or the last [`Visits::clear`].
    #[must_use]
    pub fn distinct_tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Forgets every request and token. Numbers go on counting.
    pub fn clear(&mut self) {
        self.log.clear();
        self.tokens.clear();
    }

    /// The ordinal number of a token; none once too many are told apart.
    pub(crate) fn token_number(&mut self, digest: [u8; 32]) -> Option<u64> {
        let next = self.tokens.len() as u64 + 1;
        if let Some(number) = self.tokens.get(&digest) {
            return Some(*number);
        }
        (self.tokens.len() < MAX_TOKENS).then(|| *self.tokens.entry(digest).or_insert(next))
    }

    pub(crate) fn enter(&mut self, visit: Visit) -> u64 {
        self.count += 1;
        if self.log.len() >= MAX_VISITS {
            self.log.pop_front();
        }
        self.log.push_back(Visit {
            number: self.count,
            ..visit
        });
        self.count
    }

    pub(crate) fn answered(&mut self, number: u64, status: u16) {
        if let Some(visit) = self
            .log
            .iter_mut()
            .rev()
            .find(|visit| visit.number == number)
        {
            visit.status = Some(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit() -> Visit {
        Visit {
            number: 0,
            at: 0,
            door: Door::Portal,
            method: "GET".into(),
            path: "/".into(),
            api_key: None,
            signature: Signature::Absent,
            flaw: None,
            token: None,
            user_agent: None,
            fault: None,
            status: None,
        }
    }

    #[test]
    fn the_log_is_bounded_and_keeps_the_newest() {
        let mut visits = Visits::default();
        for _ in 0..MAX_VISITS + 5 {
            visits.enter(visit());
        }
        let log = visits.list();
        assert_eq!((log.len(), log[0].number), (MAX_VISITS, 6));
    }

    #[test]
    fn tokens_are_counted_once_each() {
        let mut visits = Visits::default();
        let numbers = [[1; 32], [2; 32], [1; 32]].map(|digest| visits.token_number(digest));
        assert_eq!(numbers, [Some(1), Some(2), Some(1)]);
        assert_eq!(visits.distinct_tokens(), 2);
    }
}
