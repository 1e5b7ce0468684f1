//! The words of `instance`.

use clap::{Args, Subcommand, ValueEnum};
use patchbay_core::instance::{SshWay, Way};

use super::RoleWord;
use crate::exit::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// Add an instance and look at it once
    Add(AddArgs),
    /// List the instances as their last check left them
    List,
    /// Change what is kept about an instance
    Edit(EditArgs),
    /// Remove an instance from this computer; nothing changes on the server
    Remove {
        /// The instance
        name: String,
    },
    /// Make what a connected instance holds its assignment
    Adopt {
        /// The instance
        name: String,
        /// Also take its private keys into this computer's keychain
        #[arg(long)]
        with_private_key: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Say that what answers there now is this instance
    Repin {
        /// The instance
        name: String,
        /// Its name once more
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
    /// Answer a question about an instance
    Answer {
        /// The instance
        name: String,
        /// The answer
        answer: Answer,
    },
    /// Add many from a list; without --yes only a preview, for which nothing is connected to or run
    Import(ImportArgs),
}

#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("list").required(true).args(["ssh_config", "csv"])))]
pub(crate) struct ImportArgs {
    /// The hosts of an SSH configuration; your own one's aliases stay aliases
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_config: Option<String>,
    /// A table with the columns name, account, role, ssh, root, php, port, identity-file, run-as,
    /// container, url, tags
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<String>,
    /// The account of rows that name none
    #[arg(long, value_name = "LABEL")]
    pub(crate) account: Option<String>,
    /// The role of rows that name none
    #[arg(long)]
    pub(crate) role: Option<RoleWord>,
    /// The application root of rows that name none
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    pub(crate) root: Option<String>,
    /// Only this row, by its name; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Add the new ones
    #[arg(long)]
    pub(crate) yes: bool,
}

/// An answer about an instance.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Answer {
    /// It is a live shop
    Live,
    /// It is not a live shop
    NotLive,
    /// The other entry with its identity is the same instance
    Same,
    /// The other entry with its identity is a copy
    Copy,
}

/// The way over ssh.
#[derive(Args, Debug, Default)]
pub(crate) struct SshArgs {
    /// The SSH target: a host alias or user@host
    #[arg(long, value_name = "TARGET", allow_hyphen_values = true)]
    pub(crate) ssh: Option<String>,
    /// The application root on the server; looked for where it is left out
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    pub(crate) root: Option<String>,
    /// The PHP program on the server
    #[arg(long, value_name = "BIN", allow_hyphen_values = true)]
    pub(crate) php: Option<String>,
    /// The SSH port
    #[arg(long, value_name = "P")]
    pub(crate) port: Option<u16>,
    /// A key file of yours for SSH itself
    #[arg(long, value_name = "F", allow_hyphen_values = true)]
    pub(crate) identity_file: Option<String>,
    /// Run as this user (sudo -n)
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    pub(crate) run_as: Option<String>,
    /// Run in this container (docker exec)
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub(crate) container: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// What to call it; suggested by what is found where it is left out
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The account's label
    #[arg(long)]
    pub(crate) account: String,
    /// What it is for; suggested by what is found where it is left out
    #[arg(long)]
    pub(crate) role: Option<RoleWord>,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    /// Its storefront address
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Only watch it by its address; never write to it
    #[arg(long, requires = "url", conflicts_with = "ssh")]
    pub(crate) watch_only: bool,
    /// A word to filter by; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tag: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// The instance
    pub(crate) name: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// Another role
    #[arg(long)]
    pub(crate) role: Option<RoleWord>,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    /// Another storefront address
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Only watch it from now on
    #[arg(long, conflicts_with = "ssh")]
    pub(crate) watch_only: bool,
    /// Other words to filter by; replaces those there are
    #[arg(long, value_name = "T")]
    pub(crate) tag: Vec<String>,
}

impl SshArgs {
    /// The way in that an added instance gets.
    pub(crate) fn way(&self, watch_only: bool) -> Result<Way, Failure> {
        if watch_only {
            return Ok(Way::WatchOnly);
        }
        let Some(target) = &self.ssh else {
            return Err(Failure::usage(
                "usage",
                "An instance needs a way in: --ssh, or --url and --watch-only.",
                "Give the SSH target; the application root is looked for where --root is left out.",
            ));
        };
        Ok(Way::Ssh(self.over(SshWay {
            target: target.clone(),
            port: None,
            identity_file: None,
            root: self.root.clone().unwrap_or_default(),
            php: None,
            run_as: None,
            container: None,
        })))
    }

    /// The way in that an instance has after these changes; `None` where nothing of it changes.
    pub(crate) fn changed(&self, now: &Way, watch_only: bool) -> Result<Option<Way>, Failure> {
        if watch_only {
            return Ok(Some(Way::WatchOnly));
        }
        let untouched = self.port.is_none()
            && [
                &self.ssh,
                &self.root,
                &self.php,
                &self.identity_file,
                &self.run_as,
                &self.container,
            ]
            .into_iter()
            .all(Option::is_none);
        if untouched {
            return Ok(None);
        }
        match now {
            Way::Ssh(way) => Ok(Some(Way::Ssh(self.over(way.clone())))),
            Way::WatchOnly => self.way(false).map(Some),
        }
    }

    /// These words over a way; an empty word takes away what may be absent.
    fn over(&self, way: SshWay) -> SshWay {
        let may_go = |given: &Option<String>, now: Option<String>| match given {
            Some(word) if word.is_empty() => None,
            Some(word) => Some(word.clone()),
            None => now,
        };
        SshWay {
            target: self.ssh.clone().unwrap_or(way.target),
            port: self.port.or(way.port),
            identity_file: may_go(&self.identity_file, way.identity_file),
            root: self.root.clone().unwrap_or(way.root),
            php: may_go(&self.php, way.php),
            run_as: may_go(&self.run_as, way.run_as),
            container: may_go(&self.container, way.container),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_keeps_what_it_does_not_name_and_empties_what_is_empty() {
        let given = SshArgs {
            ssh: Some("deploy@shop.test".into()),
            root: Some("/srv/shop".into()),
            php: Some("php8.2".into()),
            ..SshArgs::default()
        };
        let way = given.way(false).unwrap();
        let edit = SshArgs {
            php: Some(String::new()),
            port: Some(2222),
            ..SshArgs::default()
        };
        let Some(Way::Ssh(after)) = edit.changed(&way, false).unwrap() else {
            panic!("it is still reached over ssh");
        };
        assert_eq!(after.php, None);
        assert_eq!(after.port, Some(2222));
        assert_eq!(after.target, "deploy@shop.test");
        assert_eq!(SshArgs::default().changed(&way, false).unwrap(), None);
    }
}
