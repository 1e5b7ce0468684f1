//! An end at every step of applying, on either side and between: each instance holds all of the
//! former values or all of the new ones, and is named so at the latest by the next start.
//!
//! What there is is read from the database, never asked of Patchbay. `PATCHBAY_KILLS` says how often
//! each killer strikes at each step, over five instances at once; without it every step is tried
//! once on one instance, the killers taking turns.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use patchbay_tests::bed::{Bed, finished};
use patchbay_tests::ground::{Instance, InstanceOptions};
use patchbay_tests::relay::Relay;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::kills::{kill, lines, reset, ssh_of};
use crate::told::{connector, outcome};

/// Steps of the far side as the stand-in's classes see them (`Ground\Held`), in their order.
const FAR: [&str; 22] = [
    "start",
    "lock",
    "begin",
    "compare",
    "lock-check",
    "write-1",
    "write-2",
    "write-3",
    "write-4",
    "write-5",
    "write-6",
    "write-7",
    "write-8",
    "write-9",
    "reread",
    "commit",
    "committed",
    "release",
    "cache",
    "reinit",
    "effective",
    "sign",
];

/// Steps of this side (`held_push`), in their order: before it connects, before the journal's line
/// and the blob, before `go`, once told of the commit, before the closing line, and after it.
const NEAR: [&str; 6] = ["connect", "journal", "go", "told", "closing", "closed"];

/// Who is killed, or cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    App,
    Ssh,
    Php,
    Network,
    /// The database's connection that has the lock.
    Database,
}

const VICTIMS: [Victim; 4] = [Victim::App, Victim::Ssh, Victim::Php, Victim::Network];

/// Instances that are reached through relays, each a server of its own.
pub struct Fleet {
    pub bed: Bed,
    pub shops: Vec<(String, Instance, Relay)>,
}

impl Fleet {
    pub async fn of(count: usize) -> Self {
        let bed = Bed::start().await.unwrap();
        bed.bring_keys().await.unwrap();
        let _ = bed.room_for(count).unwrap();
        let mut shops = Vec::new();
        for n in 1..=count {
            let mut shop = bed.instance(InstanceOptions::default()).await.unwrap();
            let server = format!("{}:{}", shop.ssh.host, shop.ssh.port);
            let server = server.parse().unwrap();
            let relay = Relay::start("127.0.0.1", server, Duration::ZERO);
            let relay = relay.await.unwrap();
            shop.ssh.port = relay.address().port();
            let name = format!("Shop {n}");
            bed.add(&name, "live", &shop).await.unwrap();
            bed.assign(&name, "Production", n - 1).await.unwrap();
            shops.push((name, shop, relay));
        }
        Self { bed, shops }
    }

    fn names(&self) -> Vec<&str> {
        self.shops
            .iter()
            .map(|(name, _, _)| name.as_str())
            .collect()
    }

    /// The next start of any command that connects: it names what was left open, behind the
    /// instance's own lock.
    fn next_start(&self) -> Child {
        let mut arguments = vec!["--json", "plan"];
        arguments.extend(self.names());
        self.bed.spawn(&arguments).unwrap()
    }

    async fn reset(&self) {
        for (_, shop, _) in &self.shops {
            let _ = shop.let_on();
            reset(shop).await;
        }
    }

    /// How many of the nine rows each instance has.
    async fn rows(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        for (_, shop, _) in &self.shops {
            counts.push(connector(shop.rows().await.unwrap()).len());
        }
        counts
    }

