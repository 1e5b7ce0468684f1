//! Sign-ins that have expired, told once for each project instead of once for each instance.

use std::collections::BTreeMap;

use crate::instance::{Instance, Way, cloud_project};

/// What renews a sign-in to Commerce Cloud (docs/facts.md, SSH).
pub const RENEW_CLOUD: &str = "magento-cloud ssh-cert:load";

/// A sign-in to be renewed, and whom that concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The Cloud project.
    pub project: String,
    /// The command that renews it.
    pub command: &'static str,
    /// The instances' names, in their order.
    pub instances: Vec<String>,
}

/// Puts the instances whose sign-in has expired together by their projects.
pub fn renewals<'a>(expired: impl IntoIterator<Item = &'a Instance>) -> Vec<Renewal> {
    let mut projects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for instance in expired {
        if let Way::Ssh(way) = &instance.way
            && let Some(project) = cloud_project(&way.target)
        {
            let names = projects.entry(project.to_owned()).or_default();
            names.push(instance.name.clone());
        }
    }
    projects
        .into_iter()
        .map(|(project, instances)| Renewal {
            project,
            command: RENEW_CLOUD,
            instances,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::samples;

    #[test]
    fn a_project_is_told_once_however_many_instances_it_has() {
        let at = |name: &str, target: &str| {
            let account = samples::sample_account(2).unwrap();
            let mut instance = samples::sample_instance(2, &account);
            instance.name = name.into();
            if let Way::Ssh(way) = &mut instance.way {
                way.target = target.into();
            }
            instance
        };
        let expired = [
            at("b live", "1.ent-bbb-production-x@ssh.eu-4.magento.cloud"),
            at("a live", "1.ent-aaa-production-x@ssh.eu-4.magento.cloud"),
            at("a staging", "aaa-staging-7rq--app@ssh.eu-4.magento.cloud"),
            at("elsewhere", "deploy@shop.example"),
        ];
        let told = renewals(&expired);
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.project.as_str(), one.instances.join(", ")))
            .collect();
        assert_eq!(
            told,
            [
                ("aaa", "a live, a staging".to_owned()),
                ("bbb", "b live".to_owned())
            ]
        );
    }
}
