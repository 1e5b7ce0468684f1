//! What every way to an instance must do, whichever one it is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys;
use crate::config::{ConfigPath, Purpose};
use crate::fingerprint::{ExactFingerprint, FingerprintKey};
use crate::id::{DataSpaceId, EntryId, Nonce, hex};
use crate::instance::SshWay;
use crate::look::{ConnectorModule, Look, ScopedValue};
use crate::ports::crypto::Crypto;
use crate::ports::keychain::Asked;
use crate::ports::transport::{
    BeginRequest, Conversation, FeedEnd, FeedsRequest, Go, LookRequest, NotWritten, Restore,
    ResyncRequest, Transport, TransportError, UndoBlob,
};
use crate::push::values::{self, Payments, Write};
use crate::secret::Secret;

/// A situation for [`transport_contract`].
#[derive(Debug)]
pub struct TransportCase<'a> {
    /// The way to an instance with the connector, whose nine values nothing locks; the contract
    /// writes to it and takes back what it wrote.
    pub way: &'a SshWay,
    /// A way to a server whose name nobody knows.
    pub unknown: &'a SshWay,
}

/// The exact fingerprints of the nine values.
type Values = BTreeMap<ConfigPath, ExactFingerprint>;

struct Run<'a> {
    transport: &'a dyn Transport,
    crypto: &'a dyn Crypto,
    way: &'a SshWay,
    key: FingerprintKey,
}

/// What every transport must do. `crypto` is the one that fits the far end's.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn transport_contract(
    transport: &dyn Transport,
    crypto: &dyn Crypto,
    case: &TransportCase<'_>,
) -> Result<(), TransportError> {
    let run = Run {
        transport,
        crypto,
        way: case.way,
        key: FingerprintKey::new([7; 32]),
    };
    servers(&run, case.unknown).await?;
    looks(&run).await?;
    without_go(&run).await?;
    refused_values(&run).await?;

    let before = values_of(&run.look().await?);
    let (entry, blob) = push(&run).await?;
    taking_keys(&run).await?;
    foreign_blob(&run, &blob).await;
    undo(&run, entry, blob).await?;
    let after = values_of(&run.look().await?);
    assert_eq!(after, before, "an undo brings every former value back");
    payments(&run).await?;
    feeds(&run).await
}

impl Run<'_> {
    fn random(&self) -> Result<[u8; 16], TransportError> {
        let bytes = self
            .crypto
            .random()
            .map_err(|error| TransportError::Local {
                detail: error.to_string(),
            })?;
        let mut half = [0; 16];
        half.copy_from_slice(&bytes[..16]);
        Ok(half)
    }

    fn look_request(&self) -> Result<LookRequest, TransportError> {
        Ok(LookRequest {
            nonce: Nonce::from_random(self.random()?),
            key: self.key.clone(),
            sign_after: 0,
            under_lock: None,
            take_keys: None,
            asked: Asked::ByUser,
        })
    }

    async fn look(&self) -> Result<Look, TransportError> {
        self.transport.look(self.way, &self.look_request()?).await
    }

    fn begin_request(&self, restore: Option<Restore>) -> Result<BeginRequest, TransportError> {
        Ok(BeginRequest {
            nonce: Nonce::from_random(self.random()?),
            key: self.key.clone(),
            sign_after: 0,
            entry: EntryId::from_random(self.random()?),
            restore,
            asked: Asked::ByUser,
        })
    }

    /// Seals values to the run that is ready.
    fn seal(
        &self,
        conversation: &dyn Conversation,
        nonce: &Nonce,
        writes: &[Write],
        payments: Payments,
    ) -> Result<Vec<u8>, TransportError> {
        let to = &conversation.ready().seal_to;
        let sealed = self
            .crypto
            .seal(to, &values::encode(nonce, writes, payments));
        sealed.map_err(|error| TransportError::Local {
            detail: error.to_string(),
        })
    }
}

fn values_of(look: &Look) -> Values {
    let seen = look.values.iter();
    seen.map(|(path, value)| (*path, value.exact.clone()))
        .collect()
}

