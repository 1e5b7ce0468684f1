//! Plays the main job of the demo in the real window, in both languages: `play APP WORDS FOLDER`.
//!
//! APP is the built program, WORDS what `npm run words` in `ui/` wrote, FOLDER where pictures and
//! transcripts go. Started by `cargo xtask demo`.

use std::process::ExitCode;

use e2e::play::{self, STATES, Stage};
use e2e::words::LANGUAGES;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [app, words, folder] = arguments.as_slice() else {
        eprintln!("play APP WORDS FOLDER");
        return ExitCode::from(2);
    };
    let stage = Stage {
        app: app.into(),
        words: words.into(),
        folder: folder.into(),
    };
    for (language, themes) in LANGUAGES
        .into_iter()
        .zip([["light", "dark"], ["dark", "light"]])
    {
        println!("\nThe main job in the window, in {language}:");
        match play::play(&stage, language, themes) {
            Ok((before, after)) => {
                for (name, ..) in STATES {
                    let words = |board: &[e2e::window::Line]| {
                        let line = board.iter().find(|line| line.name == name);
                        line.map(|line| line.words.clone()).unwrap_or_default()
                    };
                    println!("  {name:<20} {} -> {}", words(&before), words(&after));
                }
                println!("  {}", play::transcript(&stage.folder, language).display());
            }
            Err(trouble) => {
                eprintln!("\nIt did not go as it should: {trouble}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
