//! `demo run`: the main job from end to end, and what it came to.

use patchbay_adapters::demo::DemoDirectory;
use patchbay_contract::demo::{DemoDeed, DemoInstance, DemoReport};
use patchbay_contract::error::Trouble;
use patchbay_contract::push::PushedInstance;
use patchbay_core::connection::ConnectionState;
use patchbay_core::connection::check::Checked;
use patchbay_core::error::Error;
use patchbay_core::push::order::InstanceResult;
use patchbay_simulator::demo::Story;
use patchbay_simulator::demo::play::{Act, Deed, Played, Scene};

use crate::exit::{Done, Exit};
use crate::output::{Output, Page};
use crate::{terminal, words};

pub(super) async fn run(output: Output) -> Done {
    let demo = super::start().await?;
    let directory = DemoDirectory::temporary().map_err(Error::from)?;
    let patchbay = super::seeded(&demo, &directory).await?;
    let told = terminal::shows_progress();
    let tell = move |scene: Scene<'_>| {
        if told {
            progress(&scene);
        }
    };
    let played = demo.play(&patchbay, &tell).await?;
    let report = report(&played);
    output.answer(&report, |page| show(page, &played));
    Ok(if went_well(&played) {
        Exit::Well
    } else {
        Exit::Failed
    })
}

/// Progress goes to stderr.
fn progress(scene: &Scene<'_>) {
    match scene {
        Scene::Checking => terminal::say("Checking all six..."),
        Scene::Begins(story, act) => {
            terminal::say(&format!("{}: {}", story.name(), doing(*act)));
        }
        Scene::Step(story, step) => {
            if let Some(doing) = words::step(*step) {
                terminal::say(&format!("{}: {doing}", story.name()));
            }
        }
        Scene::Done(_) => {}
    }
}

fn doing(act: Act) -> &'static str {
    match act {
        Act::Adopt => "adopting what it holds",
        Act::Disconnect => "disconnecting this copy",
        Act::PushTaken => "trying the data space of another instance",
        Act::Push => "applying its own key pairs and data space",
    }
}

/// Whether everything was done as meant, and the instances stand as they should.
fn went_well(played: &Played) -> bool {
    use ConnectionState::{
        AccountNotVerified, Connected, DataSpaceConflict, Drifted, NotConnected, Unreachable,
    };
    let stand = |checked: &[Checked]| -> Vec<ConnectionState> {
        checked
            .iter()
            .map(|one| one.evidence.verdict.state)
            .collect()
    };
    let before = [
        Connected,
        DataSpaceConflict,
        Drifted,
        AccountNotVerified,
        NotConnected,
        Unreachable,
    ];
    let after = [
        Connected,
        NotConnected,
        Drifted,
        Connected,
        Connected,
        Unreachable,
    ];
    stand(&played.before) == before
        && stand(&played.after) == after
        && played.deeds.iter().all(Deed::went_as_meant)
}

fn report(played: &Played) -> DemoReport {
    let both = played.before.iter().zip(&played.after);
    let instances = Story::ALL.into_iter().zip(both);
    DemoReport {
        demo: true,
        instances: instances
            .map(|(story, (before, after))| DemoInstance {
                name: story.name().to_owned(),
                account: story.merchant().label().to_owned(),
                role: story.role().as_str().to_owned(),
                about: story.about().to_owned(),
                before: (&before.evidence).into(),
                done: deeds(played, story).map(told).collect(),
                after: (&after.evidence).into(),
            })
            .collect(),
    }
}

fn deeds(played: &Played, story: Story) -> impl Iterator<Item = &Deed> {
    played.deeds.iter().filter(move |deed| deed.story == story)
}

fn told(deed: &Deed) -> DemoDeed {
    DemoDeed {
        act: deed.act.as_str().to_owned(),
        push: result(deed).map(PushedInstance::from),
    }
}

fn result(deed: &Deed) -> Option<&InstanceResult> {
    deed.report.as_ref()?.instances.first()
}

fn show(page: &mut Page, played: &Played) {
    page.line("This is the demo: nothing in it is real, and nothing of it is kept.");
    let both = played.before.iter().zip(&played.after);
    for (story, (before, after)) in Story::ALL.into_iter().zip(both) {
        page.line("");
        page.line(format!(
            "{} ({}). {}",
            story.name(),
            story.role().as_str(),
            story.about()
        ));
        stands(page, "At first", before);
        for deed in deeds(played, story) {
            done(page, deed);
        }
        stands(page, "Now", after);
    }
}

fn stands(page: &mut Page, when: &str, checked: &Checked) {
    let evidence = &checked.evidence;
    let state = words::state(evidence.verdict.state, evidence.connected_at);
    page.line(format!(
        "  {when}: {state}. {}",
        evidence.verdict.reason.text
    ));
}

fn done(page: &mut Page, deed: &Deed) {
    let Some(result) = result(deed) else {
        page.line("  Adopted; its private key stays on the instance alone.");
        return;
    };
    page.line(format!(
        "  {}: {} ({} ms)",
        capital(doing(deed.act)),
        words::outcome(result.outcome),
        result.millis
    ));
    if let Some(error) = &result.error {
        page.line(format!("    {}", Trouble::from(error).text));
    }
}

fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_uppercase() + rest
}
