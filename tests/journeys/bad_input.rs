//! Whatever goes wrong outside or is typed wrongly has its own answer and its own exit code, and
//! changes nothing.

use patchbay_simulator::{Door, Fault, Rule};
use patchbay_tests::bed::{Bed, Run};
use patchbay_tests::ground::{Instance, InstanceOptions, ModuleState, keys};
use serde_json::Value;

use crate::told::about;

/// Code and next step of an error document.
fn error(run: &Run) -> (String, String) {
    let json = run.json();
    let text = |name: &str| json["error"][name].as_str().unwrap_or_default().to_owned();
    assert!(
        !text("text").is_empty(),
        "an error says what happened: {json}"
    );
    (text("code"), text("next"))
}

async fn refused(bed: &Bed, arguments: &[&str], exit: i32, code: &str) {
    let run = bed
        .ctl(&[&["--json"], arguments].concat())
        .await
        .unwrap()
        .expect(exit);
    let (said, next) = error(&run);
    assert_eq!(said, code, "{arguments:?}");
    assert!(!next.is_empty(), "{code} says what to do next");
}

/// Adds an instance by hand, reachable or not.
async fn add(bed: &Bed, name: &str, target: &str, root: &str, more: &[&str]) -> Run {
    let arguments = [
        "--json",
        "instance",
        "add",
        "--name",
        name,
        "--account",
        "Nordlys",
        "--role",
        "live",
    ];
    let way = ["--ssh", target, "--root", root];
    bed.ctl(&[&arguments[..], &way, more].concat())
        .await
        .unwrap()
}

/// State and reason of a check.
async fn reason(bed: &Bed, name: &str) -> (String, String) {
    let checked = bed
        .ctl(&["--json", "check", name])
        .await
        .unwrap()
        .expect(1)
        .json();
    let told = about(&checked, name);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&told["state"]), text(&told["reason"]["code"]))
}

