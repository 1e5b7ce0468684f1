//! The main job without a pointer, in Traditional Chinese: stopped by a guard, then connected.

use e2e::Result;
use e2e::window::Window;

use crate::demo;

const TAB: char = '\u{E004}';
const ENTER: &str = "\u{E007}";
const SPACE: &str = "\u{E00D}";
const DOWN: char = '\u{E015}';

const NEW: &str = "Harbour Tea Taipei";
const OTHER: &str = "Harbour Tea live";

#[test]
fn a_new_shop_is_connected_by_keyboard_in_traditional_chinese() {
    let window = demo("zh-Hant", "keyboard").unwrap();
    window.settled_board(6).unwrap();

    let used = window
        .words()
        .say("dataSpaces.assign.usedBy", &[OTHER])
        .unwrap();
    let step = window.words().say("connection.next.assign", &[]).unwrap();
    let step = format!("{step}: {NEW}");
    assign(&window, &step, &used).unwrap();
    let gaps = [&format!("other={OTHER}")[..], "dataSpace=Production"];
    window
        .see_words("guards.cases.usedElsewhere", &gaps)
        .unwrap();
    assert!(
        window.is_shut("push.noneReady", &[]).unwrap(),
        "nothing can be applied"
    );
    window.picture("guard").unwrap();
    press(&window, "app.back", &[]).unwrap();
    window.becomes(NEW, "notConnected").unwrap();

    let free = window.words().say("dataSpaces.free", &[]).unwrap();
    // Something is assigned already, so the way leads over the evidence.
    window.key_to(TAB, NEW).unwrap();
    window.driver().press(ENTER).unwrap();
    window.see_words("connection.evidence.values", &[]).unwrap();
    let step = window.words().say("connection.evidence.assign", &[]);
    assign(&window, &step.unwrap(), &free).unwrap();
    window.see_words("push.kinds.set", &[]).unwrap();
    window.picture("preview").unwrap();
    press(&window, "push.apply", &["1"]).unwrap();
    window.see_words("push.allWell", &[]).unwrap();
    press(&window, "push.close", &[]).unwrap();
    window.becomes(NEW, "connected").unwrap();
    window.picture("connected").unwrap();
}

/// From the button called `step` to the preview, with the production data space whose line says
/// `users`.
fn assign(window: &Window, step: &str, users: &str) -> Result<()> {
    window.key_to(TAB, step)?;
    window.driver().press(ENTER)?;
    window.see(users)?;
    // Into the group of choices, then along it.
    window.key_to(TAB, "Production")?;
    let line = window.wait("the choice by the arrow keys", || {
        let line = window.focus()?;
        let right = line.starts_with("Production") && line.contains(users);
        if !right {
            window.driver().press(&DOWN.to_string())?;
        }
        Ok(right.then_some(line))
    })?;
    if !window.focus_is_chosen()? {
        window.driver().press(SPACE)?;
    }
    assert!(window.focus_is_chosen()?, "chosen by keys: {line}");
    press(window, "dataSpaces.assign.plan", &[])
}

/// Goes to a button and presses it, by keys.
fn press(window: &Window, place: &str, gaps: &[&str]) -> Result<()> {
    let words = window.words().say(place, gaps)?;
    window.see(&words)?;
    window.key_to(TAB, &words)?;
    window.driver().press(ENTER)
}
