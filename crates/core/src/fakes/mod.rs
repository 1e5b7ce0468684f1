//! Per port: a stand-in in memory that can be told to fail, and the contract test that the
//! stand-in and every real adapter pass.
//!
//! Only compiled for tests and development (feature `fakes`). The stand-ins keep the promises of
//! their port and nothing more; none of them is cryptography. Not here: situations for one test
//! (they are built where they are used).

pub mod clipboard;
pub mod clock;
pub mod crypto;
pub mod gateway;
mod handing_contract;
pub mod instance;
pub mod keychain;
pub mod keys;
pub mod outlet;
pub mod portal;
pub mod records;
pub mod records_contract;
pub mod samples;
pub mod storefront;
pub mod together;
pub mod transport;
pub mod transport_contract;
pub mod trouble;

pub use clipboard::{MemoryClipboard, clipboard_contract};
pub use clock::{FakeClock, clock_contract};
pub use crypto::{FakeCrypto, crypto_contract};
pub use gateway::{FakeGateway, GatewayCase, gateway_contract};
pub use instance::FakeInstance;
pub use keychain::{MemoryKeychain, keychain_contract};
pub use outlet::{MemoryOutlet, outlet_contract};
pub use portal::{FakePortal, portal_contract};
pub use records::MemoryRecords;
pub use records_contract::records_contract;
pub use storefront::{FakeStorefront, StorefrontCase, storefront_contract};
pub use together::{Together, together};
pub use transport::{FakeTransport, Step};
pub use transport_contract::{TransportCase, transport_contract};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; a test that panicked while holding it does not take others down with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets other futures of the same task run once, so that a test of many at a time really
/// interleaves them.
pub(crate) async fn step_aside() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
