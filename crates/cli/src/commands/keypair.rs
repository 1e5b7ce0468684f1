//! `keypair`. What is printed of a private key is its fingerprint and nothing else.

use patchbay_contract::instances::Remark;
use patchbay_contract::keypairs::{
    KeyPairDocument, KeyPairList, KeyPairRow, KeyPairVerified, VerificationRow,
};
use patchbay_core::keypair::intake::INPUT_MAX;
use patchbay_core::keypair::keeping::{BroughtKey, KeptKey, Verification};
use patchbay_core::keypair::{Export, KeyPair};

use super::{Desk, rotate};
use crate::args::KeyPairCommand;
use crate::exit::{Done, Exit, Failure};
use crate::output::Page;
use crate::{input, terminal};

pub(super) async fn run(desk: &Desk, command: KeyPairCommand) -> Done {
    match command {
        KeyPairCommand::List => list(desk).await,
        KeyPairCommand::Verify { name } => verify(desk, &name).await,
        KeyPairCommand::WhereUsed { name } => where_used(desk, &name).await,
        KeyPairCommand::Rotate(args) => rotate::rotate(desk, args).await,
        KeyPairCommand::Retire { name } => retire(desk, &name).await,
        KeyPairCommand::Lost { name } => lost(desk, &name).await,
        KeyPairCommand::DeleteAtAdobe { name, done } => {
            rotate::delete_at_adobe(desk, &name, done).await
        }
        KeyPairCommand::Note { name, text } => note(desk, &name, &text).await,
        KeyPairCommand::Remove { name, yes } => remove(desk, &name, yes).await,
        import @ KeyPairCommand::Import { .. } => bring(desk, import).await,
        generate @ KeyPairCommand::Generate { .. } => create(desk, generate).await,
    }
}

async fn bring(desk: &Desk, command: KeyPairCommand) -> Done {
    let KeyPairCommand::Import {
        account,
        r#for,
        name,
        api_key,
        private_key,
    } = command
    else {
        return Ok(Exit::Usage);
    };
    let private_key = input::secret("the private key", &private_key, INPUT_MAX)?;
    let kept = desk
        .patchbay
        .bring_key(&BroughtKey {
            account: &account,
            purpose: r#for.into(),
            name: &name,
            api_key: &api_key,
            private_key: &private_key,
        })
        .await?;
    answer_kept(desk, &kept).await
}

