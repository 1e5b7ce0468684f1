//! Clipboard managers that run now, by the names people know.
//!
//! A manager may keep a copy whatever marks a text carries, so people are told which one is there.
//! Known are programs that keep a history; one that is built into a desktop's own shell cannot be
//! told from it. On macOS and Windows nothing is looked for, and people are told that in general.

use std::path::Path;

/// Program names as the system lists them (15 characters at most), and what people call them.
const KNOWN: [(&str, &str); 20] = [
    ("autocutsel", "autocutsel"),
    ("clipcatd", "Clipcat"),
    ("cliphist", "cliphist"),
    ("clipit", "ClipIt"),
    ("clipman", "clipman"),
    ("clipmenud", "clipmenu"),
    ("clipse", "Clipse"),
    ("copyq", "CopyQ"),
    ("diodon", "Diodon"),
    ("glipper", "Glipper"),
    ("gpaste-daemon", "GPaste"),
    ("greenclip", "greenclip"),
    ("klipper", "Klipper"),
    ("mate-clipboard", "MATE Clipboard Manager"),
    ("parcellite", "Parcellite"),
    ("plasmashell", "Klipper (Plasma)"),
    ("qlipper", "Qlipper"),
    ("ringboard-serve", "Ringboard"),
    ("wl-clip-persist", "wl-clip-persist"),
    ("xfce4-clipman", "Clipman (Xfce)"),
];

/// The managers that run for this user now, each once, by name.
pub fn running() -> Vec<&'static str> {
    #[cfg(target_os = "linux")]
    return listed_in(Path::new("/proc"), rustix::process::geteuid().as_raw());
    #[cfg(not(target_os = "linux"))]
    return Vec::new();
}

/// Those of one user in a folder with a folder per process.
#[cfg(target_os = "linux")]
fn listed_in(processes: &Path, user: u32) -> Vec<&'static str> {
    use std::os::unix::fs::MetadataExt;

    let Ok(entries) = std::fs::read_dir(processes) else {
        return Vec::new();
    };
    let own = entries.filter_map(Result::ok).filter(|entry| {
        let name = entry.file_name();
        let is_number = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        is_number && entry.metadata().is_ok_and(|about| about.uid() == user)
    });
    let mut found: Vec<&str> = own
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("comm")).ok())
        .filter_map(|name| called(name.trim()))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn called(program: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(name, _)| *name == program);
    known.map(|(_, called)| *called)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once_and_only_where_it_is_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        for (process, name) in [
            ("7", "copyq\n"),
            ("8", "copyq\n"),
            ("9", "bash\n"),
            ("self", "klipper\n"),
        ] {
            std::fs::create_dir(folder.path().join(process)).unwrap();
            std::fs::write(folder.path().join(process).join("comm"), name).unwrap();
        }
        let user = rustix::process::geteuid().as_raw();
        assert_eq!(listed_in(folder.path(), user), ["CopyQ"]);
        assert!(listed_in(folder.path(), user + 1).is_empty());
        assert!(listed_in(Path::new("/nowhere"), user).is_empty());
    }

    #[test]
    fn every_name_is_as_long_as_the_system_lists_it() {
        assert!(KNOWN.iter().all(|(name, _)| name.len() <= 15));
    }
}
