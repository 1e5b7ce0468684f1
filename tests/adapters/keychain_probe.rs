//! A program that uses the keychain as told on its standard input, one line in, one line out.
//!
//! A keychain belongs to the bus that a process finds in its environment, so tests of one run it
//! in a process of its own. It also plays what a test needs beside a keychain: a prompter that
//! never asks anybody, and a service that offers no encryption.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_adapters::keychain::{KeychainPatience, OsKeychain};
use patchbay_core::fakes::keychain::keychain_contract;
use patchbay_core::id::{KeychainItem, hex, unhex};
use patchbay_core::ports::keychain::{Asked, Keychain, KeychainError};
use patchbay_core::secret::Secret;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments[0].as_str() {
        "mute-prompter" => play("org.gnome.keyring.SystemPrompter", false),
        "plain-service" => play("org.freedesktop.secrets", true),
        by_user => {
            let millis = |text: &str| Duration::from_millis(text.parse().unwrap());
            obey(KeychainPatience {
                by_user: millis(by_user),
                by_nobody: millis(&arguments[1]),
            });
        }
    }
}

/// Takes commands until there are no more.
fn obey(patience: KeychainPatience) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let keychain = OsKeychain::new("Patchbay", patience);
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let begun = Instant::now();
        let said = runtime.block_on(answer(&keychain, patience, &words));
        println!("{said} {}", begun.elapsed().as_millis());
        std::io::stdout().flush().unwrap();
    }
    // A question may be open still; nobody waits for it.
    runtime.shutdown_background();
}

async fn answer(keychain: &OsKeychain, patience: KeychainPatience, words: &[&str]) -> String {
    let item = |at: usize| KeychainItem::parse(words[at]).unwrap();
    let done = match words[0] {
        "contract" => keychain_contract(keychain, &item(1), &item(2))
            .await
            .map(|()| "kept".to_owned()),
        "read" => {
            let asked = match words[2] {
                "user" => Asked::ByUser,
                _ => Asked::ByNobody,
            };
            let found = keychain.read(&item(1), asked).await;
            found.map(|found| found.map_or("none".to_owned(), |found| hex(found.expose())))
        }
        "write" => keychain
            .write(&item(1), &Secret::new(unhex(words[2]).unwrap()))
            .await
            .map(|()| "written".to_owned()),
        "forget" => keychain.forget(&item(1)).await.map(|()| "gone".to_owned()),
        "take" => keychain.take(&item(1)).await.map(|taken| taken.to_string()),
        "race" => Ok(race(patience, &item(1), words[2], words[3]).await),
        other => panic!("no such command: {other}"),
    };
    done.unwrap_or_else(|error| error_word(&error).to_owned())
}

/// Many takers at once, each keychain over a connection of its own; says how many were told that
/// they took the item, and how many failed.
async fn race(
    patience: KeychainPatience,
    item: &KeychainItem,
    keychains: &str,
    calls: &str,
) -> String {
    let (keychains, calls): (usize, usize) = (keychains.parse().unwrap(), calls.parse().unwrap());
    let barrier = Arc::new(tokio::sync::Barrier::new(keychains));
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..keychains {
        let keychain = Arc::new(OsKeychain::new("Patchbay", patience));
        let (item, barrier) = (item.clone(), barrier.clone());
        takers.spawn(async move {
            // Open first, so that the race is about the item.
            keychain.read(&item, Asked::ByUser).await.unwrap();
            barrier.wait().await;
            let mut calls_: tokio::task::JoinSet<_> = (0..calls)
                .map(|_| {
                    let (keychain, item) = (keychain.clone(), item.clone());
                    async move { keychain.take(&item).await }
                })
                .collect();
            let mut told = Vec::new();
            while let Some(taken) = calls_.join_next().await {
                told.push(taken.unwrap());
            }
            told
        });
    }
    let told = takers.join_all().await.concat();
    let winners = told.iter().filter(|taken| **taken == Ok(true)).count();
    let failures = told.iter().filter(|taken| taken.is_err()).count();
    format!("{winners}/{failures}/{}", told.len())
}

fn error_word(error: &KeychainError) -> &'static str {
    match error {
        KeychainError::Missing { hint } if hint.contains("gnome-keyring") => "MissingService",
        KeychainError::Missing { hint } if hint.contains("dbus-run-session") => "MissingBus",
        KeychainError::Missing { hint } if hint.contains("default keyring") => "MissingCollection",
        KeychainError::Missing { .. } => "Missing",
        KeychainError::Locked => "Locked",
        KeychainError::Denied => "Denied",
        KeychainError::Slow => "Slow",
        KeychainError::NotEncrypted => "NotEncrypted",
        KeychainError::WrongBytes => "WrongBytes",
        KeychainError::Failed { detail } => {
            eprintln!("failed: {detail}");
            "Failed"
        }
    }
}

/// Takes a name on the bus, says so, and stays until its standard input ends.
fn play(name: &'static str, with_service: bool) {
    let mut builder = zbus::blocking::connection::Builder::session().unwrap();
    if with_service {
        builder = builder
            .serve_at("/org/freedesktop/secrets", PlainService)
            .unwrap();
    }
    // Without an object to serve, zbus answers no call at all: the prompter stays mute.
    let _bus = builder.name(name).unwrap().build().unwrap();
    println!("playing 0");
    std::io::stdout().flush().unwrap();
    for line in std::io::stdin().lock().lines() {
        line.unwrap();
    }
}

/// A Secret Service that knows no encryption.
struct PlainService;

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl PlainService {
    fn open_session(
        &self,
        algorithm: &str,
        _input: OwnedValue,
    ) -> zbus::fdo::Result<(OwnedValue, OwnedObjectPath)> {
        if algorithm != "plain" {
            let text = "only plain sessions here".to_owned();
            return Err(zbus::fdo::Error::NotSupported(text));
        }
        println!("plain 0");
        let session = OwnedObjectPath::try_from("/session").unwrap();
        Ok((Value::from("").try_to_owned().unwrap(), session))
    }

    fn read_alias(&self, _name: &str) -> OwnedObjectPath {
        OwnedObjectPath::default()
    }

    fn search_items(
        &self,
        _attributes: std::collections::HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        (Vec::new(), Vec::new())
    }
}
