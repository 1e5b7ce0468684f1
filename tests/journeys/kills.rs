//! A push that dies at any moment leaves old or new, never a mixture, and the next start names
//! which.

use std::time::{Duration, Instant};

use patchbay_tests::bed::{Bed, finished};
use patchbay_tests::ground::{Instance, InstanceOptions};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::told::{connector, outcome};

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Patchbayctl,
    Ssh,
    Php,
}

async fn ready_bed() -> (Bed, Instance) {
    let bed = Bed::start().await.unwrap();
    let shop = bed.instance(InstanceOptions::default()).await.unwrap();
    bed.bring_keys().await.unwrap();
    bed.add("Shop", "live", &shop).await.unwrap();
    bed.assign("Shop", "Production", 0).await.unwrap();
    (bed, shop)
}

/// Takes every connector row away: the old state of each round.
pub async fn reset(shop: &Instance) {
    let table = shop.table("core_config_data");
    let statement =
        format!("DELETE FROM {table} WHERE path LIKE 'services\\_connector/services\\_%'");
    shop.sql(&statement).await.unwrap();
    shop.clean_cache();
}

pub fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself already.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// The `ssh` programs that a process started.
pub fn ssh_of(parent: u32) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after = stat.rsplit(") ").next().unwrap_or_default();
            stat.contains("(ssh)") && after.split(' ').nth(1) == Some(&parent.to_string())
        })
        .collect()
}

/// One push with a victim killed after `wait`; what `patchbayctl` said, where it lived to say it.
async fn push_and_kill(
    bed: &Bed,
    shop: &Instance,
    victim: Victim,
    wait: Duration,
) -> Option<Value> {
    let child = bed.spawn(&["--json", "push", "Shop", "--yes"]).unwrap();
    let pid = child.id().unwrap();
    tokio::time::sleep(wait).await;
    match victim {
        Victim::Patchbayctl => kill(pid),
        Victim::Ssh => ssh_of(pid).into_iter().for_each(kill),
        Victim::Php => shop.php_pids().into_iter().for_each(kill),
    }
    let run = finished(child).await.unwrap();
    (victim != Victim::Patchbayctl).then(|| run.json())
}

/// Whether the values are there; anything between none and all of them is a failure.
async fn written(shop: &Instance, when: &str) -> bool {
    match connector(shop.rows().await.unwrap()).len() {
        0 => false,
        9 => true,
        rows => panic!("{when}: {rows} of nine rows are there"),
    }
}

/// The journal's lines, oldest first.
pub async fn lines(bed: &Bed) -> Vec<Value> {
    let listed = bed
        .ctl(&["--json", "journal", "list"])
        .await
        .unwrap()
        .expect(0)
        .json();
    listed["lines"].as_array().unwrap().clone()
}

/// Checks that what the journal tells of this push, if it came that far, names what is there.
fn named_rightly(told: &[Value], there: bool, when: &str) {
    let ended = told.iter().rev().find(|line| line["phase"] == "ended");
    let begun = told.iter().any(|line| line["phase"] == "begun");
    assert!(
        !begun || ended.is_some(),
        "{when}: the next start names it: {told:?}"
    );
    let said = ended.map_or("failed", |line| {
        line["outcome"].as_str().unwrap_or_default()
    });
    assert_eq!(
        said == "pushed",
        there,
        "{when}: said {said}, and the rows are there: {there}"
    );
}

async fn killed_all_along(victim: Victim, rounds: u32) {
    let (bed, shop) = ready_bed().await;
    let started = Instant::now();
    let pushed = bed
        .ctl(&["--json", "push", "Shop", "--yes"])
        .await
        .unwrap()
        .expect(0)
        .json();
    assert_eq!(outcome(&pushed, "Shop"), "pushed");
    let whole = started.elapsed();
    let mut ends = [0, 0];
    for round in 0..rounds {
        reset(&shop).await;
        let before = lines(&bed).await.len();
        let wait = whole * (round + 1) / rounds;
        let when = format!(
            "{victim:?} killed after {} ms of {} ms",
            wait.as_millis(),
            whole.as_millis()
        );
        let told = push_and_kill(&bed, &shop, victim, wait).await;
        // The next start: it waits for the instance's own lock, so the far end is done as well.
        let _ = bed.ctl(&["check", "Shop"]).await.unwrap();
        let there = written(&shop, &when).await;
        ends[usize::from(there)] += 1;
        if let Some(told) = told {
            let said = outcome(&told, "Shop");
            assert!(
                said != "pushed" || there,
                "{when}: it said pushed, and nothing is there"
            );
            assert!(
                said != "failed" || !there,
                "{when}: it said failed, and the values are there"
            );
        }
        named_rightly(&lines(&bed).await[before..], there, &when);
    }
    assert!(
        ends[0] > 0,
        "{victim:?}: no round died before the commit ({ends:?})"
    );
}

#[tokio::test]
async fn killing_patchbayctl_leaves_old_or_new() {
    killed_all_along(Victim::Patchbayctl, 8).await;
}

#[tokio::test]
async fn killing_ssh_leaves_old_or_new() {
    killed_all_along(Victim::Ssh, 6).await;
}

#[tokio::test]
async fn killing_php_leaves_old_or_new() {
    killed_all_along(Victim::Php, 6).await;
}
