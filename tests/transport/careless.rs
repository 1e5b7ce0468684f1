//! Careless and hostile ssh configurations of the user: ours stands before theirs, on every way that
//! Patchbay goes.
//!
//! A `Match exec` or a `ProxyCommand` of the user's own configuration runs, as it does with ssh itself.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::config::ConfigPath;
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{Go, Restore, Transport as _, TransportError};
use patchbay_tests::ground::InstanceOptions;
use tokio::process::{Child, Command};

use crate::asking::{
    Site, begin_request, entry, everything, look_request, script, send, settings, site,
};

/// An agent with the login key in it, and where it listens.
struct Agent {
    _agent: Child,
    socket: PathBuf,
}

impl Agent {
    async fn start(site: &Site) -> Self {
        let socket = site.folder.path().join("agent.sock");
        let agent = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        for _ in 0..200 {
            if socket.exists() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let key = site.ground.ssh().identity_file;
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &socket)
            .status()
            .await
            .unwrap();
        assert!(added.success());
        Self {
            _agent: agent,
            socket,
        }
    }
}

/// Ten configurations that want to give something away or run something.
fn configurations(site: &Site, agent: &Path, touched: &Path) -> Vec<(&'static str, String)> {
    let (agent, touched) = (agent.display(), touched.display());
    let known = site.ground.known_hosts_lines();
    let line = known.lines().next().unwrap_or_default();
    let master = site.folder.path().join("master-%C");
    let included = site.folder.path().join("included");
    std::fs::write(&included, format!("Host *\n ForwardAgent {agent}\n PermitLocalCommand yes\n LocalCommand touch {touched}\n")).unwrap();
    vec![
        ("forwards the agent", format!("ForwardAgent yes\nIdentityAgent {agent}\n")),
        ("forwards the agent by its path", format!("Host *\n ForwardAgent {agent}\n IdentityAgent {agent}\n AddKeysToAgent yes\n")),
        ("forwards X11", format!("ForwardX11 yes\nForwardX11Trusted yes\nXAuthLocation {touched}\nIdentityAgent {agent}\n")),
        ("runs a command here", format!("PermitLocalCommand yes\nLocalCommand touch {touched}\n")),
        ("runs another command there", format!("RemoteCommand touch {touched}; cat\nRequestTTY force\nSessionType subsystem\n")),
        ("lets a command say who is known", format!("KnownHostsCommand /bin/sh -c \"touch {touched}; echo '{line}'\"\nKnownHostsCommand /usr/bin/touch {touched}\n")),
        ("believes anybody", "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nGlobalKnownHostsFile /dev/null\nUpdateHostKeys yes\nVerifyHostKeyDNS yes\nCheckHostIP no\nNoHostAuthenticationForLocalhost yes\n".into()),
        ("shares connections", format!("ControlMaster auto\nControlPath {}\nControlPersist 60\nForwardAgent {agent}\n", master.display())),
        ("sends and forwards all it has", format!("SendEnv *\nSetEnv SSH_AUTH_SOCK={agent} LD_PRELOAD={touched}\nLocalForward 127.0.0.1:1 127.0.0.1:1\nRemoteForward 0 {agent}\nDynamicForward 127.0.0.1:1\nExitOnForwardFailure yes\nTunnel yes\nGatewayPorts yes\nStdinNull yes\nForkAfterAuthentication yes\n")),
        ("hides it in blocks and files", format!("Include {}\nMatch all\n ForwardAgent {agent}\n PermitLocalCommand yes\n LocalCommand touch {touched}\nMatch final all\n StrictHostKeyChecking no\n ForwardAgent yes\n KnownHostsCommand /usr/bin/touch {touched}\n", included.display())),
    ]
}

struct Stage {
    site: Site,
    way: SshWay,
    seen: PathBuf,
    touched: PathBuf,
    agent: Agent,
}

impl Stage {
    async fn set() -> Self {
        let site = site(InstanceOptions::default()).await;
        let seen = site.folder.path().join("seen");
        let php = script(
            site.folder.path(),
            &format!(
                "env >>{seen}\nls -l /proc/$$/fd >>{seen}\nexec {php} \"$@\"",
                seen = seen.display(),
                php = site.instance.php().display()
            ),
        );
        let way = SshWay {
            php: Some(php.display().to_string()),
            ..site.way()
        };
        Self {
            agent: Agent::start(&site).await,
            touched: site.folder.path().join("touched"),
            site,
            way,
            seen,
        }
    }

