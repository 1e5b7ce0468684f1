//! Connector configuration: the nine values an instance needs, and the parts a plan may touch.
//!
//! Facts: docs/facts.md, configuration paths. Not here: how values are written (the transport
//! adapter) or which values an instance should hold (assignment).

use std::fmt;

/// Which of the two key pairs: Adobe's `sandbox` or `production`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Sandbox Keys.
    Sandbox,
    /// Production Keys.
    Production,
}

impl Purpose {
    /// Both, in the Admin's own order.
    pub const ALL: [Purpose; 2] = [Purpose::Sandbox, Purpose::Production];

    /// The word used in paths, files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Sandbox => "sandbox",
            Purpose::Production => "production",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Purpose::Sandbox => Purpose::Production,
            Purpose::Production => Purpose::Sandbox,
        }
    }

    /// Where the API key of this pair is configured.
    pub fn api_key_path(self) -> ConfigPath {
        match self {
            Purpose::Sandbox => ConfigPath::SandboxApiKey,
            Purpose::Production => ConfigPath::ProductionApiKey,
        }
    }

    /// Where the private key of this pair is configured.
    pub fn private_key_path(self) -> ConfigPath {
        match self {
            Purpose::Sandbox => ConfigPath::SandboxPrivateKey,
            Purpose::Production => ConfigPath::ProductionPrivateKey,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the nine configuration paths of a connection, default scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfigPath {
    /// Sandbox public key; encrypted at rest.
    SandboxApiKey,
    /// Sandbox private key; encrypted at rest.
    SandboxPrivateKey,
    /// Production public key; encrypted at rest.
    ProductionApiKey,
    /// Production private key; encrypted at rest.
    ProductionPrivateKey,
    /// SaaS project UUID.
    ProjectId,
    /// SaaS project label.
    ProjectName,
    /// Data space UUID.
    DataSpaceId,
    /// Data space label.
    DataSpaceName,
    /// Data space type, exactly `Production` or `Testing`.
    DataSpaceType,
}

impl ConfigPath {
    /// All nine, in the Admin's own order.
    pub const ALL: [ConfigPath; 9] = [
        ConfigPath::SandboxApiKey,
        ConfigPath::SandboxPrivateKey,
        ConfigPath::ProductionApiKey,
        ConfigPath::ProductionPrivateKey,
        ConfigPath::ProjectId,
        ConfigPath::ProjectName,
        ConfigPath::DataSpaceId,
        ConfigPath::DataSpaceName,
        ConfigPath::DataSpaceType,
    ];

    /// The five of the data space part.
    pub const DATA_SPACE: [ConfigPath; 5] = [
        ConfigPath::ProjectId,
        ConfigPath::ProjectName,
        ConfigPath::DataSpaceId,
        ConfigPath::DataSpaceName,
        ConfigPath::DataSpaceType,
    ];

    /// The path as the instance knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            ConfigPath::SandboxApiKey => {
                "services_connector/services_connector_integration/sandbox_api_key"
            }
            ConfigPath::SandboxPrivateKey => {
                "services_connector/services_connector_integration/sandbox_private_key"
            }
            ConfigPath::ProductionApiKey => {
                "services_connector/services_connector_integration/production_api_key"
            }
            ConfigPath::ProductionPrivateKey => {
                "services_connector/services_connector_integration/production_private_key"
            }
            ConfigPath::ProjectId => "services_connector/services_id/project_id",
            ConfigPath::ProjectName => "services_connector/services_id/project_name",
            ConfigPath::DataSpaceId => "services_connector/services_id/environment_id",
            ConfigPath::DataSpaceName => "services_connector/services_id/environment_name",
            ConfigPath::DataSpaceType => "services_connector/services_id/environment",
        }
    }

    /// Reads a path back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|path| path.as_str() == text)
    }

    /// Which part of a plan the value belongs to.
    pub fn part(self) -> Part {
        match self.purpose() {
            Some(_) => Part::Keys,
            None => Part::DataSpace,
        }
    }

    /// Which key pair the value belongs to, if any.
    pub fn purpose(self) -> Option<Purpose> {
        match self {
            ConfigPath::SandboxApiKey | ConfigPath::SandboxPrivateKey => Some(Purpose::Sandbox),
            ConfigPath::ProductionApiKey | ConfigPath::ProductionPrivateKey => {
                Some(Purpose::Production)
            }
            _ => None,
        }
    }

    /// Whether the value is a private key and must never be shown.
    pub fn is_private_key(self) -> bool {
        matches!(
            self,
            ConfigPath::SandboxPrivateKey | ConfigPath::ProductionPrivateKey
        )
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A part of a plan; each pair and the data space is set or removed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Both key pairs.
    Keys,
    /// Project and data space.
    DataSpace,
    /// The payments settings, in every scope where a row exists; only disconnecting a copy and its
    /// undo touch them.
    Payments,
}

impl Part {
    /// Every part an ordinary plan may have.
    pub const ALL: [Part; 2] = [Part::Keys, Part::DataSpace];

    /// The parts of disconnecting a copy, and of an undo.
    pub const WITH_PAYMENTS: [Part; 3] = [Part::Keys, Part::DataSpace, Part::Payments];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Keys => "keys",
            Part::DataSpace => "data-space",
            Part::Payments => "payments",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::WITH_PAYMENTS
            .into_iter()
            .find(|part| part.as_str() == text)
    }
}

/// What a payments setting is called on the instance (docs/facts.md, Payment Services paths).
pub const PAYMENT_PATHS: [&str; 3] = [
    "payment/payment_methods/method",
    "payment/payment_methods/sandbox_merchant_id",
    "payment/payment_methods/production_merchant_id",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_and_fall_into_parts() {
        for path in ConfigPath::ALL {
            assert_eq!(ConfigPath::parse(path.as_str()), Some(path));
        }
        let keys = ConfigPath::ALL
            .iter()
            .filter(|path| path.part() == Part::Keys)
            .count();
        assert_eq!(keys, 4, "four of the nine values are keys");
        assert!(
            ConfigPath::DATA_SPACE
                .iter()
                .all(|path| path.part() == Part::DataSpace)
        );
    }
}
