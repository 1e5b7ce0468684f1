//! A plan: from what is there to what should be there, value by value.
//!
//! Pure. Made from a look (to be shown) and made again from `ready` (to be carried out); both have
//! the same hash unless something changed in between. Not here: whether it may be done (guards)
//! and doing it (run).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::config::{ConfigPath, Part};
use crate::fingerprint::{ExactFingerprint, IdentityFingerprint};
use crate::id::{EntryId, InstanceId, hex};
use crate::instance::Pin;
use crate::look::{Lock, Look, PaymentPlace, ScopedValue};
use crate::push::also::Also;
use crate::push::guards::GuardFinding;

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanKind {
    /// Apply the assignment.
    Assignment,
    /// Remove keys, SaaS identifier and payments settings from a copy.
    Detach,
    /// Take an entry back.
    Undo(EntryId),
    /// Go over to keys and data space of another MageID, in one.
    Move,
    /// Go back to what this instance last held when it was proven.
    Repair,
}

impl PlanKind {
    /// The word in JSON and in the hash.
    pub fn as_str(&self) -> &'static str {
        match self {
            PlanKind::Assignment => "assignment",
            PlanKind::Detach => "detach",
            PlanKind::Undo(_) => "undo",
            PlanKind::Move => "move",
            PlanKind::Repair => "repair",
        }
    }

    /// Whether it leads to an assignment, so that its pairs and its data space must fit each other.
    pub fn leads_to_assignment(&self) -> bool {
        matches!(
            self,
            PlanKind::Assignment | PlanKind::Move | PlanKind::Repair
        )
    }
}

/// What one of the nine values should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This value.
    Set {
        /// Its exact fingerprint.
        exact: ExactFingerprint,
        /// How it is shown.
        shown: Shown,
    },
    /// No value.
    Remove,
}

/// How a value is shown to people; never a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// No value.
    Absent,
    /// A plain value or an API key.
    Plain(String),
    /// A private key by its identity.
    Key(IdentityFingerprint),
    /// Something that is not readable as a key.
    Unreadable,
}

impl Shown {
    /// As one word or phrase.
    pub fn text(&self) -> String {
        match self {
            Shown::Absent => String::new(),
            Shown::Plain(text) => text.clone(),
            Shown::Key(identity) => identity.short(),
            Shown::Unreadable => "(not readable as a key)".to_owned(),
        }
    }
}

/// One value that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub path: ConfigPath,
    /// What is there.
    pub from: Shown,
    /// Its exact fingerprint, where there is one.
    pub from_exact: Option<ExactFingerprint>,
    /// What would be there.
    pub to: Shown,
    /// Its exact fingerprint, where there would be one.
    pub to_exact: Option<ExactFingerprint>,
}

/// One payments setting that would change. Texts as they are shown; they are no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentChange {
    /// Where it stands.
    pub place: PaymentPlace,
    /// What is there; `None` where there is no row.
    pub from: Option<String>,
    /// What would be there; `None` where the row would go.
    pub to: Option<String>,
}

/// What the payments settings should become, row by row; `None` for no row.
pub type PaymentsWanted = BTreeMap<PaymentPlace, Option<String>>;

impl Change {
    /// Whether the value stays and is only encrypted again: it lies there in the clear, or under a
    /// crypt key that will be removed one day and take it along.
    pub fn only_seals_again(&self) -> bool {
        self.from_exact == self.to_exact
    }
}

/// A plan for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which instance.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
    /// What for.
    pub kind: PlanKind,
    /// The parts it covers.
    pub parts: BTreeSet<Part>,
    /// Which of the nine values would change.
    pub changes: Vec<Change>,
    /// Which payments settings would change.
    pub payments: Vec<PaymentChange>,
    /// What else carrying it out does.
    pub also: Vec<Also>,
    /// Values that are fixed elsewhere, of those the plan covers.
    pub locks: Vec<Lock>,
    /// What the guards say.
    pub guards: Vec<GuardFinding>,
    /// SHA-256 over everything above but the guards and what else is done, and over identity,
    /// versions, all nine values seen and, where they are a part, all payments settings seen.
    pub hash: String,
}

impl Plan {
    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.payments.is_empty()
    }
}

/// What a plan is made from.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// Which instance.
    pub instance: &'a InstanceId,
    /// Its name.
    pub name: &'a str,
    /// What for.
    pub kind: &'a PlanKind,
    /// The parts it covers.
    pub parts: &'a BTreeSet<Part>,
    /// What should be there; paths that are not here are left as they are.
    pub wanted: &'a BTreeMap<ConfigPath, Wanted>,
    /// What should become of payments settings; places that are not here are left as they are.
    pub payments: &'a PaymentsWanted,
    /// What is there.
    pub look: &'a Look,
}

