//! Those who write the nine values: our push, the hand-written program, the documented commands.
//!
//! Each is timed from its start to its end as a person would see it, and what it left is looked at
//! after the clock has stopped.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::Fallible;
use crate::yard::{Site, Yard};

const PEER: &str = include_str!("peer.php");

/// Our push of all nine values to all `sites` in one run of `patchbayctl`.
pub async fn ours(yard: &Yard, sites: &[Site]) -> Fallible<Duration> {
    reset(sites).await?;
    let names: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
    let arguments = [&["--json", "push", "--yes"][..], &names].concat();
    let started = Instant::now();
    let run = yard.bed.ctl(&arguments).await?;
    let took = started.elapsed();
    let report = run.expect(0).json();
    let told = report["instances"]
        .as_array()
        .ok_or("push reports no instances")?;
    let pushed = told.iter().filter(|one| one["outcome"] == "pushed").count();
    if pushed != sites.len() {
        return Err(format!("{pushed} of {} were pushed: {report}", sites.len()).into());
    }
    must_hold(sites, "our push").await?;
    Ok(took)
}

/// The hand-written program on one instance, over bare `ssh`.
pub async fn by_hand(yard: &Yard, site: &Site) -> Fallible<Duration> {
    site.reset().await?;
    let input = peer_input(site)?;
    let mut ssh = bare_ssh(yard, site);
    ssh.arg(peer_command(site));
    let took = timed(ssh, &input).await?;
    site.must_hold_all("the hand-written program").await?;
    Ok(took)
}

/// The hand-written program on all `sites`, eight at a time by `xargs`.
pub async fn by_xargs(yard: &Yard, sites: &[Site]) -> Fallible<Duration> {
    reset(sites).await?;
    let folder = yard.bed.folder().to_owned();
    let mut numbers = String::new();
    for (number, site) in sites.iter().enumerate() {
        yard.bed
            .file(&format!("peer-{number}.in"), peer_input(site)?)?;
        yard.bed
            .file(&format!("peer-{number}.host"), &site.instance.ssh.host)?;
        yard.bed.file(
            &format!("peer-{number}.port"),
            site.instance.ssh.port.to_string(),
        )?;
        yard.bed
            .file(&format!("peer-{number}.command"), peer_command(site))?;
        numbers += &format!("{number}\n");
    }
    let one = "exec ssh -F \"$1\" -p \"$(cat peer-$0.port)\" -T -- \"$(cat peer-$0.host)\" \"$(cat peer-$0.command)\" <peer-$0.in";
    let mut xargs = Command::new("xargs");
    xargs.args(["-P", "8", "-I{}", "sh", "-c", one, "{}"]);
    xargs.arg(yard.bed.ground.ssh_config()).current_dir(folder);
    let took = timed(xargs, numbers.as_bytes()).await?;
    must_hold(sites, "xargs").await?;
    Ok(took)
}

/// The documented commands one after the other, each over an `ssh` of its own.
pub async fn documented(yard: &Yard, site: &Site) -> Fallible<Duration> {
    site.reset().await?;
    let mut took = Duration::ZERO;
    for words in documented_commands(site) {
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let mut ssh = bare_ssh(yard, site);
        ssh.arg(format!(
            "cd {} && {}",
            quoted_path(&site.instance.root),
            words.join(" ")
        ));
        took += timed(ssh, &[]).await?;
    }
    site.must_hold_all("the documented way").await?;
    Ok(took)
}

/// Four keys, project, data space (which brings names and type along), and the cache: each command's
/// words, to be run in the application root.
pub fn documented_commands(site: &Site) -> Vec<Vec<String>> {
    let php = site.instance.php().display().to_string();
    let settable = |path: &str| {
        path.ends_with("_key") || path.ends_with("/project_id") || path.ends_with("/environment_id")
    };
    let magento = |words: &[&str]| {
        let start = [php.as_str(), "bin/magento"];
        start
            .iter()
            .chain(words)
            .map(|word| (*word).to_owned())
            .collect()
    };
    let values = site.values.iter().filter(|(path, _)| settable(path));
    let mut commands: Vec<Vec<String>> = values
        .map(|(path, value)| magento(&["config:set", "--", path, value]))
        .collect();
    commands.push(magento(&["cache:clean", "config"]));
    commands
}

/// Takes the values off all of them.
pub async fn reset(sites: &[Site]) -> Fallible<()> {
    for site in sites {
        site.reset().await?;
    }
    Ok(())
}

/// Fails unless all of them hold all nine values.
pub async fn must_hold(sites: &[Site], by: &str) -> Fallible<()> {
    for site in sites {
        site.must_hold_all(by).await?;
    }
    Ok(())
}

/// Runs a command that must succeed, `input` on its standard input, and says how long it took.
pub async fn timed(mut command: Command, input: &[u8]) -> Fallible<Duration> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.env_remove("SSH_AUTH_SOCK").kill_on_drop(true);
    let started = Instant::now();
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that ends early is found out by its exit code.
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    let (took, output) = (started.elapsed(), output?);
    if output.status.success() {
        return Ok(took);
    }
    let name = command.as_std().get_program().display().to_string();
    let texts =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Err(format!(
        "{name} failed ({}): {}",
        output.status,
        texts.concat().trim()
    )
    .into())
}

fn bare_ssh(yard: &Yard, site: &Site) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(yard.bed.ground.ssh_config());
    ssh.args(["-p", &site.instance.ssh.port.to_string()]);
    ssh.args(["-T", "--", &site.instance.ssh.host]);
    ssh
}

fn peer_command(site: &Site) -> String {
    format!(
        "cd {} && exec {} -r 'eval(base64_decode(fgets(STDIN)));'",
        quoted_path(&site.instance.root),
        quoted_path(site.instance.php()),
    )
}

/// Program and values, a line each.
fn peer_input(site: &Site) -> Fallible<Vec<u8>> {
    let program = PEER
        .strip_prefix("<?php")
        .ok_or("peer.php does not begin with <?php")?;
    let values: serde_json::Map<_, _> = site
        .values
        .iter()
        .map(|(path, value)| ((*path).to_owned(), value.clone().into()))
        .collect();
    let values = serde_json::to_string(&values)?;
    Ok(format!("{}\n{values}\n", STANDARD.encode(program)).into_bytes())
}

fn quoted_path(path: &std::path::Path) -> String {
    quoted(&path.display().to_string())
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The folder that outlives a run, for what is slow to install.
pub fn cache_folder() -> Fallible<PathBuf> {
    let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    Ok(home.ok_or("no home folder")?.join("patchbay-bench"))
}
