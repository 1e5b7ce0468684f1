//! What a command that connects looks after first: whatever an earlier run left unfinished.

use patchbay_contract::keypairs::recovered_text;
use patchbay_contract::push::settled_text;
use patchbay_core::Error;
use patchbay_core::ports::keychain::KeychainError;

use super::Desk;
use crate::exit::Failure;
use crate::terminal;

/// Whether the command itself needs the keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// It does, so a keychain that is not there is said at once.
    Keychain,
    /// It does not, so what needs one waits for another time.
    NoKeychain,
}

/// Recovers key pairs and settles interrupted pushes, and says on stderr what was found.
pub(crate) async fn look_after(desk: &Desk, needs: Needs) -> Result<(), Failure> {
    let recovered = waits(desk.patchbay.recover_key_pairs().await, needs)?;
    for found in recovered.unwrap_or_default() {
        terminal::say(&recovered_text(&found));
    }
    let settled = waits(desk.patchbay.settle().await, needs)?;
    for found in settled.unwrap_or_default() {
        terminal::say(&settled_text(&found));
    }
    Ok(())
}

/// Nobody asked for this work, so a keychain that stays locked is no failure of the command.
fn waits<T>(found: Result<T, Error>, needs: Needs) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Keychain(KeychainError::Locked)) => Ok(None),
        Err(Error::Keychain(_)) if needs == Needs::NoKeychain => Ok(None),
        Err(error) => Err(error.into()),
    }
}
