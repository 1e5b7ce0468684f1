//! The window on the demo: two merchants, six pretended instances and Adobe's side, inside this
//! computer, by `patchbay --demo`.
//!
//! Nothing here opens the real records or the system's keychain. Not here: who plays (the
//! simulator) and how the window says that nothing is real (`ui/`).

use std::path::Path;

use patchbay_adapters::demo::{self, DemoDirectory, DemoPlaces, FleetAddress};
use patchbay_core::Patchbay;
use patchbay_core::secret::Secret;
use patchbay_simulator::demo::Demo;

use crate::portal::places::{DemoPortal, Places};

/// Kept while the program runs: without it nobody answers.
pub(crate) struct DemoRun {
    demo: Demo,
    _directory: DemoDirectory,
}

impl DemoRun {
    /// Where the demo's keys are created.
    pub(crate) fn places(&self) -> Places {
        let cast = self.demo.cast();
        let members = [&cast.nordlys, &cast.harbour];
        Places::demo(DemoPortal {
            url: self.demo.urls().portal.clone(),
            sign_ins: members
                .map(|member| (member.mage_id.clone(), member.sign_in.clone()))
                .into(),
        })
    }
}

/// Whether this start is for the demo.
pub(crate) fn is_wanted() -> bool {
    std::env::args_os().skip(1).any(|word| word == "--demo")
}

/// Starts the demo in a directory of its own, emptied before, and opens the core on it.
///
/// # Errors
/// What could not be started, as one sentence.
pub(crate) async fn start(directory: &Path, person: &str) -> Result<(DemoRun, Patchbay), String> {
    let directory = DemoDirectory::fresh(directory).map_err(|error| error.to_string())?;
    let begun = tokio::task::spawn_blocking(Demo::start).await;
    let demo = begun
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let token = Secret::new(demo.fleet().token().as_bytes().to_vec());
    let places = DemoPlaces {
        production_gateway: demo.urls().production.clone(),
        sandbox_gateway: demo.urls().sandbox.clone(),
        fleet: FleetAddress::parse(demo.fleet().url(), token).map_err(|error| error.to_string())?,
        pretended: demo.pretended(),
    };
    let ports = demo::open(&directory, places).map_err(|error| error.to_string())?;
    let patchbay = Patchbay::new(ports, person);
    demo.seed(&patchbay)
        .await
        .map_err(|error| error.to_string())?;
    let run = DemoRun {
        demo,
        _directory: directory,
    };
    Ok((run, patchbay))
}
