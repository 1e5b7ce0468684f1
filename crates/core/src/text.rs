//! Text that comes from outside, cleaned at the door.
//!
//! Names, messages and noise from people, servers and instances pass through here before anything
//! shows, stores or prints them. Not here: quoting for a shell or HTML, which belongs to the
//! adapter that needs it.

/// The longest name a person may give to something, in characters.
pub const NAME_MAX: usize = 120;

/// Why a piece of text was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("{what} is empty; give it a few characters")]
    Empty {
        /// What the text was for.
        what: &'static str,
    },
    /// Longer than allowed.
    #[error("{what} is longer than {max} characters; shorten it")]
    TooLong {
        /// What the text was for.
        what: &'static str,
        /// The most characters allowed.
        max: usize,
    },
    /// Control, direction or invisible characters.
    #[error("{what} holds control or invisible characters; type it without them")]
    Unprintable {
        /// What the text was for.
        what: &'static str,
    },
    /// Not of the form that is needed.
    #[error("{what} is not valid: {why}")]
    Shape {
        /// What the text was for.
        what: &'static str,
        /// What is expected instead.
        why: &'static str,
    },
}

/// Whether a character may stand in a name or message: no control, no change of writing
/// direction, nothing invisible.
pub fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A name typed by a person: trimmed, 1 to [`NAME_MAX`] characters, all of them visible.
///
/// # Errors
/// Says what is wrong with it; nothing is repaired silently but outer white space.
pub fn name(what: &'static str, text: &str) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty { what });
    }
    if text.chars().count() > NAME_MAX {
        return Err(TextError::TooLong {
            what,
            max: NAME_MAX,
        });
    }
    if !text.chars().all(is_plain) {
        return Err(TextError::Unprintable { what });
    }
    Ok(text.to_owned())
}

/// Text from a server or an instance, made safe to show: unprintable characters dropped, runs of
/// white space folded to one space, at most `max` characters, runs that look like key material
/// replaced.
pub fn outside(text: &str, max: usize) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| is_plain(*c))
        .collect();
    let words = spaced.split(' ').filter(|word| !word.is_empty());
    let joined = words.map(hide_key_like).collect::<Vec<_>>().join(" ");
    let mut shown: String = joined.chars().take(max).collect();
    if joined.chars().count() > max {
        shown.push('…');
    }
    shown
}

/// Replaces a run that could be part of a key: 40 or more characters of the base64 or hex
/// alphabets without a break.
fn hide_key_like(word: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    let flush = |run: &mut String, shown: &mut String| {
        if run.len() >= 40 {
            shown.push_str("[hidden]");
        } else {
            shown.push_str(run);
        }
        run.clear();
    };
    for character in word.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '_' | '-') {
            run.push(character);
        } else {
            flush(&mut run, &mut shown);
            shown.push(character);
        }
    }
    flush(&mut run, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(
            name("the name", "  Nordlys live "),
            Ok("Nordlys live".into())
        );
        assert!(matches!(
            name("the name", " \t"),
            Err(TextError::Empty { .. })
        ));
        assert!(matches!(
            name("the name", &"x".repeat(10_000)),
            Err(TextError::TooLong { .. })
        ));
        assert!(matches!(
            name("the name", "a\u{202e}b"),
            Err(TextError::Unprintable { .. })
        ));
    }

    #[test]
    fn outside_text_loses_escapes_and_key_like_runs() {
        let noise = format!("\u{1b}[31mfatal\u{1b}[0m: {}", "A".repeat(64));
        assert_eq!(outside(&noise, 200), "[31mfatal[0m: [hidden]");
    }

    proptest! {
        #[test]
        fn outside_text_is_always_plain_and_short(text in ".{0,400}", max in 0_usize..300) {
            let shown = outside(&text, max);
            prop_assert!(shown.chars().all(is_plain));
            prop_assert!(shown.chars().count() <= max + 1);
        }
    }
}
