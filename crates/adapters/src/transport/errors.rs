//! What went wrong, from how ssh ended and what it said; pure.
//!
//! ssh ends with 255 for its own failures and else with the far command's code. Its words are not
//! translated, so they can be read. Not here: failures the program on the instance reports itself
//! (`answers`).

use patchbay_core::connection::sign_in::RENEW_CLOUD;
use patchbay_core::instance::{SshWay, cloud_project};
use patchbay_core::ports::transport::TransportError;
use patchbay_core::text::outside;

/// How a run of ssh ended without the answer that was waited for.
pub(super) struct Ending<'a> {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Everything on standard error, noise included.
    pub stderr: &'a str,
    /// What stood on standard output instead of an answer, cleaned.
    pub noise: &'a str,
}

/// Words of ssh and what they mean, looked for in this order: the cause stands before its
/// consequences, also where a jump host's own ssh reported it.
const SSH_SAYS: [(&str, Kind); 20] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", || {
        TransportError::HostKeyChanged
    }),
    ("Offending key", || TransportError::HostKeyChanged),
    ("Host key verification failed", || {
        TransportError::HostKeyUnknown
    }),
    ("requested strict checking", || {
        TransportError::HostKeyUnknown
    }),
    ("Could not resolve hostname", || TransportError::UnknownHost),
    ("Name or service not known", || TransportError::UnknownHost),
    ("Connection refused", || TransportError::Refused),
    ("No route to host", || TransportError::NoRoute),
    ("Network is unreachable", || TransportError::NoRoute),
    ("Network is down", || TransportError::NoRoute),
    ("Connection timed out", connecting),
    ("Operation timed out", connecting),
    ("timed out", connecting),
    ("not responding", connecting),
    ("Access requires MFA", cloud_sign_in),
    ("ertificate has expired", cloud_sign_in),
    ("ertificate expired", cloud_sign_in),
    ("Permission denied (", || TransportError::LoginRefused),
    ("Too many authentication failures", || {
        TransportError::LoginRefused
    }),
    ("account is currently not available", || {
        TransportError::LoginRefused
    }),
];

/// Makes the error that some words stand for.
type Kind = fn() -> TransportError;

fn connecting() -> TransportError {
    TransportError::TimedOut {
        during: "connecting".into(),
    }
}

fn cloud_sign_in() -> TransportError {
    TransportError::SignInExpired {
        renew: format!("run {RENEW_CLOUD}"),
    }
}

/// Names the failure.
pub(super) fn name(way: &SshWay, ending: &Ending<'_>) -> TransportError {
    if ending.code == Some(255)
        && let Some(error) = by_ssh(way, ending.stderr)
    {
        return error;
    }
    let said = format!("{} {}", ending.stderr, ending.noise);
    if let Some(error) = by_prefix(way, &said) {
        return error;
    }
    match ending.code {
        Some(127) => TransportError::PhpMissing,
        Some(126) => TransportError::PermissionDenied {
            detail: "the PHP program may not be run".into(),
        },
        Some(255) => TransportError::Broken {
            detail: words(ending, "ssh ended without saying why"),
        },
        None => TransportError::Broken {
            detail: "ssh was ended".into(),
        },
        Some(code) => TransportError::Garbled {
            detail: words(ending, &format!("the far side ended with code {code}")),
        },
    }
}

fn by_ssh(way: &SshWay, stderr: &str) -> Option<TransportError> {
    if stderr.contains("Bad configuration option") || stderr.contains("Bad owner or permissions") {
        return Some(TransportError::Local {
            detail: outside(stderr, 200),
        });
    }
    let (_, error) = SSH_SAYS.iter().find(|(words, _)| stderr.contains(words))?;
    let error = error();
    // Cloud signs in by certificates of about an hour (docs/facts.md, hosting layouts).
    if error == TransportError::LoginRefused && is_cloud(way) {
        return Some(cloud_sign_in());
    }
    Some(error)
}

/// What `sudo`, `docker` and the shell say in place of php.
fn by_prefix(way: &SshWay, said: &str) -> Option<TransportError> {
    let denied = |detail: &str| {
        Some(TransportError::PermissionDenied {
            detail: detail.into(),
        })
    };
    let has = |words: &str| said.contains(words);
    if way.container.is_some() {
        if has("No such container") {
            return denied("there is no container of that name");
        }
        if has("is not running") {
            return denied("the container is not running");
        }
        if has("executable file not found") || has("no such file or directory: unknown") {
            return Some(TransportError::PhpMissing);
        }
        if has("unable to find user") {
            return denied("the container does not know the user to run as");
        }
        if has("docker daemon")
            || has("docker: not found")
            || has("docker: command not found")
            || has("not found: docker")
        {
            return denied("docker cannot be used there");
        }
    }
    if way.run_as.is_some() && has("sudo") {
        if has("unknown user") {
            return denied("the server does not know the user to run as");
        }
        if has("password is required") || has("not allowed") || has("may not run sudo") {
            return denied(
                "sudo does not let this sign-in run PHP as that user without a password",
            );
        }
        if has("must have a tty") {
            return denied("sudo there wants a terminal (requiretty)");
        }
        if has("sudo: not found") || has("sudo: command not found") || has("not found: sudo") {
            return denied("there is no sudo on the server");
        }
        if has(": command not found") {
            return Some(TransportError::PhpMissing);
        }
    }
    has("account is currently not available").then_some(TransportError::LoginRefused)
}

