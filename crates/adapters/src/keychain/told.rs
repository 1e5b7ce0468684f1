//! A library's failures in the port's words.
//!
//! Some of the library's errors carry the stored bytes, so none is ever printed as a whole: each
//! is recognised by its kind, and only texts that cannot hold stored bytes are passed on.

use std::error::Error;

use keyring_core::Error as StoreError;
use patchbay_core::ports::keychain::KeychainError;
use patchbay_core::text::outside;

use super::system;

/// The most characters of a system's message that are kept.
const DETAIL_MAX: usize = 200;

/// What the system's own layer makes of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A failure with a word of its own in the port.
    Known(KeychainError),
    /// The item was not there.
    NotThere,
    /// The service went away, was restarted, or forgot our session.
    OtherSideGone,
    /// Anything else; a text without stored bytes.
    Other(String),
}

/// A failure of the store, in the port's words.
pub(super) fn in_our_words(error: &StoreError) -> KeychainError {
    let failed = |detail: &str| KeychainError::Failed {
        detail: outside(detail, DETAIL_MAX),
    };
    match error {
        StoreError::PlatformFailure(cause) | StoreError::NoStorageAccess(cause) => {
            match system::cause(&**cause) {
                Cause::Known(error) => error,
                Cause::NotThere => failed("the item went away during the call"),
                Cause::OtherSideGone => failed("it ended or was restarted during the call"),
                Cause::Other(text) => failed(&text),
            }
        }
        // These carry the stored bytes.
        StoreError::BadEncoding(_) | StoreError::BadDataFormat(..) => KeychainError::WrongBytes,
        StoreError::NoEntry => failed("the item went away during the call"),
        StoreError::BadStoreFormat(_) => failed("its storage is damaged"),
        StoreError::TooLong(_, most) => {
            failed(&format!("it takes at most {most} bytes for one item"))
        }
        StoreError::Ambiguous(_) => failed("it holds two items under one name"),
        _ => failed("it does not support what was asked"),
    }
}

/// Whether the store's connection is worth nothing any more.
pub(super) fn other_side_gone(error: &StoreError) -> bool {
    matches!(cause(error), Some(Cause::OtherSideGone))
}

/// Whether an item was not there to be removed.
pub(super) fn was_not_there(error: &StoreError) -> bool {
    matches!(error, StoreError::NoEntry) || matches!(cause(error), Some(Cause::NotThere))
}

fn cause(error: &StoreError) -> Option<Cause> {
    match error {
        StoreError::PlatformFailure(cause) | StoreError::NoStorageAccess(cause) => {
            Some(system::cause(&**cause))
        }
        _ => None,
    }
}

/// The first cause of a kind in a chain of errors.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bytes_never_come_out_of_an_error() {
        let bytes = b"very private".to_vec();
        let cause = || Box::new(std::io::Error::other("cut short"));
        for error in [
            StoreError::BadEncoding(bytes.clone()),
            StoreError::BadDataFormat(bytes.clone(), cause()),
            StoreError::Invalid("very private".to_owned(), "very private".to_owned()),
            StoreError::BadStoreFormat("very private".to_owned()),
            StoreError::NotSupportedByStore("very private".to_owned()),
            StoreError::TooLong("very private".to_owned(), 2_560),
        ] {
            let told = in_our_words(&error);
            assert!(!format!("{told} {told:?}").contains("very private"));
            assert!(!format!("{told:?}").contains("118, 101"), "{told:?}");
        }
    }

    #[test]
    fn damaged_bytes_are_called_wrong_bytes() {
        let error = StoreError::BadEncoding(vec![0x80]);
        assert_eq!(in_our_words(&error), KeychainError::WrongBytes);
    }
}
