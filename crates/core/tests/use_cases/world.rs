//! A small world to begin a test from: two merchants, their keys and data spaces, and instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use patchbay_core::assignment::AssignOrder;
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::{ConnectionState, Evidence};
use patchbay_core::fakes::transport::Tally;
use patchbay_core::fakes::{
    FakeClock, FakeCrypto, FakeGateway, FakeInstance, FakePortal, FakeStorefront, FakeTransport,
    MemoryKeychain, MemoryRecords, keys,
};
use patchbay_core::id::{ApiKey, DataSpaceId, MageId, ProjectId};
use patchbay_core::instance::adding::NewInstance;
use patchbay_core::instance::{Instance, Role, SshWay, Way};
use patchbay_core::keypair::keeping::{BroughtKey, KeptKey};
use patchbay_core::push::order::{InstanceResult, OrderKind, Outcome, PushOrder};
use patchbay_core::registry::{DataSpace, DataSpaceType};
use patchbay_core::{Patchbay, Ports, Result};

pub const PROJECT: &str = "11111111-1111-4111-8111-111111111111";
pub const PRODUCTION: &str = "22222222-2222-4222-8222-222222222222";
pub const TESTING: &str = "33333333-3333-4333-8333-333333333333";
pub const TESTING_2: &str = "44444444-4444-4444-8444-444444444444";
pub const OTHER_PROJECT: &str = "55555555-5555-4555-8555-555555555555";
pub const OTHER_SPACE: &str = "66666666-6666-4666-8666-666666666666";

pub struct World {
    pub patchbay: Patchbay,
    pub keychain: Arc<MemoryKeychain>,
    pub gateway: Arc<FakeGateway>,
    pub records: Arc<MemoryRecords>,
    pub storefront: Arc<FakeStorefront>,
    pub transport: Arc<FakeTransport>,
    pub portal: Arc<FakePortal>,
    pub clock: Arc<FakeClock>,
}

pub fn api_key(n: usize) -> ApiKey {
    ApiKey::parse(&format!("{n:032x}")).unwrap()
}

pub fn mage(n: u32) -> MageId {
    MageId::parse(&format!("MAG{n:09}")).unwrap()
}

pub fn space(id: &str, kind: DataSpaceType, project: &str, owner: Option<MageId>) -> DataSpace {
    DataSpace {
        id: DataSpaceId::parse(id).unwrap(),
        name: format!("{kind} {}", &id[..1]),
        kind,
        project_id: ProjectId::parse(project).unwrap(),
        project_name: "Nordlys".into(),
        mage_id: owner,
        organisation: None,
        features: Vec::new(),
        cloud_id: None,
        account_sync: None,
    }
}

impl World {
    /// Another process on the same data directory, keychain and network.
    pub fn another_process(&self) -> Patchbay {
        self.process_over(Arc::new(self.records.another_process()))
    }

    /// Another process with other records, on the same keychain and network.
    pub fn process_over(&self, records: Arc<MemoryRecords>) -> Patchbay {
        // Each draws other random numbers.
        static SEED: AtomicU64 = AtomicU64::new(77);
        Patchbay::new(
            Ports {
                keychain: self.keychain.clone(),
                crypto: Arc::new(FakeCrypto::seeded(SEED.fetch_add(1, Ordering::SeqCst))),
                gateway: self.gateway.clone(),
                portal: self.portal.clone(),
                records,
                storefront: self.storefront.clone(),
                transport: self.transport.clone(),
                clock: self.clock.clone(),
            },
            "another",
        )
    }

    pub async fn bring(
        &self,
        account: &str,
        purpose: Purpose,
        name: &str,
        key: usize,
    ) -> Result<KeptKey> {
        let private_key = keys::pem(key);
        self.patchbay
            .bring_key(&BroughtKey {
                account,
                purpose,
                name,
                api_key: api_key(key).as_str(),
                private_key: &private_key,
            })
            .await
    }

    /// Adds an instance of that name at the ssh target of the same name.
    pub async fn add(&self, name: &str, role: Role, there: FakeInstance) -> Instance {
        self.transport.put(name, there);
        let added = self
            .patchbay
            .add_instance(NewInstance {
                name,
                account: "Nordlys",
                role,
                way: Way::Ssh(way(name)),
                url: None,
                tags: Vec::new(),
            })
            .await
            .unwrap();
        added.instance
    }

    pub async fn assign_only(
        &self,
        name: &str,
        sandbox: Option<&str>,
        production: Option<&str>,
        space: &str,
    ) -> Result<()> {
        self.patchbay
            .assign(&AssignOrder {
                instance: name,
                sandbox,
                production,
                project: ProjectId::parse(PROJECT).unwrap(),
                data_space: DataSpaceId::parse(space).unwrap(),
            })
            .await
            .map(drop)
    }

    pub async fn assign(&self, name: &str, space: &str) {
        self.assign_only(name, Some("Sand"), Some("Prod"), space)
            .await
            .unwrap();
    }

    pub async fn push(&self, name: &str) -> InstanceResult {
        self.order(&order(&[name])).await.remove(0)
    }