/// The ways to the ground's server that differ in one thing from the right one.
async fn ways(bed: &Bed, instance: &Instance) -> Vec<(&'static str, Vec<String>, &'static str)> {
    let ssh = &instance.ssh;
    let port = ssh.port.to_string();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let key = ssh.identity_file.display().to_string();
    let root = instance.root.display().to_string();
    let php = instance.php().display().to_string();
    let right = format!("{}@{}", ssh.user, ssh.host);
    let way = |target: &str, port: &str, root: &str, php: &str| {
        [
            "--ssh",
            target,
            "--port",
            port,
            "--identity-file",
            &key,
            "--root",
            root,
            "--php",
            php,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let elsewhere = bed.folder().display().to_string();
    vec![
        (
            "unknown host",
            way("x@no-such-host.invalid", &port, &root, &php),
            "unknownHost",
        ),
        (
            "closed port",
            way(&right, &closed, &root, &php),
            "connectionRefused",
        ),
        (
            "wrong user",
            way(&format!("nobody-there@{}", ssh.host), &port, &root, &php),
            "loginRefused",
        ),
        (
            "no such root",
            way(&right, &port, "/no/such/root", &php),
            "rootMissing",
        ),
        (
            "another folder",
            way(&right, &port, &elsewhere, &php),
            "notACommerceRoot",
        ),
        ("no PHP", way(&right, &port, &root, "php9.9"), "phpMissing"),
    ]
}

#[tokio::test]
async fn every_way_not_to_get_there_has_its_own_reason() {
    let bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    for (name, way, code) in ways(&bed, &shop).await {
        let add = [
            "instance",
            "add",
            "--name",
            name,
            "--account",
            "Nordlys",
            "--role",
            "live",
        ];
        let words: Vec<&str> = add
            .into_iter()
            .chain(way.iter().map(String::as_str))
            .collect();
        let _ = bed.ctl(&words).await.unwrap().expect(0);
        let (state, said) = reason(&bed, name).await;
        assert_eq!(said, code, "{name}");
        let missing = matches!(code, "rootMissing" | "notACommerceRoot");
        assert_eq!(
            state,
            if missing {
                "connectorMissing"
            } else {
                "unreachable"
            },
            "{name}"
        );
    }
}

/// Adds an instance of the ground without trusting its server.
async fn add_untrusted(bed: &Bed, name: &str, shop: &Instance) {
    let target = format!("{}@{}", shop.ssh.user, shop.ssh.host);
    let (port, root) = (shop.ssh.port.to_string(), shop.root.display().to_string());
    let (key, php) = (
        shop.ssh.identity_file.display().to_string(),
        shop.php().display().to_string(),
    );
    let more = ["--port", &port, "--identity-file", &key, "--php", &php];
    let _ = add(bed, name, &target, &root, &more).await.expect(0);
}

#[tokio::test]
async fn host_keys_are_trusted_once_and_a_change_stops_everything() {
    let mut bed = Bed::start().await.unwrap();
    let shop = bed
        .instance(InstanceOptions {
            record_stdin: true,
            ..Default::default()
        })
        .await
        .unwrap();
    bed.bring_keys().await.unwrap();
    add_untrusted(&bed, "Shop", &shop).await;
    assert_eq!(
        reason(&bed, "Shop").await,
        ("unreachable".into(), "hostKeyUnknown".into())
    );

    let wrong = format!("SHA256:{}", "A".repeat(43));
    let run = bed
        .ctl(&[
            "--json",
            "host-key",
            "trust",
            "Shop",
            "--fingerprint",
            &wrong,
        ])
        .await
        .unwrap();
    assert_eq!(
        run.code, 1,
        "another fingerprint than the server's is not trusted: {run:?}"
    );
    assert_eq!(reason(&bed, "Shop").await.1, "hostKeyUnknown");
    let shown = bed
        .ctl(&["--json", "host-key", "show", "Shop"])
        .await
        .unwrap()
        .expect(0);
    let right = bed.ground.host_key_fingerprint().await.unwrap();
    assert!(shown.stdout.contains(&right), "{shown:?}");
    let _ = bed
        .ctl(&["host-key", "trust", "Shop", "--fingerprint", &right])
        .await
        .unwrap()
        .expect(0);
    bed.assign("Shop", "Production", 0).await.unwrap();

    bed.ground.change_host_key().await.unwrap();
    let read = shop.recorded_stdin().len();
    assert_eq!(
        reason(&bed, "Shop").await,
        ("unreachable".into(), "hostKeyChanged".into())
    );
    let pushed = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(1)
        .json();
    assert_eq!(about(&pushed, "Shop")["error"]["code"], "hostKeyChanged");
    assert_eq!(shop.recorded_stdin().len(), read, "not one byte reached it");
}

#[tokio::test]
async fn what_is_wrong_on_the_instance_is_told_apart() {
    let bed = Bed::start().await.unwrap();
    bed.bring_keys().await.unwrap();
    let cases = [
        (
            "absent",
            InstanceOptions {
                module: ModuleState::Absent,
                ..Default::default()
            },
            ("connectorMissing", "moduleAbsent"),
        ),
        (
            "disabled",
            InstanceOptions {
                module: ModuleState::Disabled,
                ..Default::default()
            },
            ("connectorMissing", "moduleDisabled"),
        ),
        (
            "no database",
            InstanceOptions {
                database_down: true,
                ..Default::default()
            },
            ("unreachable", "databaseDown"),
        ),
        (
            "throws",
            InstanceOptions {
                bootstrap_throws: true,
                ..Default::default()
            },
            ("unreachable", "bootFailed"),
        ),
        (
            "empty",
            InstanceOptions {
                noise: true,
                ..Default::default()
            },
            ("notConnected", "noValues"),
        ),
    ];
    for (name, options, (state, code)) in cases {
        let instance = bed.instance(options).await.unwrap();
        bed.add(name, "live", &instance).await.unwrap();
        assert_eq!(
            reason(&bed, name).await,
            (state.to_owned(), code.to_owned()),
            "{name}"
        );
    }
}

/// A push is blocked by G7, which names the source, and nothing was written.
async fn blocked_by(bed: &Bed, name: &str, instance: &Instance, source: &str) {
    let run = bed
        .ctl(&["--json", "push", name, "--yes", "--confirm", name])
        .await
        .unwrap()
        .expect(3)
        .json();
    let guards = about(&run, name)["guards"].as_array().unwrap();
    let locked = guards.iter().find(|guard| guard["id"] == "G7");
    let text = locked
        .and_then(|guard| guard["text"].as_str())
        .unwrap_or_else(|| panic!("no G7 in {run}"));
    assert!(text.contains(source), "{name}: {text}");
    let rows = instance.rows().await.unwrap();
    assert!(
        rows.iter()
            .all(|row| !row.path.starts_with("services_connector/services_")),
        "nothing was written"
    );
}

#[tokio::test]
async fn locked_and_overridden_values_block_with_their_source() {
    let bed = Bed::start().await.unwrap();
    bed.bring_keys().await.unwrap();
    let path = "services_connector/services_id/environment_id".to_owned();
    let fixed = (path, "22222222-2222-4222-8222-222222222222".to_owned());
    let variable = "CONFIG__DEFAULT__SERVICES_CONNECTOR__SERVICES_ID__ENVIRONMENT_ID".to_owned();
    let cases = [
        (
            "env",
            InstanceOptions {
                env_values: vec![fixed.clone()],
                ..Default::default()
            },
            "app/etc/env.php",
        ),
        (
            "config",
            InstanceOptions {
                config_values: vec![fixed.clone()],
                ..Default::default()
            },
            "app/etc/config.php",
        ),
        (
            "variable",
            InstanceOptions {
                variables: vec![(variable.clone(), fixed.1.clone())],
                ..Default::default()
            },
            variable.as_str(),
        ),
    ];
    for (at, (name, options, source)) in cases.into_iter().enumerate() {
        let base_url = format!("https://{name}.example.test/");
        let instance = bed
            .instance(InstanceOptions {
                base_url,
                ..options
            })
            .await
            .unwrap();
        bed.add(name, "development", &instance).await.unwrap();
        bed.assign(name, "Testing", at % 2).await.unwrap();
        blocked_by(&bed, name, &instance, source).await;
    }
}

#[tokio::test]
async fn gateways_that_fail_stop_a_push_before_it_connects() {
    let bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    let connections = bed.ground.ssh_connections().unwrap();
    let faults = [
        (Fault::Status { status: 503 }, "gatewayError"),
        (Fault::Garbage, "notTheGateway"),
        (Fault::CloseConnection, "gatewayUnreachable"),
        (Fault::ProxyPage { status: 200 }, "notTheGateway"),
        (Fault::NeverAnswers, "gatewayTimedOut"),
    ];
    for (fault, code) in faults {
        bed.simulator
            .misbehave(Rule::always(fault).at(Door::Production))
            .unwrap();
        let run = bed
            .ctl(&["--json", "push", "Shop", "--yes"])
            .await
            .unwrap()
            .expect(1)
            .json();
        assert_eq!(about(&run, "Shop")["error"]["code"], code, "{run}");
        bed.simulator.faults(|faults| faults.clear_all());
    }
    let revoked = &bed.account.production.api_key;
    let _ = bed
        .simulator
        .world(|world| world.revoke_key(revoked))
        .unwrap();
    let run = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(1)
        .json();
    assert_eq!(
        about(&run, "Shop")["error"]["code"],
        "apiKeyInvalid",
        "{run}"
    );
    assert_eq!(
        bed.ground.ssh_connections().unwrap(),
        connections,
        "the instance was left alone"
    );
}

#[tokio::test]
async fn a_project_that_the_registry_does_not_know_cannot_be_assigned() {
    let bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    let elsewhere = "00000000-0000-4000-8000-000000000000";
    let assign = [
        "assign",
        "Shop",
        "--production",
        "production key",
        "--project",
        elsewhere,
        "--data-space",
        elsewhere,
    ];
    refused(&bed, &assign, 1, "notInRegistry").await;
}

async fn import(bed: &Bed, purpose: &str, name: &str, file: &str) -> Run {
    let words = [
        "--json",
        "keypair",
        "import",
        "--account",
        "Nordlys",
        "--for",
        purpose,
    ];
    let api_key = &bed.account.production.api_key;
    let rest = ["--name", name, "--api-key", api_key, "--private-key", file];
    bed.ctl(&[&words[..], &rest[..]].concat()).await.unwrap()
}

#[tokio::test]
async fn a_production_pair_brought_as_sandbox_is_recognised() {
    let bed = Bed::start().await.unwrap();
    let _ = bed
        .ctl(&["account", "add", "--label", "Nordlys"])
        .await
        .unwrap()
        .expect(0);
    let pem = bed
        .file("swapped.pem", bed.account.production.private_key.expose())
        .unwrap();
    let swapped = import(&bed, "sandbox", "swapped", &pem).await.expect(0);
    assert!(swapped.stdout.contains("swapped"), "{swapped:?}");
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    let anywhere = "00000000-0000-4000-8000-000000000000";
    let place = ["--project", anywhere, "--data-space", anywhere];
    let assign = ["assign", "Shop", "--sandbox", "swapped"];
    refused(&bed, &[&assign[..], &place].concat(), 3, "pairsSwapped").await;
}

#[tokio::test]
async fn every_damaged_key_has_its_own_sentence_and_none_is_kept() {
    let bed = Bed::start().await.unwrap();
    let _ = bed
        .ctl(&["account", "add", "--label", "Nordlys"])
        .await
        .unwrap()
        .expect(0);
    let whole = bed.account.production.private_key.expose();
    let ciphertext = format!("0:3:{}=", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789".repeat(2));
    let damaged = [
        ("ciphertext", ciphertext.as_str()),
        ("empty", ""),
        ("cut", &whole[..whole.len() / 2]),
        ("garbage", "not a key at all"),
        ("small", keys::RSA_1024_PKCS8),
        ("public", keys::RSA_2048_PUBLIC),
        ("ed25519", keys::ED25519_PKCS8),
        ("encrypted", keys::RSA_2048_ENCRYPTED),
    ];
    let mut sentences = std::collections::BTreeSet::new();
    for (name, text) in &damaged {
        let file = bed.file(&format!("{name}.txt"), text).unwrap();
        let run = import(&bed, "production", "bad", &file).await.expect(3);
        sentences.insert(run.json()["error"]["text"].as_str().unwrap().to_owned());
        assert!(
            !run.stdout.contains(&whole[100..140]),
            "no byte of the input comes back"
        );
    }
    assert_eq!(
        sentences.len(),
        damaged.len(),
        "each has its own sentence: {sentences:#?}"
    );
    let listed = bed
        .ctl(&["--json", "keypair", "list"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(
        listed["keypairs"].as_array().unwrap().len(),
        0,
        "nothing of that was kept"
    );
}

#[tokio::test]
async fn names_and_targets_that_could_do_harm_are_refused() {
    let bed = Bed::start().await.unwrap();
    let _ = bed
        .ctl(&["account", "add", "--label", "Nordlys"])
        .await
        .unwrap()
        .expect(0);
    for target in [
        "-oProxyCommand=touch x",
        "a b",
        "$(touch x)",
        "x;y",
        "user@-host",
        "\u{202e}x",
    ] {
        let run = add(&bed, "Bad", target, "/var/www", &[]).await;
        assert_ne!(run.code, 0, "{target} is refused");
        assert!(!error(&run).1.is_empty());
    }
    let long = "x".repeat(10_000);
    for name in ["", "  ", long.as_str(), "a\u{7}b", "a\u{200b}b"] {
        let run = add(&bed, name, "shop.example", "/var/www", &[]).await;
        assert_ne!(run.code, 0, "{:?} is refused", &name[..name.len().min(8)]);
    }
    let run = add(&bed, "Relative", "shop.example", "var/www", &[]).await;
    assert_ne!(run.code, 0, "a root is an absolute path");
    let listed = bed
        .ctl(&["--json", "instance", "list"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(
        listed["instances"].as_array().unwrap().len(),
        0,
        "nothing was added"
    );
}

#[tokio::test]
async fn a_keychain_that_is_locked_or_gone_is_said_and_nothing_connects() {
    let mut bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    let connections = bed.ground.ssh_connections().unwrap();
    bed.keychain.lock().await.unwrap();
    let run = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(4);
    let told = run.json().to_string();
    assert!(told.contains("keychain"), "{told}");
    bed.keychain.stop_keyring();
    let run = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(4);
    assert!(run.json().to_string().contains("keychain"));
    assert_eq!(
        bed.ground.ssh_connections().unwrap(),
        connections,
        "the instance was left alone"
    );
    bed.keychain.unlock().await.unwrap();
    let _ = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(0);
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_trusted_is_refused() {
    let bed = Bed::start().await.unwrap();
    let at = |name: &str| bed.folder().join(name).display().to_string();
    std::fs::create_dir(bed.folder().join("real")).unwrap();
    std::os::unix::fs::symlink(bed.folder().join("real"), bed.folder().join("link")).unwrap();
    std::fs::write(bed.folder().join("file"), "no directory").unwrap();
    for name in ["link", "file"] {
        let run = bed
            .ctl(&["--json", "--data-dir", &at(name), "account", "list"])
            .await
            .unwrap()
            .expect(5);
        assert_eq!(error(&run).0, "dataDirectoryUnusable", "{name}");
    }
    refused(
        &bed,
        &["--data-dir", "/proc/patchbay", "account", "list"],
        5,
        "dataDirectoryUnusable",
    )
    .await;
}
