//! What a program finds in the application: values at rest, locks, variables, shapes, signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_tests::ground::{
    Encryptor, Ground, HandConnected, Instance, InstanceOptions, ModuleState, PATHS_OF_KEYS,
    Setting, Shape, keys,
};

const PROJECT: &str = "services_connector/services_id/project_id";

/// Statements that print the effective value of `$path`, handed over as the last flag's word.
fn show(path: &str) -> String {
    format!(
        "echo $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class)->getValue('{path}', 'default');"
    )
}

async fn printed(instance: &Instance, statements: &str) -> String {
    let outcome = instance
        .run_php(&["-d", "variables_order=EGPCS"], statements)
        .await
        .unwrap();
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(0), ""),
        "{}",
        outcome.stdout
    );
    outcome.stdout
}

#[tokio::test]
async fn values_at_rest_are_understood_in_both_directions_with_every_kind_of_crypt_key() {
    let ground = Ground::start().await.unwrap();
    let keys = vec![
        "0123456789abcdef0123456789abcdef".to_owned(),
        "base64QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=".to_owned(),
    ];
    let mut options = InstanceOptions {
        crypt_keys: keys.clone(),
        ..InstanceOptions::default()
    };
    let old = Encryptor::new(&keys[..1])
        .encrypt("from the old key")
        .unwrap();
    let gone = Encryptor::new(&["another key of thirty-two bytes!".to_owned()])
        .encrypt("lost")
        .unwrap();
    options.settings = vec![
        Setting::plain(PATHS_OF_KEYS[0], &old),
        Setting::encrypted(PATHS_OF_KEYS[1], "from the newest key"),
        Setting::plain(PATHS_OF_KEYS[2], "never encrypted"),
        Setting::plain(PATHS_OF_KEYS[3], &gone),
    ];
    let instance = ground.instance(options).await.unwrap();

    assert_eq!(
        printed(&instance, &show(PATHS_OF_KEYS[0])).await,
        "from the old key"
    );
    assert_eq!(
        printed(&instance, &show(PATHS_OF_KEYS[1])).await,
        "from the newest key"
    );
    assert_eq!(
        printed(&instance, &show(PATHS_OF_KEYS[2])).await,
        "never encrypted"
    );
    assert_eq!(
        printed(&instance, &show(PATHS_OF_KEYS[3])).await,
        gone,
        "what cannot be opened is taken as it stands"
    );

    let made = printed(
        &instance,
        "echo $om->get(\\Magento\\Framework\\Encryption\\EncryptorInterface::class)->encrypt('of the application');",
    )
    .await;
    assert!(
        made.starts_with("1:3:"),
        "the newest key and cipher 3: {made}"
    );
    assert_eq!(instance.decrypt(&made).unwrap(), "of the application");
}

#[tokio::test]
async fn files_and_variables_win_over_rows_and_are_seen_as_locks() {
    let ground = Ground::start().await.unwrap();
    let in_config = "services_connector/services_id/project_name";
    let in_variable = "services_connector/services_id/environment_name";
    let instance = ground
        .instance(InstanceOptions {
            settings: vec![
                Setting::plain(PROJECT, "row"),
                Setting::plain(in_config, "row"),
                Setting::plain(in_variable, "row"),
            ],
            env_values: vec![(PROJECT.to_owned(), "it's env.php".to_owned())],
            config_values: vec![
                (in_config.to_owned(), "config.php".to_owned()),
                (PROJECT.to_owned(), "loses".to_owned()),
            ],
            variables: vec![(
                "CONFIG__DEFAULT__SERVICES_CONNECTOR__SERVICES_ID__ENVIRONMENT_NAME".to_owned(),
                "a variable".to_owned(),
            )],
            ..InstanceOptions::default()
        })
        .await
        .unwrap();

    assert_eq!(printed(&instance, &show(PROJECT)).await, "it's env.php");
    assert_eq!(printed(&instance, &show(in_config)).await, "config.php");
    assert_eq!(printed(&instance, &show(in_variable)).await, "a variable");
    let disabled = "echo implode(',', $om->get('Magento\\ServicesId\\Model\\ServicesConfigInterface')->getDisabledFields());";
    assert_eq!(
        printed(&instance, disabled).await,
        "projectId,projectName,environmentName"
    );

    let hidden = instance
        .run_php(&["-d", "variables_order=GPCS"], disabled)
        .await
        .unwrap();
    assert_eq!(
        hidden.stdout, "projectId,projectName",
        "an empty $_ENV hides the variable, though getenv sees it"
    );
}

