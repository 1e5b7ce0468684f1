//! Named situations: accounts with keys in hand, and what goes wrong around them.
//!
//! Each is a complete new beginning: accounts, faults and clocks of before are gone. The
//! pretended instances that belong to a situation will be told from here too; today a situation
//! is Adobe's side only.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::account::{Gateway, Licence, Project, ReadyKey};
use crate::fault::{Door, Fault, Rule};
use crate::stage::ClockSkew;
use crate::world::{NewAccount, World, WorldError};

/// A situation by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// One Adobe Commerce account, both pairs accepted, one project.
    AllWell,
    /// The same for Magento Open Source: a single data space.
    OpenSource,
    /// Both pairs accepted, but no project yet.
    EmptyAccount,
    /// Three accounts of different merchants, all well.
    ThreeMerchants,
    /// Two accounts; the second one's production key was deleted at Adobe.
    OneLockedOut,
    /// One account, suspended.
    Suspended,
    /// Both gateways answer 503.
    GatewayDown,
    /// Both gateways answer after three seconds.
    GatewaySlow,
    /// Both gateways ask to come back later (429).
    TooBusy,
    /// A proxy's page comes instead of every answer.
    ProxyInBetween,
    /// Both gateways' clocks are ten minutes ahead, so that every token has expired.
    ClockAhead,
    /// The registry does not say which MageID a data space belongs to.
    MageIdHidden,
}

impl Scenario {
    /// Every situation.
    pub const ALL: [Self; 12] = [
        Self::AllWell,
        Self::OpenSource,
        Self::EmptyAccount,
        Self::ThreeMerchants,
        Self::OneLockedOut,
        Self::Suspended,
        Self::GatewayDown,
        Self::GatewaySlow,
        Self::TooBusy,
        Self::ProxyInBetween,
        Self::ClockAhead,
        Self::MageIdHidden,
    ];

    /// The name used on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AllWell => "all-well",
            Self::OpenSource => "open-source",
            Self::EmptyAccount => "empty-account",
            Self::ThreeMerchants => "three-merchants",
            Self::OneLockedOut => "one-locked-out",
            Self::Suspended => "suspended",
            Self::GatewayDown => "gateway-down",
            Self::GatewaySlow => "gateway-slow",
            Self::TooBusy => "too-busy",
            Self::ProxyInBetween => "proxy-in-between",
            Self::ClockAhead => "clock-ahead",
            Self::MageIdHidden => "mage-id-hidden",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no situation of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scenario of that name")]
pub struct UnknownScenario;

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == text)
            .ok_or(UnknownScenario)
    }
}

/// An account of a situation, with everything a merchant would have in hand.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadyAccount {
    /// The MageID.
    pub mage_id: String,
    /// The organisation's name.
    pub organisation: String,
    /// Bearer token of the owner's sign-in at the portal.
    pub sign_in: String,
    /// The production pair.
    pub production: ReadyKey,
    /// The sandbox pair.
    pub sandbox: ReadyKey,
    /// The projects with their data spaces.
    pub projects: Vec<Project>,
}

/// A situation that was set up.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Situation {
    /// Its name.
    pub scenario: Scenario,
    /// The accounts, in the order of their MageIDs.
    pub accounts: Vec<ReadyAccount>,
}

/// Everything a situation changes.
#[derive(Debug, Default)]
pub(crate) struct Setting {
    pub(crate) world: World,
    pub(crate) rules: Vec<Rule>,
    pub(crate) clocks: BTreeMap<Door, ClockSkew>,
    pub(crate) accounts: Vec<ReadyAccount>,
}

/// Makes a situation. Making its key pairs takes up to a second or two of CPU.
///
/// # Errors
/// Only when the cryptographic library fails.
pub(crate) fn prepare(scenario: Scenario) -> Result<Setting, WorldError> {
    let mut setting = Setting::default();
    for (organisation, licence, project) in cast(scenario) {
        setting.engage(organisation, *licence, *project)?;
    }
    setting.trouble(scenario)?;
    Ok(setting)
}

type Part = (&'static str, Licence, Option<&'static str>);

