//! `instance`.

mod importing;

use patchbay_contract::error::Trouble;
use patchbay_contract::instances::details::{
    InstanceAdded, InstanceAdopted, InstanceDetails, InstanceDocument, InstanceList,
};
use patchbay_core::Error;
use patchbay_core::instance::adding::{InstanceEdit, NewInstance};
use patchbay_core::instance::answering::Kinship;
use patchbay_core::instance::finding::Found;
use patchbay_core::instance::{Instance, Role, Way};
use patchbay_core::keypair::KeyPairState;

use super::Desk;
use super::start::{Needs, look_after};
use crate::args::instance::{AddArgs, Answer, EditArgs, InstanceCommand};
use crate::exit::{Done, Exit, Failure};
use crate::{terminal, words};

pub(super) async fn run(desk: &Desk, command: InstanceCommand) -> Done {
    match command {
        InstanceCommand::Add(args) => add(desk, args).await,
        InstanceCommand::List => list(desk).await,
        InstanceCommand::Edit(args) => edit(desk, args).await,
        InstanceCommand::Remove { name } => remove(desk, &name).await,
        InstanceCommand::Adopt {
            name,
            with_private_key,
            yes,
        } => adopt(desk, &name, with_private_key, yes).await,
        InstanceCommand::Repin { name, confirm } => repin(desk, &name, &confirm).await,
        InstanceCommand::Answer { name, answer } => reply(desk, &name, answer).await,
        InstanceCommand::Import(args) => importing::run(desk, args).await,
    }
}

async fn details(desk: &Desk, instance: &Instance) -> Result<InstanceDetails, Failure> {
    let board = desk.patchbay.board().await?;
    let standing = board.iter().find(|one| one.instance.id == instance.id);
    let removed = || {
        Failure::refused(
            "noSuch",
            format!("\"{}\" was removed meanwhile.", instance.name),
            "List what there is and use one of those names.",
        )
    };
    Ok(InstanceDetails::from(standing.ok_or_else(removed)?))
}

/// Answers a command that is about one instance.
async fn about(desk: &Desk, instance: &Instance, said: String) -> Done {
    let document = InstanceDocument {
        instance: details(desk, instance).await?,
    };
    desk.output.answer(&document, |page| page.line(said));
    Ok(Exit::Well)
}

async fn add(desk: &Desk, args: AddArgs) -> Done {
    let given = args.ssh.way(args.watch_only)?;
    let taken = found(desk, &args, &given).await?;
    let probed = taken.as_ref().and_then(|found| found.looked.as_ref().ok());
    let name = args.name.as_deref();
    let name = name.or(probed.map(|probed| probed.name.as_str()));
    let role = args.role.map(Role::from);
    let (Some(name), Some(role)) = (name, role.or(probed.map(|probed| probed.role))) else {
        return Err(Failure::usage(
            "usage",
            "Nothing could be seen that suggests a name and a role.",
            "Give --name and --role.",
        ));
    };
    let added = desk
        .patchbay
        .add_instance(NewInstance {
            name,
            account: &args.account,
            role,
            way: taken
                .as_ref()
                .map_or(given, |found| Way::Ssh(found.way.clone())),
            url: args.url.as_deref(),
            tags: args.tag.clone(),
        })
        .await?;
    let error = match &added.look {
        Some(Err(error)) => Some(Trouble::from(&Error::Transport(error.clone()))),
        _ => None,
    };
    let document = InstanceAdded {
        instance: details(desk, &added.instance).await?,
        reached: added.look.as_ref().map(Result::is_ok),
        error,
    };
    desk.output.answer(&document, |page| {
        page.line(format!("Added \"{}\".", added.instance.name));
        if let Some(found) = &taken {
            page.line(took(found, role));
        }
        if let Some(Ok(look)) = &added.look {
            let versions = &look.versions;
            page.line(format!(
                "It was reached: Commerce {} {}, PHP {}, {}",
                versions.edition, versions.magento, versions.php, look.pin.base_url
            ));
        }
        if let Some(error) = &document.error {
            page.line(format!("It was not reached now: {}", error.text));
            page.line(&error.next);
        }
    });
    Ok(Exit::Well)
}

/// What is found on the server in place of what was not given. Where the root is given and only the
/// PHP or the owner is not, finding nothing keeps nobody from adding it.
async fn found(desk: &Desk, args: &AddArgs, given: &Way) -> Result<Option<Found>, Failure> {
    let Way::Ssh(way) = given else {
        return Ok(None);
    };
    if way.root.is_empty() {
        return Ok(Some(desk.patchbay.find_one(way.clone()).await?));
    }
    if way.php.is_some() && args.name.is_some() && args.role.is_some() {
        return Ok(None);
    }
    let all = desk.patchbay.find(way.clone()).await.unwrap_or_default();
    Ok(all.into_iter().find(|one| one.way.root == way.root))
}

/// What was taken from what was found, as one line.
fn took(found: &Found, role: Role) -> String {
    let way = &found.way;
    let php = way.php.as_deref().unwrap_or("php");
    let run_as = way.run_as.as_ref();
    let run_as = run_as.map_or_else(String::new, |user| format!(", run as {user}"));
    format!(
        "Found there: {} (owner {}), {php} {}{run_as}; taken as {}.",
        way.root,
        found.owner,
        found.php,
        role.as_str()
    )
}

