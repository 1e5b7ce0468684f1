//! What an answer of the gateway or the registry says.
//!
//! Pure: status and bytes in, meaning out. Read leniently where nothing hangs on it and strictly
//! where a wrong green would (docs/facts.md, Gateway errors and Merchant registry). Not here:
//! asking.

use patchbay_core::connection::AccountSync;
use patchbay_core::id::{DataSpaceId, MageId, ProjectId};
use patchbay_core::ports::gateway::{GatewayError, Rejection};
use patchbay_core::registry::{DataSpace, DataSpaceType};
use patchbay_core::text::{NAME_MAX, outside};
use serde_json::{Map, Value};

use crate::http::{Answer, DETAIL_MAX};

/// The most features of a data space that are kept.
const FEATURES_MAX: usize = 64;

/// Rows that could be read, and how many could not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) spaces: Vec<DataSpace>,
    pub(super) skipped: usize,
}

/// The answer to `ping`: exactly 200 and nothing in the body that speaks against it.
///
/// What Adobe's body looks like is not documented, so any but a page is taken; a page with 200 is
/// what an inspecting proxy puts up.
pub(super) fn pong(answer: &Answer) -> Result<(), GatewayError> {
    match accepted(answer) {
        Ok(()) if answer.status == 200 => Ok(()),
        Ok(()) => Err(refused(answer.status, "")),
        // There is nothing that could be missing here.
        Err(GatewayError::NotFound) => Err(refused(404, "Not Found")),
        Err(other) => Err(other),
    }
}

/// The answer to something whose body nobody needs: a success, and not a page.
pub(super) fn accepted(answer: &Answer) -> Result<(), GatewayError> {
    let success = (200..300).contains(&answer.status);
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(object)) => good(answer, &object),
        Ok(_) if success => Ok(()),
        Err(_) if success && !looks_like_page(&answer.body) && answer.body.len() <= 256 => Ok(()),
        _ => Err(no_object(answer)),
    }
}

/// The answer to `registry` and to `registry/initialize`.
pub(super) fn list(answer: &Answer) -> Result<Rows, GatewayError> {
    let object = object(answer)?;
    let Some(Value::Array(results)) = object.get("results") else {
        return Err(not_the_gateway("JSON without a list of results"));
    };
    let spaces: Vec<DataSpace> = results.iter().filter_map(row).collect();
    if spaces.is_empty() && !results.is_empty() {
        return Err(not_the_gateway("a list in which no row can be read"));
    }
    let skipped = results.len() - spaces.len();
    Ok(Rows { spaces, skipped })
}

/// The answer to `registry/projects/{id}`: the rows of that project alone.
pub(super) fn project(answer: &Answer, id: &ProjectId) -> Result<Rows, GatewayError> {
    let mut rows = list(answer)?;
    if rows.spaces.is_empty() {
        return Err(GatewayError::NotFound);
    }
    let before = rows.spaces.len();
    rows.spaces.retain(|space| &space.project_id == id);
    rows.skipped += before - rows.spaces.len();
    if rows.spaces.is_empty() {
        return Err(not_the_gateway("the rows of another project"));
    }
    Ok(rows)
}

/// The answer to `registry/environments/{id}`: that data space and no other.
pub(super) fn single(answer: &Answer, id: &DataSpaceId) -> Result<DataSpace, GatewayError> {
    let object = object(answer)?;
    match row(&Value::Object(object)) {
        Some(space) if &space.id == id => Ok(space),
        Some(_) => Err(not_the_gateway("another data space than was asked for")),
        None => Err(not_the_gateway("JSON that describes no data space")),
    }
}

/// The object in a successful answer, or what is wrong.
fn object(answer: &Answer) -> Result<Map<String, Value>, GatewayError> {
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(object)) => good(answer, &object).map(|()| object),
        _ => Err(no_object(answer)),
    }
}

/// Whether an object is no error. Statuses count after what the body says, as in the connector.
fn good(answer: &Answer, object: &Map<String, Value>) -> Result<(), GatewayError> {
    if let Some(kind) = rejection(object) {
        return Err(GatewayError::Rejected {
            kind,
            clock_ahead: answer.clock_ahead,
        });
    }
    let said = object.get("status").filter(|status| !status.is_null());
    let says_good = said.is_none_or(|status| number(status) == Some(200));
    let error = object.get("error").is_some_and(|error| {
        !(error.is_null() || error == &Value::Bool(false) || error.as_str() == Some(""))
    });
    if says_good && !error && (200..300).contains(&answer.status) {
        return Ok(());
    }
    let status = said.filter(|_| !says_good).and_then(number);
    if status == Some(404) {
        return Err(GatewayError::NotFound);
    }
    let status = status.and_then(|status| u16::try_from(status).ok());
    Err(refused(status.unwrap_or(answer.status), message(object)))
}

