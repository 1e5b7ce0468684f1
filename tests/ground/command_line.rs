//! `bin/magento` as people meet it, traps included.

use patchbay_tests::ground::{
    Ground, Instance, InstanceOptions, PATHS_OF_KEYS, Setting, Shape, keys,
};

const PRIVATE_KEY: &str = PATHS_OF_KEYS[1];
const DATA_SPACE: &str = "services_connector/services_id/environment_id";

#[tokio::test]
async fn a_private_key_without_a_fence_is_echoed_and_logged_and_with_one_is_saved() {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    let body = keys::RSA_2048_PKCS8.lines().nth(3).unwrap();

    let trapped = instance
        .magento(&["config:set", PRIVATE_KEY, keys::RSA_2048_PKCS8])
        .await
        .unwrap();
    assert_eq!((trapped.code, trapped.stdout.as_str()), (Some(1), ""));
    assert!(
        trapped.stderr.contains(body),
        "the key is echoed on standard error"
    );
    let log = std::fs::read_to_string(instance.root.join("var/log/system.log")).unwrap();
    assert!(log.contains(body), "and logged in clear");

    let saved = instance
        .magento(&["config:set", "--", PRIVATE_KEY, keys::RSA_2048_PKCS8])
        .await
        .unwrap();
    assert_eq!(
        (saved.code, saved.stdout.as_str()),
        (Some(0), "Value was saved.\n")
    );
    let stored = instance.row(PRIVATE_KEY).await.unwrap().unwrap();
    assert_eq!(instance.decrypt(&stored).unwrap(), keys::RSA_2048_PKCS8);

    let shown = instance
        .magento(&["config:show", PRIVATE_KEY])
        .await
        .unwrap();
    assert_eq!(
        shown.stdout.trim(),
        keys::RSA_2048_PKCS8.trim(),
        "not masked, as on a real instance"
    );
}

#[tokio::test]
async fn refusals_go_to_one_stream_and_mistakes_to_the_other() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        shape: Shape::V3_2,
        env_values: vec![(PRIVATE_KEY.to_owned(), "locked".to_owned())],
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    for (arguments, on_stdout, sentence) in [
        (
            vec!["config:set", DATA_SPACE, "x"],
            true,
            "path doesn't exist. Verify and try again.",
        ),
        (
            vec!["config:set", PRIVATE_KEY, "x"],
            true,
            "The value you set has already been locked.",
        ),
        (
            vec!["config:show", "services_connector"],
            true,
            "path doesn't exist. Verify and try again.",
        ),
        (
            vec!["config:set", "a"],
            false,
            "Not enough arguments (missing: \"value\").",
        ),
        (
            vec!["config:set", "--", "a", "b", "--lock-env"],
            false,
            "Too many arguments",
        ),
        (
            vec!["saas:list:projects"],
            false,
            "There are no commands defined",
        ),
    ] {
        let answer = instance.magento(&arguments).await.unwrap();
        let (said, silent) = match on_stdout {
            true => (&answer.stdout, &answer.stderr),
            false => (&answer.stderr, &answer.stdout),
        };
        assert_eq!(
            (answer.code, silent.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(said.contains(sentence), "{answer:?}");
    }
}

#[tokio::test]
async fn some_commands_say_saved_and_change_nothing() {
    let ground = Ground::start().await.unwrap();
    let variable = "CONFIG__DEFAULT__GENERAL__LOCALE__CODE".to_owned();
    let options = InstanceOptions {
        settings: vec![Setting::encrypted(PATHS_OF_KEYS[0], "kept")],
        variables: vec![(variable, "de_DE".to_owned())],
        ..InstanceOptions::default()
    };
    let mut instance = ground.instance(options).await.unwrap();
    let stars = instance
        .magento(&["config:set", PATHS_OF_KEYS[0], "*****"])
        .await
        .unwrap();
    assert_eq!(stars.stdout, "Value was saved.\n");
    let stored = instance.row(PATHS_OF_KEYS[0]).await.unwrap().unwrap();
    assert_eq!(
        instance.decrypt(&stored).unwrap(),
        "kept",
        "asterisks change nothing"
    );

    let script = instance.root.join("bin/magento").display().to_string();
    let set = [
        "-d",
        "variables_order=EGPCS",
        &script,
        "config:set",
        "general/locale/code",
        "fr_FR",
    ];
    let saved = tokio::process::Command::new(instance.php())
        .args(set)
        .output()
        .await
        .unwrap();
    assert_eq!(saved.stdout, b"Value was saved.\n");
    assert_eq!(
        instance.row("general/locale/code").await.unwrap(),
        None,
        "the variable wins, no row is written"
    );

    instance
        .change(|options| options.pending_import = true)
        .unwrap();
    let pending = instance
        .magento(&["config:set", PATHS_OF_KEYS[0], "x"])
        .await
        .unwrap();
    assert_eq!(pending.code, Some(1));
    assert!(
        pending
            .stdout
            .starts_with("This command is unavailable right now."),
        "{pending:?}"
    );
    instance.magento(&["app:config:import"]).await.unwrap();
    let imported = instance
        .magento(&["config:set", PATHS_OF_KEYS[0], "x"])
        .await
        .unwrap();
    assert_eq!(imported.code, Some(0), "{imported:?}");
}

#[tokio::test]
async fn a_database_that_is_down_shows_on_different_streams() {
    let mut ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    assert_eq!(
        instance.magento(&["cache:clean"]).await.unwrap().code,
        Some(0)
    );
    let options = InstanceOptions {
        database_down: true,
        ..InstanceOptions::default()
    };
    let unreachable = ground.instance(options).await.unwrap();
    ground.stop_database();
    for instance in [&instance, &unreachable] {
        refuses(instance).await;
    }
}

async fn refuses(instance: &Instance) {
    for (arguments, code, on_stdout) in [
        (vec!["config:set", PATHS_OF_KEYS[0], "x"], 255, false),
        (vec!["cache:clean", "config"], 255, false),
        (vec!["config:show", PATHS_OF_KEYS[0]], 1, true),
    ] {
        let answer = instance.magento(&arguments).await.unwrap();
        let stream = if on_stdout {
            &answer.stdout
        } else {
            &answer.stderr
        };
        assert_eq!(answer.code, Some(code), "{arguments:?} {answer:?}");
        assert!(stream.contains("SQLSTATE[HY000] [2002]"), "{answer:?}");
    }
}

#[tokio::test]
async fn locking_writes_ciphertext_that_the_next_process_reads() {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    let locked = instance
        .magento(&["config:set", "-e", PATHS_OF_KEYS[0], "public"])
        .await
        .unwrap();
    assert_eq!(
        locked.stdout,
        "Value was saved in app/etc/env.php and locked.\n"
    );
    let text = std::fs::read_to_string(instance.root.join("app/etc/env.php")).unwrap();
    assert!(
        text.contains("0:3:") && !text.contains("'public'"),
        "ciphertext in the file"
    );
    let shown = instance
        .magento(&["config:show", PATHS_OF_KEYS[0]])
        .await
        .unwrap();
    assert_eq!(shown.stdout, "public\n");
}
