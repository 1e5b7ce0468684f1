//! The two gateways: who calls, and the errors of those who may not.
//!
//! What is behind them is in `registry`. Error bodies have the shapes of `docs/facts.md`
//! (gateway errors, registry errors); statuses that no source states are listed there as ours.

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::account::Gateway;
use crate::fault::Door;
use crate::stage::Stage;
use crate::token::{self, Flaw};
use crate::visits::Signature;
use crate::words;
use crate::{door, registry};

/// The largest body a gateway reads, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Under this prefix every request is checked.
const GUARDED: &str = "/merchant-registry/v1/";

/// Who calls, once key and token were accepted.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) mage_id: String,
    /// Whether answers keep `mageId` to themselves.
    pub(crate) without_mage_id: bool,
}

/// What a gateway makes of a request's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Key and token belong together and to this account.
    Accepted(String),
    /// `x-api-key` or `magento-api-key` is not there.
    NoKey,
    /// The key is not known at this gateway, or the two headers differ.
    UnknownKey,
    /// No `x-gw-signature`.
    NoToken,
    /// A token that does not hold.
    BadToken(Flaw),
    /// All is right, but the account is suspended.
    Suspended,
}

/// A request's headers, judged.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// For the log: the API key if it has the shape of one.
    pub(crate) api_key: Option<String>,
    /// Digest of the token.
    pub(crate) token: Option<[u8; 32]>,
}

impl Judged {
    /// What the signature was worth, and why.
    pub(crate) fn signature(&self) -> (Signature, Option<String>) {
        let invalid = |why: &str| (Signature::Invalid, Some(why.to_owned()));
        match (&self.verdict, self.token) {
            (Verdict::Accepted(_) | Verdict::Suspended, _) => (Signature::Valid, None),
            (Verdict::BadToken(flaw), _) => invalid(&flaw.to_string()),
            (_, None) => (Signature::Absent, None),
            (Verdict::UnknownKey, Some(_)) => invalid("the API key is unknown here"),
            (_, Some(_)) => invalid("there is no API key"),
        }
    }
}

/// Judges the headers of a request as this gateway would.
pub(crate) fn judge(stage: &Stage, gateway: Gateway, headers: &HeaderMap) -> Judged {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let key = text("x-api-key").filter(|key| !key.is_empty());
    let token = headers
        .get("x-gw-signature")
        .map(HeaderValue::as_bytes)
        .filter(|token| !token.is_empty());
    let shown = |key: &str| {
        if words::is_api_key(key) {
            key.to_owned()
        } else {
            "malformed".to_owned()
        }
    };
    Judged {
        verdict: verdict(stage, gateway, key, text("magento-api-key"), token),
        api_key: key.map(shown),
        token: token.map(token::token_digest),
    }
}

fn verdict(
    stage: &Stage,
    gateway: Gateway,
    key: Option<&str>,
    twin: Option<&str>,
    token: Option<&[u8]>,
) -> Verdict {
    let (Some(key), Some(twin)) = (key, twin) else {
        return Verdict::NoKey;
    };
    if key != twin {
        return Verdict::UnknownKey;
    }
    let Some(place) = stage.world().key_at(gateway, key).cloned() else {
        return Verdict::UnknownKey;
    };
    let Some(token) = token else {
        return Verdict::NoToken;
    };
    let Ok(token) = std::str::from_utf8(token) else {
        return Verdict::BadToken(Flaw::Header);
    };
    let now = stage.judging_time(gateway.into());
    if let Err(flaw) = token::check(token, &place.public_key, now, stage.leeway) {
        return Verdict::BadToken(flaw);
    }
    let suspended = stage
        .world()
        .account(&place.mage_id)
        .is_ok_and(|account| account.suspended);
    if suspended {
        Verdict::Suspended
    } else {
        Verdict::Accepted(place.mage_id)
    }
}

/// Whether this path is behind the check.
pub(crate) fn is_guarded(path: &str) -> bool {
    path.starts_with(GUARDED)
}

/// The account, or the answer for somebody who may not pass.
#[expect(
    clippy::result_large_err,
    reason = "the answer is made once and handed on at once"
)]
pub(crate) fn admit(verdict: &Verdict) -> Result<String, Response> {
    match verdict {
        Verdict::Accepted(mage_id) => Ok(mage_id.clone()),
        Verdict::NoKey => Err(forbidden("Client ID is missing", "403000")),
        Verdict::UnknownKey => Err(forbidden("Client ID is invalid", "403003")),
        Verdict::NoToken => Err(answer(401, &json!({"message": "JWT is required"}))),
        Verdict::BadToken(_) => Err(answer(401, &json!({"message": "JWT is invalid"}))),
        Verdict::Suspended => Err(suspended()),
    }
}

fn forbidden(message: &str, code: &str) -> Response {
    let details = json!({"error_code": code});
    answer(
        403,
        &json!({"error": {"code": "Forbidden", "message": message, "details": details}}),
    )
}

/// The answer to keys of a suspended account. Its wording is ours: no source states one.
pub(crate) fn suspended() -> Response {
    problem(403, "Account is suspended")
}

/// An error in the registry's own form.
pub(crate) fn problem(status: u16, message: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = code.canonical_reason().unwrap_or("Error");
    let id = words::random_uuid();
    answer(
        status,
        &json!({"status": status, "statusText": text, "message": message, "requestId": id}),
    )
}

/// A JSON answer.
pub(crate) fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Everything one gateway serves.
pub(crate) fn router(shared: door::Shared, gateway: Gateway) -> Router {
    let router = Router::new()
        .nest("/merchant-registry/v1", registry::router(shared.clone()))
        // The page against which sandbox keys are "validated" from an Admin: it checks nothing.
        .route(
            "/merchant-registry/index.html",
            get(|| async { Html(WEAK_PAGE) }),
        )
        .fallback(|| async { problem(404, "Not Found") })
        .method_not_allowed_fallback(|| async { problem(405, "Method Not Allowed") })
        .layer(DefaultBodyLimit::max(MAX_BODY));
    door::guarded(router, shared, Door::from(gateway))
}

const WEAK_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Merchant Registry</title></head>\
<body>Merchant Registry</body></html>\n";
