//! Hears from systemd-logind that this session is being locked.
//!
//! Two things count, because desktops differ: the signal `Lock`, sent when somebody asks for the
//! session to be locked, and the property `LockedHint` turning true, set by a desktop that locks by
//! itself (docs/facts.md, Session lock). Connected only while a text is lent; without logind, or
//! without a system bus, nothing is heard. On macOS and Windows nothing listens yet.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{MatchRule, Message};

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long one answer may take: a copy waits for it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Listens until it is dropped.
pub(super) struct LockWatch(Connection);

impl LockWatch {
    /// From now on `locked` is called, on a thread of its own, whenever the session is being locked.
    ///
    /// # Errors
    /// There is no system bus, or it does not let anybody listen.
    pub(super) fn begin(locked: impl Fn() + Send + 'static) -> zbus::Result<Self> {
        let bus = Builder::system()?.method_timeout(PATIENCE).build()?;
        let asks = DBusProxy::new(&bus)?;
        for (interface, member) in [(SESSION, "Lock"), (PROPERTIES, "PropertiesChanged")] {
            let rule = MatchRule::builder()
                .msg_type(Type::Signal)
                .sender(LOGIN)?
                .interface(interface)?
                .member(member)?
                .build();
            asks.add_match_rule(rule)?;
        }
        let own = own_session(&bus);
        let heard = MessageIterator::from(&bus);
        thread::Builder::new()
            .name("session-lock".to_owned())
            .spawn(move || {
                for message in heard.map_while(Result::ok) {
                    if is_lock(&message, own.as_ref()) {
                        locked();
                    }
                }
            })
            .map_err(|error| zbus::Error::InputOutput(error.into()))?;
        Ok(Self(bus))
    }
}

impl Drop for LockWatch {
    fn drop(&mut self) {
        // Ends the iteration, and with it the thread.
        if let Err(error) = self.0.clone().close() {
            tracing::debug!(%error, "the system bus was gone already");
        }
    }
}

/// The session this process belongs to; where it belongs to none, as a program of the user's own
/// service manager, every session counts.
fn own_session(bus: &Connection) -> Option<OwnedObjectPath> {
    let ask = |method: &str| -> zbus::Result<OwnedObjectPath> {
        let path = "/org/freedesktop/login1";
        let answer = match std::env::var("XDG_SESSION_ID") {
            Ok(id) if method == "GetSession" => {
                bus.call_method(Some(LOGIN), path, Some(MANAGER), method, &(id,))
            }
            _ => {
                let method = "GetSessionByPID";
                bus.call_method(
                    Some(LOGIN),
                    path,
                    Some(MANAGER),
                    method,
                    &(std::process::id(),),
                )
            }
        }?;
        answer.body().deserialize()
    };
    ask("GetSession").or_else(|_| ask("GetSessionByPID")).ok()
}

fn is_lock(message: &Message, own: Option<&OwnedObjectPath>) -> bool {
    let header = message.header();
    let path = header.path().map(|path| path.as_str());
    if own.is_some_and(|own| path != Some(own.as_str())) {
        return false;
    }
    match (
        header.interface().map(|name| name.as_str()),
        header.member().map(|name| name.as_str()),
    ) {
        (Some(SESSION), Some("Lock")) => true,
        (Some(PROPERTIES), Some("PropertiesChanged")) => {
            let body = message.body();
            let changed = body.deserialize::<(String, HashMap<String, OwnedValue>, Vec<String>)>();
            changed.is_ok_and(|(interface, values, _)| {
                interface == SESSION
                    && values
                        .get("LockedHint")
                        .is_some_and(|value| bool::try_from(value).unwrap_or(false))
            })
        }
        _ => false,
    }
}
