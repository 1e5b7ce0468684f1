//! The Windows Credential Manager: generic credentials of this user on this computer.
//!
//! `CredDeleteW` answers `ERROR_NOT_FOUND` to whoever comes second, which the store tells as "no
//! entry". An item takes 2,560 bytes, enough for an RSA-4096 key. Windows unlocks with the sign-in
//! and asks nobody.

use std::error::Error;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error as StoreError};
use patchbay_core::ports::keychain::KeychainError;

use super::told::{self, Cause};

/// Kept on this computer: the default would let a domain carry keys to others.
pub(super) const MODIFIERS: [(&str, &str); 1] = [("persistence", "Local")];

/// Opens the store. May be tried again after a failure.
pub(super) fn open() -> Result<Arc<CredentialStore>, KeychainError> {
    match windows_native_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(told::in_our_words(&error)),
    }
}

/// Program and id name one item here.
pub(super) fn find(
    store: &Arc<CredentialStore>,
    program: &str,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    store.build(program, id, None).map(Some)
}

/// The system itself keeps callers apart.
pub(super) fn alone() -> Result<(), KeychainError> {
    Ok(())
}

/// There are none.
pub(super) fn no_questions() -> Result<(), KeychainError> {
    Ok(())
}

/// Never.
pub(super) fn would_ask(_program: &str, _id: &str) -> Result<bool, KeychainError> {
    Ok(false)
}

/// Never locked.
pub(super) fn unlock(_program: &str, _id: &str) -> Result<(), KeychainError> {
    Ok(())
}

/// What a failure comes from. The store's own text is a Windows error number and nothing else.
pub(super) fn cause(error: &(dyn Error + 'static)) -> Cause {
    Cause::Other(error.to_string())
}