async fn servers(run: &Run<'_>, unknown: &SshWay) -> Result<(), TransportError> {
    let nobody = run.transport.look(unknown, &run.look_request()?).await;
    assert_eq!(
        nobody.err(),
        Some(TransportError::UnknownHost),
        "an unknown name is told apart"
    );
    let keys = run.transport.host_keys(run.way).await?;
    assert!(!keys.is_empty(), "a server shows its host key");
    for key in &keys {
        let digits = key.fingerprint.strip_prefix("SHA256:").map(str::len);
        assert_eq!(digits, Some(43), "fingerprints are as ssh prints them");
    }
    let other = format!("SHA256:{}", "0".repeat(43));
    let refused = run.transport.trust(run.way, &other).await;
    assert_eq!(
        refused.err(),
        Some(TransportError::HostKeyUnknown),
        "a key that the server does not show cannot be trusted"
    );
    for key in keys.iter().filter(|key| key.trusted) {
        let trusted = run.transport.trust(run.way, &key.fingerprint).await?;
        assert!(trusted.trusted, "trusting again changes nothing");
    }
    let nonce = Nonce::from_random(run.random()?);
    let found = run.transport.survey(run.way, &nonce).await?;
    let root = found.roots.iter().find(|root| root.path == run.way.root);
    assert!(
        root.is_some_and(|root| !root.owner.is_empty()),
        "an instance is found where it is: {found:?}"
    );
    assert!(!found.php.is_empty() && !found.user.is_empty(), "{found:?}");
    let host = run.transport.host_of(run.way).await?;
    assert_eq!(
        host,
        run.transport.host_of(run.way).await?,
        "a way leads to one server"
    );
    Ok(())
}

async fn looks(run: &Run<'_>) -> Result<(), TransportError> {
    let request = run.look_request()?;
    let first = run.transport.look(run.way, &request).await?;
    assert_eq!(
        first.nonce, request.nonce,
        "the answer belongs to the question"
    );
    assert_eq!(first.connector, ConnectorModule::Enabled);
    assert!(!first.versions.php.is_empty(), "PHP says its version");
    assert!(first.sealed_keys.is_empty(), "nobody asked for the keys");
    let second = run.look().await?;
    assert_eq!(first.pin, second.pin, "an instance stays who it is");
    assert_eq!(
        values_of(&first),
        values_of(&second),
        "looking changes nothing"
    );
    for path in ConfigPath::ALL
        .into_iter()
        .filter(|path| path.is_private_key())
    {
        assert_eq!(
            first.plain(path),
            None,
            "a private key never comes in the clear"
        );
    }

    let other = LookRequest {
        key: FingerprintKey::new([8; 32]),
        ..run.look_request()?
    };
    let other = run.transport.look(run.way, &other).await?;
    assert_ne!(
        first.pin.identity, other.pin.identity,
        "identities depend on the key"
    );
    assert_ne!(first.pin.server, other.pin.server, "servers too");

    let after = first.clock + 2;
    let late = LookRequest {
        sign_after: after,
        ..run.look_request()?
    };
    let late = run.transport.look(run.way, &late).await?;
    assert!(
        late.clock > after || late.tokens.is_empty(),
        "tokens are signed after the time given"
    );
    Ok(())
}

async fn without_go(run: &Run<'_>) -> Result<(), TransportError> {
    let before = values_of(&run.look().await?);
    let request = run.begin_request(None)?;
    let conversation = run.transport.begin(run.way, &request).await?;
    assert_eq!(
        conversation.ready().look.nonce,
        request.nonce,
        "ready belongs to this run"
    );
    assert_eq!(
        values_of(&conversation.ready().look),
        before,
        "ready says what is there"
    );
    assert!(
        conversation.ready().look.tokens.is_empty(),
        "no token before anything is written"
    );
    assert!(
        !conversation.ready().undo.0.is_empty(),
        "the former rows come with ready"
    );
    assert!(conversation.ready().former.is_none(), "this is no undo");

    let second = LookRequest {
        under_lock: Some(1),
        ..run.look_request()?
    };
    let second = run.transport.look(run.way, &second).await;
    assert_eq!(
        second.err(),
        Some(TransportError::Busy),
        "the lock is held from ready on"
    );
    conversation.leave().await;
    assert_eq!(
        values_of(&run.look().await?),
        before,
        "leaving writes nothing"
    );

    let dropped = run
        .transport
        .begin(run.way, &run.begin_request(None)?)
        .await?;
    drop(dropped);
    let under_lock = LookRequest {
        under_lock: Some(30),
        ..run.look_request()?
    };
    let look = run.transport.look(run.way, &under_lock).await?;
    assert_eq!(
        values_of(&look),
        before,
        "a broken-off push writes nothing and frees the lock"
    );
    Ok(())
}

