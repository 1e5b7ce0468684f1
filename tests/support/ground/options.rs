//! What an instance on the ground is like.

/// The four encrypted paths of the connector configuration (docs/facts.md, The nine values).
pub const PATHS_OF_KEYS: [&str; 4] = [
    "services_connector/services_connector_integration/production_api_key",
    "services_connector/services_connector_integration/production_private_key",
    "services_connector/services_connector_integration/sandbox_api_key",
    "services_connector/services_connector_integration/sandbox_private_key",
];

/// The five plain paths of the connector configuration (docs/facts.md, The nine values).
pub const PATHS_OF_SAAS: [&str; 5] = [
    "services_connector/services_id/project_id",
    "services_connector/services_id/project_name",
    "services_connector/services_id/environment_id",
    "services_connector/services_id/environment_name",
    "services_connector/services_id/environment",
];

/// Which generation of the connector's modules an instance has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// services-id 2.0.x: no list of disabled fields, a setter that does not encrypt, everything settable.
    V2_0,
    /// services-id 3.2.x: project and data space cannot be set by `config:set`.
    V3_2,
    /// services-id 3.3.x: `saas:list:projects`, and `config:set` asks the registry.
    #[default]
    V3_3,
}

impl Shape {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V3_2 => "3.2",
            Self::V3_3 => "3.3",
        }
    }

    /// Typical releases: the application, services-id, services-connector.
    pub(super) fn releases(self) -> [&'static str; 3] {
        match self {
            Self::V2_0 => ["2.4.4", "2.0.3", "1.0.7"],
            Self::V3_2 => ["2.4.7-p1", "3.2.5", "1.3.5"],
            Self::V3_3 => ["2.4.8-p1", "3.3.1", "1.3.6"],
        }
    }
}

/// Whether the connector is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModuleState {
    /// Installed and enabled.
    #[default]
    Enabled,
    /// Installed, but switched off in `app/etc/config.php`.
    Disabled,
    /// Not installed at all.
    Absent,
}

/// One row of `core_config_data` to begin with.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `default`, `websites` or `stores`.
    pub scope: String,
    /// Id within the scope; 0 for `default`.
    pub scope_id: u32,
    /// The configuration path.
    pub path: String,
    /// The value, before encryption if `encrypted`.
    pub value: Option<String>,
    /// Is it to be stored encrypted with the instance's newest key?
    pub encrypted: bool,
}

impl Setting {
    /// A plain value in the default scope.
    #[must_use]
    pub fn plain(path: &str, value: &str) -> Self {
        Self {
            scope: "default".to_owned(),
            scope_id: 0,
            path: path.to_owned(),
            value: Some(value.to_owned()),
            encrypted: false,
        }
    }

    /// A value in the default scope, stored encrypted.
    #[must_use]
    pub fn encrypted(path: &str, value: &str) -> Self {
        Self {
            encrypted: true,
            ..Self::plain(path, value)
        }
    }

    /// The same setting in a website's scope.
    #[must_use]
    pub fn for_website(self, id: u32) -> Self {
        Self {
            scope: "websites".to_owned(),
            scope_id: id,
            ..self
        }
    }
}

/// Values of an instance that somebody connected by hand, long ago.
#[derive(Clone, Debug, Default)]
pub struct HandConnected {
    /// Production pair: API key and private key as PEM.
    pub production: Option<(String, String)>,
    /// Sandbox pair: API key and private key as PEM.
    pub sandbox: Option<(String, String)>,
    /// Project id, project name, data space id, data space name, data space type.
    pub saas: Option<[String; 5]>,
    /// Payment Services ids in the scope of website 1: production, sandbox.
    pub merchant_ids: Option<(String, String)>,
}

impl HandConnected {
    pub(super) fn settings(&self) -> Vec<Setting> {
        let pairs = [&self.production, &self.sandbox]
            .into_iter()
            .zip(PATHS_OF_KEYS.chunks(2));
        let mut settings = Vec::new();
        for (pair, paths) in pairs {
            if let Some((api_key, private_key)) = pair {
                settings.push(Setting::encrypted(paths[0], api_key));
                settings.push(Setting::encrypted(paths[1], private_key));
            }
        }
        if let Some(values) = &self.saas {
            let plain = PATHS_OF_SAAS.iter().zip(values);
            settings.extend(plain.map(|(path, value)| Setting::plain(path, value)));
        }
        if let Some((production, sandbox)) = &self.merchant_ids {
            for (name, value) in [("production", production), ("sandbox", sandbox)] {
                let path = format!("payment/payment_methods/{name}_merchant_id");
                settings.push(Setting::plain(&path, value).for_website(1));
            }
        }
        settings
    }
}

