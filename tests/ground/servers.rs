//! The servers: started, reached, counted, and gone afterwards.

use std::path::PathBuf;
use std::time::Duration;

use patchbay_tests::ground::{Ground, GroundOptions, InstanceOptions};

#[tokio::test]
async fn a_program_on_standard_input_runs_in_one_login_and_one_php_process() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        root_name: "it's a \"shop\" root".to_owned(),
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let php = instance.php().display().to_string();
    let program = b"<?php echo 'version ', PHP_MAJOR_VERSION, \"\\n\"; file_put_contents('php://stderr', 'aside'); exit(7);";

    let outcome = ground
        .run_over_ssh(&format!("'{php}'"), program)
        .await
        .unwrap();

    assert_eq!(outcome.code, Some(7), "{outcome:?}");
    assert!(outcome.stdout.starts_with("version 8"), "{outcome:?}");
    assert_eq!(
        outcome.stderr, "aside",
        "the exit code and both streams come through"
    );
    assert_eq!(
        (ground.ssh_logins().unwrap(), instance.php_starts()),
        (1, 1)
    );
}

#[tokio::test]
async fn the_host_key_can_change_and_strict_clients_notice() {
    let mut ground = Ground::start().await.unwrap();
    let before = ground.host_key_fingerprint().await.unwrap();
    assert_eq!(
        ground.run_over_ssh("true", b"").await.unwrap().code,
        Some(0)
    );

    ground.change_host_key().await.unwrap();

    assert_ne!(ground.host_key_fingerprint().await.unwrap(), before);
    let refused = ground.run_over_ssh("true", b"").await.unwrap();
    assert_eq!(refused.code, Some(255));
    assert!(
        refused
            .stderr
            .contains("REMOTE HOST IDENTIFICATION HAS CHANGED"),
        "{}",
        refused.stderr
    );
    ground.trust_host_key().unwrap();
    assert_eq!(
        ground.run_over_ssh("true", b"").await.unwrap().code,
        Some(0)
    );
    ground.stop_ssh();
    assert!(
        ground
            .run_over_ssh("true", b"")
            .await
            .unwrap()
            .stderr
            .contains("Connection refused")
    );
}

#[tokio::test]
async fn the_server_answers_on_as_many_addresses_as_asked_for() {
    let options = GroundOptions {
        hosts: 50,
        banner: Some("Authorised use only\n".to_owned()),
    };
    let ground = Ground::start_with(options).await.unwrap();
    ground.set_login_noise("Welcome, it's a fine day").unwrap();
    for host in ["127.0.0.1", "127.0.0.17", "127.0.0.50"] {
        let config = ground.ssh_config();
        let command = [
            "-F",
            config.to_str().unwrap(),
            "-T",
            "--",
            host,
            "echo done",
        ];
        let output = tokio::process::Command::new("ssh")
            .args(command)
            .output()
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text, "Welcome, it's a fine day\ndone\n", "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Authorised use only"));
    }
    assert_eq!(ground.ssh_logins().unwrap(), 3);
}

#[tokio::test]
async fn the_recorder_keeps_what_arrived_and_does_not_hold_the_connection_open() {
    let ground = Ground::start().await.unwrap();
    let options = InstanceOptions {
        record_stdin: true,
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let mut child = tokio::process::Command::new("ssh")
        .arg("-F")
        .arg(ground.ssh_config())
        .args(["-T", "--", "127.0.0.1"])
        .arg(format!(
            "{} -r 'echo fgets(STDIN); exit(3);'",
            instance.php().display()
        ))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, b"one line\n")
        .await
        .unwrap();

    // The input stays open: php has its line and must be able to end by itself.
    let output = tokio::time::timeout(Duration::from_secs(20), child.wait_with_output())
        .await
        .unwrap()
        .unwrap();

    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(3), &b"one line\n"[..])
    );
    assert_eq!(instance.recorded_stdin(), b"one line\n");
    assert_eq!(instance.php_starts(), 1);
    drop(stdin);
}

