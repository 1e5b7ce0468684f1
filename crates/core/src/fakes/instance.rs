//! A pretend instance: what it holds, what it says of itself, and how it is told to misbehave.
//!
//! Not here: how it is reached (the transport stand-in).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::crypto::{der_of_pem, fake_seal, token};
use crate::config::{ConfigPath, Purpose};
use crate::fingerprint::FingerprintKey;
use crate::id::{ApiKey, EntryId};
use crate::instance::Pin;
use crate::keypair::intake::read_private_key;
use crate::look::{
    Cloud, ConnectorModule, Flow, InstanceToken, Lock, LockSource, Look, Notice, ScopedValue,
    SeenValue, Versions,
};
use crate::ports::transport::{
    BeginRequest, FeedEnd, Former, FoundPhp, FoundRoot, LookRequest, NotWritten, Restore, Survey,
    TransportError, UndoBlob,
};
use crate::secret::Secret;

/// What one value is fixed to outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Where.
    pub source: LockSource,
    /// The variable's name, for a variable.
    pub name: Option<String>,
    /// To what.
    pub value: Vec<u8>,
}

/// How a `go` ends without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the values reached it: nothing is written.
    BeforeWriting,
    /// After the commit, before the answer arrived: everything is written.
    AfterWriting,
}

/// Rows of an instance: the nine values as they would be in effect, and the payments settings.
pub type Rows = (BTreeMap<ConfigPath, Vec<u8>>, Vec<ScopedValue>);

/// Changes what an instance says, for instances that lie.
pub type Tamper = Arc<dyn Fn(&mut Look) + Send + Sync>;

/// One pretend instance. Public fields are its state; tests set and read them as they like.
pub struct FakeInstance {
    /// The database's rows, each value as it would be in effect (so private keys are PEM text).
    pub values: BTreeMap<ConfigPath, Vec<u8>>,
    /// Values fixed outside the database; they win over the rows.
    pub overrides: BTreeMap<ConfigPath, Override>,
    /// Payments settings.
    pub payments: Vec<ScopedValue>,
    /// What its identity is made of; a copy has the same.
    pub database: String,
    /// What its database server is made of.
    pub server: String,
    /// Its base URL.
    pub base_url: String,
    /// Its versions.
    pub versions: Versions,
    /// Whether the connector is there.
    pub connector: ConnectorModule,
    /// Which pair it uses for the registry.
    pub saas_pair: Result<Purpose, String>,
    /// Gateway URLs it uses.
    pub gateways: BTreeMap<Purpose, String>,
    /// The credentials type.
    pub credentials_type: String,
    /// Where on Commerce Cloud it runs.
    pub cloud: Option<Cloud>,
    /// What its export logs tell.
    pub flow: Option<Flow>,
    /// What else it notices.
    pub notices: Vec<Notice>,
    /// Seconds its clock is ahead of ours.
    pub clock_ahead: i64,
    /// The host key its server shows, as ssh prints it.
    pub host_key: String,
    /// Whether that host key is trusted.
    pub trusted: bool,
    /// Every connection fails so, until `None` again.
    pub unreachable: Option<TransportError>,
    /// Somebody else holds its database lock.
    pub busy: bool,
    /// Between `ready` and the comparison, somebody sets this value.
    pub changes_after_ready: Option<(ConfigPath, Vec<u8>)>,
    /// `go` gets no answer.
    pub go_cut: Option<Cut>,
    /// `go` is refused so.
    pub go_refused: Option<NotWritten>,
    /// After `committed` the connection breaks.
    pub finish_cut: bool,
    /// The feeds it can send, and how each ends.
    pub feeds: Vec<(String, FeedEnd)>,
    /// The feeds it has sent to its end, with the data space they went to.
    pub sent: Vec<(String, String)>,
    /// Changes what it says in looks and in `ready`.
    pub tamper: Option<Tamper>,
    /// What a search of its server finds.
    pub survey: Survey,
    pub(super) in_conversation: bool,
    pub(super) blobs: HashMap<Vec<u8>, (EntryId, Rows)>,
    pub(super) ticks: u64,
}

