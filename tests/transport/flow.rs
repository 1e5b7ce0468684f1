//! Whether data flows: what the ends of the export logs tell, and nothing else of them.

use std::fs;
use std::path::Path;

use patchbay_core::look::Flow;
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::transport::Transport as _;
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{look_request, site};

fn line(time: &str, level: &str, rest: &str) -> String {
    format!("[{time}] report.{level}: {{\"feed\":\"prices\",{rest}}} [] []\n")
}

fn at(seconds: i64) -> Option<UnixMillis> {
    Some(UnixMillis(seconds * 1_000))
}

#[tokio::test]
async fn the_export_logs_tell_when_data_was_sent_and_since_when_it_fails() {
    let site = site(InstanceOptions::default()).await;
    let way = site.way();
    let seen = || async {
        let look = site.transport.look(&way, &look_request()).await.unwrap();
        look.flow
    };
    assert_eq!(seen().await, None, "no logs say nothing");
    let logs = Path::new(&way.root).join("var/log");
    fs::create_dir_all(&logs).unwrap();
    let progress =
        |synced: u32| format!("\"status\":\"Progress 1\\/1, processed 500, synced {synced}\"");
    let mut told = "x".repeat(300_000) + "\n";
    told += &line("2024-03-05T21:00:50.1+00:00", "INFO", &progress(100));
    told += &line("2024-03-05T21:00:59.9+00:00", "INFO", &progress(0));
    fs::write(logs.join("commerce-data-export.log"), told).unwrap();
    let sent = at(1_709_672_450);
    let fine = Flow {
        sent_at: sent,
        failing_since: None,
    };
    assert_eq!(seen().await, Some(fine), "nothing sent is no sign of life");

    let secret = "\"response\":\"-----BEGIN PRIVATE KEY-----\"";
    let mut errors = line("2024-03-05T20:00:00.0+00:00", "ERROR", secret);
    errors += &line("2024-03-06T00:00:00.0+02:00", "ERROR", secret);
    errors += &line("2024-03-06T09:00:00.0+00:00", "CRITICAL", secret);
    errors += "no line of a log\n[not a time] report.ERROR: {}\n";
    fs::write(logs.join("saas-export-errors.log"), errors).unwrap();
    let failing = Flow {
        sent_at: sent,
        failing_since: at(1_709_676_000),
    };
    assert_eq!(
        seen().await,
        Some(failing),
        "since the first failure after it"
    );

    let later = line("2024-03-07T00:00:00.0+00:00", "INFO", "\"status\":\"sent\"");
    fs::write(logs.join("saas-export.log"), later).unwrap();
    let again = Flow {
        sent_at: at(1_709_769_600),
        failing_since: None,
    };
    assert_eq!(seen().await, Some(again));
}
