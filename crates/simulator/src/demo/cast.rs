//! Who plays: two merchants with their accounts, projects and keys, and six instances, each with
//! what happened to it.
//!
//! The six are what merchants really have. Nobody kept the live shop's private key; its staging
//! copy was made from a copy of the database, so it writes into the live shop's data space.

use std::collections::BTreeMap;

use patchbay_core::config::{ConfigPath, PAYMENT_PATHS, Purpose};
use patchbay_core::instance::Role;
use patchbay_core::look::{ScopedValue, Versions};

use crate::Urls;
use crate::account::{DataSpace, Gateway, Licence, Project, ReadyKey};
use crate::fleet::{Instance, Troubles, Unreachable};
use crate::world::{NewAccount, World, WorldError};

/// One of the six, by what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Story {
    /// A live shop, connected years ago by somebody who left.
    ConnectedYearsAgo,
    /// Its staging copy, still on the live shop's data space.
    CopyOfLive,
    /// Somebody chose another data space in the Admin than was assigned.
    ChangedInTheAdmin,
    /// A live shop whose production API key was deleted at Adobe.
    KeysRejected,
    /// A new shop that was never connected.
    NewShop,
    /// A server behind a firewall that lets nobody in.
    BehindFirewall,
}

impl Story {
    /// All six, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::ConnectedYearsAgo,
        Self::CopyOfLive,
        Self::ChangedInTheAdmin,
        Self::KeysRejected,
        Self::NewShop,
        Self::BehindFirewall,
    ];

    /// What the instance is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectedYearsAgo => "Nordlys live",
            Self::CopyOfLive => "Nordlys staging",
            Self::ChangedInTheAdmin => "Nordlys development",
            Self::KeysRejected => "Harbour Tea live",
            Self::NewShop => "Harbour Tea Taipei",
            Self::BehindFirewall => "Harbour Tea staging",
        }
    }

    /// What happened to it, in one English sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::ConnectedYearsAgo => {
                "A live shop, connected years ago; nobody kept its private key."
            }
            Self::CopyOfLive => {
                "Made from a copy of the live database, so it still writes into the live data space."
            }
            Self::ChangedInTheAdmin => "Somebody chose another data space in the Admin.",
            Self::KeysRejected => "Its production API key was deleted in the API Portal.",
            Self::NewShop => "A new shop that opens soon; nothing is set on it yet.",
            Self::BehindFirewall => "Its server moved behind a firewall.",
        }
    }

    /// Its target: the address the fleet knows it by.
    #[must_use]
    pub fn target(self) -> &'static str {
        match self {
            Self::ConnectedYearsAgo => "demo-nordlys-live",
            Self::CopyOfLive => "demo-nordlys-staging",
            Self::ChangedInTheAdmin => "demo-nordlys-development",
            Self::KeysRejected => "demo-harbour-live",
            Self::NewShop => "demo-harbour-taipei",
            Self::BehindFirewall => "demo-harbour-staging",
        }
    }

    /// Its application root.
    #[must_use]
    pub fn root(self) -> &'static str {
        match self.merchant() {
            Merchant::Nordlys => "/var/www/nordlys",
            Merchant::Harbour => "/var/www/harbour-tea",
        }
    }

    /// Its storefront.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::ConnectedYearsAgo => "https://www.nordlys.example/",
            Self::CopyOfLive => "https://staging.nordlys.example/",
            Self::ChangedInTheAdmin => "https://dev.nordlys.example/",
            Self::KeysRejected => "https://www.harbour-tea.example/",
            Self::NewShop => "https://taipei.harbour-tea.example/",
            Self::BehindFirewall => "https://staging.harbour-tea.example/",
        }
    }

    /// What it is for.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::ConnectedYearsAgo | Self::KeysRejected | Self::NewShop => Role::Live,
            Self::CopyOfLive | Self::BehindFirewall => Role::Staging,
            Self::ChangedInTheAdmin => Role::Development,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn merchant(self) -> Merchant {
        match self {
            Self::ConnectedYearsAgo | Self::CopyOfLive | Self::ChangedInTheAdmin => {
                Merchant::Nordlys
            }
            Self::KeysRejected | Self::NewShop | Self::BehindFirewall => Merchant::Harbour,
        }
    }
}

/// One of the two merchants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Merchant {
    /// Outdoor clothing.
    Nordlys,
    /// Tea.
    Harbour,
}

impl Merchant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Nordlys, Self::Harbour];

    /// What the account is called.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Nordlys => "Nordlys",
            Self::Harbour => "Harbour Tea",
        }
    }

    /// What the key pair for a gateway is called in the records.
    #[must_use]
    pub fn pair_name(self, purpose: Purpose) -> &'static str {
        match (self, purpose) {
            (Self::Nordlys, Purpose::Production) => "Nordlys development, production",
            (Self::Nordlys, Purpose::Sandbox) => "Nordlys development, sandbox",
            (Self::Harbour, Purpose::Production) => "Harbour Tea 2026, production",
            (Self::Harbour, Purpose::Sandbox) => "Harbour Tea 2026, sandbox",
        }
    }
}

