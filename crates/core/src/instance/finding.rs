//! Finding what is to be added on a server: where it is, with which PHP, and who owns it.
//!
//! Everything found is looked at before it is suggested, so that a person chooses between shops and
//! not between folders. Nothing is kept of it. Not here: the search itself (the transport).

use super::SshWay;
use super::probing::Probed;
use crate::error::{Error, Result};
use crate::patchbay::Patchbay;
use crate::ports::transport::{FoundPhp, FoundRoot, Survey, TransportError};

/// How many of the found ones are looked at.
const LOOKED_AT: usize = 12;

/// One place where an instance was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// How to get there: root, and PHP and user where they have to be named.
    pub way: SshWay,
    /// Who owns its files.
    pub owner: String,
    /// The version of the PHP that was taken; empty where none was found.
    pub php: String,
    /// What a look at it showed, or why there was none.
    pub looked: std::result::Result<Probed, TransportError>,
}

impl Patchbay {
    /// Searches a server for instances and looks at each. An empty root searches the usual places,
    /// any other that folder and those beneath it. A PHP or user that is named is used as it is.
    ///
    /// # Errors
    /// Bad input, the server was not reached, records. Finding nothing is no error.
    pub async fn find(&self, mut way: SshWay) -> Result<Vec<Found>> {
        if way.root.trim().is_empty() {
            way.root = "/".to_owned();
        }
        let way = way.checked()?;
        let survey = self
            .ports
            .transport
            .survey(&way, &self.new_nonce()?)
            .await?;
        let mut found = Vec::new();
        for root in survey.roots.iter().take(LOOKED_AT) {
            let Some((there, php)) = way_to(&way, root, &survey) else {
                continue;
            };
            let (there, looked) = self.looked_at(there, &way).await?;
            found.push(Found {
                way: there,
                owner: root.owner.clone(),
                php,
                looked,
            });
        }
        Ok(found)
    }

    /// The one instance that is found there.
    ///
    /// # Errors
    /// As [`Patchbay::find`]; none or several found, which are named.
    pub async fn find_one(&self, way: SshWay) -> Result<Found> {
        let target = way.target.clone();
        let mut found = self.find(way).await?;
        if found.len() > 1 {
            let roots: Vec<&str> = found.iter().map(|one| one.way.root.as_str()).collect();
            let list = roots.join(", ");
            return Err(Error::refused(
                "severalFound",
                format!("There are several instances on {target}: {list}."),
                "Name the one that is meant with --root.",
            )
            .with("target", &target)
            .with("roots", &list));
        }
        found.pop().ok_or_else(|| {
            Error::refused(
                "noneFound",
                format!("No instance was found in the usual places on {target}."),
                "Give its root (the folder that holds bin/magento and app/etc), or a folder above it.",
            )
            .with("target", &target)
        })
    }

    /// Looks with the owner's name where that is somebody else; where that is not allowed, as who is
    /// signed in.
    async fn looked_at(
        &self,
        there: SshWay,
        asked: &SshWay,
    ) -> Result<(SshWay, std::result::Result<Probed, TransportError>)> {
        let first = self.seen_by(&there).await?;
        if first.is_ok() || there.run_as == asked.run_as {
            return Ok((there, first));
        }
        let plain = SshWay {
            run_as: asked.run_as.clone(),
            ..there.clone()
        };
        let second = self.seen_by(&plain).await?;
        Ok(if second.is_ok() {
            (plain, second)
        } else {
            (there, first)
        })
    }

    async fn seen_by(&self, way: &SshWay) -> Result<std::result::Result<Probed, TransportError>> {
        match self.probe(way.clone()).await {
            Ok(probed) => Ok(Ok(probed)),
            Err(Error::Transport(error)) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }
}

/// The way to a found root, and the version of the PHP on it; `None` where its name cannot be one.
fn way_to(asked: &SshWay, root: &FoundRoot, survey: &Survey) -> Option<(SshWay, String)> {
    let php = suitable(&survey.php);
    let named = php.filter(|php| php.program != "php");
    let other = root.owner != survey.user && !root.owner.is_empty() && !survey.user.is_empty();
    let owner = Some(root.owner.clone()).filter(|_| other && asked.container.is_none());
    let way = SshWay {
        root: root.path.clone(),
        php: asked
            .php
            .clone()
            .or_else(|| named.map(|php| php.program.clone())),
        run_as: asked.run_as.clone().or(owner),
        ..asked.clone()
    };
    let version = php.map(|php| php.version.clone()).unwrap_or_default();
    Some((way.checked().ok()?, version))
}

/// The server's own `php` where Commerce runs on it, else the newest that it runs on
/// (docs/facts.md, versions in the field).
fn suitable(all: &[FoundPhp]) -> Option<&FoundPhp> {
    let number = |php: &FoundPhp| {
        let mut parts = php.version.split('.').map(|part| part.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??))
    };
    let fits = |php: &&FoundPhp| number(php).is_some_and(|n| ((8, 1)..=(8, 4)).contains(&n));
    let own = all.iter().find(|php| php.program == "php").filter(fits);
    own.or_else(|| all.iter().filter(fits).max_by_key(|php| number(php)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn php(program: &str, version: &str) -> FoundPhp {
        FoundPhp {
            program: program.into(),
            version: version.into(),
        }
    }

    #[test]
    fn the_servers_own_php_goes_first_where_it_fits() {
        let own = [php("php", "8.2.29"), php("php8.4", "8.4.1")];
        assert_eq!(suitable(&own).unwrap().program, "php");
        let old = [
            php("php", "7.4.33"),
            php("php8.1", "8.1.2"),
            php("php8.3", "8.3.9"),
            php("php8.5", "8.5.0"),
        ];
        assert_eq!(suitable(&old).unwrap().program, "php8.3");
        assert_eq!(suitable(&[php("php", "x"), php("php7", "7.0.1")]), None);
    }
}
