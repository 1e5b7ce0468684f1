//! The demo's outside: a data directory of its own, a keychain in memory, the pretend fleet.
//!
//! Real and pretended never meet. The records are marked as the demo's in their header when they
//! are made; the keychain takes only private keys that were pretended for this very run; and the
//! way to the fleet cannot be made without such a directory. Not here: the fleet itself (the
//! simulator), which a shell starts and names.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use patchbay_core::Ports;
use patchbay_core::fingerprint::IdentityFingerprint;
use patchbay_core::id::KeychainItem;
use patchbay_core::keypair::intake::read_private_key;
use patchbay_core::ports::keychain::{Asked, Keychain, KeychainError};
use patchbay_core::ports::records::RecordsError;
use patchbay_core::ports::storefront::{ShopAnswer, Storefront, StorefrontError};
use patchbay_core::secret::Secret;
use tempfile::TempDir;
use url::Url;

use crate::clock::SystemClock;
use crate::crypto::SystemCrypto;
use crate::gateway::{GatewaySettings, HttpGateway};
use crate::http::{HttpSetupError, Patience};
use crate::outside::OpenError;
use crate::portal::HttpPortal;
use crate::records::SqliteRecords;
use crate::storefront::HttpStorefront;
pub use crate::transport::{FleetAddress, HttpTransport};

/// The file whose lock says that a demo is running in a directory.
const TURN: &str = "demo.lock";

/// Tells whether a private key was pretended by the simulator of this run.
pub type Pretended = Arc<dyn Fn(&IdentityFingerprint) -> bool + Send + Sync>;

/// A data directory that was made for the demo: the proof that everything that needs one works
/// with pretended keys alone.
pub struct DemoDirectory {
    records: Arc<SqliteRecords>,
    path: PathBuf,
    /// Held while this process plays in it.
    _turn: Option<File>,
    /// Removed with everything in it when this is dropped.
    _temporary: Option<TempDir>,
}

impl fmt::Debug for DemoDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DemoDirectory({})", self.path.display())
    }
}

impl DemoDirectory {
    /// Opens a demo's data directory, made and marked where there is none.
    ///
    /// # Errors
    /// [`RecordsError::Unusable`] for a directory with real records, which is left untouched, and
    /// everything of [`SqliteRecords::open`].
    pub fn open(path: &Path) -> Result<Self, RecordsError> {
        Ok(Self {
            records: Arc::new(SqliteRecords::open_demo(path)?),
            path: path.to_owned(),
            _turn: None,
            _temporary: None,
        })
    }

