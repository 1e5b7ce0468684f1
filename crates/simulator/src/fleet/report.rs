//! What a pretend instance says of itself, in the words of the program on a real one.
//!
//! Field names are those that the way over ssh reads; values of private keys never leave but as
//! fingerprints, as a token signed with them, or sealed to a key of the run.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::aead::rand_core::{self, CryptoRng, RngCore};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::keypair::intake::read_private_key;
use patchbay_core::look::{ConnectorModule, LockSource, ScopedValue};
use patchbay_core::secret::Secret;
use serde_json::{Map, Value, json};

use super::instance::Instance;
use super::undo::Kept;
use crate::token::{TOKEN_LIFE, constant_claims};

/// A look without tokens.
pub(super) fn look(instance: &Instance, key: &FingerprintKey) -> Value {
    let values = values(key, |path| instance.effective(path));
    let locks: Vec<Value> = instance
        .fixed
        .iter()
        .map(|(path, fixed)| {
            let source = match fixed.source {
                LockSource::EnvPhp => "env",
                LockSource::ConfigPhp => "config",
                LockSource::Variable => "variable",
            };
            json!({"path": path.as_str(), "source": source, "name": fixed.name})
        })
        .collect();
    let payments = payments(&instance.payments);
    let notices = instance.notices.iter();
    let notices: Vec<Value> = notices
        .map(|notice| json!({"code": notice.code, "detail": notice.detail}))
        .collect();
    let versions = &instance.versions;
    let cloud = instance.cloud.as_ref();
    json!({
        "clock": instance.clock(),
        "versions": {
            "magento": versions.magento,
            "edition": versions.edition,
            "servicesId": versions.services_id,
            "servicesConnector": versions.services_connector,
            "php": versions.php,
        },
        "connector": match instance.connector {
            ConnectorModule::Enabled => "enabled",
            ConnectorModule::Disabled => "disabled",
            ConnectorModule::Absent => "absent",
        },
        "values": values,
        "locks": locks,
        "pin": {
            "identity": key.exact(instance.identity().as_bytes()).as_str(),
            "server": key.exact(instance.server.as_bytes()).as_str(),
            "baseUrl": instance.base_url,
        },
        "saasPair": instance.saas_pair,
        "gateways": instance.gateways.iter().map(|(p, url)| (p.as_str().to_owned(), json!(url))).collect::<Map<_, _>>(),
        "credentialsType": "Magento_JWT",
        "payments": payments,
        "cloud": cloud.map(|c| json!({"project": c.project, "branch": c.branch, "production": c.production})),
        "tokens": [],
        "notices": notices,
        "flow": instance.flow.map(|flow| json!({
            "sentAt": flow.sent_at.map(|at| at.seconds()),
            "failingSince": flow.failing_since.map(|at| at.seconds()),
        })),
    })
}

/// What an undo would bring back.
pub(super) fn former(kept: &Kept, touched: &[ConfigPath], key: &FingerprintKey, at: i64) -> Value {
    let value = |path: ConfigPath| kept.rows.get(&path).map(|value| value.as_slice());
    let touched: Vec<&str> = touched.iter().map(|path| path.as_str()).collect();
    json!({
        "values": values(key, value),
        "payments": payments(&kept.payments),
        "touched": touched,
        "tokens": tokens(at, value),
    })
}

fn payments(rows: &[ScopedValue]) -> Vec<Value> {
    let row = |row: &ScopedValue| json!({"path": row.path, "scope": row.scope, "scopeId": row.scope_id, "value": row.value});
    rows.iter().map(row).collect()
}

fn values<'a>(
    key: &FingerprintKey,
    value: impl Fn(ConfigPath) -> Option<&'a [u8]>,
) -> Map<String, Value> {
    let seen = |path: ConfigPath| {
        let bytes = value(path)?;
        let text = String::from_utf8_lossy(bytes);
        let private = path.is_private_key();
        let identity = || {
            let read = read_private_key(&Secret::new(bytes.to_vec())).ok()?;
            Some(read.identity.as_str().to_owned())
        };
        Some((
            path.as_str().to_owned(),
            json!({
                "exact": key.exact(bytes).as_str(),
                "plain": (!private).then(|| text.clone()),
                "identity": private.then(identity).flatten(),
                "encrypted": path.purpose().is_some() && looks_encrypted(&text),
            }),
        ))
    };
    ConfigPath::ALL.into_iter().filter_map(seen).collect()
}

