//! A pretend instance: what it holds and who it is.
//!
//! Its values are as they would be in effect, so private keys are PEM text. Not here: what it says
//! of itself ([`super::report`]) and how it is talked to ([`super::talk`]).

use std::collections::BTreeMap;
use std::fmt;

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::look::{
    Cloud, ConnectorModule, Flow, LockSource, Notice, ScopedValue, Versions,
};
use zeroize::Zeroizing;

use super::trouble::Troubles;
use super::undo::{BlobKey, Kept};

/// Bytes of a value; overwritten when dropped, for it may be a private key.
pub(super) type Value = Zeroizing<Vec<u8>>;
/// The connector's rows, each as it would be in effect.
pub(super) type Rows = BTreeMap<ConfigPath, Value>;

/// A value fixed outside the database, where it wins over the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Where.
    pub source: LockSource,
    /// The variable's name, for a variable.
    pub name: Option<String>,
    /// To what; never a private key.
    pub value: String,
}

/// What a shop shows its visitors of the data space it works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// What it holds, by its GraphQL interface and on its pages.
    #[default]
    Everything,
    /// What it holds, on its pages only: the module for GraphQL is not installed.
    OnPages,
    /// Nothing: neither module is installed.
    Nothing,
    /// This data space of type `Production`, whatever it holds.
    Another(String),
    /// It sends everybody to this address.
    Elsewhere(String),
}

/// The feeds of an instance with the catalogue services.
const FEEDS: [&str; 8] = [
    "products",
    "productAttributes",
    "categories",
    "prices",
    "variants",
    "productOverrides",
    "scopesWebsite",
    "scopesCustomerGroup",
];

/// What arrived at an instance so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Looks.
    pub looks: u32,
    /// Pushes that were begun.
    pub pushes: u32,
    /// `go` lines that arrived.
    pub gos: u32,
    /// Transactions that were committed.
    pub commits: u32,
    /// Questions of visitors.
    pub visits: u32,
    /// Feeds that were sent, with the data space they went to.
    pub fed: Vec<(String, String)>,
}

/// One pretend instance. Public fields are its state; whoever plays with it sets them as they like.
pub struct Instance {
    /// The application root on the pretended server; another one is not there.
    pub root: String,
    /// What its identity is made of: database host, name, prefix, install date.
    pub database: String,
    /// What its database server is made of.
    pub server: String,
    /// Its base URL.
    pub base_url: String,
    /// Versions found there.
    pub versions: Versions,
    /// Whether the connector is there.
    pub connector: ConnectorModule,
    /// `magento_saas/environment`.
    pub saas_pair: String,
    /// The gateways it talks to.
    pub gateways: BTreeMap<Purpose, String>,
    /// Payments settings.
    pub payments: Vec<ScopedValue>,
    /// Where on Commerce Cloud it runs.
    pub cloud: Option<Cloud>,
    /// What else it notices.
    pub notices: Vec<Notice>,
    /// Values fixed outside the database.
    pub fixed: BTreeMap<ConfigPath, Fixed>,
    /// What its export logs tell.
    pub flow: Option<Flow>,
    /// What its visitors see.
    pub shown: Shown,
    /// Seconds its clock is ahead of the true time.
    pub clock_ahead: i64,
    /// The host key its server shows, as ssh prints it.
    pub host_key: String,
    /// Whether that key was trusted already.
    pub trusted: bool,
    /// The feeds of the catalogue it can send.
    pub feeds: Vec<String>,
    /// What goes wrong.
    pub troubles: Troubles,
    /// What arrived so far.
    pub tally: Tally,
    pub(super) rows: Rows,
    pub(super) blob_key: BlobKey,
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("database", &self.database)
            .field("troubles", &self.troubles)
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// An instance with the connector and nothing configured, at an address of its own.
    #[must_use]
    pub fn new(name: &str, root: &str, base_url: &str) -> Self {
        Self {
            root: root.to_owned(),
            database: format!("db.{name}.example/{name}/2019-03-04"),
            server: format!("db.{name}.example:3306"),
            base_url: base_url.to_owned(),
            versions: Versions {
                magento: "2.4.8-p1".to_owned(),
                edition: "Enterprise".to_owned(),
                services_id: "3.3.1".to_owned(),
                services_connector: "1.3.6".to_owned(),
                php: "8.3.14".to_owned(),
            },
            connector: ConnectorModule::Enabled,
            saas_pair: Purpose::Production.as_str().to_owned(),
            gateways: BTreeMap::new(),
            payments: Vec::new(),
            cloud: None,
            notices: Vec::new(),
            fixed: BTreeMap::new(),
            flow: None,
            shown: Shown::default(),
            clock_ahead: 0,
            host_key: super::host_key_of(name),
            trusted: true,
            feeds: FEEDS.map(str::to_owned).into(),
            troubles: Troubles::default(),
            tally: Tally::default(),
            rows: Rows::new(),
            blob_key: BlobKey::new(),
        }
    }

    /// Sets one value's row.
    pub fn set(&mut self, path: ConfigPath, value: &str) {
        self.rows
            .insert(path, Zeroizing::new(value.as_bytes().to_vec()));
    }

    /// Takes one value's row away.
    pub fn unset(&mut self, path: ConfigPath) {
        self.rows.remove(&path);
    }

    /// Sets one value's row and gives the instance back.
    #[must_use]
    pub fn with(mut self, path: ConfigPath, value: &str) -> Self {
        self.set(path, value);
        self
    }

    /// Which of the nine values have a row.
    #[must_use]
    pub fn held(&self) -> Vec<ConfigPath> {
        self.rows.keys().copied().collect()
    }

    /// A plain value's row; a private key is never handed out.
    #[must_use]
    pub fn plain(&self, path: ConfigPath) -> Option<&str> {
        let row = self.rows.get(&path).filter(|_| !path.is_private_key())?;
        std::str::from_utf8(row).ok()
    }

    /// A value in effect: what is fixed wins over the row; an empty one counts as absent.
    pub(super) fn effective(&self, path: ConfigPath) -> Option<&[u8]> {
        let fixed = self.fixed.get(&path).map(|fixed| fixed.value.as_bytes());
        let row = || self.rows.get(&path).map(|value| value.as_slice());
        fixed.or_else(row).filter(|value| !value.is_empty())
    }

    /// Everything a push may touch, as it is now.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            rows: self.rows.clone(),
            payments: self.payments.clone(),
        }
    }

    /// The text its identity is made of.
    pub(super) fn identity(&self) -> String {
        let cloud = self.cloud.as_ref();
        let cloud = cloud.map(|cloud| format!("{}\0{}", cloud.project, cloud.branch));
        format!("{}\0{}", self.database, cloud.unwrap_or_default())
    }

    /// Seconds since 1970 by its own clock.
    pub(super) fn clock(&self) -> i64 {
        crate::stage::now().saturating_add(self.clock_ahead)
    }
}
