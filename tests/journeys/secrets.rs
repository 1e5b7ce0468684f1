//! No key byte shows anywhere on the way: not in arguments or variables of any process on either
//! side, not in what the far end reads, not on disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use patchbay_tests::bed::Bed;
use patchbay_tests::canary::Canary;
use patchbay_tests::ground::{InstanceOptions, Setting};

use crate::told::outcome;

fn canary(bed: &Bed) -> Canary {
    let mut canary = Canary::default();
    canary.learn(bed.account.production.private_key.expose());
    canary.learn(bed.account.sandbox.private_key.expose());
    canary
}

/// Looks every 5 ms at the arguments and variables of every process there is.
struct Watch {
    end: Arc<AtomicBool>,
    hits: Arc<AtomicUsize>,
    looks: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Watch {
    fn start(canary: Canary) -> Self {
        let (end, hits, looks) = (Arc::default(), Arc::default(), Arc::default());
        let watch: (Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>) =
            (Arc::clone(&end), Arc::clone(&hits), Arc::clone(&looks));
        let thread = std::thread::spawn(move || {
            let mut known = std::collections::HashSet::new();
            while !watch.0.load(Ordering::SeqCst) {
                for bytes in shown_by_processes() {
                    if known.insert(bytes.clone()) {
                        watch.1.fetch_add(canary.count(&bytes), Ordering::SeqCst);
                    }
                }
                watch.2.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        // The first look meets every process there is and takes its time; the rest are quick.
        while looks_of(&looks) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        Self {
            end,
            hits,
            looks,
            thread,
        }
    }

    /// How many windows of keys were seen, and in how many looks.
    fn stop(self) -> (usize, usize) {
        self.end.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        (
            self.hits.load(Ordering::SeqCst),
            self.looks.load(Ordering::SeqCst),
        )
    }
}

fn looks_of(looks: &Arc<AtomicUsize>) -> usize {
    looks.load(Ordering::SeqCst)
}

fn shown_by_processes() -> Vec<Vec<u8>> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .bytes()
                .all(|byte| byte.is_ascii_digit())
        })
        .flat_map(|entry| ["cmdline", "environ"].map(|name| std::fs::read(entry.path().join(name))))
        .filter_map(Result::ok)
        .collect()
}

#[tokio::test]
async fn no_process_on_either_side_shows_a_key_and_the_far_end_reads_none() {
    let bed = Bed::start().await.unwrap();
    let options = InstanceOptions {
        record_stdin: true,
        ..Default::default()
    };
    let shop = bed.instance(options).await.unwrap();
    let watch = Watch::start(canary(&bed));
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    let pushed = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(outcome(&pushed, "Shop"), "pushed");
    let _ = bed.ctl(&["check"]).await.unwrap().expect(0);
    let taken = [
        "--json",
        "instance",
        "adopt",
        "Shop",
        "--with-private-key",
        "--yes",
    ];
    let _ = bed.ctl(&taken).await.unwrap().expect(0);
    let (hits, looks) = watch.stop();
    assert!(looks > 50, "the watch looked only {looks} times");
    assert_eq!(
        hits, 0,
        "arguments or variables of a process held key material"
    );

    let canary = canary(&bed);
    let recorded = shop.recorded_stdin();
    assert!(
        recorded.windows(4).any(|bytes| bytes == b"\ngo "),
        "the recording holds the values' line"
    );
    assert_eq!(
        canary.count(&recorded),
        0,
        "what the far end read held key material"
    );
    assert_eq!(
        canary.count_below(&bed.data()),
        0,
        "the data directory held key material"
    );
    let kept = bed
        .file("planted.pem", bed.account.production.private_key.expose())
        .unwrap();
    assert!(
        canary.count(&std::fs::read(kept).unwrap()) > 0,
        "the same look finds a key that is there"
    );
}

#[tokio::test]
async fn the_watch_finds_a_key_that_a_process_does_show() {
    let bed = Bed::start().await.unwrap();
    let watch = Watch::start(canary(&bed));
    let mut leaking = tokio::process::Command::new("sleep")
        .arg("0.2")
        .env("LEAK", bed.account.sandbox.private_key.expose())
        .spawn()
        .unwrap();
    leaking.wait().await.unwrap();
    assert!(watch.stop().0 > 0, "a leaking process must not go unseen");
}

#[tokio::test]
async fn a_blocked_or_changed_instance_is_never_sent_a_value() {
    let bed = Bed::start().await.unwrap();
    let locked = (
        "services_connector/services_id/project_id".to_owned(),
        "elsewhere".to_owned(),
    );
    let options = InstanceOptions {
        record_stdin: true,
        env_values: vec![locked],
        ..Default::default()
    };
    let blocked = bed.instance(options).await.unwrap();
    let base_url = "https://other.example.test/".to_owned();
    let options = InstanceOptions {
        record_stdin: true,
        base_url,
        ..Default::default()
    };
    let changed = bed.instance(options).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Blocked", "live", &blocked).await.unwrap();
    bed.add("Changed", "development", &changed).await.unwrap();
    bed.assign("Blocked", "Production", 0).await.unwrap();
    bed.assign("Changed", "Testing", 0).await.unwrap();
    let saved = bed.folder().join("plan.json").display().to_string();
    let _ = bed
        .ctl(&["plan", "Changed", "--out", &saved])
        .await
        .unwrap();
    let path = "services_connector/services_id/project_name";
    changed
        .insert(&[Setting::plain(path, "Somebody was here")])
        .await
        .unwrap();
    changed.clean_cache();

    let pushed = bed
        .ctl(&["--json", "push", "Blocked", "--yes"])
        .await
        .unwrap()
        .expect(3)
        .json();
    assert_eq!(outcome(&pushed, "Blocked"), "blocked");
    let push = ["--json", "push", "--plan", &saved, "--confirm", "Changed"];
    let pushed = bed.ctl(&push).await.unwrap().expect(1).json();
    assert_eq!(outcome(&pushed, "Changed"), "changedSincePlan");
    for instance in [&blocked, &changed] {
        let recorded = instance.recorded_stdin();
        assert!(!recorded.is_empty(), "something was asked of it");
        assert!(
            !recorded.windows(4).any(|bytes| bytes == b"\ngo "),
            "no value was sent"
        );
    }
}
