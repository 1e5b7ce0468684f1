//! The real window on a virtual screen, driven as a person would.
//!
//! This room sees the built programs from outside: it starts them, clicks, types, reads what is
//! shown, and takes pictures. It uses none of our crates. What the window says in detail is tested
//! in `ui/`, where a test takes milliseconds; what stands behind it, in the other rooms of `tests`.
//!
//! | Module | What for |
//! |---|---|
//! | [`running`] | programs that end with whoever started them |
//! | [`screen`] | a screen, a message bus and a home folder that nobody else uses |
//! | [`driver`] | WebDriver: the few requests that are needed |
//! | [`window`] | what a person does in the window, by the words that are shown |
//! | [`words`] | those words, in both languages, from the window's own tables |
//! | [`play`] | the main job of the demo, with pictures and a transcript |
//! | [`memory`] | what a process holds in its memory |

pub mod driver;
pub mod memory;
pub mod play;
pub mod running;
pub mod screen;
pub mod window;
pub mod words;

use std::fmt;

/// Why something could not be done or was not as it should be, as a sentence.
#[derive(Clone, PartialEq, Eq)]
pub struct Trouble(String);

impl Trouble {
    /// Trouble told by this sentence.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// As it reads: a failed test prints this.
impl fmt::Debug for Trouble {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

impl std::error::Error for Trouble {}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What this room gives back.
pub type Result<T> = std::result::Result<T, Trouble>;
