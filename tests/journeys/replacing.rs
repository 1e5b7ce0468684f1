//! Replacing a key pair on real instances, killed on the way and gone on with; and keys that go to
//! another computer with a data directory and a keychain of its own.

use std::process::Stdio;
use std::time::{Duration, Instant};

use patchbay_tests::bed::{Bed, Run, finished};
use patchbay_tests::ground::keychain::KeychainSession;
use patchbay_tests::ground::{Instance, InstanceOptions};
use serde_json::Value;

const NAMES: [&str; 3] = ["Dev", "Shop", "Staging"];

/// Three instances connected by hand to one production pair, and a generated one to replace it.
async fn fleet(bed: &Bed) -> Vec<Instance> {
    bed.bring_keys().await.unwrap();
    let mut shops = Vec::new();
    for (at, (name, role)) in NAMES
        .into_iter()
        .zip(["development", "live", "staging"])
        .enumerate()
    {
        let base_url = format!("https://shop{at}.example.test/");
        let options = InstanceOptions {
            base_url,
            ..Default::default()
        };
        let shop = bed.instance(options).await.unwrap();
        bed.add(name, role, &shop).await.unwrap();
        let (kind, nth) = if role == "live" {
            ("Production", 0)
        } else {
            ("Testing", at / 2)
        };
        bed.assign(name, kind, nth).await.unwrap();
        let push = ["push", name, "--yes", "--confirm", name];
        let _ = bed.ctl(&push).await.unwrap().expect(0);
        shops.push(shop);
    }
    let portal = bed.simulator.urls().portal.clone();
    let what = [
        "keypair",
        "generate",
        "--account",
        "Nordlys",
        "--for",
        "production",
    ];
    let rest = [
        "--name",
        "new key",
        "--portal",
        &portal,
        "--sign-in-file",
        "-",
    ];
    let sign_in = format!("{}\n", bed.account.sign_in);
    let made = bed
        .ctl_reading(&[&what[..], &rest].concat(), sign_in.as_bytes())
        .await;
    let _ = made.unwrap().expect(0);
    shops
}

const ROTATE: [&str; 7] = [
    "--json",
    "keypair",
    "rotate",
    "production key",
    "--to",
    "new key",
    "--yes",
];

/// Every instance holds a pair that Adobe accepts, and nothing but its keys has changed.
async fn all_connected(bed: &Bed, when: &str) {
    let checked = bed.ctl(&["--json", "check"]).await.unwrap().json();
    for one in checked["instances"].as_array().unwrap() {
        let answer = &one["proof"]["adobe"]["production"];
        assert_eq!(answer, "accepted", "{when}: {one}");
    }
}

#[tokio::test]
async fn a_replacement_killed_on_the_way_goes_on_and_every_shop_keeps_a_valid_pair() {
    let bed = Bed::start().await.unwrap();
    let _shops = fleet(&bed).await;
    let survey = ["--json", "keypair", "rotate", "production key"];
    let survey = bed.ctl(&survey).await.unwrap().expect(0).json();
    assert_eq!(survey["replacement"]["stage"], "awaitsNewPair", "{survey}");
    let refused = bed
        .ctl(&["keypair", "delete-at-adobe", "production key"])
        .await;
    let _ = refused.unwrap().expect(3);
    for millis in [900, 2_200, 3_500] {
        let started = Instant::now();
        let mut child = bed.spawn(&ROTATE).unwrap();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        // It may have come to its end already.
        let _ = child.start_kill();
        let _ = finished(child).await.unwrap();
        let when = format!("killed after {} ms", started.elapsed().as_millis());
        all_connected(&bed, &when).await;
    }
    let done = bed.ctl(&ROTATE).await.unwrap();
    // Where the last kill came too late there is nothing left to carry on.
    let stage = if done.code == 0 {
        done.json()["replacement"]["stage"].clone()
    } else {
        Value::Null
    };
    assert!(
        stage == "deleteOld" || done.stderr.contains("retired") || done.stdout.contains("retired"),
        "{done:?}"
    );
    all_connected(&bed, "at the end").await;
    let asked = ["--json", "keypair", "delete-at-adobe", "production key"];
    let told = bed.ctl(&asked).await.unwrap().expect(1).json();
    assert_eq!(told["atAdobe"], "stillThere", "{told}");
    assert_eq!(told["unseen"].as_array().unwrap().len(), 4);
}

/// `patchbayctl` on another computer: its own data directory and keychain, the same Adobe.
async fn there(bed: &Bed, keychain: &KeychainSession, arguments: &[&str]) -> Run {
    let mut command = bed.command(arguments);
    command
        .envs(keychain.variables())
        .env("PATCHBAY_DATA_DIR", bed.folder().join("elsewhere"))
        .stdin(Stdio::null());
    finished(command.spawn().unwrap()).await.unwrap()
}

/// Nothing but the format can be read in a sealed file.
fn says_nothing(bytes: &[u8], bed: &Bed) {
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    for plain in [
        "Nordlys",
        "Mei",
        "Ingrid",
        "production",
        &bed.account.production.api_key,
    ] {
        let shown = bytes
            .windows(plain.len())
            .any(|seen| seen == plain.as_bytes());
        assert!(!shown, "the file says {plain}");
    }
}

#[tokio::test]
async fn a_sealed_file_opens_on_the_computer_that_asked_and_nowhere_else() {
    let bed = Bed::start().await.unwrap();
    bed.bring_keys().await.unwrap();
    let keychain = KeychainSession::start().await.unwrap();
    let _ = there(&bed, &keychain, &["account", "add", "--label", "Nordlys"])
        .await
        .expect(0);
    let ask = [
        "--json",
        "handover",
        "request",
        "--account",
        "Nordlys",
        "--who",
        "Mei",
    ];
    let request = there(&bed, &keychain, &ask).await.expect(0).json();
    let code = bed
        .file("code.txt", request["code"].as_str().unwrap())
        .unwrap();
    let file = bed.folder().join("keys.age").display().to_string();
    let seal = [
        "--json", "handover", "seal", &code, "--from", "Ingrid", "--out", &file, "--yes",
    ];
    let sealed = bed.ctl(&seal).await.unwrap().expect(0).json();
    assert_eq!(
        sealed["handOver"]["keys"].as_array().unwrap().len(),
        2,
        "{sealed}"
    );
    let bytes = std::fs::read(&file).unwrap();
    says_nothing(&bytes, &bed);

    let here = bed
        .ctl(&["--json", "handover", "open", &file])
        .await
        .unwrap()
        .expect(1)
        .json();
    assert_eq!(here["error"]["code"], "sealedForAnother");
    let open = ["--json", "handover", "open", &file];
    let opened = there(&bed, &keychain, &open).await.expect(0).json();
    for key in opened["keys"].as_array().unwrap() {
        assert_eq!(key["verification"]["answer"], "accepted", "{key}");
        assert_eq!(
            (&key["keypair"]["export"], &key["keypair"]["origin"]),
            (&"none".into(), &"received".into())
        );
    }
    let again = there(&bed, &keychain, &open).await.expect(1).json();
    assert_eq!(again["error"]["code"], "sealedForAnother", "it opens once");
    let left = bed
        .ctl(&["--json", "handover", "left", "Mei"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(left["keys"].as_array().unwrap().len(), 2, "{left}");
}
