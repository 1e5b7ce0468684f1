//! `registry`.

use patchbay_contract::registry::{ProjectList, ProjectRow, ProjectsCreated, projects};

use super::Desk;
use crate::args::RegistryCommand;
use crate::exit::{Done, Exit};
use crate::output::Page;

pub(super) async fn run(desk: &Desk, command: RegistryCommand) -> Done {
    match command {
        RegistryCommand::Projects { account } => list(desk, &account).await,
        RegistryCommand::CreateProject {
            account,
            name,
            again,
        } => create(desk, &account, &name, again).await,
    }
}

async fn list(desk: &Desk, account: &str) -> Done {
    let (account, spaces) = desk.patchbay.data_spaces(account).await?;
    let document = ProjectList::new(&account, &spaces);
    desk.output.answer(&document, |page| {
        let owner = document.mage_id.as_deref().unwrap_or("MageID not known");
        page.line(format!("{} ({owner})", document.account));
        show(page, &document.projects);
        if document.projects.is_empty() {
            page.line(
                "It has no project yet. Create one: patchbayctl registry create-project --help",
            );
        }
    });
    Ok(Exit::Well)
}

async fn create(desk: &Desk, account: &str, name: &str, again: bool) -> Done {
    let spaces = desk.patchbay.create_project(account, name, again).await?;
    let document = ProjectsCreated {
        account: account.trim().to_owned(),
        projects: projects(&spaces),
    };
    desk.output.answer(&document, |page| {
        page.line("The project was created.");
        show(page, &document.projects);
    });
    Ok(Exit::Well)
}

fn show(page: &mut Page, projects: &[ProjectRow]) {
    for project in projects {
        page.line(format!("Project {}  {}", project.name, project.id));
        let rows: Vec<_> = project
            .data_spaces
            .iter()
            .map(|space| {
                [
                    format!("  {}", space.name),
                    space.r#type.clone(),
                    space.id.clone(),
                ]
            })
            .collect();
        page.table(["  Data space", "Type", "Id"], &rows);
    }
}
