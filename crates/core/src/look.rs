//! A look at an instance: what its own program reported, before anybody judged it.
//!
//! Everything here is an instance's word. What Adobe says about it is in the proof; what both
//! mean together is decided in the connection room. Not here: how a look is carried (transport).

use std::collections::BTreeMap;
use std::fmt;

use crate::config::{ConfigPath, PAYMENT_PATHS, Purpose};
use crate::fingerprint::{ExactFingerprint, IdentityFingerprint};
use crate::id::{ApiKey, Nonce};
use crate::instance::Pin;
use crate::ports::clock::UnixMillis;
use crate::secret::Secret;

/// What an instance said about itself in one run. Texts are cleaned at the door.
#[derive(Debug)]
pub struct Look {
    /// The run's nonce as the instance repeated it; equal to the one that was sent.
    pub nonce: Nonce,
    /// The instance's clock, seconds since 1970.
    pub clock: i64,
    /// Versions found.
    pub versions: Versions,
    /// Whether the connector is there.
    pub connector: ConnectorModule,
    /// The nine values as they are in effect; a path that is not here is empty.
    pub values: BTreeMap<ConfigPath, SeenValue>,
    /// Values fixed outside the database.
    pub locks: Vec<Lock>,
    /// Who the instance is.
    pub pin: Pin,
    /// Which pair the instance uses for registry and feeds (`magento_saas/environment`), with the
    /// raw word where it is not one of the two.
    pub saas_pair: Result<Purpose, String>,
    /// Gateway URLs in effect, for sandbox and production.
    pub gateways: BTreeMap<Purpose, String>,
    /// `services_connector_credentials/credentials_type`; `Magento_JWT` for key pairs.
    pub credentials_type: String,
    /// Payments settings in every scope where a row exists.
    pub payments: Vec<ScopedValue>,
    /// The Commerce Cloud project and branch, where the instance runs there.
    pub cloud: Option<Cloud>,
    /// Tokens signed with the keys the instance really holds.
    pub tokens: Vec<InstanceToken>,
    /// Whether data flows, by the instance's own export logs; `None` where they say nothing.
    pub flow: Option<Flow>,
    /// What else was noticed: a code of [`NOTICES`] and a detail for showing.
    pub notices: Vec<Notice>,
    /// Private keys sealed to a key of this run, only when they were asked for (P11).
    pub sealed_keys: Vec<(Purpose, Vec<u8>)>,
}

/// Versions of what runs there; empty text where not found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// For example `2.4.7-p6`.
    pub magento: String,
    /// `Community` or `Enterprise`.
    pub edition: String,
    /// `magento/module-services-id`.
    pub services_id: String,
    /// `magento/services-connector`.
    pub services_connector: String,
    /// For example `8.2.28`.
    pub php: String,
}

/// Whether `Magento_ServicesId` is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorModule {
    /// Installed and enabled.
    Enabled,
    /// Installed and switched off.
    Disabled,
    /// Not installed.
    Absent,
}

/// One of the nine values as the instance has it in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenValue {
    /// HMAC of the value in effect.
    pub exact: ExactFingerprint,
    /// The value itself: plain values and API keys only, never a private key.
    pub plain: Option<String>,
    /// Of a private key: its identity, where it could be read as one.
    pub identity: Option<IdentityFingerprint>,
    /// Of a key value: it still has the form of stored ciphertext, so the instance could not
    /// decrypt it or it was encrypted twice.
    pub looks_encrypted: bool,
}

/// A value fixed outside the database, where a write has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Which value.
    pub path: ConfigPath,
    /// Where it is fixed.
    pub source: LockSource,
    /// The variable's name, for a variable.
    pub name: Option<String>,
}

/// Where a value can be fixed (docs/facts.md, where a value can come from).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockSource {
    /// `app/etc/env.php`.
    EnvPhp,
    /// `app/etc/config.php`.
    ConfigPhp,
    /// A variable of the process (`CONFIG__…` or `MAGENTO_DC_…`).
    Variable,
}

impl LockSource {
    /// How it is named to people and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            LockSource::EnvPhp => "app/etc/env.php",
            LockSource::ConfigPhp => "app/etc/config.php",
            LockSource::Variable => "variable",
        }
    }
}

/// A payments setting in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedValue {
    /// The path, one of [`PAYMENT_PATHS`].
    pub path: String,
    /// `default`, `websites` or `stores`.
    pub scope: String,
    /// The scope's id.
    pub scope_id: i64,
    /// The value, cleaned for showing; where cleaning changed it, with a mark of the true one
    /// behind, so that two different values never look the same.
    pub value: String,
}

impl ScopedValue {
    /// Where it stands.
    pub fn place(&self) -> PaymentPlace {
        PaymentPlace {
            path: self.path.clone(),
            scope: self.scope.clone(),
            scope_id: self.scope_id,
        }
    }
}

/// The scopes that Commerce knows; a row in any other has no effect.
pub const SCOPES: [&str; 3] = ["default", "websites", "stores"];

/// Where a payments setting stands: its path, and the scope of its row. In the order in which an
/// instance tells them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentPlace {
    /// One of [`SCOPES`].
    pub scope: String,
    /// The scope's id.
    pub scope_id: i64,
    /// The path, one of [`PAYMENT_PATHS`].
    pub path: String,
}

