//! Host keys: fetched over the same route without signing in, shown, and trusted on request (P10).
//!
//! ssh itself fetches the key into a throw-away file, so that aliases, ports and jump hosts count as
//! they do in a run. A jump host that is not trusted yet comes first: nothing behind it can be seen.
//! Not here: asking people.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{HostKey, TransportError};
use sha2::{Digest as _, Sha256};

use super::conversation::{command, kept, local};
use super::errors::{self, Ending};
use super::ssh::{SshTransport, local_file};
use super::{command as words, config};

/// A host key with the line that makes it trusted.
pub(super) struct Found {
    pub key: HostKey,
    line: String,
}

/// Fetches the key that the server shows, or that of the first stranger on the way to it.
pub(super) async fn fetch(
    transport: &SshTransport,
    way: &SshWay,
) -> Result<Vec<Found>, TransportError> {
    let stopped = match fetch_one(transport, way).await {
        Err(error @ (TransportError::HostKeyUnknown | TransportError::HostKeyChanged)) => error,
        fetched => return fetched,
    };
    for jump in transport.jumps(way).await? {
        let mut found = fetch_one(transport, &jump).await?;
        if found.iter().any(|found| !found.key.trusted) {
            for found in &mut found {
                let algorithm = &mut found.key.algorithm;
                *algorithm = format!("{algorithm} (jump host {})", jump.target);
            }
            return Ok(found);
        }
    }
    Err(stopped)
}

async fn fetch_one(transport: &SshTransport, way: &SshWay) -> Result<Vec<Found>, TransportError> {
    let folder = tempfile::tempdir_in(&transport.settings().config_dir)
        .or_else(|_| {
            config::private_folder(&transport.settings().config_dir)?;
            tempfile::tempdir_in(&transport.settings().config_dir)
        })
        .map_err(|e| local_file(&e))?;
    let file = folder.path().join("known_hosts");
    let hosts = format!(
        "UserKnownHostsFile=\"{}\"",
        file.to_string_lossy().replace('%', "%%")
    );
    // On the command line: a jump host's own ssh is not reached and stays strict.
    let ending = knock(
        transport,
        way,
        &[
            "StrictHostKeyChecking=accept-new",
            "HashKnownHosts=no",
            "GlobalKnownHostsFile=none",
            &hosts,
        ],
    )
    .await?;
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let found: Vec<Found> = text.lines().filter_map(read_line).collect();
    if found.is_empty() {
        return Err(ending);
    }
    let trusted = !matches!(
        knock(transport, way, &[]).await?,
        TransportError::HostKeyUnknown | TransportError::HostKeyChanged
    );
    Ok(found
        .into_iter()
        .map(|mut found| {
            found.key.trusted = trusted;
            found
        })
        .collect())
}

/// Trusts the key with this fingerprint, if the server shows it now.
pub(super) async fn trust(
    transport: &SshTransport,
    way: &SshWay,
    fingerprint: &str,
) -> Result<HostKey, TransportError> {
    let found = fetch(transport, way).await?;
    let found = found
        .into_iter()
        .find(|found| found.key.fingerprint == fingerprint)
        .ok_or(TransportError::HostKeyUnknown)?;
    let path = transport.known_hosts();
    let mut text = std::fs::read_to_string(&path).unwrap_or_default();
    if !text.lines().any(|line| line == found.line) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&found.line);
        text.push('\n');
        config::write_private(&path, text.as_bytes()).map_err(|e| local_file(&e))?;
    }
    Ok(HostKey {
        trusted: true,
        ..found.key
    })
}

/// Goes to the server's door and offers no way to sign in; the refusal says how far it came.
async fn knock(
    transport: &SshTransport,
    way: &SshWay,
    options: &[&str],
) -> Result<TransportError, TransportError> {
    let mut all = vec!["PreferredAuthentications=none", "PubkeyAuthentication=no"];
    all.extend_from_slice(options);
    let mut arguments = words::ssh(&transport.config()?, way, &all);
    arguments.extend(["--".into(), way.target.clone().into(), "exit".into()]);
    let mut child = command(&transport.settings().ssh, &arguments)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .map_err(|e| local(&e))?;
    let Some(stderr) = child.stderr.take() else {
        return Err(TransportError::SshMissing);
    };
    let limit = transport.settings().connect * 3;
    let ended = async {
        let said = kept(stderr, 64 * 1024).await;
        (child.wait().await, said)
    };
    let Ok((status, said)) = tokio::time::timeout(limit, ended).await else {
        return Err(TransportError::TimedOut {
            during: "fetching the host key".into(),
        });
    };
    let ending = Ending {
        code: status.map_err(|e| local(&e))?.code(),
        stderr: &String::from_utf8_lossy(&said),
        noise: "",
    };
    Ok(errors::name(way, &ending))
}

/// A line of known_hosts: names, algorithm, base64 of the key.
fn read_line(line: &str) -> Option<Found> {
    let mut words = line.split(' ');
    let (names, algorithm, key) = (words.next()?, words.next()?, words.next()?);
    let usual = |text: &str| !text.is_empty() && text.len() <= 500 && text.is_ascii();
    if !usual(names) || !usual(algorithm) || names.starts_with(['#', '@', '|']) {
        return None;
    }
    let digest = Sha256::digest(STANDARD.decode(key).ok()?);
    Some(Found {
        key: HostKey {
            algorithm: algorithm.to_owned(),
            fingerprint: format!("SHA256:{}", STANDARD_NO_PAD.encode(digest)),
            trusted: false,
        },
        line: format!("{names} {algorithm} {key}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_gives_the_fingerprint_ssh_prints() {
        let line = "[127.0.0.1]:2299 ssh-ed25519 \
                    AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
        let found = read_line(line).unwrap();
        assert_eq!(found.key.algorithm, "ssh-ed25519");
        assert_eq!(
            found.key.fingerprint,
            "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
        );
        assert_eq!(found.line, line);
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,200}") {
            let _ = read_line(&line);
        }
    }
}
