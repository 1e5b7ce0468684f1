//! What an instance holds and should hold, as evidence and for comparing.
//!
//! Pure. Not here: looking (check) and what a difference means (judge).

use std::collections::BTreeMap;

use super::age::{Holding, standing_with};
use super::shop::ShopSeen;
use super::{Evidence, Seen};
use crate::assignment::Assignment;
use crate::config::{ConfigPath, Purpose};
use crate::fingerprint::{ExactFingerprint, FingerprintKey, IdentityFingerprint};
use crate::id::DataSpaceId;
use crate::instance::Instance;
use crate::keypair::KeyPair;
use crate::look::Look;
use crate::ports::clock::UnixMillis;

/// Whether what an instance shows of ids and type is what it compares: the exact fingerprints of
/// plain values can be made here too.
pub(super) fn is_consistent(look: &Look, key: &FingerprintKey) -> bool {
    [
        ConfigPath::ProjectId,
        ConfigPath::DataSpaceId,
        ConfigPath::DataSpaceType,
    ]
    .into_iter()
    .filter_map(|path| look.values.get(&path))
    .all(|value| {
        let shown = value.plain.as_deref().unwrap_or_default();
        key.exact(shown.as_bytes()) == value.exact
    })
}

pub(super) fn seen(look: &Look, at: UnixMillis) -> Seen {
    let values = &look.values;
    Seen {
        at,
        pin: look.pin.clone(),
        exact: values
            .iter()
            .map(|(path, value)| (*path, value.exact.clone()))
            .collect(),
        plain: values
            .iter()
            .filter_map(|(path, value)| Some((*path, value.plain.clone()?)))
            .collect(),
        identity: values
            .iter()
            .filter_map(|(path, value)| Some((*path, value.identity.clone()?)))
            .collect(),
        data_space: look
            .plain(ConfigPath::DataSpaceId)
            .and_then(|id| DataSpaceId::parse(id).ok()),
        used: look.saas_pair.clone().ok(),
        flow: look.flow,
        versions: look.versions.clone(),
    }
}

pub(super) fn put_seen(evidence: &mut Vec<Evidence>, instance: &Instance, seen: Seen) {
    let at = seen.at;
    own_of(evidence, instance, at).seen = Some(seen);
}

pub(super) fn put_shop(evidence: &mut Vec<Evidence>, instance: &Instance, shop: &ShopSeen) {
    own_of(evidence, instance, shop.at).shop = Some(shop.clone());
}

/// An instance's own evidence, made where there was none.
fn own_of<'a>(
    evidence: &'a mut Vec<Evidence>,
    instance: &Instance,
    at: UnixMillis,
) -> &'a mut Evidence {
    let place = evidence.iter().position(|e| e.instance == instance.id);
    let place = place.unwrap_or_else(|| {
        evidence.push(Evidence {
            instance: instance.id.clone(),
            at,
            verdict: standing_with(None, at, &Holding::default()),
            seen: None,
            adobe: None,
            shop: None,
            connected_at: None,
        });
        evidence.len() - 1
    });
    &mut evidence[place]
}

/// Exact fingerprints of what an instance should hold. A private key that is the assigned one in
/// another spelling counts as it: same numbers, other line ends. Beside it, for which purposes the
/// assigned pair is not in the records any more.
pub(crate) fn expected(
    assignment: Option<&Assignment>,
    pairs: &[KeyPair],
    look: Option<&Look>,
    key: &FingerprintKey,
) -> (BTreeMap<ConfigPath, ExactFingerprint>, Vec<Purpose>) {
    let there = |path: ConfigPath| {
        let value = look.and_then(|look| look.values.get(&path));
        value
            .filter(|value| !value.looks_encrypted)
            .map(|value| Found {
                exact: &value.exact,
                identity: value.identity.as_ref(),
            })
    };
    expected_of(assignment, pairs, there, key)
}

/// A value as it was found.
pub(super) struct Found<'a> {
    pub(super) exact: &'a ExactFingerprint,
    pub(super) identity: Option<&'a IdentityFingerprint>,
}

/// As [`expected`], of values that were found another way.
pub(super) fn expected_of<'a>(
    assignment: Option<&Assignment>,
    pairs: &[KeyPair],
    there: impl Fn(ConfigPath) -> Option<Found<'a>>,
    key: &FingerprintKey,
) -> (BTreeMap<ConfigPath, ExactFingerprint>, Vec<Purpose>) {
    let mut expected = BTreeMap::new();
    let mut gone = Vec::new();
    let Some(assignment) = assignment else {
        return (expected, gone);
    };
    for purpose in Purpose::ALL {
        let Some(id) = assignment.pair(purpose) else {
            continue;
        };
        let Some(pair) = pairs.iter().find(|pair| &pair.id == id) else {
            gone.push(purpose);
            continue;
        };
        if let Some(exact) = &pair.api_key_exact {
            expected.insert(purpose.api_key_path(), exact.clone());
        }
        if let Some(exact) = &pair.exact {
            let path = purpose.private_key_path();
            let same = there(path).filter(|value| {
                value.identity.is_some() && value.identity == pair.identity.as_ref()
            });
            expected.insert(
                path,
                same.map_or_else(|| exact.clone(), |value| value.exact.clone()),
            );
        }
    }
    for (path, value) in space_values(assignment) {
        expected.insert(path, key.exact(value.as_bytes()));
    }
    (expected, gone)
}

/// The five values of an assigned data space.
pub(crate) fn space_values(assignment: &Assignment) -> [(ConfigPath, String); 5] {
    let space = &assignment.data_space;
    [
        (ConfigPath::ProjectId, space.project_id.as_str().to_owned()),
        (ConfigPath::ProjectName, space.project_name.clone()),
        (ConfigPath::DataSpaceId, space.id.as_str().to_owned()),
        (ConfigPath::DataSpaceName, space.name.clone()),
        (ConfigPath::DataSpaceType, space.kind.as_str().to_owned()),
    ]
}
