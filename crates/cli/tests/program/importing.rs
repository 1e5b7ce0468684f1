//! `instance import`: previews that run nothing, duplicates, and 200 rows that would like to be run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Room, Run, ended};

/// A room whose only `ssh` writes its arguments down and fails.
struct Watched {
    room: Room,
    said: PathBuf,
    touched: PathBuf,
}

impl Watched {
    fn new() -> Self {
        let room = Room::with_account();
        let shims = room.path().join("shims");
        std::fs::create_dir(&shims).unwrap();
        let (said, touched) = (room.path().join("said"), room.path().join("touched"));
        let text = format!(
            // In one piece: several of them write at once.
            "#!/bin/sh\nwords=$(printf '%s\\n' \"$@\"; printf '\\036')\nprintf '%s' \"$words\" >>'{}'\n\
             echo 'ssh: Could not resolve hostname x: Name or service not known' >&2\nexit 255\n",
            said.display()
        );
        for name in ["ssh", "ssh-keygen", "sh", "sudo", "docker"] {
            let shim = shims.join(name);
            std::fs::write(&shim, &text).unwrap();
            std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            room,
            said,
            touched,
        }
    }

    fn import(&self, more: &[&str]) -> Run {
        let base = [
            "--json",
            "instance",
            "import",
            "--account",
            "Nordlys",
            "--role",
            "staging",
        ];
        let mut command = self.room.command(&[&base[..], more].concat());
        command.env(
            "PATH",
            format!("{}:/usr/bin:/bin", self.room.path().join("shims").display()),
        );
        ended(command.output().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.room.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The arguments of every program that was run, each a list of words.
    fn runs(&self) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(&self.said).unwrap_or_default();
        text.split('\u{1e}')
            .filter(|run| !run.is_empty())
            .map(|run| run.lines().map(str::to_owned).collect())
            .collect()
    }
}

fn prospects(document: &Value) -> Vec<&str> {
    let rows = document["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["prospect"].as_str().unwrap())
        .collect()
}

/// Texts that run something where somebody is careless.
fn hostile(touched: &str) -> Vec<String> {
    let t = touched;
    let mut texts: Vec<String> = [
        format!("-oProxyCommand=touch {t}"),
        format!("-o ProxyCommand=touch {t}"),
        format!("user@-oProxyCommand=touch${{IFS}}{t}"),
        format!("ssh://-oProxyCommand=touch%20{t}/"),
        format!("$(touch {t})"),
        format!("`touch {t}`"),
        format!("x;touch {t}"),
        format!("x|touch {t}"),
        format!("x&&touch {t}"),
        format!("x\ntouch {t}\n"),
        format!("x\r\nProxyCommand touch {t}"),
        format!("'; touch {t}; '"),
        format!("\"; touch {t}; \""),
        format!("%n;touch {t}"),
        format!("=cmd|' /C touch {t}'!A0"),
        format!("@SUM(1+1)*cmd|' touch {t}'"),
        format!("[::1]:22 -oProxyCommand=touch {t}"),
        format!("host -F /dev/stdin touch {t}"),
        format!("{{x,touch,{t}}}"),
        format!("<(touch {t})"),
        format!("../../../../{t}"),
        format!("a\u{202e}b touch {t}"),
        format!("a\0touch {t}"),
        "x".repeat(5_000),
    ]
    .into();
    texts.push("\u{1b}]0;owned\u{7}".to_owned());
    texts
}

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

const FILLED: [&str; 8] = [
    "name",
    "ssh",
    "root",
    "php",
    "identity-file",
    "run-as",
    "container",
    "url",
];

/// A table with each of the texts in each of the columns.
fn hostile_table(touched: &str) -> String {
    let mut csv = FILLED.join(",") + "\n";
    let mut count = 0;
    for text in hostile(touched) {
        for at in 0..FILLED.len() {
            count += 1;
            let mut row = [(); 8].map(|()| String::new());
            row[0] = format!("row {count}");
            row[1] = format!("host{count}");
            row[2] = "/srv/shop".to_owned();
            row[at].clone_from(&text);
            csv += &(row.map(|text| field(&text)).join(",") + "\n");
        }
    }
    assert_eq!(count, 200);
    csv
}

#[test]
fn two_hundred_hostile_rows_run_nothing_neither_in_the_preview_nor_when_added() {
    let watched = Watched::new();
    let csv = hostile_table(&watched.touched.display().to_string());
    let file = watched.write("hostile.csv", &csv);
    let preview = watched.import(&["--csv", &file]).expect(0);
    assert_eq!(prospects(&preview.json()).len(), 200);
    assert_eq!(
        watched.runs(),
        Vec::<Vec<String>>::new(),
        "a preview runs nothing"
    );
    let refused = prospects(&preview.json())
        .iter()
        .filter(|one| **one == "refused")
        .count();
    assert!(
        (140..200).contains(&refused),
        "{refused} of 200 were refused"
    );
    for run in [
        &preview,
        &watched.import(&["--csv", &file, "--yes"]).expect(1),
    ] {
        let shown = run.stdout.clone() + &run.stderr;
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    }
    let runs = watched.runs();
    assert!(!runs.is_empty(), "what could be tried was tried");
    for words in runs {
        let dashes = words.iter().position(|word| word == "--").unwrap();
        let target = &words[dashes + 1];
        assert!(
            patchbay_core::instance::is_target(target),
            "{target:?} reached ssh"
        );
        assert!(
            !words[..dashes]
                .iter()
                .any(|word| word.to_lowercase().contains("proxycommand")),
            "{words:?}"
        );
    }
    assert!(!watched.touched.exists(), "something was run");
}

#[test]
fn a_foreign_configuration_gives_names_and_addresses_and_nothing_it_would_run() {
    let watched = Watched::new();
    let touched = watched.touched.display();
    let text = format!(
        "Match exec \"touch {touched}\"\n  User root\nHost shop-a\n  HostName a.example\n  User deploy\n  Port 2222\n\
         \tProxyCommand touch {touched}\nHost shop-b *.x\n  LocalCommand touch {touched}\nHost -oProxyCommand=x\n"
    );
    let file = watched.write("agency", &text);
    let import = ["--ssh-config", &file, "--root", "/srv/shop"];
    let rows = watched.import(&import).expect(0).json();
    assert_eq!(prospects(&rows), ["new", "new", "refused"]);
    assert_eq!(rows["rows"][0]["address"], "deploy@a.example:2222");
    assert_eq!(rows["rows"][0]["leftOut"][0], "proxycommand");
    assert!(rows["imported"].is_null());
    assert!(watched.runs().is_empty() && !watched.touched.exists());
    let added = watched.import(&[&import[..], &["--only", "shop-a", "--yes"]].concat());
    let added = added.expect(0).json();
    assert_eq!(added["imported"][0]["outcome"], "added");
    assert_eq!(added["imported"][0]["reached"], false);
    let again = watched.import(&import).expect(0).json();
    assert_eq!(prospects(&again), ["known", "new", "refused"]);
    assert_eq!(again["rows"][0]["of"], "shop-a");
    assert!(!watched.touched.exists());
}

#[test]
fn what_cannot_be_read_is_said() {
    let watched = Watched::new();
    let odd = watched.write("odd.csv", "nam,ssh\nx,y\n");
    let refused = watched.import(&["--csv", &odd]);
    assert_eq!(refused.json()["error"]["code"], "importUnreadable");
    assert_eq!(watched.import(&["--csv", "/dev/zero"]).code, 2);
    assert_eq!(watched.import(&["--ssh-config", "/dev/zero"]).code, 2);
    assert_eq!(watched.import(&[]).code, 2);
    let twice = watched.write(
        "twice.csv",
        "name,ssh,root\nx,y,/z\nq,y,/z/\nx,w,/z\nr,v,\n",
    );
    let rows = watched.import(&["--csv", &twice]).json();
    assert_eq!(prospects(&rows), ["new", "known", "refused", "refused"]);
}
