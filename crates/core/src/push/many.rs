//! Several instances at once: bounded, and one at a time for each server.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::stream::{self, StreamExt as _};

use crate::error::Result;
use crate::instance::{Instance, Way};
use crate::patchbay::Patchbay;

/// How many servers are worked on at once where the settings say nothing (P8).
pub const DEFAULT_AT_ONCE: usize = 8;

/// Works on every instance, at most `parallel` servers at once and one instance at a time for each
/// server (resolved host name and port). The answers come in the order of the instances.
pub(crate) async fn at_once<T, F, W>(
    patchbay: &Patchbay,
    instances: Vec<Instance>,
    work: W,
) -> Result<Vec<T>>
where
    F: Future<Output = T>,
    W: Fn(Instance) -> F,
{
    let at_once = patchbay.parallel().await?;
    let count = instances.len();
    let mut hosts: BTreeMap<String, Vec<(usize, Instance)>> = BTreeMap::new();
    let mut found = stream::iter(instances.into_iter().enumerate())
        .map(|(place, instance)| async move {
            let host = match count {
                1 => String::new(),
                _ => host_of(patchbay, &instance).await,
            };
            (host, place, instance)
        })
        .buffered(at_once);
    while let Some((host, place, instance)) = found.next().await {
        hosts.entry(host).or_default().push((place, instance));
    }
    let work = &work;
    let mut answers: Vec<(usize, T)> = stream::iter(hosts.into_values())
        .map(|queue| async move {
            let mut answers = Vec::with_capacity(queue.len());
            for (place, instance) in queue {
                answers.push((place, work(instance).await));
            }
            answers
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .flatten()
        .collect();
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

async fn host_of(patchbay: &Patchbay, instance: &Instance) -> String {
    match &instance.way {
        Way::Ssh(way) => patchbay
            .ports
            .transport
            .host_of(way)
            .await
            .unwrap_or_else(|_| way.target.clone()),
        Way::WatchOnly => instance.id.to_string(),
    }
}