async fn refused_values(run: &Run<'_>) -> Result<(), TransportError> {
    let before = values_of(&run.look().await?);
    let write = || {
        [Write {
            path: ConfigPath::ProjectName,
            value: Some(Secret::new(b"never written".to_vec())),
        }]
    };
    let mut conversation = run
        .transport
        .begin(run.way, &run.begin_request(None)?)
        .await?;
    let other_run = Nonce::from_random(run.random()?);
    let sealed = run.seal(conversation.as_ref(), &other_run, &write(), Payments::Left)?;
    let refused = conversation.go(&sealed).await?;
    assert_eq!(
        refused,
        Go::NotWritten(NotWritten::BadValues),
        "another run's values are refused"
    );
    conversation.leave().await;

    let request = run.begin_request(None)?;
    let mut conversation = run.transport.begin(run.way, &request).await?;
    let mut sealed = run.seal(
        conversation.as_ref(),
        &request.nonce,
        &write(),
        Payments::Left,
    )?;
    if let Some(byte) = sealed.last_mut() {
        *byte ^= 1;
    }
    let refused = conversation.go(&sealed).await?;
    assert_eq!(
        refused,
        Go::NotWritten(NotWritten::BadValues),
        "changed bytes are refused"
    );
    conversation.leave().await;
    assert_eq!(
        values_of(&run.look().await?),
        before,
        "and nothing was written"
    );
    Ok(())
}

/// A key the way it is pushed: an instance drops white space at the ends when it decrypts.
fn private_key() -> Secret {
    Secret::new(keys::pem(0).expose().trim_ascii().to_vec())
}

/// One pair, a project and a data space.
fn wanted(api_key: &str) -> Vec<(ConfigPath, Vec<u8>)> {
    vec![
        (ConfigPath::SandboxApiKey, api_key.as_bytes().to_vec()),
        (
            ConfigPath::SandboxPrivateKey,
            private_key().expose().to_vec(),
        ),
        (
            ConfigPath::ProjectId,
            b"11111111-1111-4111-8111-111111111111".to_vec(),
        ),
        (
            ConfigPath::ProjectName,
            "Nordlys 北光 'quoted'".as_bytes().to_vec(),
        ),
        (
            ConfigPath::DataSpaceId,
            b"22222222-2222-4222-8222-222222222222".to_vec(),
        ),
        (ConfigPath::DataSpaceName, b"Testing 1".to_vec()),
        (ConfigPath::DataSpaceType, b"Testing".to_vec()),
    ]
}

async fn push(run: &Run<'_>) -> Result<(EntryId, UndoBlob), TransportError> {
    let api_key = hex(&run.random()?);
    let wanted = wanted(&api_key);
    let writes: Vec<Write> = wanted
        .iter()
        .map(|(path, value)| Write {
            path: *path,
            value: Some(Secret::new(value.clone())),
        })
        .collect();
    let request = run.begin_request(None)?;
    let mut conversation = run.transport.begin(run.way, &request).await?;
    let blob = conversation.ready().undo.clone();
    let sealed = run.seal(
        conversation.as_ref(),
        &request.nonce,
        &writes,
        Payments::Left,
    )?;
    assert_eq!(conversation.go(&sealed).await?, Go::Committed);
    let look = conversation.finish().await?;

    assert_eq!(look.nonce, request.nonce, "the re-read belongs to this run");
    for (path, value) in &wanted {
        assert_eq!(
            look.exact(*path),
            Some(&run.key.exact(value)),
            "{path} is in effect"
        );
        let plain = (!path.is_private_key()).then_some(value.as_slice());
        assert_eq!(
            look.plain(*path).map(str::as_bytes),
            plain,
            "{path} as it may be shown"
        );
    }
    let mut tokens = look.tokens.iter();
    let token = tokens.find(|token| token.purpose == Purpose::Sandbox);
    let signed = token.is_some_and(|token| {
        token
            .api_key
            .as_ref()
            .is_some_and(|key| key.as_str() == api_key)
            && token.token.as_ref().is_ok_and(|token| !token.is_empty())
    });
    assert!(signed, "the instance signs with the pair it was just given");
    assert_eq!(
        values_of(&run.look().await?),
        values_of(&look),
        "a look sees the same"
    );
    Ok((request.entry, blob))
}