/// What one merchant has at Adobe.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub mage_id: String,
    /// Bearer token of the owner's sign-in at the portal.
    pub sign_in: String,
    /// The production pair that the merchant has in hand.
    pub production: ReadyKey,
    /// The sandbox pair that the merchant has in hand.
    pub sandbox: ReadyKey,
    /// Its projects with their data spaces.
    pub projects: Vec<Project>,
    /// Pairs that only its instances hold: nobody kept their private keys.
    elsewhere: Vec<ReadyKey>,
}

/// Everybody.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Outdoor clothing.
    pub nordlys: Member,
    /// Tea.
    pub harbour: Member,
}

impl Cast {
    /// Every pair that was made for this run, so that a test can look for their private keys.
    pub fn every_key(&self) -> impl Iterator<Item = &ReadyKey> {
        [&self.nordlys, &self.harbour]
            .into_iter()
            .flat_map(|member| {
                let held = [&member.production, &member.sandbox].into_iter();
                held.chain(&member.elsewhere)
            })
    }

    /// What a merchant has at Adobe.
    #[must_use]
    pub fn member(&self, merchant: Merchant) -> &Member {
        match merchant {
            Merchant::Nordlys => &self.nordlys,
            Merchant::Harbour => &self.harbour,
        }
    }

    /// Project and data space of the first project, by the data space's place in it.
    fn space(&self, merchant: Merchant, project: usize, nth: usize) -> Option<Home<'_>> {
        let project = self.member(merchant).projects.get(project)?;
        Some((project, project.data_spaces.get(nth)?))
    }

    /// The data space an instance is meant to have.
    #[must_use]
    pub fn meant_for(&self, story: Story) -> Option<Home<'_>> {
        match story {
            Story::ConnectedYearsAgo => self.space(Merchant::Nordlys, 0, 0),
            Story::CopyOfLive => self.space(Merchant::Nordlys, 0, 2),
            Story::ChangedInTheAdmin => self.space(Merchant::Nordlys, 0, 1),
            Story::KeysRejected => self.space(Merchant::Harbour, 0, 0),
            Story::NewShop => self.space(Merchant::Harbour, 1, 0),
            Story::BehindFirewall => self.space(Merchant::Harbour, 0, 1),
        }
    }
}

/// A data space with the project it belongs to.
pub type Home<'a> = (&'a Project, &'a DataSpace);

/// Makes the accounts, projects and keys.
pub(super) fn enter(world: &mut World) -> Result<Cast, WorldError> {
    Ok(Cast {
        nordlys: nordlys(world)?,
        harbour: harbour(world)?,
    })
}

fn nordlys(world: &mut World) -> Result<Member, WorldError> {
    let mut member = member(
        world,
        "MAG005500417",
        "Nordlys AS",
        &["Nordlys"],
        "Development",
    )?;
    let id = &member.mage_id;
    let production = world.make_key(id, Gateway::Production, "Live 2021")?;
    let sandbox = world.make_key(id, Gateway::Sandbox, "Live 2021")?;
    member.elsewhere = vec![production, sandbox];
    Ok(member)
}

fn harbour(world: &mut World) -> Result<Member, WorldError> {
    let projects = ["Harbour Tea", "Harbour Tea Taipei"];
    let mut member = member(world, "MAG005501982", "Harbour Tea Ltd.", &projects, "2026")?;
    let deleted = world.make_key(&member.mage_id, Gateway::Production, "2023")?;
    world.revoke_key(&deleted.id)?;
    member.elsewhere = vec![deleted];
    Ok(member)
}

fn member(
    world: &mut World,
    mage_id: &str,
    organisation: &str,
    projects: &[&str],
    keys: &str,
) -> Result<Member, WorldError> {
    let account = world.create_account(NewAccount {
        mage_id: Some(mage_id.to_owned()),
        organisation: Some(organisation.to_owned()),
        licence: Licence::Commerce,
    })?;
    for name in projects {
        world.initialize(mage_id, name)?;
    }
    let sign_in = account.sign_ins.into_iter().next();
    Ok(Member {
        mage_id: mage_id.to_owned(),
        sign_in: sign_in.map(|own| own.token).unwrap_or_default(),
        production: world.make_key(mage_id, Gateway::Production, keys)?,
        sandbox: world.make_key(mage_id, Gateway::Sandbox, keys)?,
        projects: world.account(mage_id)?.projects.clone(),
        elsewhere: Vec::new(),
    })
}

