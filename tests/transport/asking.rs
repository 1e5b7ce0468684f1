//! What the tests here ask with: ways, requests, values, and the usual parts.

use std::path::Path;

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::id::{EntryId, Nonce, hex};
use patchbay_core::instance::SshWay;
use patchbay_core::look::Look;
use patchbay_core::ports::crypto::Crypto as _;
use patchbay_core::ports::keychain::Asked;
use patchbay_core::ports::transport::{
    BeginRequest, Conversation, Go, LookRequest, Restore, Transport as _, TransportError,
};
use patchbay_core::push::values::{self, Payments, Write};
use patchbay_core::secret::Secret;
use patchbay_tests::ground::{Ground, Instance, InstanceOptions};

use crate::keys::{OTHER, Pair, USUAL};

/// A ground with one instance and a transport that trusts the ground's host key.
pub struct Site {
    pub ground: Ground,
    pub instance: Instance,
    pub transport: SshTransport,
    pub folder: tempfile::TempDir,
}

pub async fn site(options: InstanceOptions) -> Site {
    let ground = Ground::start().await.unwrap();
    let instance = ground.instance(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("known_hosts"),
        ground.known_hosts_lines(),
    )
    .unwrap();
    Site {
        transport: SshTransport::new(settings(folder.path())),
        ground,
        instance,
        folder,
    }
}

pub fn settings(folder: &Path) -> SshSettings {
    SshSettings {
        user_config: None,
        system_config: None,
        ..SshSettings::usual(folder.to_owned())
    }
}

impl Site {
    pub fn way(&self) -> SshWay {
        way(&self.ground, &self.instance)
    }

    pub async fn look(&self) -> Result<Look, TransportError> {
        self.transport.look(&self.way(), &look_request()).await
    }

    pub async fn begin(&self) -> Result<Box<dyn Conversation>, TransportError> {
        self.transport
            .begin(&self.way(), &begin_request(None))
            .await
    }

    /// A whole push; gives what `go` answered and, after a commit, the look.
    pub async fn push(&self, writes: &[Write]) -> (Go, Option<Look>) {
        let mut talk = self.begin().await.unwrap();
        let go = send(&mut talk, writes).await.unwrap();
        let look = match go {
            Go::Committed => Some(talk.finish().await.unwrap()),
            Go::NotWritten(_) => None,
        };
        (go, look)
    }
}

pub fn way(ground: &Ground, instance: &Instance) -> SshWay {
    let ssh = ground.ssh();
    SshWay {
        target: format!("{}@{}", ssh.user, ssh.host),
        port: Some(ssh.port),
        identity_file: Some(ssh.identity_file.to_string_lossy().into_owned()),
        root: instance.root.to_string_lossy().into_owned(),
        php: Some(instance.php().to_string_lossy().into_owned()),
        run_as: None,
        container: None,
    }
    .checked()
    .unwrap()
}

pub fn random() -> [u8; 16] {
    let bytes = patchbay_adapters::crypto::SystemCrypto.random().unwrap();
    bytes[..16].try_into().unwrap()
}

pub fn fingerprint_key() -> FingerprintKey {
    FingerprintKey::new([9; 32])
}

pub fn look_request() -> LookRequest {
    LookRequest {
        nonce: Nonce::from_random(random()),
        key: fingerprint_key(),
        sign_after: 0,
        under_lock: None,
        take_keys: None,
        asked: Asked::ByUser,
    }
}

pub fn entry() -> EntryId {
    EntryId::from_random([5; 16])
}

pub fn begin_request(restore: Option<Restore>) -> BeginRequest {
    BeginRequest {
        nonce: Nonce::from_random(random()),
        key: fingerprint_key(),
        sign_after: 0,
        entry: entry(),
        restore,
        asked: Asked::ByUser,
    }
}

/// Seals `writes` for a run and sends them.
pub async fn send(
    talk: &mut Box<dyn Conversation>,
    writes: &[Write],
) -> Result<Go, TransportError> {
    send_with(talk, writes, Payments::Left).await
}

/// The same, and what becomes of the payments settings.
pub async fn send_with(
    talk: &mut Box<dyn Conversation>,
    writes: &[Write],
    payments: Payments,
) -> Result<Go, TransportError> {
    let nonce = talk.ready().look.nonce.clone();
    let bytes = values::encode(&nonce, writes, payments);
    let sealed = patchbay_adapters::crypto::SystemCrypto
        .seal(&talk.ready().seal_to, &bytes)
        .unwrap();
    talk.go(&sealed).await
}

pub fn set(path: ConfigPath, value: &str) -> Write {
    Write {
        path,
        value: Some(Secret::new(value.as_bytes().to_vec())),
    }
}

pub fn remove(path: ConfigPath) -> Write {
    Write { path, value: None }
}

pub fn pair(purpose: Purpose, pair: &Pair) -> [Write; 2] {
    [
        set(purpose.api_key_path(), pair.api_key),
        set(purpose.private_key_path(), pair.pem.trim_end()),
    ]
}

pub const PROJECT: &str = "11111111-1111-4111-8111-111111111111";
pub const SPACE: &str = "22222222-2222-4222-8222-222222222222";

pub fn data_space() -> [Write; 5] {
    [
        set(ConfigPath::ProjectId, PROJECT),
        set(ConfigPath::ProjectName, "Nordlys — 北極光"),
        set(ConfigPath::DataSpaceId, SPACE),
        set(ConfigPath::DataSpaceName, "Testing 1"),
        set(ConfigPath::DataSpaceType, "Testing"),
    ]
}

/// All nine values.
pub fn everything() -> Vec<Write> {
    let mut writes: Vec<Write> = Vec::new();
    writes.extend(pair(Purpose::Sandbox, &OTHER));
    writes.extend(pair(Purpose::Production, &USUAL));
    writes.extend(data_space());
    writes
}

/// An executable shell script.
pub fn script(folder: &Path, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(format!("script-{}", hex(&random())));
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}
