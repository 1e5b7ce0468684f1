//! The main job on the demo's six instances, in the real window: what `cargo xtask demo` shows.
//!
//! The live shop that nobody kept the key of is adopted. The copy that still writes into the live data space is found and disconnected; a new shop is
//! given another's data space, which a guard refuses, and then its own; a live shop with rejected
//! keys gets new ones. Everything is clicked; what is seen is written down, with pictures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::screen::Screen;
use crate::window::{Line, Window};
use crate::words::Words;
use crate::{Result, Trouble};

/// The live shop that was connected years ago.
const LIVE: &str = "Nordlys live";
/// Its copy, still on the live data space.
const COPY: &str = "Nordlys staging";
/// The shop that was never connected.
const NEW: &str = "Harbour Tea Taipei";
/// The shop whose production key was deleted at Adobe.
const REJECTED: &str = "Harbour Tea live";
/// The account of the two that get connected, as the list of accounts shows it.
const ACCOUNT: &str = "Harbour Tea (MAG005501982)";
/// What both accounts call the data space that comes with a project.
const DATA_SPACE: &str = "Production";

/// How each of the six stands at first and should stand at the end, by the codes of the states.
pub const STATES: [(&str, &str, &str); 6] = [
    (LIVE, "connected", "connected"),
    (COPY, "dataSpaceConflict", "notConnected"),
    ("Nordlys development", "drifted", "drifted"),
    (REJECTED, "accountNotVerified", "connected"),
    (NEW, "notConnected", "connected"),
    ("Harbour Tea staging", "unreachable", "unreachable"),
];

/// What is needed to play.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The program.
    pub app: PathBuf,
    /// The window's words, as `npm run words` wrote them.
    pub words: PathBuf,
    /// Where pictures and transcripts go.
    pub folder: PathBuf,
}

/// What was seen and done, as it is written down.
#[derive(Debug)]
struct Tale {
    text: String,
}

impl Tale {
    fn chapter(&mut self, title: &str) {
        let _ = write!(self.text, "\n## {title}\n");
    }

    fn note(&mut self, words: &str) {
        let _ = write!(self.text, "\n{words}\n");
    }

    fn clicked(&mut self, words: &str, on: &str) {
        let on = if on.is_empty() {
            String::new()
        } else {
            format!(", {on}")
        };
        self.note(&format!("Clicked **{words}**{on}."));
    }

    fn picture(&mut self, file: &str) {
        self.note(&format!("![]({file})"));
    }
}

/// Plays it in one language; what came of it is in the returned lines, the board before and after.
///
/// # Errors
/// Where something is not as it should be, in words and with a picture.
pub fn play(stage: &Stage, language: &str, themes: [&str; 2]) -> Result<(Vec<Line>, Vec<Line>)> {
    let folder = stage.folder.join(language);
    let words = Words::read(&stage.words, language)?;
    let screen = Screen::new()?;
    let [theme, other] = themes;
    screen.prefer(language, theme)?;
    let app = stage.app.display().to_string();
    let window = Window::open(screen, &app, &["--demo"], words, &folder)?;
    let mut tale = Tale {
        text: "# The main job in the window\n".to_owned(),
    };
    tale.note(
        "Written by `cargo xtask demo`: the real program on its demo, clicked through by WebDriver. \
         Two pretended merchants, six pretended instances; nothing in it is real.",
    );
    let played = Player {
        window,
        tale,
        other: other.to_owned(),
    }
    .play();
    let (before, after, tale) = played?;
    std::fs::write(folder.join("transcript.md"), tale.text)?;
    Ok((before, after))
}

struct Player {
    window: Window,
    tale: Tale,
    other: String,
}

impl Player {
    fn play(mut self) -> Result<(Vec<Line>, Vec<Line>, Tale)> {
        let before = self.first_look()?;
        self.adopt_the_live_shop()?;
        self.disconnect_the_copy()?;
        self.be_stopped_by_a_guard()?;
        self.connect_the_new_shop()?;
        self.replace_the_rejected_keys()?;
        let after = self.last_look()?;
        self.look_around()?;
        self.tale.chapter("Before and after");
        let mut table = "| Instance | Before | After | Why |\n|---|---|---|---|\n".to_owned();
        for (was, is) in before
            .iter()
            .filter_map(|was| Some((was, after.iter().find(|is| is.name == was.name)?)))
        {
            let _ = writeln!(
                table,
                "| {} | {} (`{}`) | {} (`{}`) | {} |",
                was.name, was.words, was.state, is.words, is.state, is.reason
            );
        }
        self.tale.note(&table);
        must_be(&before, |(name, before, _)| (name, before))?;
        must_be(&after, |(name, _, after)| (name, after))?;
        Ok((before, after, self.tale))
    }

