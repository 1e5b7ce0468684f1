//! Adding, changing and pinning instances.
//!
//! Not here: adopting what an instance holds, which has a room of its own.

use super::importing::Fate;
use super::{Answers, Instance, Pin, Role, SshWay, Way};
use crate::error::{Error, Result};
use crate::journal::filter::DONE;
use crate::journal::{Action, JournalEvent, Phase};
use crate::look::Look;
use crate::patchbay::Patchbay;
use crate::ports::transport::{HostKey, TransportError};
use crate::text::{self, TextError};

pub use super::adopting::Adopted;

/// An instance to be added.
#[derive(Clone, Debug)]
pub struct NewInstance<'a> {
    /// What to call it.
    pub name: &'a str,
    /// The account's label.
    pub account: &'a str,
    /// What it is for.
    pub role: Role,
    /// How to get there.
    pub way: Way,
    /// Its storefront address; needed for watch-only.
    pub url: Option<&'a str>,
    /// Free words.
    pub tags: Vec<String>,
}

/// What to change of an instance; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct InstanceEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Another way in.
    pub way: Option<Way>,
    /// Another address.
    pub url: Option<String>,
    /// Other tags.
    pub tags: Option<Vec<String>>,
}

/// What came of adding an instance: it is added also when it cannot be reached now.
#[derive(Debug)]
pub struct Added {
    /// The instance, pinned when it was reached.
    pub instance: Instance,
    /// What was seen there, or why nothing.
    pub look: Option<std::result::Result<Look, TransportError>>,
}

impl Patchbay {
    /// Every instance, by name.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn instances(&self) -> Result<Vec<Instance>> {
        Ok(self.ports.records.instances().await?)
    }

    /// Adds an instance and, where there is a way in, looks at it once to pin who it is.
    ///
    /// # Errors
    /// Bad input, a taken name, records, or an instance that is known already under another name
    /// with the same way in. Not being reachable is no error.
    pub async fn add_instance(&self, new: NewInstance<'_>) -> Result<Added> {
        let mut instance = self.instance_of(new).await?;
        let look = match &instance.way {
            Way::Ssh(way) => Some(self.look_at(&instance, way, None).await?),
            Way::WatchOnly => None,
        };
        match self
            .keep_looked_at(&mut instance, look.as_ref(), false)
            .await?
        {
            Fate::Refused(error) => Err(error),
            Fate::Added(_) | Fate::Same(_) => Ok(Added { instance, look }),
        }
    }

    /// The instance as it would be kept, checked; nothing is kept yet.
    pub(super) async fn instance_of(&self, new: NewInstance<'_>) -> Result<Instance> {
        let account = self.account_named(new.account).await?;
        let instance = Instance {
            id: self.new_instance_id()?,
            name: text::name("the name", new.name)?,
            account: account.id,
            role: new.role,
            way: checked_way(new.way)?,
            url: new.url.map(checked_url).transpose()?,
            tags: new
                .tags
                .iter()
                .map(|tag| text::name("the tag", tag))
                .collect::<std::result::Result<_, _>>()?,
            pin: None,
            answers: Answers::default(),
            created_at: self.ports.clock.now(),
        };
        if instance.way == Way::WatchOnly && instance.url.is_none() {
            return Err(TextError::Empty { what: "the URL" }.into());
        }
        Ok(instance)
    }

    /// Pins an instance to what was seen and keeps it; where `once`, not beside another one that is
    /// the same.
    pub(super) async fn keep_looked_at(
        &self,
        instance: &mut Instance,
        look: Option<&std::result::Result<Look, TransportError>>,
        once: bool,
    ) -> Result<Fate> {
        if let Some(Ok(look)) = look {
            let twin = match once {
                true => self
                    .instances()
                    .await?
                    .into_iter()
                    .find(|known| known.pin.as_ref() == Some(&look.pin)),
                false => None,
            };
            if let Some(twin) = twin {
                return Ok(Fate::Same(twin.name));
            }
            instance.pin = Some(look.pin.clone());
            if instance.url.is_none() {
                instance.url = checked_url(&look.pin.base_url).ok();
            }
        }
        if let Err(error) = self.ports.records.save_instance(instance).await {
            return Ok(Fate::Refused(error.into()));
        }
        if let Some(Ok(look)) = look {
            self.spend_tokens(instance, &look.tokens).await?;
        }
        let missed = look.and_then(|look| look.as_ref().err());
        Ok(Fate::Added(missed.cloned()))
    }

    /// Changes an instance. A new way in is looked at on the next check; the pin stays.
    ///
    /// # Errors
    /// No such instance, bad input, a taken name, records.
    pub async fn edit_instance(&self, name: &str, edit: InstanceEdit) -> Result<Instance> {
        let mut instance = self.instance_named(name).await?;
        let before = instance.clone();
        if let Some(name) = edit.name {
            instance.name = text::name("the name", &name)?;
        }
        if let Some(role) = edit.role {
            if role != instance.role {
                instance.answers.confirmed.clear();
                instance.answers.is_live = None;
            }
            instance.role = role;
        }
        if let Some(way) = edit.way {
            instance.way = checked_way(way)?;
        }
        if let Some(url) = edit.url {
            instance.url = Some(checked_url(&url)?);
        }
        if let Some(tags) = edit.tags {
            instance.tags = tags
                .iter()
                .map(|tag| text::name("the tag", tag))
                .collect::<std::result::Result<_, _>>()?;
        }
        if instance.way == Way::WatchOnly && instance.url.is_none() {
            return Err(TextError::Empty { what: "the URL" }.into());
        }
        if (instance.role, &instance.way) != (before.role, &before.way) {
            self.doubt(&instance.id).await?;
        }
        self.ports.records.save_instance(&instance).await?;
        Ok(instance)
    }

    /// Removes an instance from this computer; nothing changes on the server.
    ///
    /// # Errors
    /// No such instance, or the records.
    pub async fn remove_instance(&self, name: &str) -> Result<Instance> {
        let instance = self.instance_named(name).await?;
        self.ports.records.remove_instance(&instance.id).await?;
        Ok(instance)
    }

    /// Says who the instance is now (P12). `confirm` is its typed name.
    ///
    /// # Errors
    /// The name does not match, it cannot be reached, records, keychain.
    pub async fn repin_instance(&self, name: &str, confirm: &str) -> Result<Instance> {
        let mut instance = self.instance_named(name).await?;
        if confirm.trim() != instance.name {
            return Err(Error::refused(
                "nameNotTyped",
                format!("The name typed is not \"{}\".", instance.name),
                "Type the instance's name to pin it again.",
            ));
        }
        let way = ssh_way(&instance)?.clone();
        let look = self.look_at(&instance, &way, None).await??;
        self.spend_tokens(&instance, &look.tokens).await?;
        if instance.pin.as_ref() != Some(&look.pin) {
            // What was answered was answered about another installation.
            instance.answers = Answers::default();
            self.doubt(&instance.id).await?;
        }
        instance.pin = Some(look.pin);
        self.journal_note(&instance, Action::Repin).await?;
        self.ports.records.save_instance(&instance).await?;
        Ok(instance)
    }

    /// Answers G12's question.
    ///
    /// # Errors
    /// No such instance, or the records.
    pub async fn answer_live(&self, name: &str, live: bool) -> Result<Instance> {
        let mut instance = self.instance_named(name).await?;
        if instance.answers.is_live != Some(live) {
            // Confirmations were given for what it was then.
            instance.answers.confirmed.clear();
            self.doubt(&instance.id).await?;
        }
        instance.answers.is_live = Some(live);
        self.ports.records.save_instance(&instance).await?;
        Ok(instance)
    }

    /// The host keys the server of an instance shows now.
    ///
    /// # Errors
    /// No such instance, no way in, or the server was not reached.
    pub async fn host_keys(&self, name: &str) -> Result<Vec<HostKey>> {
        let instance = self.instance_named(name).await?;
        Ok(self.ports.transport.host_keys(ssh_way(&instance)?).await?)
    }

    /// Trusts the host key with this fingerprint, if the server shows it now.
    ///
    /// # Errors
    /// As [`Patchbay::host_keys`], or no such key.
    pub async fn trust_host_key(&self, name: &str, fingerprint: &str) -> Result<HostKey> {
        let instance = self.instance_named(name).await?;
        Ok(self
            .ports
            .transport
            .trust(ssh_way(&instance)?, fingerprint)
            .await?)
    }

    pub(crate) async fn journal_note(&self, instance: &Instance, action: Action) -> Result<()> {
        let (entry, push) = (self.new_entry_id()?, self.new_push_id()?);
        let event = JournalEvent {
            outcome: Some(DONE.to_owned()),
            ..self
                .event_on(instance, entry, push, Phase::Ended, action)
                .await
        };
        self.write_journal(&event, None).await?;
        self.remember_head().await
    }
}

