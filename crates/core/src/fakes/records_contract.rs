//! What all records must do, whichever ones they are.

mod exports;

use futures_util::future::join_all;

use super::handing_contract::handing_contract;
use super::samples::{
    instance_id, pair_id, sample_account, sample_assignment, sample_event, sample_evidence,
    sample_instance, sample_key_pair,
};
use crate::account::Account;
use crate::assignment::Assignment;
use crate::config::Purpose;
use crate::connection::{DataSpaceAnswer, PairAnswer, Remark};
use crate::id::EntryId;
use crate::instance::Instance;
use crate::journal::{ChainKey, JournalCheck, Phase, verify};
use crate::keypair::{KeyPair, KeyPairState};
use crate::ports::clock::UnixMillis;
use crate::ports::records::{Aside, OwnSecret, Records, RecordsError};
use crate::ports::transport::UndoBlob;
use crate::resync::ResyncDue;
use crate::secret::Secret;

/// What all records must do. Both handles are on the same, empty data directory, as two processes
/// have it.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn records_contract(
    records: &dyn Records,
    other: &dyn Records,
) -> Result<(), RecordsError> {
    own(records, other).await?;
    settings(records, other).await?;
    accounts(records).await?;
    key_pairs(records).await?;
    exports::one_copy(records, other).await?;
    instances(records).await?;
    assignments(records, other).await?;
    aside(records, other).await?;
    resyncs(records, other).await?;
    evidence(records, other).await?;
    tokens(records, other).await?;
    journal(records, other).await?;
    blobs(records).await?;
    locks(records, other).await?;
    handing_contract(records, other).await?;
    removing(records).await
}

async fn own(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let key = records.fingerprint_key().await?;
    assert_eq!(
        key,
        other.fingerprint_key().await?,
        "a data directory has one key"
    );
    assert_ne!(key.bytes(), &[0; 32], "and it is random");
    let journal = records.own_secret(OwnSecret::JournalKey).await?;
    assert_eq!(journal, other.own_secret(OwnSecret::JournalKey).await?);
    assert_ne!(journal, records.own_secret(OwnSecret::JournalHead).await?);
    assert_ne!(journal, records.own_secret(OwnSecret::PlanKey).await?);
    Ok(())
}

