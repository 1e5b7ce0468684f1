//! `keypair rotate` and `keypair delete-at-adobe`.

use patchbay_contract::error::Trouble;
use patchbay_contract::keypairs::{KeyPairDocument, KeyPairRow};
use patchbay_contract::replacing::{
    CarriedReplacement, DeletionPage, ReplacementRow, SurveyPage, unseen,
};
use patchbay_core::instance::Instance;
use patchbay_core::keypair::KeyPair;
use patchbay_core::push::order::{Cancel, Step};
use patchbay_core::replacing::carrying::{CarryOrder, CarryReport};
use patchbay_core::replacing::deleting::AtAdobe;
use patchbay_core::replacing::survey::Survey;
use patchbay_core::replacing::{OldPair, Stage};

use super::Desk;
use super::push::{exit, needs_consent, show_results, watch};
use super::start::{Needs, look_after};
use crate::args::handover::RotateArgs;
use crate::exit::{Done, Exit, Failure, exit_of};
use crate::output::Page;
use crate::{terminal, words};

pub(super) async fn rotate(desk: &Desk, args: RotateArgs) -> Done {
    if args.abandon {
        return abandon(desk, &args.name).await;
    }
    let Some(to) = args.to.clone() else {
        look_after(desk, Needs::Keychain).await?;
        let survey = desk.patchbay.survey_replacement(&args.name).await?;
        return surveyed(desk, &survey).await;
    };
    needs_consent(&args.consent, false)?;
    look_after(desk, Needs::Keychain).await?;
    let (old, _) = desk.patchbay.where_used_by_name(&args.name).await?;
    let begun = desk.patchbay.replacement_of(&old.id).await?;
    // What was written already is not looked at again; carrying on finds out by itself.
    let fresh = begun.is_none_or(|one| !one.has_begun_writing() || one.stage() == Stage::Ended);
    if fresh {
        let survey = desk.patchbay.survey_replacement(&args.name).await?;
        if survey.replacement.is_none() {
            return surveyed(desk, &survey).await;
        }
    }
    let chosen = desk.patchbay.choose_replacement(&args.name, &to).await?;
    if chosen.old_pair == OldPair::SwitchedOff {
        terminal::say(
            "Adobe has switched off the old pair: every instance gets the new one at once.",
        );
    }
    agree(&args, chosen.members.len())?;
    let order = CarryOrder {
        confirmed: args.consent.confirm.clone(),
        only_first: args.only_first,
        cancel: Cancel::default(),
    };
    let report = carry(desk, &args.name, &order).await?;
    carried(desk, &report).await
}

fn agree(args: &RotateArgs, instances: usize) -> Result<(), Failure> {
    let question = format!("Replace the pair on {instances} instances, one of them first?");
    if args.consent.yes || terminal::ask_yes(&question) {
        return Ok(());
    }
    Err(Failure::refused(
        "notAgreed",
        "Nothing was changed on any instance.",
        "Answer y to go on.",
    ))
}

/// Carries on; an interrupt lets what has begun to write finish.
async fn carry(desk: &Desk, name: &str, order: &CarryOrder) -> Result<CarryReport, Failure> {
    let watch = tokio::spawn(watch(
        order.cancel.clone(),
        "Stopping: nothing new is begun, what is being written is finished.",
    ));
    let progress = terminal::shows_progress();
    let on_step = move |instance: &Instance, step: Step| {
        if let (true, Some(doing)) = (progress, words::step(step)) {
            terminal::say(&format!("{}: {doing}", instance.name));
        }
    };
    let report = desk.patchbay.carry_replacement(name, order, &on_step).await;
    watch.abort();
    Ok(report?)
}

async fn abandon(desk: &Desk, name: &str) -> Done {
    let (pair, _) = desk.patchbay.where_used_by_name(name).await?;
    desk.patchbay.abandon_replacement(name).await?;
    let document = KeyPairDocument {
        keypair: row(desk, &pair).await?,
    };
    desk.output.answer(&document, |page| {
        page.line(format!(
            "The instances keep \"{}\"; its replacement was left.",
            pair.name
        ));
    });
    Ok(Exit::Well)
}

async fn row(desk: &Desk, pair: &KeyPair) -> Result<KeyPairRow, Failure> {
    let accounts = desk.patchbay.accounts().await?;
    let used = desk.patchbay.where_used(&pair.id).await?;
    Ok(KeyPairRow::new(pair, &accounts, used))
}

