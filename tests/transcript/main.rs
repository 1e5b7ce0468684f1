//! Plays the main job on real parts and writes down what a person would see: `docs/transcript.md`.
//!
//! Paths, ports and times of the machine it ran on are replaced, everything else stands as it was
//! printed. It fails where a step ends otherwise than it should.

use std::fmt::Write as _;
use std::path::PathBuf;

use patchbay_simulator::Gateway;
use patchbay_tests::bed::{Bed, Run};
use patchbay_tests::ground::{GroundError, HandConnected, Instance, InstanceOptions, Result};

/// What is written down, step by step.
struct Transcript {
    bed: Bed,
    text: String,
    hide: Vec<(String, String)>,
}

impl Transcript {
    fn chapter(&mut self, title: &str, words: &str) {
        let _ = write!(self.text, "\n## {title}\n\n{words}\n");
    }

    /// Runs a command, notes it and its output, and insists on the exit code.
    async fn run(&mut self, arguments: &[&str], code: i32) -> Result<Run> {
        let run = self.bed.ctl(arguments).await?;
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        let mut shown = format!("$ patchbayctl {}\n{}", words.join(" "), run.stdout);
        for line in run.stderr.lines() {
            let _ = writeln!(shown, "{line}");
        }
        if run.code != 0 {
            let _ = writeln!(shown, "(exit code {})", run.code);
        }
        for (from, to) in &self.hide {
            shown = shown.replace(from, to);
        }
        let _ = write!(self.text, "\n```text\n{}\n```\n", shown.trim_end());
        if run.code != code {
            return Err(GroundError::failed(&format!(
                "exit code {} instead of {code}: {shown}",
                run.code
            )));
        }
        Ok(run)
    }

    fn note(&mut self, words: &str) {
        let _ = write!(self.text, "\n{words}\n");
    }
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '\'', '"']) {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

/// The words that add an instance of the ground.
fn add_words(name: &str, role: &str, instance: &Instance) -> Vec<String> {
    let target = format!("{}@{}", instance.ssh.user, instance.ssh.host);
    let port = instance.ssh.port.to_string();
    let root = instance.root.display().to_string();
    let php = instance.php().display().to_string();
    let key = instance.ssh.identity_file.display().to_string();
    [
        "instance",
        "add",
        "--name",
        name,
        "--account",
        "Nordlys",
        "--role",
        role,
        "--ssh",
        &target,
        "--root",
        &root,
        "--port",
        &port,
        "--php",
        &php,
        "--identity-file",
        &key,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::main]
async fn main() -> Result<()> {
    let bed = Bed::start().await?;
    let (live, staging, old) = instances(&bed).await?;
    let mut transcript = Transcript {
        text: head(),
        hide: hidden(&bed, &[&live, &staging, &old]),
        bed,
    };
    keys(&mut transcript).await?;
    connect(&mut transcript, &live, &staging).await?;
    assign(&mut transcript).await?;
    push(&mut transcript, &live).await?;
    again_and_back(&mut transcript, &live).await?;
    adopt(&mut transcript, &old).await?;
    let path = std::env::args_os().nth(1).map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../docs/transcript.md"
            ))
        },
        PathBuf::from,
    );
    std::fs::write(&path, transcript.text)
        .map_err(|error| GroundError::failed(&error.to_string()))?;
    println!(
        "The main job was done on real parts; the transcript is {}",
        path.display()
    );
    Ok(())
}

fn head() -> String {
    "# The main job from the command line\n\n\
     Written by `cargo xtask demo`: the real `patchbayctl` over a real `sshd`, PHP and MariaDB, a real keychain, and \
     the simulated gateways and registry of `crates/simulator`. The instances are the project's own stand-in for a \
     Commerce application (`tests/fixtures/commerce`); paths, ports and times are replaced.\n"
        .to_owned()
}

fn hidden(bed: &Bed, instances: &[&Instance]) -> Vec<(String, String)> {
    let mut hide = Vec::new();
    for (at, instance) in instances.iter().enumerate() {
        let name = ["live", "staging", "old"]
            .get(at)
            .copied()
            .unwrap_or("other");
        hide.push((instance.php().display().to_string(), "php8.2".to_owned()));
        hide.push((
            instance.root.display().to_string(),
            format!("/var/www/{name}"),
        ));
        hide.push((
            instance.ssh.identity_file.display().to_string(),
            "~/.ssh/id_ed25519".to_owned(),
        ));
        hide.push((instance.ssh.port.to_string(), "2222".to_owned()));
        hide.push((
            format!("{}@{}", instance.ssh.user, instance.ssh.host),
            format!("deploy@{name}.example"),
        ));
    }
    hide.push((bed.folder().display().to_string(), "~".to_owned()));
    hide
}

