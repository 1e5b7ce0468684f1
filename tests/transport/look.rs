//! Looks: what an instance says about itself.

use patchbay_adapters::crypto::SystemCrypto;
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::fakes::{TransportCase, transport_contract};
use patchbay_core::instance::SshWay;
use patchbay_core::look::{ConnectorModule, LockSource};
use patchbay_core::ports::crypto::Crypto as _;
use patchbay_core::ports::transport::{LookRequest, Transport as _, TransportError};
use patchbay_tests::ground::{HandConnected, InstanceOptions, ModuleState, Setting, Shape};

use crate::asking::{PROJECT, SPACE, fingerprint_key, look_request, set, site, way};
use crate::keys::{OTHER, USUAL};

pub fn by_hand() -> HandConnected {
    HandConnected {
        production: Some((USUAL.api_key.into(), USUAL.pem.into())),
        sandbox: Some((OTHER.api_key.into(), OTHER.pem.into())),
        saas: Some([PROJECT, "Shop", SPACE, "Testing 1", "Testing"].map(str::to_owned)),
        merchant_ids: Some(("MERCHANT-P".into(), "MERCHANT-S".into())),
    }
}

#[tokio::test]
async fn the_transport_keeps_the_contract() {
    let method = Setting::plain("payment/payment_methods/method", "sandbox");
    let site = site(InstanceOptions {
        settings: vec![method.clone(), method.for_website(1)],
        ..Default::default()
    })
    .await;
    let unknown = SshWay {
        target: "nowhere.invalid".into(),
        ..site.way()
    };
    let case = TransportCase {
        way: &site.way(),
        unknown: &unknown,
    };
    transport_contract(&site.transport, &SystemCrypto, &case)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_shape_of_the_connector_is_read() {
    let site = site(InstanceOptions::default()).await;
    for (shape, services_id) in [
        (Shape::V2_0, "2.0.3"),
        (Shape::V3_2, "3.2.5"),
        (Shape::V3_3, "3.3.1"),
    ] {
        let options = InstanceOptions {
            shape,
            by_hand: by_hand(),
            ..Default::default()
        };
        let instance = site.ground.instance(options).await.unwrap();
        let before = site.ground.ssh_connections().unwrap();
        let way = way(&site.ground, &instance);
        let look = site.transport.look(&way, &look_request()).await.unwrap();
        assert_eq!(look.versions.services_id, services_id);
        assert_eq!(look.connector, ConnectorModule::Enabled);
        assert_eq!(look.values.len(), 9, "{shape:?}");
        let pem = &look.values[&ConfigPath::ProductionPrivateKey];
        assert_eq!(
            pem.exact,
            fingerprint_key().exact(USUAL.pem.trim_end().as_bytes())
        );
        assert_eq!(pem.identity, Some(USUAL.identity()));
        assert_eq!(look.plain(ConfigPath::DataSpaceId), Some(SPACE));
        assert_eq!(look.plain(ConfigPath::SandboxApiKey), Some(OTHER.api_key));
        assert_eq!(look.saas_pair, Ok(Purpose::Production));
        assert_eq!(
            look.gateways[&Purpose::Production],
            "https://commerce.adobe.io/"
        );
        assert_eq!(look.credentials_type, "Magento_JWT");
        assert_eq!(look.pin.identity.len(), 64);
        assert_eq!(look.pin.base_url, "https://shop.example.test/");
        assert_eq!(look.merchant_ids().count(), 2);
        assert_eq!(look.tokens.len(), 2);
        for token in &look.tokens {
            let pair = if token.purpose == Purpose::Sandbox {
                &OTHER
            } else {
                &USUAL
            };
            let exp = pair.verify(token.token.as_ref().unwrap().expose());
            assert!((exp - look.clock - 300).abs() <= 1, "signed in this run");
        }
        assert_eq!(look.notices, [], "nothing is unusual here");
        let connections = site.ground.ssh_connections().unwrap() - before;
        assert_eq!((connections, instance.php_starts()), (1, 1));
    }
}

#[tokio::test]
async fn a_module_that_is_off_or_not_there_is_told_apart() {
    let site = site(InstanceOptions::default()).await;
    for (module, expected) in [
        (ModuleState::Disabled, ConnectorModule::Disabled),
        (ModuleState::Absent, ConnectorModule::Absent),
    ] {
        let options = InstanceOptions {
            module,
            ..Default::default()
        };
        let instance = site.ground.instance(options).await.unwrap();
        let way = way(&site.ground, &instance);
        let look = site.transport.look(&way, &look_request()).await.unwrap();
        assert_eq!(look.connector, expected);
        assert!(look.tokens.is_empty(), "nobody there can sign");
    }
}

#[tokio::test]
async fn noise_quotes_prefixes_and_old_crypt_keys_do_no_harm() {
    let site = site(InstanceOptions {
        root_name: "it's \"the\" shop $HOME; `id` 北".into(),
        table_prefix: "m2_".into(),
        crypt_keys: vec![
            "0123456789abcdef0123456789abcdef".into(),
            "fedcba9876543210fedcba9876543210".into(),
        ],
        noise: true,
        developer_mode: true,
        by_hand: by_hand(),
        ..Default::default()
    })
    .await;
    site.ground
        .set_login_noise("Welcome!\r\n\u{1b}[31mlast login\u{1b}[0m @@patchbay is not it")
        .unwrap();
    let look = site.look().await.unwrap();
    assert_eq!(look.values.len(), 9);
    assert!(look.tokens.iter().all(|token| token.token.is_ok()));
    let (_, after) = site.push(&crate::asking::everything()).await;
    assert_eq!(after.unwrap().values.len(), 9);
}

#[tokio::test]
async fn locks_are_named_with_their_source() {
    let variable = format!(
        "CONFIG__DEFAULT__{}",
        ConfigPath::DataSpaceId
            .as_str()
            .to_uppercase()
            .replace('/', "__")
    );
    let deployed = format!(
        "MAGENTO_DC_SYSTEM__DEFAULT__{}",
        ConfigPath::DataSpaceType
            .as_str()
            .to_uppercase()
            .replace('/', "__")
    );
    // The application takes these names in any capitals.
    let small = "CONFIG__default__services_connector__services_id__environment_name".to_owned();
    let site = site(InstanceOptions {
        env_values: vec![(ConfigPath::ProjectId.as_str().into(), PROJECT.into())],
        config_values: vec![(ConfigPath::ProjectName.as_str().into(), "Fixed".into())],
        variables: vec![
            (variable.clone(), SPACE.into()),
            (deployed.clone(), "Testing".into()),
            (small.clone(), "Small".into()),
        ],
        ..Default::default()
    })
    .await;
    let look = site.look().await.unwrap();
    let lock = |path| {
        let lock = look.locks.iter().find(|lock| lock.path == path).unwrap();
        (lock.source, lock.name.clone())
    };
    assert_eq!(lock(ConfigPath::ProjectId), (LockSource::EnvPhp, None));
    assert_eq!(lock(ConfigPath::ProjectName), (LockSource::ConfigPhp, None));
    assert_eq!(
        lock(ConfigPath::DataSpaceId),
        (LockSource::Variable, Some(variable))
    );
    assert_eq!(
        lock(ConfigPath::DataSpaceType),
        (LockSource::Variable, Some(deployed))
    );
    assert_eq!(
        lock(ConfigPath::DataSpaceName),
        (LockSource::Variable, Some(small))
    );
    assert_eq!(look.plain(ConfigPath::DataSpaceName), Some("Small"));
    assert_eq!(look.locks.len(), 5);
    assert_eq!(
        look.plain(ConfigPath::DataSpaceId),
        Some(SPACE),
        "as it is in effect"
    );
    assert_eq!(look.plain(ConfigPath::ProjectName), Some("Fixed"));
}

#[tokio::test]
async fn what_is_unusual_is_noticed() {
    let sandbox_key = ConfigPath::SandboxPrivateKey.as_str();
    let site = site(InstanceOptions {
        settings: vec![
            Setting::plain(sandbox_key, USUAL.pem),
            Setting::plain(ConfigPath::SandboxApiKey.as_str(), "7:3:AAAAAAAAAAAAAAAA"),
            Setting::plain(ConfigPath::ProjectId.as_str(), PROJECT).for_website(1),
            Setting::plain("magento_saas/environment", "sandbox"),
        ],
        env_values: vec![(
            "services_connector/production_gateway_url".into(),
            "http://127.0.0.1:9/".into(),
        )],
        pending_import: true,
        ..Default::default()
    })
    .await;
    let look = site.look().await.unwrap();
    let noticed = |code: &str| look.notices.iter().find(|notice| notice.code == code);
    assert_eq!(noticed("plaintextRow").unwrap().detail, sandbox_key);
    assert!(noticed("undecryptable").is_some());
    assert!(noticed("scopedRow").unwrap().detail.contains("websites 1"));
    assert_eq!(noticed("saasPairUnusual").unwrap().detail, "sandbox");
    assert!(
        noticed("gatewayLocked")
            .unwrap()
            .detail
            .contains("http://127.0.0.1:9/")
    );
    assert!(noticed("importPending").is_some());
    assert_eq!(look.saas_pair, Ok(Purpose::Sandbox));
    let api_key = &look.values[&ConfigPath::SandboxApiKey];
    assert!(api_key.looks_encrypted && api_key.plain.is_none());
}

#[tokio::test]
async fn a_key_under_an_old_crypt_key_and_a_stale_cache_are_noticed() {
    let mut site = site(InstanceOptions {
        by_hand: by_hand(),
        ..Default::default()
    })
    .await;
    site.look().await.unwrap();
    site.instance
        .change(|options| {
            options
                .crypt_keys
                .push("fedcba9876543210fedcba9876543210".into())
        })
        .unwrap();
    let look = site.look().await.unwrap();
    let old = look
        .notices
        .iter()
        .filter(|notice| notice.code == "oldCryptKey")
        .count();
    assert_eq!(old, 4, "all four keys are under the first crypt key");

    let table = site.instance.table("core_config_data");
    let sql = format!(
        "UPDATE {table} SET value = 'Elsewhere' WHERE path = '{}'",
        ConfigPath::ProjectName
    );
    site.instance.sql(&sql).await.unwrap();
    let look = site.look().await.unwrap();
    assert_eq!(
        look.plain(ConfigPath::ProjectName),
        Some("Shop"),
        "in effect until cleaned"
    );
    assert!(
        look.notices
            .iter()
            .any(|notice| notice.code == "staleCache")
    );
    let second = LookRequest {
        under_lock: Some(5),
        ..look_request()
    };
    let look = site.transport.look(&site.way(), &second).await.unwrap();
    assert_eq!(
        look.plain(ConfigPath::ProjectName),
        Some("Elsewhere"),
        "a look after a cut says what the rows hold"
    );
}

#[tokio::test]
async fn an_api_key_field_with_a_private_key_in_it_never_shows_it() {
    let site = site(InstanceOptions {
        settings: vec![Setting::encrypted(
            ConfigPath::SandboxApiKey.as_str(),
            USUAL.pem,
        )],
        ..Default::default()
    })
    .await;
    let look = site.look().await.unwrap();
    assert_eq!(look.plain(ConfigPath::SandboxApiKey), None);
    assert!(look.exact(ConfigPath::SandboxApiKey).is_some());
}

#[tokio::test]
async fn cloud_is_told_and_belongs_to_the_identity() {
    let mut site = site(InstanceOptions::default()).await;
    let here = site.look().await.unwrap();
    assert_eq!(here.cloud, None);
    site.instance
        .change(|options| {
            options.variables = vec![
                ("MAGENTO_CLOUD_PROJECT".into(), "abcdef123456".into()),
                ("MAGENTO_CLOUD_BRANCH".into(), "production".into()),
            ];
        })
        .unwrap();
    let there = site.look().await.unwrap();
    let cloud = there.cloud.unwrap();
    assert_eq!(
        (cloud.project.as_str(), cloud.production),
        ("abcdef123456", true)
    );
    assert_ne!(here.pin.identity, there.pin.identity);
    assert_eq!(here.pin.server, there.pin.server);
}

#[tokio::test]
async fn keys_are_handed_over_only_sealed() {
    let site = site(InstanceOptions {
        by_hand: by_hand(),
        record_stdin: true,
        ..Default::default()
    })
    .await;
    let (public, secret) = SystemCrypto.seal_pair().unwrap();
    let request = LookRequest {
        take_keys: Some(public.clone()),
        ..look_request()
    };
    let look = site.transport.look(&site.way(), &request).await.unwrap();
    assert_eq!(look.sealed_keys.len(), 2);
    for (purpose, sealed) in &look.sealed_keys {
        let pair = if *purpose == Purpose::Sandbox {
            &OTHER
        } else {
            &USUAL
        };
        let opened = SystemCrypto.open(&public, &secret, sealed).unwrap();
        assert!(
            opened.same_as(
                set(purpose.private_key_path(), pair.pem.trim_end())
                    .value
                    .as_ref()
                    .unwrap()
            )
        );
    }
}

#[tokio::test]
async fn tokens_are_signed_after_the_second_given() {
    let site = site(InstanceOptions {
        by_hand: by_hand(),
        ..Default::default()
    })
    .await;
    let first = site.look().await.unwrap();
    let request = LookRequest {
        sign_after: first.clock + 1,
        ..look_request()
    };
    let second = site.transport.look(&site.way(), &request).await.unwrap();
    let expiry = |look: &patchbay_core::look::Look| {
        let token = look
            .tokens
            .iter()
            .find(|t| t.purpose == Purpose::Production)
            .unwrap();
        USUAL.verify(token.token.as_ref().unwrap().expose())
    };
    assert!(
        expiry(&second) > expiry(&first),
        "a token is never an earlier run's"
    );
}

#[tokio::test]
async fn a_look_under_the_lock_waits_its_turn_and_then_says_busy() {
    let site = site(InstanceOptions::default()).await;
    let talk = site.begin().await.unwrap();
    let request = LookRequest {
        under_lock: Some(1),
        ..look_request()
    };
    let busy = site.transport.look(&site.way(), &request).await;
    assert_eq!(busy.err(), Some(TransportError::Busy));
    talk.leave().await;
    let request = LookRequest {
        under_lock: Some(5),
        ..look_request()
    };
    assert!(site.transport.look(&site.way(), &request).await.is_ok());
}

#[tokio::test]
async fn a_search_finds_what_is_there_with_its_owner_and_php() {
    let site = site(InstanceOptions {
        noise: true,
        ..Default::default()
    })
    .await;
    let another = site
        .ground
        .instance(InstanceOptions::default())
        .await
        .unwrap();
    let right = site.way();
    let above = std::path::Path::new(&right.root)
        .parent()
        .unwrap()
        .parent()
        .unwrap();
    let above = SshWay {
        root: above.display().to_string(),
        ..right.clone()
    };
    let nonce = look_request().nonce;
    let found = site.transport.survey(&above, &nonce).await.unwrap();
    let roots: Vec<&str> = found.roots.iter().map(|root| root.path.as_str()).collect();
    for root in [right.root.as_str(), &another.root.display().to_string()] {
        assert!(roots.contains(&root), "{root} in {roots:?}");
    }
    assert_eq!(found.user, right.target.split('@').next().unwrap());
    assert!(found.roots.iter().all(|root| root.owner == found.user));
    let own = found.php.iter().find(|php| php.program == "php");
    assert!(
        own.is_some_and(|php| php.version.starts_with('8')),
        "{found:?}"
    );
    let nobody = SshWay {
        run_as: Some("no-such-user".into()),
        ..above
    };
    let refused = site.transport.survey(&nobody, &nonce).await;
    assert!(refused.is_err(), "{refused:?}");
}
