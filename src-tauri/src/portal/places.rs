//! Where keys are created: Adobe's page, a portal named in the settings, or the demo's.

use std::collections::BTreeMap;

use patchbay_contract::error::IpcError;
use patchbay_core::Patchbay;
use patchbay_core::secret::Secret;
use tauri::Url;

/// Adobe's page (docs/facts.md, Config paths: `api_portal_url`).
const ADOBE: &str = "https://account.magento.com/apiportal/index/index/";

/// Where the keys of one account are created.
pub(crate) struct Place {
    /// The page that people see.
    pub(crate) page: Url,
    /// The same at a click, where there is that.
    pub(crate) api: Option<Api>,
}

/// A portal that creates keys at a click.
pub(crate) struct Api {
    pub(crate) url: String,
    pub(crate) sign_in: Secret,
}

/// The places, as the shell manages them.
#[derive(Default)]
pub(crate) struct Places {
    demo: Option<DemoPortal>,
}

/// The demo's portal, with the sign-ins of its two merchants.
pub(crate) struct DemoPortal {
    pub(crate) url: String,
    /// By MageID.
    pub(crate) sign_ins: BTreeMap<String, String>,
}

impl Places {
    /// The demo's, and no other.
    #[cfg(any(test, feature = "demo"))]
    pub(crate) fn demo(portal: DemoPortal) -> Self {
        Self { demo: Some(portal) }
    }

    /// Where the keys of an account are created.
    pub(crate) async fn of(&self, patchbay: &Patchbay, account: &str) -> Result<Place, IpcError> {
        let said = |error| IpcError::from(&error);
        let accounts = patchbay.accounts().await.map_err(said)?;
        let found = accounts.iter().find(|one| one.id.as_str() == account);
        let found = found.ok_or_else(|| IpcError::NoSuch {
            what: "account".to_owned(),
            name: patchbay_core::text::outside(account, 120),
        })?;
        let Some(demo) = &self.demo else {
            let set = patchbay.settings().await.map_err(said)?;
            let named = set.into_iter().find(|(key, _)| key == "portal");
            let page = named.and_then(|(_, portal)| page_below(&portal, None));
            let page = page.or_else(|| Url::parse(ADOBE).ok());
            let page = page.ok_or(IpcError::Internal)?;
            return Ok(Place { page, api: None });
        };
        let mage_id = found.mage_id.as_ref().map(|id| id.as_str());
        let sign_in = mage_id.and_then(|id| demo.sign_ins.get(id));
        Ok(Place {
            page: page_below(&demo.url, sign_in).ok_or(IpcError::Internal)?,
            api: sign_in.map(|sign_in| Api {
                url: demo.url.clone(),
                sign_in: Secret::new(sign_in.as_bytes().to_vec()),
            }),
        })
    }
}

/// The page of a portal like the simulator's; the sign-in stands where no server sees it.
fn page_below(portal: &str, sign_in: Option<&String>) -> Option<Url> {
    let mut page = Url::parse(portal).ok()?.join("portal/").ok()?;
    page.set_fragment(sign_in.map(String::as_str));
    Some(page)
}