async fn instances(bed: &Bed) -> Result<(Instance, Instance, Instance)> {
    let live = bed.instance(InstanceOptions::default()).await?;
    let base_url = "https://staging.example.test/".to_owned();
    let staging = bed
        .instance(InstanceOptions {
            base_url,
            ..Default::default()
        })
        .await?;
    let project = bed
        .account
        .projects
        .last()
        .ok_or_else(|| GroundError::failed("no project"))?;
    let space = project
        .data_spaces
        .iter()
        .rev()
        .find(|space| space.kind.word() == "Testing");
    let space = space.ok_or_else(|| GroundError::failed("no testing data space"))?;
    let by_hand = HandConnected {
        production: Some(key_nobody_kept(bed, Gateway::Production)?),
        sandbox: Some(key_nobody_kept(bed, Gateway::Sandbox)?),
        saas: Some([
            project.id.clone(),
            project.name.clone(),
            space.id.clone(),
            space.name.clone(),
            "Testing".to_owned(),
        ]),
        merchant_ids: None,
    };
    let base_url = "https://old.example.test/".to_owned();
    let old = bed
        .instance(InstanceOptions {
            base_url,
            by_hand,
            ..Default::default()
        })
        .await?;
    Ok((live, staging, old))
}

/// A pair of the account that lies on no computer: API key and private key.
fn key_nobody_kept(bed: &Bed, gateway: Gateway) -> Result<(String, String)> {
    let mage_id = &bed.account.mage_id;
    let made = bed
        .simulator
        .world(|world| world.make_key(mage_id, gateway, "years ago"));
    let key = made.map_err(|error| GroundError::failed(&error.to_string()))?;
    Ok((key.api_key.clone(), key.private_key.expose().to_owned()))
}

async fn keys(transcript: &mut Transcript) -> Result<()> {
    transcript.chapter(
        "Account and key pairs",
        "The private keys go from a file to the keychain and nowhere else.",
    );
    let account = ["account", "add", "--label", "Nordlys"];
    let _ = transcript.run(&account, 0).await?;
    let pairs = [
        ("production", transcript.bed.account.production.clone()),
        ("sandbox", transcript.bed.account.sandbox.clone()),
    ];
    for (purpose, key) in pairs {
        let file = transcript
            .bed
            .file(&format!("{purpose}.pem"), key.private_key.expose())?;
        let name = format!("{purpose} key");
        let words = [
            "keypair",
            "import",
            "--account",
            "Nordlys",
            "--for",
            purpose,
            "--name",
            &name,
        ];
        let rest = ["--api-key", &key.api_key, "--private-key", &file];
        let _ = transcript.run(&[&words[..], &rest[..]].concat(), 0).await?;
    }
    let _ = transcript.run(&["keypair", "list"], 0).await?;
    Ok(())
}

async fn add(
    transcript: &mut Transcript,
    name: &str,
    role: &str,
    instance: &Instance,
) -> Result<()> {
    let words = add_words(name, role, instance);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let _ = transcript.run(&words, 0).await?;
    Ok(())
}

async fn connect(transcript: &mut Transcript, live: &Instance, staging: &Instance) -> Result<()> {
    transcript.chapter(
        "Instances",
        "A server's host key is looked at and trusted once.",
    );
    add(transcript, "Nordlys live", "live", live).await?;
    let _ = transcript
        .run(&["host-key", "show", "Nordlys live"], 0)
        .await?;
    let fingerprint = transcript.bed.ground.host_key_fingerprint().await?;
    let _ = transcript
        .run(
            &[
                "host-key",
                "trust",
                "Nordlys live",
                "--fingerprint",
                &fingerprint,
            ],
            0,
        )
        .await?;
    add(transcript, "Nordlys staging", "staging", staging).await?;
    let _ = transcript.run(&["check"], 1).await?;

    Ok(())
}

