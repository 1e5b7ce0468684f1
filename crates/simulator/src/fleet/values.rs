//! Reading what a push sends: the request's fields, and the values of its one sealed line.
//!
//! Everything is checked before anything happens; what does not fit is refused as a whole. The
//! form of the sealed line is the core's (`push::values`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::config::ConfigPath;
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::id::{EntryId, Nonce, unhex};
use patchbay_core::look::PaymentPlace;
use patchbay_core::push::values::Payments;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::instance::Value;

/// What is asked of an instance.
pub(super) struct Request {
    pub(super) nonce: Nonce,
    pub(super) key: FingerprintKey,
    pub(super) root: String,
    pub(super) sign_after: i64,
    pub(super) wish: Wish,
}

/// A look or a push.
pub(super) enum Wish {
    Look {
        /// Take the push lock first, waiting for it so many seconds.
        under_lock: Option<u32>,
        /// Hand the private keys over, sealed to this key.
        take_keys: Option<[u8; 32]>,
    },
    Push {
        entry: EntryId,
        restore: Option<Restore>,
        /// How long to wait for `go`.
        patience: Duration,
    },
    /// The feeds it has, or one of them to be sent.
    Resync(Option<Feed>),
}

/// One feed to send.
pub(super) struct Feed {
    pub(super) name: String,
    /// The identity that was seen.
    pub(super) identity: String,
    /// The data space that was seen.
    pub(super) data_space: String,
}

/// An earlier entry to take back.
pub(super) struct Restore {
    pub(super) entry: EntryId,
    pub(super) blob: Vec<u8>,
    pub(super) touched: Vec<ConfigPath>,
    pub(super) payments: Vec<PaymentPlace>,
}

/// As it is sent; what a real instance is told beyond this does not matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidRequest {
    mode: String,
    nonce: String,
    key: String,
    root: String,
    #[serde(default)]
    sign_after: i64,
    feed: Option<String>,
    identity: Option<String>,
    data_space: Option<String>,
    under_lock: Option<u32>,
    take_keys: Option<String>,
    entry: Option<String>,
    restore: Option<SaidRestore>,
    patience: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidRestore {
    entry: String,
    blob: String,
    touched: Vec<String>,
    #[serde(default)]
    payments: Vec<SaidPlace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SaidPlace {
    path: String,
    scope: String,
    scope_id: i64,
}

impl SaidRequest {
    /// The request, if all of it fits.
    pub(super) fn read(self) -> Option<Request> {
        let wish = match self.mode.as_str() {
            "look" => Wish::Look {
                under_lock: self.under_lock,
                take_keys: match &self.take_keys {
                    Some(key) => Some(bytes32(key)?),
                    None => None,
                },
            },
            "push" => Wish::Push {
                entry: EntryId::parse(&self.entry?)?,
                restore: match self.restore {
                    Some(restore) => Some(restore.read()?),
                    None => None,
                },
                patience: Duration::try_from_secs_f64(self.patience.unwrap_or(30.0).min(60.0))
                    .ok()?,
            },
            "resync" => Wish::Resync(match self.feed {
                None => None,
                Some(name) => Some(Feed {
                    name,
                    identity: self.identity?,
                    data_space: self.data_space?,
                }),
            }),
            _ => return None,
        };
        Some(Request {
            nonce: Nonce::parse(&self.nonce)?,
            key: FingerprintKey::new(bytes32(&self.key)?),
            root: self.root,
            sign_after: self.sign_after,
            wish,
        })
    }
}

impl SaidRestore {
    fn read(self) -> Option<Restore> {
        let touched = self.touched.iter().map(|path| ConfigPath::parse(path));
        Some(Restore {
            entry: EntryId::parse(&self.entry)?,
            blob: STANDARD.decode(&self.blob).ok()?,
            touched: touched.collect::<Option<_>>()?,
            payments: self
                .payments
                .into_iter()
                .map(|place| PaymentPlace {
                    path: place.path,
                    scope: place.scope,
                    scope_id: place.scope_id,
                })
                .collect(),
        })
    }
}

fn bytes32(text: &str) -> Option<[u8; 32]> {
    unhex(text)?.try_into().ok()
}

/// One value to set, or a path to empty.
pub(super) type Write = (ConfigPath, Option<Value>);

/// The values of an opened line, if they are this run's and each path stands there once.
pub(super) fn writes(opened: &[u8], nonce: &Nonce) -> Option<(Vec<Write>, Payments)> {
    let text = std::str::from_utf8(opened).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != nonce.as_str() {
        return None;
    }
    let mut writes: Vec<Write> = Vec::new();
    let mut payments = Payments::Left;
    for line in lines {
        let (path, value) = line.split_once('\t')?;
        if (path, value, payments) == ("payments", "-", Payments::Left) {
            payments = Payments::Removed;
            continue;
        }
        let path = ConfigPath::parse(path)?;
        if writes.iter().any(|(known, _)| *known == path) {
            return None;
        }
        let value = match value {
            "-" => None,
            text => Some(Zeroizing::new(STANDARD.decode(text).ok()?)),
        };
        writes.push((path, value));
    }
    Some((writes, payments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::push::values::{Write as CoreWrite, encode};
    use patchbay_core::secret::Secret;
    use proptest::prelude::*;

    #[test]
    fn what_the_core_encodes_is_read_and_another_runs_is_not() {
        let nonce = Nonce::from_random([3; 16]);
        let sent = [
            CoreWrite {
                path: ConfigPath::ProjectName,
                value: Some(Secret::new("北光".into())),
            },
            CoreWrite {
                path: ConfigPath::ProjectId,
                value: None,
            },
        ];
        let opened = encode(&nonce, &sent, Payments::Removed);
        let (read, payments) = writes(opened.expose(), &nonce).unwrap();
        assert_eq!(payments, Payments::Removed);
        let name = read[0].1.as_ref().map(|value| value.to_vec());
        assert_eq!(name.as_deref(), Some("北光".as_bytes()));
        assert_eq!(read[1], (ConfigPath::ProjectId, None));
        assert_eq!(writes(opened.expose(), &Nonce::from_random([4; 16])), None);
    }

    #[test]
    fn a_path_twice_or_unknown_refuses_all_of_it() {
        let nonce = Nonce::from_random([3; 16]);
        let path = ConfigPath::ProjectId.as_str();
        for lines in [
            format!("{path}\t-\n{path}\t-\n"),
            "no/such/path\t-\n".into(),
            "payments\tYQ==\n".into(),
            "payments\t-\npayments\t-\n".into(),
            format!("{path}\t-"),
            format!("{path}\t!!\n"),
        ] {
            let text = format!("{nonce}\n{lines}");
            assert_eq!(writes(text.as_bytes(), &nonce), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = writes(&bytes, &Nonce::from_random([3; 16]));
        }
    }
}
