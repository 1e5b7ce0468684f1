//! The interface by which a test or the demo sets the stage: accounts, keys, faults, clocks, log.
//!
//! It stands on the portal's listener under `/control/`, behind a token of its own that is made
//! anew for every run. Requests to it are neither logged nor hit by faults.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{DataSpaceType, Gateway, Project, Role};
use crate::door::Shared;
use crate::fault::{Door, Rule};
use crate::gateway::answer;
use crate::portal::{bearer, read, refused, trouble};
use crate::scenario::Scenario;
use crate::stage::ClockSkew;
use crate::words;
use crate::world::{NewAccount, WorldError, new_data_space};

/// The largest body the control interface reads, in bytes.
const MAX_BODY: usize = 1024 * 1024;

type Body = Result<Bytes, BytesRejection>;
type Outcome = Result<Response, Box<Response>>;

/// The control routes, without their prefix.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/accounts", get(accounts).post(create_account))
        .route("/accounts/{mage_id}", get(account).patch(change_account))
        .route("/accounts/{mage_id}/sign-ins", post(add_sign_in))
        .route("/accounts/{mage_id}/keys", post(add_key))
        .route("/accounts/{mage_id}/projects", post(add_project))
        .route("/keys/{id}", delete(revoke_key))
        .route("/projects/{id}/data-spaces", post(add_data_space))
        .route("/data-spaces/{id}", delete(remove_data_space))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(clear_fault))
        .route("/clocks", get(clocks))
        .route("/clocks/{door}", put(set_clock))
        .route("/requests", get(requests).delete(forget_requests))
        .route(
            "/scenarios",
            get(|| async { answer(200, &json!({"scenarios": Scenario::ALL})) }),
        )
        .route("/scenario", get(situation).put(play))
        .route("/state", get(state))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), only_with_token))
        .with_state(shared)
}

async fn only_with_token(State(stage): State<Shared>, request: Request, next: Next) -> Response {
    if bearer(request.headers()) == Some(stage.control_token.as_str()) {
        next.run(request).await
    } else {
        trouble(
            401,
            "controlTokenRequired",
            "This run's control token is required",
        )
    }
}

fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn value(thing: &impl serde::Serialize) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

fn ask<T>(result: Result<T, WorldError>) -> Result<T, Box<Response>> {
    result.map_err(|error| Box::new(refused(&error)))
}

fn finish(outcome: Outcome) -> Response {
    outcome.unwrap_or_else(|response| *response)
}

async fn accounts(State(stage): State<Shared>) -> Response {
    answer(200, &json!({"accounts": value(&stage.world().accounts())}))
}

async fn account(State(stage): State<Shared>, Path(mage_id): Path<String>) -> Response {
    finish(ask(stage.world().account(&mage_id).map(value)).map(|found| answer(200, &found)))
}

async fn create_account(State(stage): State<Shared>, body: Body) -> Response {
    let create = |new: NewAccount| {
        ask(stage.world().create_account(new)).map(|made| answer(201, &value(&made)))
    };
    finish(read(body).and_then(create))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    suspended: bool,
}