#[tokio::test]
async fn the_three_shapes_differ_where_the_real_ones_do() {
    let ground = Ground::start().await.unwrap();
    let set = format!(
        "$c = $om->get('Magento\\ServicesId\\Model\\ServicesConfigInterface');
         $c->setConfigValues(['{}' => 'public key']); echo method_exists($c, 'getDisabledFields') ? 'lists' : 'has no list';",
        PATHS_OF_KEYS[0]
    );
    for (shape, said, encrypted, settable) in [
        (Shape::V2_0, "has no list", false, true),
        (Shape::V3_2, "lists", true, false),
        (Shape::V3_3, "lists", true, true),
    ] {
        let options = InstanceOptions {
            shape,
            ..InstanceOptions::default()
        };
        let instance = ground.instance(options).await.unwrap();
        assert_eq!(printed(&instance, &set).await, said, "{shape:?}");
        let stored = instance.row(PATHS_OF_KEYS[0]).await.unwrap().unwrap();
        assert_eq!(stored != "public key", encrypted, "{shape:?}");
        assert_eq!(
            printed(&instance, &show(PATHS_OF_KEYS[0])).await,
            "public key",
            "read alike in every shape"
        );
        let answer = instance
            .magento(&["config:set", PROJECT, ""])
            .await
            .unwrap();
        assert_eq!(answer.code == Some(0), settable, "{shape:?}: {answer:?}");
    }
}

