//! The Secret Service of Linux and the BSDs: GNOME Keyring, KWallet, KeePassXC.
//!
//! Facts: docs/facts.md, Keychain. The store asks for an encrypted session and knows no other: a
//! service that offers `plain` alone fails to open. A second `Delete` of the same item is answered
//! with an error by the service, which is what [`find`] and `take` rest on: of many callers that
//! found the same item, one delete succeeds. GNOME Keyring numbers items upwards and never gives
//! a number out twice while it runs.
//!
//! Services differ: KWallet's finds nothing in a locked wallet, and KeePassXC asks before it
//! deletes. Attributes are the program's name and the random id, the label is the program's name.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error as StoreError};
use patchbay_core::ports::keychain::KeychainError;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error as ServiceError};
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{DBusError, fdo};

use super::told::{self, Cause};

/// What an item is created with beside its attributes: a label that says as little as they do.
pub(super) const MODIFIERS: [(&str, &str); 1] = [("label", "Patchbay")];

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";

/// How long one message of a look may take; no question is put up by any of them.
const LOOK: Duration = Duration::from_secs(4);

const NO_BUS: &str = "sign in to a desktop session, or start one for this command with \
                      dbus-run-session";
const NO_SERVICE: &str = "install and start gnome-keyring (GNOME and most others) or KWallet (KDE)";
const NO_COLLECTION: &str = "it has no default keyring yet; make one in Passwords and Keys \
                             (package seahorse), or sign out and in again";

/// Opens the store. May be tried again after a failure.
pub(super) fn open() -> Result<Arc<CredentialStore>, KeychainError> {
    match zbus_secret_service_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(opening(&error)),
    }
}

/// A service that refuses the encrypted session says so here and nowhere else.
fn opening(error: &StoreError) -> KeychainError {
    let name = match error {
        StoreError::PlatformFailure(cause) => error_name(&**cause),
        _ => None,
    };
    let no_encryption = [
        "org.freedesktop.DBus.Error.NotSupported",
        "org.freedesktop.DBus.Error.InvalidArgs",
    ];
    match name {
        Some(name) if no_encryption.contains(&name.as_str()) => KeychainError::NotEncrypted,
        _ => told::in_our_words(error),
    }
}

/// Finds an item so that it can be removed as just that item.
pub(super) fn find(
    store: &Arc<CredentialStore>,
    program: &str,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    let mut found = store.search(&HashMap::from(attributes(program, id)))?;
    match found.len() {
        0 | 1 => Ok(found.pop()),
        // Two callers could each remove one of them.
        _ => Err(StoreError::Ambiguous(found)),
    }
}

/// The service itself keeps callers apart.
pub(super) fn alone() -> Result<(), KeychainError> {
    Ok(())
}

/// Nothing is switched off here: [`would_ask`] looked first.
pub(super) fn no_questions() -> Result<(), KeychainError> {
    Ok(())
}

/// Whether reading the item would put up a question: its collection is locked, or it is not found
/// and could be in a locked one. Unlocks nothing. Should somebody lock the collection in the few
/// milliseconds before the read that follows, that read may still ask.
pub(super) fn would_ask(program: &str, id: &str) -> Result<bool, KeychainError> {
    let look = || -> zbus::Result<bool> {
        let bus = Builder::session()?.method_timeout(LOOK).build()?;
        if default_is_locked(&bus)? {
            return Ok(true);
        }
        let wanted = HashMap::from(attributes(program, id));
        let answer = bus.call_method(
            Some(SERVICE),
            PATH,
            Some(INTERFACE),
            "SearchItems",
            &(wanted,),
        )?;
        let (_open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            answer.body().deserialize()?;
        Ok(!locked.is_empty())
    };
    look().map_err(|error| match from_bus(&error) {
        Cause::Known(error) => error,
        Cause::NotThere | Cause::OtherSideGone => missing(NO_SERVICE),
        Cause::Other(detail) => KeychainError::Failed { detail },
    })
}

/// Unlocks the default collection where that takes a question, so that the question is answered
/// before anything is stored.
pub(super) fn unlock(program: &str, id: &str) -> Result<(), KeychainError> {
    if !would_ask(program, id)? {
        return Ok(());
    }
    let unlock = || {
        SecretService::connect(EncryptionType::Dh)?
            .get_default_collection()?
            .unlock()
    };
    unlock().map_err(|error| match cause(&error) {
        Cause::Known(error) => error,
        Cause::NotThere | Cause::OtherSideGone => missing(NO_SERVICE),
        Cause::Other(detail) => KeychainError::Failed { detail },
    })
}

fn default_is_locked(bus: &Connection) -> zbus::Result<bool> {
    let answer = bus.call_method(
        Some(SERVICE),
        PATH,
        Some(INTERFACE),
        "ReadAlias",
        &("default",),
    )?;
    let collection: OwnedObjectPath = answer.body().deserialize()?;
    if collection.as_str() == "/" {
        return Ok(false);
    }
    let answer = bus.call_method(
        Some(SERVICE),
        &collection,
        Some("org.freedesktop.DBus.Properties"),
        "Get",
        &(COLLECTION, "Locked"),
    )?;
    let locked: OwnedValue = answer.body().deserialize()?;
    Ok(bool::try_from(locked)?)
}

/// The names are the store's own.
fn attributes<'a>(program: &'a str, id: &'a str) -> [(&'static str, &'a str); 2] {
    [("service", program), ("username", id)]
}

