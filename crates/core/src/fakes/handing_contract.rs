//! What all records must do with replacements, requests and hand-overs.

use super::samples::{failed, instance_id, pair_id, sample_account, sample_key_pair};
use crate::config::Purpose;
use crate::fingerprint::IdentityFingerprint;
use crate::handover::{Direction, ExportThere, HandOver, HandedKey, KeyRequest};
use crate::id::{ApiKey, HandOverId, KeychainItem, ReplacementId, hex};
use crate::ports::clock::UnixMillis;
use crate::ports::crypto::SealPublic;
use crate::ports::records::{Records, RecordsError};
use crate::replacing::{Member, MemberState, OldPair, Replacement};

/// Leaves nothing behind that it made itself.
pub(super) async fn handing_contract(
    records: &dyn Records,
    other: &dyn Records,
) -> Result<(), RecordsError> {
    let account = sample_account(60)?;
    records.save_account(&account).await?;
    for n in [60, 61, 62] {
        records
            .save_key_pair(&sample_key_pair(n, &account)?)
            .await?;
    }
    replacements(records, other).await?;
    requests(records, other).await?;
    hand_overs(records, other).await?;
    for n in [60, 61, 62] {
        records.remove_key_pair(&pair_id(n)).await?;
    }
    records.remove_account(&account.id).await?;
    assert_eq!(
        records.key_requests().await?,
        [],
        "they go with their account"
    );
    Ok(())
}

fn replacement(n: u8) -> Replacement {
    Replacement {
        id: ReplacementId::from_random([n; 16]),
        account: crate::id::AccountId::from_random([60; 16]),
        purpose: Purpose::Production,
        old: pair_id(60),
        new: Some(pair_id(61)),
        members: vec![
            Member {
                instance: instance_id(9),
                state: MemberState::Proven,
            },
            Member {
                instance: instance_id(8),
                state: MemberState::Planned,
            },
        ],
        old_pair: OldPair::SwitchedOff,
        began_at: UnixMillis(5),
        ended_at: Some(UnixMillis(6)),
    }
}

async fn replacements(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    assert_eq!(records.replacements().await?, []);
    let first = replacement(1);
    records.save_replacement(&first).await?;
    assert_eq!(
        other.replacements().await?,
        std::slice::from_ref(&first),
        "in this order"
    );
    let twice = records.save_replacement(&replacement(2)).await;
    assert!(
        matches!(twice, Err(RecordsError::InUse { .. })),
        "one replacement of a pair at a time: {twice:?}"
    );
    let second = Replacement {
        id: ReplacementId::from_random([3; 16]),
        old: pair_id(62),
        new: None,
        members: Vec::new(),
        old_pair: OldPair::NotKnown,
        began_at: UnixMillis(4),
        ended_at: None,
        ..first.clone()
    };
    records.save_replacement(&second).await?;
    assert_eq!(
        records.replacements().await?,
        [second.clone(), first.clone()],
        "oldest first"
    );

    records.remove_key_pair(&pair_id(61)).await?;
    let without = Replacement { new: None, ..first };
    assert_eq!(
        records.replacements().await?,
        [second.clone(), without],
        "without its new pair it waits for one"
    );
    records.remove_key_pair(&pair_id(60)).await?;
    assert_eq!(
        records.replacements().await?,
        std::slice::from_ref(&second),
        "it goes with its old pair"
    );
    records.remove_replacement(&second.id).await?;
    records.remove_replacement(&second.id).await?;
    assert_eq!(other.replacements().await?, []);
    Ok(())
}

async fn requests(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let request = KeyRequest {
        id: HandOverId::from_random([1; 16]),
        account: Some(crate::id::AccountId::from_random([60; 16])),
        purposes: vec![Purpose::Sandbox, Purpose::Production],
        moving: false,
        who: "Mei, 北光".to_owned(),
        public: SealPublic([200; 32]),
        item: KeychainItem::from_random([5; 16]),
        created_at: UnixMillis(9),
    };
    let moving = KeyRequest {
        id: HandOverId::from_random([2; 16]),
        account: None,
        purposes: Vec::new(),
        moving: true,
        created_at: UnixMillis(8),
        ..request.clone()
    };
    records.save_key_request(&request).await?;
    records.save_key_request(&moving).await?;
    assert_eq!(
        other.key_requests().await?,
        [moving.clone(), request],
        "oldest first"
    );
    records.remove_key_request(&moving.id).await?;
    records.remove_key_request(&moving.id).await?;
    assert_eq!(records.key_requests().await?.len(), 1);
    Ok(())
}

async fn hand_overs(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let key = |n: u8| -> Result<HandedKey, RecordsError> {
        Ok(HandedKey {
            pair: pair_id(n),
            name: format!("Pair {n}"),
            account: "Nordlys \"AS\"".to_owned(),
            purpose: Purpose::Sandbox,
            api_key: ApiKey::parse(&hex(&[n; 16])).map_err(|error| failed(&error))?,
            identity: IdentityFingerprint::of_spki(&[n]),
            export: ExportThere::Unused,
        })
    };
    let given = HandOver {
        id: HandOverId::from_random([4; 16]),
        direction: Direction::Given,
        peer: "Ingrid".to_owned(),
        moving: true,
        at: UnixMillis(2),
        receipt: "0123456789ABCDEF".to_owned(),
        acknowledged_at: None,
        keys: vec![key(1)?, key(200)?],
    };
    let received = HandOver {
        id: HandOverId::from_random([5; 16]),
        direction: Direction::Received,
        moving: false,
        at: UnixMillis(1),
        acknowledged_at: Some(UnixMillis(3)),
        ..given.clone()
    };
    records.save_hand_over(&given).await?;
    records.save_hand_over(&received).await?;
    assert_eq!(
        other.hand_overs().await?,
        [received.clone(), given.clone()],
        "oldest first"
    );
    let acknowledged = HandOver {
        acknowledged_at: Some(UnixMillis(7)),
        ..given.clone()
    };
    records.save_hand_over(&acknowledged).await?;
    records.remove_hand_over(&received.id).await?;
    assert_eq!(
        records.hand_overs().await?,
        [acknowledged],
        "saving again replaces"
    );
    records.remove_hand_over(&given.id).await?;
    records.remove_hand_over(&given.id).await?;
    assert_eq!(records.hand_overs().await?, []);
    Ok(())
}
