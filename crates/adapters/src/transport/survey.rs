//! A search of a server for instances, before anybody knows where one is.
//!
//! One ssh, a plain shell, a script on its input; what it says comes back as lines that repeat this
//! run's nonce, so that banners and anything else a login prints are told apart from it. Nothing a
//! person typed is read by that shell but one folder, checked and quoted. Not here: which of the
//! findings is meant, and looking at it (the core).

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use patchbay_core::id::Nonce;
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{FoundPhp, FoundRoot, Survey, TransportError};
use patchbay_core::text::{is_plain as is_plain_char, outside};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::command::quote;
use super::conversation::{command, kept, local, out_of_turn};
use super::errors::{self, Ending};

const SCRIPT: &str = include_str!("survey.sh");
/// The most that is read of an answer; a server that says more than this is not believed.
const MOST: usize = 256 * 1024;
/// The longest path that is kept.
const LONGEST: usize = 1_000;

/// Searches.
pub(super) async fn run(
    ssh: &Path,
    words: &[OsString],
    way: &SshWay,
    nonce: &Nonce,
    limit: Duration,
) -> Result<Survey, TransportError> {
    let mut child = command(ssh, words).spawn().map_err(|e| local(&e))?;
    let (Some(mut input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(out_of_turn());
    };
    let script = script(way, nonce);
    let work = async {
        let write = async move {
            // A far side that ends early says why on its way out.
            let _ = input.write_all(script.as_bytes()).await;
            let _ = input.shutdown().await;
        };
        let ((), said, trouble) = tokio::join!(write, kept(output, MOST), kept(errors, 64 * 1024));
        (said, trouble, child.wait().await)
    };
    let Ok((said, trouble, status)) = timeout(limit, work).await else {
        return Err(TransportError::TimedOut {
            during: "searching the server".into(),
        });
    };
    let said = String::from_utf8_lossy(&said);
    read(&said, nonce).ok_or_else(|| {
        let ending = Ending {
            code: status.ok().and_then(|status| status.code()),
            stderr: &String::from_utf8_lossy(&trouble),
            noise: &outside(&said, 300),
        };
        errors::name(way, &ending)
    })
}

fn script(way: &SshWay, nonce: &Nonce) -> String {
    let hint = if way.root == "/" { "" } else { &way.root };
    format!(
        "n={}\nhint={}\n{SCRIPT}",
        quote(nonce.as_str()),
        quote(hint)
    )
}

/// What a search said; `None` where it did not come to its end.
fn read(said: &str, nonce: &Nonce) -> Option<Survey> {
    let start = format!("@@patchbay:{}:", nonce.as_str());
    let mut found = Survey::default();
    let mut ended = false;
    for line in said.lines() {
        let Some(line) = line
            .strip_prefix(start.as_str())
            .and_then(|line| line.trim_end_matches('\r').strip_suffix(":@@"))
        else {
            continue;
        };
        let mut parts = line.splitn(3, ':');
        let (Some(kind), Some(one), Some(other)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        match kind {
            "user" if is_plain(one) => found.user = one.to_owned(),
            "root" if found.roots.len() < Survey::MOST && is_plain(one) && is_path(other) => {
                found.roots.push(FoundRoot {
                    path: other.to_owned(),
                    owner: one.to_owned(),
                });
            }
            "php" if found.php.len() < Survey::MOST && is_version(one) && is_plain(other) => {
                found.php.push(FoundPhp {
                    program: other.to_owned(),
                    version: one.to_owned(),
                });
            }
            "end" => ended = true,
            _ => {}
        }
    }
    ended.then_some(found)
}

/// Whether it is an absolute path that shows as it is. Long runs of letters are no keys here.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.len() <= LONGEST && text.chars().all(is_plain_char)
}

fn is_plain(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    !text.is_empty() && text.len() <= 200 && text.chars().all(fits)
}

fn is_version(text: &str) -> bool {
    text.len() <= 40 && text.starts_with(|c: char| c.is_ascii_digit()) && is_plain(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nonce() -> Nonce {
        Nonce::from_random([7; 16])
    }

    fn said(lines: &[(&str, &str, &str)]) -> String {
        let nonce = nonce();
        let line = |(kind, one, other): &(&str, &str, &str)| {
            format!("\n@@patchbay:{}:{kind}:{one}:{other}:@@\n", nonce.as_str())
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn what_is_found_is_read_between_anything_else_that_is_printed() {
        let lines = said(&[
            ("user", "deploy", ""),
            ("root", "www-data", "/var/www/my shop: 北光"),
            (
                "root",
                "deploy",
                "/tmp/ground-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789/releases/current",
            ),
            ("php", "8.2.29", "/usr/bin/php8.2"),
            ("end", "", ""),
        ]);
        let found = read(&format!("Welcome!\r\n@@patchbay:{lines}bye"), &nonce()).unwrap();
        assert_eq!(found.user, "deploy");
        assert_eq!(found.roots[0].path, "/var/www/my shop: 北光");
        assert_eq!(found.roots[0].owner, "www-data");
        assert_eq!(found.roots.len(), 2, "a long path is no key");
        assert_eq!(found.php[0].program, "/usr/bin/php8.2");
    }

    #[test]
    fn what_nobody_should_believe_is_left_out() {
        let long = format!("/{}", "x".repeat(LONGEST));
        let lines = said(&[
            ("root", "a b", "/srv/a"),
            ("root", "root", "relative"),
            ("root", "root", "/srv/\u{1b}[31mred"),
            ("root", "root", "/srv/\u{202e}dlo"),
            ("root", "root", &long),
            ("php", "$(id)", "php"),
            ("php", "8.2.1", "php; rm -rf /"),
            ("user", "\u{7}", ""),
            ("end", "", ""),
        ]);
        assert_eq!(read(&lines, &nonce()), Some(Survey::default()));
        let other = read(&lines, &Nonce::from_random([8; 16]));
        assert_eq!(other, None, "lines of another run are nobody's");
        assert_eq!(read(&said(&[("user", "x", "")]), &nonce()), None, "cut off");
    }

    #[test]
    fn a_flood_is_cut() {
        let mut lines: Vec<_> = (0..5_000).map(|_| ("root", "root", "/srv/shop")).collect();
        lines.push(("end", "", ""));
        let found = read(&said(&lines), &nonce()).unwrap();
        assert_eq!(found.roots.len(), Survey::MOST);
    }

    #[test]
    fn the_folder_reaches_the_shell_as_one_quoted_word() {
        let way = SshWay {
            target: "shop".into(),
            port: None,
            identity_file: None,
            root: "/srv/it's $(here)".into(),
            php: None,
            run_as: None,
            container: None,
        };
        let text = script(&way, &nonce());
        assert!(text.contains("hint='/srv/it'\\''s $(here)'\n"), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_panics(text in ".{0,400}") {
            let _ = read(&text, &nonce());
            let line = format!("@@patchbay:{}:{text}:@@", nonce().as_str());
            let _ = read(&line, &nonce());
        }
    }
}
