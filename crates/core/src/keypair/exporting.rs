//! The one copy of a created key (R2): save or copy it, once.
//!
//! A copy needs two things: the row in the records, which one conditional update gives to one
//! process, and the ticket in the keychain, which one caller can take. An older database, or a
//! copied data directory, gives the row back but not the ticket. Only who took the ticket, and read
//! it back as absent, hands anything out. Not here: where the copy goes (the outlet port).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::recovering::Recovered;
use super::{Export, KeyPair, KeyPairState, intake};
use crate::error::{Error, Result};
use crate::id::{ClaimId, KeyPairId, KeychainItem};
use crate::patchbay::Patchbay;
use crate::ports::keychain::{Asked, KeychainError};
use crate::ports::outlet::Outlet;
use crate::ports::records::InstanceLock;
use crate::secret::Secret;

/// What this process knows about copies; gone with it, and then its claims are nobody's.
#[derive(Default)]
pub(crate) struct Exports {
    own: Mutex<Option<Claimant>>,
    turns: Mutex<HashMap<KeyPairId, Standing>>,
}

/// This process as the one who claims: the lock says that it lives.
#[derive(Clone)]
struct Claimant {
    id: ClaimId,
    _lives: Arc<dyn InstanceLock>,
}

/// How far this process came with one pair's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing that must be remembered; the row says the rest.
    Begun,
    /// Somebody is at it now.
    Busy,
    /// The ticket was taken by this process, so the copy may be tried again until one succeeds.
    Taken,
    /// One succeeded.
    Done,
}

/// The right of one request to work on a pair's copy; what came of it is noted when it is dropped,
/// also where the request is broken off.
struct Turn<'a> {
    exports: &'a Exports,
    pair: KeyPairId,
    standing: Standing,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.exports.turns();
        match self.standing {
            Standing::Begun | Standing::Busy => turns.remove(&self.pair),
            told => turns.insert(self.pair.clone(), told),
        };
    }
}

impl Exports {
    fn turns(&self) -> MutexGuard<'_, HashMap<KeyPairId, Standing>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self) -> MutexGuard<'_, Option<Claimant>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn of a pair; of many requests at once one gets it.
    fn begin(&self, pair: &KeyPair) -> Result<Turn<'_>> {
        let before = self.turns().insert(pair.id.clone(), Standing::Busy);
        let standing = before.unwrap_or(Standing::Begun);
        match standing {
            Standing::Busy => Err(busy(pair)),
            // Put back at once: nothing may come after a success, whatever the records say.
            Standing::Done => {
                self.turns().insert(pair.id.clone(), Standing::Done);
                Err(spent(pair))
            }
            Standing::Begun | Standing::Taken => Ok(Turn {
                exports: self,
                pair: pair.id.clone(),
                standing,
            }),
        }
    }
}

impl Patchbay {
    /// Makes the one copy of a created key (R2). After trouble with the outlet the same process may
    /// try again, by whichever outlet, while it lives.
    ///
    /// # Errors
    /// No such pair; `noExport` for one that has none, `exportSpent`, `exportInterrupted`,
    /// `exportWaived` and `exportBusy`; keychain, records and outlet. Nothing is handed out then.
    pub async fn export_key(&self, name: &str, outlet: &dyn Outlet) -> Result<KeyPair> {
        let pair = self.key_pair_named(name, None).await?;
        let ticket = ticket_of(&pair)?;
        let mut turn = self.exports.begin(&pair)?;
        if turn.standing == Standing::Begun {
            refuse_by(&pair, &pair.export)?;
        }
        // Whatever can be known to fail fails before anything is spent.
        outlet.ready().await?;
        let text = text_of(&self.private_key(&pair).await?);
        let claim = self.claimant().await?.id;
        if turn.standing != Standing::Taken {
            self.claim(&pair, &claim).await?;
            self.take_ticket(&pair, ticket, &claim).await?;
            turn.standing = Standing::Taken;
        }
        if self
            .ports
            .keychain
            .read(ticket, Asked::ByUser)
            .await?
            .is_some()
        {
            // Told that it was removed, and yet it is there: then it can be taken again, by anybody.
            turn.standing = Standing::Begun;
            return Err(KeychainError::WrongBytes.into());
        }
        outlet.put(&text).await?;
        turn.standing = Standing::Done;
        let used = Export::Used {
            way: outlet.way(),
            at: self.ports.clock.now(),
        };
        let claimed = Export::Claimed { by: claim };
        let noted = self.ports.records.change_export(&pair.id, &claimed, &used);
        match noted.await {
            Ok(true) => {}
            // It is out, which must be told; the next start finds the ticket gone.
            noted => tracing::warn!(?noted, pair = %pair.id, "a copy could not be noted as made"),
        }
        Ok(KeyPair {
            export: used,
            ..pair
        })
    }