/// The six instances, each at its target.
pub(super) fn instances(cast: &Cast, urls: &Urls) -> Vec<(String, Instance)> {
    let made = Story::ALL.into_iter().map(|story| {
        let mut instance = Instance::new(story.target(), story.root(), story.url());
        instance.gateways = BTreeMap::from([
            (Purpose::Production, urls.production.clone()),
            (Purpose::Sandbox, urls.sandbox.clone()),
        ]);
        happen(story, cast, &mut instance);
        (story.target().to_owned(), instance)
    });
    made.collect()
}

/// Does to an instance what its story tells.
fn happen(story: Story, cast: &Cast, instance: &mut Instance) {
    match story {
        Story::ConnectedYearsAgo => {
            hold(instance, &cast.nordlys.elsewhere);
            live_in(instance, cast.meant_for(story));
            instance.payments = payments("production");
            instance.versions = old_versions();
        }
        Story::CopyOfLive => {
            hold(instance, &cast.nordlys.elsewhere);
            live_in(instance, cast.meant_for(Story::ConnectedYearsAgo));
            // Whoever made the copy switched payments to test mode and left the rest.
            instance.payments = payments("sandbox");
            instance.versions = old_versions();
        }
        Story::ChangedInTheAdmin => {
            let own = [&cast.nordlys.production, &cast.nordlys.sandbox];
            hold(instance, own);
            // Assigned is "Testing 1"; this is "Testing 2".
            live_in(instance, cast.space(Merchant::Nordlys, 0, 2));
        }
        Story::KeysRejected => {
            hold(instance, &cast.harbour.elsewhere);
            hold(instance, [&cast.harbour.sandbox]);
            live_in(instance, cast.meant_for(story));
            instance.payments = payments("production");
        }
        Story::NewShop => {}
        Story::BehindFirewall => {
            hold(instance, [&cast.harbour.production, &cast.harbour.sandbox]);
            live_in(instance, cast.meant_for(story));
            instance.troubles = Troubles {
                unreachable: Some(Unreachable::TimedOut),
                ..Troubles::default()
            };
        }
    }
}

fn hold<'a>(instance: &mut Instance, keys: impl IntoIterator<Item = &'a ReadyKey>) {
    for key in keys {
        let purpose = match key.gateway {
            Gateway::Production => Purpose::Production,
            Gateway::Sandbox => Purpose::Sandbox,
        };
        instance.set(purpose.api_key_path(), &key.api_key);
        instance.set(purpose.private_key_path(), key.private_key.expose());
    }
}

fn live_in(instance: &mut Instance, home: Option<Home<'_>>) {
    let Some((project, space)) = home else {
        return;
    };
    instance.set(ConfigPath::ProjectId, &project.id);
    instance.set(ConfigPath::ProjectName, &project.name);
    instance.set(ConfigPath::DataSpaceId, &space.id);
    instance.set(ConfigPath::DataSpaceName, &space.name);
    instance.set(ConfigPath::DataSpaceType, space.kind.word());
}

fn payments(mode: &str) -> Vec<ScopedValue> {
    let [method, _, production] = PAYMENT_PATHS;
    let row = |path: &str, scope: &str, scope_id, value: &str| ScopedValue {
        path: path.to_owned(),
        scope: scope.to_owned(),
        scope_id,
        value: value.to_owned(),
    };
    vec![
        row(method, "websites", 1, mode),
        row(production, "default", 0, "PS-4471-0926"),
    ]
}

fn old_versions() -> Versions {
    Versions {
        magento: "2.4.7-p6".to_owned(),
        edition: "Enterprise".to_owned(),
        services_id: "3.2.5".to_owned(),
        services_connector: "1.3.5".to_owned(),
        php: "8.2.28".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_targets_are_all_different() {
        for field in [Story::name, Story::target, Story::url, Story::about] {
            let all: BTreeSet<&str> = Story::ALL.into_iter().map(field).collect();
            assert_eq!(all.len(), 6);
        }
    }

    #[test]
    fn the_cast_holds_what_its_stories_say() {
        let mut world = World::default();
        let cast = enter(&mut world).unwrap();
        let urls = Urls {
            production: "http://127.0.0.1:1/".into(),
            sandbox: "http://127.0.0.1:2/".into(),
            portal: "http://127.0.0.1:3/".into(),
            control: "http://127.0.0.1:3/control/".into(),
        };
        let instances: BTreeMap<String, Instance> = instances(&cast, &urls).into_iter().collect();
        let space = |story: Story| instances[story.target()].plain(ConfigPath::DataSpaceId);
        assert_eq!(space(Story::ConnectedYearsAgo), space(Story::CopyOfLive));
        assert_ne!(
            space(Story::ChangedInTheAdmin),
            cast.meant_for(Story::ChangedInTheAdmin)
                .map(|(_, space)| space.id.as_str())
        );
        assert_eq!(instances[Story::NewShop.target()].held(), []);
        let key = instances[Story::KeysRejected.target()].plain(ConfigPath::ProductionApiKey);
        assert!(world.key_at(Gateway::Production, key.unwrap()).is_none());
    }
}
