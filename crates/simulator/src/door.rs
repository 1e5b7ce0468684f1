//! What happens to every request of a listener before and after it is answered.
//!
//! In order: the headers are judged, the request is logged, a fault may strike, the answer is
//! made, and a `Date` header by this listener's clock is put on it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::account::Gateway;
use crate::fault::{Door, Fault};
use crate::gateway::{self, Caller, Judged};
use crate::misbehave;
use crate::net::Line;
use crate::stage::{self, Stage};
use crate::visits::{Signature, Visit};
use crate::words;

/// The stage, as handlers hold it.
pub(crate) type Shared = Arc<Stage>;

#[derive(Clone)]
struct Side {
    stage: Shared,
    door: Door,
}

/// Puts the doorkeeper in front of everything `router` serves.
pub(crate) fn guarded(router: Router, stage: Shared, door: Door) -> Router {
    router.layer(from_fn_with_state(Side { stage, door }, attend))
}

async fn attend(
    State(side): State<Side>,
    ConnectInfo(line): ConnectInfo<Line>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    if side.door == Door::Portal && path.starts_with("/control/") {
        return dated(next.run(request).await, &side);
    }
    let judged = side.judge(request.headers());
    let fault = side
        .stage
        .faults()
        .take(side.door, request.method().as_str(), &path);
    let number = side.log(&request, judged.as_ref(), fault.as_ref());
    let admitted = admission(judged, &path, &mut request, fault.as_ref());
    let response = match admitted {
        Err(refusal) if fault.as_ref().is_none_or(only_hinders) => {
            hindered(fault.as_ref(), &line, async { refusal }).await
        }
        _ => match fault.as_ref().and_then(misbehave::instead) {
            Some(response) => response,
            None => hindered(fault.as_ref(), &line, next.run(request)).await,
        },
    };
    side.stage
        .visits()
        .answered(number, response.status().as_u16());
    dated(response, &side)
}

/// Faults that leave the answer as it is, so that a refusal still shows behind them.
fn only_hinders(fault: &Fault) -> bool {
    misbehave::instead(fault).is_none()
}

#[expect(
    clippy::result_large_err,
    reason = "the answer is made once and handed on at once"
)]
fn admission(
    judged: Option<Judged>,
    path: &str,
    request: &mut Request,
    fault: Option<&Fault>,
) -> Result<(), Response> {
    let Some(judged) = judged.filter(|_| gateway::is_guarded(path)) else {
        return Ok(());
    };
    let mage_id = gateway::admit(&judged.verdict)?;
    let without_mage_id = matches!(fault, Some(Fault::WithoutMageId));
    request.extensions_mut().insert(Caller {
        mage_id,
        without_mage_id,
    });
    Ok(())
}

async fn hindered(
    fault: Option<&Fault>,
    line: &Line,
    answer: impl Future<Output = Response>,
) -> Response {
    match fault {
        Some(Fault::Slow { millis }) => tokio::time::sleep(Duration::from_millis(*millis)).await,
        Some(Fault::NeverAnswers) => std::future::pending().await,
        Some(Fault::CloseConnection) => {
            line.cut();
            return Response::default();
        }
        _ => {}
    }
    let response = answer.await;
    if matches!(fault, Some(Fault::AnswerLost)) {
        line.cut();
    }
    response
}

fn dated(mut response: Response, side: &Side) -> Response {
    if let Ok(value) = HeaderValue::from_str(&words::http_date(side.stage.date(side.door))) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

impl Side {
    fn judge(&self, headers: &HeaderMap) -> Option<Judged> {
        let gateway = match self.door {
            Door::Production => Gateway::Production,
            Door::Sandbox => Gateway::Sandbox,
            Door::Portal => return None,
        };
        Some(gateway::judge(&self.stage, gateway, headers))
    }

    fn log(&self, request: &Request, judged: Option<&Judged>, fault: Option<&Fault>) -> u64 {
        let agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        let (signature, flaw) = judged.map_or((Signature::Absent, None), Judged::signature);
        let mut visits = self.stage.visits();
        let token = judged.and_then(|judged| judged.token);
        let token = token.and_then(|digest| visits.token_number(digest));
        visits.enter(Visit {
            number: 0,
            at: stage::now(),
            door: self.door,
            method: request.method().as_str().chars().take(16).collect(),
            path: request.uri().path().chars().take(512).collect(),
            api_key: judged.and_then(|judged| judged.api_key.clone()),
            signature,
            flaw,
            token,
            user_agent: agent.map(|agent| agent.chars().take(256).collect()),
            fault: fault.map(Fault::name),
            status: None,
        })
    }
}
