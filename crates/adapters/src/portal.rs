//! A portal with an API that creates key pairs, over HTTP.
//!
//! Today only the simulator offers one; its form is docs/facts.md, Simulator's portal API. The
//! private key exists nowhere else once the portal has answered, so it is told apart with care
//! whether nothing was created, or something may have been. Not here: reading the key (the intake
//! of the core) and Adobe's own portal, which has no API.

use async_trait::async_trait;
use patchbay_core::config::Purpose;
use patchbay_core::id::ApiKey;
use patchbay_core::ports::portal::{CreatedKey, Portal, PortalError};
use patchbay_core::secret::Secret;
use patchbay_core::text::outside;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::http::{self, Answer, Base, DETAIL_MAX, Patience, ProxyAddress, Trouble};

/// Asks portals for key pairs.
#[derive(Clone, Debug, Default)]
pub struct HttpPortal {
    patience: Patience,
    proxy: Option<ProxyAddress>,
}

impl HttpPortal {
    /// Prepares nothing yet: every key is asked for over a connection of its own, so that "the
    /// connection never stood" is always known for certain.
    pub fn new(patience: Patience, proxy: Option<ProxyAddress>) -> Self {
        Self { patience, proxy }
    }

    fn request(
        &self,
        portal: &str,
        sign_in: &Secret,
        purpose: Purpose,
        name: &str,
    ) -> Result<RequestBuilder, PortalError> {
        let base = Base::parse("the portal", portal).map_err(not_reached)?;
        let client = http::client(self.patience, self.proxy.as_ref(), base.is_plain())
            .map_err(not_reached)?;
        let bearer = Zeroizing::new([b"Bearer ", sign_in.expose()].concat());
        let mut bearer = HeaderValue::from_bytes(&bearer)
            .map_err(|_| not_reached("the sign-in holds characters that no sign-in has"))?;
        bearer.set_sensitive(true);
        Ok(client
            .post(base.below(&["portal", "api", "keys"]))
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(json!({"for": purpose.as_str(), "name": name}).to_string()))
    }
}

#[async_trait]
impl Portal for HttpPortal {
    async fn create_key(
        &self,
        portal: &str,
        sign_in: &Secret,
        purpose: Purpose,
        name: &str,
    ) -> Result<CreatedKey, PortalError> {
        let request = self.request(portal, sign_in, purpose, name)?;
        match http::ask(request).await {
            Ok(answer) => read(&answer, purpose),
            Err(trouble) => Err(failed(trouble)),
        }
    }
}

fn not_reached(detail: impl ToString) -> PortalError {
    PortalError::NotReached {
        detail: detail.to_string(),
    }
}

fn lost(detail: impl Into<String>) -> PortalError {
    PortalError::AnswerLost {
        detail: detail.into(),
    }
}

fn failed(trouble: Trouble) -> PortalError {
    match trouble {
        Trouble::NotReached(detail) => PortalError::NotReached { detail },
        Trouble::TimedOut => lost("no complete answer in time"),
        Trouble::BrokeOff(detail) => lost(format!("the connection broke off: {detail}")),
        Trouble::Garbage => lost("something that is not HTTP"),
        Trouble::TooLarge => lost("an answer of more than 1 MiB"),
        // "See other" is how something that was done is answered; the others mean it was not.
        Trouble::Redirect(303) => lost("a redirect (HTTP status 303), not followed"),
        Trouble::Redirect(status) => PortalError::Refused {
            detail: format!(
                "it sends callers elsewhere (HTTP status {status}); enter its own address"
            ),
        },
    }
}

/// The portal's answer to a successful request, as far as it is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    #[serde(rename = "for")]
    purpose: String,
    api_key: String,
    #[serde(deserialize_with = "overwritten")]
    private_key: Zeroizing<String>,
}

fn overwritten<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