fn is_cloud(way: &SshWay) -> bool {
    cloud_project(&way.target).is_some()
}

fn words(ending: &Ending<'_>, otherwise: &str) -> String {
    let tail: String = {
        let skip = ending.stderr.chars().count().saturating_sub(600);
        ending.stderr.chars().skip(skip).collect()
    };
    let said = [outside(&tail, 200), ending.noise.to_owned()];
    let said = said.iter().find(|text| !text.is_empty());
    said.map_or_else(|| otherwise.to_owned(), Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn way() -> SshWay {
        SshWay {
            target: "deploy@shop.example".into(),
            port: None,
            identity_file: None,
            root: "/app".into(),
            php: None,
            run_as: None,
            container: None,
        }
    }

    fn named(way: &SshWay, code: i32, stderr: &str) -> TransportError {
        name(
            way,
            &Ending {
                code: Some(code),
                stderr,
                noise: "",
            },
        )
    }

    #[test]
    fn each_word_of_ssh_has_its_kind() {
        use TransportError::*;
        let table = [
            (
                "ssh: Could not resolve hostname nowhere: Name or service not known",
                UnknownHost,
            ),
            (
                "ssh: connect to host h port 22: Connection refused",
                Refused,
            ),
            ("ssh: connect to host h port 22: No route to host", NoRoute),
            (
                "ssh: connect to host h port 22: Network is unreachable",
                NoRoute,
            ),
            (
                "ssh: connect to host h port 22: Connection timed out",
                connecting(),
            ),
            ("Connection timed out during banner exchange", connecting()),
            ("Timeout, server h not responding.", connecting()),
            (
                "No ED25519 host key is known for h and you have requested strict checking.\n\
                 Host key verification failed.",
                HostKeyUnknown,
            ),
            (
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
                 Host key verification failed.",
                HostKeyChanged,
            ),
            ("deploy@h: Permission denied (publickey).", LoginRefused),
            (
                "Received disconnect: 2: Too many authentication failures",
                LoginRefused,
            ),
            (
                "Error: Access requires MFA\nu@h: Permission denied (publickey).",
                cloud_sign_in(),
            ),
            (
                "Host key verification failed.\r\nConnection closed by UNKNOWN port 65535",
                HostKeyUnknown,
            ),
        ];
        for (stderr, expected) in table {
            assert_eq!(named(&way(), 255, stderr), expected, "{stderr}");
        }
    }

    #[test]
    fn a_cloud_address_that_refuses_needs_its_certificate_renewed() {
        let cloud = SshWay {
            target: "1.ent-abc-production-x@ssh.eu-4.magento.cloud".into(),
            ..way()
        };
        assert_eq!(
            named(&cloud, 255, "x: Permission denied (publickey)."),
            cloud_sign_in()
        );
    }

    #[test]
    fn the_far_command_has_its_own_words() {
        let denied = |way: &SshWay, code, text| {
            matches!(
                named(way, code, text),
                TransportError::PermissionDenied { .. }
            )
        };
        assert_eq!(
            named(&way(), 127, "sh: 1: php: not found"),
            TransportError::PhpMissing
        );
        assert!(denied(&way(), 126, "php: Permission denied"));
        let sudo = SshWay {
            run_as: Some("www-data".into()),
            ..way()
        };
        assert!(denied(&sudo, 1, "sudo: a password is required"));
        assert!(denied(&sudo, 1, "sudo: unknown user: www-data"));
        assert_eq!(
            named(&sudo, 1, "sudo: /opt/php8.2: command not found"),
            TransportError::PhpMissing
        );
        assert!(denied(&sudo, 127, "bash: sudo: command not found"));
        assert!(denied(&sudo, 127, "zsh:1: command not found: sudo"));
        let docker = SshWay {
            container: Some("web".into()),
            ..way()
        };
        assert!(denied(
            &docker,
            1,
            "Error response from daemon: No such container: web"
        ));
        assert_eq!(
            named(
                &docker,
                126,
                "exec: \"php\": executable file not found in $PATH: unknown"
            ),
            TransportError::PhpMissing
        );
    }

    #[test]
    fn a_far_side_cannot_pretend_to_be_ssh() {
        assert!(matches!(
            named(&way(), 1, "REMOTE HOST IDENTIFICATION HAS CHANGED"),
            TransportError::Garbled { .. }
        ));
    }

    proptest! {
        #[test]
        fn any_ending_has_a_name_and_safe_words(code in prop::option::of(0..256), stderr in ".{0,200}") {
            let error = name(&way(), &Ending { code, stderr: &stderr, noise: "" });
            prop_assert!(error.to_string().chars().all(patchbay_core::text::is_plain));
        }
    }
}