    /// Does without the one copy of a created key.
    ///
    /// # Errors
    /// As [`Patchbay::export_key`] where there is none any more, and the records.
    pub async fn waive_export(&self, name: &str) -> Result<KeyPair> {
        let pair = self.key_pair_named(name, None).await?;
        let ticket = ticket_of(&pair)?;
        let _turn = self.exports.begin(&pair)?;
        refuse_by(&pair, &pair.export)?;
        let (from, to) = (Export::Unused, Export::Waived);
        if !self
            .ports
            .records
            .change_export(&pair.id, &from, &to)
            .await?
        {
            return Err(self.why_not(&pair).await);
        }
        if let Err(error) = self.ports.keychain.forget(ticket).await {
            tracing::warn!(%error, pair = %pair.id, "the ticket of a waived copy stays");
        }
        Ok(KeyPair { export: to, ..pair })
    }

    /// Looks after copies that a process began and did not live to finish: the ticket is there, so
    /// nothing was handed out and the claim is given back; or it is gone, and nobody knows.
    pub(super) async fn recover_exports(&self) -> Result<Vec<Recovered>> {
        let mut recovered = Vec::new();
        for pair in self.key_pairs().await? {
            let (Export::Claimed { by }, Some(ticket)) = (&pair.export, &pair.ticket) else {
                continue;
            };
            // Whoever lives holds its lock, this process included.
            let Some(_dead) = self.lock_named(by.as_str()).await? else {
                continue;
            };
            let there = self.ports.keychain.read(ticket, Asked::ByNobody).await?;
            let to = there.map_or(Export::Interrupted, |_| Export::Unused);
            let changed = self
                .ports
                .records
                .change_export(&pair.id, &pair.export, &to);
            if changed.await? && to == Export::Interrupted {
                recovered.push(Recovered::CopyInterrupted(pair.name));
            }
        }
        Ok(recovered)
    }

    /// This process's name for claims, with its lock, made on the first use.
    async fn claimant(&self) -> Result<Claimant> {
        let known = self.exports.own().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let id = self.new_claim_id()?;
        // Nobody else has a name that was just made at random.
        let lock = self.lock_named(id.as_str()).await?.ok_or_else(|| {
            Error::refused(
                "exportBusy",
                "This process could not take a lock of its own.",
                "Try again.",
            )
        })?;
        let made = Claimant {
            id,
            _lives: Arc::from(lock),
        };
        Ok(self.exports.own().get_or_insert(made).clone())
    }

    /// Makes the row this process's, if it is not already.
    async fn claim(&self, pair: &KeyPair, by: &ClaimId) -> Result<()> {
        let claimed = Export::Claimed { by: by.clone() };
        let records = &self.ports.records;
        if records
            .change_export(&pair.id, &Export::Unused, &claimed)
            .await?
        {
            return Ok(());
        }
        let pairs = self.key_pairs().await?;
        let now = pairs.into_iter().find(|one| one.id == pair.id);
        match now {
            // An earlier request of this process came no further.
            Some(now) if now.export == claimed => Ok(()),
            Some(now) => Err(refusal(pair, &now.export)),
            None => Err(crate::patchbay::no_such("key pair", &pair.name)),
        }
    }