async fn taking_keys(run: &Run<'_>) -> Result<(), TransportError> {
    let local = |error: crate::ports::crypto::CryptoError| TransportError::Local {
        detail: error.to_string(),
    };
    let (public, secret) = run.crypto.seal_pair().map_err(local)?;
    let request = LookRequest {
        take_keys: Some(public.clone()),
        ..run.look_request()?
    };
    let look = run.transport.look(run.way, &request).await?;
    let mut keys_there = look.sealed_keys.iter();
    let sealed = keys_there.find(|(purpose, _)| *purpose == Purpose::Sandbox);
    assert!(sealed.is_some(), "the key that was asked for comes");
    if let Some((_, sealed)) = sealed {
        let opened = run.crypto.open(&public, &secret, sealed).map_err(local)?;
        assert!(
            opened.same_as(&private_key()),
            "byte for byte as it is in effect"
        );
    }
    Ok(())
}

async fn foreign_blob(run: &Run<'_>, blob: &UndoBlob) {
    let Ok(other) = run.random().map(EntryId::from_random) else {
        return;
    };
    let restore = Restore {
        entry: other,
        blob: blob.clone(),
        touched: vec![ConfigPath::ProjectName],
        payments: Vec::new(),
    };
    if let Ok(request) = run.begin_request(Some(restore)) {
        let refused = run.transport.begin(run.way, &request).await.err();
        assert!(
            matches!(refused, Some(TransportError::UndoUnusable { .. })),
            "former rows of another entry are refused, got {refused:?}"
        );
    }
}

async fn payments(run: &Run<'_>) -> Result<(), TransportError> {
    let before = run.look().await?;
    let request = run.begin_request(None)?;
    let mut conversation = run.transport.begin(run.way, &request).await?;
    let blob = conversation.ready().undo.clone();
    let sealed = run.seal(
        conversation.as_ref(),
        &request.nonce,
        &[],
        Payments::Removed,
    )?;
    assert_eq!(conversation.go(&sealed).await?, Go::Committed);
    let gone = conversation.finish().await?;
    assert_eq!(gone.payments, [], "every row goes, in whatever scope");
    assert_eq!(values_of(&gone), values_of(&before), "and nothing else");

    let restore = Restore {
        entry: request.entry,
        blob,
        touched: Vec::new(),
        payments: before.payments.iter().map(ScopedValue::place).collect(),
    };
    let request = run.begin_request(Some(restore))?;
    let mut conversation = run.transport.begin(run.way, &request).await?;
    let former = conversation.ready().former.as_ref();
    let former = former.map(|former| former.payments.clone());
    assert_eq!(
        former.as_deref(),
        Some(before.payments.as_slice()),
        "an undo says which payments settings it brings back"
    );
    let sealed = run.seal(conversation.as_ref(), &request.nonce, &[], Payments::Left)?;
    assert_eq!(conversation.go(&sealed).await?, Go::Committed);
    let back = conversation.finish().await?;
    assert_eq!(back.payments, before.payments, "each where it was");
    Ok(())
}

async fn feeds(run: &Run<'_>) -> Result<(), TransportError> {
    let request = FeedsRequest {
        nonce: Nonce::from_random(run.random()?),
        key: run.key.clone(),
        asked: Asked::ByUser,
    };
    let there = run.transport.feeds(run.way, &request).await?;
    assert_eq!(there.look.pin, run.look().await?.pin, "it is the same one");
    for feed in there.names.iter().take(1) {
        let elsewhere = DataSpaceId::parse("99999999-9999-4999-8999-999999999999");
        let request = ResyncRequest {
            nonce: Nonce::from_random(run.random()?),
            key: run.key.clone(),
            feed: feed.clone(),
            identity: there.look.pin.identity.clone(),
            data_space: elsewhere.map_err(|error| TransportError::Local {
                detail: error.to_string(),
            })?,
            limit: Duration::from_secs(60),
            asked: Asked::ByUser,
        };
        let end = run.transport.resync(run.way, &request, &|_| {}).await?;
        assert_eq!(
            end,
            FeedEnd::Changed,
            "nothing is sent to a data space that is not the one that was seen"
        );
    }
    Ok(())
}