    /// A demo's data directory that is emptied first, for this process alone.
    ///
    /// # Errors
    /// As [`DemoDirectory::open`], and where another demo is running there.
    pub fn fresh(path: &Path) -> Result<Self, RecordsError> {
        drop(Self::open(path)?);
        let turn = take_turn(path)?;
        let failed = |error: io::Error| RecordsError::Unusable {
            why: format!("{}: it could not be emptied ({error})", path.display()),
        };
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name() == TURN {
                continue;
            }
            let inside = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                fs::remove_dir_all(inside).map_err(failed)?;
            } else {
                fs::remove_file(inside).map_err(failed)?;
            }
        }
        let opened = Self::open(path)?;
        Ok(Self {
            _turn: Some(turn),
            ..opened
        })
    }

    /// A demo's data directory among the system's temporary files, gone when this is dropped.
    ///
    /// # Errors
    /// As [`DemoDirectory::open`].
    pub fn temporary() -> Result<Self, RecordsError> {
        let folder = tempfile::Builder::new().prefix("patchbay-demo-").tempdir();
        let folder = folder.map_err(|error| RecordsError::Unusable {
            why: format!("there is no room among the temporary files: {error}"),
        })?;
        let opened = Self::open(&folder.path().join("data"))?;
        Ok(Self {
            _temporary: Some(folder),
            ..opened
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn take_turn(path: &Path) -> Result<File, RecordsError> {
    let unusable = |why: &str| RecordsError::Unusable {
        why: format!("{}: {why}", path.display()),
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(TURN))
        .map_err(|error| unusable(&error.to_string()))?;
    file.try_lock()
        .map_err(|_| unusable("another demo is running there; end it first"))?;
    Ok(file)
}

/// Where this run's simulator and fleet are.
pub struct DemoPlaces {
    /// The pretended production gateway; plain http inside this computer.
    pub production_gateway: String,
    /// The pretended sandbox gateway.
    pub sandbox_gateway: String,
    /// The fleet.
    pub fleet: FleetAddress,
    /// Which keys are pretended.
    pub pretended: Pretended,
}

/// The whole outside of the demo. Asks nobody.
///
/// # Errors
/// [`OpenError::Http`] for a gateway that is not inside this computer.
pub fn open(directory: &DemoDirectory, places: DemoPlaces) -> Result<Ports, OpenError> {
    let gateways = GatewaySettings {
        production: inside(places.production_gateway)?,
        sandbox: inside(places.sandbox_gateway)?,
        patience: Patience::default(),
        proxy: None,
    };
    Ok(Ports {
        storefront: Arc::new(DemoStorefront::new(&places.fleet)),
        keychain: Arc::new(DemoKeychain::new(places.pretended)),
        crypto: Arc::new(SystemCrypto),
        gateway: Arc::new(HttpGateway::new(&gateways)?),
        portal: Arc::new(HttpPortal::default()),
        records: directory.records.clone(),
        transport: Arc::new(HttpTransport::new(directory, places.fleet)?),
        clock: Arc::new(SystemClock::new()),
    })
}

/// The fleet's shops under the addresses they pretend to have; no other address is ever asked.
struct DemoStorefront {
    inside: HttpStorefront,
    /// The fleet's address for a shop called `shop`.
    example: Url,
}

impl DemoStorefront {
    fn new(fleet: &FleetAddress) -> Self {
        Self {
            inside: HttpStorefront::default(),
            example: fleet.shop("shop"),
        }
    }
}

#[async_trait]
impl Storefront for DemoStorefront {
    async fn data_space(&self, url: &str) -> Result<ShopAnswer, StorefrontError> {
        let host = Url::parse(url).ok();
        let host = host.as_ref().and_then(Url::host_str);
        let host = host.ok_or_else(|| StorefrontError::NotAllowed {
            detail: "it is no address".to_owned(),
        })?;
        let mut here = self.example.clone();
        if let Ok(mut path) = here.path_segments_mut() {
            path.pop().push(host);
        }
        self.inside.data_space(here.as_str()).await
    }
}

/// A gateway's address, if it is plain http: the gateway refuses that for other computers.
fn inside(address: String) -> Result<String, HttpSetupError> {
    if address.starts_with("http://") {
        return Ok(address);
    }
    Err(HttpSetupError::Address {
        what: "the demo's gateway",
        why: "the demo only talks to this computer itself",
    })
}

/// The demo's keychain: in this process's memory, gone with it, and closed to real keys.
pub struct DemoKeychain {
    items: Mutex<HashMap<KeychainItem, Secret>>,
    pretended: Pretended,
}

impl fmt::Debug for DemoKeychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoKeychain")
    }
}

impl DemoKeychain {
    /// An empty one, that takes these private keys only.
    pub fn new(pretended: Pretended) -> Self {
        Self {
            items: Mutex::default(),
            pretended,
        }
    }

    fn items(&self) -> MutexGuard<'_, HashMap<KeychainItem, Secret>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses private keys that were not pretended here. Whatever the intake cannot read as one is
    /// none: the core stores keys only as the intake wrote them.
    fn refuse_real(&self, secret: &Secret) -> Result<(), KeychainError> {
        let real = read_private_key(secret).is_ok_and(|key| !(self.pretended)(&key.identity));
        if real {
            return Err(KeychainError::Failed {
                detail: "the demo takes only the keys that it pretends; this one was not kept. \
                         Close the demo to work with real keys"
                    .to_owned(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Keychain for DemoKeychain {
    async fn read(
        &self,
        item: &KeychainItem,
        _asked: Asked,
    ) -> Result<Option<Secret>, KeychainError> {
        let items = self.items();
        let found = items.get(item);
        Ok(found.map(|secret| Secret::new(secret.expose().to_vec())))
    }

    async fn write(&self, item: &KeychainItem, secret: &Secret) -> Result<(), KeychainError> {
        self.refuse_real(secret)?;
        let copy = Secret::new(secret.expose().to_vec());
        self.items().insert(item.clone(), copy);
        Ok(())
    }

    async fn forget(&self, item: &KeychainItem) -> Result<(), KeychainError> {
        self.items().remove(item);
        Ok(())
    }

    async fn take(&self, item: &KeychainItem) -> Result<bool, KeychainError> {
        Ok(self.items().remove(item).is_some())
    }
}

#[cfg(test)]
mod tests {
    use patchbay_core::fakes::keychain::keychain_contract;
    use patchbay_core::fakes::keys;
    use patchbay_core::ports::records::Records as _;

    use super::*;

    fn item(n: u8) -> KeychainItem {
        KeychainItem::from_random([n; 16])
    }

    fn places(gateway: &str) -> DemoPlaces {
        let token = Secret::new(b"token".to_vec());
        DemoPlaces {
            production_gateway: gateway.to_owned(),
            sandbox_gateway: "http://127.0.0.1:9/".to_owned(),
            fleet: FleetAddress::parse("http://127.0.0.1:9/", token).unwrap(),
            pretended: Arc::new(|_| false),
        }
    }

    #[tokio::test]
    async fn the_keychain_keeps_the_contract() {
        let keychain = DemoKeychain::new(Arc::new(|_| false));
        keychain_contract(&keychain, &item(1), &item(2))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_real_private_key_is_refused_in_every_form() {
        let pem = keys::pem(0);
        let real = read_private_key(&pem).unwrap();
        let keychain = DemoKeychain::new(Arc::new(|_| false));
        for form in [&pem, &real.der] {
            let refused = keychain.write(&item(1), form).await;
            assert!(matches!(refused, Err(KeychainError::Failed { .. })));
            let there = keychain.read(&item(1), Asked::ByUser).await.unwrap();
            assert!(there.is_none(), "nothing of it is kept");
        }
        let identity = real.identity.clone();
        let knows = DemoKeychain::new(Arc::new(move |key| *key == identity));
        assert_eq!(knows.write(&item(1), &real.der).await, Ok(()));
        let other = read_private_key(&keys::pem(1)).unwrap();
        assert!(knows.write(&item(2), &other.der).await.is_err());
    }

    #[test]
    fn a_directory_with_real_records_is_never_the_demos() {
        let folder = tempfile::tempdir().unwrap();
        let (own, demo) = (folder.path().join("own"), folder.path().join("demo"));
        drop(SqliteRecords::open(&own).unwrap());
        drop(DemoDirectory::open(&demo).unwrap());
        let refused = DemoDirectory::open(&own).err();
        assert!(matches!(refused, Some(RecordsError::Unusable { .. })));
        let refused = SqliteRecords::open(&demo).err();
        assert!(matches!(refused, Some(RecordsError::Unusable { .. })));
        assert!(DemoDirectory::open(&demo).is_ok(), "again as the demo's");
    }

    #[tokio::test]
    async fn a_fresh_one_is_empty_and_for_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        let first = DemoDirectory::fresh(&path).unwrap();
        first.records.set_setting("parallel", "3").await.unwrap();
        let refused = DemoDirectory::fresh(&path).unwrap_err().to_string();
        assert!(refused.contains("another demo is running"), "{refused}");
        let setting = first.records.setting("parallel").await.unwrap();
        assert_eq!(setting.as_deref(), Some("3"), "nothing was emptied");
        drop(first);
        let again = DemoDirectory::fresh(&path).unwrap();
        assert_eq!(again.records.setting("parallel").await.unwrap(), None);
    }

    #[tokio::test]
    async fn real_records_are_never_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let own = SqliteRecords::open(folder.path().join("own").as_path()).unwrap();
        own.set_setting("parallel", "3").await.unwrap();
        let refused = DemoDirectory::fresh(&folder.path().join("own")).err();
        assert!(matches!(refused, Some(RecordsError::Unusable { .. })));
        let setting = own.setting("parallel").await.unwrap();
        assert_eq!(setting.as_deref(), Some("3"));
    }

    #[test]
    fn a_temporary_one_leaves_nothing() {
        let directory = DemoDirectory::temporary().unwrap();
        let path = directory.path().to_owned();
        assert!(path.join("patchbay.db").exists());
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn gateways_elsewhere_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DemoDirectory::open(&folder.path().join("demo")).unwrap();
        for gateway in [
            "https://commerce.adobe.io/",
            "http://commerce.adobe.io/",
            "http://192.168.1.4/",
        ] {
            let refused = open(&directory, places(gateway)).err();
            assert!(matches!(refused, Some(OpenError::Http(_))), "{gateway}");
        }
        assert!(open(&directory, places("http://127.0.0.1:9/")).is_ok());
    }
}
