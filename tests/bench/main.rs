//! `cargo xtask bench`: our push beside what people do today, side by side in one run, as ratios.
//!
//! Everything is real but the application and Adobe: sshd, PHP, MariaDB, keychain, `patchbayctl`.
//! The application is the stand-in of `tests/fixtures/commerce`, which spends the CPU time of a real
//! one; the table says so and shows by how much. Deliberately not here: assertions. A machine may be
//! busy; a time is read by a person.

mod ansible;
mod calibration;
mod contenders;
mod options;
mod table;
mod yard;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ansible::Ansible;
use options::Options;
use table::{Row, Target, Times};
use yard::Yard;

/// What can go wrong here is told to the person at the terminal and ends the program.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// So many instances get the documented way by Ansible.
const FOR_ANSIBLE: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match bench(&options).await {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(options: &Options) -> Fallible<String> {
    let most = options.instances.iter().copied().max().unwrap_or(1);
    let most = if options.quick {
        most
    } else {
        most.max(FOR_ANSIBLE)
    };
    let progress = Progress::begin();
    progress.say(&format!("starting servers and {most} instances"));
    let mut yard = Yard::new(most).await?;
    progress.say("measuring the stand-in");
    let calibration = calibration::lines(&yard.sites[0].instance, options.runs).await?;
    progress.say("making the instances known to patchbayctl");
    yard.introduce().await?;
    let mut rows = Vec::new();
    for &delay in &options.delays {
        if !delay.is_zero() {
            progress.say(&format!("putting {} ms between", delay.as_millis()));
            yard.far_away(delay).await?;
        }
        let way = Way {
            yard: &yard,
            delay,
            progress: &progress,
        };
        for &count in &options.instances {
            let runs = options.runs_with(count, delay);
            match count {
                1 => rows.extend(way.one(runs).await?),
                _ => rows.push(way.many(count, runs).await?),
            }
        }
        if !options.quick {
            rows.push(way.beside_ansible(options.runs.min(2)).await?);
        }
    }
    progress.say("done");
    let text = page(&table::table(&rows), &calibration);
    if options.write {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bench.md");
        std::fs::write(file, &text)?;
    }
    Ok(text)
}

/// What is going on, for whoever waits.
struct Progress(Instant);

impl Progress {
    fn begin() -> Self {
        Self(Instant::now())
    }

    fn say(&self, what: &str) {
        let seconds = self.0.elapsed().as_secs();
        eprintln!("{:2}:{:02}  {what}", seconds / 60, seconds % 60);
    }
}

/// The yard at one distance.
struct Way<'a> {
    yard: &'a Yard,
    delay: Duration,
    progress: &'a Progress,
}