/// Refuses to work on an instance that is not the one that was added (P12).
pub(crate) fn refuse_another(instance: &Instance, look: &Look) -> Result<()> {
    let same = |pin: &Pin| pin.identity == look.pin.identity && pin.base_url == look.pin.base_url;
    match &instance.pin {
        Some(pin) if !same(pin) => Err(Error::refused(
            "differentInstance",
            format!(
                "What answers there is not the instance that was added as \"{}\"; nothing was written.",
                instance.name
            ),
            "Look at it; if it is right, pin it again by typing its name (instance repin).",
        )),
        _ => Ok(()),
    }
}

/// The ssh way of an instance, refused for watch-only ones.
pub(crate) fn ssh_way(instance: &Instance) -> Result<&SshWay> {
    match &instance.way {
        Way::Ssh(way) => Ok(way),
        Way::WatchOnly => Err(Error::refused(
            "watchOnly",
            format!(
                "\"{}\" is watched by its address only; there is no way in.",
                instance.name
            ),
            "Add its SSH target with instance edit.",
        )),
    }
}

fn checked_way(way: Way) -> Result<Way> {
    Ok(match way {
        Way::Ssh(ssh) => Way::Ssh(ssh.checked()?),
        Way::WatchOnly => Way::WatchOnly,
    })
}

/// A storefront address: `https://` or `http://`, a host, nothing invisible, no user information.
pub(crate) fn checked_url(url: &str) -> std::result::Result<String, TextError> {
    let url = url.trim();
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let fine = url.len() <= 500
        && url
            .chars()
            .all(|c| text::is_plain(c) && !c.is_whitespace() && !"<>\"'`\\".contains(c))
        && host
            .is_some_and(|host| !host.is_empty() && !host.contains('@') && !host.starts_with('-'));
    fine.then(|| url.to_owned()).ok_or(TextError::Shape {
        what: "the URL",
        why: "an address such as https://shop.example/",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_web_addresses() {
        assert!(checked_url("https://shop.example/de/").is_ok());
        assert!(checked_url("http://127.0.0.1:8080/").is_ok());
        for bad in [
            "shop.example",
            "javascript:alert(1)",
            "https://",
            "https://a@b/",
            "https://a b/",
            "https://<x>/",
        ] {
            assert!(checked_url(bad).is_err(), "{bad} is no storefront address");
        }
    }
}