async fn change_account(
    State(stage): State<Shared>,
    Path(mage_id): Path<String>,
    body: Body,
) -> Response {
    let change = |change: AccountChange| ask(stage.world().suspend(&mage_id, change.suspended));
    finish(read(body).and_then(change).map(|()| done()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSignIn {
    #[serde(default)]
    role: Role,
}

async fn add_sign_in(
    State(stage): State<Shared>,
    Path(mage_id): Path<String>,
    body: Body,
) -> Response {
    let add = |new: NewSignIn| ask(stage.world().add_sign_in(&mage_id, new.role));
    finish(
        read(body)
            .and_then(add)
            .map(|made| answer(201, &value(&made))),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewKey {
    #[serde(rename = "for")]
    gateway: Gateway,
    name: String,
    #[serde(default)]
    api_key: Option<String>,
    /// PEM or base64 of DER; without it the simulator makes a pair and hands the private half over.
    #[serde(default)]
    public_key: Option<String>,
}

async fn add_key(State(stage): State<Shared>, Path(mage_id): Path<String>, body: Body) -> Response {
    let new: NewKey = match read(body) {
        Ok(new) => new,
        Err(response) => return *response,
    };
    finish(match (new.public_key, new.api_key) {
        (Some(public_key), api_key) => {
            let mut world = stage.world();
            let key = public_key.as_bytes();
            let made =
                world.register_key(&mage_id, new.gateway, &new.name, api_key.as_deref(), key);
            ask(made).map(|made| answer(201, &value(&made)))
        }
        (None, Some(_)) => Err(Box::new(trouble(
            400,
            "malformed",
            "An apiKey is given together with its publicKey",
        ))),
        (None, None) => make_key(&stage, mage_id, new.gateway, new.name).await,
    })
}

async fn make_key(stage: &Shared, mage_id: String, gateway: Gateway, name: String) -> Outcome {
    ask(stage.world().account(&mage_id).map(|_| ()))?;
    let pair = tokio::task::spawn_blocking(crate::token::make_pair).await;
    let Ok(Ok(pair)) = pair else {
        return Err(Box::new(trouble(
            500,
            "internal",
            "No key pair could be made",
        )));
    };
    ask(stage.world().hand_out(&mage_id, gateway, &name, pair))
        .map(|made| answer(201, &value(&made)))
}

async fn revoke_key(State(stage): State<Shared>, Path(id): Path<String>) -> Response {
    finish(ask(stage.world().revoke_key(&id)).map(|_| done()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewProject {
    name: String,
    #[serde(default)]
    id: Option<String>,
    /// Those of the licence when left out.
    #[serde(default)]
    data_spaces: Option<Vec<NewDataSpace>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDataSpace {
    name: String,
    #[serde(rename = "type")]
    kind: DataSpaceType,
    #[serde(default)]
    id: Option<String>,
}

impl NewDataSpace {
    fn build(self) -> crate::account::DataSpace {
        let mut made = new_data_space(&self.name, self.kind);
        made.id = self.id.unwrap_or(made.id);
        made
    }
}

async fn add_project(
    State(stage): State<Shared>,
    Path(mage_id): Path<String>,
    body: Body,
) -> Response {
    let add = |new: NewProject| {
        let mut world = stage.world();
        let licence = ask(world.account(&mage_id))?.licence;
        let standard = || {
            words::standard_data_spaces(licence)
                .iter()
                .map(|(name, kind)| new_data_space(name, *kind))
                .collect()
        };
        let data_spaces = new.data_spaces.map_or_else(standard, |all| {
            all.into_iter().map(NewDataSpace::build).collect()
        });
        let id = new.id.unwrap_or_else(words::random_uuid);
        ask(world.add_project(
            &mage_id,
            Project {
                id,
                name: new.name,
                data_spaces,
            },
        ))
    };
    finish(
        read(body)
            .and_then(add)
            .map(|made| answer(201, &value(&made))),
    )
}

async fn add_data_space(
    State(stage): State<Shared>,
    Path(project): Path<String>,
    body: Body,
) -> Response {
    let add = |new: NewDataSpace| ask(stage.world().add_data_space(&project, new.build()));
    finish(
        read(body)
            .and_then(add)
            .map(|made| answer(201, &value(&made))),
    )
}

async fn remove_data_space(State(stage): State<Shared>, Path(id): Path<String>) -> Response {
    finish(ask(stage.world().remove_data_space(&id)).map(|()| done()))
}

async fn faults(State(stage): State<Shared>) -> Response {
    let faults = stage.faults();
    let rules = faults
        .rules()
        .iter()
        .map(|(id, rule)| json!({"id": id, "rule": value(rule)}));
    answer(200, &json!({"faults": rules.collect::<Vec<_>>()}))
}

async fn add_fault(State(stage): State<Shared>, body: Body) -> Response {
    let add = |rule: Rule| ask(stage.faults().add(rule));
    finish(
        read(body)
            .and_then(add)
            .map(|id| answer(201, &json!({"id": id}))),
    )
}

async fn clear_faults(State(stage): State<Shared>) -> Response {
    stage.faults().clear_all();
    done()
}

async fn clear_fault(State(stage): State<Shared>, Path(id): Path<u64>) -> Response {
    if stage.faults().clear(id) {
        done()
    } else {
        refused(&WorldError::Unknown("fault"))
    }
}

async fn clocks(State(stage): State<Shared>) -> Response {
    answer(200, &value(&stage.clocks()))
}

async fn set_clock(State(stage): State<Shared>, Path(door): Path<Door>, body: Body) -> Response {
    let set = |skew: ClockSkew| stage.set_clock(door, skew);
    finish(read(body).map(set).map(|()| done()))
}

async fn requests(State(stage): State<Shared>) -> Response {
    let visits = stage.visits();
    answer(
        200,
        &json!({"requests": value(&visits.list()), "distinctTokens": visits.distinct_tokens()}),
    )
}

async fn forget_requests(State(stage): State<Shared>) -> Response {
    stage.visits().clear();
    done()
}

async fn situation(State(stage): State<Shared>) -> Response {
    match &*stage.situation() {
        Some(situation) => answer(200, &value(situation)),
        None => refused(&WorldError::Unknown("scenario")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    name: Scenario,
}

async fn play(State(stage): State<Shared>, body: Body) -> Response {
    let name = match read::<Play>(body) {
        Ok(play) => play.name,
        Err(response) => return *response,
    };
    let at = stage.clone();
    match tokio::task::spawn_blocking(move || at.play(name)).await {
        Ok(outcome) => finish(ask(outcome).map(|situation| answer(200, &value(&situation)))),
        Err(_) => trouble(500, "internal", "The scenario could not be set up"),
    }
}

async fn state(State(stage): State<Shared>) -> Response {
    answer(200, &stage.world().to_json())
}