    /// A push of all of them that stands still at a step of this side.
    fn near(&self, step: &str) -> Command {
        let urls = self.bed.simulator.urls();
        let mut command = Command::new(env!("CARGO_BIN_EXE_held-push"));
        command
            .arg(step)
            .arg(self.bed.data())
            .args([&urls.production, &urls.sandbox])
            .args(self.names())
            .env_remove("SSH_AUTH_SOCK")
            .envs(self.bed.keychain.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn strike(&self, victim: Victim, app: &Child) {
        let Some(app) = app.id() else { return };
        match victim {
            Victim::App => kill(app),
            Victim::Ssh => ssh_of(app).into_iter().for_each(kill),
            Victim::Php => {
                let all = self.shops.iter().flat_map(|(_, shop, _)| shop.php_pids());
                all.for_each(kill);
            }
            Victim::Network => self.shops.iter().for_each(|(_, _, relay)| relay.cut()),
            Victim::Database => {
                for (_, shop, _) in &self.shops {
                    kill_connection(shop).await;
                }
            }
        }
    }
}

/// Ends the one database connection that the program on the instance has.
async fn kill_connection(shop: &Instance) {
    let database = &shop.database;
    let others = format!(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{database}' AND ID <> CONNECTION_ID()"
    );
    let found = shop.sql(&others).await.unwrap();
    assert!(
        !found.trim().is_empty(),
        "nobody is connected to {database}"
    );
    for id in found.split_whitespace() {
        let _ = shop.sql(&format!("KILL CONNECTION {id}")).await;
    }
}

/// Waits for something that has to come; at most a minute.
pub async fn until(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if check() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: it never came so far");
}

/// What the process that pushed said of each instance, where it lived to say it.
type Said = BTreeMap<String, String>;

/// A push by `patchbayctl`, held at a step of the far side and struck there.
async fn far_round(fleet: &Fleet, step: &str, victim: Victim, wait: Duration) -> Said {
    for (_, shop, _) in &fleet.shops {
        shop.hold(step).unwrap();
    }
    let mut arguments = vec!["--json", "push", "--yes"];
    arguments.extend(fleet.names());
    let child = fleet.bed.spawn(&arguments).unwrap();
    until(step, || {
        fleet.shops.iter().all(|(_, shop, _)| shop.is_held())
    })
    .await;
    fleet.strike(victim, &child).await;
    // While the far side of the dead one still lives.
    let next = (victim == Victim::App).then(|| fleet.next_start());
    tokio::time::sleep(wait).await;
    fleet.shops.iter().for_each(|(_, shop, _)| {
        let _ = shop.let_on();
    });
    let run = finished(child).await.unwrap();
    if let Some(next) = next {
        let _ = finished(next).await.unwrap();
        return Said::new();
    }
    let told = run.json();
    let names = fleet.names().into_iter();
    names
        .map(|name| (name.to_owned(), outcome(&told, name).to_owned()))
        .collect()
}

/// A push held at a step of this side and struck there.
async fn near_round(fleet: &Fleet, step: &str, victim: Victim) -> Said {
    let mut child = fleet.near(step).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    // Once the first is told what came of it, everything stands still.
    let waiting = if step == "closed" {
        1
    } else {
        fleet.shops.len()
    };
    for _ in 0..waiting {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(60), said.read_line(&mut line));
        read.await.unwrap().unwrap();
        assert_eq!(line.trim(), "held", "{step}: it never came so far");
    }
    fleet.strike(victim, &child).await;
    drop(child.stdin.take());
    let mut rest = String::new();
    said.read_to_string(&mut rest).await.unwrap();
    let run = finished(child).await.unwrap();
    if victim == Victim::App {
        return Said::new();
    }
    let told = rest.lines().find(|line| line.starts_with('{'));
    let told = told.unwrap_or_else(|| panic!("{step}, {victim:?}: it said nothing: {run:?}"));
    serde_json::from_str(told).unwrap()
}

/// What was found after a strike.
#[derive(Debug, Default)]
pub struct Tally {
    strikes: usize,
    old: usize,
    new: usize,
    mixed: Vec<String>,
    misnamed: Vec<String>,
    not_known: usize,
}

impl Tally {
    /// Looks at every instance after the next start, and at what was said of it.
    async fn look(&mut self, fleet: &Fleet, before: usize, said: &Said, when: &str) {
        let told = lines(&fleet.bed).await;
        let rows = fleet.rows().await;
        for (name, rows) in fleet.names().into_iter().zip(rows) {
            self.strikes += 1;
            match rows {
                0 => self.old += 1,
                9 => self.new += 1,
                _ => self.mixed.push(format!("{when}: {name} has {rows} rows")),
            }
            let there = rows == 9;
            let first = said.get(name).map(String::as_str);
            self.not_known += usize::from(first == Some("outcomeUnknown"));
            let wrong = match first {
                Some("pushed") => !there,
                Some("outcomeUnknown") | None => false,
                Some(_) => there,
            };
            let own = |line: &&Value| line["instance"] == name;
            let own: Vec<_> = told[before..].iter().filter(own).collect();
            let begun = own.iter().any(|line| line["phase"] == "begun");
            let ended = own.iter().rev().find(|line| line["phase"] == "ended");
            let named = ended.map(|line| line["outcome"] == "pushed");
            if wrong || named.unwrap_or(false) != there || (begun && named.is_none()) {
                self.misnamed.push(format!(
                    "{when}: {name} has {rows} rows, was told as {first:?} and stands as {own:?}"
                ));
            }
        }
    }

