//! Everything that is kept about an instance, and what came of working on the list of them.

use patchbay_core::connection::next::next_step;
use patchbay_core::connection::standing::Standing;
use patchbay_core::instance::adding::Adopted;
use patchbay_core::instance::{SshWay, Way};
use patchbay_core::keypair::KeyPair;
use patchbay_core::ports::transport::HostKey;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::InstanceRow;
use crate::error::Trouble;
use crate::registry::AssignmentRow;

/// `instance list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceList {
    /// Every instance, by name.
    pub instances: Vec<InstanceDetails>,
}

/// `instance edit`, `remove`, `repin` and `answer`: the instance it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceDocument {
    /// The instance.
    pub instance: InstanceDetails,
}

/// `instance add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceAdded {
    /// The instance as it is kept now.
    pub instance: InstanceDetails,
    /// Whether it was reached; `null` where it is watched only.
    pub reached: Option<bool>,
    /// Why it was not reached. It is added all the same.
    pub error: Option<Trouble>,
}

/// `instance adopt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct InstanceAdopted {
    /// The instance.
    pub instance: InstanceDetails,
    /// What it holds, now its assignment.
    pub assignment: AssignmentRow,
    /// Which private keys came to this computer's keychain: `sandbox`, `production`.
    #[ts(as = "Vec<crate::keypairs::Purpose>")]
    pub taken: Vec<String>,
}

/// `host-key show` and `trust`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostKeyList {
    /// The instance's name.
    pub instance: String,
    /// The keys its server shows now.
    pub keys: Vec<HostKeyRow>,
}

/// A host key as the server shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct HostKeyRow {
    /// For example `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:` and 43 base64 characters, as ssh prints it.
    pub fingerprint: String,
    /// Whether it is trusted.
    pub trusted: bool,
}

/// A row of the board with everything else that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct InstanceDetails {
    /// As on the board.
    #[serde(flatten)]
    #[ts(flatten)]
    pub row: InstanceRow,
    /// What to do next.
    pub next: String,
    /// How to get there; `null` where it is watched only.
    pub ssh: Option<SshDetails>,
    /// Its storefront address, where known.
    pub url: Option<String>,
    /// Whether it was seen, so that it is known who it is.
    pub pinned: bool,
    /// What was answered to "is it live?"; `null` where nobody was asked.
    pub is_live: Option<bool>,
}

/// How to get to an instance; nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct SshDetails {
    /// A host alias or `user@host`.
    pub target: String,
    /// The port, where it is not the ssh config's.
    pub port: Option<u16>,
    /// The user's own key file for ssh.
    pub identity_file: Option<String>,
    /// The application root there.
    pub root: String,
    /// The php program there.
    pub php: Option<String>,
    /// The user it runs as.
    pub run_as: Option<String>,
    /// The container it runs in.
    pub container: Option<String>,
}

impl From<&Standing> for InstanceDetails {
    fn from(standing: &Standing) -> Self {
        let instance = &standing.instance;
        Self {
            row: InstanceRow::from(standing),
            next: next_step(&standing.verdict).to_owned(),
            ssh: match &instance.way {
                Way::Ssh(way) => Some(way.into()),
                Way::WatchOnly => None,
            },
            url: instance.url.clone(),
            pinned: instance.pin.is_some(),
            is_live: instance.answers.is_live,
        }
    }
}

impl From<&SshWay> for SshDetails {
    fn from(way: &SshWay) -> Self {
        Self {
            target: way.target.clone(),
            port: way.port,
            identity_file: way.identity_file.clone(),
            root: way.root.clone(),
            php: way.php.clone(),
            run_as: way.run_as.clone(),
            container: way.container.clone(),
        }
    }
}

impl From<SshDetails> for SshWay {
    /// As it was filled in; the core checks every part before it is used.
    fn from(way: SshDetails) -> Self {
        Self {
            target: way.target,
            port: way.port,
            identity_file: way.identity_file,
            root: way.root,
            php: way.php,
            run_as: way.run_as,
            container: way.container,
        }
    }
}

impl From<&HostKey> for HostKeyRow {
    fn from(key: &HostKey) -> Self {
        Self {
            algorithm: key.algorithm.clone(),
            fingerprint: key.fingerprint.clone(),
            trusted: key.trusted,
        }
    }
}

impl InstanceAdopted {
    /// What adopting found, for an instance shown as `details`.
    pub fn new(details: InstanceDetails, adopted: &Adopted, pairs: &[KeyPair]) -> Self {
        Self {
            assignment: AssignmentRow::new(&adopted.instance.name, &adopted.assignment, pairs),
            instance: details,
            taken: adopted
                .taken
                .iter()
                .map(|purpose| purpose.as_str().to_owned())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::{sample_account, sample_evidence, sample_instance};
    use patchbay_core::ports::clock::UnixMillis;

    #[test]
    fn details_are_the_row_of_the_board_and_more() {
        let account = sample_account(2).unwrap();
        let instance = sample_instance(2, &account);
        let evidence = sample_evidence(2, &instance.id).unwrap();
        let at = UnixMillis(9);
        let standing = Standing::new(instance, &account.label, Some(&evidence), None, at);
        let details = InstanceDetails::from(&standing);
        let json = serde_json::to_value(&details).unwrap();
        assert_eq!(json["name"], "Instance 002");
        assert_eq!(json["state"], "accountNotVerified");
        assert_eq!(json["ssh"]["identityFile"], "~/.ssh/shop");
        assert_eq!(json["provenAt"], "1970-01-01T00:00:00.01Z");
        assert_eq!(json["pinned"], true);
    }

    #[test]
    fn a_watched_instance_that_was_never_checked_has_no_way_in() {
        let account = sample_account(2).unwrap();
        let instance = sample_instance(3, &account);
        let at = UnixMillis(0);
        let standing = Standing::new(instance, &account.label, None, None, at);
        let details = InstanceDetails::from(&standing);
        assert_eq!(details.ssh, None);
        assert_eq!(details.row.reason.code, "neverChecked");
        assert_eq!(details.next, "Check it.");
    }
}