    fn picture(&mut self, name: &str) -> Result<()> {
        let file = self.window.picture(name)?;
        self.tale.picture(&file);
        Ok(())
    }

    fn press(&mut self, place: &str, gaps: &[&str]) -> Result<()> {
        let words = self.window.press(place, gaps)?;
        self.tale.clicked(&words, "");
        Ok(())
    }

    fn press_in_line(&mut self, instance: &str, place: &str) -> Result<()> {
        let words = self.window.press_in_line(instance, place)?;
        self.tale
            .clicked(&words, &format!("in the line of {instance}"));
        Ok(())
    }

    fn saw(&mut self, line: &Line) {
        let Line {
            name,
            state,
            words,
            reason,
            ..
        } = line;
        self.tale.note(&format!(
            "Seen: {name} is **{words}** (`{state}`). {reason}"
        ));
    }

    fn first_look(&mut self) -> Result<Vec<Line>> {
        self.tale.chapter("Six instances in six states");
        let board = self.window.settled_board(STATES.len())?;
        for line in &board {
            self.saw(line);
        }
        self.picture("board")?;
        Ok(board)
    }

    /// What it holds becomes what it should hold, so that it is known whose data space that is.
    fn adopt_the_live_shop(&mut self) -> Result<()> {
        self.tale
            .chapter("The live shop that was connected years ago");
        self.window.open_evidence(LIVE)?;
        self.tale.clicked(LIVE, "its name");
        self.press("connection.evidence.adopt", &[])?;
        self.window.see_words("adding.adopt.takeKeys", &[])?;
        self.picture("adopting")?;
        self.press("adding.adopt.act", &[])?;
        self.window.see_words("connection.evidence.should", &[])?;
        let line = self.window.becomes(LIVE, "connected")?;
        self.saw(&line);
        self.press("connection.evidence.close", &[])
    }

    fn disconnect_the_copy(&mut self) -> Result<()> {
        self.tale
            .chapter("The staging copy that writes into the live data space");
        self.window.open_evidence(COPY)?;
        self.tale.clicked(COPY, "its name");
        self.window.see_words("connection.evidence.values", &[])?;
        self.picture("evidence-of-the-copy")?;
        self.press("connection.evidence.close", &[])?;
        self.press_in_line(COPY, "connection.next.resolveConflict")?;
        self.window.see_words("push.kinds.remove", &[])?;
        self.picture("disconnecting-the-copy")?;
        self.apply("disconnected")?;
        let line = self.window.becomes(COPY, "notConnected")?;
        self.saw(&line);
        Ok(())
    }

    /// Presses *apply* on a preview of one instance, reads the result and goes back to the board.
    fn apply(&mut self, picture: &str) -> Result<()> {
        self.press("push.apply", &["1"])?;
        let well = self.window.see_words("push.allWell", &[])?;
        let outcome = self.window.see_words("push.outcomes.pushed", &[])?;
        self.tale.note(&format!("Seen: {well}; {outcome}."));
        self.picture(picture)?;
        self.press("push.close", &[])
    }

    /// Takes the data space whose line says `users`, and asks for the preview.
    fn assign(&mut self, users: &str, picture: Option<&str>) -> Result<()> {
        self.window.choose(DATA_SPACE, users)?;
        self.tale.clicked(DATA_SPACE, users);
        if let Some(name) = picture {
            self.picture(name)?;
        }
        self.press("dataSpaces.assign.plan", &[])
    }

