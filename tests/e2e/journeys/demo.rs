//! The main job on the demo, as `cargo xtask demo` plays it.

use e2e::play::{self, Stage};

use crate::{artefacts, built, words_file};

#[test]
fn six_instances_in_six_states_and_the_main_job_done() {
    let stage = Stage {
        app: built("patchbay"),
        words: words_file(),
        folder: artefacts("demo"),
    };
    // It insists on the six states before and after, and on the guard's own words.
    play::play(&stage, "en", ["light", "dark"]).unwrap();
    let told = std::fs::read_to_string(play::transcript(&stage.folder, "en")).unwrap();
    for seen in [
        "Each instance needs its own.",
        "Nordlys staging is **Not connected**",
        "Harbour Tea Taipei is **Connected**",
        "Harbour Tea live is **Connected**",
    ] {
        assert!(told.contains(seen), "the transcript tells of: {seen}");
    }
}
