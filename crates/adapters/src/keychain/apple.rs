//! The macOS Keychain: items in the user's login keychain.
//!
//! `SecItemDelete` says `errSecItemNotFound` when there is nothing to delete; whether that also
//! holds between two processes at the same moment is not documented, so [`alone`] lets one process
//! in at a time. The system asks the user itself where it wants to.

use std::error::Error;
use std::fs::File;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error as StoreError};
use patchbay_core::ports::keychain::KeychainError;
use security_framework::base::Error as SystemError;
use security_framework::os::macos::keychain::{KeychainUserInteractionLock, SecKeychain};

use super::told::{self, Cause};

/// Nothing is set beside service and account.
pub(super) const MODIFIERS: [(&str, &str); 0] = [];

/// Opens the store. May be tried again after a failure.
pub(super) fn open() -> Result<Arc<CredentialStore>, KeychainError> {
    match apple_native_keyring_store::keychain::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(told::in_our_words(&error)),
    }
}

/// Service and account name one item here.
pub(super) fn find(
    store: &Arc<CredentialStore>,
    program: &str,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    store.build(program, id, None).map(Some)
}

/// Lets one process of the user at a time remove things, until the answer is dropped.
pub(super) fn alone() -> Result<File, KeychainError> {
    // The temporary folder is the user's own here.
    let path = std::env::temp_dir().join("patchbay-keychain.lock");
    let open = || {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    };
    open().map_err(|error| KeychainError::Failed {
        detail: format!("its lock file cannot be used: {}", error.kind()),
    })
}

/// Switches the system's questions off for this process until the answer is dropped; a locked
/// keychain then answers with an error.
pub(super) fn no_questions() -> Result<KeychainUserInteractionLock, KeychainError> {
    SecKeychain::disable_user_interaction().map_err(|_| KeychainError::Locked)
}

/// Never known beforehand: [`no_questions`] sees to it.
pub(super) fn would_ask(_program: &str, _id: &str) -> Result<bool, KeychainError> {
    Ok(false)
}

/// Nothing to do beforehand: the system asks during the call itself.
pub(super) fn unlock(_program: &str, _id: &str) -> Result<(), KeychainError> {
    Ok(())
}

/// What a failure comes from, by the system's own numbers.
pub(super) fn cause(error: &(dyn Error + 'static)) -> Cause {
    match told::find::<SystemError>(error).map(|error| error.code()) {
        // errSecInteractionNotAllowed, errSecInteractionRequired
        Some(-25308 | -25315) => Cause::Known(KeychainError::Locked),
        // userCanceledErr, errSecAuthFailed, errSecInvalidOwnerEdit, write permission
        Some(-128 | -25293 | -25244 | -61) => Cause::Known(KeychainError::Denied),
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain
        Some(-25291 | -25294 | -25295 | -25307) => Cause::Known(KeychainError::Missing {
            hint: "open Keychain Access and make or repair the login keychain".to_owned(),
        }),
        // errSecItemNotFound, errSecInvalidItemRef
        Some(-25300 | -25304) => Cause::NotThere,
        Some(code) => Cause::Other(format!("macOS error {code}")),
        None => Cause::Other("its answer could not be read".to_owned()),
    }
}
