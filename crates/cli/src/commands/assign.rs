//! `assign`.

use patchbay_contract::registry::{AssignedDocument, AssignmentRow};
use patchbay_core::Error;
use patchbay_core::assignment::AssignOrder;
use patchbay_core::id::{DataSpaceId, ProjectId};

use super::Desk;
use crate::args::AssignArgs;
use crate::exit::{Done, Exit};

pub(super) async fn run(desk: &Desk, args: AssignArgs) -> Done {
    let order = AssignOrder {
        instance: &args.name,
        sandbox: args.sandbox.as_deref(),
        production: args.production.as_deref(),
        project: ProjectId::parse(&args.project).map_err(Error::from)?,
        data_space: DataSpaceId::parse(&args.data_space).map_err(Error::from)?,
    };
    let assignment = desk.patchbay.assign(&order).await?;
    let pairs = desk.patchbay.key_pairs().await?;
    let document = AssignedDocument {
        assignment: AssignmentRow::new(args.name.trim(), &assignment, &pairs),
    };
    desk.output.answer(&document, |page| {
        let row = &document.assignment;
        page.line(format!("\"{}\" should hold:", row.instance));
        let left =
            |pair: &Option<String>| pair.clone().unwrap_or_else(|| "(as it is there)".into());
        page.line(format!("  sandbox key pair: {}", left(&row.sandbox)));
        page.line(format!("  production key pair: {}", left(&row.production)));
        page.line(format!("  project: {}", row.project_name));
        let space = &row.data_space;
        page.line(format!("  data space: {} ({})", space.name, space.r#type));
        page.line("Nothing changed on the server. Next: patchbayctl plan");
    });
    Ok(Exit::Well)
}
