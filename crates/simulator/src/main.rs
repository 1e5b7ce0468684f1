//! `patchbay-simulator`: the pretended Adobe side as a program of its own.
//!
//! It prints one line of JSON when it is ready and stops on SIGTERM, on Ctrl-C, or, if asked
//! to, when its standard input ends. Everything it does is in the library.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use patchbay_simulator::{Config, Scenario, Simulator, World};
use serde_json::json;

const USAGE: &str = "Usage: patchbay-simulator [OPTIONS]

Plays Adobe's gateways, merchant registry and API Portal on loopback.

  --bind ADDRESS           127.0.0.1 (default) or ::1
  --production-port PORT   default: a free one; so for the other two
  --sandbox-port PORT
  --portal-port PORT
  --scenario NAME          start in a named situation; its keys are at /control/scenario
  --state FILE             start with the accounts of a JSON file (as /control/state gives it)
  --stop-on-stdin-close    stop when standard input ends
  --help
";

/// The largest state file that is read, in bytes.
const MAX_STATE: u64 = 16 * 1024 * 1024;

#[derive(Debug, Default)]
struct Orders {
    config: Config,
    scenario: Option<Scenario>,
    stop_on_stdin_close: bool,
    help: bool,
}

fn main() -> ExitCode {
    match orders(std::env::args().skip(1)).and_then(|orders| run(&orders)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "patchbay-simulator: {message}");
            ExitCode::from(2)
        }
    }
}

fn orders(mut words: impl Iterator<Item = String>) -> Result<Orders, String> {
    let mut orders = Orders::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--bind" => orders.config.ip = parsed(&value()?, "an address")?,
            "--production-port" => orders.config.production_port = parsed(&value()?, "a port")?,
            "--sandbox-port" => orders.config.sandbox_port = parsed(&value()?, "a port")?,
            "--portal-port" => orders.config.portal_port = parsed(&value()?, "a port")?,
            "--scenario" => orders.scenario = Some(parsed(&value()?, "the name of a scenario")?),
            "--state" => orders.config.world = state(&value()?)?,
            "--stop-on-stdin-close" => orders.stop_on_stdin_close = true,
            "--help" => orders.help = true,
            _ => return Err("an option is not known; --help lists them".into()),
        }
    }
    Ok(orders)
}

fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("'{}' is not {what}", text.escape_debug()))
}

fn state(path: &str) -> Result<World, String> {
    let unreadable = |error: std::io::Error| format!("the state file could not be read: {error}");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(MAX_STATE)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    World::from_json(&text).map_err(|why| format!("the state file is {why}"))
}

fn run(orders: &Orders) -> Result<(), String> {
    let mut out = std::io::stdout();
    if orders.help {
        return out
            .write_all(USAGE.as_bytes())
            .map_err(|error| error.to_string());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let simulator = Simulator::start(orders.config.clone()).map_err(|error| error.to_string())?;
    if let Some(scenario) = orders.scenario {
        simulator
            .play(scenario)
            .map_err(|error| error.to_string())?;
    }
    // The signals are taken over before "ready" is said, so that none is missed after it.
    let ending = runtime.block_on(async { ending(orders.stop_on_stdin_close) })?;
    let ready =
        json!({"ready": true, "urls": simulator.urls(), "controlToken": simulator.control_token()});
    writeln!(out, "{ready}")
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    runtime.block_on(ending);
    drop(simulator);
    // A thread may still sit in a read of standard input; it must not hold the process.
    runtime.shutdown_background();
    Ok(())
}

fn ending(stdin_too: bool) -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    let terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
        async move {
            terminate.recv().await;
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    Ok(async move {
        tokio::select! {
            () = terminate => {}
            _ = tokio::signal::ctrl_c() => {}
            () = stdin_end(), if stdin_too => {}
        }
    })
}

async fn stdin_end() {
    let (end, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut sink = [0; 4096];
        let mut stdin = std::io::stdin();
        while stdin.read(&mut sink).is_ok_and(|read| read > 0) {}
        let _ = end.send(());
    });
    let _ = ended.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Orders, String> {
        orders(words.iter().map(|&word| word.to_owned()))
    }

    #[test]
    fn options_are_read() {
        let orders = read(&[
            "--bind",
            "::1",
            "--portal-port",
            "81",
            "--scenario",
            "all-well",
        ])
        .unwrap();
        assert_eq!(orders.config.ip.to_string(), "::1");
        assert_eq!(orders.config.portal_port, 81);
        assert_eq!(orders.scenario, Some(Scenario::AllWell));
        assert!(!orders.stop_on_stdin_close);
    }

    #[test]
    fn mistakes_are_named() {
        for (words, part) in [
            (&["--bind"][..], "needs a value"),
            (&["--bind", "localhost"], "not an address"),
            (&["--portal-port", "65536"], "not a port"),
            (&["--scenario", "nonsense"], "not the name of a scenario"),
            (&["--state", "/does/not/exist"], "could not be read"),
            (&["--secret"], "not known"),
        ] {
            let message = read(words).unwrap_err();
            assert!(message.contains(part), "{words:?}: {message}");
        }
    }
}
