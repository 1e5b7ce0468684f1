//! What the pretended Adobe side knows: MageIDs with their projects, data spaces and API keys.
//!
//! Only the shapes live here. What may be done with them is decided in [`crate::world`], how the
//! registry words them in `registry`. There is no private key anywhere in these types:
//! as at the real place, one exists only in the answer that hands it out.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Which of the two gateways, and so which of the two key pairs of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Gateway {
    /// The stand-in for `commerce.adobe.io`.
    Production,
    /// The stand-in for `commerce-beta.adobe.io`.
    Sandbox,
}

/// What the account has bought, which decides how many data spaces a new project gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Licence {
    /// Adobe Commerce: one production and two testing data spaces.
    #[default]
    Commerce,
    /// Magento Open Source: one production data space and nothing to test with.
    OpenSource,
}

/// The type of a data space, spelled as the registry spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataSpaceType {
    /// Holds live data.
    Production,
    /// Holds test data.
    Testing,
}

impl DataSpaceType {
    /// The word the registry uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Testing => "Testing",
        }
    }
}

/// One data space of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataSpace {
    /// UUID in lower case.
    pub id: String,
    /// Label, for example `Testing 1`.
    pub name: String,
    /// Production or testing.
    #[serde(rename = "type")]
    pub kind: DataSpaceType,
    /// The Commerce Cloud project that last said it uses this data space.
    #[serde(default)]
    pub cloud_id: Option<String>,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub created_at: String,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub updated_at: String,
}

/// A group of data spaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// UUID in lower case.
    pub id: String,
    /// Label.
    pub name: String,
    /// In the order the registry lists them.
    #[serde(default)]
    pub data_spaces: Vec<DataSpace>,
}

/// The public half of one key pair, as the portal lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiKey {
    /// UUID of the portal's row.
    pub id: String,
    /// What the owner called it.
    pub name: String,
    /// The one gateway that knows it.
    #[serde(rename = "for")]
    pub gateway: Gateway,
    /// The public API key: 32 lower-case hexadecimal characters.
    pub api_key: String,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub created_at: String,
    /// Base64 of the SubjectPublicKeyInfo against which signatures are checked.
    pub public_key: String,
}

/// Who is behind a sign-in at the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The licence owner, who alone may create and delete keys.
    #[default]
    Owner,
    /// Somebody with shared access, who may only look.
    SharedAccess,
}

/// One way into the portal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The bearer token.
    pub token: String,
    /// What its holder may do.
    #[serde(default)]
    pub role: Role,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Everything that belongs to one MageID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// `MAG` and nine digits.
    pub mage_id: String,
    /// The organisation's name.
    #[serde(default)]
    pub organisation: String,
    /// The organisation's id.
    #[serde(default)]
    pub organisation_id: String,
    /// Decides what a new project gets.
    #[serde(default)]
    pub licence: Licence,
    /// A suspended account's keys are known but refused.
    #[serde(default)]
    pub suspended: bool,
    /// What the account is entitled to, in the registry's words.
    #[serde(default)]
    pub entitlements: Vec<String>,
    /// The features of its data spaces, in the registry's words.
    #[serde(default)]
    pub feature_set: Vec<String>,
    /// Ways into the portal.
    #[serde(default)]
    pub sign_ins: Vec<SignIn>,
    /// SaaS projects.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// Keys that are in force. A revoked one is gone, as at the real place.
    #[serde(default)]
    pub keys: Vec<ApiKey>,
}

/// A private key on its only way out: PKCS#8 PEM of a pair that was made for pretending.
///
/// It can be serialized, because handing it out once is the portal's task, but never printed.
#[derive(Clone)]
pub struct PrivateKeyPem(pub(crate) Zeroizing<String>);

impl PrivateKeyPem {
    /// The PEM text, with one final newline.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem(hidden)")
    }
}

impl Serialize for PrivateKeyPem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A key pair whose private half the simulator made and hands over now, and never again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadyKey {
    /// UUID of the portal's row.
    pub id: String,
    /// What the owner called it.
    pub name: String,
    /// The one gateway that knows it.
    #[serde(rename = "for")]
    pub gateway: Gateway,
    /// The public API key.
    pub api_key: String,
    /// The private half.
    pub private_key: PrivateKeyPem,
    /// RFC 3339, UTC.
    pub created_at: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let key = PrivateKeyPem(Zeroizing::new("-----BEGIN PRIVATE KEY-----abc".into()));
        let sign_in = SignIn {
            token: "opensesame".into(),
            role: Role::Owner,
        };
        let shown = format!("{key:?} {sign_in:?}");
        assert!(
            !shown.contains("BEGIN") && !shown.contains("opensesame"),
            "{shown}"
        );
    }

    #[test]
    fn a_misspelled_field_is_refused_instead_of_ignored() {
        let wrong = r#"{"mageId":"MAG000000001","suspendet":true}"#;
        assert!(serde_json::from_str::<Account>(wrong).is_err());
    }
}
