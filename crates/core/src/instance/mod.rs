//! Instances: one Adobe Commerce installation each, and how to get there.
//!
//! Reading and checking an address happens here; connecting is the transport port's business and
//! what the instance should hold is its assignment.

pub mod adding;
pub mod adopting;
pub mod answering;
pub mod finding;
pub mod importing;
pub mod probing;

use crate::connection::drift::DriftLater;
use crate::id::{AccountId, InstanceId};
use crate::ports::clock::UnixMillis;
use crate::text::{self, TextError};

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Real customers buy here.
    Live,
    /// Will be live; takes either type of data space (G4).
    LiveNotOpenYet,
    /// A copy for trying things.
    Staging,
    /// A developer's copy.
    Development,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [
        Role::Live,
        Role::LiveNotOpenYet,
        Role::Staging,
        Role::Development,
    ];

    /// The word on the command line and in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Live => "live",
            Role::LiveNotOpenYet => "live-not-open-yet",
            Role::Staging => "staging",
            Role::Development => "development",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether it is a copy, not a shop.
    pub fn is_copy(self) -> bool {
        matches!(self, Role::Staging | Role::Development)
    }
}

/// An instance the user added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Random id.
    pub id: InstanceId,
    /// What people call it; unique in one data directory.
    pub name: String,
    /// The account it belongs to.
    pub account: AccountId,
    /// What it is for.
    pub role: Role,
    /// How to get there.
    pub way: Way,
    /// Its storefront address, where known: `https://shop.example/`.
    pub url: Option<String>,
    /// Free words to filter by.
    pub tags: Vec<String>,
    /// Who it was when it was added (P12); `None` until the first look.
    pub pin: Option<Pin>,
    /// What the user answered and confirmed about it.
    pub answers: Answers,
    /// When it was added.
    pub created_at: UnixMillis,
}

impl Instance {
    /// Whether the user says that it is live: by its role, or by answering G12's question. A shop
    /// that only looks live is for the guards and the state machine to treat.
    pub fn is_live(&self) -> bool {
        self.role == Role::Live || self.answers.is_live == Some(true)
    }

    /// Whether the user says that it is a copy, and did not answer that it is live.
    pub fn is_copy(&self) -> bool {
        self.role.is_copy() && self.answers.is_live != Some(true)
    }

    /// Whether this entry and another have the same storefront address.
    pub fn has_address_of(&self, other: &Instance) -> bool {
        let address = |one: &Instance| {
            let url = one.url.as_deref()?;
            Some(url.trim_end_matches('/').to_ascii_lowercase())
        };
        address(self).is_some() && address(self) == address(other)
    }

    /// Whether the user answered that this and another instance are one (P12); it is the same
    /// whichever of the two was asked.
    pub fn is_same_as(&self, other: &Instance) -> bool {
        self.answers.same_as.contains(&other.id) || other.answers.same_as.contains(&self.id)
    }

    /// Whether the user answered about this and another instance at all (P12).
    pub fn is_answered_about(&self, other: &Instance) -> bool {
        self.is_same_as(other)
            || self.answers.copy_of.contains(&other.id)
            || other.answers.copy_of.contains(&self.id)
    }
}

/// How to get to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over the user's own ssh.
    Ssh(SshWay),
    /// An address only; never written to, never more than `unverified`.
    WatchOnly,
}

/// What the user's ssh and the shell at the far end need to know. Checked by
/// [`SshWay::checked`]; nothing in here is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshWay {
    /// A host alias or `user@host`, as ssh takes it.
    pub target: String,
    /// Overrides the port of the ssh config.
    pub port: Option<u16>,
    /// A private key file of the user's for ssh itself; a local path.
    pub identity_file: Option<String>,
    /// The application root on the far side; an absolute path.
    pub root: String,
    /// The php program on the far side; `php` where `None`.
    pub php: Option<String>,
    /// Run as this user through `sudo -n -u USER`.
    pub run_as: Option<String>,
    /// Run in this container through `docker exec -i NAME`.
    pub container: Option<String>,
}

/// Who an instance is: HMACs under the data directory's key (P12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Of database host, name, table prefix and install date (and Cloud project and branch).
    pub identity: String,
    /// Of the database server: `@@hostname`, `@@port`, `@@datadir`.
    pub server: String,
    /// The base URL in effect, cleaned for showing.
    pub base_url: String,
}

/// What the user answered once and need not be asked again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// G12: it looks live but is labelled otherwise; the user said what it is.
    pub is_live: Option<bool>,
    /// P12: instances with the same identity that the user called the same one.
    pub same_as: Vec<InstanceId>,
    /// P12: instances with the same identity that the user called copies.
    pub copy_of: Vec<InstanceId>,
    /// *Remind me later* about one very difference from the assignment.
    pub drift_later: Option<DriftLater>,
    /// G4 and G11 confirmations given once, as guard id and what it was given for.
    pub confirmed: Vec<String>,
}

