//! `recipe`: the manual way.

use patchbay_core::recipe::Recipe;
use serde::Serialize;

/// `recipe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecipeDocument {
    /// The instance's name.
    pub instance: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// The PHP file that the steps speak of; nothing secret.
    pub program: String,
}

impl From<&Recipe> for RecipeDocument {
    fn from(recipe: &Recipe) -> Self {
        Self {
            instance: recipe.instance.name.clone(),
            steps: recipe.steps.clone(),
            program: recipe.program.clone(),
        }
    }
}
