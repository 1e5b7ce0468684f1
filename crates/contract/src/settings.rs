//! What the window remembers about itself, and the settings of the core as they are listed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The person's choices for the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[ts(export)]
pub struct WindowPreferences {
    /// The language; the system's where `null`.
    pub language: Option<Language>,
    /// Light or dark.
    pub theme: Theme,
    /// How the board is drawn; `null` leaves it to the number of instances.
    pub board: Option<BoardView>,
    /// Whether the guide to the first connection was sent away.
    pub knows_the_way: bool,
}

/// How the board is drawn: two views of the same truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum BoardView {
    /// Key pairs and data spaces on the left, instances on the right, cables between.
    Patch,
    /// One row an instance.
    List,
}

/// A language the window speaks completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Traditional Chinese as written in Taiwan.
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// `settings list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingList {
    /// Every setting the core needs.
    pub settings: Vec<SettingRow>,
}

/// One setting of the core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SettingRow {
    /// Its key.
    pub key: String,
    /// Its value; `null` where it was never set.
    pub value: Option<String>,
    /// What it is for and which values it takes.
    pub about: String,
}

/// A setting to be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct SettingRequest {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl SettingList {
    /// Every setting, with what was set.
    pub fn new(set: &[(String, String)]) -> Self {
        let row = |setting: &patchbay_core::settings::Setting| SettingRow {
            key: setting.key.to_owned(),
            value: set
                .iter()
                .find(|(key, _)| key == setting.key)
                .map(|(_, value)| value.clone()),
            about: setting.about.to_owned(),
        };
        Self {
            settings: patchbay_core::settings::SETTINGS.iter().map(row).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_window_wrote_is_still_read() {
        let read: WindowPreferences = serde_json::from_str(r#"{"language":"zh-Hant"}"#).unwrap();
        assert_eq!(read.language, Some(Language::TraditionalChinese));
        assert_eq!(
            read.theme,
            Theme::System,
            "absent means as before there was a choice"
        );
    }

    #[test]
    fn a_language_nobody_speaks_is_refused() {
        let read = serde_json::from_str::<WindowPreferences>(r#"{"language":"tlh"}"#);
        assert!(
            read.is_err(),
            "the window must not be asked for texts it does not have"
        );
    }
}
