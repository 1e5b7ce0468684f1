//! The merchant registry behind both gateways: projects and data spaces of the caller's MageID.
//!
//! Answers follow `docs/facts.md`, merchant registry. Callers were let in by `gateway`;
//! nobody sees anything of another account.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use serde_json::{Map, Value, json};
use std::time::SystemTime;

use crate::account::{Account, DataSpace, Project};
use crate::door::Shared;
use crate::gateway::{Caller, answer, problem};
use crate::words;
use crate::world::WorldError;

type Body = Result<Bytes, BytesRejection>;

/// The registry's routes, without their prefix.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/ping", get(ping))
        .route("/registry", get(list))
        .route("/registry/initialize", post(initialize))
        .route(
            "/registry/projects/{id}",
            get(project).patch(rename_project),
        )
        .route(
            "/registry/environments/{id}",
            get(data_space).patch(rename_data_space),
        )
        .route("/registry/environments/{id}/cloudid/{cloud}", put(cloud_id))
        .with_state(shared)
}

async fn ping() -> Response {
    answer(200, &json!({"status": 200, "message": "pong"}))
}

async fn list(State(stage): State<Shared>, Extension(caller): Extension<Caller>) -> Response {
    let world = stage.world();
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    let rows: Vec<Value> = account
        .projects
        .iter()
        .flat_map(|project| rows(account, project, &caller))
        .collect();
    answer(200, &json!({"results": rows}))
}

async fn project(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let world = stage.world();
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    let own = account.projects.iter().filter(|project| project.id == id);
    let rows: Vec<Value> = own
        .flat_map(|project| rows(account, project, &caller))
        .collect();
    answer(200, &json!({"results": rows}))
}

async fn data_space(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let world = stage.world();
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    let mut all = account
        .projects
        .iter()
        .flat_map(|project| project.data_spaces.iter().map(move |s| (project, s)));
    let Some((project, space)) = all.find(|(_, space)| space.id == id) else {
        return not_found();
    };
    let mut found = row(account, project, space, &caller);
    found.extend(extras(account, space));
    answer(200, &Value::Object(found))
}

async fn initialize(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let name = match name_in(body, "projectName") {
        Ok(name) => name,
        Err(response) => return *response,
    };
    let mut world = stage.world();
    let project = match world.initialize(&caller.mage_id, &name) {
        Ok(project) => project,
        Err(error) => return refused(&error),
    };
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    answer(
        200,
        &json!({"status": 200, "results": rows(account, &project, &caller)}),
    )
}

async fn rename_project(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Body,
) -> Response {
    let name = match name_in(body, "projectName") {
        Ok(name) => name,
        Err(response) => return *response,
    };
    let mut world = stage.world();
    let Some(project) = world.own_project_mut(&caller.mage_id, &id) else {
        return not_found();
    };
    project.name = name;
    let project = project.clone();
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    let first = project
        .data_spaces
        .first()
        .map(|space| row(account, &project, space, &caller));
    answer(
        200,
        &first.map_or_else(
            || json!({"projectId": id, "projectName": project.name}),
            Value::Object,
        ),
    )
}

async fn rename_data_space(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Body,
) -> Response {
    match name_in(body, "environmentName") {
        Ok(name) => change(&stage, &caller, &id, |space| space.name = name),
        Err(response) => *response,
    }
}

async fn cloud_id(
    State(stage): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((id, cloud)): Path<(String, String)>,
) -> Response {
    if !words::is_cloud_id(&cloud) {
        return problem(400, "The cloud project id is not valid");
    }
    change(&stage, &caller, &id, |space| space.cloud_id = Some(cloud))
}

fn change(stage: &Shared, caller: &Caller, id: &str, how: impl FnOnce(&mut DataSpace)) -> Response {
    let mut world = stage.world();
    let Some(space) = world.own_data_space_mut(&caller.mage_id, id) else {
        return not_found();
    };
    how(space);
    space.updated_at = words::rfc3339(SystemTime::now());
    let Ok(account) = world.account(&caller.mage_id) else {
        return not_found();
    };
    let mut all = account
        .projects
        .iter()
        .flat_map(|project| project.data_spaces.iter().map(move |s| (project, s)));
    let found = all.find(|(_, space)| space.id == id);
    found.map_or_else(not_found, |(project, space)| {
        answer(200, &Value::Object(row(account, project, space, caller)))
    })
}

fn rows(account: &Account, project: &Project, caller: &Caller) -> Vec<Value> {
    project
        .data_spaces
        .iter()
        .map(|space| Value::Object(row(account, project, space, caller)))
        .collect()
}

fn row(
    account: &Account,
    project: &Project,
    space: &DataSpace,
    caller: &Caller,
) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("environmentId", json!(space.id));
    put("environmentName", json!(space.name));
    put("environmentType", json!(space.kind.word()));
    put("projectId", json!(project.id));
    put("projectName", json!(project.name));
    if !caller.without_mage_id {
        put("mageId", json!(account.mage_id));
    }
    put("organizationId", json!(account.organisation_id));
    put("organizationName", json!(account.organisation));
    put("imsOrganizationId", Value::Null);
    put("accountGroup", json!("MERCHANT"));
    put("entitlementAuthority", json!("MAGENTO"));
    put("accountEntitlements", json!(account.entitlements));
    row
}

fn extras(account: &Account, space: &DataSpace) -> Map<String, Value> {
    let mut extras = Map::new();
    let mut put = |name: &str, value: Value| extras.insert(name.to_owned(), value);
    put("featureSet", json!(account.feature_set));
    put("cloudId", json!(space.cloud_id));
    put("subscriptionEndDate", Value::Null);
    put(
        "accountSyncStatus",
        json!({"status": "SYNCED", "updatedAt": space.updated_at}),
    );
    put("createdAt", json!(space.created_at));
    put("updatedAt", json!(space.updated_at));
    put("hipaa", json!(false));
    extras
}

fn not_found() -> Response {
    problem(404, "Merchant registry not found")
}

fn refused(error: &WorldError) -> Response {
    match error {
        WorldError::Unknown(_) => not_found(),
        WorldError::TooMany(_) | WorldError::Taken(_) => problem(409, &error.to_string()),
        WorldError::Malformed(why) => problem(400, why),
        WorldError::CannotMake(_) => problem(500, &error.to_string()),
    }
}

/// The one text field that a body must have. Other fields are left alone.
fn name_in(body: Body, field: &str) -> Result<String, Box<Response>> {
    let bytes = body.map_err(|_| Box::new(problem(413, "The body is too large")))?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|_| Box::new(problem(400, "The body is not JSON")))?;
    let text = value.get(field).and_then(Value::as_str);
    let text = text.ok_or_else(|| Box::new(problem(400, &format!("{field} is required"))))?;
    words::name(text).map_err(|error| Box::new(refused(&error)))
}