impl PaymentPlace {
    /// Reads back what its text says; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, scope) = text.strip_suffix(')')?.split_once(" (")?;
        let (scope, id) = scope.split_once(' ')?;
        let known = PAYMENT_PATHS.contains(&path) && SCOPES.contains(&scope);
        known.then_some(())?;
        Some(Self {
            path: path.to_owned(),
            scope: scope.to_owned(),
            scope_id: id.parse().ok()?,
        })
    }

    /// The scope as it is shown beside the path: `websites 1`.
    pub fn scope_text(&self) -> String {
        format!("{} {}", self.scope, self.scope_id)
    }
}

impl fmt::Display for PaymentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.path, self.scope, self.scope_id)
    }
}

/// What the export logs of an instance tell, by its own clock. On several nodes each has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// When something was last sent, where the end of the logs tells.
    pub sent_at: Option<UnixMillis>,
    /// Since when only failures were logged after that.
    pub failing_since: Option<UnixMillis>,
}

/// Where on Commerce Cloud an instance runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// `MAGENTO_CLOUD_PROJECT`.
    pub project: String,
    /// `MAGENTO_CLOUD_BRANCH` or the like.
    pub branch: String,
    /// Whether Cloud calls this the production branch or cluster.
    pub production: bool,
}

/// A token the instance signed in this run with the connector's own signer.
#[derive(Debug)]
pub struct InstanceToken {
    /// Which pair signed.
    pub purpose: Purpose,
    /// The API key configured beside it.
    pub api_key: Option<ApiKey>,
    /// The token, or why there is none (cleaned for showing).
    pub token: Result<Secret, String>,
}

/// Something noticed that is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One of [`NOTICES`].
    pub code: String,
    /// What it is about, cleaned for showing.
    pub detail: String,
}

/// Every notice an instance may give.
///
/// `importPending`: env.php or config.php was changed and not imported. `schemaBehind`: the
/// database schema is older than the code. `wrongOwner`: files belong to another user.
/// `plaintextRow`: a key is stored unencrypted. `oldCryptKey`: a key is encrypted under a crypt key
/// that is not the newest. `undecryptable`: a stored key cannot be decrypted. `gatewayLocked`: the
/// gateway URL is set on the instance. `saasPairUnusual`: `magento_saas/environment` is not
/// `production`. `scopedRow`: a connector value exists in another scope,
/// where it has no effect. `staleCache`: the rows say something else than what is in effect, so
/// the instance will change as soon as its configuration cache is cleaned.
pub const NOTICES: [&str; 10] = [
    "importPending",
    "schemaBehind",
    "wrongOwner",
    "plaintextRow",
    "oldCryptKey",
    "undecryptable",
    "gatewayLocked",
    "saasPairUnusual",
    "scopedRow",
    "staleCache",
];

impl Look {
    /// The exact fingerprint of a value in effect; `None` where it is empty.
    pub fn exact(&self, path: ConfigPath) -> Option<&ExactFingerprint> {
        self.values.get(&path).map(|value| &value.exact)
    }

    /// Whether a key's row holds it in the clear, or under a crypt key that is not the newest.
    pub fn is_badly_kept(&self, path: ConfigPath) -> bool {
        self.notices.iter().any(|notice| {
            matches!(notice.code.as_str(), "oldCryptKey" | "plaintextRow")
                && notice.detail == path.as_str()
        })
    }

    /// A plain value in effect.
    pub fn plain(&self, path: ConfigPath) -> Option<&str> {
        self.values.get(&path)?.plain.as_deref()
    }

    /// A payments setting's row; `None` where there is none.
    pub fn payment(&self, place: &PaymentPlace) -> Option<&str> {
        let mut rows = self.payments.iter();
        rows.find(|row| &row.place() == place)
            .map(|row| row.value.as_str())
    }

    /// The Payment Services ids found, in any scope.
    pub fn merchant_ids(&self) -> impl Iterator<Item = &ScopedValue> {
        self.payments
            .iter()
            .filter(|row| row.path.ends_with("_merchant_id") && !row.value.is_empty())
    }

    /// Whether it shows the marks of a live shop (G12): production payment mode together with a
    /// production merchant id, or a Cloud production branch.
    pub fn looks_live(&self) -> bool {
        let mode = self
            .payments
            .iter()
            .any(|row| row.path.ends_with("/method") && row.value == "production");
        let merchant = self
            .merchant_ids()
            .any(|row| row.path.ends_with("/production_merchant_id"));
        (mode && merchant) || self.cloud.as_ref().is_some_and(|cloud| cloud.production)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_does() {
        for path in PAYMENT_PATHS {
            for scope in SCOPES {
                let place = PaymentPlace {
                    path: path.to_owned(),
                    scope: scope.to_owned(),
                    scope_id: 12,
                };
                assert_eq!(PaymentPlace::parse(&place.to_string()), Some(place));
            }
        }
        for bad in [
            "",
            "payment/payment_methods/method",
            "payment/payment_methods/method (default)",
            "payment/payment_methods/method (default x)",
            "payment/payment_methods/method (elsewhere 0)",
            "web/secure/base_url (default 0)",
        ] {
            assert_eq!(PaymentPlace::parse(bad), None, "{bad}");
        }
    }
}
