//! `settings`.

use patchbay_contract::settings::SettingList;

use super::Desk;
use crate::args::SettingsCommand;
use crate::exit::{Done, Exit};

pub(super) async fn run(desk: &Desk, command: SettingsCommand) -> Done {
    let changed = match &command {
        SettingsCommand::List => None,
        SettingsCommand::Set { key, value } => {
            desk.patchbay.set_setting(key, value).await?;
            Some(key)
        }
    };
    let mut document = SettingList::new(&desk.patchbay.settings().await?);
    if let Some(key) = changed {
        document.settings.retain(|row| &row.key == key);
    }
    desk.output.answer(&document, |page| {
        let rows: Vec<_> = document
            .settings
            .iter()
            .map(|row| {
                [
                    row.key.clone(),
                    row.value.clone().unwrap_or_else(|| "(as usual)".into()),
                    row.about.clone(),
                ]
            })
            .collect();
        page.table(["Setting", "Value", "What for"], &rows);
    });
    Ok(Exit::Well)
}
