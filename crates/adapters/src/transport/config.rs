//! The ssh configuration of ours that stands in front of the user's own (P10).
//!
//! Given with `-F`, because ssh hands that on to the inner ssh of a jump host, which options on
//! the command line do not reach; ssh takes the first value it meets. Not here: what belongs to one
//! target only (`command`).

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What goes into the configuration.
pub(super) struct Parts<'a> {
    /// Our own file of trusted host keys.
    pub known_hosts: &'a Path,
    /// The user's configuration, where there is one to include.
    pub user: Option<&'a str>,
    /// The system's.
    pub system: Option<&'a str>,
    /// How long a connection may take.
    pub connect: Duration,
    /// Further patterns of options this computer's ssh may not know.
    pub ignore: &'a str,
}

/// Fixed settings; those that some ssh versions lack are named in `IgnoreUnknown`. Of `SetEnv` the
/// first line counts: nothing of the user's is set there, and where the server takes this one, `sudo`
/// and the shell say what went wrong in the words that are looked for.
const FIXED: &str = "\
BatchMode yes
StrictHostKeyChecking yes
UpdateHostKeys no
VerifyHostKeyDNS no
NoHostAuthenticationForLocalhost no
KnownHostsCommand none
CheckHostIP no
ForwardAgent no
ForwardX11 no
ForwardX11Trusted no
ClearAllForwardings yes
GatewayPorts no
Tunnel no
PermitLocalCommand no
LocalCommand none
RemoteCommand none
RequestTTY no
ForkAfterAuthentication no
StdinNull no
SessionType default
ControlMaster no
ControlPath none
ControlPersist no
PasswordAuthentication no
KbdInteractiveAuthentication no
GSSAPIAuthentication no
GSSAPIDelegateCredentials no
HostbasedAuthentication no
NumberOfPasswordPrompts 0
AddKeysToAgent no
EscapeChar none
ExitOnForwardFailure no
LogLevel ERROR
ServerAliveInterval 15
ServerAliveCountMax 3
TCPKeepAlive yes
SetEnv LC_ALL=C
";

const MAY_BE_UNKNOWN: &str = "KnownHostsCommand,RemoteCommand,SetEnv,ForkAfterAuthentication,StdinNull,\
SessionType,GSSAPI*,UseKeychain,WarnWeakCrypto,ObscureKeystrokeTiming";

/// The text of the configuration.
pub(super) fn text(parts: &Parts<'_>) -> String {
    let mut text = format!("IgnoreUnknown {MAY_BE_UNKNOWN}");
    if !parts.ignore.is_empty() {
        text.push(',');
        text.push_str(parts.ignore);
    }
    text.push('\n');
    text.push_str(FIXED);
    text.push_str(&format!(
        "ConnectTimeout {}\nUserKnownHostsFile ~/.ssh/known_hosts ~/.ssh/known_hosts2 {}\n",
        parts.connect.as_secs().max(1),
        quoted(&parts.known_hosts.to_string_lossy().replace('%', "%%")),
    ));
    for include in [parts.user, parts.system].into_iter().flatten() {
        text.push_str(&format!("Include {}\n", quoted(include)));
    }
    // Variables to send add up instead of being decided by the first line, so this one is last.
    text.push_str("Match all\nSendEnv -*\n");
    text
}

/// `IgnoreUnknown` patterns of a user's own configuration: ours hides theirs, and their file may
/// need them to be readable at all.
pub(super) fn ignored_by(user: &str) -> String {
    let patterns = user.lines().filter_map(|line| {
        let (word, rest) = line.trim().split_once([' ', '\t', '='])?;
        word.eq_ignore_ascii_case("IgnoreUnknown")
            .then(|| rest.trim_matches([' ', '\t', '=', '"']))
    });
    let fine = |c: char| c.is_ascii_alphanumeric() || "*?,!".contains(c);
    patterns
        .filter(|patterns| !patterns.is_empty() && patterns.chars().all(fine))
        .collect::<Vec<_>>()
        .join(",")
}

/// Writes a file that only its owner may read, all of it or nothing.
///
/// # Errors
/// Those of the file system.
pub(super) fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let aside = aside(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    let moved = written.and_then(|()| fs::rename(&aside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&aside);
    } else if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    moved
}

/// Makes a folder that only its owner may enter, and makes an existing one so.
///
/// # Errors
/// Those of the file system; a link is refused.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other("the folder for ssh is a link"));
    }
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn aside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{number}", std::process::id()));
    name.into()
}

/// A word of ssh's configuration; a quote cannot stand inside one.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> String {
        text(&Parts {
            known_hosts: Path::new("/home/me/data dir/known_hosts"),
            user: Some("~/.ssh/config"),
            system: Some("/etc/ssh/ssh_config"),
            connect: Duration::from_secs(10),
            ignore: "UseThis",
        })
    }

    #[test]
    fn ours_comes_before_theirs_and_sent_variables_are_cleared_last() {
        let text = example();
        let at = |needle: &str| text.find(needle).unwrap();
        for setting in [
            "StrictHostKeyChecking yes",
            "ForwardAgent no",
            "ControlPath none",
            "KnownHostsCommand none",
            "RemoteCommand none",
            "PermitLocalCommand no",
            "\"/home/me/data dir/known_hosts\"",
        ] {
            assert!(
                at(setting) < at("Include"),
                "{setting} must win over the user's"
            );
        }
        assert!(at("SendEnv -*") > at("/etc/ssh/ssh_config"));
    }

    #[test]
    fn patterns_of_the_user_are_kept() {
        assert_eq!(
            ignored_by("Host a\n  IgnoreUnknown UseKeychain,Foo*\nignoreunknown=Bar\n"),
            "UseKeychain,Foo*,Bar"
        );
        assert_eq!(ignored_by("IgnoreUnknown a b\nProxyCommand x"), "");
        assert!(example().starts_with("IgnoreUnknown KnownHostsCommand"));
        assert!(example().contains(",UseThis\n"));
    }

    #[test]
    fn private_files_are_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inner/config");
        private_folder(path.parent().unwrap()).unwrap();
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().unwrap()), 0o700);
        }
    }
}
