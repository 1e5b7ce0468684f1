//! Journeys in the real window: what a person clicks or types, and what is seen then.
//!
//! Run by `cargo xtask test`, which builds everything first: `PATCHBAY_BUILT` is the folder of the
//! built programs, `PATCHBAY_WORDS` the window's words. Each journey has a screen, a message bus and
//! a home folder of its own; the pictures stay in `artefacts/`.

mod bad_input;
mod demo;
mod keyboard;
mod open;
mod real;

use std::path::{Path, PathBuf};

use e2e::Result;
use e2e::screen::Screen;
use e2e::window::Window;
use e2e::words::Words;

/// A built program.
fn built(name: &str) -> PathBuf {
    let folder = std::env::var("PATCHBAY_BUILT");
    Path::new(&folder.expect("PATCHBAY_BUILT names the folder of the built programs")).join(name)
}

/// Where the window's words are.
fn words_file() -> PathBuf {
    let file = std::env::var("PATCHBAY_WORDS");
    PathBuf::from(file.expect("PATCHBAY_WORDS names what `npm run words` wrote"))
}

fn words(language: &str) -> Words {
    Words::read(&words_file(), language).unwrap()
}

/// Where a journey's pictures stay.
fn artefacts(journey: &str) -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = top.join("artefacts/window").join(journey);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The window on a demo of its own.
fn demo(language: &str, journey: &str) -> Result<Window> {
    let screen = Screen::new()?;
    screen.prefer(language, "light")?;
    let app = built("patchbay").display().to_string();
    Window::open(
        screen,
        &app,
        &["--demo"],
        words(language),
        &artefacts(journey),
    )
}
