//! What visitors of a shop see: its GraphQL interface and its first page.
//!
//! Anybody may ask; a visitor has no token. Shops are found by the host of their base URL.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use patchbay_core::config::ConfigPath;
use serde_json::{Value, json};

use super::instance::{Instance, Shown};
use super::{Shared, lock};
use crate::gateway::answer;

type Stage = State<Arc<Shared>>;

/// The shops, below `shops/`.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/shops/{host}/", get(page))
        .route("/shops/{host}/graphql", post(graphql))
}

/// Lets an instance answer its visitor; a host nobody has is no shop.
fn visit(shared: &Shared, host: &str, act: impl FnOnce(&Instance) -> Response) -> Response {
    let places: Vec<_> = lock(&shared.places).values().cloned().collect();
    for place in places {
        let mut instance = lock(&place.instance);
        if host_of(&instance.base_url) != host {
            continue;
        }
        instance.tally.visits += 1;
        return match &instance.shown {
            Shown::Elsewhere(url) => {
                (StatusCode::FOUND, [(header::LOCATION, url.clone())]).into_response()
            }
            _ => act(&instance),
        };
    }
    StatusCode::NOT_FOUND.into_response()
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default()
}

/// Id and type that a visitor is shown; none where the shop shows nothing or holds nothing.
fn context(instance: &Instance) -> Option<(String, String)> {
    if let Shown::Another(id) = &instance.shown {
        return Some((id.clone(), "Production".to_owned()));
    }
    let value = |path| {
        let bytes = instance.effective(path)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    Some((
        value(ConfigPath::DataSpaceId)?,
        value(ConfigPath::DataSpaceType).unwrap_or_default(),
    ))
}

async fn graphql(State(shared): Stage, Path(host): Path<String>) -> Response {
    visit(&shared, &host, |instance| {
        let body = match instance.shown {
            Shown::OnPages | Shown::Nothing => no_such_field(),
            _ => {
                let (id, kind) = context(instance).unwrap_or_default();
                json!({"data": {"dataServicesStorefrontInstanceContext":
                    {"environment_id": id, "environment": kind}}})
            }
        };
        answer(200, &body)
    })
}

/// What the interface says of a field that no module brought.
fn no_such_field() -> Value {
    let message = "Cannot query field \"dataServicesStorefrontInstanceContext\" on type \"Query\".";
    json!({"errors": [{"message": message, "extensions": {"category": "graphql"}}]})
}

async fn page(State(shared): Stage, Path(host): Path<String>) -> Response {
    visit(&shared, &host, |instance| {
        let shown = context(instance).filter(|_| instance.shown != Shown::Nothing);
        let script = shown.map_or_else(String::new, |(id, kind)| {
            let context = json!({
                "storeUrl": instance.base_url, "environmentId": id, "environment": kind,
            });
            format!("<script>window.shop.context.setStorefrontInstance({context});</script>")
        });
        Html(format!("<!doctype html><title>Shop</title>{script}")).into_response()
    })
}