    pub async fn push_confirmed(&self, name: &str) -> InstanceResult {
        let mut order = order(&[name]);
        order.confirmed = vec![name.into()];
        self.order(&order).await.remove(0)
    }

    pub async fn order(&self, order: &PushOrder) -> Vec<InstanceResult> {
        self.patchbay
            .push(order, &|_, _| {})
            .await
            .unwrap()
            .instances
    }

    /// Adds an instance, assigns it the usual pairs and pushes.
    pub async fn connected(&self, name: &str, role: Role, space: &str) -> Instance {
        let instance = self.add(name, role, FakeInstance::named(name)).await;
        self.assign(name, space).await;
        let pushed = self.push_confirmed(name).await;
        assert_eq!(pushed.outcome, Outcome::Pushed, "{:?}", pushed.error);
        let state = pushed.evidence.map(|evidence| evidence.verdict);
        assert_eq!(
            state.as_ref().map(|verdict| verdict.state),
            Some(ConnectionState::Connected),
            "{state:?}"
        );
        self.transport.reset_tallies();
        instance
    }

    pub async fn check(&self, name: &str) -> Evidence {
        self.patchbay
            .check(&[name.into()])
            .await
            .unwrap()
            .remove(0)
            .evidence
    }

    pub async fn known(&self, name: &str) -> Evidence {
        let known = self.patchbay.known(&[name.into()]).await.unwrap().remove(0);
        known.1.unwrap()
    }

    pub fn row(&self, name: &str, path: ConfigPath) -> Option<Vec<u8>> {
        self.with(name, |there| there.values.get(&path).cloned())
    }

    pub fn with<T>(&self, name: &str, act: impl FnOnce(&mut FakeInstance) -> T) -> T {
        self.transport.with(name, act).unwrap()
    }

    pub fn tally(&self, name: &str) -> Tally {
        self.transport.tally(name)
    }

    /// No value has reached that instance, nor even a `go`.
    pub fn assert_nothing_sent(&self, name: &str) {
        let tally = self.tally(name);
        assert_eq!((tally.gos, tally.values), (0, Vec::new()), "{name}");
    }
}

pub fn way(target: &str) -> SshWay {
    SshWay {
        target: target.into(),
        port: None,
        identity_file: None,
        root: "/srv/shop".into(),
        php: None,
        run_as: None,
        container: None,
    }
}

pub fn order(names: &[&str]) -> PushOrder {
    PushOrder::new(
        OrderKind::Assignment,
        names.iter().map(|name| (*name).to_owned()).collect(),
    )
}

/// Accounts and what Adobe knows; no key pair is kept yet.
pub async fn empty_world() -> World {
    let clock = Arc::new(FakeClock::default());
    let gateway = Arc::new(FakeGateway::new(clock.clone()));
    let portal = FakePortal::new("https://portal.test/", "sign-in");
    let portal = Arc::new(portal.known_to(gateway.clone(), mage(1)));
    let keychain = Arc::new(MemoryKeychain::default());
    let records = Arc::new(MemoryRecords::default());
    let storefront = Arc::new(FakeStorefront::default());
    let transport = Arc::new(FakeTransport::new(clock.clone()));
    let ports = Ports {
        keychain: keychain.clone(),
        crypto: Arc::new(FakeCrypto::default()),
        gateway: gateway.clone(),
        portal: portal.clone(),
        records: records.clone(),
        storefront: storefront.clone(),
        transport: transport.clone(),
        clock: clock.clone(),
    };
    let patchbay = Patchbay::new(ports, "tester");
    let (us, them) = (mage(1), mage(2));
    for (account, purpose, key) in [
        (&us, Purpose::Production, 0),
        (&us, Purpose::Sandbox, 1),
        (&them, Purpose::Production, 2),
        (&us, Purpose::Production, 3),
    ] {
        gateway.register(account, purpose, &api_key(key), &keys::der(key));
    }
    for (id, kind) in [
        (PRODUCTION, DataSpaceType::Production),
        (TESTING, DataSpaceType::Testing),
        (TESTING_2, DataSpaceType::Testing),
    ] {
        gateway.add_data_space(&us, space(id, kind, PROJECT, Some(us.clone())));
    }
    let theirs = space(
        OTHER_SPACE,
        DataSpaceType::Production,
        OTHER_PROJECT,
        Some(them.clone()),
    );
    gateway.add_data_space(&them, theirs);
    patchbay.add_account("Nordlys", None).await.unwrap();
    patchbay.add_account("Other", None).await.unwrap();
    World {
        patchbay,
        keychain,
        gateway,
        records,
        storefront,
        transport,
        portal,
        clock,
    }
}

/// With the pairs "Prod" (key 0) and "Sand" (key 1) of Nordlys kept.
pub async fn world() -> World {
    let world = empty_world().await;
    for (purpose, name, key) in [
        (Purpose::Production, "Prod", 0),
        (Purpose::Sandbox, "Sand", 1),
    ] {
        world.bring("Nordlys", purpose, name, key).await.unwrap();
    }
    world
}
