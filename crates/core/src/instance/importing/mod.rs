//! Many instances from a list: an ssh configuration or a table.
//!
//! First a preview, for which nothing is connected to and nothing is run; then, for the rows that
//! were chosen, a look at each, so that one that is here already under another name is told by its
//! identity (P12) and not added twice. Not here: reading files, and asking people.

pub mod csv;
pub mod ssh_config;

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::instance::adding::NewInstance;
use crate::instance::{Instance, Role, SshWay, Way};
use crate::patchbay::Patchbay;
use crate::ports::transport::TransportError;
use crate::push::many;
use crate::text::{self, TextError};

/// What a row does not say itself.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The account's label.
    pub account: Option<String>,
    /// What the instances are for.
    pub role: Option<Role>,
    /// The application root.
    pub root: Option<String>,
}

/// One row as it was understood; nothing is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in the list, counted from 1.
    pub line: usize,
    /// What to call it; cleaned for showing, and refused later where it cannot be a name.
    pub name: String,
    /// The account's label.
    pub account: Option<String>,
    /// What it is for, as it is written.
    pub role: Option<String>,
    /// How to get there; `None` where only an address is known.
    pub ssh: Option<SshWay>,
    /// What is wrong with the way in as it is written.
    pub broken: Option<TextError>,
    /// Its storefront address.
    pub url: Option<String>,
    /// Words to filter by.
    pub tags: Vec<String>,
    /// Settings that were not taken over.
    pub left_out: Vec<String>,
}

/// What would become of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prospect {
    /// It would be added.
    New,
    /// It is here already, or stands twice in the list: under this name.
    Known(String),
    /// It cannot be added as it is.
    Refused(Error),
}

/// A row and what would become of it.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The row.
    pub row: Row,
    /// The same, ready to be added; only with [`Prospect::New`].
    pub instance: Option<Instance>,
    /// What would become of it.
    pub prospect: Prospect,
}

/// What became of a row that was chosen.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Where it stands in the list.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a row.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Added; why it was not reached, where it was not.
    Added(Option<TransportError>),
    /// What answers there is this instance already; not added.
    Same(String),
    /// Not added.
    Refused(Error),
}

/// Rows out of the hosts of an ssh configuration. Where it is the `users_own`, the alias is the
/// target and ssh finds the rest; of any other file only name, user and port are taken, and nothing
/// that it would run or go through.
pub fn from_ssh_config(
    found: &ssh_config::Found,
    users_own: bool,
    defaults: &Defaults,
) -> Vec<Row> {
    let rows = found.hosts.iter().zip(1..);
    rows.map(|(host, line)| {
        let target = match (users_own, &host.user) {
            (true, _) => host.alias.clone(),
            (false, user) => {
                let name = host.host_name.as_ref().unwrap_or(&host.alias);
                user.as_ref()
                    .map_or_else(|| name.clone(), |user| format!("{user}@{name}"))
            }
        };
        let way = SshWay {
            target,
            port: host.port.filter(|_| !users_own),
            identity_file: host.identity_file.clone().filter(|_| !users_own),
            root: defaults.root.clone().unwrap_or_default(),
            php: None,
            run_as: None,
            container: None,
        };
        let left_out = if users_own {
            Vec::new()
        } else {
            host.left_out.iter().cloned().collect()
        };
        Row {
            line,
            name: host.alias.clone(),
            account: None,
            role: None,
            ssh: Some(way),
            broken: None,
            url: None,
            tags: Vec::new(),
            left_out,
        }
    })
    .collect()
}

/// Rows out of a table.
pub fn from_csv(rows: &[csv::Row], defaults: &Defaults) -> Vec<Row> {
    rows.iter()
        .map(|row| {
            let get = |column: &str| row.fields.get(column).cloned();
            let port = get("port");
            let number = port.as_ref().map(|text| text.parse::<u16>());
            let broken = matches!(number, Some(Err(_))).then_some(TextError::Shape {
                what: "the port",
                why: "1 to 65535",
            });
            let ssh = get("ssh").map(|target| SshWay {
                target,
                port: number.and_then(std::result::Result::ok),
                identity_file: get("identity-file"),
                root: get("root")
                    .or_else(|| defaults.root.clone())
                    .unwrap_or_default(),
                php: get("php"),
                run_as: get("run-as"),
                container: get("container"),
            });
            Row {
                line: row.line,
                name: text::outside(&get("name").unwrap_or_default(), 2 * text::NAME_MAX),
                account: get("account"),
                role: get("role"),
                ssh,
                broken,
                url: get("url"),
                tags: get("tags")
                    .map(|tags| {
                        tags.split([';', '|'])
                            .map(|tag| tag.trim().to_owned())
                            .collect()
                    })
                    .unwrap_or_default(),
                left_out: Vec::new(),
            }
        })
        .collect()
}

