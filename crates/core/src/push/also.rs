//! What carrying a plan out does besides the values it changes: said in the plan, so that nothing
//! comes as a surprise.
//!
//! Pure. Not here: what forbids a plan or asks for a name (guards).

use super::plan::{Plan, PlanKind};
use crate::config::{ConfigPath, Part};
use crate::look::Look;

/// One more thing that a plan does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// Which sentence; with the words it is enough to say it in another language.
    pub case: &'static str,
    /// What is filled into the sentence, by name.
    pub words: Vec<(&'static str, String)>,
    /// What it says, in English.
    pub text: String,
}

fn also(case: &'static str, words: &[(&'static str, &str)], text: impl Into<String>) -> Also {
    let words = words.iter().map(|(name, word)| (*name, (*word).to_owned()));
    Also {
        case,
        words: words.collect(),
        text: text.into(),
    }
}

/// Everything else that carrying the plan out does, in the order in which it happens.
pub fn all(plan: &Plan, look: &Look) -> Vec<Also> {
    if plan.is_empty() {
        return Vec::new();
    }
    let mut said = vec![also(
        "cache",
        &[],
        "The configuration cache of the instance is cleaned.",
    )];
    let of = |path: ConfigPath| plan.changes.iter().find(|change| change.path == path);
    let space = of(ConfigPath::DataSpaceId);
    if let (Some(cloud), Some(_)) = (
        &look.cloud,
        space.filter(|change| change.to_exact.is_some()),
    ) {
        said.push(also(
            "cloudLabel",
            &[("project", &cloud.project)],
            format!(
                "Adobe's registry notes the Cloud project {} with that data space, in place of any other.",
                cloud.project
            ),
        ));
    }
    if let Some(change) = space {
        let ids: Vec<&str> = look.merchant_ids().map(|row| row.value.as_str()).collect();
        if !ids.is_empty() && plan.payments.is_empty() {
            let ids = ids.join(", ");
            said.push(also(
                "paymentsAtRisk",
                &[("ids", &ids)],
                format!(
                    "The Payment Services ID {ids} stays with the data space that is there now; it has to be reset and payments set up again."
                ),
            ));
        }
        match (&change.from_exact, &change.to_exact) {
            (Some(_), Some(_)) => said.push(also(
                "resync",
                &[],
                "Search and recommendations stay empty until the catalogue is sent again (resync).",
            )),
            (None, Some(_)) => said.push(also(
                "feedsBegin",
                &[],
                "Within minutes the instance begins to send its catalogue to the data space.",
            )),
            _ => {}
        }
    }
    if plan.kind == PlanKind::Detach && plan.parts.contains(&Part::Payments) {
        said.push(also(
            "copyStops",
            &[],
            "The copy stops sending to the data space and takes no payments any more.",
        ));
    }
    said
}
