//! A real `sshd` on loopback with its own host key and one authorised client key.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::processes::{self, MARK, Server};
use super::{GroundError, GroundOptions, Result, programs};

/// sshd refuses more listening sockets than this, so more addresses need more daemons.
const ADDRESSES_PER_DAEMON: usize = 16;

/// What the daemon logs for each address once it accepts connections there.
const LISTENING: &str = "Server listening on ";

/// Where to log in.
#[derive(Clone, Debug)]
pub struct SshTarget {
    /// Address of the server: 127.0.0.1, unless a test picks another of the ground's addresses.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// The user that runs the tests.
    pub user: String,
    /// The client's private key file.
    pub identity_file: PathBuf,
}

/// The daemons and their folder.
#[derive(Debug)]
pub(super) struct Sshd {
    folder: PathBuf,
    port: u16,
    user: String,
    options: GroundOptions,
    daemons: Vec<Server>,
}

impl Sshd {
    pub(super) async fn start(folder: PathBuf, options: GroundOptions) -> Result<Self> {
        let mut sshd = Self {
            folder,
            port: processes::free_port()?,
            user: user_name()?,
            options,
            daemons: Vec::new(),
        };
        let home = sshd.folder.join("home");
        std::fs::create_dir_all(&home)
            .map_err(|error| GroundError::because("making the login's home", error))?;
        make_key(&sshd.folder.join("host_key"), "").await?;
        make_key(&sshd.folder.join("client_key"), "").await?;
        let public = read(&sshd.folder.join("client_key.pub"))?;
        sshd.write("authorized_keys", &public)?;
        sshd.set_login_noise("")?;
        sshd.trust()?;
        sshd.write("config", &sshd.client_text())?;
        sshd.listen().await?;
        Ok(sshd)
    }

    pub(super) fn target(&self) -> SshTarget {
        SshTarget {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: self.user.clone(),
            identity_file: self.folder.join("client_key"),
        }
    }

    pub(super) fn client_config(&self) -> PathBuf {
        self.folder.join("config")
    }

    pub(super) fn known_hosts(&self) -> PathBuf {
        self.folder.join("known_hosts")
    }

    pub(super) fn known_hosts_lines(&self) -> String {
        let key = read(&self.folder.join("host_key.pub")).unwrap_or_default();
        let key: Vec<&str> = key.split_whitespace().take(2).collect();
        let key = key.join(" ");
        self.addresses()
            .map(|address| format!("[{address}]:{} {key}\n", self.port))
            .collect()
    }

    pub(super) fn trust(&self) -> Result<()> {
        self.write("known_hosts", &self.known_hosts_lines())
    }

    pub(super) async fn fingerprint(&self) -> Result<String> {
        let mut keygen = tokio::process::Command::new("ssh-keygen");
        keygen.arg("-lf").arg(self.folder.join("host_key.pub"));
        let line = processes::must(keygen, &[]).await?;
        line.split_whitespace()
            .find(|word| word.starts_with("SHA256:"))
            .map(str::to_owned)
            .ok_or_else(|| GroundError::new("ssh-keygen gave no fingerprint"))
    }

    pub(super) async fn change_host_key(&mut self) -> Result<()> {
        self.stop();
        for name in ["host_key", "host_key.pub"] {
            let _ = std::fs::remove_file(self.folder.join(name));
        }
        make_key(&self.folder.join("host_key"), "").await?;
        self.listen().await
    }

    pub(super) async fn add_key(&self, name: &str, passphrase: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        make_key(&file, passphrase).await?;
        let known = read(&self.folder.join("authorized_keys"))?;
        let added = read(&self.folder.join(format!("{name}.pub")))?;
        self.write("authorized_keys", &(known + &added))?;
        Ok(file)
    }

    pub(super) fn stop(&mut self) {
        self.daemons.clear();
    }

    pub(super) fn set_login_noise(&self, text: &str) -> Result<()> {
        // Bash reads this file for commands over ssh, too; other shells read the profile at most.
        let quoted = text.replace('\'', r"'\''");
        let line = if text.is_empty() {
            String::new()
        } else {
            format!("printf '%s\\n' '{quoted}'\n")
        };
        self.write("home/.bashrc", &line)
    }

