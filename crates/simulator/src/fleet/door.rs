//! The fleet over HTTP: who may come in, and how a conversation is carried.
//!
//! A conversation is one request whose answer stays open: marked lines come out of it, the sealed
//! line goes in by a request beside it (docs/facts.md, Demo fleet's carrier). Whoever closes the
//! open answer has gone away. Everything wants this run's token.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use super::talk::Talk;
use super::trouble::Troubles;
use super::values::SaidRequest;
use super::{Place, Shared};
use crate::gateway::answer;
use crate::portal::{bearer, read, trouble};

/// The largest body that is read, in bytes: nine values, sealed, or an undo's blob.
const MAX_BODY: usize = 256 * 1024;

type Stage = State<Arc<Shared>>;
type Sent = Result<Bytes, BytesRejection>;

/// Everything the fleet's listener serves.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let instance = "/instances/{target}";
    Router::new()
        .route("/instances", get(list))
        .route(&format!("{instance}/conversations"), post(begin))
        .route(
            &format!("{instance}/conversations/{{nonce}}"),
            put(go).delete(leave),
        )
        .route(&format!("{instance}/host-keys"), get(host_keys).post(trust))
        .route(&format!("{instance}/survey"), get(survey))
        .route(
            &format!("{instance}/troubles"),
            get(troubles).put(set_troubles),
        )
        .fallback(|| async { trouble(404, "notFound", "There is nothing at this address") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), only_with_token))
        .merge(super::shop::router())
        .with_state(shared)
}

async fn only_with_token(State(shared): Stage, request: Request, next: Next) -> Response {
    if bearer(request.headers()) == Some(shared.token.as_str()) {
        next.run(request).await
    } else {
        trouble(401, "fleetTokenRequired", "This run's token is required")
    }
}

fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

async fn list(State(shared): Stage) -> Response {
    let targets: Vec<String> = super::lock(&shared.places).keys().cloned().collect();
    answer(200, &json!({ "instances": targets }))
}

/// The place behind a target, or the answer that no such name is known.
fn place(shared: &Shared, target: &str) -> Result<Arc<Place>, Box<Response>> {
    let found = super::lock(&shared.places).get(target).cloned();
    found.ok_or_else(|| {
        Box::new(trouble(
            404,
            "unknownHost",
            "The fleet has no instance of that name",
        ))
    })
}

/// The place, where a connection comes about: the way a server answers before anything else.
fn reached(shared: &Shared, target: &str) -> Result<Arc<Place>, Box<Response>> {
    let place = place(shared, target)?;
    let unreachable = super::lock(&place.instance).troubles.unreachable;
    match unreachable {
        Some(why) => Err(Box::new(trouble(503, why.code(), "No connection"))),
        None => Ok(place),
    }
}

async fn begin(State(shared): Stage, Path(target): Path<String>, body: Sent) -> Response {
    let started = reached(&shared, &target).and_then(|place| {
        if !super::lock(&place.instance).trusted {
            let untrusted = trouble(503, "hostKeyUnknown", "The host key was never trusted");
            return Err(Box::new(untrusted));
        }
        let said: SaidRequest = read(body)?;
        let request = said.read().ok_or_else(|| {
            Box::new(trouble(
                400,
                "malformed",
                "The request is not what is expected",
            ))
        })?;
        Ok((place, request))
    });
    let (place, request) = match started {
        Ok(started) => started,
        Err(response) => return *response,
    };
    let (out, lines) = mpsc::channel(4);
    let (sender, go) = oneshot::channel();
    let nonce = request.nonce.as_str().to_owned();
    super::lock(&place.waiting).insert(nonce.clone(), sender);
    let talk = Talk {
        place: place.clone(),
        request,
        out,
        go,
    };
    tokio::spawn(async move {
        talk.run().await;
        super::lock(&place.waiting).remove(&nonce);
    });
    let lines = futures_util::stream::unfold(lines, |mut lines| async move {
        let line: Bytes = lines.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(line), lines))
    });
    Body::from_stream(lines).into_response()
}

async fn go(
    State(shared): Stage,
    Path((target, nonce)): Path<(String, String)>,
    body: Sent,
) -> Response {
    let Ok(sealed) = body else {
        return trouble(413, "tooLarge", "The body is too large");
    };
    let place = match reached(&shared, &target) {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let waiting = super::lock(&place.waiting).remove(&nonce);
    let taken = waiting.is_some_and(|go| go.send(Zeroizing::new(sealed.to_vec())).is_ok());
    if taken {
        done()
    } else {
        trouble(410, "gone", "No such conversation waits any more")
    }
}

/// The end of input before `go`.
async fn leave(State(shared): Stage, Path((target, nonce)): Path<(String, String)>) -> Response {
    match place(&shared, &target) {
        Ok(place) => {
            super::lock(&place.waiting).remove(&nonce);
            done()
        }
        Err(response) => *response,
    }
}

/// What a search of the pretended server finds.
async fn survey(State(shared): Stage, Path(target): Path<String>) -> Response {
    let place = match reached(&shared, &target) {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let instance = super::lock(&place.instance);
    if !instance.trusted {
        return trouble(503, "hostKeyUnknown", "The host key was never trusted");
    }
    let found = json!({
        "user": "deploy",
        "root": instance.root,
        "php": instance.versions.php,
    });
    answer(200, &found)
}

async fn host_keys(State(shared): Stage, Path(target): Path<String>) -> Response {
    match reached(&shared, &target) {
        Ok(place) => shown(&place),
        Err(response) => *response,
    }
}

fn shown(place: &Place) -> Response {
    let instance = super::lock(&place.instance);
    let key = json!({
        "algorithm": "ssh-ed25519",
        "fingerprint": instance.host_key,
        "trusted": instance.trusted,
    });
    answer(200, &json!({ "keys": [key] }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trust {
    fingerprint: String,
}

async fn trust(State(shared): Stage, Path(target): Path<String>, body: Sent) -> Response {
    let trusted = reached(&shared, &target).and_then(|place| {
        let wanted: Trust = read(body)?;
        let mut instance = super::lock(&place.instance);
        if instance.host_key != wanted.fingerprint {
            let other = trouble(409, "hostKeyUnknown", "The server shows another key");
            return Err(Box::new(other));
        }
        instance.trusted = true;
        drop(instance);
        Ok(shown(&place))
    });
    trusted.unwrap_or_else(|response| *response)
}

async fn troubles(State(shared): Stage, Path(target): Path<String>) -> Response {
    match place(&shared, &target) {
        Ok(place) => {
            let troubles = super::lock(&place.instance).troubles.clone();
            answer(200, &serde_json::to_value(troubles).unwrap_or_default())
        }
        Err(response) => *response,
    }
}

async fn set_troubles(State(shared): Stage, Path(target): Path<String>, body: Sent) -> Response {
    let set = place(&shared, &target).and_then(|place| {
        let troubles: Troubles = read(body)?;
        super::lock(&place.instance).troubles = troubles;
        Ok(done())
    });
    set.unwrap_or_else(|response| *response)
}
