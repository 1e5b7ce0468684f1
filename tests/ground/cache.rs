//! The config cache: shared by processes, blind to SQL, emptied on request.

use patchbay_tests::ground::{Ground, Instance, InstanceOptions, Setting};

const PATH: &str = "services_connector/services_id/environment_id";

async fn seen(instance: &Instance) -> String {
    let show = format!(
        "echo $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class)->getValue('{PATH}');"
    );
    instance.run_php(&[], &show).await.unwrap().stdout
}

#[tokio::test]
async fn a_new_process_sees_a_row_only_after_the_cache_was_cleaned() {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    instance
        .insert(&[Setting::plain(PATH, "first")])
        .await
        .unwrap();
    assert_eq!(seen(&instance).await, "first");

    instance
        .insert(&[Setting::plain(PATH, "second")])
        .await
        .unwrap();
    assert_eq!(seen(&instance).await, "first", "SQL goes past the cache");

    let cleaned = instance.magento(&["cache:clean", "config"]).await.unwrap();
    assert_eq!(cleaned.code, Some(0), "{cleaned:?}");
    assert_eq!(seen(&instance).await, "second");
}

#[tokio::test]
async fn a_running_process_keeps_its_own_copy_until_it_is_told_to_read_again() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        settings: vec![Setting::plain(PATH, "first")],
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let steps = format!(
        "$config = $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class);
         $read = fn () => $config->getValue('{PATH}');
         $seen = [$read()];
         $resource = $om->get(\\Magento\\Framework\\App\\ResourceConnection::class);
         $table = $resource->getTableName('core_config_data');
         $resource->getConnection()->getConnection()->exec(\"UPDATE $table SET value = 'second' WHERE path = '{PATH}'\");
         $om->get(\\Magento\\Framework\\App\\Cache\\TypeListInterface::class)->cleanType('config');
         $seen[] = $read();
         $om->get(\\Magento\\Framework\\App\\Config\\ReinitableConfigInterface::class)->reinit();
         $seen[] = $read();
         echo implode(' ', $seen);"
    );

    let outcome = instance.run_php(&[], &steps).await.unwrap();

    assert_eq!(outcome.stdout, "first first second", "{outcome:?}");
}

#[tokio::test]
async fn the_cached_config_holds_no_key_in_the_clear() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        settings: vec![Setting::encrypted(
            patchbay_tests::ground::PATHS_OF_KEYS[1],
            "a canary of sixteen",
        )],
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    seen(&instance).await;

    let mut files = 0;
    for entry in std::fs::read_dir(instance.root.join("var/cache")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("canary"), "the real cache is encrypted, too");
        files += 1;
    }
    assert_eq!(files, 1, "one process has left one cached config");
}

#[tokio::test]
async fn the_adapters_own_query_reconnects_in_silence_and_loses_the_named_lock() {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    let steps = "
        $adapter = $om->get(\\Magento\\Framework\\App\\ResourceConnection::class)->getConnection();
        $held = fn () => $adapter->fetchOne(\"SELECT COALESCE(IS_USED_LOCK('ground') = CONNECTION_ID(), 0)\");
        $adapter->fetchOne(\"SELECT GET_LOCK('ground', 1)\");
        $seen = [$held()];
        $handle = $adapter->getConnection();
        try { $handle->exec('KILL CONNECTION_ID()'); } catch (\\PDOException) {}
        try { $handle->query('SELECT 1'); } catch (\\PDOException $e) { $seen[] = $e->errorInfo[1]; }
        $seen[] = $held();
        echo implode(' ', $seen);";

    let outcome = instance
        .run_php(&["-d", "display_errors=0", "-d", "log_errors=0"], steps)
        .await
        .unwrap();

    assert_eq!(outcome.stdout, "1 2006 0", "{outcome:?}");
}

#[tokio::test]
async fn a_calibrated_instance_spends_what_a_real_one_spends() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        cost: true,
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    // The process's own CPU clock, not the wall's: a busy machine changes nothing.
    let used = "$used = fn () => (int)\\Ground\\Cost::used(); $boot = $used();
        $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class)->getValue('web/unsecure/base_url');
        echo $boot, ' ', $used();";
    for (cold, least) in [(true, 195 + 500), (false, 195)] {
        let outcome = instance.run_php(&[], used).await.unwrap().stdout;
        let spent: Vec<u32> = outcome
            .split(' ')
            .map(|part| part.parse().unwrap())
            .collect();
        assert!(
            spent[0] >= 195 && spent[1] >= least,
            "cold: {cold}, spent: {spent:?}"
        );
    }
}

#[tokio::test]
async fn a_variable_that_one_process_saw_stays_in_the_cache_for_those_that_do_not() {
    let ground = Ground::start().await.unwrap();
    let name = format!(
        "CONFIG__DEFAULT__{}",
        PATH.to_uppercase().replace('/', "__")
    );
    let options = InstanceOptions {
        settings: vec![Setting::plain(PATH, "row")],
        variables: vec![(name, "variable".to_owned())],
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let show = format!(
        "echo $om->get(\\Magento\\Framework\\App\\Config\\ScopeConfigInterface::class)->getValue('{PATH}');"
    );

    let with = instance
        .run_php(&["-d", "variables_order=EGPCS"], &show)
        .await
        .unwrap();
    assert_eq!(with.stdout, "variable");
    assert_eq!(
        seen(&instance).await,
        "variable",
        "built by the other process"
    );
    instance.clean_cache();
    assert_eq!(seen(&instance).await, "row");
}
