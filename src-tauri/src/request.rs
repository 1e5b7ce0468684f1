//! What the window hands over with a command: checked for size and form before anything reads it.
//!
//! A request of a wrong form is a mistake of the window or somebody in its place; it gets a typed
//! error that repeats nothing of it. What a person typed is judged by the core, field by field.

use patchbay_contract::error::IpcError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tauri::Runtime;
use tauri::ipc::{Channel, CommandArg, CommandItem, InvokeBody, InvokeError};

/// The longest text in a request, in bytes. Far above what any field takes, so that a field that
/// is too long gets its own sentence.
const TEXT_MAX: usize = 64 * 1024;

/// The most values in a request, counted through all its lists and objects.
const VALUES_MAX: usize = 20_000;

/// A command's request, read strictly.
#[derive(Debug)]
pub(crate) struct Request<T>(pub(crate) T);

/// Where a command tells what happens while it runs.
pub(crate) struct Events<T>(pub(crate) Channel<T>);

impl<T: Serialize> Events<T> {
    /// Tells it. A window that is gone must not stop what runs.
    pub(crate) fn tell(&self, event: T) {
        if let Err(error) = self.0.send(event) {
            tracing::debug!(%error, "nobody hears this command any more");
        }
    }
}

impl<'de, T: DeserializeOwned, R: Runtime> CommandArg<'de, R> for Request<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let given = match command.message.payload() {
            InvokeBody::Json(payload) => payload.get(command.key),
            InvokeBody::Raw(_) => None,
        };
        let read = given
            .ok_or_else(|| IpcError::bad_request("there is no request"))
            .and_then(read);
        read.map(Self).map_err(|error| refused(command.name, error))
    }
}

impl<'de, T: Serialize, R: Runtime> CommandArg<'de, R> for Events<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let name = command.name;
        Channel::from_command(command)
            .map(Self)
            .map_err(|_| refused(name, IpcError::bad_request("the channel for events")))
    }
}

fn refused(command: &str, error: IpcError) -> InvokeError {
    tracing::warn!(command, ?error, "a request was refused");
    InvokeError::from(error)
}

fn read<T: DeserializeOwned>(given: &Value) -> Result<T, IpcError> {
    let mut values = 0;
    if !fits(given, &mut values) {
        return Err(IpcError::bad_request("it is too large"));
    }
    // A list would be read field by field in order; a request names its fields.
    if !given.is_object() {
        return Err(IpcError::bad_request("it is no object"));
    }
    // The reader's own words may repeat what was given, so they are left out.
    T::deserialize(given)
        .map_err(|_| IpcError::bad_request("a field is missing, unknown or of another kind"))
}

fn fits(value: &Value, values: &mut usize) -> bool {
    *values += 1;
    if *values > VALUES_MAX {
        return false;
    }
    match value {
        Value::String(text) => text.len() <= TEXT_MAX,
        Value::Array(items) => items.iter().all(|item| fits(item, values)),
        Value::Object(fields) => fields
            .iter()
            .all(|(key, value)| key.len() <= 100 && fits(value, values)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_contract::accounts::NewAccount;
    use serde_json::json;

    #[test]
    fn what_has_another_form_is_refused_without_repeating_it() {
        let long = "k".repeat(TEXT_MAX + 1);
        for bad in [
            json!(null),
            json!("secret"),
            json!(["secret", null]),
            json!({}),
            json!({"label": 7, "mageId": null}),
            json!({"label": "secret", "mageId": null, "more": true}),
            json!({"label": long, "mageId": null}),
            json!({"label": "secret", "mageId": vec![0; VALUES_MAX]}),
        ] {
            let refused = read::<NewAccount>(&bad);
            let Err(IpcError::BadRequest { why }) = refused else {
                panic!("{refused:?}");
            };
            assert!(!why.contains("secret") && why.len() < 200, "{why}");
        }
        let fine = json!({"label": "x".repeat(10_000), "mageId": null});
        assert!(
            read::<NewAccount>(&fine).is_ok(),
            "the core says what is too long"
        );
    }
}
