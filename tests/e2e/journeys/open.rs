//! The program by itself, with nobody driving it: its window comes up, shows something, and lives.

use e2e::running::{Running, until};
use e2e::screen::Screen;

use crate::{artefacts, built};

/// A blank page has one or two colours; text alone brings dozens by its smoothed edges.
const COLOURS_OF_A_DRAWN_PAGE: u32 = 20;

#[test]
fn the_window_opens_by_itself() {
    let screen = Screen::new().unwrap();
    screen.prefer("zh-Hant", "light").unwrap();
    let app = screen.command(built("patchbay").to_str().unwrap());
    let _app = Running::start(&app).unwrap();
    let shown = || {
        let search = ["search", "--onlyvisible", "--name", "^Patchbay$"];
        let found = screen.ask("xdotool", &search)?;
        Ok(found.and_then(|found| found.lines().next().map(str::to_owned)))
    };
    let window = until("the window is on the screen", shown).unwrap();
    let file = artefacts("open").join("by-itself.png");
    let file = file.to_str().unwrap();
    until("the page is drawn", || {
        if screen.ask("import", &["-window", &window, file])?.is_none() {
            return Ok(None);
        }
        let colours = screen.ask("identify", &["-format", "%k", file])?;
        let colours: u32 = colours.unwrap_or_default().trim().parse().unwrap_or(0);
        Ok((colours >= COLOURS_OF_A_DRAWN_PAGE).then_some(()))
    })
    .unwrap();
    assert_eq!(shown().unwrap(), Some(window), "it is still there");
}
