//! A program that lends the clipboard texts as told on its standard input, one line in, one line out.
//!
//! A clipboard belongs to the desktop that a process finds in its environment, so tests of one run
//! it in a process of its own. When the system asks it to end it clears what it lent and goes.

use std::io::{BufRead, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use patchbay_adapters::clipboard::lending::LentClipboard;
use patchbay_adapters::clipboard::managers;
use patchbay_adapters::ending::asked_to_end;
use patchbay_core::fakes::outlet_contract;
use patchbay_core::ports::outlet::Outlet;
use patchbay_core::secret::Secret;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clipboard = LentClipboard::default();
    let clearing = clipboard.clone();
    let ending = runtime.block_on(async { asked_to_end() }).unwrap();
    runtime.spawn(async move {
        ending.await;
        let begun = Instant::now();
        clearing.clear_now();
        println!("{}", begun.elapsed().as_millis());
        std::process::exit(0);
    });
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (what, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let said = match what {
            "copy" => {
                let (millis, text) = rest.split_once(' ').unwrap();
                let outlet = clipboard.outlet(Duration::from_millis(millis.parse().unwrap()));
                let text = Secret::new(text.as_bytes().to_vec());
                let done = runtime.block_on(async {
                    outlet.ready().await?;
                    outlet.put(&text).await
                });
                done.map_or_else(|error| error.to_string(), |()| "copied".to_owned())
            }
            "contract" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let look = async || {
                    let seen = Command::new(words[0]).args(&words[1..]).output().unwrap();
                    seen.status.success().then_some(seen.stdout)
                };
                let outlet = clipboard.outlet(Duration::from_secs(30));
                runtime.block_on(outlet_contract(&outlet, look)).unwrap();
                clipboard.clear_now();
                "kept".to_owned()
            }
            "clear" => {
                clipboard.clear_now();
                "cleared".to_owned()
            }
            "stays" => format!("{}", clipboard.stays().is_some()),
            "managers" => managers::running().join(","),
            other => panic!("no such command: {other}"),
        };
        println!("{said}");
        std::io::stdout().flush().unwrap();
    }
}
