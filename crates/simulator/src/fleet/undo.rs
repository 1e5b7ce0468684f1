//! Former rows, kept for an undo: encrypted by the instance itself, bound to it and to the entry.
//!
//! A real instance uses its Encryptor; here it is AES-256-GCM under a random key of the instance's
//! own, with instance and entry as additional data.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::config::ConfigPath;
use patchbay_core::id::EntryId;
use patchbay_core::look::ScopedValue;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::instance::Rows;

/// A payments setting as it is kept: path, scope, its id, value.
type Row = (String, String, i64, String);

/// Everything a push may touch: the connector's rows, and the payments settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) rows: Rows,
    pub(super) payments: Vec<ScopedValue>,
}

/// The key of one instance's blobs.
pub(super) struct BlobKey(Option<RandomizedNonceKey>);

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(hidden)")
    }
}

impl BlobKey {
    /// A new random key. Without random numbers there is none, and nothing can be kept.
    pub(super) fn new() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        let filled = aws_lc_rs::rand::fill(bytes.as_mut());
        Self(
            filled
                .and_then(|()| RandomizedNonceKey::new(&AES_256_GCM, bytes.as_ref()))
                .ok(),
        )
    }

    /// Keeps the rows for an entry.
    pub(super) fn keep(&self, kept: &Kept, identity: &str, entry: &EntryId) -> Option<Vec<u8>> {
        let values: Map<String, Value> = kept
            .rows
            .iter()
            .map(|(path, value)| (path.as_str().to_owned(), json!(STANDARD.encode(value))))
            .collect();
        let payments = kept
            .payments
            .iter()
            .map(|row| json!([row.path, row.scope, row.scope_id, row.value]));
        let payments: Vec<Value> = payments.collect();
        let mut bytes = serde_json::to_vec(&json!([values, payments])).ok()?;
        let nonce = self
            .0
            .as_ref()?
            .seal_in_place_append_tag(bound(identity, entry), &mut bytes)
            .ok()?;
        let mut blob = nonce.as_ref().to_vec();
        blob.append(&mut bytes);
        Some(blob)
    }

    /// The rows of a blob; `None` for another instance's, another entry's or a damaged one.
    pub(super) fn open(&self, blob: &[u8], identity: &str, entry: &EntryId) -> Option<Kept> {
        let (nonce, sealed) = blob.split_at_checked(NONCE_LEN)?;
        let nonce = aws_lc_rs::aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let opened = self
            .0
            .as_ref()?
            .open_in_place(nonce, bound(identity, entry), &mut bytes)
            .ok()?;
        let (values, payments): (Map<String, Value>, Vec<Row>) =
            serde_json::from_slice(opened).ok()?;
        let rows = values.iter().map(|(path, value)| {
            let value = STANDARD.decode(value.as_str()?).ok()?;
            Some((ConfigPath::parse(path)?, Zeroizing::new(value)))
        });
        let payments = payments.into_iter();
        let payments = payments.map(|(path, scope, scope_id, value)| ScopedValue {
            path,
            scope,
            scope_id,
            value,
        });
        Some(Kept {
            rows: rows.collect::<Option<_>>()?,
            payments: payments.collect(),
        })
    }
}

fn bound(identity: &str, entry: &EntryId) -> Aad<Vec<u8>> {
    Aad::from([identity.as_bytes(), b"\0", entry.as_str().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_instance_and_entry_open_a_blob() {
        let (key, entry) = (BlobKey::new(), EntryId::from_random([1; 16]));
        let rows = Rows::from([(ConfigPath::ProjectName, Zeroizing::new(b"Shop".to_vec()))]);
        let payments = vec![ScopedValue {
            path: "payment/payment_methods/method".into(),
            scope: "websites".into(),
            scope_id: 2,
            value: "sandbox".into(),
        }];
        let kept = Kept { rows, payments };
        let blob = key.keep(&kept, "shop", &entry).unwrap();
        assert!(!blob.windows(4).any(|window| window == b"U2hv"));
        assert_eq!(key.open(&blob, "shop", &entry), Some(kept));
        let other = EntryId::from_random([2; 16]);
        assert_eq!(key.open(&blob, "shop", &other), None);
        assert_eq!(key.open(&blob, "other", &entry), None);
        assert_eq!(BlobKey::new().open(&blob, "shop", &entry), None);
        for cut in [0, 5, blob.len() - 1] {
            assert_eq!(key.open(&blob[..cut], "shop", &entry), None);
        }
    }
}
