//! `host-key`.

use patchbay_contract::instances::details::{HostKeyList, HostKeyRow};

use super::Desk;
use crate::args::HostKeyCommand;
use crate::exit::{Done, Exit};

pub(super) async fn run(desk: &Desk, command: HostKeyCommand) -> Done {
    match command {
        HostKeyCommand::Show { name } => show(desk, &name).await,
        HostKeyCommand::Trust { name, fingerprint } => trust(desk, &name, &fingerprint).await,
    }
}

async fn show(desk: &Desk, name: &str) -> Done {
    let keys = desk.patchbay.host_keys(name).await?;
    let document = HostKeyList {
        instance: name.trim().to_owned(),
        keys: keys.iter().map(HostKeyRow::from).collect(),
    };
    desk.output.answer(&document, |page| {
        let trust = |key: &HostKeyRow| {
            if key.trusted {
                "trusted"
            } else {
                "not trusted yet"
            }
        };
        let rows: Vec<_> = document
            .keys
            .iter()
            .map(|key| {
                [
                    key.algorithm.clone(),
                    key.fingerprint.clone(),
                    trust(key).to_owned(),
                ]
            })
            .collect();
        page.table(["Algorithm", "Fingerprint", ""], &rows);
        page.line("Compare with what your host publishes, then: patchbayctl host-key trust");
    });
    Ok(Exit::Well)
}

async fn trust(desk: &Desk, name: &str, fingerprint: &str) -> Done {
    let key = desk.patchbay.trust_host_key(name, fingerprint).await?;
    let document = HostKeyList {
        instance: name.trim().to_owned(),
        keys: vec![HostKeyRow::from(&key)],
    };
    desk.output.answer(&document, |page| {
        page.line(format!(
            "The {} key {} is trusted from now on.",
            key.algorithm, key.fingerprint
        ));
    });
    Ok(Exit::Well)
}