impl Default for FakeInstance {
    /// An instance with the connector and nothing configured.
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            overrides: BTreeMap::new(),
            payments: Vec::new(),
            database: "db.test/shop".to_owned(),
            server: "db.test:3306".to_owned(),
            base_url: "https://shop.test/".to_owned(),
            versions: Versions {
                magento: "2.4.8".to_owned(),
                edition: "Community".to_owned(),
                services_id: "3.3.1".to_owned(),
                services_connector: "1.3.6".to_owned(),
                php: "8.3.0".to_owned(),
            },
            connector: ConnectorModule::Enabled,
            saas_pair: Ok(Purpose::Production),
            gateways: Purpose::ALL
                .into_iter()
                .map(|purpose| (purpose, format!("https://{purpose}.gateway.test/")))
                .collect(),
            credentials_type: "Magento_JWT".to_owned(),
            cloud: None,
            flow: None,
            notices: Vec::new(),
            clock_ahead: 0,
            host_key: format!("SHA256:{}", "h".repeat(43)),
            trusted: true,
            unreachable: None,
            busy: false,
            changes_after_ready: None,
            go_cut: None,
            go_refused: None,
            finish_cut: false,
            feeds: Vec::new(),
            sent: Vec::new(),
            tamper: None,
            survey: Survey {
                user: "deploy".to_owned(),
                roots: vec![FoundRoot {
                    path: "/srv/shop".to_owned(),
                    owner: "deploy".to_owned(),
                }],
                php: vec![FoundPhp {
                    program: "php".to_owned(),
                    version: "8.2.29".to_owned(),
                }],
            },
            in_conversation: false,
            blobs: HashMap::new(),
            ticks: 0,
        }
    }
}

/// What a look and a `ready` have in common.
pub(super) struct Question<'a> {
    pub(super) nonce: &'a crate::id::Nonce,
    pub(super) key: &'a FingerprintKey,
    pub(super) clock: i64,
    /// Sign tokens at this second of the instance's clock; `None` signs none.
    pub(super) sign_at: Option<i64>,
}

impl FakeInstance {
    /// An instance whose database and address carry this name, so that no two are the same.
    pub fn named(name: &str) -> Self {
        Self {
            database: format!("db.test/{name}"),
            base_url: format!("https://{name}.test/"),
            ..Self::default()
        }
    }

    /// Sets one value's row.
    #[must_use]
    pub fn with(mut self, path: ConfigPath, value: impl AsRef<[u8]>) -> Self {
        self.values.insert(path, value.as_ref().to_vec());
        self
    }

    /// A value in effect: an override wins over the row.
    pub fn effective(&self, path: ConfigPath) -> Option<&[u8]> {
        let fixed = self
            .overrides
            .get(&path)
            .map(|fixed| fixed.value.as_slice());
        fixed
            .or_else(|| self.values.get(&path).map(Vec::as_slice))
            .filter(|value| !value.is_empty())
    }

    /// Who it is, under one data directory's key.
    pub fn pin(&self, key: &FingerprintKey) -> Pin {
        let cloud = self
            .cloud
            .as_ref()
            .map(|cloud| format!("{}/{}", cloud.project, cloud.branch));
        let identity = format!("{}\0{}", self.database, cloud.unwrap_or_default());
        Pin {
            identity: key.exact(identity.as_bytes()).to_string(),
            server: key.exact(self.server.as_bytes()).to_string(),
            base_url: self.base_url.clone(),
        }
    }

    pub(super) fn rows(&self) -> Rows {
        (self.values.clone(), self.payments.clone())
    }

    pub(super) fn look(&self, question: &Question<'_>) -> Look {
        let mut look = Look {
            nonce: question.nonce.clone(),
            clock: question.clock,
            versions: self.versions.clone(),
            connector: self.connector,
            values: BTreeMap::new(),
            locks: Vec::new(),
            pin: self.pin(question.key),
            saas_pair: self.saas_pair.clone(),
            gateways: self.gateways.clone(),
            credentials_type: self.credentials_type.clone(),
            payments: self.payments.clone(),
            cloud: self.cloud.clone(),
            tokens: Vec::new(),
            flow: self.flow,
            notices: self.notices.clone(),
            sealed_keys: Vec::new(),
        };
        for path in ConfigPath::ALL {
            if let Some(value) = self.effective(path) {
                look.values.insert(path, seen(path, value, question.key));
            }
            if let Some(fixed) = self.overrides.get(&path) {
                look.locks.push(Lock {
                    path,
                    source: fixed.source,
                    name: fixed.name.clone(),
                });
            }
        }
        if let (Some(at), ConnectorModule::Enabled) = (question.sign_at, self.connector) {
            look.tokens = tokens(at, |path| self.effective(path));
        }
        if let Some(tamper) = &self.tamper {
            tamper(&mut look);
        }
        look
    }