async fn assign(transcript: &mut Transcript) -> Result<()> {
    transcript.chapter(
        "Project and data space",
        "What the registry answers is what can be chosen.",
    );
    let _ = transcript
        .run(&["registry", "projects", "--account", "Nordlys"], 0)
        .await?;
    for (name, kind) in [
        ("Nordlys live", "Production"),
        ("Nordlys staging", "Testing"),
    ] {
        let project = transcript.bed.account.projects.first().cloned();
        let project = project.ok_or_else(|| GroundError::failed("no project"))?;
        let space = project
            .data_spaces
            .iter()
            .find(|space| space.kind.word() == kind);
        let space = space
            .ok_or_else(|| GroundError::failed("no such data space"))?
            .id
            .clone();
        let words = [
            "assign",
            name,
            "--sandbox",
            "sandbox key",
            "--production",
            "production key",
        ];
        let rest = ["--project", &project.id, "--data-space", &space];
        let _ = transcript.run(&[&words[..], &rest[..]].concat(), 0).await?;
    }

    Ok(())
}

async fn push(transcript: &mut Transcript, live: &Instance) -> Result<()> {
    transcript.chapter(
        "Plan and push",
        "Old to new, secrets as fingerprints; the guards speak before anything is written.",
    );
    let _ = transcript.run(&["plan"], 0).await?;
    let before = transcript.bed.ground.ssh_connections()?;
    let starts = live.php_starts();
    let _ = transcript
        .run(&["push", "Nordlys live", "--yes"], 0)
        .await?;
    let connections = transcript.bed.ground.ssh_connections()? - before;
    let processes = live.php_starts() - starts;
    transcript.note(&format!("Counted on the server: {connections} SSH connection and {processes} PHP process for this push."));
    let _ = transcript
        .run(&["push", "Nordlys staging", "--yes"], 3)
        .await?;
    let _ = transcript
        .run(
            &[
                "push",
                "Nordlys staging",
                "--yes",
                "--confirm",
                "Nordlys staging",
            ],
            0,
        )
        .await?;
    let _ = transcript.run(&["check"], 0).await?;
    Ok(())
}

async fn again_and_back(transcript: &mut Transcript, live: &Instance) -> Result<()> {
    transcript.chapter(
        "Again, and back",
        "A second push writes nothing; an undo brings the former rows back.",
    );
    live.age_rows().await?;
    let rows = live.rows().await?;
    let _ = transcript
        .run(&["push", "Nordlys live", "--yes"], 0)
        .await?;
    let same = live.rows().await? == rows;
    transcript.note(&format!(
        "Rows and their timestamps before and after: {}.",
        if same { "equal" } else { "NOT equal" }
    ));
    let listed = transcript
        .bed
        .ctl(&["--json", "journal", "list"])
        .await?
        .json();
    let entries = listed["lines"].as_array().cloned().unwrap_or_default();
    let entry = entries
        .iter()
        .find(|entry| entry["instance"] == "Nordlys live" && entry["outcome"] == "pushed");
    let entry = entry
        .and_then(|entry| entry["entry"].as_str())
        .unwrap_or_default()
        .to_owned();
    let _ = transcript
        .run(&["undo", &entry, "--yes", "--confirm", "Nordlys live"], 0)
        .await?;
    let left = live
        .rows()
        .await?
        .iter()
        .filter(|row| row.path.starts_with("services_connector/services_"))
        .count();
    transcript.note(&format!(
        "Connector rows on the instance now: {left}, as before the push."
    ));
    let _ = transcript
        .run(&["push", "Nordlys live", "--yes"], 0)
        .await?;
    let _ = transcript.run(&["journal", "list"], 0).await?;
    let _ = transcript.run(&["journal", "verify"], 0).await?;
    Ok(())
}

async fn adopt(transcript: &mut Transcript, old: &Instance) -> Result<()> {
    transcript.chapter(
        "An instance that was connected by hand",
        "It is adopted as it is: its private keys stay where they are, and Adobe's answer makes it green all the same.",
    );
    add(transcript, "Old shop", "staging", old).await?;
    let _ = transcript
        .run(&["instance", "adopt", "Old shop"], 0)
        .await?;
    let _ = transcript.run(&["check"], 0).await?;
    let _ = transcript.run(&["keypair", "list"], 0).await?;
    Ok(())
}
