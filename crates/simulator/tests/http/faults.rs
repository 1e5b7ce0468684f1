//! Every failure that can be asked for, as a client meets it.

use std::io::Read as _;
use std::time::{Duration, Instant};

use patchbay_simulator::{Config, Door, Fault, Gateway, Rule, Scenario, Simulator, Situation};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{all_well, client, get, http_date, now, read, signed};

/// A gateway on which the next request meets `fault`, and the answer to that request.
async fn met(fault: Fault) -> (Simulator, Situation, reqwest::Result<Response>) {
    let (simulator, situation) = all_well();
    simulator
        .misbehave(Rule::once(fault).at(Gateway::Production))
        .unwrap();
    let key = &situation.accounts[0].production;
    let answer = signed(Method::GET, &simulator.urls().production, "ping", key)
        .send()
        .await;
    (simulator, situation, answer)
}

#[tokio::test]
async fn statuses_come_in_the_registrys_two_error_forms() {
    let (simulator, _, answer) = met(Fault::Status { status: 500 }).await;
    let answer = read(answer.unwrap()).await;
    assert_eq!(
        answer,
        (
            500,
            json!({"status": 500, "error": "Internal Server Error"})
        )
    );
    assert_eq!(simulator.visits()[0].fault, Some("status"));
    let (_simulator, _, answer) = met(Fault::Status { status: 503 }).await;
    let (status, body) = read(answer.unwrap()).await;
    assert_eq!((status, &body["status"]), (503, &json!(503)));
    assert_eq!(body["statusText"], "Service Unavailable");
    assert!(body["message"].is_string() && body["requestId"].is_string());
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_back() {
    let (_simulator, _, answer) = met(Fault::TooManyRequests { retry_after: 17 }).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "17");
}

#[tokio::test]
async fn garbage_pages_and_any_answer_come_as_they_are() {
    let (_simulator, _, answer) = met(Fault::Garbage).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert!(serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).is_err());

    let (_simulator, _, answer) = met(Fault::ProxyPage { status: 200 }).await;
    let answer = answer.unwrap();
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(answer.text().await.unwrap().contains("<html>"));

    let odd = Fault::Answer {
        status: 418,
        content_type: "text/plain".into(),
        body: "teapot".into(),
    };
    let (_simulator, _, answer) = met(odd).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap()),
        (418, "teapot".to_owned())
    );
}