/// What the body says about the keys, if it does.
fn rejection(object: &Map<String, Value>) -> Option<Rejection> {
    let error = object.get("error");
    let inner = error.and_then(Value::as_object);
    let texts = [
        object.get("message").and_then(Value::as_str),
        error.and_then(Value::as_str),
        inner.and_then(|e| e.get("message")).and_then(Value::as_str),
    ];
    let by_text = texts.into_iter().flatten().find_map(|text| {
        let text = text.trim().to_ascii_lowercase();
        [
            ("client id is invalid", Rejection::UnknownApiKey),
            ("client id is missing", Rejection::ApiKeyMissing),
            ("jwt is invalid", Rejection::BadSignature),
            ("jwt is required", Rejection::TokenMissing),
        ]
        .into_iter()
        .find_map(|(start, kind)| text.starts_with(start).then_some(kind))
    });
    let details = inner.and_then(|e| e.get("details"));
    let code = details.and_then(|details| details.get("error_code"));
    by_text.or_else(|| (code.and_then(number) == Some(403_003)).then_some(Rejection::UnknownApiKey))
}

/// The text of an error body: `message`, else `error`, else `statusText`.
fn message(object: &Map<String, Value>) -> &str {
    let error = object.get("error");
    [
        object.get("message"),
        error,
        error.and_then(|error| error.get("message")),
        object.get("statusText"),
    ]
    .into_iter()
    .flatten()
    .find_map(Value::as_str)
    .unwrap_or_default()
}

/// A number, also where it was written as text.
fn number(value: &Value) -> Option<u32> {
    let whole = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    u32::try_from(whole).ok()
}

/// One row; `None` where an id or the type cannot be read.
fn row(value: &Value) -> Option<DataSpace> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let shown = |name: &str| {
        text(name)
            .map(|text| outside(text, NAME_MAX))
            .filter(|text| !text.is_empty())
    };
    let id = DataSpaceId::parse(text("environmentId")?).ok()?;
    let project_id = ProjectId::parse(text("projectId")?).ok()?;
    let features = value.get("featureSet").and_then(Value::as_array);
    Some(DataSpace {
        name: shown("environmentName").unwrap_or_else(|| id.to_string()),
        kind: DataSpaceType::parse(text("environmentType")?)?,
        project_name: shown("projectName").unwrap_or_else(|| project_id.to_string()),
        mage_id: text("mageId").and_then(|text| MageId::parse(text).ok()),
        organisation: shown("organizationName"),
        features: features
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|text| outside(text, NAME_MAX))
            .take(FEATURES_MAX)
            .collect(),
        cloud_id: shown("cloudId"),
        account_sync: value.get("accountSyncStatus").and_then(account_sync),
        id,
        project_id,
    })
}

/// `accountSyncStatus`, where it has a status.
fn account_sync(value: &Value) -> Option<AccountSync> {
    let text = |name: &str| {
        let text = value.get(name).and_then(Value::as_str)?;
        Some(outside(text, 60)).filter(|text| !text.is_empty())
    };
    Some(AccountSync {
        status: text("status")?,
        updated_at: text("updatedAt"),
    })
}

fn refused(status: u16, detail: &str) -> GatewayError {
    let detail = outside(detail, DETAIL_MAX);
    GatewayError::Refused {
        status,
        detail: if detail.is_empty() {
            "no message".to_owned()
        } else {
            detail
        },
    }
}

/// An answer without the JSON object that belongs there.
fn no_object(answer: &Answer) -> GatewayError {
    let status = answer.status;
    if answer.body.trim_ascii().is_empty() && status >= 400 {
        return refused(status, "");
    }
    let what = if answer.body.trim_ascii().is_empty() {
        "an empty answer"
    } else if looks_like_page(&answer.body) {
        "a web page"
    } else {
        "something that is not the gateway's JSON"
    };
    not_the_gateway(&format!("{what} (HTTP status {status})"))
}

fn looks_like_page(body: &[u8]) -> bool {
    let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    text.trim_ascii_start().starts_with(b"<")
}

pub(super) fn not_the_gateway(detail: &str) -> GatewayError {
    GatewayError::NotTheGateway {
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests;
