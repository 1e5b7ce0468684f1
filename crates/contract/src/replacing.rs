//! Replacing keys as the command line and the window tell it.

use patchbay_core::instance::Instance;
use patchbay_core::keypair::KeyPair;
use patchbay_core::replacing::carrying::CarryReport;
use patchbay_core::replacing::deleting::{Deletion, UNSEEN};
use patchbay_core::replacing::survey::{Survey, Surveyed};
use patchbay_core::replacing::{Replacement, Stage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::Trouble;
use crate::instances::Remark;
use crate::keypairs::{KeyPairRow, Purpose};
use crate::moment::rfc3339;
use crate::push::{GuardSaid, PushedInstance};

/// A key pair by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct NamedPair {
    /// Its id.
    pub id: String,
    /// Its name; its id where it is not here any more.
    pub name: String,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReplacementRow {
    /// Opaque id.
    pub id: String,
    /// The pair that goes.
    pub old: NamedPair,
    /// The pair that comes, once it is chosen.
    pub new: Option<NamedPair>,
    /// `sandbox` or `production`.
    #[ts(as = "Purpose")]
    pub r#for: String,
    /// `awaitsNewPair`, `first`, `rest`, `deleteOld` or `ended`.
    #[ts(type = "\"awaitsNewPair\" | \"first\" | \"rest\" | \"deleteOld\" | \"ended\"")]
    pub stage: String,
    /// What Adobe says of the old pair: `accepted`, `switchedOff` or `notKnown`.
    #[ts(type = "\"accepted\" | \"switchedOff\" | \"notKnown\"")]
    pub old_pair: String,
    /// Every instance, in the order they are worked on.
    pub instances: Vec<MemberRow>,
    /// When it was begun, RFC 3339.
    pub began_at: Option<String>,
    /// When it ended, RFC 3339.
    pub ended_at: Option<String>,
}

/// One instance of a replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MemberRow {
    /// Its id.
    pub id: String,
    /// Its name; its id where it was removed.
    pub name: String,
    /// `planned`, `written` or `proven`.
    #[ts(type = "\"planned\" | \"written\" | \"proven\"")]
    pub state: String,
}

/// What a look at every instance on a pair found: `keypair rotate N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SurveyPage {
    /// The replacement, begun; `null` while something is in the way.
    pub replacement: Option<ReplacementRow>,
    /// Every instance on the pair.
    pub instances: Vec<SurveyedRow>,
}

/// What was found about one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SurveyedRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why it cannot get a new pair now; `null` where it can.
    pub obstacle: Option<Trouble>,
    /// What will have to be confirmed by its name.
    pub confirm: Vec<GuardSaid>,
}

/// How far a replacement came: `keypair rotate N --to M`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct CarriedReplacement {
    /// As it stands now.
    pub replacement: ReplacementRow,
    /// What came of every instance that was worked on.
    pub instances: Vec<PushedInstance>,
    /// Why it stopped before its end.
    pub stopped: Option<Trouble>,
    /// Who may use the old API key without Patchbay seeing it.
    pub unseen: Vec<Remark>,
}

/// What stands between a pair and its end at Adobe: `keypair delete-at-adobe N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DeletionPage {
    /// The pair.
    pub keypair: KeyPairRow,
    /// `stillThere`, `deleted` or `notKnown`.
    #[ts(type = "\"stillThere\" | \"deleted\" | \"notKnown\"")]
    pub at_adobe: String,
    /// Where a person deletes it.
    pub portal: String,
    /// Instances that are watched by their address only.
    pub watched_only: Vec<String>,
    /// Who may use the API key without Patchbay seeing it.
    pub unseen: Vec<Remark>,
}

/// The new pair for an old one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ChooseNewPair {
    /// The old pair's id.
    pub key_pair: String,
    /// The new pair's id.
    pub new: String,
}

/// How a replacement is carried on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CarryRequest {
    /// The old pair's id.
    pub key_pair: String,
    /// Instance names that were typed.
    pub typed_names: Vec<String>,
    /// Whether to stop after the first instance.
    pub only_first: bool,
}