fn read(answer: &Answer, purpose: Purpose) -> Result<CreatedKey, PortalError> {
    match answer.status {
        200..300 => {}
        400..500 => return Err(refused(answer)),
        status => return Err(lost(format!("HTTP status {status}"))),
    }
    // The library's error could quote what it read, so it is not shown.
    let mut created: Created = serde_json::from_slice(&answer.body)
        .map_err(|_| lost("its answer does not describe a key pair"))?;
    if created.purpose != purpose.as_str() {
        return Err(lost("it describes a key pair for the other gateway"));
    }
    let api_key =
        ApiKey::parse(&created.api_key).map_err(|_| lost("its answer holds no usable API key"))?;
    if created.private_key.trim().is_empty() {
        return Err(lost("its answer holds no private key"));
    }
    let private_key = Secret::new(std::mem::take(&mut *created.private_key).into_bytes());
    Ok(CreatedKey {
        api_key,
        private_key,
    })
}

fn refused(answer: &Answer) -> PortalError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = [&body["error"]["message"], &body["message"], &body["error"]]
        .into_iter()
        .find_map(Value::as_str)
        .map(|text| outside(text, DETAIL_MAX))
        .filter(|text| !text.is_empty());
    PortalError::Refused {
        detail: text.unwrap_or_else(|| format!("HTTP status {}", answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &[u8]) -> Answer {
        Answer {
            status,
            body: Zeroizing::new(body.to_vec()),
            clock_ahead: None,
        }
    }

    fn good() -> Value {
        json!({"id": "k1", "name": "Live", "for": "production", "createdAt": "2026-01-01T00:00:00Z",
               "apiKey": "0123456789abcdef0123456789abcdef", "privateKey": "-----BEGIN\nabc\n"})
    }

    #[test]
    fn the_key_comes_out_as_it_was_given() {
        let answer = answer(201, good().to_string().as_bytes());
        let created = read(&answer, Purpose::Production).unwrap();
        assert_eq!(created.api_key.as_str(), "0123456789abcdef0123456789abcdef");
        assert_eq!(created.private_key.expose(), b"-----BEGIN\nabc\n");
    }

    #[test]
    fn an_answer_that_cannot_be_used_may_have_left_a_key_behind() {
        let mut without = good();
        without["privateKey"] = json!("");
        let mut shapeless = good();
        shapeless["apiKey"] = json!("<b>");
        for (status, text) in [
            (201, without.to_string()),
            (201, shapeless.to_string()),
            (201, good().to_string().replace("production", "sandbox")),
            (201, "<html>".to_owned()),
            (201, String::new()),
            (500, good().to_string()),
            (503, "busy".to_owned()),
        ] {
            let told = read(&answer(status, text.as_bytes()), Purpose::Production);
            assert!(
                matches!(told, Err(PortalError::AnswerLost { .. })),
                "{status} {text}"
            );
        }
    }

    #[test]
    fn a_refusal_says_why() {
        for (text, expected) in [
            (
                r#"{"error":{"code":"x","message":"Only the owner\u001b may"}}"#,
                "Only the owner may",
            ),
            (r#"{"message":"Sign in first"}"#, "Sign in first"),
            (r#"{"error":"no"}"#, "no"),
            ("<html>", "HTTP status 403"),
        ] {
            assert_eq!(
                read(&answer(403, text.as_bytes()), Purpose::Sandbox).unwrap_err(),
                PortalError::Refused {
                    detail: expected.to_owned()
                }
            );
        }
    }

    #[test]
    fn what_cannot_be_sent_was_not_sent() {
        let portal = HttpPortal::default();
        for (url, sign_in) in [
            ("http://portal.example/", &b"token"[..]),
            ("nonsense", b"token"),
            ("http://127.0.0.1:1/", b"to\nken"),
        ] {
            let error = portal
                .request(url, &Secret::new(sign_in.to_vec()), Purpose::Sandbox, "n")
                .unwrap_err();
            assert!(matches!(error, PortalError::NotReached { .. }), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(status in 100_u16..600, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&answer(status, &bytes), Purpose::Sandbox).is_err());
        }
    }
}
