//! `account`.

use patchbay_contract::accounts::{AccountAdded, AccountList, AccountRow};
use patchbay_contract::handover::ForgottenAccount;
use patchbay_core::Error;
use patchbay_core::id::MageId;

use super::Desk;
use crate::args::AccountCommand;
use crate::exit::{Done, Exit};
use crate::terminal;

pub(super) async fn run(desk: &Desk, command: AccountCommand) -> Done {
    match command {
        AccountCommand::Add { label, mage_id } => add(desk, &label, mage_id.as_deref()).await,
        AccountCommand::Forget { label, confirm } => forget(desk, &label, confirm).await,
        AccountCommand::List => list(desk).await,
    }
}

async fn add(desk: &Desk, label: &str, mage_id: Option<&str>) -> Done {
    let mage_id = mage_id
        .map(MageId::parse)
        .transpose()
        .map_err(Error::from)?;
    let account = desk.patchbay.add_account(label, mage_id).await?;
    let document = AccountAdded {
        account: AccountRow::from(&account),
    };
    desk.output.answer(&document, |page| {
        page.line(format!("Added the account \"{}\".", account.label));
    });
    Ok(Exit::Well)
}

async fn forget(desk: &Desk, label: &str, confirm: Option<String>) -> Done {
    let typed = match confirm {
        Some(typed) => typed,
        None if terminal::can_ask() => {
            terminal::say(
                "Its instances, key pairs and private keys go from this computer; nothing changes at Adobe or on a server.",
            );
            terminal::ask(&format!("Type {label} to forget it: "))
        }
        None => String::new(),
    };
    let forgotten = desk.patchbay.forget_account(label, &typed).await?;
    let document = ForgottenAccount::from(&forgotten);
    desk.output.answer(&document, |page| {
        page.line(format!(
            "Forgot \"{}\": {} instances, {} key pairs. The journal keeps what was done.",
            document.account,
            document.instances.len(),
            document.key_pairs.len()
        ));
    });
    Ok(Exit::Well)
}

async fn list(desk: &Desk) -> Done {
    let accounts = desk.patchbay.accounts().await?;
    let document = AccountList {
        accounts: accounts.iter().map(AccountRow::from).collect(),
    };
    desk.output.answer(&document, |page| {
        let rows: Vec<_> = document
            .accounts
            .iter()
            .map(|row| {
                [
                    row.label.clone(),
                    row.mage_id
                        .clone()
                        .unwrap_or_else(|| "not known yet".into()),
                    row.organisation.clone().unwrap_or_default(),
                ]
            })
            .collect();
        page.table(["Account", "MageID", "Organisation"], &rows);
        if rows.is_empty() {
            page.line("There is no account yet. Add one: patchbayctl account add --label NAME");
        }
    });
    Ok(Exit::Well)
}
