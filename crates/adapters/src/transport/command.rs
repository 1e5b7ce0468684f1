//! The words that ssh and the far side's shell are given; pure.
//!
//! Every word for the far shell is quoted, because ssh joins its arguments with spaces and the
//! login shell reads them again. Not here: the request, which goes over standard input.

use std::ffi::OsString;
use std::path::Path;

use patchbay_core::instance::SshWay;

use super::program::{FLAGS, LOADER};

/// Quotes a word for a POSIX shell. NUL cannot occur: an [`SshWay`] is checked.
pub(super) fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What goes before every command for the far side. In a container `run_as` is the container's
/// user, because the files are there.
fn prefix(way: &SshWay) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    match (&way.container, &way.run_as) {
        (Some(container), Some(user)) => {
            words.extend(["docker", "exec", "-i", "-u", user, container]);
        }
        (Some(container), None) => words.extend(["docker", "exec", "-i", container]),
        (None, Some(user)) => words.extend(["sudo", "-n", "-u", user, "--"]),
        (None, None) => {}
    }
    words
}

/// The command for the far side: an optional prefix and one php.
pub(super) fn remote(way: &SshWay) -> String {
    let mut words = prefix(way);
    words.push(way.php.as_deref().unwrap_or("php"));
    for flag in FLAGS {
        words.extend(["-d", flag]);
    }
    words.extend(["-r", LOADER]);
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// What every ssh of ours gets: our configuration, no terminal, and what belongs to this target
/// alone, which must not reach a jump host and therefore is not in the configuration.
pub(super) fn ssh(config: &Path, way: &SshWay, options: &[&str]) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["-F".into(), config.into(), "-T".into()];
    for option in options {
        words.extend(["-o".into(), option.into()]);
    }
    if let Some(port) = way.port {
        words.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(file) = &way.identity_file {
        words.extend([
            "-i".into(),
            file.into(),
            "-o".into(),
            "IdentitiesOnly=yes".into(),
        ]);
    }
    words
}

/// The whole argument list for one conversation, with further options for the target's ssh alone.
pub(super) fn conversation(config: &Path, way: &SshWay, options: &[&str]) -> Vec<OsString> {
    let mut words = ssh(config, way, options);
    words.extend(["--".into(), way.target.clone().into(), remote(way).into()]);
    words
}

/// The whole argument list for a search: a plain shell that reads what to do from its input.
pub(super) fn search(config: &Path, way: &SshWay) -> Vec<OsString> {
    let mut far = prefix(way);
    far.extend(["sh", "-s"]);
    let far: Vec<String> = far.into_iter().map(quote).collect();
    let mut words = ssh(config, way, &[]);
    words.extend(["--".into(), way.target.clone().into(), far.join(" ").into()]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn way() -> SshWay {
        SshWay {
            target: "deploy@shop".into(),
            port: Some(2222),
            identity_file: Some("~/.ssh/id".into()),
            root: "/var/www/a b".into(),
            php: Some("/usr/bin/php8.2".into()),
            run_as: None,
            container: None,
        }
    }

    /// Reads words as a POSIX shell does, for single quotes and backslashes outside of them.
    fn shell_words(text: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (character, quoted) {
                ('\'', _) => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                ('\\', false) => word.get_or_insert_default().extend(characters.next()),
                (' ', false) => words.extend(word.take()),
                (other, _) => word.get_or_insert_default().push(other),
            }
        }
        words.extend(word);
        words
    }

    #[test]
    fn the_target_follows_two_dashes_and_the_root_is_not_in_the_arguments() {
        let words = conversation(Path::new("/data/ssh/config"), &way(), &[]);
        let text: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let dashes = text.iter().position(|word| word == "--").unwrap();
        assert_eq!(text[dashes + 1], "deploy@shop");
        assert_eq!(text.len(), dashes + 3, "one command after the target");
        assert!(text[..dashes].join(" ").contains("-p 2222"));
        assert!(!text.iter().any(|word| word.contains("/var/www")));
    }

    #[test]
    fn prefixes_are_as_promised() {
        let words = |change: fn(&mut SshWay)| {
            let mut way = way();
            change(&mut way);
            shell_words(&remote(&way))
        };
        assert_eq!(words(|_| ())[0], "/usr/bin/php8.2");
        assert_eq!(
            words(|way| way.run_as = Some("www-data".into()))[..5],
            ["sudo", "-n", "-u", "www-data", "--"]
        );
        assert_eq!(
            words(|way| way.container = Some("web-1".into()))[..4],
            ["docker", "exec", "-i", "web-1"]
        );
        assert_eq!(words(|_| ()).last().map(String::as_str), Some(LOADER));
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_read_back_as_one_word(word in "[^\\x00]{0,40}", next in "[^\\x00]{0,10}") {
            let line = format!("{} {}", quote(&word), quote(&next));
            prop_assert_eq!(shell_words(&line), vec![word, next]);
        }
    }
}