/// Whether a value still has the form of stored ciphertext: two numbers and base64.
fn looks_encrypted(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let body = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let mut parts = text.splitn(3, ':');
    let (first, second, rest) = (parts.next(), parts.next(), parts.next());
    first.is_some_and(number)
        && second.is_some_and(number)
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(body))
}

/// Tokens signed at this second with the pairs in effect.
pub(super) fn tokens<'a>(at: i64, value: impl Fn(ConfigPath) -> Option<&'a [u8]>) -> Vec<Value> {
    let signed = |purpose: Purpose| {
        let api_key = value(purpose.api_key_path());
        let private = value(purpose.private_key_path());
        if api_key.is_none() && private.is_none() {
            return None;
        }
        let api_key = String::from_utf8_lossy(api_key.unwrap_or_default()).into_owned();
        let token = private.and_then(|pem| sign(pem, at));
        let error = token.is_none().then_some("Private key signing failed");
        Some(json!({
            "purpose": purpose.as_str(), "apiKey": api_key, "token": token, "error": error,
        }))
    };
    Purpose::ALL.into_iter().filter_map(signed).collect()
}

fn sign(pem: &[u8], at: i64) -> Option<String> {
    let key = EncodingKey::from_rsa_pem(pem).ok()?;
    let mut claims = constant_claims();
    claims.insert("exp".into(), json!(at.saturating_add(TOKEN_LIFE)));
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).ok()
}

/// The private keys in effect, sealed to a key of the run.
pub(super) fn handed_over(instance: &Instance, to: &[u8; 32]) -> Vec<Value> {
    let to = crypto_box::PublicKey::from_bytes(*to);
    let sealed = |purpose: Purpose| {
        let key = instance.effective(purpose.private_key_path())?;
        let mut numbers = Numbers::default();
        let sealed = to.seal(&mut numbers, key).ok()?;
        (!numbers.failed)
            .then(|| json!({"purpose": purpose.as_str(), "sealed": STANDARD.encode(sealed)}))
    };
    Purpose::ALL.into_iter().filter_map(sealed).collect()
}

/// Random numbers for a library that cannot be told that there are none; a failure is remembered
/// and the result thrown away.
#[derive(Default)]
pub(super) struct Numbers {
    failed: bool,
}

impl RngCore for Numbers {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.failed |= rand::fill(dest).is_err();
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Numbers {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{check, make_pair};

    #[test]
    fn the_key_it_holds_signs_and_is_shown_by_fingerprint_only() {
        let pair = make_pair().unwrap();
        let shop = Instance::new("shop", "/srv/shop", "https://shop.example/")
            .with(
                ConfigPath::ProductionApiKey,
                "0123456789abcdef0123456789abcdef",
            )
            .with(ConfigPath::ProductionPrivateKey, pair.private_key.expose());
        let signed = tokens(1_000, |path| shop.effective(path));
        let [token] = &signed[..] else {
            panic!("one pair, one token")
        };
        let text = token["token"].as_str().unwrap();
        assert_eq!(check(text, &pair.public_key, 1_000, 0), Ok(()));

        let said = look(&shop, &FingerprintKey::new([7; 32])).to_string();
        let body: Vec<&str> = pair.private_key.expose().lines().collect();
        assert!(!said.contains("PRIVATE") && !said.contains(body[3]));
    }

    #[test]
    fn what_is_no_key_cannot_sign() {
        let shop = Instance::new("shop", "/srv/shop", "https://shop.example/")
            .with(ConfigPath::SandboxPrivateKey, "0:3:AbCd=");
        let signed = tokens(1_000, |path| shop.effective(path));
        assert_eq!(signed[0]["error"], "Private key signing failed");
        let said = look(&shop, &FingerprintKey::new([7; 32]));
        let value = &said["values"][ConfigPath::SandboxPrivateKey.as_str()];
        assert_eq!(value["encrypted"], true);
        assert!(value["identity"].is_null() && value["plain"].is_null());
    }
}