    pub(super) fn hand_over(
        &self,
        request: &LookRequest,
        salt: &[u8; 32],
    ) -> Vec<(Purpose, Vec<u8>)> {
        let Some(to) = &request.take_keys else {
            return Vec::new();
        };
        Purpose::ALL
            .into_iter()
            .filter_map(|purpose| {
                let value = self.effective(purpose.private_key_path())?;
                Some((purpose, fake_seal(to, salt, &Secret::new(value.to_vec()))))
            })
            .collect()
    }

    /// The former rows as a blob that only this instance reads, bound to an entry.
    pub(super) fn make_blob(&mut self, entry: &EntryId) -> UndoBlob {
        self.ticks += 1;
        let bytes = format!("blob {} of {} for {entry}", self.ticks, self.database).into_bytes();
        self.blobs
            .insert(bytes.clone(), (entry.clone(), self.rows()));
        UndoBlob(bytes)
    }

    /// The rows as they would be after an undo, and those that were kept, if the blob is ours and that
    /// entry's.
    pub(super) fn open_blob(&self, restore: &Restore) -> Result<(Rows, Rows), TransportError> {
        let former = self
            .blobs
            .get(&restore.blob.0)
            .filter(|(entry, _)| *entry == restore.entry);
        let Some((_, (values, payments))) = former else {
            return Err(TransportError::UndoUnusable {
                detail: "it is another instance's or another entry's".to_owned(),
            });
        };
        let mut after = self.values.clone();
        for path in &restore.touched {
            match values.get(path) {
                Some(value) => after.insert(*path, value.clone()),
                None => after.remove(path),
            };
        }
        let mut rows = self.payments.clone();
        for place in &restore.payments {
            rows.retain(|row| &row.place() != place);
            rows.extend(payments.iter().filter(|row| &row.place() == place).cloned());
        }
        rows.sort_by_key(ScopedValue::place);
        Ok(((after, rows), (values.clone(), payments.clone())))
    }

    /// What an undo would bring back.
    pub(super) fn former(
        request: &BeginRequest,
        (rows, kept): &(Rows, Rows),
        sign_at: i64,
    ) -> Former {
        let mut former = Former {
            exact: Vec::new(),
            plain: Vec::new(),
            identity: Vec::new(),
            touched: restore_paths(request),
            payments: kept.1.clone(),
            tokens: tokens(sign_at, |path| rows.0.get(&path).map(Vec::as_slice)),
        };
        for path in ConfigPath::ALL {
            let Some(value) = rows.0.get(&path) else {
                continue;
            };
            let seen = seen(path, value, &request.key);
            former.exact.push((path, seen.exact));
            former.plain.extend(seen.plain.map(|plain| (path, plain)));
            former
                .identity
                .extend(seen.identity.map(|identity| (path, identity)));
        }
        former
    }
}

fn restore_paths(request: &BeginRequest) -> Vec<ConfigPath> {
    let restore = request.restore.as_ref();
    restore
        .map(|restore| restore.touched.clone())
        .unwrap_or_default()
}

/// How one value looks from outside.
fn seen(path: ConfigPath, value: &[u8], key: &FingerprintKey) -> SeenValue {
    let text = String::from_utf8_lossy(value);
    let private = path.is_private_key();
    SeenValue {
        exact: key.exact(value),
        plain: (!private).then(|| text.clone().into_owned()),
        identity: private
            .then(|| read_private_key(&Secret::new(value.to_vec())).ok())
            .flatten()
            .map(|read| read.identity),
        looks_encrypted: path.purpose().is_some() && looks_encrypted(&text),
    }
}

/// Whether a value has the form of stored ciphertext: two numbers and base64.
fn looks_encrypted(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    number(parts.next())
        && number(parts.next())
        && parts.next().is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        })
}

/// The tokens an instance signs with what it holds.
fn tokens<'a>(at: i64, value: impl Fn(ConfigPath) -> Option<&'a [u8]>) -> Vec<InstanceToken> {
    Purpose::ALL
        .into_iter()
        .filter_map(|purpose| {
            let api_key = value(purpose.api_key_path());
            let private = value(purpose.private_key_path());
            if api_key.is_none() && private.is_none() {
                return None;
            }
            let der = private.and_then(|pem| {
                read_private_key(&Secret::new(pem.to_vec()))
                    .map(|read| read.der)
                    .ok()
                    .or_else(|| der_of_pem(pem))
            });
            Some(InstanceToken {
                purpose,
                api_key: api_key
                    .and_then(|bytes| std::str::from_utf8(bytes).ok())
                    .and_then(|text| ApiKey::parse(text).ok()),
                token: der
                    .map(|der| token(&der, at + 300))
                    .ok_or_else(|| "Private key signing failed".to_owned()),
            })
        })
        .collect()
}