async fn create(desk: &Desk, command: KeyPairCommand) -> Done {
    let KeyPairCommand::Generate {
        account,
        r#for,
        name,
        portal,
        sign_in_file,
    } = command
    else {
        return Ok(Exit::Usage);
    };
    let settings = desk.patchbay.settings().await?;
    let set = settings.into_iter().find(|(key, _)| key == "portal");
    let portal = portal.or(set.map(|(_, url)| url)).ok_or_else(|| {
        Failure::usage(
            "noPortal",
            "No portal is named.",
            "Give --portal, or set it once: patchbayctl settings set portal URL",
        )
    })?;
    let sign_in = input::sign_in(&sign_in_file)?;
    let kept = desk
        .patchbay
        .generate_key(&account, r#for.into(), &name, &portal, &sign_in)
        .await?;
    answer_kept(desk, &kept).await
}

async fn answer_kept(desk: &Desk, kept: &KeptKey) -> Done {
    let accounts = desk.patchbay.accounts().await?;
    let document = KeyPairVerified::kept(kept, &accounts);
    let unusual = kept
        .pair
        .api_key
        .as_ref()
        .is_some_and(|key| !key.looks_usual());
    if unusual {
        terminal::say(
            "This API key does not look like those seen so far: 32 lower-case hex digits.",
        );
    }
    desk.output.answer(&document, |page| {
        page.line(format!(
            "The {} key pair \"{}\" is kept; its private key is in this computer's keychain.",
            kept.pair.purpose, kept.pair.name
        ));
        fingerprint(page, &kept.pair);
        for repair in &document.repairs {
            page.line(format!("Put right: {}", repair.text));
        }
        if kept.pair.export == Export::Unused {
            page.line("Its one export is not used yet; connecting instances needs none.");
        }
        verified(page, &document.verification);
    });
    Ok(Exit::Well)
}

fn fingerprint(page: &mut Page, pair: &KeyPair) {
    if let Some(identity) = &pair.identity {
        page.line(format!("Fingerprint: {}", identity.short()));
    }
}

fn verified(page: &mut Page, verification: &VerificationRow) {
    match &verification.reason {
        None => page.line("Adobe accepts it."),
        Some(reason) => {
            page.line(&reason.text);
            page.line(&reason.next);
        }
    }
}

async fn row(desk: &Desk, pair: &KeyPair) -> Result<KeyPairRow, Failure> {
    let accounts = desk.patchbay.accounts().await?;
    let used = desk.patchbay.where_used(&pair.id).await?;
    Ok(KeyPairRow::new(pair, &accounts, used))
}

/// Every pair as it is listed.
pub(super) async fn rows(desk: &Desk) -> Result<Vec<KeyPairRow>, Failure> {
    Ok(listed(desk)
        .await?
        .into_iter()
        .map(|(row, _)| row)
        .collect())
}

async fn listed(desk: &Desk) -> Result<Vec<(KeyPairRow, KeyPair)>, Failure> {
    let mut keypairs = Vec::new();
    for pair in desk.patchbay.key_pairs().await? {
        keypairs.push((row(desk, &pair).await?, pair));
    }
    Ok(keypairs)
}

async fn list(desk: &Desk) -> Done {
    let keypairs = listed(desk).await?;
    let document = KeyPairList {
        keypairs: keypairs.iter().map(|(row, _)| row.clone()).collect(),
    };
    desk.output.answer(&document, |page| {
        let rows: Vec<_> = keypairs
            .iter()
            .map(|(row, pair)| cells(row, pair))
            .collect();
        page.table(
            [
                "Name",
                "Account",
                "For",
                "API key",
                "Fingerprint",
                "State",
                "Used by",
            ],
            &rows,
        );
        if rows.is_empty() {
            page.line("There is no key pair yet. Bring one: patchbayctl keypair import --help");
        }
    });
    Ok(Exit::Well)
}

fn cells(row: &KeyPairRow, pair: &KeyPair) -> [String; 7] {
    [
        row.name.clone(),
        row.account.clone(),
        row.r#for.clone(),
        row.api_key.clone().unwrap_or_default(),
        pair.identity
            .as_ref()
            .map(|id| id.short())
            .unwrap_or_default(),
        row.state.clone(),
        row.used_by.join(", "),
    ]
}

async fn verify(desk: &Desk, name: &str) -> Done {
    let (pair, verification) = desk.patchbay.verify_key_pair(name).await?;
    let document = KeyPairVerified {
        keypair: row(desk, &pair).await?,
        repairs: Vec::<Remark>::new(),
        verification: (&verification).into(),
    };
    desk.output.answer(&document, |page| {
        page.line(format!("{} ({})", pair.name, pair.purpose));
        fingerprint(page, &pair);
        verified(page, &document.verification);
    });
    Ok(match verification {
        Verification::Accepted => Exit::Well,
        _ => Exit::Failed,
    })
}

async fn where_used(desk: &Desk, name: &str) -> Done {
    let (pair, _) = desk.patchbay.where_used_by_name(name).await?;
    let document = KeyPairDocument {
        keypair: row(desk, &pair).await?,
    };
    desk.output.answer(&document, |page| {
        if document.keypair.used_by.is_empty() {
            page.line(format!("No instance is known to use \"{}\".", pair.name));
        }
        for instance in &document.keypair.used_by {
            page.line(instance);
        }
    });
    Ok(Exit::Well)
}

async fn retire(desk: &Desk, name: &str) -> Done {
    let pair = desk.patchbay.retire_key_pair(name).await?;
    let document = KeyPairDocument {
        keypair: row(desk, &pair).await?,
    };
    desk.output.answer(&document, |page| {
        page.line(format!("\"{}\" is kept for its history only.", pair.name));
        page.line("At Adobe it still exists: patchbayctl keypair delete-at-adobe");
    });
    Ok(Exit::Well)
}

async fn lost(desk: &Desk, name: &str) -> Done {
    let pair = desk.patchbay.lose_key_pair(name).await?;
    let document = KeyPairDocument {
        keypair: row(desk, &pair).await?,
    };
    desk.output.answer(&document, |page| {
        page.line(format!(
            "The private key of \"{}\" is noted as lost.",
            pair.name
        ));
        for instance in &document.keypair.used_by {
            page.line(format!(
                "Still used by {instance}: there it goes on working."
            ));
        }
        page.line("Replace it: patchbayctl keypair rotate");
    });
    Ok(Exit::Well)
}

async fn note(desk: &Desk, name: &str, text: &str) -> Done {
    let pair = desk.patchbay.note_key_pair(name, text).await?;
    let document = KeyPairDocument {
        keypair: row(desk, &pair).await?,
    };
    desk.output.answer(&document, |page| {
        page.line(format!("Noted beside \"{}\".", pair.name));
    });
    Ok(Exit::Well)
}

async fn remove(desk: &Desk, name: &str, yes: bool) -> Done {
    let (pair, used) = desk.patchbay.where_used_by_name(name).await?;
    let accounts = desk.patchbay.accounts().await?;
    let document = KeyPairDocument {
        keypair: KeyPairRow::new(&pair, &accounts, used),
    };
    if !yes && terminal::can_ask() {
        let question = format!(
            "Remove \"{}\" from this computer? Nothing changes at Adobe or on any instance, but its private key \
             is gone from this keychain for good.",
            pair.name
        );
        if !terminal::ask_yes(&question) {
            return Err(Failure::refused(
                "notAgreed",
                "Nothing was removed.",
                "Answer y to remove it.",
            ));
        }
    }
    desk.patchbay.remove_key_pair(pair.id.as_str()).await?;
    desk.output.answer(&document, |page| {
        page.line(format!("Removed \"{}\" from this computer.", pair.name));
        if !document.keypair.used_by.is_empty() {
            page.line(format!(
                "Still used by {}: there it goes on working, but it cannot be applied from here any more.",
                document.keypair.used_by.join(", ")
            ));
        }
        page.line("At Adobe it still exists; delete it in the API Portal where nobody needs it.");
    });
    Ok(Exit::Well)
}
