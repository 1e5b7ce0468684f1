//! Guards: what must not happen by accident, decided before the first write.
//!
//! Pure. The sentences are those of docs/glossary.md; the window has them in both languages and
//! takes them by id and words. Not here: G8 (the intake refuses at the door), G9 and G13, which
//! speak where keys are deleted and projects created.

use crate::config::{ConfigPath, Part, Purpose};
use crate::connection::judge::short_name;
use crate::instance::{Instance, Role};
use crate::look::{LockSource, Look};
use crate::push::plan::{Change, Plan, PlanKind};
use crate::registry::{DataSpace, DataSpaceType};

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
    if plan.changes.is_empty() {
        return said;
    }
    let live = counts_as_live(around);
    keys_and_data_space(plan, live, &mut said);
    payments(plan, around, &mut said);
    used_elsewhere(plan, around, &mut said);
    type_and_role(plan, around, &mut said);
    pairs_whole(plan, around, &mut said);
    mage_ids(plan, around, &mut said);
    locked(plan, around, &mut said);
    removal(plan, live, around.bulk, &mut said);
    production_on_copy(plan, around, &mut said);
    looks_live(around, &mut said);
    former_keys(around, &mut said);
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

/// The change of the data space id or project, where a value is there now.
fn leaves_data_space(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| {
        matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId)
            && change.from_exact.is_some()
    })
}

fn keys_and_data_space(plan: &Plan, live: bool, said: &mut Vec<GuardFinding>) {
    let new_keys = changes_part(plan, Part::Keys)
        .any(|change| change.from_exact.is_some() && change.to_exact.is_some());
    let new_space = plan.changes.iter().any(|change| {
        matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId)
            && change.from_exact.is_some()
            && change.to_exact.is_some()
    });
    if live && new_keys && new_space && plan.kind == PlanKind::Assignment {
        say(
            said,
            GuardId::G1,
            Effect::Blocked,
            ("keysAndDataSpace", &[]),
            "Not in one go: changing the keys and the data space of a live instance. Adobe warns that you lose this \
             instance's data. Change the keys first; once connected, the data space.",
        );
    }
}

fn payments(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let moves = plan
        .changes
        .iter()
        .any(|change| matches!(change.path, ConfigPath::DataSpaceId | ConfigPath::ProjectId));
    if !moves {
        return;
    }
    let copy_leaves =
        around.instance.is_copy() && !counts_as_live(around) && !around.rightful.is_empty();
    if copy_leaves {
        return;
    }
    let name = &around.instance.name;
    if let Some(merchant) = around.look.merchant_ids().next() {
        say(
            said,
            GuardId::G2,
            Effect::Confirm,
            ("paymentsId", &[("id", &merchant.value), ("name", name)]),
            format!(
                "A new data space breaks the link to your Payment Services ID {}; payments must be set up again. Type {name}.",
                merchant.value
            ),
        );
    } else if leaves_data_space(plan)
        && around.look.plain(ConfigPath::DataSpaceType) == Some(DataSpaceType::Production.as_str())
    {
        say(
            said,
            GuardId::G2,
            Effect::Confirm,
            ("leavesProduction", &[("name", name)]),
            format!(
                "{name} would leave a Production data space; what it collected there stays behind. Type {name}."
            ),
        );
    }
}

fn used_elsewhere(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let sets = plan
        .changes
        .iter()
        .any(|change| change.path == ConfigPath::DataSpaceId && change.to_exact.is_some());
    if let (true, Some(other)) = (sets, around.holders.first()) {
        let space = around
            .data_space
            .map_or("The data space", |space| &space.name);
        say(
            said,
            GuardId::G3,
            Effect::Blocked,
            ("usedElsewhere", &[("dataSpace", space), ("other", other)]),
            format!("{space} belongs to {other}. Each instance needs its own."),
        );
    }
}

