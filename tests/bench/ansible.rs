//! Ansible with the documented commands: installed from PyPI into an environment of its own, its
//! default settings, one playbook, as many forks as instances.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::Fallible;
use crate::contenders::{self, cache_folder, documented_commands, timed};
use crate::yard::{Site, Yard};

/// JSON is YAML. One task per command, as the documentation would be written down; facts are not
/// gathered, which speaks for Ansible.
const PLAYBOOK: &str = r#"[{"hosts": "all", "gather_facts": false, "tasks": [{
    "name": "documented commands", "no_log": true,
    "ansible.builtin.command": {"argv": "{{ item }}", "chdir": "{{ application }}"},
    "loop": "{{ documented }}"
}]}]"#;

/// An installed Ansible.
pub struct Ansible {
    folder: PathBuf,
    /// Its version, as it says.
    pub version: String,
}

impl Ansible {
    /// Installs it, or finds it installed by an earlier run.
    ///
    /// # Errors
    /// A sentence for the table, where it cannot be had.
    pub async fn install() -> Fallible<Self> {
        let folder = cache_folder()?.join("ansible");
        let playbook = folder.join("bin/ansible-playbook");
        if !playbook.is_file() {
            must(Command::new("python3").args(["-m", "venv"]).arg(&folder)).await?;
            let mut pip = Command::new(folder.join("bin/pip"));
            must(pip.args(["install", "--quiet", "ansible-core"])).await?;
        }
        let said = must(Command::new(&playbook).arg("--version")).await?;
        let first = said.lines().next().unwrap_or_default();
        let version = first.replace("ansible-playbook ", "ansible-");
        Ok(Self { folder, version })
    }

    /// All nine values on all `sites`, in parallel.
    pub async fn run(&self, yard: &Yard, sites: &[Site]) -> Fallible<Duration> {
        contenders::reset(sites).await?;
        let inventory = yard
            .bed
            .file("inventory.json", self.inventory(yard, sites).to_string())?;
        let playbook = yard.bed.file("playbook.json", PLAYBOOK)?;
        let mut ansible = Command::new(self.folder.join("bin/ansible-playbook"));
        ansible.args([
            "--inventory",
            &inventory,
            "--forks",
            &sites.len().to_string(),
        ]);
        // Only our own settings, and nothing left in the user's home.
        ansible.env("ANSIBLE_CONFIG", yard.bed.file("ansible.cfg", "")?);
        ansible.env("ANSIBLE_HOME", yard.bed.folder().join("ansible"));
        ansible.env("LC_ALL", "C.UTF-8");
        ansible.arg(playbook);
        let took = timed(ansible, &[]).await?;
        contenders::must_hold(sites, "Ansible").await?;
        Ok(took)
    }

    fn inventory(&self, yard: &Yard, sites: &[Site]) -> serde_json::Value {
        let ssh = yard.bed.ground.ssh_config();
        let hosts: serde_json::Map<_, _> = sites
            .iter()
            .map(|site| (site.name.replace(' ', "-"), self.host(site, &ssh)))
            .collect();
        json!({ "all": { "hosts": hosts } })
    }

    fn host(&self, site: &Site, ssh: &Path) -> serde_json::Value {
        json!({
            "ansible_host": site.instance.ssh.host,
            "ansible_port": site.instance.ssh.port,
            "ansible_ssh_common_args": format!("-F {}", ssh.display()),
            // The far end is this computer; searching it for a Python is not what is measured.
            "ansible_python_interpreter": self.folder.join("bin/python").display().to_string(),
            "application": site.instance.root.display().to_string(),
            "documented": documented_commands(site),
        })
    }
}

async fn must(command: &mut Command) -> Fallible<String> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let name = command.as_std().get_program().display().to_string();
    let output = command
        .output()
        .await
        .map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.lines().last().unwrap_or_default().trim();
    Err(format!("{name} failed: {last}").into())
}