#[tokio::test]
async fn a_slow_answer_is_right_but_late_and_refusals_still_show_behind_it() {
    let begin = Instant::now();
    let (simulator, situation, answer) = met(Fault::Slow { millis: 300 }).await;
    assert_eq!(answer.unwrap().status(), 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    simulator
        .misbehave(Rule::once(Fault::Slow { millis: 1 }))
        .unwrap();
    let (status, body) = get(
        &simulator.urls().production,
        "ping",
        &situation.accounts[0].sandbox,
    )
    .await;
    assert_eq!(
        (status, &body["error"]["message"]),
        (403, &json!("Client ID is invalid"))
    );
}

#[tokio::test]
async fn no_answer_and_a_dripping_one_run_into_the_clients_time_out() {
    for fault in [Fault::NeverAnswers, Fault::Trickle { millis: 20 }] {
        let (simulator, situation) = all_well();
        simulator
            .misbehave(Rule::always(fault.clone()).at(Gateway::Production))
            .unwrap();
        let key = &situation.accounts[0].production;
        let request = signed(Method::GET, &simulator.urls().production, "ping", key);
        let error = match request.timeout(Duration::from_millis(400)).send().await {
            Ok(response) => response.bytes().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.is_timeout(), "{fault:?}: {error:?}");
        assert_eq!(simulator.visits().len(), 1, "it was seen");
    }
}

#[tokio::test]
async fn a_huge_body_is_streamed_in_the_size_asked_for() {
    let (_simulator, _, answer) = met(Fault::HugeBody { bytes: 3_000_000 }).await;
    let body = answer.unwrap().bytes().await.unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["results"][0].as_str().unwrap().len(), 3_000_000);
    let (_simulator, _, answer) = met(Fault::HugeBody { bytes: 1 << 40 }).await;
    let mut answer = answer.unwrap();
    assert_eq!(answer.content_length(), None, "its length is not announced");
    let mut seen = 0;
    while seen < 4_000_000 {
        seen += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn deep_json_is_deeper_than_a_careful_reader_goes() {
    let (_simulator, _, answer) = met(Fault::DeepJson { depth: 100_000 }).await;
    let body = answer.unwrap().text().await.unwrap();
    assert_eq!(body.len(), 200_000);
    assert!(serde_json::from_str::<Value>(&body).is_err());
}

#[tokio::test]
async fn a_gzip_bomb_is_small_on_the_wire() {
    let (_simulator, _, answer) = met(Fault::GzipBomb { bytes: 40_000_000 }).await;
    let answer = answer.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let packed = answer.bytes().await.unwrap();
    let unpacked = std::io::copy(
        &mut flate2::read::MultiGzDecoder::new(&packed[..]).by_ref(),
        &mut std::io::sink(),
    );
    assert_eq!(unpacked.unwrap(), 3 * 16 * 1024 * 1024, "rounded up");
    assert!(packed.len() < 100_000, "{}", packed.len());
}

#[tokio::test]
async fn a_redirect_leads_elsewhere_and_the_log_there_would_tell() {
    let elsewhere = Simulator::start(Config::default()).unwrap();
    let location = format!("{}stolen", elsewhere.urls().portal);
    let (_simulator, _, answer) = met(Fault::Redirect {
        status: 307,
        location: location.clone(),
    })
    .await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"].to_str().unwrap(), location);
    assert!(
        elsewhere.visits().is_empty(),
        "a client that follows no redirect never comes here"
    );
    let got = client()
        .get(location)
        .header("x-gw-signature", "x")
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), 404);
    assert_eq!(elsewhere.visits()[0].path, "/stolen");
}

#[tokio::test]
async fn a_closed_connection_gives_no_byte_and_the_next_one_works() {
    let (simulator, situation, answer) = met(Fault::CloseConnection).await;
    let error = answer.unwrap_err();
    assert!(!error.is_timeout() && error.status().is_none(), "{error:?}");
    let key = &situation.accounts[0].production;
    assert_eq!(get(&simulator.urls().production, "ping", key).await.0, 200);

    simulator
        .misbehave(Rule::once(Fault::CloseConnection))
        .unwrap();
    let address = simulator
        .urls()
        .sandbox
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let received = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut line = std::net::TcpStream::connect(address).unwrap();
        line.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut received = Vec::new();
        // A reset and an orderly end are both "closed"; a byte is not.
        let _ = line.read_to_end(&mut received);
        received
    });
    assert_eq!(received.await.unwrap(), b"");
}

#[tokio::test]
async fn a_truncated_answer_is_noticed() {
    let (_simulator, _, answer) = met(Fault::Truncated).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.content_length()),
        (200, Some(4096))
    );
    let error = answer.bytes().await.unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_lost_answer_still_did_what_was_asked() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let account = simulator
        .play(Scenario::EmptyAccount)
        .unwrap()
        .accounts
        .remove(0);
    let rule = Rule::once(Fault::AnswerLost)
        .with("POST")
        .on("/merchant-registry/v1/registry/*");
    simulator.misbehave(rule).unwrap();
    let gateway = &simulator.urls().production;
    assert_eq!(
        get(gateway, "registry", &account.production).await.1,
        json!({"results": []})
    );
    let create = signed(
        Method::POST,
        gateway,
        "registry/initialize",
        &account.production,
    );
    create
        .body(r#"{"projectName":"Shop"}"#)
        .send()
        .await
        .unwrap_err();
    let (_, body) = get(gateway, "registry", &account.production).await;
    assert_eq!(
        body["results"].as_array().unwrap().len(),
        3,
        "the project exists"
    );
}