    /// Takes the ticket. Only a clear answer counts; where the ticket is still there for certain,
    /// the claim is given back with it.
    async fn take_ticket(&self, pair: &KeyPair, ticket: &KeychainItem, by: &ClaimId) -> Result<()> {
        let keychain = &self.ports.keychain;
        let (gone, failure) = match keychain.take(ticket).await {
            Ok(true) => return Ok(()),
            Ok(false) => (true, None),
            Err(error) => match keychain.read(ticket, Asked::ByNobody).await {
                Ok(there) => (there.is_none(), Some(error)),
                // Not known: the claim stays, and the next request or start finds out.
                Err(_) => return Err(error.into()),
            },
        };
        let to = if gone {
            Export::Interrupted
        } else {
            Export::Unused
        };
        let claimed = Export::Claimed { by: by.clone() };
        self.ports
            .records
            .change_export(&pair.id, &claimed, &to)
            .await?;
        Err(match failure {
            Some(error) if !gone => error.into(),
            _ => refusal(pair, &Export::Interrupted),
        })
    }

    /// Why a copy that looked free is not.
    async fn why_not(&self, pair: &KeyPair) -> Error {
        match self.key_pairs().await {
            Ok(pairs) => {
                let now = pairs.into_iter().find(|one| one.id == pair.id);
                now.map_or_else(|| spent(pair), |now| refusal(pair, &now.export))
            }
            Err(error) => error,
        }
    }
}

/// The text that is saved or copied: PEM with a line end, as the portal hands it out.
fn text_of(der: &Secret) -> Secret {
    let pem = intake::to_pem(der);
    let mut text = Vec::with_capacity(pem.len() + 1);
    text.extend_from_slice(pem.expose());
    text.push(b'\n');
    Secret::new(text)
}

fn ticket_of(pair: &KeyPair) -> Result<&KeychainItem> {
    let ticket = pair.ticket.as_ref();
    let ticket =
        ticket.filter(|_| pair.export != Export::None && pair.state == KeyPairState::Ready);
    ticket.ok_or_else(|| refusal(pair, &Export::None))
}

/// Refuses by what the row says; a claim may be this process's own, so the update decides.
fn refuse_by(pair: &KeyPair, export: &Export) -> Result<()> {
    match export {
        Export::Unused | Export::Claimed { .. } => Ok(()),
        other => Err(refusal(pair, other)),
    }
}

fn refusal(pair: &KeyPair, export: &Export) -> Error {
    let name = &pair.name;
    let (code, text, next) = match export {
        Export::None => (
            "noExport",
            format!("There is no copy of \"{name}\" to make: only newly created keys have one."),
            "Use the file it was brought from, or create a new pair.",
        ),
        Export::Unused | Export::Claimed { .. } => return busy(pair),
        Export::Used { .. } => return spent(pair),
        Export::Interrupted => (
            "exportInterrupted",
            format!(
                "The one copy of \"{name}\" was interrupted, or its ticket is gone: it is not known whether it was copied."
            ),
            "If you did not get it, create a new pair; connecting instances needs no copy.",
        ),
        Export::Waived => (
            "exportWaived",
            format!("You did without the one copy of \"{name}\"."),
            "Connecting instances needs no copy; for one of your own, create a new pair.",
        ),
    };
    Error::refused(code, text, next).with("name", name.clone())
}

fn spent(pair: &KeyPair) -> Error {
    let text = format!("The one copy of \"{}\" was made already.", pair.name);
    let next = "Use that copy, or create a new pair.";
    Error::refused("exportSpent", text, next).with("name", pair.name.clone())
}

fn busy(pair: &KeyPair) -> Error {
    let text = format!("The one copy of \"{}\" is just being made.", pair.name);
    let next = "Wait for it to end; if the window that began it is gone, start Patchbay again.";
    Error::refused("exportBusy", text, next).with("name", pair.name.clone())
}
