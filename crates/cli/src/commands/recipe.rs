//! `recipe`.

use patchbay_contract::instances::recipe::RecipeDocument;
use patchbay_core::config::Part;

use super::Desk;
use crate::args::RecipeArgs;
use crate::exit::{Done, Exit};

pub(super) async fn run(desk: &Desk, args: RecipeArgs) -> Done {
    let parts = match args.only {
        Some(only) => [Part::from(only)].into(),
        None => Part::ALL.into_iter().collect(),
    };
    let recipe = desk.patchbay.recipe(&args.name, &parts).await?;
    let document = RecipeDocument::from(&recipe);
    if desk.output.is_json() {
        desk.output.answer(&document, |_| {});
    } else {
        desk.output.raw(&document.program);
    }
    Ok(Exit::Well)
}
