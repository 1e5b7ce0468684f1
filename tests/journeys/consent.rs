//! How a push is agreed to: by a saved plan that nobody edited, or by a person at a terminal.

use std::process::Stdio;

use patchbay_tests::bed::{Bed, Run, finished};
use patchbay_tests::ground::{Instance, InstanceOptions};
use tokio::io::AsyncWriteExt as _;

use crate::told::{about, connector, outcome};

const SHOP: &str = "Nordlys live";

async fn assigned(bed: &Bed) -> Instance {
    let instance = bed
        .ground
        .instance(InstanceOptions::default())
        .await
        .unwrap();
    bed.bring_keys().await.unwrap();
    bed.add(SHOP, "live", &instance).await.unwrap();
    bed.assign(SHOP, "Production", 0).await.unwrap();
    instance
}

#[tokio::test]
async fn a_saved_plan_is_applied_once_and_only_as_it_was_saved() {
    let bed = Bed::start().await.unwrap();
    let instance = assigned(&bed).await;
    let before = connector(instance.rows().await.unwrap());
    let file = bed.folder().join("plan.json").display().to_string();
    let saved = ["--json", "plan", "--only", "keys", "--out", &file];
    let plan = bed.ctl(&saved).await.unwrap().expect(0).json();
    assert_eq!(about(&plan, SHOP)["changes"].as_array().unwrap().len(), 4);

    let text = std::fs::read_to_string(&file).unwrap();
    let edits = [
        text.replace("\"keys\"", "\"keys\",\n    \"data-space\""),
        text.replace(SHOP, "Another shop"),
        text.replacen("sandbox_api_key", "production_api_key", 1),
    ];
    for edit in edits {
        assert_ne!(edit, text, "the edit changes something");
        let edited = bed.file("edited.json", edit).unwrap();
        let refused = bed.ctl(&["--json", "push", "--plan", &edited]).await;
        let refused = refused.unwrap().expect(1).json();
        assert_eq!(refused["error"]["code"], "planNotOurs");
    }
    assert_eq!(connector(instance.rows().await.unwrap()), before);

    let connections = bed.ground.ssh_connections().unwrap();
    let push = ["--json", "push", "--plan", &file];
    let pushed = bed.ctl(&push).await.unwrap().expect(0).json();
    assert_eq!(outcome(&pushed, SHOP), "pushed");
    assert_eq!(about(&pushed, SHOP)["changes"].as_array().unwrap().len(), 4);
    assert_eq!(pushed["entry"], about(&pushed, SHOP)["entry"]);
    assert_eq!(bed.ground.ssh_connections().unwrap() - connections, 1);

    let again = bed.ctl(&push).await.unwrap().expect(1).json();
    assert_eq!(
        outcome(&again, SHOP),
        "changedSincePlan",
        "what the plan saw is not there any more"
    );
    let retried = ["--json", "push", "--retry-failed", "--yes"];
    let retried = bed.ctl(&retried).await.unwrap().expect(0).json();
    let only = "what was not planned then is not touched now";
    assert_eq!(outcome(&retried, SHOP), "unchanged", "{only}");
    let wider = ["push", "--retry-failed", "--only", "data-space", "--yes"];
    let wider = bed.ctl(&[&["--json"], &wider[..]].concat()).await.unwrap();
    assert_eq!(outcome(&wider.expect(0).json(), SHOP), "pushed");
    let nothing = ["--json", "push", "--retry-failed", "--yes"];
    let nothing = bed.ctl(&nothing).await.unwrap().expect(0).json();
    assert_eq!(nothing["instances"], serde_json::json!([]));
    exported(&bed).await;
}

/// The export tells what was done without saying who did it.
async fn exported(bed: &Bed) {
    let csv = ["journal", "export", "--format", "csv"];
    let csv = bed.ctl(&csv).await.unwrap().expect(0).stdout;
    assert!(csv.contains("changedSincePlan") && csv.contains(SHOP));
    let user = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    for row in csv.lines().skip(1) {
        assert!(!row.ends_with(&format!(",{user}")), "{row}");
    }
    let verified = bed.ctl(&["--json", "journal", "verify"]).await.unwrap();
    assert_eq!(verified.expect(0).json()["result"], "good");
}

/// Runs `push` at a terminal of its own and types `answer`.
async fn at_a_terminal(bed: &Bed, answer: &str) -> Run {
    let ours = bed.command(&["push", SHOP]);
    let words = std::iter::once(ours.as_std().get_program()).chain(ours.as_std().get_args());
    let quoted: Vec<String> = words
        .map(|word| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''")))
        .collect();
    let mut terminal = tokio::process::Command::new("script");
    terminal
        .args([
            "--quiet",
            "--return",
            "--command",
            &quoted.join(" "),
            "/dev/null",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in ours.as_std().get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    let mut child = terminal.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(answer.as_bytes()).await.unwrap();
    let run = finished(child).await.unwrap();
    drop(stdin);
    run
}

#[tokio::test]
async fn a_person_sees_the_plan_and_decides() {
    let bed = Bed::start().await.unwrap();
    let instance = assigned(&bed).await;
    let before = connector(instance.rows().await.unwrap());

    let refused = at_a_terminal(&bed, "n\n").await.expect(1);
    assert!(refused.stdout.contains("->"), "{refused:?}");
    assert!(
        refused.stdout.contains("Apply this to 1 of 1?"),
        "{refused:?}"
    );
    assert_eq!(connector(instance.rows().await.unwrap()), before);

    let agreed = at_a_terminal(&bed, "y\n").await.expect(0);
    assert!(agreed.stdout.contains("Applied"), "{agreed:?}");
    assert!(
        agreed.stdout.contains("connecting"),
        "progress is shown there"
    );
    assert_eq!(connector(instance.rows().await.unwrap()).len(), 9);
}
