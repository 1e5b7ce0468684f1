//! Settings that the core needs; the window's own preferences are elsewhere.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::patchbay::Patchbay;
use crate::push::many::{DEFAULT_AT_ONCE, DEFAULT_PER_HOST};
use crate::text;

/// A setting: its key, what it is, and whether a value is fine.
pub struct Setting {
    /// The key on the command line.
    pub key: &'static str,
    /// What it is for and which values it takes.
    pub about: &'static str,
    check: fn(&str) -> bool,
}

/// Every setting.
pub const SETTINGS: [Setting; 8] = [
    Setting {
        key: "production-gateway",
        about: "address of the production gateway: https, or plain http to this computer",
        check: is_gateway,
    },
    Setting {
        key: "sandbox-gateway",
        about: "address of the sandbox gateway: https, or plain http to this computer",
        check: is_gateway,
    },
    Setting {
        key: "portal",
        about: "address of a portal with an API",
        check: is_gateway,
    },
    Setting {
        key: "parallel",
        about: "instances worked on at once, 1 to 64",
        check: |text| number(text, 1, 64),
    },
    Setting {
        key: "parallel-per-host",
        about: "instances of one server worked on at once, 1 to 16",
        check: |text| number(text, 1, 16),
    },
    Setting {
        key: "connect-timeout",
        about: "seconds to wait for a connection, 1 to 120",
        check: |text| number(text, 1, 120),
    },
    Setting {
        key: CLIPBOARD_SECONDS,
        about: "seconds until a copied key is cleared from the clipboard, 10 to 90",
        check: |text| number(text, 10, 90),
    },
    Setting {
        key: "answer-timeout",
        about: "seconds to wait for each answer of an instance, 10 to 60",
        check: |text| number(text, 10, 60),
    },
];

/// The key of how long a copied key stays in the clipboard.
const CLIPBOARD_SECONDS: &str = "clipboard-seconds";

/// The same where nothing was set.
const CLIPBOARD_USUALLY: Duration = Duration::from_secs(20);

fn number(text: &str, least: u32, most: u32) -> bool {
    text.parse::<u32>()
        .is_ok_and(|number| (least..=most).contains(&number))
}

/// Whether an address may be a gateway's: https anywhere, plain http to loopback only, no user
/// information.
pub fn is_gateway(text: &str) -> bool {
    let fine = text.len() <= 300
        && text.chars().all(|c| c.is_ascii_graphic())
        && !text.contains(['@', '\\']);
    let host = |rest: &str| {
        rest.split(['/', '?', '#'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(rest) = text.strip_prefix("https://") {
        return fine && !host(rest).is_empty();
    }
    let Some(rest) = text.strip_prefix("http://") else {
        return false;
    };
    let authority = host(rest);
    let name = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default().to_owned(),
        None => authority.split(':').next().unwrap_or_default().to_owned(),
    };
    fine && (name == "localhost"
        || name == "::1"
        || name
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback()))
}

impl Patchbay {
    /// Every setting that was set.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn settings(&self) -> Result<Vec<(String, String)>> {
        let set = self.ports.records.settings().await?;
        Ok(set
            .into_iter()
            .filter(|(key, _)| SETTINGS.iter().any(|s| s.key == key))
            .collect())
    }

    /// How long a copied private key stays in the clipboard (R4): 10 to 90 seconds, 20 usually.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn clipboard_time(&self) -> Result<Duration> {
        let set = self.ports.records.setting(CLIPBOARD_SECONDS).await?;
        // Checked when it was set; one that does not fit any more leaves the usual time.
        let fine = set.filter(|text| number(text, 10, 90));
        let seconds = fine.and_then(|text| text.parse().ok());
        Ok(seconds.map_or(CLIPBOARD_USUALLY, Duration::from_secs))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// An unknown key, a value that does not fit, or the records.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key);
        let Some(setting) = setting else {
            return Err(Error::NoSuch {
                what: "setting",
                name: text::outside(key, 60),
            });
        };
        if !(setting.check)(value.trim()) {
            return Err(Error::refused(
                "badSetting",
                format!("That value does not fit {key}: {}.", setting.about),
                "Give a value of that form.",
            ));
        }
        Ok(self.ports.records.set_setting(key, value.trim()).await?)
    }

    pub(crate) async fn parallel(&self) -> Result<usize> {
        let set = self.ports.records.setting("parallel").await?;
        Ok(set
            .and_then(|text| text.parse().ok())
            .unwrap_or(DEFAULT_AT_ONCE)
            .clamp(1, 64))
    }

    pub(crate) async fn parallel_per_host(&self) -> Result<usize> {
        let set = self.ports.records.setting("parallel-per-host").await?;
        Ok(set
            .and_then(|text| text.parse().ok())
            .unwrap_or(DEFAULT_PER_HOST)
            .clamp(1, 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for fine in [
            "https://commerce.adobe.io/",
            "http://127.0.0.1:8080",
            "http://[::1]:9/",
            "http://localhost:1",
        ] {
            assert!(is_gateway(fine), "{fine}");
        }
        for bad in [
            "http://commerce.adobe.io/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil/",
            "ftp://x",
            "https://",
            "https://a@b/",
        ] {
            assert!(!is_gateway(bad), "{bad}");
        }
    }
}
