//! The servers, the instances and what each of them should hold; and how to take it off them again.

use std::path::PathBuf;
use std::time::Duration;

use patchbay_simulator::account::{DataSpaceType, Project};
use patchbay_simulator::world::new_data_space;
use patchbay_tests::bed::Bed;
use patchbay_tests::ground::{
    GroundOptions, Instance, InstanceOptions, PATHS_OF_KEYS, PATHS_OF_SAAS, Setting,
};
use patchbay_tests::relay::Relay;

use crate::Fallible;

/// Everything the contenders run on.
pub struct Yard {
    /// Servers, gateways, keychain and our program.
    pub bed: Bed,
    /// The instances, each at an address of its own.
    pub sites: Vec<Site>,
}

/// One instance with what it should hold.
pub struct Site {
    /// Its name in Patchbay and in the inventory.
    pub name: String,
    /// The instance.
    pub instance: Instance,
    /// The nine values: path and value.
    pub values: Vec<(&'static str, String)>,
    /// The cached config of the instance with nothing configured.
    cache: Vec<u8>,
    /// What every byte to it passes through, where the way is to be longer.
    relay: Option<Relay>,
}

impl Yard {
    /// Starts everything for `count` instances; `patchbayctl` knows none of them yet.
    pub async fn new(count: usize) -> Fallible<Self> {
        let hosts = u8::try_from(count)?;
        let options = GroundOptions {
            hosts,
            ..GroundOptions::default()
        };
        let bed = Bed::start_with(options).await?;
        let project = bed.room_for(count)?;
        let mut sites = Vec::new();
        for number in 1..=count {
            sites.push(Site::new(&bed, &project, number).await?);
        }
        Ok(Self { bed, sites })
    }

    /// Lets `patchbayctl` know keys, instances and assignments.
    pub async fn introduce(&self) -> Fallible<()> {
        self.bed.bring_keys().await?;
        for (nth, site) in self.sites.iter().enumerate() {
            self.bed.add(&site.name, "live", &site.instance).await?;
            self.bed.assign(&site.name, "Production", nth).await?;
        }
        Ok(())
    }

    /// From now on a round trip to every instance takes so much longer, for whoever asks: half of it
    /// there, half of it back.
    pub async fn far_away(&mut self, delay: Duration) -> Fallible<()> {
        let mut known = self.bed.ground.known_hosts_lines();
        for site in &mut self.sites {
            let ssh = &mut site.instance.ssh;
            let server = std::net::SocketAddr::new(ssh.host.parse()?, self.bed.ground.ssh().port);
            let relay = Relay::start(&ssh.host, server, delay / 2).await?;
            let (here, there) = (format!("[{}]:{}", ssh.host, server.port()), relay.address());
            ssh.port = there.port();
            let own = known.lines().find(|line| line.starts_with(&here));
            let key = own.and_then(|line| line.split_once(' '));
            let (_, key) = key.ok_or_else(|| format!("no host key of {here} is known"))?;
            let line = format!("[{}]:{} {key}\n", ssh.host, ssh.port);
            known.push_str(&line);
            site.relay = Some(relay);
        }
        std::fs::write(self.bed.ground.known_hosts(), &known)?;
        let fingerprint = self.bed.ground.host_key_fingerprint().await?;
        for site in &self.sites {
            let port = site.instance.ssh.port.to_string();
            let edit = ["instance", "edit", &site.name, "--port", &port];
            let _ = self.bed.ctl(&edit).await?.expect(0);
            let trust = [
                "host-key",
                "trust",
                &site.name,
                "--fingerprint",
                &fingerprint,
            ];
            let _ = self.bed.ctl(&trust).await?.expect(0);
        }
        Ok(())
    }
}

impl Site {
    async fn new(bed: &Bed, project: &Project, number: usize) -> Fallible<Self> {
        let urls = bed.simulator.urls();
        let options = InstanceOptions {
            base_url: format!("https://shop-{number}.example.test/"),
            settings: vec![
                Setting::plain(
                    "services_connector/production_gateway_url",
                    &urls.production,
                ),
                Setting::plain("services_connector/sandbox_gateway_url", &urls.sandbox),
            ],
            ..InstanceOptions::default()
        };
        let mut instance = bed.ground.instance(options).await?;
        instance.ssh.host = format!("127.0.0.{number}");
        let warm = instance
            .magento(&["config:show", "general/locale/code"])
            .await?;
        if warm.code != Some(0) {
            return Err(format!("the stand-in does not start: {warm:?}").into());
        }
        let cache = std::fs::read(cache_file(&instance))?;
        instance.change(|options| options.cost = true)?;
        let values = values(bed, project, number - 1);
        let name = format!("Shop {number}");
        Ok(Self {
            name,
            instance,
            values,
            cache,
            relay: None,
        })
    }

    /// Takes the nine values off again and puts back the cached config of that state, so that every
    /// contender begins on the same instance: nothing configured, caches warm.
    pub async fn reset(&self) -> Fallible<()> {
        let table = self.instance.table("core_config_data");
        let paths: Vec<String> = self
            .values
            .iter()
            .map(|(path, _)| format!("'{path}'"))
            .collect();
        let statement = format!("DELETE FROM {table} WHERE path IN ({})", paths.join(","));
        self.instance.sql(&statement).await?;
        std::fs::write(cache_file(&self.instance), &self.cache)?;
        Ok(())
    }

    /// Fails unless all nine values are there as they should be.
    pub async fn must_hold_all(&self, by: &str) -> Fallible<()> {
        let rows = self.instance.rows().await?;
        for (path, value) in &self.values {
            let stored = rows
                .iter()
                .find(|row| row.scope == "default" && row.path == *path);
            let stored = stored
                .and_then(|row| row.value.as_deref())
                .unwrap_or_default();
            let plain = if path.ends_with("_key") {
                self.instance.decrypt(stored).unwrap_or_default()
            } else {
                stored.to_owned()
            };
            if plain.trim() != value.trim() {
                return Err(format!("{by} left {path} wrong on {}", self.name).into());
            }
        }
        Ok(())
    }
}

fn cache_file(instance: &Instance) -> PathBuf {
    instance.root.join("var/cache/mage---system")
}

fn values(bed: &Bed, project: &Project, nth: usize) -> Vec<(&'static str, String)> {
    let (production, sandbox) = (&bed.account.production, &bed.account.sandbox);
    let mut spaces = project.data_spaces.iter();
    let space = spaces
        .by_ref()
        .filter(|space| space.kind == DataSpaceType::Production)
        .nth(nth)
        .cloned();
    let space = space.unwrap_or_else(|| new_data_space("none", DataSpaceType::Production));
    let keys = [
        production.api_key.clone(),
        production.private_key.expose().to_owned(),
        sandbox.api_key.clone(),
        sandbox.private_key.expose().to_owned(),
    ];
    let saas = [
        project.id.clone(),
        project.name.clone(),
        space.id,
        space.name,
        space.kind.word().to_owned(),
    ];
    let keys = PATHS_OF_KEYS.into_iter().zip(keys);
    keys.chain(PATHS_OF_SAAS.into_iter().zip(saas)).collect()
}
