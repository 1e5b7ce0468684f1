//! `demo up` and `demo run`: two merchants, six pretended instances and Adobe's side, inside this
//! computer.
//!
//! Nothing here opens the real data directory or the system's keychain. Not here: who plays and
//! what happens (the simulator).

mod run;
mod up;

use patchbay_adapters::demo::{self, DemoDirectory, DemoPlaces, FleetAddress};
use patchbay_core::Patchbay;
use patchbay_core::secret::Secret;
use patchbay_simulator::demo::Demo;

use crate::args::{DemoCommand, Shared};
use crate::exit::{Done, Failure};
use crate::output::Output;
use crate::wiring;

pub(super) async fn run(shared: &Shared, output: Output, command: &DemoCommand) -> Done {
    match command {
        DemoCommand::Up => up::run(shared, output).await,
        DemoCommand::Run => run::run(output).await,
    }
}

/// Starts the demo; making its keys takes some CPU.
async fn start() -> Result<Demo, Failure> {
    let why = |text: String| {
        Failure::refused(
            "demoNotStarted",
            format!("The demo could not be started: {text}."),
            "Correct that on this computer and try again.",
        )
    };
    match tokio::task::spawn_blocking(Demo::start).await {
        Ok(Ok(demo)) => Ok(demo),
        Ok(Err(error)) => Err(why(error.to_string())),
        Err(_) => Err(why("it stopped while starting".to_owned())),
    }
}

/// The core over the demo's outside, with everything the person knows at the start.
async fn seeded(demo: &Demo, directory: &DemoDirectory) -> Result<Patchbay, Failure> {
    let token = Secret::new(demo.fleet().token().as_bytes().to_vec());
    let fleet = FleetAddress::parse(demo.fleet().url(), token);
    let places = DemoPlaces {
        production_gateway: demo.urls().production.clone(),
        sandbox_gateway: demo.urls().sandbox.clone(),
        fleet: fleet.map_err(|error| wiring::not_opened(error.into()))?,
        pretended: demo.pretended(),
    };
    let ports = demo::open(directory, places).map_err(wiring::not_opened)?;
    let patchbay = Patchbay::new(ports, &wiring::person());
    demo.seed(&patchbay).await?;
    Ok(patchbay)
}
