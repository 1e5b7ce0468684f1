//! WebDriver, as far as it is needed: a session, scripts, clicks, keys, the window's size.
//!
//! It speaks to WebKitWebDriver itself. `tauri-driver` would stand between the two and translate one
//! capability; what it sets besides is the variable below, which makes Tauri let itself be driven. Pictures are
//! not taken by it: on some pages WebKitGTK 2.50 never answers when asked for one.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::running::{self, Running};
use crate::{Result, Trouble};

/// Without it Tauri's web view refuses to be driven.
const LETS_ITSELF_BE_DRIVEN: (&str, &str) = ("TAURI_WEBVIEW_AUTOMATION", "true");

/// Under this name the specification hands elements over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element of the page, as the driver knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element(String);

impl Element {
    /// The element in what a script gave back; none where it gave none.
    #[must_use]
    pub fn found(given: &Value) -> Option<Self> {
        Some(Self(given[ELEMENT].as_str()?.to_owned()))
    }

    /// The element as an argument of a script.
    #[must_use]
    pub fn handed_over(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

/// A driven program. Dropping it ends the program and the driver.
#[derive(Debug)]
pub struct Driver {
    port: u16,
    /// Where the session's commands are.
    session: String,
    _driver: Running,
}

impl Driver {
    /// Starts `program` with `arguments` under a driver of its own. `driver` is the command that
    /// starts WebKitWebDriver, in the session that the program is to see.
    ///
    /// # Errors
    /// When the driver or the program does not come up.
    pub fn start(mut driver: Command, program: &str, arguments: &[&str]) -> Result<Self> {
        let (name, value) = LETS_ITSELF_BE_DRIVEN;
        let port = free_port()?;
        driver.env(name, value).arg(format!("--port={port}"));
        let driver = Running::start(&driver)?;
        running::until("the driver listens", || Ok(connected(port).ok()))?;
        let mut this = Self {
            port,
            session: "/session".to_owned(),
            _driver: driver,
        };
        let options = json!({ "binary": program, "args": arguments });
        let wanted = json!({ "alwaysMatch": { "webkitgtk:browserOptions": options } });
        let begun = this.post("", &json!({ "capabilities": wanted }))?;
        let id = begun["sessionId"].as_str();
        let id = id.ok_or_else(|| Trouble::new(format!("the driver began no session: {begun}")))?;
        this.session = format!("/session/{id}");
        Ok(this)
    }

    /// Runs a function body in the page and gives back what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        self.post(
            "/execute/sync",
            &json!({ "script": body, "args": arguments }),
        )
    }

    /// The same for one that answers later, by calling its last argument.
    ///
    /// # Errors
    /// When it throws or never answers.
    pub fn script_later(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        self.post(
            "/execute/async",
            &json!({ "script": body, "args": arguments }),
        )
    }

    /// Clicks with the pointer: what lies above an element gets the click, and that is an error.
    ///
    /// # Errors
    /// When it cannot be clicked.
    pub fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(drop)
    }

    /// Types into an element.
    ///
    /// # Errors
    /// When it cannot be typed into.
    pub fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.post(
            &format!("/element/{}/value", element.0),
            &json!({ "text": text }),
        )
        .map(drop)
    }

    /// Empties a field.
    ///
    /// # Errors
    /// When it is none.
    pub fn clear(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/clear", element.0), &json!({}))
            .map(drop)
    }

    /// Presses keys one after the other and lets each go, wherever the focus is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn press(&self, keys: &str) -> Result<()> {
        let strokes = keys.chars().flat_map(|key| {
            [
                json!({ "type": "keyDown", "value": key }),
                json!({ "type": "keyUp", "value": key }),
            ]
        });
        let strokes: Vec<Value> = strokes.collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", &json!({ "actions": [source] }))
            .map(drop)
    }

    /// Makes the window this large, in pixels, its frame included.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.post("/window/rect", &json!({ "width": width, "height": height }))
            .map(drop)
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value> {
        self.request("POST", command, &body.to_string(), running::PATIENCE)
    }

    /// One request on a connection of its own; the value of the answer, or its error's words.
    fn request(
        &self,
        method: &str,
        command: &str,
        body: &str,
        patience: Duration,
    ) -> Result<Value> {
        let mut stream = connected(self.port)?;
        stream.set_read_timeout(Some(patience))?;
        write!(
            stream,
            "{method} {}{command} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.session,
            self.port,
            body.len()
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(|error| {
            Trouble::new(format!(
                "no answer to {method} {command} {body:.200}: {error}"
            ))
        })?;
        let text = String::from_utf8_lossy(&answer);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let mut answer: Value = serde_json::from_str(body)
            .map_err(|error| Trouble::new(format!("the driver's answer: {error}: {text}")))?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(Trouble::new(format!(
                "{error}: {}",
                value["message"].as_str().unwrap_or_default()
            ))),
            None => Ok(value),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The program may have ended by itself; the driver's whole group is ended in any case.
        let _ = self.request("DELETE", "", "", Duration::from_secs(5));
    }
}

fn connected(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
}

/// A port that was free a moment ago; whoever takes it meanwhile makes the start fail, loudly.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