/// What a failure of the store comes from.
pub(super) fn cause(error: &(dyn Error + 'static)) -> Cause {
    match told::find::<ServiceError>(error) {
        Some(ServiceError::Locked | ServiceError::Prompt) => {
            return Cause::Known(KeychainError::Locked);
        }
        Some(ServiceError::NoResult) => return Cause::Known(missing(NO_COLLECTION)),
        Some(ServiceError::Unavailable) => return Cause::Known(missing(NO_BUS)),
        Some(ServiceError::PromptDisconnected) => return Cause::OtherSideGone,
        Some(ServiceError::Crypto(_)) => return Cause::Known(KeychainError::WrongBytes),
        _ => {}
    }
    if let Some(error) = told::find::<zbus::Error>(error) {
        return from_bus(error);
    }
    match told::find::<fdo::Error>(error) {
        Some(error) => from_name(error.name().as_str()),
        None => Cause::Other("its answer could not be read".to_owned()),
    }
}

fn from_bus(error: &zbus::Error) -> Cause {
    match error {
        zbus::Error::MethodError(name, ..) => from_name(name.as_str()),
        zbus::Error::FDO(error) => from_name(error.name().as_str()),
        zbus::Error::Address(_) | zbus::Error::Handshake(_) | zbus::Error::Connection(..) => {
            Cause::Known(missing(NO_BUS))
        }
        zbus::Error::InputOutput(error) => match error.kind() {
            std::io::ErrorKind::TimedOut => Cause::Known(KeychainError::Slow),
            std::io::ErrorKind::NotFound
            | std::io::ErrorKind::ConnectionRefused
            | std::io::ErrorKind::PermissionDenied => Cause::Known(missing(NO_BUS)),
            _ => Cause::OtherSideGone,
        },
        _ => Cause::Other("the message bus gave an answer that cannot be read".to_owned()),
    }
}

fn error_name(error: &(dyn Error + 'static)) -> Option<String> {
    match told::find::<zbus::Error>(error) {
        Some(zbus::Error::MethodError(name, ..)) => Some(name.to_string()),
        Some(zbus::Error::FDO(error)) => Some(error.name().to_string()),
        _ => told::find::<fdo::Error>(error).map(|error| error.name().to_string()),
    }
}

/// What a named error of the bus or the service means.
fn from_name(name: &str) -> Cause {
    match name {
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner" => Cause::Known(missing(NO_SERVICE)),
        name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => {
            Cause::Known(missing(NO_SERVICE))
        }
        "org.freedesktop.DBus.Error.AccessDenied" | "org.freedesktop.DBus.Error.AuthFailed" => {
            Cause::Known(KeychainError::Denied)
        }
        "org.freedesktop.Secret.Error.IsLocked" => Cause::Known(KeychainError::Locked),
        "org.freedesktop.Secret.Error.NoSuchObject"
        | "org.freedesktop.DBus.Error.UnknownObject"
        | "org.freedesktop.DBus.Error.UnknownMethod" => Cause::NotThere,
        "org.freedesktop.Secret.Error.NoSession"
        | "org.freedesktop.DBus.Error.NoReply"
        | "org.freedesktop.DBus.Error.Disconnected" => Cause::OtherSideGone,
        "org.freedesktop.DBus.Error.Timeout" | "org.freedesktop.DBus.Error.TimedOut" => {
            Cause::Known(KeychainError::Slow)
        }
        // The message beside the name is the service's and could quote anything.
        name => Cause::Other(format!("it answered {name}")),
    }
}

fn missing(hint: &str) -> KeychainError {
    KeychainError::Missing {
        hint: hint.to_owned(),
    }
}