async fn surveyed(desk: &Desk, survey: &Survey) -> Done {
    let pairs = desk.patchbay.key_pairs().await?;
    let instances = desk.patchbay.instances().await?;
    let document = SurveyPage::new(survey, &pairs, &instances);
    desk.output.answer(&document, |page| {
        for one in &survey.instances {
            match &one.obstacle {
                Some(error) => {
                    let trouble = Trouble::from(error);
                    page.line(format!("{}: {} {}", one.instance.name, trouble.text, trouble.next));
                }
                None => page.line(format!("{}: ready", one.instance.name)),
            }
            for guard in &one.confirm {
                page.line(format!("  Will ask for the name ({}): {}", guard.id.as_str(), guard.text));
            }
        }
        match &document.replacement {
            Some(_) => page.line(format!(
                "Every instance is ready. Create the new pair now, then: patchbayctl keypair rotate \"{}\" --to NEW",
                survey.old.name
            )),
            None => page.line(
                "Do not create a new pair yet: creating one may switch the old one off at Adobe.",
            ),
        }
    });
    let obstacles: Vec<Exit> = survey
        .instances
        .iter()
        .filter_map(|one| Some(exit_of(one.obstacle.as_ref()?)))
        .collect();
    Ok(match obstacles.as_slice() {
        [] => Exit::Well,
        all if all.iter().all(|one| *one == Exit::Blocked) => Exit::Blocked,
        _ => Exit::Failed,
    })
}

async fn carried(desk: &Desk, report: &CarryReport) -> Done {
    let pairs = desk.patchbay.key_pairs().await?;
    let instances = desk.patchbay.instances().await?;
    let document = CarriedReplacement::new(report, &pairs, &instances);
    desk.output.answer(&document, |page| {
        show_results(page, &report.instances);
        standing(page, &document.replacement);
        if let Some(error) = &report.stopped {
            let trouble = Trouble::from(error);
            page.line(format!("{} {}", trouble.text, trouble.next));
        }
    });
    Ok(match (&report.stopped, exit(&report.instances)) {
        (Some(_), Exit::Well) => Exit::Failed,
        (_, exit) => exit,
    })
}

fn standing(page: &mut Page, row: &ReplacementRow) {
    let proven = row.instances.iter().filter(|one| one.state == "proven");
    page.line(format!(
        "{} of {} instances are proven on the new pair.",
        proven.count(),
        row.instances.len()
    ));
    match row.stage.as_str() {
        "rest" => page.line("Go on with the same command."),
        "deleteOld" => {
            page.line(format!(
                "Now the old pair can be deleted at Adobe: patchbayctl keypair delete-at-adobe \"{}\"",
                row.old.name
            ));
            cannot_see(page);
        }
        _ => {}
    }
}

fn cannot_see(page: &mut Page) {
    page.line("Before that, make sure of what Patchbay cannot see:");
    for one in unseen() {
        page.line(format!("  - {}", one.text));
    }
}

/// G9, and whether the pair still exists at Adobe.
pub(super) async fn delete_at_adobe(desk: &Desk, name: &str, done: bool) -> Done {
    look_after(desk, Needs::Keychain).await?;
    let deletion = desk.patchbay.delete_at_adobe(name, done).await?;
    let document = DeletionPage::new(&deletion, row(desk, &deletion.pair).await?);
    let pair = &deletion.pair;
    desk.output
        .answer(&document, |page| match deletion.at_adobe {
            AtAdobe::Deleted => page.line(format!("\"{}\" is deleted at Adobe.", pair.name)),
            AtAdobe::StillThere | AtAdobe::NotKnown => {
                page.line(format!(
                    "No instance that Patchbay knows uses \"{}\". Delete it in the API Portal: {}",
                    pair.name, deletion.portal
                ));
                if !deletion.watched_only.is_empty() {
                    page.line(format!(
                        "What {} hold cannot be seen from here.",
                        deletion.watched_only.join(", ")
                    ));
                }
                cannot_see(page);
                let next = match deletion.at_adobe {
                    AtAdobe::StillThere => {
                        "Then run this again: Adobe is asked whether it is gone."
                    }
                    _ => {
                        "Then run this again with --done: from here Adobe cannot be asked about it."
                    }
                };
                page.line(next);
            }
        });
    Ok(match deletion.at_adobe {
        AtAdobe::Deleted => Exit::Well,
        _ => Exit::Failed,
    })
}
