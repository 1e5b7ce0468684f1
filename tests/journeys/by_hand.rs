//! The manual way, done for real: the same rows as a push, and not one window of a key anywhere else.

use std::path::Path;
use std::process::Stdio;

use patchbay_tests::bed::Bed;
use patchbay_tests::canary::Canary;
use patchbay_tests::ground::{Instance, InstanceOptions, PATHS_OF_KEYS, PATHS_OF_SAAS, Shape};
use tokio::io::AsyncWriteExt as _;

/// What every one of the nine values means, decrypted where it is a key.
async fn values(instance: &Instance) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for path in PATHS_OF_KEYS.iter().chain(&PATHS_OF_SAAS) {
        let stored = instance.row(path).await.unwrap();
        let value = match stored {
            Some(stored) if PATHS_OF_KEYS.contains(path) => {
                assert!(stored.starts_with("0:3:"), "{path} is encrypted at rest");
                instance.decrypt(&stored).unwrap()
            }
            other => other.unwrap_or_default(),
        };
        values.push(((*path).to_owned(), value));
    }
    values
}

struct Ended {
    code: Option<i32>,
    said: String,
}

/// Runs the recipe as its steps say, with keys pasted into php's standard input.
async fn by_hand(instance: &Instance, recipe: &Path, keys: &str) -> Ended {
    let mut php = tokio::process::Command::new(instance.php());
    php.args(["-d", "variables_order=EGPCS", "-d", "auto_prepend_file="])
        .arg(recipe)
        .arg(&instance.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = php.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let _ = input.write_all(keys.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    Ended {
        code: output.status.code(),
        said: String::from_utf8_lossy(&said).into_owned(),
    }
}

fn secret(key: &patchbay_simulator::ReadyKey) -> String {
    key.private_key.expose().to_owned()
}

#[tokio::test]
async fn the_recipe_leaves_the_rows_a_push_leaves() {
    let bed = Bed::start().await.unwrap();
    bed.bring_keys().await.unwrap();
    let (sandbox, production) = (
        secret(&bed.account.sandbox),
        secret(&bed.account.production),
    );
    let mut canary = Canary::default();
    canary.learn(&sandbox);
    canary.learn(&production);
    let pushed = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.add("pushed", "live", &pushed).await.unwrap();
    bed.assign("pushed", "Production", 0).await.unwrap();
    let recipe = bed.ctl(&["recipe", "pushed"]).await.unwrap().expect(0);
    assert_eq!(
        canary.count(recipe.stdout.as_bytes()),
        0,
        "the recipe holds no key"
    );
    let file = bed.folder().join("patchbay-connect.php");
    std::fs::write(&file, &recipe.stdout).unwrap();
    let json = bed
        .ctl(&["--json", "recipe", "pushed"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(json["program"], recipe.stdout);
    let _ = bed
        .ctl(&["push", "pushed", "--yes"])
        .await
        .unwrap()
        .expect(0);
    let expected = values(&pushed).await;
    for shape in [Shape::V3_3, Shape::V2_0] {
        let options = InstanceOptions {
            shape,
            root_name: "it's by hand".into(),
            ..InstanceOptions::default()
        };
        let hand = bed.instance(options).await.unwrap();
        // As a terminal or a mail program may leave them: blank lines, CRLF, spaces around.
        let odd = sandbox.replace('\n', "\r\n  ");
        let done = by_hand(&hand, &file, &format!("\n{odd}\r\n\r\n{production}")).await;
        assert_eq!(done.code, Some(0), "{}", done.said);
        assert_eq!(
            canary.count(done.said.as_bytes()),
            0,
            "nothing of a key is printed"
        );
        assert_eq!(values(&hand).await, expected, "{shape:?}");
        let again = by_hand(&hand, &file, &format!("{sandbox}{production}")).await;
        assert!(again.said.contains("nothing was written"), "{}", again.said);
        assert_eq!(
            canary.count_below(&hand.root),
            0,
            "nothing of a key in the files"
        );
    }
}

#[tokio::test]
async fn the_recipe_stops_at_every_trap_before_it_writes() {
    let bed = Bed::start().await.unwrap();
    bed.bring_keys().await.unwrap();
    let (sandbox, production) = (
        secret(&bed.account.sandbox),
        secret(&bed.account.production),
    );
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.add("shop", "live", &shop).await.unwrap();
    bed.assign("shop", "Production", 0).await.unwrap();
    let recipe = bed.ctl(&["recipe", "shop"]).await.unwrap().expect(0);
    let file = bed.folder().join("patchbay-connect.php");
    std::fs::write(&file, &recipe.stdout).unwrap();
    let both = format!("{sandbox}{production}");
    let swapped = by_hand(&shop, &file, &format!("{production}{sandbox}")).await;
    assert!(
        swapped.said.contains("not the sandbox one"),
        "{}",
        swapped.said
    );
    let cut = by_hand(&shop, &file, &both[..800]).await;
    assert!(cut.said.contains("no private key"), "{}", cut.said);
    let locked = bed
        .instance(InstanceOptions {
            env_values: vec![(PATHS_OF_SAAS[2].to_owned(), "other".to_owned())],
            ..InstanceOptions::default()
        })
        .await
        .unwrap();
    let fixed = by_hand(&locked, &file, &both).await;
    assert!(fixed.said.contains("is fixed in"), "{}", fixed.said);
    let other = patchbay_tests::ground::HandConnected {
        production: Some(("other".into(), sandbox.clone())),
        saas: Some(["a", "b", "c", "d", "Production"].map(str::to_owned)),
        ..Default::default()
    };
    let live = bed
        .instance(InstanceOptions {
            by_hand: other,
            ..InstanceOptions::default()
        })
        .await
        .unwrap();
    let before = live.rows().await.unwrap();
    let at_once = by_hand(&live, &file, &both).await;
    assert!(at_once.said.contains("in one go"), "{}", at_once.said);
    assert_eq!(live.rows().await.unwrap(), before);
    for stopped in [swapped, cut, fixed, at_once] {
        assert_eq!(stopped.code, Some(1));
        assert!(
            stopped.said.contains("nothing was written"),
            "{}",
            stopped.said
        );
    }
    let rows = shop.rows().await.unwrap();
    assert!(
        rows.iter()
            .all(|row| !row.path.starts_with("services_connector/services_"))
    );
}