    fn transport(&self, number: usize, user: &str) -> SshTransport {
        let folder = self.site.folder.path().join(format!("data-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("user_config");
        std::fs::write(&config, user).unwrap();
        std::fs::write(
            folder.join("known_hosts"),
            self.site.ground.known_hosts_lines(),
        )
        .unwrap();
        SshTransport::new(SshSettings {
            user_config: Some(config.display().to_string()),
            ..settings(&folder)
        })
    }

    /// Looks, pushes, takes it back and fetches host keys; gives what each came to.
    async fn everything_with(&self, transport: &SshTransport) -> [Result<(), TransportError>; 4] {
        let looked = transport.look(&self.way, &look_request()).await.map(drop);
        let mut blob = None;
        let pushed = match transport.begin(&self.way, &begin_request(None)).await {
            Ok(mut talk) => {
                blob = Some(talk.ready().undo.clone());
                assert_eq!(send(&mut talk, &everything()).await, Ok(Go::Committed));
                talk.finish().await.map(drop)
            }
            Err(error) => Err(error),
        };
        let restore = Restore {
            entry: entry(),
            blob: blob.unwrap_or(patchbay_core::ports::transport::UndoBlob(Vec::new())),
            touched: ConfigPath::ALL.to_vec(),
            payments: Vec::new(),
        };
        let undone = match transport
            .begin(&self.way, &begin_request(Some(restore)))
            .await
        {
            Ok(mut talk) => {
                assert_eq!(send(&mut talk, &[]).await, Ok(Go::Committed));
                talk.finish().await.map(drop)
            }
            Err(error) => Err(error),
        };
        let keys = transport.host_keys(&self.way).await.map(drop);
        [looked, pushed, undone, keys]
    }

    fn seen(&self) -> String {
        std::fs::read_to_string(&self.seen).unwrap_or_default()
    }
}

#[tokio::test]
async fn nothing_is_given_away_and_nothing_else_runs() {
    let stage = Stage::set().await;
    let configurations = configurations(&stage.site, &stage.agent.socket, &stage.touched);
    assert_eq!(configurations.len(), 10);
    for (number, (what, text)) in configurations.iter().enumerate() {
        let done = stage.everything_with(&stage.transport(number, text)).await;
        for (at, one) in done.iter().enumerate() {
            assert_eq!(one, &Ok(()), "{what}: operation {at}");
        }
        assert!(!stage.touched.exists(), "{what} ran a command");
        let seen = stage.seen();
        for gift in ["SSH_AUTH_SOCK=", "DISPLAY=", "SSH_TTY=", "LD_PRELOAD="] {
            assert!(
                !seen.lines().any(|line| line.starts_with(gift)),
                "{what} gave {gift}"
            );
        }
        assert!(seen.contains("HOME="), "the far side looked");
    }
    let left = std::fs::read_dir(stage.site.folder.path()).unwrap();
    let shared = left.filter(|one| {
        one.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("master-")
    });
    assert_eq!(shared.count(), 0, "no connection is shared");
    assert_eq!(
        stage.site.ground.ssh_logins().unwrap(),
        30,
        "one sign-in for each look, push and undo"
    );
}

#[tokio::test]
async fn after_a_key_change_nobody_signs_in() {
    let mut stage = Stage::set().await;
    let configurations = configurations(&stage.site, &stage.agent.socket, &stage.touched);
    let transports: Vec<SshTransport> = configurations
        .iter()
        .enumerate()
        .map(|(number, (_, text))| stage.transport(number, text))
        .collect();
    stage.site.ground.change_host_key().await.unwrap();
    let before = stage.site.ground.ssh_logins().unwrap();
    for ((what, _), transport) in configurations.iter().zip(&transports) {
        let [looked, pushed, undone, keys] = stage.everything_with(transport).await;
        for one in [looked, pushed, undone] {
            assert_eq!(one, Err(TransportError::HostKeyChanged), "{what}");
        }
        assert_eq!(keys, Ok(()), "the new key can be seen: {what}");
    }
    assert_eq!(
        stage.site.ground.ssh_logins().unwrap(),
        before,
        "nobody signed in"
    );
    assert_eq!(stage.seen(), "", "nothing ran there");
    assert!(!stage.touched.exists(), "nothing ran here");
}

/// The control: without ours in front, ssh does give the agent away and run what it is told to.
#[tokio::test]
async fn the_same_configurations_do_harm_where_ours_is_not_in_front() {
    let stage = Stage::set().await;
    let configurations = configurations(&stage.site, &stage.agent.socket, &stage.touched);
    let ssh = stage.site.ground.ssh();
    let (mut gave, mut ran) = (0, 0);
    for (number, (_, text)) in configurations.iter().enumerate() {
        let config = stage.site.folder.path().join(format!("bare-{number}"));
        let known = stage.site.ground.known_hosts();
        std::fs::write(
            &config,
            format!(
                "{text}\nMatch all\nUserKnownHostsFile {}\n",
                known.display()
            ),
        )
        .unwrap();
        let mut bare = Command::new("ssh");
        bare.arg("-F")
            .arg(&config)
            .arg("-i")
            .arg(&ssh.identity_file);
        bare.args(["-o", "BatchMode=yes", "-o", "ControlPath=none"]);
        bare.arg("-p").arg(ssh.port.to_string());
        bare.arg(format!("{}@{}", ssh.user, ssh.host)).arg("env");
        bare.stdin(Stdio::null()).kill_on_drop(true);
        let run = tokio::time::timeout(std::time::Duration::from_secs(5), bare.output()).await;
        let said = run.map(|done| done.unwrap().stdout).unwrap_or_default();
        gave += usize::from(String::from_utf8_lossy(&said).contains("SSH_AUTH_SOCK="));
        ran += usize::from(stage.touched.exists());
        let _ = std::fs::remove_file(&stage.touched);
    }
    assert!(
        gave >= 2 && ran >= 3,
        "gave the agent {gave} times, ran something {ran} times"
    );
}
