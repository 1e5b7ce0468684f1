//! The demo: where it listens, and what its main job came to.

use patchbay_core::connection::Evidence;
use patchbay_core::connection::next::next_step;
use serde::Serialize;

use crate::instances::{ConnectionState, Light, Remark};
use crate::push::PushedInstance;

/// `demo up`, once it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoListening {
    /// Always `true`: nothing here is real.
    pub demo: bool,
    /// The demo's own data directory.
    pub data_directory: String,
    /// The pretended production gateway.
    pub production_gateway: String,
    /// The pretended sandbox gateway.
    pub sandbox_gateway: String,
    /// The pretended portal.
    pub portal: String,
    /// The pretended instances.
    pub fleet: String,
    /// Where failures of Adobe's side are asked for.
    pub control: String,
    /// This run's token for the fleet.
    pub fleet_token: String,
    /// This run's token for the control interface.
    pub control_token: String,
    /// The instances.
    pub instances: Vec<DemoMember>,
}

/// One pretended instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoMember {
    /// What it is called.
    pub name: String,
    /// Its account's label.
    pub account: String,
    /// What it is for.
    pub role: String,
    /// Its target, as an SSH target is given.
    pub target: String,
    /// Its application root.
    pub root: String,
    /// Its storefront.
    pub url: String,
    /// What happened to it.
    pub about: String,
}

/// `demo run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoReport {
    /// Always `true`: nothing here is real.
    pub demo: bool,
    /// The instances, each with its state before and after.
    pub instances: Vec<DemoInstance>,
}

/// One pretended instance through the main job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoInstance {
    /// What it is called.
    pub name: String,
    /// Its account's label.
    pub account: String,
    /// What it is for.
    pub role: String,
    /// What happened to it.
    pub about: String,
    /// How it stood at first.
    pub before: DemoStanding,
    /// What was done to it, in order.
    pub done: Vec<DemoDeed>,
    /// How it stands at the end.
    pub after: DemoStanding,
}

/// How an instance stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoStanding {
    /// Its state.
    pub state: ConnectionState,
    /// Which light that shows.
    pub light: Light,
    /// Why, in one line.
    pub reason: Remark,
    /// Whatever else is true.
    pub findings: Vec<Remark>,
    /// What to do next.
    pub next: String,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoDeed {
    /// `adopt`, `disconnect`, `pushTakenDataSpace` or `push`.
    pub act: String,
    /// What a push came to; `null` for what writes nothing there.
    pub push: Option<PushedInstance>,
}

impl From<&Evidence> for DemoStanding {
    fn from(evidence: &Evidence) -> Self {
        let verdict = &evidence.verdict;
        Self {
            state: verdict.state.into(),
            light: verdict.state.light().into(),
            reason: (&verdict.reason).into(),
            findings: verdict.findings.iter().map(Remark::from).collect(),
            next: next_step(verdict).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::fakes::samples::sample_evidence;
    use patchbay_core::id::InstanceId;

    #[test]
    fn a_standing_has_the_names_that_programs_rely_on() {
        let evidence = sample_evidence(2, &InstanceId::from_random([2; 16])).unwrap();
        let json = serde_json::to_value(DemoStanding::from(&evidence)).unwrap();
        assert_eq!(json["state"], "accountNotVerified");
        assert_eq!(json["light"], "notConnected");
        assert_eq!(json["reason"]["code"], "signatureInvalid");
        assert!(json["next"].as_str().unwrap().ends_with('.'));
    }
}