fn type_and_role(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    if changes_part(plan, Part::DataSpace).next().is_none() {
        return;
    }
    let Some(space) = around.data_space else {
        return;
    };
    let instance = around.instance;
    match space.kind {
        DataSpaceType::Production if instance.is_copy() => say(
            said,
            GuardId::G4,
            Effect::Blocked,
            (
                "productionOnCopy",
                &[("role", around.instance.role.as_str())],
            ),
            format!(
                "A Production data space on a {} instance mixes test data into your live data.",
                instance.role.as_str()
            ),
        ),
        DataSpaceType::Testing
            if (instance.is_live() || instance.role.is_copy() && looks_live_unanswered(around))
                && !remembered(around, GuardId::G4) =>
        {
            say(
                said,
                GuardId::G4,
                Effect::Confirm,
                ("testingOnLive", &[("name", &instance.name)]),
                format!(
                    "A Testing data space on a live instance keeps its data out of your live data. Type {}.",
                    instance.name
                ),
            )
        }
        _ => {}
    }
}

fn remembered(around: &Surroundings<'_>, id: GuardId) -> bool {
    around
        .instance
        .answers
        .confirmed
        .iter()
        .any(|given| given == id.as_str())
}

fn pairs_whole(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    for facts in around.pairs {
        if facts.accepted_as == Some(facts.purpose.other()) {
            say(
                said,
                GuardId::G5,
                Effect::Blocked,
                ("swapped", &[("kind", facts.purpose.as_str())]),
                format!(
                    "The pairs are swapped: Adobe accepts the {} pair as a {} pair.",
                    facts.purpose,
                    facts.purpose.other()
                ),
            );
        }
    }
    for purpose in Purpose::ALL {
        let after = |path| value_after(plan, around.look, path);
        let halves = [
            after(purpose.api_key_path()),
            after(purpose.private_key_path()),
        ];
        let touched = plan
            .changes
            .iter()
            .any(|change| change.path.purpose() == Some(purpose));
        match halves {
            [true, false] | [false, true] if touched && !matches!(plan.kind, PlanKind::Undo(_)) => {
                say(
                    said,
                    GuardId::G5,
                    Effect::Blocked,
                    ("half", &[("kind", purpose.as_str())]),
                    format!(
                        "Only half of the {purpose} pair would be there; a pair is set or removed as a whole."
                    ),
                )
            }
            [false, false]
                if plan.kind == PlanKind::Assignment && plan.parts.contains(&Part::Keys) =>
            {
                say(
                    said,
                    GuardId::G5,
                    Effect::Warning,
                    ("onePair", &[("kind", purpose.as_str())]),
                    format!("There would be no {purpose} pair; some Commerce Services want both."),
                )
            }
            _ => {}
        }
    }
}

fn value_after(plan: &Plan, look: &Look, path: ConfigPath) -> bool {
    plan.changes
        .iter()
        .find(|change| change.path == path)
        .map_or_else(
            || look.exact(path).is_some(),
            |change| change.to_exact.is_some(),
        )
}

fn mage_ids(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let Some(space) = around.data_space else {
        return;
    };
    if plan.kind != PlanKind::Assignment {
        return;
    }
    let owner = space
        .mage_id
        .as_ref()
        .map_or("another account", |id| id.as_str());
    for facts in around.pairs {
        let text = format!(
            "The keys belong to {}, the data space to {owner}. Payment entitlements need keys of the same MageID.",
            facts.owner
        );
        match facts.owns_data_space {
            Some(true) => {}
            Some(false) => say(
                said,
                GuardId::G6,
                Effect::Blocked,
                (
                    "otherAccount",
                    &[("keys", &facts.owner), ("dataSpace", owner)],
                ),
                text,
            ),
            None => say(
                said,
                GuardId::G6,
                Effect::Confirm,
                (
                    "accountNotKnown",
                    &[
                        ("kind", facts.purpose.as_str()),
                        ("name", &around.instance.name),
                    ],
                ),
                format!(
                    "It is not known whether the {} keys belong to the data space's MageID. Type {}.",
                    facts.purpose, around.instance.name
                ),
            ),
        }
    }
}