#[tokio::test]
async fn the_token_signed_on_the_instance_carries_the_claims_of_the_facts() {
    let ground = Ground::start().await.unwrap();
    let by_hand = HandConnected {
        production: Some(("0123".to_owned(), keys::RSA_2048_PKCS1.to_owned())),
        sandbox: Some(("4567".to_owned(), keys::ED25519_PKCS8.to_owned())),
        ..HandConnected::default()
    };
    let options = InstanceOptions {
        by_hand,
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let sign = |path: &str| {
        format!(
            "$key = $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class)->getValue('{path}');
             try {{ echo $om->get('Magento\\ServicesConnector\\Api\\JwtTokenInterface')->getSignature($key); }}
             catch (\\Magento\\ServicesConnector\\Exception\\PrivateKeySignException $e) {{ echo $e->getMessage(); }}"
        )
    };

    let token = printed(&instance, &sign(PATHS_OF_KEYS[1])).await;

    let public = jsonwebtoken::DecodingKey::from_rsa_pem(keys::RSA_2048_PUBLIC.as_bytes()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.set_audience(&["https://ims-na1.adobelogin.com/c/9ec9d05f79eb443e8f76ce477b1e413c"]);
    rules.set_issuer(&["8E6307BF5D775FA00A495EF9@AdobeOrg"]);
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &public, &rules)
        .unwrap()
        .claims;
    assert_eq!(
        claims["https://ims-na1.adobelogin.com/s/ent_reactor_sdk"],
        true
    );
    assert_eq!(
        claims.as_object().unwrap().len(),
        8,
        "no iat, no nbf: {claims}"
    );
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    assert_eq!(header, br#"{"typ":"JWT","alg":"RS256"}"#);

    let refused = instance
        .run_php(&["-d", "display_errors=0"], &sign(PATHS_OF_KEYS[3]))
        .await
        .unwrap();
    assert_eq!(
        refused.stdout, "Private key signing failed",
        "a key that is not RSA does not sign"
    );
}

#[tokio::test]
async fn a_disabled_and_an_absent_connector_can_be_told_apart() {
    let ground = Ground::start().await.unwrap();
    let ask = "echo json_encode([$om->get(\\Magento\\Framework\\Module\\Manager::class)->isEnabled('Magento_ServicesId'),
        interface_exists('Magento\\ServicesId\\Model\\ServicesConfigInterface'),
        $om->get(\\Magento\\Framework\\Module\\PackageInfo::class)->getVersion('Magento_ServicesId')]);";
    for (module, expected) in [
        (ModuleState::Enabled, r#"[true,true,"3.3.1"]"#),
        (ModuleState::Disabled, r#"[false,true,"3.3.1"]"#),
        (ModuleState::Absent, r#"[false,false,""]"#),
    ] {
        let options = InstanceOptions {
            module,
            ..InstanceOptions::default()
        };
        let instance = ground.instance(options).await.unwrap();
        assert_eq!(printed(&instance, ask).await, expected, "{module:?}");
    }
}

#[tokio::test]
async fn what_goes_wrong_before_the_program_starts_goes_wrong_here_too() {
    let ground = Ground::start().await.unwrap();
    let mut instance = ground.instance(InstanceOptions::default()).await.unwrap();
    instance
        .change(|options| options.cache_unwritable = true)
        .unwrap();
    let unwritable = instance.run_php(&[], "").await.unwrap();
    assert!(
        unwritable
            .stderr
            .contains("var/page_cache/\" is not writable"),
        "{unwritable:?}"
    );

    instance
        .change(|options| (options.cache_unwritable, options.bootstrap_throws) = (false, true))
        .unwrap();
    let thrown = instance.run_php(&[], "").await.unwrap();
    assert_eq!(thrown.code, Some(255), "{thrown:?}");

    instance
        .change(|options| (options.bootstrap_throws, options.noise) = (false, true))
        .unwrap();
    let noisy = instance
        .run_php(&["-d", "display_errors=0"], "echo 'done';")
        .await
        .unwrap();
    assert!(
        noisy.stdout.contains("Deprecated:") && noisy.stdout.ends_with("done"),
        "{noisy:?}"
    );
}

#[tokio::test]
async fn an_edit_that_was_not_imported_and_an_old_schema_can_be_asked_for() {
    let ground = Ground::start().await.unwrap();
    let ask = "echo json_encode([$om->get('Magento\\Deploy\\Model\\DeploymentConfig\\ChangeDetector')->hasChanges(),
        count($om->get('Magento\\Framework\\Module\\DbVersionInfo')->getDbVersionErrors())]);";
    let mut instance = ground.instance(InstanceOptions::default()).await.unwrap();
    assert_eq!(printed(&instance, ask).await, "[false,0]");
    instance
        .change(|options| (options.pending_import, options.schema_behind) = (true, true))
        .unwrap();
    assert_eq!(printed(&instance, ask).await, "[true,1]");
}

#[tokio::test]
async fn a_deployment_variable_locks_a_path_without_giving_it_a_value() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        settings: vec![Setting::plain(PROJECT, "row")],
        variables: vec![(
            "MAGENTO_DC_SYSTEM__DEFAULT__SERVICES_CONNECTOR__SERVICES_ID__PROJECT_ID".to_owned(),
            "variable".to_owned(),
        )],
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();

    let ask = format!(
        "{} var_export($om->get('Magento\\Config\\Model\\Config\\Reader\\Source\\Deployed\\SettingChecker')
            ->isReadOnly('{PROJECT}', 'default'));",
        show(PROJECT)
    );

    assert_eq!(printed(&instance, &ask).await, "rowtrue");
    let set = instance
        .magento(&["config:set", PROJECT, ""])
        .await
        .unwrap();
    assert!(set.stdout.contains("has already been locked"), "{set:?}");
}
