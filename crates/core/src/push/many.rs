//! Several instances at once: bounded, and bounded again for each server (P8).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, StreamExt as _};

use crate::error::Result;
use crate::instance::{Instance, SshWay, Way};
use crate::patchbay::Patchbay;

/// The instances of one server that nobody works on yet, with their places in the answer.
type Queue = Arc<Mutex<VecDeque<(usize, Instance)>>>;

/// How many instances are worked on at once where the settings say nothing.
pub const DEFAULT_AT_ONCE: usize = 8;

/// How many of one server where the settings say nothing.
pub const DEFAULT_PER_HOST: usize = 1;

/// Works on every instance, as many at once as the settings allow, in all and for each server
/// (resolved host name and port). The answers come in the order of the instances.
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
    let per_host = patchbay.parallel_per_host().await?;
    let count = instances.len();
    let hosts = by_host(patchbay, instances, at_once).await;
    // Shared and not borrowed: with a lifetime in it, nobody could tell that the whole may be sent
    // to another thread, and the window could not await it.
    let queues: Vec<Queue> = hosts
        .into_values()
        .map(|queue| Arc::new(Mutex::new(queue)))
        .collect();
    // The first lane of every server goes before the second of any: a server with many instances
    // must not take all the places.
    let lanes = (0..per_host).flat_map(|lane| {
        queues
            .iter()
            .filter(move |queue| lane < waiting(queue).len())
            .cloned()
    });
    let work = &work;
    let lanes: Vec<_> = lanes.collect();
    let mut answers: Vec<(usize, T)> = stream::iter(lanes)
        .map(|queue| async move {
            let mut answers = Vec::new();
            loop {
                // In a statement of its own, so that nothing is locked while an instance is worked on.
                let next = waiting(&queue).pop_front();
                let Some((place, instance)) = next else { break };
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
    debug_assert_eq!(answers.len(), count, "every instance has one answer");
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

fn waiting<T>(queue: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The instances by their servers, each with its place. What belongs to the same target and port
/// is asked for once.
async fn by_host(
    patchbay: &Patchbay,
    instances: Vec<Instance>,
    at_once: usize,
) -> BTreeMap<String, VecDeque<(usize, Instance)>> {
    let mut ways: HashMap<(String, Option<u16>), SshWay> = HashMap::new();
    for instance in &instances {
        if let (Way::Ssh(way), true) = (&instance.way, instances.len() > 1) {
            ways.entry((way.target.clone(), way.port))
                .or_insert_with(|| way.clone());
        }
    }
    let found: HashMap<_, _> = stream::iter(ways)
        .map(|(asked, way)| async move {
            let host = patchbay.ports.transport.host_of(&way).await;
            // One that cannot be told will not be reached either.
            let host = host.unwrap_or_else(|_| way.target.clone());
            (asked, host)
        })
        .buffer_unordered(at_once)
        .collect()
        .await;
    let mut hosts: BTreeMap<String, VecDeque<(usize, Instance)>> = BTreeMap::new();
    for (place, instance) in instances.into_iter().enumerate() {
        let host = match &instance.way {
            Way::Ssh(way) => found.get(&(way.target.clone(), way.port)).cloned(),
            Way::WatchOnly => Some(instance.id.to_string()),
        };
        let queue = hosts.entry(host.unwrap_or_default()).or_default();
        queue.push_back((place, instance));
    }
    hosts
}