    pub(super) fn count(&self, needle: &str) -> Result<usize> {
        let mut found = 0;
        for daemon in 0..self.daemon_count() {
            let log = read(&self.log(daemon)).unwrap_or_default();
            found += log.lines().filter(|line| line.contains(needle)).count();
        }
        Ok(found)
    }

    fn addresses(&self) -> impl Iterator<Item = String> {
        (1..=self.options.hosts.max(1)).map(|last| format!("127.0.0.{last}"))
    }

    fn daemon_count(&self) -> usize {
        self.addresses().count().div_ceil(ADDRESSES_PER_DAEMON)
    }

    fn log(&self, daemon: usize) -> PathBuf {
        self.folder.join(format!("sshd-{daemon}.log"))
    }

    async fn listen(&mut self) -> Result<()> {
        if super::database::is_root() {
            // The daemon drops its privileges into this folder and does not make it itself.
            std::fs::create_dir_all("/run/sshd")
                .map_err(|error| GroundError::because("making /run/sshd", error))?;
        }
        let addresses: Vec<String> = self.addresses().collect();
        let before = self.count(LISTENING)?;
        for (number, chunk) in addresses.chunks(ADDRESSES_PER_DAEMON).enumerate() {
            let name = format!("sshd-{number}.conf");
            self.write(&name, &self.server_text(chunk)?)?;
            let mut command = Command::new(programs::require("sshd")?);
            command.arg("-D").arg("-e");
            command.arg("-f").arg(self.folder.join(&name));
            let daemon = Server::start(&command, &self.log(number), Some(&self.mark()))?;
            self.daemons.push(daemon);
        }
        // Not by connecting: connections are counted.
        let wanted = before + addresses.len();
        processes::wait_until("sshd", &self.log(0), async || {
            self.count(LISTENING).is_ok_and(|seen| seen >= wanted)
        })
        .await
    }

    /// Tells the processes of this ground from everybody else's.
    fn mark(&self) -> String {
        format!("{}-{}", std::process::id(), self.port)
    }

    fn server_text(&self, addresses: &[String]) -> Result<String> {
        let mut text = String::new();
        for address in addresses {
            text += &format!("ListenAddress {address}\n");
        }
        if let Some(banner) = &self.options.banner {
            self.write("banner", banner)?;
            text += &format!("Banner {}\n", quote(&self.folder.join("banner")));
        }
        let settings = format!(
            "Port {port}\nHostKey {key}\nAuthorizedKeysFile {authorized}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nMaxStartups 200:30:400\nMaxSessions 50\nUseDNS no\n\
             PrintMotd no\nPrintLastLog no\nLogLevel VERBOSE\nSetEnv {MARK}={mark} HOME={home}\n",
            port = self.port,
            key = quote(&self.folder.join("host_key")),
            authorized = quote(&self.folder.join("authorized_keys")),
            mark = self.mark(),
            home = quote(&self.folder.join("home")),
        );
        Ok(text + &settings)
    }

    fn client_text(&self) -> String {
        format!(
            "Host 127.0.0.*\n  Port {port}\n  User {user}\n  IdentityFile {key}\n  IdentitiesOnly yes\n  \
             IdentityAgent none\n  UserKnownHostsFile {known}\n  GlobalKnownHostsFile none\n  \
             StrictHostKeyChecking yes\n  BatchMode yes\n  ConnectTimeout 10\n",
            port = self.port,
            user = self.user,
            key = quote(&self.folder.join("client_key")),
            known = quote(&self.known_hosts()),
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.folder.join(name), text)
            .map_err(|error| GroundError::because(&format!("writing {name}"), error))
    }
}

async fn make_key(file: &Path, passphrase: &str) -> Result<()> {
    let mut keygen = tokio::process::Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-C", "ground"]);
    keygen.args(["-N", passphrase, "-f"]).arg(file);
    processes::must(keygen, &[]).await.map(drop)
}

fn user_name() -> Result<String> {
    let output = Command::new("id")
        .arg("-un")
        .output()
        .map_err(|error| GroundError::because("asking who we are", error))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| GroundError::because(&format!("reading {}", file.display()), error))
}

fn quote(file: &Path) -> String {
    format!("\"{}\"", file.display())
}
