//! Host names out of an ssh configuration, by our own reading: nothing in it is carried out.
//!
//! Only `Host`, `Include`, `HostName`, `User`, `Port` and `IdentityFile` are understood. `Match`
//! blocks are passed over, because telling whether one applies may mean running a command. Whatever
//! else a host has is named, so that nobody wonders why it is missing. Not here: reading files.

use std::collections::BTreeSet;

use crate::text;

/// How deep files may include files.
const DEEPEST: usize = 8;
/// How many files are read in all.
const MOST_FILES: usize = 64;
/// How much text is read in all, bytes.
const MOST_TEXT: usize = 1024 * 1024;
/// How many hosts are found in all.
const MOST_HOSTS: usize = 2_000;

/// A host that the configuration names, without patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundHost {
    /// The name after `Host`, cleaned.
    pub alias: String,
    /// Where it really is, if that differs.
    pub host_name: Option<String>,
    /// Who signs in.
    pub user: Option<String>,
    /// The port; a text that is no port is kept out and named in `left_out`.
    pub port: Option<u16>,
    /// The first key file.
    pub identity_file: Option<String>,
    /// Settings of this host that were not taken over, in small letters.
    pub left_out: BTreeSet<String>,
}

/// What was found, and what was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The hosts in the order of the file, each once.
    pub hosts: Vec<FoundHost>,
    /// `Match` blocks that were not read.
    pub matches: usize,
    /// Whether something was left unread because there is too much of it.
    pub cut: bool,
}

/// Gives the texts of the files that an `Include` names; nothing where there are none.
pub type Includes<'a> = &'a mut dyn FnMut(&str) -> Vec<String>;

/// Reads a configuration.
pub fn read(config: &str, includes: Includes<'_>) -> Found {
    let mut reader = Reader {
        blocks: Vec::new(),
        aliases: Vec::new(),
        files: 0,
        text: 0,
        found: Found::default(),
        includes,
    };
    reader.file(config, &[], 0);
    let Reader {
        blocks,
        aliases,
        mut found,
        ..
    } = reader;
    found.hosts = aliases.iter().map(|alias| host(alias, &blocks)).collect();
    found
}

/// Settings that hold where every one of these lists of patterns fits.
struct Block {
    when: Vec<Vec<String>>,
    settings: Vec<(String, String)>,
}

struct Reader<'a> {
    blocks: Vec<Block>,
    aliases: Vec<String>,
    files: usize,
    text: usize,
    found: Found,
    includes: Includes<'a>,
}

impl Reader<'_> {
    fn file(&mut self, config: &str, around: &[Vec<String>], depth: usize) {
        self.files += 1;
        self.text += config.len();
        if depth > DEEPEST || self.files > MOST_FILES || self.text > MOST_TEXT {
            self.found.cut = true;
            return;
        }
        let mut skipping = false;
        let mut when = around.to_vec();
        self.begin(when.clone());
        for line in config.lines() {
            let Some((keyword, words)) = words(line) else {
                continue;
            };
            match keyword.as_str() {
                "host" => {
                    skipping = false;
                    self.name(&words);
                    when = around.to_vec();
                    when.push(words);
                    self.begin(when.clone());
                }
                "match" => {
                    skipping = true;
                    self.found.matches += 1;
                }
                _ if skipping => {}
                "include" => {
                    for pattern in &words {
                        for text in (self.includes)(pattern) {
                            self.file(&text, &when, depth + 1);
                        }
                    }
                    self.begin(when.clone());
                }
                _ => {
                    let value = words.into_iter().next().unwrap_or_default();
                    if let Some(block) = self.blocks.last_mut() {
                        block.settings.push((keyword, value));
                    }
                }
            }
        }
    }

    fn begin(&mut self, when: Vec<Vec<String>>) {
        self.blocks.push(Block {
            when,
            settings: Vec::new(),
        });
    }

    fn name(&mut self, patterns: &[String]) {
        let named = patterns
            .iter()
            .filter(|word| !word.is_empty() && !word.contains(['*', '?', '!']));
        for alias in named {
            if self.aliases.len() >= MOST_HOSTS {
                self.found.cut = true;
                return;
            }
            if !self.aliases.contains(alias) {
                self.aliases.push(alias.clone());
            }
        }
    }
}

/// What the blocks say of one alias; of each setting the first one counts, as in ssh.
fn host(alias: &str, blocks: &[Block]) -> FoundHost {
    let mut host = FoundHost {
        alias: text::outside(alias, 200),
        ..FoundHost::default()
    };
    let mut ported = false;
    let fitting = blocks
        .iter()
        .filter(|block| block.when.iter().all(|patterns| fits(alias, patterns)));
    for (keyword, value) in fitting.flat_map(|block| &block.settings) {
        match keyword.as_str() {
            "hostname" => {
                host.host_name
                    .get_or_insert_with(|| value.replace("%h", alias).replace("%%", "%"));
            }
            "user" => {
                host.user.get_or_insert_with(|| value.clone());
            }
            "identityfile" => {
                host.identity_file.get_or_insert_with(|| value.clone());
            }
            "port" if !ported => {
                ported = true;
                host.port = value.parse().ok().filter(|port| *port > 0);
                if host.port.is_none() {
                    host.left_out.insert("port".to_owned());
                }
            }
            "port" => {}
            other => {
                host.left_out.insert(text::outside(other, 40));
            }
        }
    }
    host
}