/// A pair that is to be deleted at Adobe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct DeletionRequest {
    /// The pair's id.
    pub key_pair: String,
    /// Whether the person says that it was deleted.
    pub said_done: bool,
}

/// What Patchbay cannot see, as remarks.
pub fn unseen() -> Vec<Remark> {
    let text = |code: &str| match code {
        "headlessStorefront" => "Headless storefronts that send this API key themselves.",
        "catalogService" => "Catalog Service and Live Search clients outside these instances.",
        "aemAssets" => "The AEM Assets integration.",
        _ => "Instances that another agency or team looks after.",
    };
    UNSEEN
        .into_iter()
        .map(|code| Remark {
            code: code.to_owned(),
            text: text(code).to_owned(),
            words: std::collections::BTreeMap::new(),
        })
        .collect()
}

impl ReplacementRow {
    /// The row of a replacement of one of these pairs on these instances.
    pub fn new(replacement: &Replacement, pairs: &[KeyPair], instances: &[Instance]) -> Self {
        let named = |id: &patchbay_core::id::KeyPairId| {
            let pair = pairs.iter().find(|pair| &pair.id == id);
            NamedPair {
                id: id.as_str().to_owned(),
                name: pair.map_or(id.as_str(), |pair| &pair.name).to_owned(),
            }
        };
        let members = replacement.members.iter().map(|member| {
            let instance = instances.iter().find(|one| one.id == member.instance);
            let id = member.instance.as_str();
            MemberRow {
                id: id.to_owned(),
                name: instance.map_or(id, |one| &one.name).to_owned(),
                state: member.state.as_str().to_owned(),
            }
        });
        Self {
            id: replacement.id.as_str().to_owned(),
            old: named(&replacement.old),
            new: replacement.new.as_ref().map(named),
            r#for: replacement.purpose.as_str().to_owned(),
            stage: replacement.stage().as_str().to_owned(),
            old_pair: replacement.old_pair.as_str().to_owned(),
            instances: members.collect(),
            began_at: rfc3339(replacement.began_at),
            ended_at: replacement.ended_at.and_then(rfc3339),
        }
    }
}

impl SurveyPage {
    /// The page of a survey.
    pub fn new(survey: &Survey, pairs: &[KeyPair], instances: &[Instance]) -> Self {
        Self {
            replacement: survey
                .replacement
                .as_ref()
                .map(|one| ReplacementRow::new(one, pairs, instances)),
            instances: survey.instances.iter().map(SurveyedRow::from).collect(),
        }
    }
}

impl From<&Surveyed> for SurveyedRow {
    fn from(surveyed: &Surveyed) -> Self {
        Self {
            id: surveyed.instance.id.as_str().to_owned(),
            name: surveyed.instance.name.clone(),
            obstacle: surveyed.obstacle.as_ref().map(Trouble::from),
            confirm: surveyed.confirm.iter().map(GuardSaid::from).collect(),
        }
    }
}

impl CarriedReplacement {
    /// What a run came to.
    pub fn new(report: &CarryReport, pairs: &[KeyPair], instances: &[Instance]) -> Self {
        let replacement = &report.replacement;
        let at_the_end = matches!(replacement.stage(), Stage::DeleteOld | Stage::Ended);
        Self {
            replacement: ReplacementRow::new(replacement, pairs, instances),
            instances: report.instances.iter().map(PushedInstance::from).collect(),
            stopped: report.stopped.as_ref().map(Trouble::from),
            unseen: if at_the_end { unseen() } else { Vec::new() },
        }
    }
}

impl DeletionPage {
    /// What was found about a pair whose row this is.
    pub fn new(deletion: &Deletion, keypair: KeyPairRow) -> Self {
        Self {
            keypair,
            at_adobe: deletion.at_adobe.as_str().to_owned(),
            portal: deletion.portal.clone(),
            watched_only: deletion.watched_only.clone(),
            unseen: unseen(),
        }
    }
}
