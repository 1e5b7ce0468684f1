//! `bin/magento` as people meet it, traps included.

use patchbay_tests::ground::{Ground, InstanceOptions, PATHS_OF_KEYS, Setting, Shape, keys};

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
async fn what_is_refused_and_what_is_silently_ignored() {
    let ground = Ground::start().await.unwrap();
    let variable = "CONFIG__DEFAULT__GENERAL__LOCALE__CODE".to_owned();
    let mut instance = ground
        .instance(InstanceOptions {
            shape: Shape::V3_2,
            settings: vec![Setting::encrypted(PATHS_OF_KEYS[0], "kept")],
            env_values: vec![(PRIVATE_KEY.to_owned(), "locked".to_owned())],
            variables: vec![(variable, "de_DE".to_owned())],
            ..InstanceOptions::default()
        })
        .await
        .unwrap();
    let refusals = [
        (
            vec!["config:set", DATA_SPACE, "x"],
            "path doesn't exist. Verify and try again.",
        ),
        (
            vec!["config:set", PRIVATE_KEY, "x"],
            "The value you set has already been locked.",
        ),
        (
            vec!["config:show", "services_connector"],
            "path doesn't exist. Verify and try again.",
        ),
    ];
    for (arguments, sentence) in refusals {
        let answer = instance.magento(&arguments).await.unwrap();
        assert_eq!(
            (answer.code, answer.stderr.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(answer.stdout.contains(sentence), "{answer:?}");
    }
    for (arguments, sentence) in [
        (
            vec!["config:set", "a"],
            "Not enough arguments (missing: \"value\").",
        ),
        (
            vec!["config:set", "--", "a", "b", "--lock-env"],
            "Too many arguments",
        ),
        (vec!["saas:list:projects"], "There are no commands defined"),
    ] {
        let answer = instance.magento(&arguments).await.unwrap();
        assert_eq!(
            (answer.code, answer.stdout.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(answer.stderr.contains(sentence), "{answer:?}");
    }
    let stars = instance
        .magento(&["config:set", PATHS_OF_KEYS[0], "*****"])
        .await
        .unwrap();
    assert_eq!(stars.code, Some(0), "asterisks exit 0");
    let stored = instance.row(PATHS_OF_KEYS[0]).await.unwrap().unwrap();
    assert_eq!(
        instance.decrypt(&stored).unwrap(),
        "kept",
        "and change nothing"
    );
    instance
        .change(|options| options.pending_import = true)
        .unwrap();
    let pending = instance
        .magento(&["config:set", PATHS_OF_KEYS[0], "x"])
        .await
        .unwrap();
    assert!(
        pending
            .stdout
            .starts_with("This command is unavailable right now."),
        "{pending:?}"
    );
}

#[tokio::test]
async fn a_database_that_is_down_shows_on_different_streams() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        database_down: true,
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
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
