//! The servers: started, reached, counted, and gone afterwards.

use patchbay_tests::ground::{Ground, InstanceOptions};

#[tokio::test]
async fn a_program_on_standard_input_runs_in_one_login_and_one_php_process() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        root_name: "it's a \"shop\" root".to_owned(),
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let php = instance.php().display().to_string();
    let program = b"<?php echo 'version ', PHP_MAJOR_VERSION, \"\\n\"; fwrite(STDERR, 'aside'); exit(7);";

    let outcome = ground.run_over_ssh(&format!("'{php}'"), program).await.unwrap();

    assert_eq!(outcome.code, Some(7), "{outcome:?}");
    assert!(outcome.stdout.starts_with("version 8"), "{outcome:?}");
    assert_eq!(outcome.stderr, "aside", "the exit code and both streams come through");
    assert_eq!((ground.ssh_logins().unwrap(), instance.php_starts()), (1, 1));
}