fn locked(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    for lock in &plan.locks {
        if !plan.changes.iter().any(|change| change.path == lock.path) {
            continue;
        }
        let what = short_name(lock.path);
        let how = match lock.source {
            LockSource::EnvPhp | LockSource::ConfigPhp => format!(
                "remove or change 'system' > 'default' > '{}' in {}, then run bin/magento app:config:import",
                lock.path.as_str().replace('/', "' > '"),
                lock.source.as_str()
            ),
            LockSource::Variable => {
                let name = lock.name.as_deref().unwrap_or("the variable");
                if around.look.cloud.is_some() {
                    format!("magento-cloud variable:delete env:{name} (this redeploys)")
                } else {
                    format!("unset {name} where the web server and the command line get it")
                }
            }
        };
        let source = lock.name.as_deref().unwrap_or(lock.source.as_str());
        say(
            said,
            GuardId::G7,
            Effect::Blocked,
            (
                "locked",
                &[
                    ("value", lock.path.as_str()),
                    ("source", source),
                    ("lines", &how),
                ],
            ),
            format!(
                "The {what} is fixed on the server in {source}; a change here has no effect. Give these lines to your developer: {how}."
            ),
        );
    }
}

fn removal(plan: &Plan, live: bool, bulk: bool, said: &mut Vec<GuardFinding>) {
    let removed: Vec<ConfigPath> = plan
        .changes
        .iter()
        .filter(|change| change.to_exact.is_none())
        .map(|change| change.path)
        .collect();
    if !live || removed.is_empty() {
        return;
    }
    let listed = |name: fn(ConfigPath) -> &'static str, between: &str| {
        let names: Vec<&str> = removed.iter().copied().map(name).collect();
        names.join(between)
    };
    let text = format!(
        "This removes {} from a live instance; the services that use it stop.",
        listed(short_name, ", ")
    );
    let paths = listed(ConfigPath::as_str, ",");
    let words: &[(&'static str, &str)] = &[("values", &paths), ("name", &plan.name)];
    if bulk {
        let text = format!("{text} Never in bulk: do it for {} alone.", plan.name);
        let case = ("removesInBulk", words);
        say(said, GuardId::G10, Effect::Blocked, case, text);
    } else {
        say(
            said,
            GuardId::G10,
            Effect::Confirm,
            ("removes", words),
            format!("{text} Type {}.", plan.name),
        );
    }
}

fn production_on_copy(plan: &Plan, around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    let gets = plan
        .changes
        .iter()
        .any(|change| change.path == ConfigPath::ProductionPrivateKey && change.to_exact.is_some());
    if gets && around.instance.is_copy() && !remembered(around, GuardId::G11) {
        say(
            said,
            GuardId::G11,
            Effect::Confirm,
            (
                "productionKeysOnCopy",
                &[
                    ("role", around.instance.role.as_str()),
                    ("name", &plan.name),
                ],
            ),
            format!(
                "The production pair would be on a {} instance, where more people can read it. Type {} once to allow it.",
                around.instance.role.as_str(),
                plan.name
            ),
        );
    }
}

fn looks_live(around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    if around.instance.role != Role::Live && looks_live_unanswered(around) {
        say(
            said,
            GuardId::G12,
            Effect::Warning,
            (
                "looksLive",
                &[
                    ("name", &around.instance.name),
                    ("role", around.instance.role.as_str()),
                ],
            ),
            format!(
                "{} takes real payments but is labelled {}; it is treated as live until you answer.",
                around.instance.name,
                around.instance.role.as_str()
            ),
        );
    }
}

fn former_keys(around: &Surroundings<'_>, said: &mut Vec<GuardFinding>) {
    match around.former {
        Some(FormerKeys::Rejected(purposes)) => {
            let pairs: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
            say(
                said,
                GuardId::P7,
                Effect::Blocked,
                ("formerRejected", &[("kinds", &pairs.join(","))]),
                format!(
                    "Adobe rejects the former {} pair; restoring it would stop this shop.",
                    pairs.join(" and ")
                ),
            );
        }
        Some(FormerKeys::NotProvable) => say(
            said,
            GuardId::P7,
            Effect::Confirm,
            ("formerNotProvable", &[("name", &around.instance.name)]),
            format!(
                "Adobe gave no usable answer about the former keys; restoring them may stop this shop. Type {}.",
                around.instance.name
            ),
        ),
        Some(FormerKeys::Fine) | None => {}
    }
}
