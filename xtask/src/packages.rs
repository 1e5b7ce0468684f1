//! The system packages a build and the tests need, and how missing ones are installed.
//!
//! Debian and its relatives only: elsewhere the list is printed and the work goes on, because the
//! same things may be there under other names.

use std::path::Path;
use std::process::Command;

use crate::steps::{self, Failure, Outcome};

/// To compile the window: the web view and what it is drawn with.
const BUILD: &[&str] = &[
    "build-essential",
    "file",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "patchelf",
    "pkg-config",
];

/// To test against real parts: an SSH server, PHP, a database, a keychain, a screen, browsers.
const TEST: &[&str] = &[
    "chromium",
    "dbus",
    "dbus-user-session",
    "fonts-noto-cjk",
    "gnome-keyring",
    "imagemagick",
    "libsecret-tools",
    "mariadb-server",
    "openbox",
    "openssh-client",
    "openssh-server",
    "php-bcmath",
    "php-cli",
    "php-curl",
    "php-mbstring",
    "php-mysql",
    "php-xml",
    "procps",
    "sway",
    "webkit2gtk-driver",
    "wl-clipboard",
    "x11-utils",
    "xauth",
    "xclip",
    "xdotool",
    "xvfb",
];

/// Installs what is missing, or says exactly what to type and stops.
pub(crate) fn install_missing() -> Outcome {
    if !cfg!(target_os = "linux") {
        eprintln!("   nothing to install with apt on this system");
        return Ok(());
    }
    let Some(installed) = installed() else {
        let all: Vec<&str> = wanted().collect();
        eprintln!(
            "   no dpkg here; make sure you have what Debian calls: {}",
            all.join(" ")
        );
        return Ok(());
    };
    let missing: Vec<&str> = wanted()
        .filter(|name| !installed.iter().any(|other| other == name))
        .collect();
    if missing.is_empty() {
        eprintln!("   all {} system packages are there", wanted().count());
        return Ok(());
    }
    eprintln!("   missing: {}", missing.join(" "));
    install(&missing)
}

fn wanted() -> impl Iterator<Item = &'static str> {
    BUILD.iter().chain(TEST).copied()
}

fn installed() -> Option<Vec<String>> {
    let format = "${Package} ${db:Status-Status}\\n";
    let listed = steps::answer(Command::new("dpkg-query").args(["-W", "-f", format]))?;
    let installed = listed
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"));
    Some(installed.map(str::to_owned).collect())
}

fn install(missing: &[&str]) -> Outcome {
    let script = script(missing);
    let mut command = match Privilege::found() {
        Privilege::Root => Command::new("sh"),
        Privilege::Sudo => {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "sh"]);
            sudo
        }
        Privilege::None => {
            return Err(Failure(format!(
                "these system packages are missing, and installing them needs root. Type:\n\n  \
                 sudo apt-get install --no-install-recommends {}\n\nand start again",
                missing.join(" ")
            )));
        }
    };
    steps::run(command.args(["-c", &script]))?;
    if Path::new("/run/systemd/system").exists() {
        eprintln!(
            "   the tests start their own database and SSH server; if you do not want the \
             system's ones: sudo systemctl disable --now mariadb ssh"
        );
    }
    Ok(())
}

/// Installs without starting services: the tests bring their own, and a database or SSH server
/// that nobody asked for has no business running. Debian's switch for that is a policy file,
/// which is only there while apt works, and one that is already there is left alone.
fn script(missing: &[&str]) -> String {
    let apt = "DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400";
    let packages = missing.join(" ");
    format!(
        "policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy
fi
{apt} update -q || echo 'apt-get update failed; trying with the lists there are' >&2
{apt} install -q -y --no-install-recommends {packages}"
    )
}

enum Privilege {
    Root,
    Sudo,
    None,
}

impl Privilege {
    fn found() -> Self {
        let id = steps::answer(Command::new("id").arg("-u"));
        if id.is_some_and(|id| id.trim() == "0") {
            Self::Root
        } else if steps::succeeds(Command::new("sudo").args(["-n", "true"])) {
            Self::Sudo
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_so_that_nothing_is_named_twice() {
        for list in [BUILD, TEST] {
            assert!(list.is_sorted(), "{list:?}");
        }
        let mut all: Vec<_> = wanted().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), wanted().count(), "a package is in both lists");
    }

    #[test]
    fn the_script_waits_for_the_lock_and_leaves_a_policy_of_others_alone() {
        let script = script(&["php-cli", "xvfb"]);
        assert!(script.contains("DPkg::Lock::Timeout=400 install"));
        assert!(script.ends_with("php-cli xvfb"));
        assert!(script.contains("if [ ! -e $policy ]"));
    }
}
