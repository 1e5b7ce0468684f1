//! What a person does in the window, by the words that are shown.
//!
//! Everything waits: for a button until it is there and can be pressed, for a state until it is
//! reached. Not here: what a journey does and expects.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::{Driver, Element};
use crate::running::until;
use crate::screen::Screen;
use crate::words::Words;
use crate::{Result, Trouble};

/// What keeps an element from being clicked while the page is drawn anew.
const PASSING: [&str; 3] = [
    "element click intercepted",
    "element not interactable",
    "stale element reference",
];

const PAGE: &str = include_str!("page.js");

/// One line of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The instance's name.
    pub name: String,
    /// The code of its connection state.
    pub state: String,
    /// The words shown for the state, or for what is being done to it.
    pub words: String,
    /// Why it stands so.
    pub reason: String,
    /// Whether something is being done to it.
    pub busy: bool,
}

/// The window, open and driven.
#[derive(Debug)]
pub struct Window {
    driver: Driver,
    words: Words,
    pictures: PathBuf,
    taken: std::cell::Cell<u32>,
    /// Ended last: the program needs it.
    screen: Screen,
}

impl Window {
    /// Opens the program on a screen, and waits until it shows its sections.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn open(
        screen: Screen,
        app: &str,
        arguments: &[&str],
        words: Words,
        pictures: &Path,
    ) -> Result<Self> {
        std::fs::create_dir_all(pictures)?;
        let driver = Driver::start(screen.command("WebKitWebDriver"), app, arguments)?;
        let window = Self {
            driver,
            words,
            pictures: pictures.to_owned(),
            taken: std::cell::Cell::new(0),
            screen,
        };
        let board = window.words.say("app.board", &[])?;
        window.wait("the window shows its sections", || {
            window.find("button", &[json!(board)])
        })?;
        Ok(window)
    }

    /// The window's words.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The screen it is on.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The driver, for what only one journey does.
    #[must_use]
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// From now on the window speaks another language.
    pub fn speaks(&mut self, words: Words) {
        self.words = words;
    }

    /// Presses the button with a text of the tables.
    ///
    /// # Errors
    /// When it does not come or cannot be pressed.
    pub fn press(&self, place: &str, gaps: &[&str]) -> Result<String> {
        let words = self.words.say(place, gaps)?;
        self.click(
            &format!("the button \"{words}\""),
            "button",
            &[json!(words)],
        )?;
        Ok(words)
    }

    /// Presses the button in an instance's line.
    ///
    /// # Errors
    /// When it does not come or cannot be pressed.
    pub fn press_in_line(&self, instance: &str, place: &str) -> Result<String> {
        let words = self.words.say(place, &[])?;
        let wanted = [json!(instance), json!(words)];
        self.click(&format!("\"{words}\" for {instance}"), "rowButton", &wanted)?;
        Ok(words)
    }

    /// Opens the evidence of an instance.
    ///
    /// # Errors
    /// When its line does not come.
    pub fn open_evidence(&self, instance: &str) -> Result<()> {
        self.click(
            &format!("the line of {instance}"),
            "rowName",
            &[json!(instance)],
        )
    }

    /// The field or list with a label of the tables.
    ///
    /// # Errors
    /// When it does not come.
    pub fn field(&self, place: &str) -> Result<Element> {
        let words = self.words.say(place, &[])?;
        self.field_called(&words)
    }

    /// The field or list with this label.
    ///
    /// # Errors
    /// When it does not come.
    pub fn field_called(&self, words: &str) -> Result<Element> {
        self.wait(&format!("the field \"{words}\""), || {
            self.find("field", &[json!(words)])
        })
    }

    /// Types into a field, letter by letter, in place of what is there.
    ///
    /// # Errors
    /// When the field does not come.
    pub fn fill(&self, place: &str, text: &str) -> Result<()> {
        let field = self.field(place)?;
        self.driver.clear(&field)?;
        self.driver.type_into(&field, text)
    }

    /// Puts a text into a field at once, as pasting does.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn put(&self, field: &Element, text: &str) -> Result<()> {
        self.ask("put", &[field.handed_over(), json!(text)])
            .map(drop)
    }

    /// Chooses an entry of a list by its words.
    ///
    /// # Errors
    /// When the list or the entry is not there.
    pub fn select(&self, place: &str, entry: &str) -> Result<()> {
        let list = self.field(place)?;
        let value = self.wait(&format!("\"{entry}\" in the list"), || {
            let value = self.ask("entry", &[list.handed_over(), json!(entry)])?;
            Ok(value.as_str().map(str::to_owned))
        })?;
        self.put(&list, &value)
    }

    /// Chooses one of several that are shown, by words of its line.
    ///
    /// # Errors
    /// When there is none such, or more than one.
    pub fn choose(&self, words: &str, more: &str) -> Result<()> {
        let wanted = [json!(words), json!(more)];
        self.click(&format!("the choice \"{words}\" {more}"), "choice", &wanted)
    }

    /// The sentence under a field that is marked as wrong.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn problem(&self, field: &Element) -> Result<Option<String>> {
        let problem = self.ask("problem", &[field.handed_over()])?;
        Ok(problem.as_str().map(str::to_owned))
    }

    /// Everything that is shown, as text; of the dialog alone while one is open.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn text(&self) -> Result<String> {
        Ok(self
            .ask("text", &[])?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Waits until a text is shown.
    ///
    /// # Errors
    /// When it does not come.
    pub fn see(&self, text: &str) -> Result<()> {
        self.wait(&format!("\"{text}\" is shown"), || {
            Ok(self.text()?.contains(text).then_some(()))
        })
    }

    /// Waits until a text of the tables is shown.
    ///
    /// # Errors
    /// When it does not come.
    pub fn see_words(&self, place: &str, gaps: &[&str]) -> Result<String> {
        let words = self.words.say(place, gaps)?;
        self.see(&words)?;
        Ok(words)
    }

    /// The board as it is now.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn board(&self) -> Result<Vec<Line>> {
        let lines = self.ask("board", &[])?;
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let lines = lines.as_array().into_iter().flatten().map(|line| Line {
            name: text(line, "name"),
            state: text(line, "state"),
            words: text(line, "words"),
            reason: text(line, "reason"),
            busy: line["busy"] == true,
        });
        Ok(lines.collect())
    }

    /// The board, once this many lines are on it and nothing is done to any.
    ///
    /// # Errors
    /// When that does not happen.
    pub fn settled_board(&self, lines: usize) -> Result<Vec<Line>> {
        self.wait("the board is settled", || {
            let board = self.board()?;
            let settled = board.len() == lines
                && board
                    .iter()
                    .all(|line| !line.busy && line.state != "unknown");
            Ok(settled.then_some(board))
        })
    }

    /// Waits until an instance is in a state, and gives its line.
    ///
    /// # Errors
    /// When that does not happen.
    pub fn becomes(&self, instance: &str, state: &str) -> Result<Line> {
        self.wait(&format!("{instance} becomes {state}"), || {
            let board = self.board()?;
            let line = board.into_iter().find(|line| line.name == instance);
            Ok(line.filter(|line| line.state == state && !line.busy))
        })
    }

    /// Takes a picture of the window as it is on the screen, under a number and this name.
    ///
    /// # Errors
    /// When it cannot be taken or kept.
    pub fn picture(&self, name: &str) -> Result<String> {
        // What changed a moment ago is drawn with one of the next frames.
        let drawn = "const done = arguments[0]; let frames = 4;
            const frame = () => frames-- > 0 ? requestAnimationFrame(frame) : done(true); frame();";
        self.driver.script_later(drawn, &[])?;
        self.taken.set(self.taken.get() + 1);
        let file = format!("{:02}-{name}.png", self.taken.get());
        let kept = self.pictures.join(&file).display().to_string();
        let windows = ["search", "--onlyvisible", "--name", "^Patchbay"];
        let windows = self.screen.ask("xdotool", &windows)?.unwrap_or_default();
        let window = windows.lines().next().unwrap_or("root");
        let taken = self.screen.ask("import", &["-window", window, &kept])?;
        taken.ok_or_else(|| Trouble::new(format!("no picture could be taken: {kept}")))?;
        Ok(file)
    }

    /// Chooses a file in the system's own dialog, which is no page: its window is found and typed
    /// into. The dialog has just been asked for.
    ///
    /// # Errors
    /// When no dialog comes, or it does not go away with the file.
    pub fn choose_file(&self, file: &Path) -> Result<()> {
        let tool = |arguments: &[&str]| self.screen.ask("xdotool", arguments);
        // The dialog is the only window of the program besides the one with its name.
        let dialogs = || -> Result<Vec<String>> {
            let found = tool(&["search", "--onlyvisible", "--class", "patchbay"])?;
            let mut dialogs = Vec::new();
            for id in found.unwrap_or_default().lines() {
                let name = tool(&["getwindowname", id])?.unwrap_or_default();
                if !name.starts_with("Patchbay") {
                    dialogs.push(id.to_owned());
                }
            }
            Ok(dialogs)
        };
        let file = file.display().to_string();
        let dialog = self.wait("the system's file dialog", || {
            Ok(dialogs()?.into_iter().next())
        })?;
        // It says nowhere when it listens, so what it did not hear is typed again.
        for _ in 0..5 {
            tool(&["windowactivate", "--sync", &dialog])?;
            for keys in [
                ["key", "--delay", "300", "ctrl+l", "ctrl+a"],
                ["type", "--delay", "5", "--", &file],
                ["key", "--delay", "300", "--clearmodifiers", "Return"],
            ] {
                tool(&keys)?;
            }
            for _ in 0..40 {
                if dialogs()?.is_empty() {
                    return Ok(());
                }
                sleep(Duration::from_millis(50));
            }
        }
        Err(Trouble::new(format!("the file dialog did not take {file}")))
    }

    /// Whether the button with a text of the tables is there and cannot be pressed.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn is_shut(&self, place: &str, gaps: &[&str]) -> Result<bool> {
        let words = self.words.say(place, gaps)?;
        Ok(self.ask("shut", &[json!(words)])? == true)
    }

    /// Whether the choice that has the focus is chosen.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn focus_is_chosen(&self) -> Result<bool> {
        Ok(self.ask("chosen", &[])? == true)
    }

    /// Presses a key until what has the focus begins with these words; how often that was.
    ///
    /// # Errors
    /// When it never does.
    pub fn key_to(&self, key: char, words: &str) -> Result<u32> {
        /// No page has so much on it.
        const MOST: u32 = 80;
        for pressed in 0..MOST {
            if self.focus()?.starts_with(words) {
                return Ok(pressed);
            }
            self.driver.press(&key.to_string())?;
        }
        let why = Trouble::new(format!("no way to \"{words}\" by keys"));
        Err(self.with_what_is_shown(&why))
    }

    /// The words of whatever has the focus.
    ///
    /// # Errors
    /// When the page refuses.
    pub fn focus(&self) -> Result<String> {
        Ok(self
            .ask("focus", &[])?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Asks the page one of the questions of `page.js`.
    fn ask(&self, question: &str, arguments: &[Value]) -> Result<Value> {
        self.driver.script(
            &format!("{PAGE}\nreturn page.{question}(...arguments);"),
            arguments,
        )
    }

    fn find(&self, question: &str, arguments: &[Value]) -> Result<Option<Element>> {
        Ok(Element::found(&self.ask(question, arguments)?))
    }

    /// Clicks what the page finds, once it is there, lies still and nothing covers it.
    fn click(&self, what: &str, question: &str, arguments: &[Value]) -> Result<()> {
        let mut hindered = None;
        let clicked = self.wait(what, || {
            let Some(element) = self.find(question, arguments)? else {
                return Ok(None);
            };
            match self.driver.click(&element) {
                Ok(()) => Ok(Some(())),
                Err(trouble)
                    if PASSING
                        .iter()
                        .any(|word| trouble.to_string().starts_with(word)) =>
                {
                    hindered = Some(trouble);
                    Ok(None)
                }
                Err(trouble) => Err(trouble),
            }
        });
        clicked.map_err(|trouble| match &hindered {
            Some(hindered) => Trouble::new(format!("{hindered}{trouble}")),
            None => trouble,
        })
    }

    /// Waits, and where it is in vain says what is shown instead and keeps a picture of it.
    ///
    /// # Errors
    /// When what is waited for does not come.
    pub fn wait<T>(&self, what: &str, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        until(what, look).map_err(|trouble| self.with_what_is_shown(&trouble))
    }

    fn with_what_is_shown(&self, trouble: &Trouble) -> Trouble {
        let shown = self.text().unwrap_or_else(|error| error.to_string());
        let picture = self.picture("failed");
        let picture = picture.unwrap_or_else(|error| error.to_string());
        let kept = self.pictures.join(picture);
        Trouble::new(format!(
            "{trouble}\nshown: {shown}\npicture: {}",
            kept.display()
        ))
    }
}
