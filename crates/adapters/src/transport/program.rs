//! The program that runs on the instance, ready for one line of standard input.
//!
//! Its parts are PHP files beside this one, put together here. Not here: what it is asked
//! (`answers` and `conversation`).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What php runs: it reads the program as one line, so that nothing of it is in an argument.
pub(super) const LOADER: &str = "eval(base64_decode(fgets(STDIN)));";

/// Settings for that one run: variables are seen, nothing runs before or after, nothing is printed
/// or logged, nothing is traced (docs/facts.md, observed on real instances).
pub(super) const FLAGS: [&str; 14] = [
    "variables_order=EGPCS",
    "auto_prepend_file=",
    "auto_append_file=",
    "display_errors=0",
    "display_startup_errors=0",
    "log_errors=0",
    "html_errors=0",
    "xdebug.mode=off",
    "xdebug.start_with_request=no",
    "xdebug.auto_trace=0",
    "zend.exception_ignore_args=1",
    "output_buffering=0",
    "memory_limit=-1",
    "max_execution_time=0",
];

const PARTS: [&str; 6] = [
    include_str!("agent/wire.php"),
    include_str!("agent/instance.php"),
    include_str!("agent/rows.php"),
    include_str!("agent/look.php"),
    include_str!("agent/feeds.php"),
    include_str!("agent.php"),
];

/// The program as one line, newline included.
pub(super) fn line() -> &'static [u8] {
    static LINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut line = STANDARD.encode(source()).into_bytes();
        line.push(b'\n');
        line
    });
    &LINE
}

/// The parts behind a gate that an old PHP can read: it would not even parse the rest.
fn source() -> String {
    let program: String = PARTS.iter().map(|part| bare(part)).collect();
    let quoted = program.replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "if (PHP_VERSION_ID < 80100) {{ \
         $r = json_decode(base64_decode(fgets(STDIN)), true); \
         echo \"\\n@@patchbay:\" . $r['nonce'] . ':error:' . base64_encode(json_encode(\
         array('code' => 'phpUnsuitable', 'detail' => 'it is version ' . PHP_VERSION . ', and 8.1 is needed'))) \
         . \":@@\\n\"; }} else {{ eval('{quoted}'); }}"
    )
}

/// A part without its opening tag, comments and indentation; nothing in the parts spans lines in
/// quotes, which a test holds.
fn bare(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for line in part.lines().skip(1).map(str::trim) {
        let comment = ["//", "/*", "* ", "*/"]
            .iter()
            .any(|mark| line.starts_with(mark));
        if !comment && line != "*" && !line.is_empty() {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_opens_with_the_tag_and_loses_only_comments() {
        for part in PARTS {
            assert!(
                part.starts_with("<?php\n"),
                "the first line is dropped unread"
            );
            let inside = part
                .lines()
                .filter(|line| line.trim_start().starts_with("* "));
            for line in inside {
                assert!(
                    !line.contains('$') || line.contains('@') || line.contains('`'),
                    "a line of code that begins with a star would be lost: {line}"
                );
            }
        }
        assert!(!source().contains("/**"));
    }

    #[test]
    fn the_program_is_one_line() {
        let line = line();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(line.last(), Some(&b'\n'));
    }
}