/// Makes the plan; guards are added by [`crate::push::guards`].
pub fn make(input: &PlanInput<'_>) -> Plan {
    let changes: Vec<Change> = input
        .wanted
        .iter()
        .filter(|(path, _)| input.parts.contains(&path.part()))
        .filter_map(|(path, wanted)| change(input, *path, wanted))
        .collect();
    let locks: Vec<Lock> = input
        .look
        .locks
        .iter()
        .filter(|lock| {
            input.wanted.contains_key(&lock.path) && input.parts.contains(&lock.path.part())
        })
        .cloned()
        .collect();
    let payments = match input.parts.contains(&Part::Payments) {
        true => payment_changes(input),
        false => Vec::new(),
    };
    let hash = hash(input, &changes, &payments, &locks);
    Plan {
        instance: input.instance.clone(),
        name: input.name.to_owned(),
        kind: input.kind.clone(),
        parts: input.parts.clone(),
        changes,
        payments,
        also: Vec::new(),
        locks,
        guards: Vec::new(),
        hash,
    }
}

fn payment_changes(input: &PlanInput<'_>) -> Vec<PaymentChange> {
    input
        .payments
        .iter()
        .map(|(place, to)| PaymentChange {
            place: place.clone(),
            from: input.look.payment(place).map(str::to_owned),
            to: to.clone(),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

/// How a value that was seen is shown.
pub fn shown(look: &Look, path: ConfigPath) -> Shown {
    match look.values.get(&path) {
        None => Shown::Absent,
        Some(value) if path.is_private_key() => {
            value.identity.clone().map_or(Shown::Unreadable, Shown::Key)
        }
        Some(value) => value.plain.clone().map_or(Shown::Unreadable, Shown::Plain),
    }
}

fn change(input: &PlanInput<'_>, path: ConfigPath, wanted: &Wanted) -> Option<Change> {
    let look = input.look;
    let from_exact = look.exact(path).cloned();
    let (to, to_exact) = match wanted {
        Wanted::Set { exact, shown } => (shown.clone(), Some(exact.clone())),
        Wanted::Remove => (Shown::Absent, None),
    };
    let again = input.kind.leads_to_assignment()
        && to_exact.is_some()
        && look.is_badly_kept(path)
        && !look.locks.iter().any(|lock| lock.path == path);
    (from_exact != to_exact || again).then(|| Change {
        path,
        from: shown(look, path),
        from_exact,
        to,
        to_exact,
    })
}

fn hash(
    input: &PlanInput<'_>,
    changes: &[Change],
    payments: &[PaymentChange],
    locks: &[Lock],
) -> String {
    let mut digest = Sha256::new();
    let mut field = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    };
    field("patchbay plan 2");
    field(input.instance.as_str());
    field(input.kind.as_str());
    if let PlanKind::Undo(entry) = input.kind {
        field(entry.as_str());
    }
    for part in input.parts {
        field(part.as_str());
    }
    let Pin {
        identity,
        server,
        base_url,
    } = &input.look.pin;
    for text in [identity, server, base_url] {
        field(text);
    }
    let versions = &input.look.versions;
    for text in [
        &versions.magento,
        &versions.edition,
        &versions.services_id,
        &versions.services_connector,
        &versions.php,
    ] {
        field(text);
    }
    for path in ConfigPath::ALL {
        field(path.as_str());
        field(input.look.exact(path).map_or("", ExactFingerprint::as_str));
    }
    for change in changes {
        field(change.path.as_str());
        field(
            change
                .to_exact
                .as_ref()
                .map_or("", ExactFingerprint::as_str),
        );
    }
    for lock in locks {
        field(lock.path.as_str());
        field(lock.source.as_str());
        field(lock.name.as_deref().unwrap_or_default());
    }
    if input.parts.contains(&Part::Payments) {
        hash_payments(&input.look.payments, payments, &mut field);
    }
    hex(&digest.finalize())
}

fn hash_payments(there: &[ScopedValue], changes: &[PaymentChange], field: &mut impl FnMut(&str)) {
    for row in there {
        field(&row.place().to_string());
        field(&row.value);
    }
    for change in changes {
        field(&change.place.to_string());
        field(change.to.as_deref().map_or("-", |_| "+"));
        field(change.to.as_deref().unwrap_or_default());
    }
}

/// The hash of several plans together: what a saved plan is known by.
pub fn hash_of_all(plans: &[Plan]) -> String {
    let mut digest = Sha256::new();
    for plan in plans {
        digest.update(plan.hash.as_bytes());
    }
    hex(&digest.finalize())
}
