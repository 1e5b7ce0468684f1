//! What makes an instance call out: the hooks of `config:set`, the list of projects, the Cloud id.

use patchbay_simulator::{Config, ReadyAccount, Scenario, Simulator};
use patchbay_tests::ground::{Ground, HandConnected, Instance, InstanceOptions, Setting, Shape};

const PROJECT: &str = "services_connector/services_id/project_id";
const DATA_SPACE: &str = "services_connector/services_id/environment_id";
const TYPE: &str = "services_connector/services_id/environment";

fn adobe() -> (Simulator, ReadyAccount) {
    let simulator = Simulator::start(Config::default()).unwrap();
    let account = simulator
        .play(Scenario::AllWell)
        .unwrap()
        .accounts
        .remove(0);
    (simulator, account)
}

/// An instance that holds the account's production pair and talks to the simulator.
fn options(simulator: &Simulator, account: &ReadyAccount) -> InstanceOptions {
    let private_key = account.production.private_key.expose().to_owned();
    InstanceOptions {
        settings: vec![Setting::plain(
            "services_connector/production_gateway_url",
            &simulator.urls().production,
        )],
        by_hand: HandConnected {
            production: Some((account.production.api_key.clone(), private_key)),
            ..HandConnected::default()
        },
        ..InstanceOptions::default()
    }
}

async fn set(instance: &Instance, path: &str, value: &str) -> String {
    instance
        .magento(&["config:set", path, value])
        .await
        .unwrap()
        .stdout
}

#[tokio::test]
async fn the_documented_order_connects_and_setting_the_project_again_disconnects() {
    let ground = Ground::start().await.unwrap();
    let (simulator, account) = adobe();
    let instance = ground
        .instance(options(&simulator, &account))
        .await
        .unwrap();
    let project = &account.projects[0];
    let space = &project.data_spaces[0];

    assert_eq!(
        set(&instance, DATA_SPACE, &space.id).await,
        "Requested environment does not belong to the configured project.\n"
    );
    assert_eq!(
        set(&instance, PROJECT, &project.id).await,
        "Value was saved.\n"
    );
    assert_eq!(
        set(&instance, DATA_SPACE, &space.id).await,
        "Value was saved.\n"
    );
    assert_eq!(
        instance.row(TYPE).await.unwrap().as_deref(),
        Some(space.kind.word())
    );

    assert_eq!(
        set(&instance, PROJECT, &project.id).await,
        "Value was saved.\n",
        "the same value once more"
    );
    assert_eq!(
        instance.row(DATA_SPACE).await.unwrap(),
        None,
        "has silently removed the data space"
    );

    assert_eq!(
        set(&instance, PROJECT, "11111111-1111-4111-8111-111111111111").await,
        "Project not found\n"
    );
    let listed = instance.magento(&["saas:list:projects"]).await.unwrap();
    assert!(
        listed.code == Some(0) && listed.stdout.contains(&space.id),
        "{listed:?}"
    );
}

#[tokio::test]
async fn without_keys_the_project_is_refused_and_older_shapes_do_not_ask() {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    assert_eq!(
        set(&instance, PROJECT, "x").await,
        "Commerce Services API Key is not set\n"
    );
    let listed = instance.magento(&["saas:list:projects"]).await.unwrap();
    assert_eq!(listed.code, Some(1), "{listed:?}");

    let options = InstanceOptions {
        shape: Shape::V2_0,
        ..InstanceOptions::default()
    };
    let old = ground.instance(options).await.unwrap();
    assert_eq!(
        set(&old, PROJECT, "x").await,
        "Value was saved.\n",
        "no registry was asked"
    );
}

#[tokio::test]
async fn saving_a_data_space_on_cloud_tells_the_registry_and_raw_rows_do_not() {
    let ground = Ground::start().await.unwrap();
    let (simulator, account) = adobe();
    let mut options = options(&simulator, &account);
    options.variables = vec![("MAGENTO_CLOUD_PROJECT".to_owned(), "abcdefgh".to_owned())];
    let instance = ground.instance(options).await.unwrap();
    let space = &account.projects[0].data_spaces[0].id;
    let calls = || {
        simulator
            .visits()
            .iter()
            .filter(|visit| visit.method == "PUT")
            .count()
    };

    instance
        .insert(&[Setting::plain(DATA_SPACE, space)])
        .await
        .unwrap();
    assert_eq!(calls(), 0);
    let save = format!(
        "$om->get(\\Magento\\Framework\\App\\Config\\Storage\\WriterInterface::class)->save('{DATA_SPACE}', '{space}');"
    );
    let saved = instance
        .run_php(&["-d", "variables_order=EGPCS"], &save)
        .await
        .unwrap();
    assert_eq!((saved.code, saved.stderr.as_str()), (Some(0), ""));
    assert_eq!(calls(), 1, "the cloud id was announced");
}

#[tokio::test]
async fn the_connectors_own_key_check_tells_good_from_deleted() {
    let ground = Ground::start().await.unwrap();
    let (simulator, account) = adobe();
    let instance = ground
        .instance(options(&simulator, &account))
        .await
        .unwrap();
    let check = "var_export($om->get('Magento\\ServicesConnector\\Api\\KeyValidationInterface')
        ->execute('Magento_ServicesId', 'production'));";
    assert_eq!(instance.run_php(&[], check).await.unwrap().stdout, "true");

    let other = patchbay_tests::ground::keys::api_key().unwrap();
    instance
        .insert(&[Setting::encrypted(
            patchbay_tests::ground::PATHS_OF_KEYS[0],
            &other,
        )])
        .await
        .unwrap();
    instance.clean_cache();
    assert_eq!(
        instance.run_php(&[], check).await.unwrap().stdout,
        "false",
        "an API key that nobody has"
    );
}

#[tokio::test]
async fn the_anonymous_page_says_the_data_space_or_that_it_does_not_know_the_field() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        settings: vec![
            Setting::plain(DATA_SPACE, "a space"),
            Setting::plain(TYPE, "Testing"),
        ],
        ..InstanceOptions::default()
    };
    let mut instance = ground.instance(options).await.unwrap();
    let served = instance.serve().await.unwrap();
    let url = format!("{}graphql", served.url);
    let query =
        r#"{"query":"{dataServicesStorefrontInstanceContext{environment_id environment}}"}"#;
    let ask = async || {
        let answer = reqwest::Client::new()
            .post(&url)
            .body(query)
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    };

    let known = ask().await;
    assert!(
        known.contains(r#""environment_id":"a space","environment":"Testing""#),
        "{known}"
    );
    instance.change(|options| options.graphql = false).unwrap();
    let unknown = ask().await;
    assert!(unknown.contains("Cannot query field"), "{unknown}");
}
