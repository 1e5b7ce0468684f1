//! `report`: how every instance stands, to be passed on.

use patchbay_contract::accounts::AccountRow;
use patchbay_contract::instances::InstanceRow;
use patchbay_contract::moment::rfc3339;
use patchbay_contract::report::Report;

use super::Desk;
use crate::args::{ReportArgs, ReportFormat};
use crate::exit::{Done, Exit, Failure};

pub(super) async fn run(desk: &Desk, args: ReportArgs) -> Done {
    let patchbay = &desk.patchbay;
    let mut accounts = patchbay.accounts().await?;
    if let Some(label) = &args.account {
        accounts.retain(|account| &account.label == label);
        if accounts.is_empty() {
            let name = patchbay_core::text::outside(label, patchbay_core::text::NAME_MAX);
            let what = "account";
            return Err(Failure::from(patchbay_core::Error::NoSuch { what, name }));
        }
    }
    let accounts: Vec<_> = accounts.iter().map(AccountRow::from).collect();
    let board = patchbay.board().await?;
    let instances: Vec<_> = board.iter().map(InstanceRow::from).collect();
    let keypairs = super::keypair::rows(desk).await?;
    let report = Report::new(rfc3339(patchbay.now()), &accounts, &instances, &keypairs);
    match args.format {
        _ if desk.output.is_json() => desk.output.answer(&report, |_| ()),
        ReportFormat::Html => desk.output.raw(&report.to_html()),
        ReportFormat::Csv => desk.output.raw(&report.to_csv()),
    }
    Ok(Exit::Well)
}
