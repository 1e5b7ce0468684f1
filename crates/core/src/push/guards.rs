//! Guards: what must not happen by accident, decided before the first write.
//!
//! Pure. The sentences are those of docs/glossary.md; the window has them in both languages and
//! takes them by id and words. Not here: G8 (the intake refuses at the door), G9 and G13, which
//! speak where keys are deleted and projects created. The rules themselves stand beneath: `space`
//! about data spaces, `pairs` about keys, `values` about single values and labels.

mod pairs;
mod space;
mod values;

use crate::config::{Part, Purpose};
use crate::instance::Instance;
use crate::look::Look;
use crate::push::plan::{Change, Plan};
use crate::registry::DataSpace;

/// Which guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GuardId {
    /// Keys and data space of a live instance in one go.
    G1,
    /// A data space change breaks the Payment Services id.
    G2,
    /// The data space belongs to another instance.
    G3,
    /// Type of data space against role.
    G4,
    /// Pairs swapped, or half of one.
    G5,
    /// Keys and data space of different MageIDs.
    G6,
    /// A value is fixed elsewhere.
    G7,
    /// A value of a live instance would be removed.
    G10,
    /// Production pair to a copy.
    G11,
    /// Looks live, labelled otherwise.
    G12,
    /// The keys an undo would bring back are rejected (P7).
    P7,
}

impl GuardId {
    /// As product and documents name it.
    pub fn as_str(self) -> &'static str {
        match self {
            GuardId::G1 => "G1",
            GuardId::G2 => "G2",
            GuardId::G3 => "G3",
            GuardId::G4 => "G4",
            GuardId::G5 => "G5",
            GuardId::G6 => "G6",
            GuardId::G7 => "G7",
            GuardId::G10 => "G10",
            GuardId::G11 => "G11",
            GuardId::G12 => "G12",
            GuardId::P7 => "P7",
        }
    }
}

/// What a guard does to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It must not happen.
    Blocked,
    /// It may happen after the instance's name is typed.
    Confirm,
    /// It is only said.
    Warning,
}

impl Effect {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Blocked => "blocked",
            Effect::Confirm => "confirm",
            Effect::Warning => "warning",
        }
    }
}

/// What one guard says about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardFinding {
    /// Which.
    pub id: GuardId,
    /// What it does.
    pub effect: Effect,
    /// Which of its sentences; with the words it is enough to say it in another language.
    pub case: &'static str,
    /// What is filled into the sentence, by name. Roles, purposes and paths are codes, several of
    /// them joined by commas; everything else is for showing.
    pub words: Vec<(&'static str, String)>,
    /// What it says, in English.
    pub text: String,
}

/// What the guards know besides the plan.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The instance as the user describes it.
    pub instance: &'a Instance,
    /// What is there.
    pub look: &'a Look,
    /// The data space the plan leads to, where it sets one.
    pub data_space: Option<&'a DataSpace>,
    /// Other instances to which that data space is assigned or on which it was found.
    pub holders: &'a [String],
    /// Other instances to which the data space now here is assigned.
    pub rightful: &'a [String],
    /// What is known of the pairs the plan leads to.
    pub pairs: &'a [PairFacts],
    /// Whose the instance is now: its account's MageID, or its label.
    pub owner: &'a str,
    /// What Adobe said of the keys an undo would bring back; `None` for other plans.
    pub former: Option<&'a FormerKeys>,
    /// Whether the order touches several instances.
    pub bulk: bool,
}

/// What is known of one pair a plan leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairFacts {
    /// Where it goes.
    pub purpose: Purpose,
    /// What it was made for, as far as the gateways say: `Some(other)` means swapped.
    pub accepted_as: Option<Purpose>,
    /// Its MageID or account label.
    pub owner: String,
    /// Whether it belongs to the data space's MageID: proven, disproven, or not knowable.
    pub owns_data_space: Option<bool>,
}

/// What Adobe said of the former keys of an undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormerKeys {
    /// They are accepted, or there are none.
    Fine,
    /// They are rejected; which.
    Rejected(Vec<Purpose>),
    /// Adobe gave no usable answer.
    NotProvable,
}

/// What the guards say about a plan, in the order of their ids.
pub fn speak(plan: &Plan, around: &Surroundings<'_>) -> Vec<GuardFinding> {
    let mut said = Vec::new();
    if plan.is_empty() {
        return said;
    }
    let live = counts_as_live(around);
    space::keys_and_data_space(plan, live, &mut said);
    space::leaves_mage_id(plan, around, &mut said);
    space::payments(plan, around, &mut said);
    space::used_elsewhere(plan, around, &mut said);
    space::type_and_role(plan, around, &mut said);
    pairs::pairs_whole(plan, around, &mut said);
    pairs::mage_ids(plan, around, &mut said);
    values::locked(plan, around, &mut said);
    values::removal(plan, live, around.bulk, &mut said);
    pairs::production_on_copy(plan, around, &mut said);
    values::looks_live(around, &mut said);
    pairs::former_keys(around, &mut said);
    said
}

/// Whether anything said forbids the push, given the instance names that were typed. What no name
/// opens comes first: nobody should type one for nothing.
pub fn forbids(said: &[GuardFinding], confirmed: bool) -> Option<&GuardFinding> {
    let first = |effect| said.iter().find(move |finding| finding.effect == effect);
    first(Effect::Blocked).or_else(|| first(Effect::Confirm).filter(|_| !confirmed))
}

fn counts_as_live(around: &Surroundings<'_>) -> bool {
    around.instance.is_live() || looks_live_unanswered(around)
}

/// G12: until the user answers, a shop that looks live is guarded as a live one, and what its label
/// forbids stays forbidden.
fn looks_live_unanswered(around: &Surroundings<'_>) -> bool {
    around.instance.answers.is_live.is_none() && around.look.looks_live()
}

fn say(
    said: &mut Vec<GuardFinding>,
    id: GuardId,
    effect: Effect,
    (case, words): (&'static str, &[(&'static str, &str)]),
    text: impl Into<String>,
) {
    said.push(GuardFinding {
        id,
        effect,
        case,
        words: words
            .iter()
            .map(|(name, word)| (*name, (*word).to_owned()))
            .collect(),
        text: text.into(),
    });
}

fn changes_part(plan: &Plan, part: Part) -> impl Iterator<Item = &Change> {
    plan.changes
        .iter()
        .filter(move |change| change.path.part() == part)
}

fn remembered(around: &Surroundings<'_>, id: GuardId) -> bool {
    around
        .instance
        .answers
        .confirmed
        .iter()
        .any(|given| given == id.as_str())
}