/// Whether a name fits a list of patterns: one that begins with `!` rules it out.
fn fits(name: &str, patterns: &[String]) -> bool {
    let mut fits = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(name, pattern) => return false,
            Some(_) => {}
            None => fits |= matches(name, pattern),
        }
    }
    fits
}

/// `*` stands for any run of characters and `?` for one. Takes no longer than both lengths
/// multiplied, whatever the pattern.
pub fn matches(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) = (
        name.to_lowercase().chars().collect(),
        pattern.to_lowercase().chars().collect(),
    );
    let (mut at, mut p, mut star) = (0, 0, None);
    while at < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, at));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[at] => {
                at += 1;
                p += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    (p, at) = (back + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// A line's keyword in small letters and its words, quotes taken off; none for a comment.
fn words(line: &str) -> Option<(String, Vec<String>)> {
    let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line
        .find(|c: char| c.is_whitespace() || c == '=')
        .unwrap_or(line.len());
    let keyword = line[..end].to_lowercase();
    let rest = line[end..].trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in rest.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' if !quoted && word.is_none() => break,
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some((keyword, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn alone(config: &str) -> Found {
        read(config, &mut |_| Vec::new())
    }

    const EXAMPLE: &str = "\u{feff}# agency\nUser everybody\nHost shop-a shop-b *.example !x\n  HostName %h.example\n\
        \tPort=2222\n  IdentityFile \"~/.ssh/a key\"\n  ProxyJump jump\nMatch exec \"touch /tmp/x\"\n  Port 9\n\
        Host shop-b\n  User late\n  LocalCommand rm -rf /\nHost *\n  ForwardAgent yes\n";

    #[test]
    fn names_are_found_and_of_each_setting_the_first_counts() {
        let found = alone(EXAMPLE);
        assert_eq!(found.matches, 1);
        let names: Vec<_> = found.hosts.iter().map(|host| host.alias.as_str()).collect();
        assert_eq!(names, ["shop-a", "shop-b"]);
        let b = &found.hosts[1];
        assert_eq!(b.host_name.as_deref(), Some("shop-b.example"));
        assert_eq!((b.user.as_deref(), b.port), (Some("everybody"), Some(2222)));
        assert_eq!(b.identity_file.as_deref(), Some("~/.ssh/a key"));
        let left: Vec<_> = b.left_out.iter().map(String::as_str).collect();
        assert_eq!(left, ["forwardagent", "localcommand", "proxyjump"]);
    }

    #[test]
    fn included_files_are_read_where_they_stand_and_never_without_end() {
        let mut asked = Vec::new();
        let found = read(
            "Host a\n Include one\nHost b\n Port 1\nInclude two # three\n",
            &mut |pattern| {
                asked.push(pattern.to_owned());
                match pattern {
                    "one" => vec!["Port 7\n".to_owned()],
                    _ => vec!["Host c\n Port 8\n".to_owned()],
                }
            },
        );
        let ports: Vec<_> = found
            .hosts
            .iter()
            .map(|host| (host.alias.as_str(), host.port))
            .collect();
        assert_eq!(ports, [("a", Some(7)), ("b", Some(1)), ("c", None)]);
        assert_eq!(asked, ["one", "two"]);
        let mut times = 0;
        let endless = read("Include x\n", &mut |_| {
            times += 1;
            vec!["Include x\nInclude x\nHost z\n".to_owned()]
        });
        assert!(endless.cut && times < 1000, "{times} files were asked for");
    }

    #[test]
    fn patterns_fit_as_in_ssh() {
        assert!(matches("shop.example", "*.EXAMPLE") && matches("a1", "a?"));
        assert!(!matches("a", "a?") && !matches("xab", "ab*"));
        let slow = format!("{}b", "*a".repeat(200));
        assert!(!matches(&"a".repeat(400), &slow));
    }

    #[test]
    fn ten_thousand_hosts_are_cut_and_said_so() {
        let text: String = (0..10_000).map(|n| format!("Host h{n}\n")).collect();
        let found = alone(&text);
        assert!(found.cut);
        assert_eq!(found.hosts.len(), MOST_HOSTS);
    }

    proptest! {
        #[test]
        fn any_text_is_read(config in "(?s)(.{0,20}|Host |Match exec |Include |\n|\"|=|#){0,25}") {
            let found = alone(&config);
            prop_assert!(found.hosts.iter().all(|host| host.alias.chars().all(text::is_plain)));
            prop_assert!(found.hosts.len() <= MOST_HOSTS);
        }
    }
}