#[tokio::test]
async fn a_suspension_by_fault_strikes_whoever_asks() {
    let (_simulator, _, answer) = met(Fault::SuspendedAccount).await;
    let (status, body) = read(answer.unwrap()).await;
    assert_eq!(
        (status, &body["message"]),
        (403, &json!("Account is suspended"))
    );
}

#[tokio::test]
async fn one_shot_rules_end_and_others_stay_until_cleared() {
    let (simulator, situation) = all_well();
    let account = &situation.accounts[0];
    let urls = simulator.urls();
    let rule = Rule::always(Fault::Status { status: 502 })
        .at(Door::Production)
        .on("/merchant-registry/v1/ping");
    let id = simulator.misbehave(rule).unwrap();
    for _ in 0..3 {
        assert_eq!(
            get(&urls.production, "ping", &account.production).await.0,
            502
        );
    }
    assert_eq!(
        get(&urls.production, "registry", &account.production)
            .await
            .0,
        200,
        "another path"
    );
    assert_eq!(
        get(&urls.sandbox, "ping", &account.sandbox).await.0,
        200,
        "another gateway"
    );
    assert!(simulator.faults(|faults| faults.clear(id)));
    assert_eq!(
        get(&urls.production, "ping", &account.production).await.0,
        200
    );
    simulator.misbehave(Rule::once(Fault::Garbage)).unwrap();
    assert_ne!(
        get(&urls.production, "ping", &account.production).await.1["status"],
        200
    );
    assert_eq!(
        get(&urls.production, "ping", &account.production).await.0,
        200,
        "used up"
    );
}

#[tokio::test]
async fn every_answer_has_a_date_of_the_gateways_clock() {
    for fault in [
        Fault::Status { status: 503 },
        Fault::Garbage,
        Fault::ProxyPage { status: 403 },
        Fault::Redirect {
            status: 302,
            location: "/".into(),
        },
        Fault::Truncated,
    ] {
        let (_simulator, _, answer) = met(fault.clone()).await;
        let date = answer.unwrap().headers()["date"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!((http_date(&date) - now()).abs() <= 2, "{fault:?}: {date}");
    }
}

#[tokio::test]
async fn scenarios_of_trouble_are_in_trouble() {
    let simulator = Simulator::start(Config::default()).unwrap();
    for (scenario, status) in [
        (Scenario::GatewayDown, 503),
        (Scenario::TooBusy, 429),
        (Scenario::ProxyInBetween, 403),
        (Scenario::ClockAhead, 401),
        (Scenario::Suspended, 403),
        (Scenario::MageIdHidden, 200),
        (Scenario::AllWell, 200),
    ] {
        let account = simulator.play(scenario).unwrap().accounts.remove(0);
        let urls = simulator.urls();
        assert_eq!(
            get(&urls.production, "ping", &account.production).await.0,
            status,
            "{scenario}"
        );
        assert_eq!(
            get(&urls.sandbox, "ping", &account.sandbox).await.0,
            status,
            "{scenario}"
        );
    }
}

#[tokio::test]
async fn dropping_a_simulator_closes_its_ports_even_with_a_request_that_never_ends() {
    let (simulator, situation) = all_well();
    simulator
        .misbehave(Rule::always(Fault::NeverAnswers))
        .unwrap();
    let gateway = simulator.urls().production.clone();
    let request = signed(
        Method::GET,
        &gateway,
        "ping",
        &situation.accounts[0].production,
    );
    let pending = tokio::spawn(request.send());
    while simulator.visits().is_empty() {
        tokio::task::yield_now().await;
    }
    let begin = Instant::now();
    drop(simulator);
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    assert!(
        pending.await.unwrap().is_err(),
        "the open request ends with an error"
    );
    assert!(
        client()
            .get(&gateway)
            .send()
            .await
            .unwrap_err()
            .is_connect(),
        "nobody listens any more"
    );
}
