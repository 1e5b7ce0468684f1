//! My Account's API Portal as a small JSON interface (`docs/facts.md`, "Simulator's portal API").
//!
//! Adobe offers no such interface; it is our own invention, for the way in which key pairs are
//! made by one click. The page that people see is served beside it, under `/portal/`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{ApiKey, Gateway, Role};
use crate::door::{self, Shared};
use crate::fault::Door;
use crate::gateway::answer;
use crate::world::WorldError;
use crate::{control, portal_page, token, words};

/// The largest body the portal reads, in bytes.
const MAX_BODY: usize = 4 * 1024;

/// Everything the portal's listener serves, the control interface included.
pub(crate) fn router(shared: Shared) -> Router {
    let api = Router::new()
        .route("/account", get(account))
        .route("/keys", get(list).post(create))
        .route("/keys/{id}", delete(revoke))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared.clone());
    let router = Router::new()
        .nest("/portal/api", api)
        .nest("/portal/", portal_page::router(shared.clone()))
        .nest("/control", control::router(shared.clone()))
        .fallback(|| async { trouble(404, "notFound", "There is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            trouble(405, "methodNotAllowed", "This method is not served here")
        });
    door::guarded(router, shared, Door::Portal)
}

/// An error in the form that portal and control interface share.
pub(crate) fn trouble(status: u16, code: &str, message: &str) -> Response {
    answer(
        status,
        &json!({"error": {"code": code, "message": message}}),
    )
}

/// The answer to a refusal of the world.
pub(crate) fn refused(error: &WorldError) -> Response {
    let (status, code) = match error {
        WorldError::Unknown(_) => (404, "notFound"),
        WorldError::Taken(_) => (409, "taken"),
        WorldError::TooMany(_) => (409, "tooMany"),
        WorldError::Malformed(_) => (400, "malformed"),
        WorldError::CannotMake(_) => (500, "internal"),
    };
    trouble(status, code, &error.to_string())
}

/// A JSON body of a known shape, or the answer that says it is none.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Box<Response>> {
    let bytes = body.map_err(|_| Box::new(trouble(413, "tooLarge", "The body is too large")))?;
    // The library's message could quote a key; position is enough to find the mistake.
    serde_json::from_slice(&bytes).map_err(|error| {
        let text = format!(
            "The body is not what is expected (line {}, column {})",
            error.line(),
            error.column()
        );
        Box::new(trouble(400, "malformed", &text))
    })
}

/// The bearer token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value
        .strip_prefix("Bearer ")
        .filter(|token| !token.is_empty())
}

/// The MageID and role behind a request, or the answer for a stranger.
fn signed_in(stage: &Shared, headers: &HeaderMap) -> Result<(String, Role), Box<Response>> {
    let world = stage.world();
    let found = bearer(headers).and_then(|token| world.signed_in(token));
    let found = found.map(|(account, role)| (account.mage_id.clone(), role));
    found.ok_or_else(|| {
        let mut response = trouble(401, "signInRequired", "Sign in first");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        Box::new(response)
    })
}

/// As [`signed_in`], for what only the licence owner of an account in good standing may do.
fn owner(stage: &Shared, headers: &HeaderMap) -> Result<String, Box<Response>> {
    let (mage_id, role) = signed_in(stage, headers)?;
    if role != Role::Owner {
        let text = "Only the licence owner can create or delete keys";
        return Err(Box::new(trouble(403, "notLicenceOwner", text)));
    }
    if stage
        .world()
        .account(&mage_id)
        .is_ok_and(|account| account.suspended)
    {
        return Err(Box::new(trouble(
            403,
            "accountSuspended",
            "The account is suspended",
        )));
    }
    Ok(mage_id)
}

async fn account(State(stage): State<Shared>, headers: HeaderMap) -> Response {
    let mage_id = match signed_in(&stage, &headers) {
        Ok((mage_id, _)) => mage_id,
        Err(response) => return *response,
    };
    match stage.world().account(&mage_id) {
        Ok(account) => answer(
            200,
            &json!({"mageId": mage_id, "organisation": account.organisation}),
        ),
        Err(error) => refused(&error),
    }
}

async fn list(State(stage): State<Shared>, headers: HeaderMap) -> Response {
    let mage_id = match signed_in(&stage, &headers) {
        Ok((mage_id, _)) => mage_id,
        Err(response) => return *response,
    };
    match stage.world().account(&mage_id) {
        Ok(account) => answer(
            200,
            &json!({"keys": account.keys.iter().map(shown).collect::<Vec<_>>()}),
        ),
        Err(error) => refused(&error),
    }
}

fn shown(key: &ApiKey) -> Value {
    json!({"id": key.id, "name": key.name, "for": key.gateway, "apiKey": key.api_key, "createdAt": key.created_at})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    #[serde(rename = "for")]
    gateway: Gateway,
    name: String,
}

async fn create(
    State(stage): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let checked = owner(&stage, &headers).and_then(|mage_id| {
        let new: NewKey = read(body)?;
        words::key_name(&new.name).map_err(|error| Box::new(refused(&error)))?;
        Ok((mage_id, new))
    });
    let (mage_id, new) = match checked {
        Ok(checked) => checked,
        Err(response) => return *response,
    };
    let Ok(Ok(pair)) = tokio::task::spawn_blocking(token::make_pair).await else {
        return trouble(500, "internal", "No key pair could be made");
    };
    let made = stage
        .world()
        .hand_out(&mage_id, new.gateway, &new.name, pair);
    match made.map(|ready| serde_json::to_value(&ready).unwrap_or_default()) {
        Ok(ready) => {
            let mut response = answer(201, &ready);
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => refused(&error),
    }
}

async fn revoke(
    State(stage): State<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let mage_id = match owner(&stage, &headers) {
        Ok(mage_id) => mage_id,
        Err(response) => return *response,
    };
    let mut world = stage.world();
    let own = world
        .account(&mage_id)
        .is_ok_and(|account| account.keys.iter().any(|key| key.id == id));
    if !own {
        return refused(&WorldError::Unknown("key"));
    }
    match world.revoke_key(&id) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}