impl Patchbay {
    /// What would become of each row. Nothing is connected to, run or kept.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn preview_import(
        &self,
        rows: Vec<Row>,
        defaults: &Defaults,
    ) -> Result<Vec<Previewed>> {
        let known = self.instances().await?;
        let mut previewed: Vec<Previewed> = Vec::new();
        let mut names: HashSet<String> = known.iter().map(|one| one.name.clone()).collect();
        for row in rows {
            let made = self.made_of(&row, defaults).await;
            let (instance, prospect) = match made {
                Err(error) => (None, Prospect::Refused(error)),
                Ok(instance) => {
                    let listed = previewed.iter().filter_map(|one| one.instance.as_ref());
                    let twin = known
                        .iter()
                        .chain(listed)
                        .find(|one| same_place(one, &instance));
                    match twin {
                        Some(twin) => (None, Prospect::Known(twin.name.clone())),
                        None if !names.insert(instance.name.clone()) => {
                            let taken =
                                Error::Records(crate::ports::records::RecordsError::NameTaken {
                                    what: "an instance",
                                    name: instance.name.clone(),
                                });
                            (None, Prospect::Refused(taken))
                        }
                        None => (Some(instance), Prospect::New),
                    }
                }
            };
            previewed.push(Previewed {
                row,
                instance,
                prospect,
            });
        }
        Ok(previewed)
    }

    async fn made_of(&self, row: &Row, defaults: &Defaults) -> Result<Instance> {
        if let Some(broken) = &row.broken {
            return Err(broken.clone().into());
        }
        let role = match &row.role {
            Some(word) => Some(Role::parse(&word.to_lowercase()).ok_or(TextError::Shape {
                what: "the role",
                why: "live, live-not-open-yet, staging or development",
            })?),
            None => defaults.role,
        };
        let account = row.account.as_deref().or(defaults.account.as_deref());
        let missing = |what| Error::Text(TextError::Empty { what });
        let way = match &row.ssh {
            Some(ssh) if ssh.root.is_empty() => return Err(missing("the application root")),
            Some(ssh) => Way::Ssh(ssh.clone()),
            None => Way::WatchOnly,
        };
        self.instance_of(NewInstance {
            name: &row.name,
            account: account.ok_or_else(|| missing("the account"))?,
            role: role.ok_or_else(|| missing("the role"))?,
            way,
            url: row.url.as_deref(),
            tags: row.tags.clone(),
        })
        .await
    }

    /// Adds the rows that are new, several at once. One that answers as an instance that is here
    /// already is not added; one that cannot be reached now is.
    ///
    /// # Errors
    /// When the records cannot be read. What concerns one row stands beside it.
    pub async fn import(&self, previewed: &[Previewed]) -> Result<Vec<Imported>> {
        let new: Vec<(usize, Instance)> = previewed
            .iter()
            .filter_map(|one| Some((one.row.line, one.instance.clone()?)))
            .collect();
        let instances = new.iter().map(|(_, instance)| instance.clone()).collect();
        let looks = many::at_once(self, instances, |instance| async move {
            match &instance.way {
                Way::Ssh(way) => self.look_at(&instance, way, None).await.map(Some),
                Way::WatchOnly => Ok(None),
            }
        })
        .await?;
        let mut imported = Vec::new();
        for ((line, mut instance), look) in new.into_iter().zip(looks) {
            let name = instance.name.clone();
            let fate = match look {
                Err(error) => Fate::Refused(error),
                Ok(look) => {
                    self.keep_looked_at(&mut instance, look.as_ref(), true)
                        .await?
                }
            };
            imported.push(Imported { line, name, fate });
        }
        Ok(imported)
    }
}

/// Whether two lead to the same place, as far as can be said without going there.
fn same_place(one: &Instance, other: &Instance) -> bool {
    match (&one.way, &other.way) {
        (Way::Ssh(one), Way::Ssh(other)) => {
            (&one.target, one.port, &one.container) == (&other.target, other.port, &other.container)
                && one.root.trim_end_matches('/') == other.root.trim_end_matches('/')
        }
        (Way::WatchOnly, Way::WatchOnly) => one.url == other.url,
        _ => false,
    }
}