fn cast(scenario: Scenario) -> &'static [Part] {
    use Licence::{Commerce, OpenSource};
    match scenario {
        Scenario::OpenSource => &[("Lantern Books", OpenSource, Some("Lantern"))],
        Scenario::EmptyAccount => &[("Harbour Tea", Commerce, None)],
        Scenario::OneLockedOut => &[
            ("Harbour Tea", Commerce, Some("Harbour")),
            ("Mill Bicycles", Commerce, Some("Mill")),
        ],
        Scenario::ThreeMerchants => &[
            ("Harbour Tea", Commerce, Some("Harbour")),
            ("Mill Bicycles", Commerce, Some("Mill")),
            ("Lantern Books", OpenSource, Some("Lantern")),
        ],
        _ => &[("Harbour Tea", Commerce, Some("Harbour"))],
    }
}

impl Setting {
    fn engage(
        &mut self,
        organisation: &str,
        licence: Licence,
        project: Option<&str>,
    ) -> Result<(), WorldError> {
        let new = NewAccount {
            organisation: Some(organisation.to_owned()),
            licence,
            ..NewAccount::default()
        };
        let account = self.world.create_account(new)?;
        let mage_id = account.mage_id;
        let production = self.world.make_key(&mage_id, Gateway::Production, "Live")?;
        let sandbox = self.world.make_key(&mage_id, Gateway::Sandbox, "Test")?;
        if let Some(name) = project {
            self.world.initialize(&mage_id, name)?;
        }
        let projects = self.world.account(&mage_id)?.projects.clone();
        let sign_in = account
            .sign_ins
            .into_iter()
            .next()
            .map(|own| own.token)
            .unwrap_or_default();
        let organisation = account.organisation;
        self.accounts.push(ReadyAccount {
            mage_id,
            organisation,
            sign_in,
            production,
            sandbox,
            projects,
        });
        Ok(())
    }

    fn trouble(&mut self, scenario: Scenario) -> Result<(), WorldError> {
        let everywhere = |fault: Fault| {
            [Door::Production, Door::Sandbox].map(|door| Rule::always(fault.clone()).at(door))
        };
        match scenario {
            Scenario::OneLockedOut => {
                if let Some(second) = self.accounts.get(1) {
                    self.world.revoke_key(&second.production.api_key)?;
                }
            }
            Scenario::Suspended => {
                for account in &self.accounts {
                    self.world.suspend(&account.mage_id, true)?;
                }
            }
            Scenario::GatewayDown => self.rules.extend(everywhere(Fault::Status { status: 503 })),
            Scenario::GatewaySlow => self.rules.extend(everywhere(Fault::Slow { millis: 3_000 })),
            Scenario::TooBusy => self
                .rules
                .extend(everywhere(Fault::TooManyRequests { retry_after: 30 })),
            Scenario::ProxyInBetween => self
                .rules
                .extend(everywhere(Fault::ProxyPage { status: 403 })),
            Scenario::MageIdHidden => self.rules.extend(everywhere(Fault::WithoutMageId)),
            Scenario::ClockAhead => {
                let ahead = ClockSkew {
                    date_seconds: 600,
                    exp_seconds: 600,
                };
                self.clocks
                    .extend([(Door::Production, ahead), (Door::Sandbox, ahead)]);
            }
            Scenario::AllWell
            | Scenario::OpenSource
            | Scenario::EmptyAccount
            | Scenario::ThreeMerchants => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_scenario_and_is_the_json_one() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(scenario));
            assert_eq!(serde_json::to_value(scenario).unwrap(), scenario.name());
        }
        assert_eq!("nonsense".parse::<Scenario>(), Err(UnknownScenario));
    }

    #[test]
    fn one_locked_out_leaves_the_other_three_keys() {
        let setting = prepare(Scenario::OneLockedOut).unwrap();
        let [well, locked] = &setting.accounts[..] else {
            panic!("two accounts")
        };
        let known = |gateway, key: &ReadyKey| setting.world.key_at(gateway, &key.api_key).is_some();
        assert!(
            known(Gateway::Production, &well.production) && known(Gateway::Sandbox, &well.sandbox)
        );
        assert!(known(Gateway::Sandbox, &locked.sandbox));
        assert!(
            !known(Gateway::Production, &locked.production),
            "deleted at Adobe, still in hand"
        );
    }
}