impl Way<'_> {
    fn say(&self, what: &str) {
        let far = self.delay.as_millis();
        self.progress.say(&format!("{what}, {far} ms away"));
    }

    /// A row's name, with the distance where there is one.
    fn named(&self, what: &str) -> String {
        match self.delay.as_millis() {
            0 => what.to_owned(),
            far => format!("{what}; {far} ms away"),
        }
    }

    /// One instance: beside the hand-written program, beside the documented way, and what is counted.
    async fn one(&self, runs: usize) -> Fallible<Vec<Row>> {
        let yard = self.yard;
        let sites = &yard.sites[..1];
        let site = &sites[0];
        self.say("one instance");
        contenders::ours(yard, sites).await?;
        contenders::by_hand(yard, site).await?;
        yard.bed.simulator.forget_visits();
        let (connections, starts) = (
            yard.bed.ground.ssh_connections()?,
            site.instance.php_starts(),
        );
        contenders::ours(yard, sites).await?;
        let connections = yard.bed.ground.ssh_connections()? - connections;
        let starts = site.instance.php_starts() - starts;
        let asked = yard.bed.simulator.visits().len();
        let (mut ours, mut by_hand, mut documented) = <(Times, Times, Times)>::default();
        for run in 0..runs {
            ours.add(contenders::ours(yard, sites).await?);
            by_hand.add(contenders::by_hand(yard, site).await?);
            if run < 3 {
                documented.add(contenders::documented(yard, site).await?);
            }
        }
        Ok(vec![
            Row::ratio(
                &self.named(&format!(
                    "nine values to one instance (ours with {asked} gateway requests on loopback)"
                )),
                Target::AtMost(1.15),
                ("ours", &ours),
                ("by hand", &by_hand),
            ),
            Row::ratio(
                &self.named("documented way, each command over ssh / our push"),
                Target::AtLeast(10.0),
                ("documented", &documented),
                ("ours", &ours),
            ),
            Row::counted(
                &self.named("connections and PHP processes per instance and push"),
                "1 and 1",
                &format!("{connections} and {starts}"),
                (connections, starts) == (1, 1),
            ),
        ])
    }

    /// Many at once, beside `xargs -P 8` of the hand-written program.
    async fn many(&self, count: usize, runs: usize) -> Fallible<Row> {
        let yard = self.yard;
        let sites = &yard.sites[..count];
        self.say(&format!("{count} instances"));
        contenders::ours(yard, sites).await?;
        contenders::by_xargs(yard, sites).await?;
        let (mut ours, mut xargs) = <(Times, Times)>::default();
        for _ in 0..runs {
            ours.add(contenders::ours(yard, sites).await?);
            xargs.add(contenders::by_xargs(yard, sites).await?);
        }
        Ok(Row::ratio(
            &self.named(&format!(
                "{count} instances / `xargs -P 8` of the hand-written program"
            )),
            Target::AtMost(1.10),
            ("ours", &ours),
            ("xargs", &xargs),
        ))
    }

    /// Three at once, beside an Ansible playbook of the documented commands.
    async fn beside_ansible(&self, runs: usize) -> Fallible<Row> {
        let what = self.named("Ansible in parallel / our bulk push, 3 instances");
        let target = Target::AtLeast(12.0);
        let yard = self.yard;
        let sites = &yard.sites[..FOR_ANSIBLE];
        self.say("Ansible");
        let ansible = match Ansible::install().await {
            Ok(ansible) => ansible,
            Err(why) => {
                return Ok(Row::missing(
                    &what,
                    target,
                    &format!("not installed: {why}"),
                ));
            }
        };
        contenders::ours(yard, sites).await?;
        ansible.run(yard, sites).await?;
        let (mut ours, mut theirs) = <(Times, Times)>::default();
        for _ in 0..runs {
            ours.add(contenders::ours(yard, sites).await?);
            theirs.add(ansible.run(yard, sites).await?);
        }
        let what = format!("{what} ({})", ansible.version);
        Ok(Row::ratio(
            &what,
            target,
            ("Ansible", &theirs),
            ("ours", &ours),
        ))
    }
}

fn page(table: &str, calibration: &str) -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "# Speed of a push\n\n\
         Made by `cargo xtask bench`: every line measured side by side in one run, the contenders \
         in turn, after one warm-up each. Wall time in milliseconds, medians; {processors} \
         processors. Each run begins on the same instance: nothing configured, caches warm, the \
         registry answering from loopback. Where a row says how far away the \
         instances are, every byte to and from them passes a relay of our own \
         (`tests/support/relay.rs`) that adds that much to a round trip, for all contenders alike. \
         After each run all nine values are read from the \
         database and compared.\n\n{table}\n\
         The hand-written program (`tests/bench/peer.php`) asks no gateway, keeps no journal, takes \
         no lock, seals nothing, proves nothing and cannot be undone. Gateway requests are part of \
         our times here; over a real network they add its latency.\n\n\
         The application is a stand-in (`tests/fixtures/commerce`), calibrated to the CPU times \
         measured on real instances (docs/facts.md, Costs). Measured in this run, medians:\n\n\
         {calibration}"
    )
}
