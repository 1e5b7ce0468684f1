//! `shop`: an address is enough.

use patchbay_contract::instances::shop::ShopLook;

use super::Desk;
use crate::args::ShopArgs;
use crate::exit::{Done, Exit};
use crate::output::Page;

pub(super) async fn run(desk: &Desk, args: ShopArgs) -> Done {
    let looked = desk.patchbay.look_at_shop(&args.url).await?;
    let document = ShopLook::from(&looked);
    desk.output.answer(&document, |page| show(page, &document));
    Ok(if document.shown.is_some() {
        Exit::Well
    } else {
        Exit::Failed
    })
}

fn show(page: &mut Page, looked: &ShopLook) {
    page.line(&looked.url);
    if let Some(reason) = &looked.reason {
        page.line(format!("  {}", reason.text));
        page.line("  That says nothing about its keys; add it over SSH to be sure.");
    }
    if let Some(shown) = &looked.shown {
        let kind = shown.kind.as_deref().unwrap_or("type not said");
        page.line(format!("  Data space {} ({kind})", shown.id));
        if let (Some(space), Some(project)) = (&looked.data_space, &looked.project) {
            page.line(format!(
                "  Known here as \"{space}\" in project \"{project}\""
            ));
        }
        if shown.channel == "page" {
            page.line("  Read on a page, which may come from a cache.");
        }
    }
    for name in &looked.known_as {
        page.line(format!("  It is your instance \"{name}\"."));
    }
    for twin in &looked.used_by {
        let how = if twin.assigned {
            "is assigned"
        } else {
            "holds"
        };
        page.line(format!("  \"{}\" {how} the same data space.", twin.name));
    }
}