    fn be_stopped_by_a_guard(&mut self) -> Result<()> {
        self.tale.chapter("A guard");
        let words = self.window.words();
        let used = words.say("dataSpaces.assign.usedBy", &[REJECTED])?;
        self.press_in_line(NEW, "connection.next.assign")?;
        self.assign(&used, None)?;
        let gaps = [
            format!("dataSpace={DATA_SPACE}"),
            format!("other={REJECTED}"),
        ];
        let place = "guards.cases.usedElsewhere";
        let guard = self.window.see_words(place, &[&gaps[0], &gaps[1]])?;
        if !self.window.is_shut("push.noneReady", &[])? {
            return Err(Trouble::new("the guard spoke, and yet it can be applied"));
        }
        self.tale
            .note(&format!("Seen: {guard} The button that applies is shut."));
        self.picture("stopped-by-a-guard")?;
        self.press("app.back", &[])?;
        let line = self.window.becomes(NEW, "notConnected")?;
        self.saw(&line);
        Ok(())
    }

    fn connect_the_new_shop(&mut self) -> Result<()> {
        self.tale.chapter("The new shop gets its own data space");
        let free = self.window.words().say("dataSpaces.free", &[])?;
        // Something is assigned already, so the next step would be to preview that.
        self.window.open_evidence(NEW)?;
        self.tale.clicked(NEW, "its name");
        self.press("connection.evidence.assign", &[])?;
        self.assign(&free, Some("keys-and-data-space"))?;
        self.window.see_words("push.kinds.set", &[])?;
        self.picture("preview")?;
        self.apply("applied")?;
        let line = self.window.becomes(NEW, "connected")?;
        self.saw(&line);
        self.press("connection.evidence.close", &[])
    }

    fn replace_the_rejected_keys(&mut self) -> Result<()> {
        self.tale
            .chapter("New keys for the live shop whose keys are rejected");
        self.press_in_line(REJECTED, "connection.next.chooseKeys")?;
        self.window.choose(
            DATA_SPACE,
            &self.window.words().say("dataSpaces.free", &[])?,
        )?;
        self.press("dataSpaces.assign.plan", &[])?;
        self.window.see_words("push.kinds.change", &[])?;
        self.picture("preview-of-new-keys")?;
        self.apply("new-keys-applied")?;
        let line = self.window.becomes(REJECTED, "connected")?;
        self.saw(&line);
        Ok(())
    }

    fn last_look(&mut self) -> Result<Vec<Line>> {
        self.tale.chapter("The board at the end");
        self.press("connection.checkAll", &[])?;
        let board = self.window.settled_board(STATES.len())?;
        self.picture("board-at-the-end")?;
        Ok(board)
    }

    /// The other pages, the other theme, and a small window.
    fn look_around(&mut self) -> Result<()> {
        self.tale.chapter("Around");
        for (page, shown, name) in [
            ("app.keyPairs", "keyPairs.verify", "key-pairs"),
            ("app.dataSpaces", "dataSpaces.columns.usedBy", "data-spaces"),
            ("app.history", "journal.undo", "history"),
            ("app.settings", "settings.theme", "settings"),
        ] {
            self.press(page, &[])?;
            if page == "app.dataSpaces" {
                self.window.select("accounts.account", ACCOUNT)?;
            }
            self.window.see_words(shown, &[])?;
            self.picture(name)?;
        }
        let theme = self
            .window
            .words()
            .say(&format!("settings.themes.{}", self.other), &[])?;
        self.window.choose(&theme, "")?;
        self.tale.clicked(&theme, "");
        self.press("app.board", &[])?;
        self.window.settled_board(STATES.len())?;
        self.picture(&format!("board-{}", self.other))?;
        self.window.open_evidence(NEW)?;
        self.window.see_words("connection.evidence.values", &[])?;
        self.picture(&format!("evidence-{}", self.other))?;
        self.window.driver().resize(1024, 640)?;
        self.picture("evidence-in-a-small-window")?;
        self.press("connection.evidence.close", &[])?;
        self.picture("board-in-a-small-window")
    }
}

/// Every instance must be in the state that is named for it.
fn must_be(
    board: &[Line],
    wanted: impl Fn((&'static str, &'static str, &'static str)) -> (&'static str, &'static str),
) -> Result<()> {
    for (name, state) in STATES.map(wanted) {
        let line = board.iter().find(|line| line.name == name);
        let found = line.map_or("not there", |line| line.state.as_str());
        if found != state {
            return Err(Trouble::new(format!(
                "{name} should be {state} and is {found}"
            )));
        }
    }
    Ok(())
}

/// Where the transcript of a language is.
#[must_use]
pub fn transcript(folder: &Path, language: &str) -> PathBuf {
    folder.join(language).join("transcript.md")
}
