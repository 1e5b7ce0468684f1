//! All stand-ins behind one door, for tests of whole use cases.

use std::sync::Arc;

use super::{
    FakeClock, FakeCrypto, FakeGateway, FakePortal, FakeStorefront, FakeTransport, MemoryKeychain,
    MemoryRecords,
};
use crate::patchbay::{Patchbay, Ports};

/// The stand-ins behind a [`Patchbay`], to prepare and to look into.
#[derive(Clone)]
pub struct Together {
    /// The door over all of them.
    pub patchbay: Patchbay,
    /// The keychain.
    pub keychain: Arc<MemoryKeychain>,
    /// The gateways.
    pub gateway: Arc<FakeGateway>,
    /// The records.
    pub records: Arc<MemoryRecords>,
    /// Shops as visitors see them.
    pub storefront: Arc<FakeStorefront>,
    /// The network.
    pub transport: Arc<FakeTransport>,
    /// The clock.
    pub clock: Arc<FakeClock>,
}

/// An empty Patchbay over stand-ins; its portal is `https://portal.test/`, sign-in `sign-in`.
pub fn together() -> Together {
    let clock = Arc::new(FakeClock::default());
    let keychain = Arc::new(MemoryKeychain::default());
    let gateway = Arc::new(FakeGateway::new(Arc::clone(&clock)));
    let records = Arc::new(MemoryRecords::default());
    let storefront = Arc::new(FakeStorefront::default());
    let transport = Arc::new(FakeTransport::new(Arc::clone(&clock)));
    let ports = Ports {
        keychain: keychain.clone(),
        crypto: Arc::new(FakeCrypto::default()),
        gateway: gateway.clone(),
        portal: Arc::new(FakePortal::new("https://portal.test/", "sign-in")),
        records: records.clone(),
        storefront: storefront.clone(),
        transport: transport.clone(),
        clock: clock.clone(),
    };
    Together {
        patchbay: Patchbay::new(ports, "tester"),
        keychain,
        gateway,
        records,
        storefront,
        transport,
        clock,
    }
}
