//! What nobody should type: every field answers with a sentence of its own, and nothing changes.

use std::path::Path;

use e2e::Result;
use e2e::driver::Element;
use e2e::window::Window;
use e2e::words::Words;

use crate::demo;

const ESCAPE: &str = "\u{E00C}";
const CONTROL: &str = "a\u{7}b";
const BIDI: &str = "a\u{202e}b";
const MARKUP: &str = "<b onclick=x>a</b>";
const OPTION: &str = "-oProxyCommand=touch /tmp/patchbay-was-here";

/// Longer than any field takes.
fn long() -> String {
    "a".repeat(10_000)
}

/// A field that holds a name: anything that can be read is one, markup too, and stays text.
fn bad_names() -> Vec<String> {
    [String::new(), long(), CONTROL.to_owned(), BIDI.to_owned()].into()
}

/// A field that has a form: nothing of these has it.
fn bad_forms() -> Vec<String> {
    let others = [CONTROL, BIDI, MARKUP, OPTION].map(str::to_owned);
    [&others[..], &[long()]].concat()
}

/// The sentences of the tables that may stand under a field.
struct Sentences {
    exact: Vec<String>,
    too_long: String,
}

impl Sentences {
    fn about(words: &Words, field: &str) -> Result<Self> {
        let label = words.say(&format!("fields.labels.{field}"), &[])?;
        let what = format!("what={label}");
        let too_long = words.say("fields.problems.tooLong", &[&what, "max=\u{0}"])?;
        let told = ["empty", "unprintable", "shape"];
        let told = told.map(|problem| words.say(&format!("fields.problems.{problem}"), &[&what]));
        let mut exact = told.into_iter().collect::<Result<Vec<_>>>()?;
        exact.extend(words.say(&format!("fields.shapes.{field}"), &[]));
        Ok(Self {
            exact,
            too_long: too_long
                .split('\u{0}')
                .next()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    fn has(&self, sentence: &str) -> bool {
        self.exact.iter().any(|one| one == sentence) || sentence.starts_with(&self.too_long)
    }
}

/// Puts each bad text into a field, asks for what the form asks for, and reads the sentence, which
/// asking takes away first; then puts the good text back.
fn refuses(window: &Window, field: &str, bad: &[String], good: &str, ask: &str) -> Result<()> {
    let sentences = Sentences::about(window.words(), field)?;
    let input = window.field(&format!("fields.labels.{field}"))?;
    for text in bad {
        window.put(&input, text)?;
        window.press(ask, &[])?;
        let sentence = window.wait(&format!("a sentence under {field}"), || {
            window.problem(&input)
        })?;
        assert!(sentences.has(&sentence), "{field}: {sentence}");
    }
    window.put(&input, good)
}

#[test]
fn every_field_answers_bad_input_with_its_sentence_and_nothing_changes() {
    let window = demo("en", "bad-input").unwrap();
    let before = window.settled_board(6).unwrap();

    the_way_in(&window).unwrap();
    window.picture("way-in").unwrap();
    name_and_address(&window).unwrap();
    window.picture("name-and-address").unwrap();
    window.press("app.back", &[]).unwrap();
    assert_eq!(
        window.settled_board(6).unwrap(),
        before,
        "nothing was added"
    );

    a_key_pair(&window).unwrap();
    window.picture("key-pair").unwrap();
    window.press("app.keyPairs", &[]).unwrap();
    let listed = window.text().unwrap();
    assert!(!listed.contains(FILE_NAME), "nothing was stored: {listed}");
    window.press("app.board", &[]).unwrap();

    the_filter(&window).unwrap();
    a_name_to_be_typed(&window).unwrap();
    assert_eq!(window.settled_board(6).unwrap(), before, "nothing changed");
    let touched = Path::new("/tmp/patchbay-was-here");
    assert!(!touched.exists(), "no option was taken for one");
}

/// Every field of the way in over SSH, with *look at the server*.
fn the_way_in(window: &Window) -> Result<()> {
    window.press("instances.add", &[])?;
    window.press("adding.more", &[])?;
    window.put(
        &window.field("fields.labels.sshTarget")?,
        "deploy@new.example",
    )?;
    window.put(&window.field("fields.labels.root")?, "/var/www/shop")?;
    let empty = String::new();
    for (field, good, required) in [
        ("sshTarget", "deploy@new.example", true),
        // Left empty it is searched for.
        ("root", "/var/www/shop", false),
        ("port", "22", false),
        ("identityFile", "", false),
        ("php", "", false),
        ("runAs", "", false),
        ("container", "", false),
    ] {
        let mut bad = bad_forms();
        bad.extend(required.then(|| empty.clone()));
        refuses(window, field, &bad, good, "adding.look")?;
    }
    Ok(())
}

/// Name, address and a new account, of an instance that is only watched.
fn name_and_address(window: &Window) -> Result<()> {
    window.choose(&window.words().say("adding.watchOnly", &[])?, "")?;
    window.select(
        "accounts.account",
        &window.words().say("accounts.another", &[])?,
    )?;
    window.put(&window.field("fields.labels.label")?, "Third")?;
    refuses(window, "mageId", &bad_forms(), "", "accounts.add")?;
    refuses(window, "label", &bad_names(), "Nordlys", "accounts.add")?;
    // One that is there already is told apart by its own sentence.
    window.press("accounts.add", &[])?;
    window.see_words("fields.taken", &["name=Nordlys"])?;
    window.select("accounts.account", "Nordlys (MAG005500417)")?;
    window.put(&window.field("fields.labels.url")?, "https://shop.example/")?;
    refuses(window, "name", &bad_names(), "Watched", "adding.add")?;
    let mut addresses = bad_forms();
    addresses.push(String::new());
    refuses(
        window,
        "url",
        &addresses,
        "https://shop.example/",
        "adding.add",
    )
}

const FILE_NAME: &str = "test-only-rsa-2048-pkcs8.pem";

/// Name and API key of a pair; and in the demo a key from outside is refused altogether.
fn a_key_pair(window: &Window) -> Result<()> {
    window.press("app.keyPairs", &[])?;
    window.press("keyPairs.bring", &[])?;
    window.press("keyPairs.pick", &[])?;
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/keys");
    window.choose_file(&keys.canonicalize()?.join(FILE_NAME))?;
    window.see_words("keyPairs.taken", &[])?;
    window.select("accounts.account", "Nordlys (MAG005500417)")?;
    window.put(&window.field("fields.labels.name")?, "Outside")?;
    let mut keys = bad_forms();
    keys.push(String::new());
    let good = "0123456789abcdef0123456789abcdef";
    refuses(window, "apiKey", &keys, good, "keyPairs.save")?;
    refuses(window, "name", &bad_names(), "Outside", "keyPairs.save")?;
    window.press("keyPairs.save", &[])?;
    window.see_words("errors.keychain.title", &[])?;
    window.driver().press(ESCAPE)?;
    Ok(())
}

/// The filter takes anything and finds nothing by it.
fn the_filter(window: &Window) -> Result<()> {
    let filter = window.words().say("app.filter", &[])?;
    let find =
        "return document.querySelector(`input[type=search][aria-label=\"${arguments[0]}\"]`);";
    let input = Element::found(&window.driver().script(find, &[filter.into()])?).unwrap();
    for text in bad_forms() {
        window.put(&input, &text)?;
        window.see_words("instances.nothingMatches", &[])?;
    }
    window.put(&input, "")
}

/// Where a name must be typed, nothing else opens the way.
fn a_name_to_be_typed(window: &Window) -> Result<()> {
    let copy = "Nordlys staging";
    window.press_in_line(copy, "connection.next.resolveConflict")?;
    let label = window.words().say("push.typeName", &[copy])?;
    let input = window.field_called(&label)?;
    for text in [bad_names(), bad_forms(), vec!["nordlys staging".to_owned()]].concat() {
        window.put(&input, &text)?;
        assert!(
            window.is_shut("push.apply", &["1"])?,
            "{text:?} is not the name"
        );
    }
    window.put(&input, copy)?;
    window.wait("the name opens the way", || {
        Ok((!window.is_shut("push.apply", &["1"])?).then_some(()))
    })?;
    window.press("app.back", &[]).map(drop)
}