impl SshWay {
    /// Checks every part against what may follow `--` on an ssh command line.
    ///
    /// # Errors
    /// Names the part that was refused. A target never begins with `-` and holds no white space,
    /// quotes or shell characters; paths are absolute (the identity file may begin with `~/`).
    pub fn checked(self) -> Result<Self, TextError> {
        if !is_target(&self.target) {
            return Err(TextError::Shape {
                what: "the SSH target",
                why: "a host or user@host of letters, digits, dots, - and _, not beginning with -",
            });
        }
        if self.port == Some(0) {
            return Err(TextError::Shape {
                what: "the port",
                why: "1 to 65535",
            });
        }
        check_path("the application root", &self.root, &["/"])?;
        if let Some(file) = &self.identity_file {
            check_path("the identity file", file, &["/", "~/"])?;
        }
        if let Some(php) = &self.php {
            check_word("the PHP program", php, "/._-+")?;
        }
        if let Some(user) = &self.run_as {
            check_word("the user to run as", user, "._-")?;
        }
        if let Some(container) = &self.container {
            check_word("the container", container, "._-")?;
        }
        Ok(self)
    }
}

/// Whether `text` may be given to ssh as a target: `[user@]host`, the user part with the
/// characters Cloud addresses use, the host a name, an alias, an IPv4 or a bare IPv6 address.
pub fn is_target(text: &str) -> bool {
    let (user, host) = text
        .rsplit_once('@')
        .map_or((None, text), |(user, host)| (Some(user), host));
    let word = |word: &str, more: &str| {
        !word.is_empty()
            && word.len() <= 255
            && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':')
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    word(host, "._-:") && user.is_none_or(|user| word(user, "._-+"))
}

/// The Commerce Cloud project behind a target, where it is one of Cloud's addresses
/// (docs/facts.md, SSH): `<project>-<branch>-<hash>--<app>@ssh.<region>.magento.cloud` or
/// `<node>.ent-<project>-<branch>-<user>@ssh.<region>.magento.com`.
pub fn cloud_project(target: &str) -> Option<&str> {
    let (user, host) = target.rsplit_once('@')?;
    let cloud = [".magento.cloud", ".magento.com"];
    if !host.starts_with("ssh.") || !cloud.iter().any(|end| host.ends_with(end)) {
        return None;
    }
    let user = user.split_once(".ent-").map_or(user, |(_, rest)| rest);
    let project = user.split('-').next()?;
    (!project.is_empty()).then_some(project)
}

fn check_path(what: &'static str, path: &str, starts: &[&str]) -> Result<(), TextError> {
    if !starts.iter().any(|start| path.starts_with(start)) {
        return Err(TextError::Shape {
            what,
            why: "an absolute path, beginning with /",
        });
    }
    if path.len() > 1024 {
        return Err(TextError::TooLong { what, max: 1024 });
    }
    if !path.chars().all(text::is_plain) {
        return Err(TextError::Unprintable { what });
    }
    Ok(())
}

fn check_word(what: &'static str, word: &str, more: &str) -> Result<(), TextError> {
    let fine = !word.is_empty()
        && word.len() <= 255
        && !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    fine.then_some(()).ok_or(TextError::Shape {
        what,
        why: "letters, digits and . _ - only, not beginning with -",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn way(target: &str) -> SshWay {
        SshWay {
            target: target.into(),
            port: None,
            identity_file: None,
            root: "/var/www/it's a shop".into(),
            php: None,
            run_as: None,
            container: None,
        }
    }

    #[test]
    fn usual_targets_pass_and_options_do_not() {
        for fine in [
            "shop",
            "deploy@shop.example",
            "1.ent-abc-production-xyz@ssh.eu-4.magento.cloud",
            "root@127.0.0.1",
            "u@::1",
        ] {
            assert!(way(fine).checked().is_ok(), "{fine} is an ordinary target");
        }
        for bad in [
            "-oProxyCommand=x",
            "a b",
            "u@-x",
            "$(id)",
            "a;b",
            "",
            "@host",
            "u@",
            "a'b",
            "x\ny",
        ] {
            assert!(way(bad).checked().is_err(), "{bad:?} must not reach ssh");
        }
    }

    #[test]
    fn the_project_is_read_from_clouds_own_addresses_only() {
        for (target, project) in [
            (
                "abc123-staging-7rqtwti--mymagento@ssh.eu-4.magento.cloud",
                Some("abc123"),
            ),
            (
                "1.ent-abc123-production-xyz@ssh.eu-4.magento.cloud",
                Some("abc123"),
            ),
            (
                "2.ent-abc123-staging-xyz@ssh.us-3.magento.com",
                Some("abc123"),
            ),
            ("deploy@shop.example", None),
            ("x@ssh.magento.cloud.evil.example", None),
            ("shop", None),
        ] {
            assert_eq!(cloud_project(target), project, "{target}");
        }
    }

    #[test]
    fn roots_may_hold_spaces_and_quotes_but_are_absolute() {
        assert!(way("shop").checked().is_ok());
        let relative = SshWay {
            root: "var/www".into(),
            ..way("shop")
        };
        assert!(relative.checked().is_err());
    }

    proptest! {
        #[test]
        fn no_target_that_passes_could_be_an_option_or_shell_text(text in ".{0,40}") {
            if is_target(&text) {
                prop_assert!(!text.starts_with('-'));
                prop_assert!(!text.contains(|c: char| c.is_whitespace() || "'\"`$;|&<>()\\*?~#!".contains(c)));
            }
        }
    }
}