    pub fn hold(&self) {
        eprintln!(
            "{} strikes: {} old, {} new, {} mixed, {} wrongly named, {} first said to be unknown",
            self.strikes,
            self.old,
            self.new,
            self.mixed.len(),
            self.misnamed.len(),
            self.not_known
        );
        assert!(self.mixed.is_empty(), "{:#?}", self.mixed);
        assert!(self.misnamed.is_empty(), "{:#?}", self.misnamed);
    }
}

/// One round on all instances, from the old rows to what the next start says.
async fn round(fleet: &Fleet, step: &str, victim: Victim, wait: Duration, tally: &mut Tally) {
    fleet.reset().await;
    let before = lines(&fleet.bed).await.len();
    let said = if NEAR.contains(&step) {
        near_round(fleet, step, victim).await
    } else {
        far_round(fleet, step, victim, wait).await
    };
    let now = lines(&fleet.bed).await;
    let open = |line: &&Value| {
        let own = |other: &&Value| other["entry"] == line["entry"];
        now.iter().filter(own).all(|line| line["phase"] == "begun")
    };
    if now[before..].iter().any(|line| open(&line)) {
        let _ = finished(fleet.next_start()).await.unwrap();
    }
    let when = format!("{victim:?} at {step}");
    tally.look(fleet, before, &said, &when).await;
}

/// How often each killer strikes at each step: `PATCHBAY_KILLS`.
pub fn wanted(variable: &str) -> Option<usize> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn an_end_at_every_step_leaves_old_or_new_and_names_it() {
    let steps: Vec<_> = NEAR.into_iter().chain(FAR).collect();
    let kills = wanted("PATCHBAY_KILLS");
    let fleet = Fleet::of(kills.map_or(1, |kills| kills.min(5))).await;
    let mut tally = Tally::default();
    for (place, step) in steps.into_iter().enumerate() {
        let victims = match kills {
            Some(_) => &VICTIMS[..],
            None => &VICTIMS[place % 4..][..1],
        };
        for victim in victims {
            let rounds = kills.map_or(1, |kills| kills.div_ceil(5));
            for _ in 0..rounds {
                round(&fleet, step, *victim, Duration::ZERO, &mut tally).await;
            }
            if kills.is_some() {
                eprintln!("{step}, {victim:?}: {tally:?}");
            }
        }
    }
    tally.hold();
    assert!(
        tally.old > 0 && tally.new > 0,
        "both ends were seen: {tally:?}"
    );
}

/// The application's connection to the database ends while it waits for `go`, and between writes.
#[tokio::test]
async fn a_lost_database_connection_leaves_old_and_names_it() {
    let kills = wanted("PATCHBAY_KILLS");
    let fleet = Fleet::of(kills.map_or(1, |kills| kills.min(5))).await;
    let mut tally = Tally::default();
    for step in ["go", "write-1", "write-2", "write-5", "write-9"] {
        for _ in 0..kills.map_or(1, |kills| kills.div_ceil(5)) {
            round(&fleet, step, Victim::Database, Duration::ZERO, &mut tally).await;
        }
    }
    tally.hold();
    assert_eq!(tally.new, 0, "nothing can have been committed: {tally:?}");
}

/// How late a commit comes; a second look takes some 200 ms to begin and as long to connect.
const LATEST: Duration = Duration::from_millis(2_500);

/// The second look against a commit that comes when it comes.
#[tokio::test]
async fn a_second_look_never_overtakes_a_delayed_commit() {
    let fleet = Fleet::of(1).await;
    let mut tally = Tally::default();
    let races = wanted("PATCHBAY_RACES").unwrap_or(4).max(2);
    for race in 0..races {
        // From before the second look connects to when it has long been waiting for the lock.
        let wait = LATEST * u32::try_from(race).unwrap() / u32::try_from(races - 1).unwrap();
        let victim = [Victim::Ssh, Victim::Network, Victim::App][race % 3];
        round(&fleet, "commit", victim, wait, &mut tally).await;
    }
    tally.hold();
    assert_eq!(
        tally.new, tally.strikes,
        "each commit was only delayed: {tally:?}"
    );
}