async fn list(desk: &Desk) -> Done {
    let board = desk.patchbay.board().await?;
    let evidence = desk.patchbay.evidence().await?;
    let now = desk.patchbay.now();
    let document = InstanceList {
        instances: board.iter().map(InstanceDetails::from).collect(),
    };
    desk.output.answer(&document, |page| {
        let rows: Vec<_> = board
            .iter()
            .zip(&document.instances)
            .map(|(standing, shown)| {
                let instance = &standing.instance;
                let found = evidence.iter().find(|e| e.instance == instance.id);
                let verdict = &standing.verdict;
                [
                    instance.name.clone(),
                    instance.role.as_str().to_owned(),
                    shown.row.account.clone(),
                    shown.row.address.clone(),
                    words::state(verdict.state, found.and_then(|e| e.connected_at)),
                    found.map(|e| words::ago(e.at, now)).unwrap_or_default(),
                ]
            })
            .collect();
        page.table(
            ["Name", "Role", "Account", "Address", "State", "Checked"],
            &rows,
        );
        if rows.is_empty() {
            page.line("There is no instance yet. Add one: patchbayctl instance add --help");
        }
    });
    Ok(Exit::Well)
}

async fn edit(desk: &Desk, args: EditArgs) -> Done {
    let known = named(desk, &args.name).await?;
    let edit = InstanceEdit {
        name: args.rename,
        role: args.role.map(Into::into),
        way: args.ssh.changed(&known.way, args.watch_only)?,
        url: args.url,
        tags: (!args.tag.is_empty()).then_some(args.tag),
    };
    let instance = desk.patchbay.edit_instance(&args.name, edit).await?;
    let said = format!("Changed \"{}\".", instance.name);
    about(desk, &instance, said).await
}

/// The instance as it is now. An unknown name is refused by the core in its own words.
async fn named(desk: &Desk, name: &str) -> Result<Instance, Failure> {
    let instances = desk.patchbay.instances().await?;
    match instances.into_iter().find(|one| one.name == name.trim()) {
        Some(instance) => Ok(instance),
        None => Ok(desk
            .patchbay
            .edit_instance(name, InstanceEdit::default())
            .await?),
    }
}

async fn remove(desk: &Desk, name: &str) -> Done {
    let shown = details(desk, &named(desk, name).await?).await?;
    let removed = desk.patchbay.remove_instance(name).await?;
    let document = InstanceDocument { instance: shown };
    desk.output.answer(&document, |page| {
        page.line(format!(
            "Removed \"{}\" from this computer; nothing changed on the server.",
            removed.name
        ));
    });
    Ok(Exit::Well)
}

async fn adopt(desk: &Desk, name: &str, take_keys: bool, yes: bool) -> Done {
    if take_keys && !yes {
        let question = format!(
            "Take the private keys of \"{}\", sealed on the way, into this computer's keychain?",
            patchbay_core::text::outside(name, 120)
        );
        if !terminal::can_ask() {
            return Err(Failure::usage(
                "needsYes",
                "Taking private keys needs your word, and nobody can be asked here.",
                "Add --yes.",
            ));
        }
        if !terminal::ask_yes(&question) {
            return Err(Failure::refused(
                "notAgreed",
                "Nothing was taken.",
                "Answer y to take them, or adopt without --with-private-key.",
            ));
        }
    }
    look_after(desk, Needs::Keychain).await?;
    let adopted = desk.patchbay.adopt_instance(name, take_keys).await?;
    let pairs = desk.patchbay.key_pairs().await?;
    let shown = details(desk, &adopted.instance).await?;
    let document = InstanceAdopted::new(shown, &adopted, &pairs);
    desk.output.answer(&document, |page| {
        let assigned = &document.assignment;
        page.line(format!("Adopted what \"{}\" holds:", assigned.instance));
        for (purpose, pair) in [
            ("sandbox", &assigned.sandbox),
            ("production", &assigned.production),
        ] {
            let pair = pair.as_deref().unwrap_or("(none)");
            page.line(format!("  {purpose} key pair: {pair}"));
        }
        page.line(format!("  project: {}", assigned.project_name));
        let space = &assigned.data_space;
        page.line(format!("  data space: {} ({})", space.name, space.r#type));
        let assigned = [&adopted.assignment.sandbox, &adopted.assignment.production];
        let elsewhere = assigned.into_iter().flatten().any(|id| {
            let pair = pairs.iter().find(|pair| &pair.id == id);
            pair.is_some_and(|pair| pair.state == KeyPairState::HeldByInstance)
        });
        if elsewhere {
            page.line("The instance alone holds a private key of these; adopt --with-private-key takes it too.");
        }
        if !document.taken.is_empty() {
            page.line(format!(
                "Private keys now in this computer's keychain: {}.",
                document.taken.join(", ")
            ));
        }
    });
    Ok(Exit::Well)
}

async fn repin(desk: &Desk, name: &str, confirm: &str) -> Done {
    let instance = desk.patchbay.repin_instance(name, confirm).await?;
    let said = format!("\"{}\" is what answers there now.", instance.name);
    about(desk, &instance, said).await
}

async fn reply(desk: &Desk, name: &str, answer: Answer) -> Done {
    let kin = match answer {
        Answer::Live | Answer::NotLive => {
            let live = matches!(answer, Answer::Live);
            let instance = desk.patchbay.answer_live(name, live).await?;
            let word = if live { "a live shop" } else { "no live shop" };
            let said = format!("\"{}\" is {word}.", instance.name);
            return about(desk, &instance, said).await;
        }
        Answer::Same => Kinship::Same,
        Answer::Copy => Kinship::Copy,
    };
    let (instance, others) = desk.patchbay.answer_kinship(name, kin).await?;
    let others = others.join(", ");
    let said = match kin {
        Kinship::Same => format!("\"{}\" and {others} are one instance.", instance.name),
        Kinship::Copy => format!(
            "\"{}\" and {others} are copies of each other.",
            instance.name
        ),
    };
    about(desk, &instance, said).await
}
