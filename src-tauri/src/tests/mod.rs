//! The commands as the window reaches them: through Tauri's own dispatch and permissions, over
//! stand-ins for everything outside.

mod bad_input;
mod created_keys;
mod main_job;
mod names;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use patchbay_core::fakes::{FakeInstance, MemoryClipboard, MemoryOutlet, Together, keys, together};
use patchbay_core::id::{ApiKey, DataSpaceId, MageId, ProjectId};
use patchbay_core::keypair::ExportWay;
use patchbay_core::ports::outlet::{Outlet, OutletError};
use patchbay_core::registry::{DataSpace, DataSpaceType};
use patchbay_core::secret::Secret;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::{InvokeRequest, WebviewWindow, WebviewWindowBuilder};
use tauri::{App, Manager};

use crate::bringing::Pasteboard;
use crate::commands;
use crate::copying::{ChosenFiles, Lending, Lends};
use crate::intakes::Intakes;
use crate::listeners::Listeners;
use crate::portal::Portal;
use crate::portal::places::{DemoPortal, Places};
use crate::runs::Runs;
use crate::wiring::Door;

const PROJECT: &str = "11111111-1111-4111-8111-111111111111";
const SPACE: &str = "22222222-2222-4222-8222-222222222222";

/// A clipboard that remembers what it was lent.
struct Lent(Arc<MemoryOutlet>);

struct Shared(Arc<MemoryOutlet>);

#[async_trait]
impl Outlet for Shared {
    fn way(&self) -> ExportWay {
        self.0.way()
    }
    async fn ready(&self) -> Result<(), OutletError> {
        self.0.ready().await
    }
    async fn put(&self, text: &Secret) -> Result<(), OutletError> {
        self.0.put(text).await
    }
}

impl Lends for Lent {
    fn outlet(&self, _stays: Duration) -> Box<dyn Outlet> {
        Box::new(Shared(self.0.clone()))
    }
    fn clear(&self) {}
    fn managers(&self) -> Vec<String> {
        vec!["CopyQ".to_owned()]
    }
}

/// A window over stand-ins.
struct Window {
    fakes: Together,
    clipboard: Arc<MemoryClipboard>,
    lent: Arc<MemoryOutlet>,
    page: WebviewWindow<MockRuntime>,
    _app: App<MockRuntime>,
}

impl Window {
    fn open() -> Self {
        let fakes = together();
        let clipboard = Arc::new(MemoryClipboard::default());
        let app = mock_builder()
            .invoke_handler(commands::all())
            .build(tauri::generate_context!(test = true))
            .unwrap();
        app.manage(Door::to(fakes.patchbay.clone()));
        app.manage(Intakes::default());
        app.manage(Runs::default());
        app.manage(Listeners::default());
        app.manage(Pasteboard(clipboard.clone()));
        let lent = Arc::new(MemoryOutlet::new(ExportWay::Clipboard));
        app.manage(Lending(Arc::new(Lent(lent.clone()))));
        app.manage(ChosenFiles::default());
        app.manage(Portal::default());
        app.manage(Places::demo(DemoPortal {
            url: "https://portal.test/".to_owned(),
            sign_ins: [("MAG000000001".to_owned(), "sign-in".to_owned())].into(),
        }));
        let page = WebviewWindowBuilder::new(&app, "main", Default::default())
            .build()
            .unwrap();
        Self {
            fakes,
            clipboard,
            lent,
            page,
            _app: app,
        }
    }

    /// Calls a command as the page would.
    fn call(&self, command: &str, args: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.to_owned(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::Json(args),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.page, request).map(|body| body.deserialize().unwrap())
    }

    fn ask(&self, command: &str, request: Value) -> Result<Value, Value> {
        let args =
            json!({ "request": request, "progress": "__CHANNEL__:7", "events": "__CHANNEL__:8" });
        self.call(command, args)
    }

    /// Calls a command that has to work.
    fn get(&self, command: &str, request: Value) -> Value {
        self.ask(command, request)
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Adds an account and answers with its id.
    fn account(&self) -> String {
        let added = self.get("add_account", json!({"label": "Nordlys", "mageId": null}));
        added["id"].as_str().unwrap().to_owned()
    }

    /// Puts key `n` into the clipboard, takes it from there and answers with the intake.
    fn paste(&self, n: usize) -> Value {
        self.clipboard.put(Some(keys::pem(n).expose()));
        self.get("paste_private_key", json!(null))
    }

    /// Adobe knows key 1 of this purpose and one data space.
    fn adobe_knows(&self) {
        use patchbay_core::config::Purpose;
        let owner = MageId::parse("MAG000000001").unwrap();
        for (purpose, n) in [(Purpose::Sandbox, 0), (Purpose::Production, 1)] {
            let key = keys::der(n);
            self.fakes
                .gateway
                .register(&owner, purpose, &api_key(n), &key);
        }
        let space = DataSpace {
            id: DataSpaceId::parse(SPACE).unwrap(),
            name: "Production".into(),
            kind: DataSpaceType::Production,
            project_id: ProjectId::parse(PROJECT).unwrap(),
            project_name: "Nordlys".into(),
            mage_id: Some(owner.clone()),
            organisation: None,
            features: Vec::new(),
            cloud_id: None,
            account_sync: None,
        };
        self.fakes.gateway.add_data_space(&owner, space);
    }

    /// An empty instance answers at this ssh target.
    fn server(&self, target: &str) {
        self.fakes
            .transport
            .put(target, FakeInstance::named(target));
    }
}

fn api_key(n: usize) -> ApiKey {
    ApiKey::parse(&format!("{n:032x}")).unwrap()
}

fn ssh(target: &str) -> Value {
    json!({
        "target": target, "port": null, "identityFile": null, "root": "/var/www/shop",
        "php": null, "runAs": null, "container": null,
    })
}