async fn settings(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    assert_eq!(
        records.setting("parallel").await?,
        None,
        "an unset setting is absent"
    );
    records.set_setting("parallel", "4").await?;
    records.set_setting("parallel", "8").await?;
    records.set_setting("checks", "").await?;
    assert_eq!(
        other.setting("parallel").await?.as_deref(),
        Some("8"),
        "the last word counts"
    );
    let all = other.settings().await?;
    let expected = [("checks", ""), ("parallel", "8")];
    assert_eq!(
        all,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    Ok(())
}

async fn accounts(records: &dyn Records) -> Result<(), RecordsError> {
    assert_eq!(
        records.accounts().await?,
        [],
        "a new data directory is empty"
    );
    let (one, two) = (sample_account(1)?, sample_account(2)?);
    records.save_account(&two).await?;
    records.save_account(&one).await?;
    assert_eq!(
        records.accounts().await?,
        [one.clone(), two.clone()],
        "by label"
    );

    let taken = Account {
        label: one.label.clone(),
        ..sample_account(4)?
    };
    let refused = records.save_account(&taken).await;
    assert!(
        matches!(refused, Err(RecordsError::NameTaken { .. })),
        "labels are unique"
    );
    let changed = Account {
        organisation: None,
        ..two.clone()
    };
    records.save_account(&changed).await?;
    assert_eq!(
        records.accounts().await?,
        [one, changed],
        "saving again replaces"
    );
    records.save_account(&two).await?;
    records.save_account(&sample_account(6)?).await?;
    records.remove_account(&sample_account(6)?.id).await?;
    records.remove_account(&sample_account(6)?.id).await?;
    assert_eq!(
        records.accounts().await?.len(),
        2,
        "removing twice is removing once"
    );
    Ok(())
}

async fn key_pairs(records: &dyn Records) -> Result<(), RecordsError> {
    let (one, two) = (sample_account(1)?, sample_account(2)?);
    let (pending, ready) = (sample_key_pair(1, &one)?, sample_key_pair(2, &one)?);
    let stranger = sample_key_pair(8, &sample_account(99)?)?;
    assert!(
        records.save_key_pair(&stranger).await.is_err(),
        "a key pair has an account"
    );
    let twin = KeyPair {
        id: pair_id(4),
        name: pending.name.clone(),
        ..sample_key_pair(4, &two)?
    };
    for pair in [&twin, &ready, &pending] {
        records.save_key_pair(pair).await?;
    }
    let all = records.key_pairs().await?;
    assert_eq!(
        all,
        [pending.clone(), ready.clone(), twin],
        "by account and name"
    );

    let taken = KeyPair {
        id: pair_id(6),
        ..ready.clone()
    };
    let refused = records.save_key_pair(&taken).await;
    assert!(
        matches!(refused, Err(RecordsError::NameTaken { .. })),
        "names are unique"
    );
    let other_purpose = KeyPair {
        purpose: Purpose::Sandbox,
        ..taken
    };
    records.save_key_pair(&other_purpose).await?;
    records.remove_key_pair(&other_purpose.id).await?;
    let ready_now = KeyPair {
        state: KeyPairState::Ready,
        ..pending.clone()
    };
    records.save_key_pair(&ready_now).await?;
    assert!(
        records.key_pairs().await?.contains(&ready_now),
        "saving again replaces"
    );
    let refused = records.remove_account(&one.id).await;
    assert!(
        matches!(refused, Err(RecordsError::InUse { .. })),
        "an account with pairs stays"
    );
    Ok(())
}

async fn instances(records: &dyn Records) -> Result<(), RecordsError> {
    let account = sample_account(2)?;
    let mut all: Vec<Instance> = (1..=4).map(|n| sample_instance(n, &account)).collect();
    for instance in all.iter().rev() {
        records.save_instance(instance).await?;
    }
    assert_eq!(records.instances().await?, all, "by name");
    let taken = Instance {
        id: instance_id(9),
        ..sample_instance(1, &account)
    };
    let refused = records.save_instance(&taken).await;
    assert!(
        matches!(refused, Err(RecordsError::NameTaken { .. })),
        "names are unique"
    );
    let stranger = sample_instance(9, &sample_account(99)?);
    assert!(
        records.save_instance(&stranger).await.is_err(),
        "an instance has an account"
    );
    if let Some(first) = all.first_mut() {
        first.answers.is_live = Some(true);
        first.tags.push("new".to_owned());
        records.save_instance(first).await?;
    }
    assert_eq!(records.instances().await?, all, "saving again replaces");
    Ok(())
}

async fn assignments(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let one = sample_assignment(&instance_id(1), Some(pair_id(1)), Some(pair_id(2)))?;
    let two = sample_assignment(&instance_id(2), None, Some(pair_id(2)))?;
    let nobody = sample_assignment(&instance_id(99), None, Some(pair_id(2)))?;
    assert!(
        records.save_assignment(&nobody).await.is_err(),
        "it belongs to an instance"
    );
    let no_pair = sample_assignment(&instance_id(1), None, Some(pair_id(99)))?;
    assert!(
        records.save_assignment(&no_pair).await.is_err(),
        "it names pairs there are"
    );
    records.save_assignment(&one).await?;
    records.save_assignment(&two).await?;
    assert_eq!(other.assignments().await?, [one.clone(), two.clone()]);

    let refused = records.remove_key_pair(&pair_id(1)).await;
    assert!(
        matches!(&refused, Err(RecordsError::InUse { by, .. }) if by.contains("Instance 001")),
        "an assigned pair stays and the instance is named, got {refused:?}"
    );
    let changed = Assignment {
        sandbox: None,
        ..one
    };
    records.save_assignment(&changed).await?;
    assert_eq!(
        records.assignments().await?,
        [changed, two.clone()],
        "saving again replaces"
    );
    records.remove_assignment(&instance_id(1)).await?;
    records.remove_assignment(&instance_id(1)).await?;
    assert_eq!(
        other.assignments().await?,
        [two],
        "removing twice is removing once"
    );
    Ok(())
}

async fn aside(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let one = sample_assignment(&instance_id(1), Some(pair_id(1)), Some(pair_id(2)))?;
    let gone = sample_assignment(&instance_id(1), None, Some(pair_id(98)))?;
    let nobody = sample_assignment(&instance_id(99), None, Some(pair_id(2)))?;
    for which in [Aside::Proven, Aside::Coming] {
        let refused = records.save_aside(which, &nobody).await;
        assert!(refused.is_err(), "for a known instance only");
        records.save_aside(which, &one).await?;
    }
    records.save_aside(Aside::Coming, &gone).await?;
    let proven = other.assignments_aside(Aside::Proven).await?;
    assert_eq!(
        proven,
        std::slice::from_ref(&one),
        "each kind is kept by itself"
    );
    let coming = other.assignments_aside(Aside::Coming).await?;
    assert_eq!(coming, [gone], "also with a pair that is not known");
    records.remove_aside(Aside::Coming, &instance_id(1)).await?;
    records.remove_aside(Aside::Coming, &instance_id(1)).await?;
    assert_eq!(other.assignments_aside(Aside::Coming).await?, []);
    assert_eq!(other.assignments_aside(Aside::Proven).await?, [one]);
    Ok(())
}

async fn resyncs(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let due = |n: u8, sent: &[&str]| ResyncDue {
        instance: instance_id(n),
        since: UnixMillis(7),
        sent: sent.iter().map(|feed| (*feed).to_owned()).collect(),
    };
    let nobody = records.save_resync_due(&due(99, &[])).await;
    assert!(nobody.is_err(), "for a known instance only");
    records.save_resync_due(&due(1, &[])).await?;
    records.save_resync_due(&due(1, &["products"])).await?;
    assert_eq!(other.resyncs_due().await?, [due(1, &["products"])]);
    records.remove_resync_due(&instance_id(1)).await?;
    records.remove_resync_due(&instance_id(1)).await?;
    assert_eq!(other.resyncs_due().await?, []);
    records.save_resync_due(&due(1, &[])).await
}

async fn evidence(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let (one, two) = (instance_id(1), instance_id(2));
    records.save_evidence(&sample_evidence(1, &two)?).await?;
    records.save_evidence(&sample_evidence(2, &two)?).await?;
    records.save_evidence(&sample_evidence(1, &one)?).await?;
    let all = other.evidence().await?;
    assert_eq!(
        all,
        [sample_evidence(1, &one)?, sample_evidence(2, &two)?],
        "the last counts"
    );
    records
        .save_evidence(&sample_evidence(2, &instance_id(99))?)
        .await?;
    assert_eq!(
        other.evidence().await?.len(),
        2,
        "an instance removed meanwhile leaves nothing"
    );
    let mut answer = sample_evidence(2, &two)?;
    for data_space in [
        DataSpaceAnswer::NotFound,
        DataSpaceAnswer::NotProvable(Remark::new("gatewayTimedOut", "Later.")),
    ] {
        if let Some(adobe) = &mut answer.adobe {
            adobe.data_space = data_space;
            adobe.production = PairAnswer::Accepted;
            adobe.sandbox = PairAnswer::Absent;
        }
        records.save_evidence(&answer).await?;
        assert!(
            other.evidence().await?.contains(&answer),
            "every kind of answer reads back"
        );
    }
    Ok(())
}

async fn tokens(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let expires = 4_000_000_000;
    let (digest, second) = ("1".repeat(64), "2".repeat(64));
    let tries = join_all((0..8).map(|n| {
        let handle = if n % 2 == 0 { records } else { other };
        handle.first_use_of_token(&digest, expires)
    }))
    .await;
    let first = tries.iter().filter(|first| **first == Ok(true)).count();
    assert_eq!(first, 1, "a token is new exactly once, whoever asks");
    assert!(
        other.first_use_of_token(&second, expires).await?,
        "another token is new"
    );
    assert!(!records.first_use_of_token(&second, expires).await?);

    let one = instance_id(1);
    assert_eq!(records.last_token_expiry(&one).await?, 0);
    records.set_last_token_expiry(&one, 1_000).await?;
    records.set_last_token_expiry(&one, 900).await?;
    assert_eq!(
        other.last_token_expiry(&one).await?,
        1_000,
        "the largest counts"
    );
    assert_eq!(other.last_token_expiry(&instance_id(2)).await?, 0);
    Ok(())
}

async fn journal(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let key = ChainKey::new(Secret::new(vec![5; 32]));
    assert_eq!(records.journal().await?, []);
    let entry = EntryId::from_random([1; 16]);
    let begun = sample_event(1, &entry, Phase::Begun);
    let first = records.append(&key, &begun, None).await?;
    assert_eq!(first.seq, 1, "lines are counted from 1");
    let ended = sample_event(1, &entry, Phase::Ended);
    let second = other.append(&key, &ended, None).await?;
    assert_eq!(
        second.seq, 2,
        "another process goes on where this one stopped"
    );

    let all = join_all((0..20_u8).map(|n| {
        let handle = if n % 2 == 0 { records } else { other };
        let key = &key;
        async move {
            let entry = EntryId::from_random([100 + n; 16]);
            handle
                .append(key, &sample_event(2, &entry, Phase::Begun), None)
                .await
        }
    }))
    .await;
    let mut heads = Vec::new();
    for head in all {
        heads.push(head?);
    }
    let last = heads.iter().max_by_key(|head| head.seq);
    let lines = other.journal().await?;
    assert_eq!(
        lines.first().map(|line| &line.event),
        Some(&begun),
        "oldest first"
    );
    assert_eq!(
        lines.get(1).map(|line| &line.event),
        Some(&ended),
        "every field reads back"
    );
    assert_eq!(
        verify(&lines, &key, last),
        JournalCheck::Good { lines: 22 },
        "many at once still make one chain"
    );
    Ok(())
}

async fn blobs(records: &dyn Records) -> Result<(), RecordsError> {
    let key = ChainKey::new(Secret::new(vec![5; 32]));
    let (old, new) = (
        EntryId::from_random([31; 16]),
        EntryId::from_random([32; 16]),
    );
    assert_eq!(records.blob(&old).await?, None, "no blob is an answer");
    let blob = UndoBlob((0..=255).collect());
    records
        .append(&key, &sample_event(31, &old, Phase::Begun), Some(&blob))
        .await?;
    records
        .append(&key, &sample_event(32, &new, Phase::Begun), Some(&blob))
        .await?;
    let stored = records.blob(&old).await?;
    let back = stored.map(|stored| (stored.instance, stored.blob));
    assert_eq!(
        back,
        Some((instance_id(31), blob.clone())),
        "a blob knows its instance"
    );

    let before = records.journal().await?.len();
    let again = records
        .append(&key, &sample_event(31, &old, Phase::Begun), Some(&blob))
        .await;
    assert!(again.is_err(), "former rows are never replaced");
    assert_eq!(
        records.journal().await?.len(),
        before,
        "and the line is not written either"
    );

    let new_at = sample_event(32, &new, Phase::Begun).at;
    assert_eq!(records.drop_blobs_before(new_at).await?, 1);
    assert_eq!(records.blob(&old).await?, None, "old former rows go");
    assert!(records.blob(&new).await?.is_some(), "younger ones stay");
    assert_eq!(records.journal().await?.len(), before, "the journal stays");
    Ok(())
}

async fn locks(records: &dyn Records, other: &dyn Records) -> Result<(), RecordsError> {
    let (one, two) = (instance_id(1), instance_id(2));
    let held = records.lock_instance(&one).await?;
    assert!(held.is_some(), "a free instance can be locked");
    assert!(
        other.lock_instance(&one).await?.is_none(),
        "only once, by whomever"
    );
    assert!(
        records.lock_instance(&one).await?.is_none(),
        "also not twice by the same"
    );
    assert!(
        other.lock_instance(&two).await?.is_some(),
        "others stay free"
    );
    drop(held);
    assert!(
        other.lock_instance(&one).await?.is_some(),
        "letting go frees it"
    );
    Ok(())
}

async fn removing(records: &dyn Records) -> Result<(), RecordsError> {
    let lines = records.journal().await?.len();
    let (one, two) = (instance_id(1), instance_id(2));
    for id in [&one, &two, &one] {
        records.remove_instance(id).await?;
    }
    assert_eq!(
        records.instances().await?.len(),
        2,
        "removing twice is removing once"
    );
    assert_eq!(
        records.assignments().await?,
        [],
        "an assignment goes with its instance"
    );
    assert_eq!(records.evidence().await?, [], "its evidence too");
    assert_eq!(
        records.last_token_expiry(&one).await?,
        0,
        "and what it handed over"
    );
    assert_eq!(records.journal().await?.len(), lines, "the journal stays");
    records.remove_key_pair(&pair_id(2)).await?;
    records.remove_key_pair(&pair_id(2)).await?;
    let refused = records.remove_account(&sample_account(2)?.id).await;
    assert!(
        matches!(refused, Err(RecordsError::InUse { .. })),
        "an account with instances stays"
    );
    Ok(())
}
