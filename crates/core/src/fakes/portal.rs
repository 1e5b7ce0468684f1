//! A portal in memory that creates key pairs, and what every portal must do.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::crypto::der_of_pem;
use super::gateway::FakeGateway;
use super::trouble::Trouble;
use super::{keys, lock, step_aside};
use crate::config::Purpose;
use crate::id::{ApiKey, MageId};
use crate::ports::portal::{CreatedKey, Portal, PortalError};
use crate::secret::Secret;

/// A key pair that the portal gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// For which gateway.
    pub purpose: Purpose,
    /// What it was to be called.
    pub name: String,
    /// Its public half.
    pub api_key: ApiKey,
}

/// A portal for tests. It gives out the keys of [`keys`] one after the other.
#[derive(Debug)]
pub struct FakePortal {
    url: String,
    sign_in: Secret,
    gateway: Option<(Arc<FakeGateway>, MageId)>,
    created: Mutex<Vec<Created>>,
    /// Tells calls to fail. After [`PortalError::AnswerLost`] the key exists at the portal.
    pub trouble: Trouble<PortalError>,
}

impl FakePortal {
    /// A portal at this address that takes this sign-in.
    pub fn new(url: &str, sign_in: &str) -> Self {
        Self {
            url: url.to_owned(),
            sign_in: Secret::new(sign_in.as_bytes().to_vec()),
            gateway: None,
            created: Mutex::default(),
            trouble: Trouble::default(),
        }
    }

    /// Lets the gateways know at once what is created here, as Adobe's do.
    #[must_use]
    pub fn known_to(mut self, gateway: Arc<FakeGateway>, account: MageId) -> Self {
        self.gateway = Some((gateway, account));
        self
    }

    /// What exists at the portal, in order.
    pub fn created(&self) -> Vec<Created> {
        lock(&self.created).clone()
    }
}

#[async_trait]
impl Portal for FakePortal {
    async fn create_key(
        &self,
        portal: &str,
        sign_in: &Secret,
        purpose: Purpose,
        name: &str,
    ) -> Result<CreatedKey, PortalError> {
        step_aside().await;
        let trouble = self.trouble.check();
        if let Err(error @ (PortalError::NotReached { .. } | PortalError::Refused { .. })) = trouble
        {
            return Err(error);
        }
        if portal.trim_end_matches('/') != self.url.trim_end_matches('/') {
            let detail = "nobody answers there".to_owned();
            return Err(PortalError::NotReached { detail });
        }
        if !sign_in.same_as(&self.sign_in) {
            let detail = "sign in first".to_owned();
            return Err(PortalError::Refused { detail });
        }
        let mut created = lock(&self.created);
        let text = format!("{:032x}", 0xc0ffee + created.len());
        let api_key = ApiKey::parse(&text).map_err(|error| PortalError::Refused {
            detail: error.to_string(),
        })?;
        let private_key = keys::pem(created.len());
        if let (Some((gateway, account)), Some(der)) =
            (&self.gateway, der_of_pem(private_key.expose()))
        {
            gateway.register(account, purpose, &api_key, &der);
        }
        created.push(Created {
            purpose,
            name: name.to_owned(),
            api_key: api_key.clone(),
        });
        trouble?;
        Ok(CreatedKey {
            api_key,
            private_key,
        })
    }
}

/// What every portal must do, whichever one it is: `url` is a portal that takes `sign_in`,
/// `nowhere` an address where nobody answers.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn portal_contract(
    portal: &dyn Portal,
    url: &str,
    nowhere: &str,
    sign_in: &Secret,
) -> Result<(), PortalError> {
    let one = portal
        .create_key(url, sign_in, Purpose::Sandbox, "One")
        .await?;
    let two = portal
        .create_key(url, sign_in, Purpose::Production, "Two")
        .await?;
    assert_ne!(
        one.api_key, two.api_key,
        "every key pair has an API key of its own"
    );
    assert!(
        !one.private_key.same_as(&two.private_key),
        "and a private key of its own"
    );
    for created in [&one, &two] {
        let text = String::from_utf8_lossy(created.private_key.expose());
        assert!(text.contains("-----BEGIN"), "the private key comes as PEM");
    }

    let wrong = Secret::new(b"not the sign-in".to_vec());
    let refused = portal
        .create_key(url, &wrong, Purpose::Sandbox, "Three")
        .await;
    assert!(
        matches!(refused, Err(PortalError::Refused { .. })),
        "a wrong sign-in is refused"
    );
    let lost = portal
        .create_key(nowhere, sign_in, Purpose::Sandbox, "Four")
        .await;
    assert!(
        matches!(lost, Err(PortalError::NotReached { .. })),
        "where nobody answers, nothing was created and that is said"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let portal = FakePortal::new("https://portal.test/", "let me in");
        let sign_in = Secret::new(b"let me in".to_vec());
        portal_contract(
            &portal,
            "https://portal.test",
            "https://nowhere.test",
            &sign_in,
        )
        .await
        .unwrap();
        assert_eq!(portal.created().len(), 2);
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_a_key_at_the_portal() {
        let portal = FakePortal::new("https://portal.test", "let me in");
        let sign_in = Secret::new(b"let me in".to_vec());
        portal.trouble.once_after(
            0,
            PortalError::AnswerLost {
                detail: "cut".into(),
            },
        );
        let lost = portal
            .create_key("https://portal.test", &sign_in, Purpose::Sandbox, "One")
            .await;
        assert!(matches!(lost, Err(PortalError::AnswerLost { .. })));
        assert_eq!(portal.created().len(), 1);
    }
}
