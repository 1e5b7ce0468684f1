//! The window's words in both languages, as `npm run words` in `ui/` writes them down.
//!
//! A journey names a text by its place in the tables, so that it goes on when the text is put
//! better, and runs in either language.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::{Result, Trouble};

/// The languages of the window, by their codes.
pub const LANGUAGES: [&str; 2] = ["en", "zh-Hant"];

/// Every text of one language, by its place in the tables.
#[derive(Clone, Debug)]
pub struct Words {
    language: String,
    texts: BTreeMap<String, String>,
}

impl Words {
    /// Reads the texts of one language from the file that `npm run words` wrote.
    ///
    /// # Errors
    /// When the file cannot be read or has no such language.
    pub fn read(file: &Path, language: &str) -> Result<Self> {
        let trouble = |why: &str| Trouble::new(format!("{}: {why}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| trouble(&error.to_string()))?;
        let all: Value =
            serde_json::from_str(&text).map_err(|error| trouble(&error.to_string()))?;
        let own = all[language]
            .as_object()
            .ok_or_else(|| trouble("no such language"))?;
        let texts = own
            .iter()
            .filter_map(|(place, text)| Some((place.clone(), text.as_str()?.to_owned())));
        Ok(Self {
            language: language.to_owned(),
            texts: texts.collect(),
        })
    }

    /// The code of the language.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The text at a place, with its gaps filled in: numbered ones by the order of `gaps`, named
    /// ones by `name=value`.
    ///
    /// # Errors
    /// When there is no such place, or a gap stays open.
    pub fn say(&self, place: &str, gaps: &[&str]) -> Result<String> {
        let one = (gaps.first() == Some(&"1")).then(|| self.texts.get(&format!("{place}#one")));
        let text = one.flatten().or_else(|| self.texts.get(place));
        let text = text.ok_or_else(|| Trouble::new(format!("the window has no text {place}")))?;
        filled(text, gaps).ok_or_else(|| Trouble::new(format!("{place} needs more words: {text}")))
    }
}

fn filled(text: &str, values: &[&str]) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (gap, next) = after.split_once('}')?;
        let value = match gap.parse::<usize>() {
            Ok(number) => values.get(number).copied(),
            Err(_) => values
                .iter()
                .find_map(|value| value.strip_prefix(gap)?.strip_prefix('=')),
        };
        filled.push_str(before);
        filled.push_str(value?);
        rest = next;
    }
    Some(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn gaps_are_filled_by_number_or_name_and_none_stays_open() {
        let two = filled("{1} of {0}, {1}", &["3", "2"]);
        assert_eq!(two.as_deref(), Some("2 of 3, 2"));
        let named = filled(
            "{dataSpace} belongs to {other}.",
            &["other=B", "dataSpace=A"],
        );
        assert_eq!(named.as_deref(), Some("A belongs to B."));
        assert_eq!(filled("{0} of {1}", &["3"]), None);
        assert_eq!(filled("no gap", &[]).as_deref(), Some("no gap"));
    }
}