/// How an instance differs from the usual one. `InstanceOptions::default()` is a production-mode 2.4.8
/// with services-id 3.3.1, nothing configured, no cost, and a `php` wrapper that counts.
#[derive(Clone, Debug)]
pub struct InstanceOptions {
    /// Name of the application root's folder: may hold spaces and quotes.
    pub root_name: String,
    /// Generation of the connector's modules.
    pub shape: Shape,
    /// Whether the connector is there and on.
    pub module: ModuleState,
    /// Another application version than the shape's usual one.
    pub magento_version: Option<String>,
    /// `Community` or `Enterprise`.
    pub edition: String,
    /// Prefix of all tables.
    pub table_prefix: String,
    /// Crypt keys, oldest first: 32 characters, or `base64` followed by 32 bytes in base64.
    pub crypt_keys: Vec<String>,
    /// When the application was installed, as env.php says it; empty for none.
    pub install_date: String,
    /// Base URL, stored as rows; empty for none.
    pub base_url: String,
    /// Rows to begin with, before those of `by_hand`.
    pub settings: Vec<Setting>,
    /// Values of an instance connected by hand.
    pub by_hand: HandConnected,
    /// Path and value as they stand in `app/etc/env.php` under `system/default`: each locks its path.
    pub env_values: Vec<(String, String)>,
    /// Path and value as they stand in `app/etc/config.php` under `system/default`.
    pub config_values: Vec<(String, String)>,
    /// Variables that the wrapped `php` gets (`CONFIG__DEFAULT__...`, `MAGENTO_CLOUD_PROJECT`, ...).
    pub variables: Vec<(String, String)>,
    /// Does the application honour `CONFIG__` variables? All since 2.4.4 do.
    pub honours_variables: bool,
    /// Spend the CPU time of a real instance (docs/facts.md, Costs).
    pub cost: bool,
    /// Print text, a notice and a deprecation while booting, with `display_errors` on.
    pub noise: bool,
    /// Developer mode: warnings on standard output.
    pub developer_mode: bool,
    /// `app/bootstrap.php` throws.
    pub bootstrap_throws: bool,
    /// Composer's platform check finds this PHP too old for the application.
    pub platform_refused: bool,
    /// `app/bootstrap.php` prints a sentence and ends the process.
    pub bootstrap_exits: bool,
    /// The cache folder is not writable: what the wrong unix user gets, also when run as root.
    pub cache_unwritable: bool,
    /// `app/etc` was edited and not imported: `config:set` refuses.
    pub pending_import: bool,
    /// The database's schema is older than the code.
    pub schema_behind: bool,
    /// The feeds that `saas:resync` knows; `None` where there is no such command.
    pub feeds: Option<Vec<String>>,
    /// How long each of a feed's five parts takes, milliseconds.
    pub feed_millis: u32,
    /// The feed that fails at its end.
    pub feed_fails: Option<String>,
    /// The anonymous GraphQL field is there.
    pub graphql: bool,
    /// The database named in env.php cannot be reached.
    pub database_down: bool,
    /// Another owner of the files (a user name); needs root.
    pub owner: Option<String>,
    /// Keep a copy of everything that reaches the wrapped `php` on standard input.
    pub record_stdin: bool,
}

impl Default for InstanceOptions {
    fn default() -> Self {
        Self {
            root_name: "app".to_owned(),
            shape: Shape::default(),
            module: ModuleState::default(),
            magento_version: None,
            edition: "Community".to_owned(),
            table_prefix: String::new(),
            crypt_keys: vec!["0123456789abcdef0123456789abcdef".to_owned()],
            install_date: "Mon, 01 Jan 2024 00:00:00 +0000".to_owned(),
            base_url: "https://shop.example.test/".to_owned(),
            settings: Vec::new(),
            by_hand: HandConnected::default(),
            env_values: Vec::new(),
            config_values: Vec::new(),
            variables: Vec::new(),
            honours_variables: true,
            cost: false,
            noise: false,
            developer_mode: false,
            bootstrap_throws: false,
            platform_refused: false,
            bootstrap_exits: false,
            cache_unwritable: false,
            pending_import: false,
            schema_behind: false,
            feeds: Some(
                ["products", "prices", "scopesWebsite"]
                    .map(str::to_owned)
                    .into(),
            ),
            feed_millis: 0,
            feed_fails: None,
            graphql: true,
            database_down: false,
            owner: None,
            record_stdin: false,
        }
    }
}

impl InstanceOptions {
    /// The switches that the application itself reads.
    pub(super) fn switches(&self) -> serde_json::Value {
        let [application, services_id, services_connector] = self.shape.releases();
        let module = match self.module {
            ModuleState::Enabled => "enabled",
            ModuleState::Disabled => "disabled",
            ModuleState::Absent => "absent",
        };
        serde_json::json!({
            "shape": self.shape.name(),
            "module": module,
            "magento_version": self.magento_version.as_deref().unwrap_or(application),
            "services_id_version": services_id,
            "services_connector_version": services_connector,
            "edition": self.edition,
            "variables": self.honours_variables,
            "cost": self.cost,
            "noise": self.noise,
            "developer_mode": self.developer_mode,
            "bootstrap_throws": self.bootstrap_throws,
            "platform_refused": self.platform_refused,
            "bootstrap_exits": self.bootstrap_exits,
            "cache_unwritable": self.cache_unwritable,
            "pending_import": self.pending_import,
            "schema_behind": self.schema_behind,
            "feeds": self.feeds,
            "feed_millis": self.feed_millis,
            "feed_fails": self.feed_fails,
            "graphql": self.graphql,
        })
    }
}
