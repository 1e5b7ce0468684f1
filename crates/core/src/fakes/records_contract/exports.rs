//! What all records must do about the one copy of a created key.

use futures_util::future::join_all;

use super::super::samples::{pair_id, sample_account, sample_key_pair};
use crate::id::ClaimId;
use crate::keypair::{Export, ExportWay, KeyPair};
use crate::ports::clock::UnixMillis;
use crate::ports::records::{Records, RecordsError};

/// A claim is given once; it ends as what it is, and an older look at the pair changes nothing.
pub(super) async fn one_copy(
    records: &dyn Records,
    other: &dyn Records,
) -> Result<(), RecordsError> {
    let pair = sample_key_pair(2, &sample_account(1)?)?;
    let claims: Vec<Export> = (1..=8_u8)
        .map(|n| Export::Claimed {
            by: ClaimId::from_random([n; 16]),
        })
        .collect();
    let claiming = claims.iter().zip([records, other].into_iter().cycle());
    let claiming = claiming.map(|(claim, handle)| async {
        let won = handle.change_export(&pair.id, &Export::Unused, claim).await;
        won.map(|won| won.then(|| claim.clone()))
    });
    let won: Result<Vec<_>, _> = join_all(claiming).await.into_iter().collect();
    let won: Vec<Export> = won?.into_iter().flatten().collect();
    let [claim] = won.as_slice() else {
        assert_eq!(won.len(), 1, "exactly one of many claims is given");
        return Ok(());
    };
    ends_as_it_is(records, other, &pair, claim, &claims).await
}

/// `claim` was given and none of the `others` was.
async fn ends_as_it_is(
    records: &dyn Records,
    other: &dyn Records,
    pair: &KeyPair,
    claim: &Export,
    others: &[Export],
) -> Result<(), RecordsError> {
    let read = async || {
        let pairs = other.key_pairs().await?;
        let found = pairs.into_iter().find(|one| one.id == pair.id);
        Ok::<_, RecordsError>(found.map(|one| one.export))
    };
    assert_eq!(read().await?.as_ref(), Some(claim), "with whose it is");
    records.save_key_pair(pair).await?;
    assert_eq!(
        read().await?.as_ref(),
        Some(claim),
        "saving what was read before the claim gives nothing back"
    );
    let strangers = others.iter().find(|one| *one != claim).unwrap_or(claim);
    assert!(
        !records
            .change_export(&pair.id, strangers, &Export::Unused)
            .await?,
        "a claim is ended as the one it is"
    );
    let used = Export::Used {
        way: ExportWay::Clipboard,
        at: UnixMillis(1_780_000_000_000),
    };
    assert!(records.change_export(&pair.id, claim, &used).await?);
    assert_eq!(read().await?, Some(used.clone()), "with how and when");
    for to in [Export::Interrupted, Export::Waived, Export::Unused] {
        assert!(!other.change_export(&pair.id, claim, &to).await?);
    }
    let nobody = pair_id(99);
    assert!(
        !records
            .change_export(&nobody, &Export::Unused, &Export::Waived)
            .await?,
        "a pair that is not there has no export"
    );
    let without = KeyPair {
        export: Export::None,
        ..pair.clone()
    };
    records.save_key_pair(&without).await?;
    assert_eq!(read().await?, Some(Export::None), "it can be taken away");
    records.save_key_pair(pair).await?;
    assert_eq!(read().await?, Some(Export::None), "and never comes again");
    Ok(())
}
