//! One instance: an application root, its database and its `php`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::database::{Connection, Database};
use super::encryptor::Encryptor;
use super::options::{InstanceOptions, Setting};
use super::processes::{self, Server};
use super::sshd::SshTarget;
use super::wrapper::Wrapper;
use super::{GroundError, Result, php_file, programs};

/// Where an instance is to be put.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) database: String,
    pub(super) ssh: SshTarget,
}

/// What a program answered. Never printed by the ground itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// One row of `core_config_data`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ConfigRow {
    /// The table's own key.
    pub config_id: u64,
    /// `default`, `websites` or `stores`.
    pub scope: String,
    /// Id within the scope.
    pub scope_id: u32,
    /// The configuration path.
    pub path: String,
    /// The raw value, encrypted values as they are stored.
    pub value: Option<String>,
    /// When the row was last changed, to the second, UTC.
    pub updated_at: String,
}

/// A stand-in for a Commerce application, ready to be reached over SSH. Lives as long as its ground.
#[derive(Debug)]
pub struct Instance {
    /// The application root.
    pub root: PathBuf,
    /// Where to log in.
    pub ssh: SshTarget,
    /// Name of its database, and of that database's user.
    pub database: String,
    options: InstanceOptions,
    wrapper: Wrapper,
    connection: Connection,
}

/// An instance's pages, served by `php -S` until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Base URL with a closing slash; the endpoint is `graphql` under it.
    pub url: String,
    _server: Server,
}

impl Instance {
    pub(super) async fn create(
        place: Place,
        database: &Database,
        options: InstanceOptions,
    ) -> Result<Self> {
        let root = place.folder.join(&options.root_name);
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/commerce");
        copy_tree(&fixture, &root)
            .map_err(|error| GroundError::because("copying the application", error))?;
        let wrapper = Wrapper::write(&place.folder, &options)?;
        let instance = Self {
            root,
            ssh: place.ssh,
            database: place.database,
            connection: database.connection(),
            wrapper,
            options,
        };
        instance.write_files()?;
        instance.make_tables().await?;
        instance.insert(&instance.first_settings()).await?;
        instance.hand_over().await?;
        Ok(instance)
    }

    /// A `php` to be called instead of the system's: counts its starts and has the instance's variables.
    #[must_use]
    pub fn php(&self) -> &Path {
        &self.wrapper.program
    }

    /// How often [`Self::php`] was started.
    #[must_use]
    pub fn php_starts(&self) -> usize {
        self.php_pids().len()
    }

