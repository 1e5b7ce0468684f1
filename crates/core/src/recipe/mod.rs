//! The manual way: what somebody does on the server who may not give SSH to others.
//!
//! One PHP file with its steps on top. It holds nothing secret: the private keys are pasted into its
//! standard input with the terminal's echo switched off, so that they are in no argument, variable,
//! here-document, history or log (docs/facts.md, Writing by command). It writes the same rows as a
//! push, under the same lock, or none. Not here: reading what came of it, which is a check.

use std::collections::BTreeSet;

use crate::config::{Part, Purpose};
use crate::connection::held::space_values;
use crate::error::{Error, Result};
use crate::instance::{Instance, Way};
use crate::keypair::KeyPair;
use crate::patchbay::Patchbay;

/// The program with two places to fill in.
const PROGRAM: &str = include_str!("connect.php");

/// Settings of PHP for that one run, as in a push.
const FLAGS: &str = "-d variables_order=EGPCS -d auto_prepend_file= -d display_errors=0 -d log_errors=0 \
    -d xdebug.mode=off -d xdebug.start_with_request=no -d zend.exception_ignore_args=1 -d memory_limit=-1";

/// The manual way for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The instance.
    pub instance: Instance,
    /// What to do, in order; plain text.
    pub steps: Vec<String>,
    /// The file that the steps speak of, steps on top; nothing secret.
    pub program: String,
}

impl Patchbay {
    /// Writes the manual way for what is assigned to an instance, or for one part of it.
    ///
    /// # Errors
    /// No such instance, nothing assigned, a pair whose API key is not known, records.
    pub async fn recipe(&self, name: &str, parts: &BTreeSet<Part>) -> Result<Recipe> {
        let instance = self.instance_named(name).await?;
        let assignments = self.ports.records.assignments().await?;
        let assignment = assignments
            .into_iter()
            .find(|one| one.instance == instance.id)
            .ok_or_else(|| {
                Error::refused(
                    "notAssigned",
                    format!("Nothing is assigned to \"{}\" yet.", instance.name),
                    "Assign key pairs and a data space first.",
                )
                .with("name", &instance.name)
            })?;
        let known = self.ports.records.key_pairs().await?;
        let mut pairs = Vec::new();
        if parts.contains(&Part::Keys) {
            for purpose in Purpose::ALL {
                let assigned = assignment.pair(purpose);
                let pair = assigned.and_then(|id| known.iter().find(|pair| &pair.id == id));
                pairs.extend(pair.cloned());
            }
        }
        let space = match parts.contains(&Part::DataSpace) {
            true => space_values(&assignment)
                .map(|(path, value)| (path.as_str(), value))
                .to_vec(),
            false => Vec::new(),
        };
        let plan = plan(&instance, &pairs, &space)?;
        let steps = steps(&instance, &pairs);
        let program = PROGRAM
            .replacen("{{STEPS}}", &comment(&steps), 1)
            .replacen("{{PLAN}}", &plan, 1);
        Ok(Recipe {
            instance,
            steps,
            program,
        })
    }
}

/// The plan as a PHP array.
fn plan(instance: &Instance, pairs: &[KeyPair], space: &[(&str, String)]) -> Result<String> {
    let mut text = String::from("[\n        'pairs' => [");
    for pair in pairs {
        let api_key = pair.api_key.as_ref().ok_or_else(|| {
            Error::refused(
                "pairNotUsable",
                format!("The API key of \"{}\" is not known yet.", pair.name),
                "Add it to the pair first.",
            )
        })?;
        let fingerprint = match &pair.identity {
            Some(identity) => quoted(identity.as_str()),
            None => "null".to_owned(),
        };
        text += &format!(
            "\n            {} => ['apiKey' => {}, 'fingerprint' => {fingerprint}],",
            quoted(pair.purpose.as_str()),
            quoted(api_key.as_str()),
        );
    }
    text += "\n        ],\n        'dataSpace' => [";
    for (path, value) in space {
        text += &format!("\n            {} => {},", quoted(path), quoted(value));
    }
    text += &format!(
        "\n        ],\n        'live' => {},\n    ]",
        instance.is_live()
    );
    Ok(text)
}

/// A text as PHP's single-quoted string.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A word for a POSIX shell.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn steps(instance: &Instance, pairs: &[KeyPair]) -> Vec<String> {
    let (root, php) = match &instance.way {
        Way::Ssh(way) => (
            word(&way.root),
            way.php.as_deref().map_or("php".to_owned(), word),
        ),
        Way::WatchOnly => ("/path/to/the/shop".to_owned(), "php".to_owned()),
    };
    let mut steps = vec![format!(
        "Save this text on the server of \"{}\" as patchbay-connect.php, in a folder that only the owner of the shop's files can read, not below pub/. It holds nothing secret.",
        instance.name
    )];
    for pair in pairs {
        let known_by = pair
            .identity
            .as_ref()
            .map(|identity| format!(", fingerprint {}", identity.short()));
        steps.push(format!(
            "Have the {} private key of \"{}\" at hand{}. Never give it to bin/magento config:set: that shows it to everybody on the server and can write it to var/log.",
            pair.purpose,
            pair.name,
            known_by.unwrap_or_default()
        ));
    }
    steps.push(format!(
        "In a terminal on the server, as the owner of the files, type this one line. It switches the terminal's echo off and on again: ( trap 'stty echo' EXIT INT TERM; stty -echo; {php} {FLAGS} patchbay-connect.php {root} )"
    ));
    if !pairs.is_empty() {
        steps.push(
            "Paste each private key where it is asked for. Nothing is shown, and nothing is kept in the shell's history."
                .to_owned(),
        );
    }
    steps.push(format!(
        "Delete patchbay-connect.php, and have \"{}\" checked: patchbayctl check.",
        instance.name
    ));
    steps
}

/// The steps as the inside of a PHP comment, which nothing in them can end and where nothing is filled in.
fn comment(steps: &[String]) -> String {
    let lines = steps.iter().zip(1..).map(|(step, number)| {
        let step = step
            .replace("*/", "* /")
            .replace('{', "(")
            .replace('}', ")");
        format!(" * {number}. {step}")
    });
    let head =
        " * Patchbay, the manual way. Only texts that everybody may read are in this file.\n *\n";
    head.to_owned() + &lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_places_are_there_once_and_the_program_takes_no_key_from_anywhere_else() {
        for place in ["{{STEPS}}", "{{PLAN}}"] {
            assert_eq!(PROGRAM.matches(place).count(), 1, "{place}");
        }
        for way in ["$argv[2]", "getenv(", "$_ENV", "readline(", "<<<"] {
            assert!(!PROGRAM.contains(way), "{way}");
        }
    }

    /// Reads a single-quoted PHP string back; `None` where it ends early.
    fn unquoted(text: &str) -> Option<String> {
        let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
        let (mut plain, mut characters) = (String::new(), inner.chars().peekable());
        while let Some(c) = characters.next() {
            match c {
                '\'' => return None,
                '\\' if matches!(characters.peek(), Some('\\' | '\'')) => {
                    plain.extend(characters.next())
                }
                c => plain.push(c),
            }
        }
        Some(plain)
    }

    proptest! {
        #[test]
        fn any_text_stays_inside_its_quotes(text in "(.|\\\\|'){0,40}") {
            prop_assert_eq!(unquoted(&quoted(&text)), Some(text));
        }

        #[test]
        fn no_name_ends_the_comment(name in "(.|\\*|/|\\{){0,40}") {
            let text = comment(&[name]);
            prop_assert!(!text.contains("*/") && !text.contains("{{"));
        }
    }
}
