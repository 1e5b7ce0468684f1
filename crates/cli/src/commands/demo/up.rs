//! `demo up`: the pretended instances and Adobe's side, until an interrupt.

use patchbay_adapters::demo::DemoDirectory;
use patchbay_contract::demo::{DemoListening, DemoMember};
use patchbay_core::error::Error;
use patchbay_simulator::demo::{Demo, Story};

use crate::args::Shared;
use crate::exit::{Done, Exit};
use crate::output::{Output, Page};
use crate::{terminal, wiring};

pub(super) async fn run(shared: &Shared, output: Output) -> Done {
    let path = wiring::data_dir(shared)?.join("demo");
    let directory = DemoDirectory::fresh(&path).map_err(Error::from)?;
    let demo = super::start().await?;
    let patchbay = super::seeded(&demo, &directory).await?;
    patchbay.check(&[]).await?;
    let listening = listening(&demo, &directory);
    output.answer(&listening, |page| show(page, &listening));
    terminal::interrupted().await;
    drop(patchbay);
    terminal::say("The demo has ended.");
    Ok(Exit::Well)
}

fn listening(demo: &Demo, directory: &DemoDirectory) -> DemoListening {
    let urls = demo.urls();
    DemoListening {
        demo: true,
        data_directory: directory.path().display().to_string(),
        production_gateway: urls.production.clone(),
        sandbox_gateway: urls.sandbox.clone(),
        portal: format!("{}portal/api/", urls.portal),
        fleet: demo.fleet().url().to_owned(),
        control: urls.control.clone(),
        fleet_token: demo.fleet().token().to_owned(),
        control_token: demo.simulator().control_token().to_owned(),
        instances: Story::ALL.into_iter().map(member).collect(),
    }
}

fn member(story: Story) -> DemoMember {
    DemoMember {
        name: story.name().to_owned(),
        account: story.merchant().label().to_owned(),
        role: story.role().as_str().to_owned(),
        target: story.target().to_owned(),
        root: story.root().to_owned(),
        url: story.url().to_owned(),
        about: story.about().to_owned(),
    }
}

fn show(page: &mut Page, listening: &DemoListening) {
    page.line("This is the demo: nothing in it is real. It listens inside this computer only.");
    let rows = [
        ("Production gateway", &listening.production_gateway),
        ("Sandbox gateway", &listening.sandbox_gateway),
        ("Portal", &listening.portal),
        ("Instances", &listening.fleet),
        ("  their token", &listening.fleet_token),
        ("Failures on request", &listening.control),
        ("  their token", &listening.control_token),
        ("Data directory", &listening.data_directory),
    ];
    page.table(
        ["What", "Where"],
        &rows.map(|(what, at)| [what.to_owned(), at.clone()]),
    );
    page.line("");
    let members: Vec<[String; 3]> = listening
        .instances
        .iter()
        .map(|one| [one.name.clone(), one.target.clone(), one.about.clone()])
        .collect();
    page.table(["Instance", "Target", "What happened"], &members);
    page.line("");
    page.line("It runs until you press Ctrl-C.");
}