    /// The process ids of every `php` that [`Self::php`] started, oldest first, also of those that ended.
    #[must_use]
    pub fn php_pids(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(&self.wrapper.starts).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Everything that reached [`Self::php`] on standard input, if it is recorded.
    #[must_use]
    pub fn recorded_stdin(&self) -> Vec<u8> {
        std::fs::read(&self.wrapper.stdin).unwrap_or_default()
    }

    /// The encryptor with this instance's crypt keys.
    #[must_use]
    pub fn encryptor(&self) -> Encryptor {
        Encryptor::new(&self.options.crypt_keys)
    }

    /// Opens a stored value with this instance's crypt keys.
    ///
    /// # Errors
    /// When it is not encrypted or not with these keys.
    pub fn decrypt(&self, stored: &str) -> Result<String> {
        self.encryptor().decrypt(stored)
    }

    /// All rows of `core_config_data`, in the order of their keys.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows(&self) -> Result<Vec<ConfigRow>> {
        let fields = [
            "config_id",
            "scope",
            "scope_id",
            "path",
            "value",
            "updated_at",
        ];
        let pairs: Vec<_> = fields
            .iter()
            .map(|field| format!("'{field}', {field}"))
            .collect();
        let table = self.table("core_config_data");
        let query = format!(
            "SELECT JSON_OBJECT({}) FROM {table} ORDER BY config_id",
            pairs.join(", ")
        );
        let lines = self.sql(&query).await?;
        lines
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .map_err(|error| GroundError::because("reading a row", error))
            })
            .collect()
    }

    /// The raw value of a path in the default scope: none when there is no row or it holds NULL.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn row(&self, path: &str) -> Result<Option<String>> {
        let rows = self.rows().await?;
        let row = rows
            .into_iter()
            .find(|row| row.scope == "default" && row.path == path);
        Ok(row.and_then(|row| row.value))
    }

    /// Runs statements in the instance's database, past the application and its caches.
    ///
    /// # Errors
    /// When the database refuses; its message is in the text.
    pub async fn sql(&self, statements: &str) -> Result<String> {
        self.connection.run(Some(&self.database), statements).await
    }

    /// The name of a table with the instance's prefix.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        format!("{}{name}", self.options.table_prefix)
    }

    /// Writes rows as they are, past the application. An existing row of the same path is replaced.
    ///
    /// # Errors
    /// When the database refuses or a value cannot be encrypted.
    pub async fn insert(&self, settings: &[Setting]) -> Result<()> {
        if settings.is_empty() {
            return Ok(());
        }
        let mut statements = String::new();
        for setting in settings {
            let value = match &setting.value {
                Some(value) if setting.encrypted => literal(&self.encryptor().encrypt(value)?),
                Some(value) => literal(value),
                None => "NULL".to_owned(),
            };
            statements += &format!(
                "REPLACE INTO {} (scope, scope_id, path, value) VALUES ({}, {}, {}, {value});\n",
                self.table("core_config_data"),
                literal(&setting.scope),
                setting.scope_id,
                literal(&setting.path),
            );
        }
        self.sql(&statements).await.map(drop)
    }

    /// Dates all rows back to 2024, so that any later write shows in `updated_at` without waiting.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn age_rows(&self) -> Result<()> {
        let table = self.table("core_config_data");
        let statement = format!("UPDATE {table} SET updated_at = '2024-01-01 00:00:00'");
        self.sql(&statement).await.map(drop)
    }

    /// Changes how the instance is from now on: its switches, its `app/etc` files and its variables.
    /// Rows, the root's name and the owner stay as they are.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn change(&mut self, change: impl FnOnce(&mut InstanceOptions)) -> Result<()> {
        change(&mut self.options);
        let folder = self.wrapper.program.parent().unwrap_or(Path::new("/"));
        self.wrapper = Wrapper::write(folder, &self.options)?;
        self.write_files()
    }

    /// Holds the next run that comes to a step of `Ground\Held` there, until [`Self::let_on`].
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn hold(&self, step: &str) -> Result<()> {
        let folder = self.root.join("var");
        let because = |error| GroundError::because("asking a run to stop", error);
        std::fs::create_dir_all(&folder).map_err(because)?;
        // Renamed into its place: a run must never read half of the name.
        std::fs::write(folder.join("hold.new"), step).map_err(because)?;
        std::fs::rename(folder.join("hold.new"), folder.join("hold")).map_err(because)
    }

    /// Whether a run stands at that step now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.root.join("var/held").is_file()
    }

    /// Lets the run go on, and holds no later one. Says whether one was held.
    pub fn let_on(&self) -> bool {
        let _ = std::fs::remove_file(self.root.join("var/hold"));
        std::fs::remove_file(self.root.join("var/held")).is_ok()
    }

    /// Removes the cached config, as `cache:clean config` would.
    pub fn clean_cache(&self) {
        let _ = std::fs::remove_dir_all(self.root.join("var/cache"));
    }

    /// Runs `bin/magento` locally with the wrapped `php`.
    ///
    /// # Errors
    /// When it cannot be started; a failing command is an answer.
    pub async fn magento(&self, arguments: &[&str]) -> Result<Outcome> {
        let mut command = tokio::process::Command::new(self.php());
        command.arg(self.root.join("bin/magento")).args(arguments);
        command.current_dir(&self.root);
        processes::run(command, &[]).await
    }

    /// Runs PHP statements locally in a booted application, with `$om` as the object manager.
    ///
    /// # Errors
    /// When `php` cannot be started; a failing program is an answer.
    pub async fn run_php(&self, flags: &[&str], statements: &str) -> Result<Outcome> {
        let mut command = tokio::process::Command::new(self.php());
        command.args(flags).current_dir(&self.root);
        let program = format!(
            "<?php require 'app/bootstrap.php';\n\
             $om = \\Magento\\Framework\\App\\Bootstrap::create(BP, $_SERVER)->getObjectManager();\n{statements}\n"
        );
        processes::run(command, program.as_bytes()).await
    }

    /// Starts a web server on the instance's pages.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn serve(&self) -> Result<Served> {
        let port = processes::free_port()?;
        let mut command = Command::new(self.php());
        command.arg("-S").arg(format!("127.0.0.1:{port}"));
        command.arg(self.root.join("pub/graphql.php"));
        let log = self.wrapper.program.with_file_name("web.log");
        let server = Server::start(&command, &log, None)?;
        processes::wait_until("php -S", &log, async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
        })
        .await?;
        Ok(Served {
            url: format!("http://127.0.0.1:{port}/"),
            _server: server,
        })
    }

    fn first_settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        if !self.options.base_url.is_empty() {
            for path in ["web/unsecure/base_url", "web/secure/base_url"] {
                settings.push(Setting::plain(path, &self.options.base_url));
            }
        }
        settings.extend(self.options.settings.iter().cloned());
        settings.extend(self.options.by_hand.settings());
        settings
    }

    fn write_files(&self) -> Result<()> {
        let port = self.connection.port;
        let files = [
            (
                "env.php",
                php_file::env(&self.options, &self.database, port),
            ),
            ("config.php", php_file::config(&self.options)),
            ("ground.json", self.options.switches().to_string()),
        ];
        for (name, text) in files {
            let file = self.root.join("app/etc").join(name);
            std::fs::write(file, text)
                .map_err(|error| GroundError::because(&format!("writing {name}"), error))?;
        }
        Ok(())
    }

    /// The columns and keys of the real table (docs/facts.md, At rest and reading back).
    async fn make_tables(&self) -> Result<()> {
        let (name, password) = (&self.database, php_file::PASSWORD);
        let table = self.table("core_config_data");
        let statements = format!(
            "CREATE DATABASE {name} DEFAULT CHARACTER SET utf8mb4;
             GRANT ALL ON {name}.* TO '{name}'@'%' IDENTIFIED BY '{password}';
             USE {name};
             CREATE TABLE {table} (
                config_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
                scope varchar(8) NOT NULL DEFAULT 'default',
                scope_id int NOT NULL DEFAULT 0,
                path varchar(255) NOT NULL DEFAULT 'general',
                value text NULL,
                updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
                UNIQUE KEY CORE_CONFIG_DATA_SCOPE_SCOPE_ID_PATH (scope, scope_id, path)
             ) ENGINE=InnoDB;"
        );
        self.connection.run(None, &statements).await.map(drop)
    }

    async fn hand_over(&self) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let Some(owner) = &self.options.owner else {
            return Ok(());
        };
        // The other user has to get through the ground's private folder to the files that are theirs.
        for folder in self.root.ancestors().skip(1).take(2) {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).map_err(
                |error| GroundError::because("opening the way for another owner", error),
            )?;
        }
        let mut chown = tokio::process::Command::new(programs::require("chown")?);
        chown.arg("-R").arg(owner).arg("--").arg(&self.root);
        processes::must(chown, &[]).await.map(drop)
    }
}

/// `text` as a string of SQL, whatever it holds.
fn literal(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("CONVERT(x'{hex}' USING utf8mb4)")
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