async fn undo(run: &Run<'_>, entry: EntryId, blob: UndoBlob) -> Result<(), TransportError> {
    let mut paths: Vec<ConfigPath> = wanted("").into_iter().map(|(path, _)| path).collect();
    let restore = Restore {
        entry,
        blob,
        touched: paths.clone(),
        payments: Vec::new(),
    };
    let request = run.begin_request(Some(restore))?;
    let mut conversation = run.transport.begin(run.way, &request).await?;
    let former = conversation.ready().former.as_ref();
    let mut touched = former.map(|former| former.touched.clone());
    touched.iter_mut().for_each(|touched| touched.sort());
    paths.sort();
    assert_eq!(touched, Some(paths), "an undo says what it takes back");
    let sealed = run.seal(conversation.as_ref(), &request.nonce, &[], Payments::Left)?;
    assert_eq!(conversation.go(&sealed).await?, Go::Committed);
    conversation.finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fakes::instance::{Cut, FakeInstance};
    use crate::fakes::{FakeClock, FakeCrypto, FakeTransport};

    fn way(target: &str) -> SshWay {
        SshWay {
            target: target.into(),
            port: None,
            identity_file: None,
            root: "/srv/shop".into(),
            php: None,
            run_as: None,
            container: None,
        }
    }

    fn fixture() -> FakeTransport {
        let transport = FakeTransport::new(Arc::new(FakeClock::default()));
        transport.put(
            "shop",
            FakeInstance {
                payments: vec![ScopedValue {
                    path: "payment/payment_methods/method".to_owned(),
                    scope: "websites".to_owned(),
                    scope_id: 1,
                    value: "sandbox".to_owned(),
                }],
                feeds: vec![("products".to_owned(), FeedEnd::Sent)],
                ..FakeInstance::default().with(ConfigPath::ProjectName, "Old")
            },
        );
        transport
    }

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let transport = fixture();
        let case = TransportCase {
            way: &way("shop"),
            unknown: &way("nowhere.test"),
        };
        transport_contract(&transport, &FakeCrypto::default(), &case)
            .await
            .unwrap();
        let tally = transport.tally("shop");
        assert_eq!(tally.gos, 6, "two refused, two pushes, two undos");
        assert_eq!(tally.left, 2, "one left, one broken off");
        assert_eq!(
            tally.connections,
            tally.looks + tally.begins + tally.resyncs + tally.surveys
        );
        assert_eq!(
            tally.values.len(),
            7,
            "only values that could be opened are counted"
        );
    }

    async fn pushed(cut: Cut) -> (Result<Go, TransportError>, Option<Vec<u8>>) {
        let transport = fixture();
        transport.with("shop", |instance| instance.go_cut = Some(cut));
        let crypto = FakeCrypto::default();
        let there = way("shop");
        let run = Run {
            transport: &transport,
            crypto: &crypto,
            way: &there,
            key: FingerprintKey::new([7; 32]),
        };
        let request = run.begin_request(None).unwrap();
        let mut conversation = transport.begin(&there, &request).await.unwrap();
        let writes = [Write {
            path: ConfigPath::ProjectName,
            value: Some(Secret::new(b"New".to_vec())),
        }];
        let sealed = run
            .seal(
                conversation.as_ref(),
                &request.nonce,
                &writes,
                Payments::Left,
            )
            .unwrap();
        let go = conversation.go(&sealed).await;
        drop(conversation);
        let value = transport.with("shop", |shop| shop.values[&ConfigPath::ProjectName].clone());
        (go, value)
    }

    #[tokio::test]
    async fn a_cut_leaves_old_or_new_and_does_not_say_which() {
        let (go, value) = pushed(Cut::BeforeWriting).await;
        assert!(go.is_err());
        assert_eq!(value.as_deref(), Some(&b"Old"[..]));
        let (go, value) = pushed(Cut::AfterWriting).await;
        assert!(go.is_err());
        assert_eq!(value.as_deref(), Some(&b"New"[..]));
    }

    #[tokio::test]
    async fn what_changed_since_ready_is_left_alone() {
        let transport = fixture();
        transport.with("shop", |shop| {
            shop.changes_after_ready = Some((ConfigPath::ProjectName, b"Theirs".to_vec()));
        });
        let crypto = FakeCrypto::default();
        let there = way("shop");
        let run = Run {
            transport: &transport,
            crypto: &crypto,
            way: &there,
            key: FingerprintKey::new([7; 32]),
        };
        let request = run.begin_request(None).unwrap();
        let mut conversation = transport.begin(&there, &request).await.unwrap();
        let sealed = run
            .seal(conversation.as_ref(), &request.nonce, &[], Payments::Left)
            .unwrap();
        let go = conversation.go(&sealed).await;
        assert_eq!(go, Ok(Go::NotWritten(NotWritten::Changed)));
    }
}
