//! `account`.

use patchbay_contract::accounts::{AccountAdded, AccountList, AccountRow};
use patchbay_core::Error;
use patchbay_core::id::MageId;

use super::Desk;
use crate::args::AccountCommand;
use crate::exit::{Done, Exit};

pub(super) async fn run(desk: &Desk, command: AccountCommand) -> Done {
    match command {
        AccountCommand::Add { label, mage_id } => add(desk, &label, mage_id.as_deref()).await,
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
