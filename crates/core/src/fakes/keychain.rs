//! A keychain in memory, and what every keychain must do.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;

use super::trouble::Trouble;
use super::{lock, step_aside};
use crate::id::KeychainItem;
use crate::ports::keychain::{Asked, Keychain, KeychainError};
use crate::secret::Secret;

/// A keychain for tests.
#[derive(Debug, Default)]
pub struct MemoryKeychain {
    items: Mutex<HashMap<KeychainItem, Secret>>,
    locked: AtomicBool,
    asked: Mutex<u32>,
    garbles: AtomicBool,
    /// Tells calls to fail.
    pub trouble: Trouble<KeychainError>,
}

impl MemoryKeychain {
    /// Makes the next call fail with `error`; the call after it works again.
    pub fn fail_next(&self, error: KeychainError) {
        self.trouble.once_after(0, error);
    }

    /// Makes every call give up as a keychain does whose question nobody answers.
    pub fn make_slow(&self) {
        self.trouble.always(KeychainError::Slow);
    }

    /// Locks or unlocks it. While locked, calls the user asked for unlock it (and count as a
    /// question), others get [`KeychainError::Locked`].
    pub fn set_locked(&self, locked: bool) {
        self.locked.store(locked, Ordering::SeqCst);
    }

    /// How many times the user was asked to unlock it.
    pub fn questions(&self) -> u32 {
        *lock(&self.asked)
    }

    /// From now on what is written lies there with its last byte changed.
    pub fn garble_writes(&self, garble: bool) {
        self.garbles.store(garble, Ordering::SeqCst);
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        lock(&self.items).len()
    }

    /// Whether these very bytes are stored under any name.
    pub fn holds(&self, secret: &Secret) -> bool {
        lock(&self.items).values().any(|kept| kept.same_as(secret))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        lock(&self.items).is_empty()
    }

    async fn enter(&self, asked: Asked) -> Result<(), KeychainError> {
        step_aside().await;
        self.trouble.check()?;
        if self.locked.load(Ordering::SeqCst) {
            if asked == Asked::ByNobody {
                return Err(KeychainError::Locked);
            }
            *lock(&self.asked) += 1;
            self.set_locked(false);
        }
        Ok(())
    }
}

#[async_trait]
impl Keychain for MemoryKeychain {
    async fn read(
        &self,
        item: &KeychainItem,
        asked: Asked,
    ) -> Result<Option<Secret>, KeychainError> {
        self.enter(asked).await?;
        let items = lock(&self.items);
        Ok(items
            .get(item)
            .map(|secret| Secret::new(secret.expose().to_vec())))
    }

    async fn write(&self, item: &KeychainItem, secret: &Secret) -> Result<(), KeychainError> {
        self.enter(Asked::ByUser).await?;
        let mut bytes = secret.expose().to_vec();
        if let (true, Some(byte)) = (self.garbles.load(Ordering::SeqCst), bytes.last_mut()) {
            *byte ^= 1;
        }
        lock(&self.items).insert(item.clone(), Secret::new(bytes));
        Ok(())
    }

    async fn forget(&self, item: &KeychainItem) -> Result<(), KeychainError> {
        self.enter(Asked::ByUser).await?;
        lock(&self.items).remove(item);
        Ok(())
    }

    async fn take(&self, item: &KeychainItem) -> Result<bool, KeychainError> {
        self.enter(Asked::ByUser).await?;
        Ok(lock(&self.items).remove(item).is_some())
    }
}

/// What every keychain must do, whichever one it is. `item` and `other` are free to use; nothing
/// is left behind.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn keychain_contract(
    keychain: &dyn Keychain,
    item: &KeychainItem,
    other: &KeychainItem,
) -> Result<(), KeychainError> {
    let read = async |item: &KeychainItem| {
        let secret = keychain.read(item, Asked::ByUser).await?;
        Ok::<_, KeychainError>(secret.map(|secret| secret.expose().to_vec()))
    };
    keychain.forget(item).await?;
    keychain.forget(other).await?;
    assert_eq!(read(item).await?, None, "an unknown item reads as absent");
    assert!(
        !keychain.take(item).await?,
        "what is not there cannot be taken"
    );

    keychain
        .write(item, &Secret::new(b"first".to_vec()))
        .await?;
    // Not UTF-8, and as large as the largest private key there is (R6).
    let large: Vec<u8> = (0..2_500_u32)
        .map(|n| (n.wrapping_mul(167) >> 3) as u8)
        .collect();
    keychain.write(item, &Secret::new(large.clone())).await?;
    keychain
        .write(other, &Secret::new(b"other".to_vec()))
        .await?;
    assert_eq!(
        read(item).await?,
        Some(large),
        "a second write replaces the first, byte for byte"
    );
    assert_eq!(
        read(other).await?,
        Some(b"other".to_vec()),
        "items do not mix"
    );

    let takers = join_all((0..8).map(|_| keychain.take(item))).await;
    let taken = takers.iter().filter(|taken| **taken == Ok(true)).count();
    assert_eq!(
        taken, 1,
        "exactly one of many takers is told that it took the item"
    );
    assert_eq!(read(item).await?, None, "what was taken is gone");
    assert_eq!(
        read(other).await?,
        Some(b"other".to_vec()),
        "and nothing else"
    );

    keychain.forget(other).await?;
    assert_eq!(read(other).await?, None, "what was forgotten is gone");
    keychain.forget(other).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(n: u8) -> KeychainItem {
        KeychainItem::from_random([n; 16])
    }

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let keychain = MemoryKeychain::default();
        keychain_contract(&keychain, &item(1), &item(2))
            .await
            .unwrap();
        assert!(keychain.is_empty());
    }

    #[tokio::test]
    async fn a_locked_one_asks_only_for_the_user() {
        let keychain = MemoryKeychain::default();
        keychain.set_locked(true);
        assert_eq!(
            keychain.read(&item(1), Asked::ByNobody).await.err(),
            Some(KeychainError::Locked)
        );
        assert_eq!(keychain.questions(), 0);
        assert!(keychain.read(&item(1), Asked::ByUser).await.is_ok());
        assert_eq!(keychain.questions(), 1);
    }
}
