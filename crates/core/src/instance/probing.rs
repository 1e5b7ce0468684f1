//! Looking at a server before its instance is added: what is there, and what that suggests.
//!
//! Nothing is kept of it. Not here: adding the instance, which looks again and pins who it is.

use super::{Role, SshWay};
use crate::error::Result;
use crate::look::{ConnectorModule, Look, Versions};
use crate::patchbay::Patchbay;
use crate::ports::keychain::Asked;
use crate::ports::transport::{HostKey, LookRequest};
use crate::text;

/// What a server shows, and what that suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The base URL in effect, cleaned for showing.
    pub url: String,
    /// A name for it that is still free here.
    pub name: String,
    /// What it seems to be for. In doubt `live`: that is what the guards protect most.
    pub role: Role,
    /// Versions found.
    pub versions: Versions,
    /// Whether the connector is installed and enabled.
    pub connector: bool,
    /// Whether any of the nine values is there.
    pub holds_values: bool,
    /// The instance here that it is already, where it is one.
    pub known_as: Option<String>,
}

impl Patchbay {
    /// Looks at a server that is not added yet.
    ///
    /// # Errors
    /// Bad input, not reachable, records.
    pub async fn probe(&self, way: SshWay) -> Result<Probed> {
        let way = way.checked()?;
        let request = LookRequest {
            nonce: self.new_nonce()?,
            key: self.fingerprint_key().await?,
            sign_after: 0,
            under_lock: None,
            take_keys: None,
            asked: Asked::ByUser,
        };
        let look = self.ports.transport.look(&way, &request).await?;
        let known = self.instances().await?;
        let twin = known
            .iter()
            .find(|instance| instance.pin.as_ref() == Some(&look.pin));
        let taken = |name: &str| known.iter().any(|instance| instance.name == name);
        Ok(Probed {
            name: free_name(&look.pin.base_url, &way.target, taken),
            role: suggested_role(&look),
            connector: look.connector == ConnectorModule::Enabled,
            holds_values: !look.values.is_empty(),
            known_as: twin.map(|instance| instance.name.clone()),
            url: look.pin.base_url,
            versions: look.versions,
        })
    }

    /// The host keys a server that is not added yet shows now.
    ///
    /// # Errors
    /// Bad input, or it was not reached.
    pub async fn host_keys_at(&self, way: SshWay) -> Result<Vec<HostKey>> {
        Ok(self.ports.transport.host_keys(&way.checked()?).await?)
    }

    /// Trusts the host key with this fingerprint, if that server shows it now.
    ///
    /// # Errors
    /// As [`Patchbay::host_keys_at`], or no such key.
    pub async fn trust_host_key_at(&self, way: SshWay, fingerprint: &str) -> Result<HostKey> {
        let way = way.checked()?;
        Ok(self.ports.transport.trust(&way, fingerprint).await?)
    }
}

/// The host of a base URL, else of the target, made different from every taken name.
fn free_name(url: &str, target: &str, taken: impl Fn(&str) -> bool) -> String {
    let host = host_of(url).unwrap_or_else(|| target.rsplit('@').next().unwrap_or(target));
    let host = host.strip_prefix("www.").unwrap_or(host);
    let base = text::outside(host, text::NAME_MAX - 5);
    let base = if base.is_empty() {
        "instance".to_owned()
    } else {
        base
    };
    let mut names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base} {n}")));
    names.find(|name| !taken(name)).unwrap_or(base)
}

fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

fn suggested_role(look: &Look) -> Role {
    let cloud_live = look.cloud.as_ref().is_some_and(|cloud| cloud.production);
    if look.looks_live() || cloud_live {
        return Role::Live;
    }
    let host = host_of(&look.pin.base_url)
        .unwrap_or_default()
        .to_lowercase();
    let says = |words: &[&str]| {
        let mut parts = host.split(['.', '-', '_']);
        parts.any(|part| {
            let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
            words.contains(&part)
        })
    };
    if says(&[
        "dev",
        "develop",
        "development",
        "local",
        "localhost",
        "test",
        "ddev",
        "warden",
    ]) {
        Role::Development
    } else if look.cloud.is_some()
        || says(&[
            "staging",
            "stage",
            "stg",
            "uat",
            "preprod",
            "preview",
            "qa",
            "mcstaging",
        ])
    {
        Role::Staging
    } else {
        Role::Live
    }
}