#[tokio::test]
async fn nothing_of_a_ground_is_left_when_it_is_dropped() {
    let ground = Ground::start().await.unwrap();
    let folder = ground.folder().to_owned();
    let port = ground.ssh().port;
    let mut child = tokio::process::Command::new("ssh")
        .arg("-F")
        .arg(ground.ssh_config())
        .args(["-T", "--", "127.0.0.1", "echo $$; exec sleep 600"])
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap());
    let mut pid = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut pid)
        .await
        .unwrap();
    let remote = PathBuf::from("/proc").join(pid.trim());
    assert!(remote.exists(), "the far end runs");

    drop(ground);

    assert!(!folder.exists());
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
    );
    let ended = !remote.exists()
        || std::fs::read_to_string(remote.join("stat")).is_ok_and(|stat| stat.contains(") Z "));
    assert!(ended, "what was started over ssh is gone, too");
}

/// Set by the one test that wants a ground held.
const HOLD: &str = "PATCHBAY_HOLD_A_GROUND";

/// Not a test by itself: [`a_killed_test_process_leaves_nothing`] runs it and kills it.
#[tokio::test]
#[ignore = "holds a ground until it is killed"]
async fn hold_a_ground() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(InstanceOptions::default()).await.unwrap();
    println!("holding {} {}", ground.ssh().port, instance.root.display());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_test_process_leaves_nothing() {
    let mut holder = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "servers::hold_a_ground",
            "--nocapture",
        ])
        .env(HOLD, "1")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = tokio::io::BufReader::new(holder.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("holding ") {
        line.clear();
        let read = tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line)
            .await
            .unwrap();
        assert_ne!(read, 0, "the holder ended early");
    }
    let said: Vec<&str> = line
        .split("holding ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .collect();
    let port: u16 = said[0].parse().unwrap();
    let root = PathBuf::from(said[1]);
    assert!(root.exists());

    holder.kill().await.unwrap();

    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while root.exists()
        || tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
    {
        assert!(
            tokio::time::Instant::now() < deadline,
            "servers or files were left behind"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn another_owner_of_the_files_can_be_seen_and_can_work_with_them() {
    use std::os::unix::fs::MetadataExt;
    let ground = Ground::start().await.unwrap();
    let me = ground.ssh().user;
    // Only root may give files away; anybody may keep them.
    let owner = if me == "root" {
        "nobody".to_owned()
    } else {
        me
    };
    let options = InstanceOptions {
        owner: Some(owner.clone()),
        ..InstanceOptions::default()
    };
    let instance = ground.instance(options).await.unwrap();
    let id = tokio::process::Command::new("id")
        .args(["-u", &owner])
        .output()
        .await
        .unwrap();
    let id: u32 = String::from_utf8(id.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert_eq!(
        std::fs::metadata(instance.root.join("app/etc/env.php"))
            .unwrap()
            .uid(),
        id
    );

    let output = tokio::process::Command::new("php")
        .args(["bin/magento", "cache:clean", "config"])
        .current_dir(&instance.root)
        .uid(id)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        std::fs::metadata(instance.root.join("var/cache"))
            .unwrap()
            .uid(),
        id
    );
}

#[tokio::test]
async fn a_login_key_with_a_passphrase_is_refused_without_it() {
    let ground = Ground::start().await.unwrap();
    let key = ground
        .add_login_key("guarded", "open sesame")
        .await
        .unwrap();
    let port = ground.ssh().port.to_string();
    let known = format!("UserKnownHostsFile={}", ground.known_hosts().display());
    let mut ssh = tokio::process::Command::new("ssh");
    ssh.args([
        "-F",
        "/dev/null",
        "-o",
        "BatchMode=yes",
        "-o",
        &known,
        "-o",
        "IdentityAgent=none",
    ]);
    ssh.args(["-o", "IdentitiesOnly=yes", "-p", &port, "-i"])
        .arg(&key);
    ssh.args(["--", "127.0.0.1", "true"]);
    assert_eq!(
        ssh.output().await.unwrap().status.code(),
        Some(255),
        "nobody typed the passphrase"
    );

    let open = ["-q", "-p", "-P", "open sesame", "-N", "", "-f"];
    let opened = tokio::process::Command::new("ssh-keygen")
        .args(open)
        .arg(&key)
        .output()
        .await
        .unwrap();
    assert!(opened.status.success());
    assert_eq!(
        ssh.output().await.unwrap().status.code(),
        Some(0),
        "the key itself is authorised"
    );
}
