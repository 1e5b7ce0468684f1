//! Asking for keys: a code for the owner, and a private half that waits in this keychain.

use super::KeyRequest;
use super::code::RequestCode;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::id::HandOverId;
use crate::patchbay::{Patchbay, no_such};
use crate::ports::keychain::{Asked, KeychainError};
use crate::text;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewRequest<'a> {
    /// The account's label or id; `None` to move everything here.
    pub account: Option<&'a str>,
    /// Which pairs; both where empty.
    pub purposes: Vec<Purpose>,
    /// Who asks, as the owner will see it.
    pub who: &'a str,
}

impl Patchbay {
    /// Makes a request. The private half is in the keychain before anybody sees the code.
    ///
    /// # Errors
    /// No such account, a bad name, keychain and records; on every error nothing is left behind.
    pub async fn request_keys(&self, new: &NewRequest<'_>) -> Result<(KeyRequest, RequestCode)> {
        let account = match new.account {
            Some(label) => Some(self.account_named(label).await?),
            None => None,
        };
        let purposes = match new.purposes.is_empty() {
            true => Purpose::ALL.to_vec(),
            false => new.purposes.clone(),
        };
        let (public, secret) = self.ports.crypto.hand_over_pair()?;
        let request = KeyRequest {
            id: self.new_hand_over_id()?,
            account: account.map(|account| account.id),
            purposes,
            moving: new.account.is_none(),
            who: text::name("the name", new.who)?,
            public,
            item: self.new_item()?,
            created_at: self.ports.clock.now(),
        };
        self.keychain_works(&request.item).await?;
        // The record first: a private half that nothing names could never be removed again.
        self.ports.records.save_key_request(&request).await?;
        let kept = async {
            self.ports.keychain.write(&request.item, &secret.0).await?;
            let back = self
                .ports
                .keychain
                .read(&request.item, Asked::ByUser)
                .await?;
            match back.is_some_and(|back| back.same_as(&secret.0)) {
                true => Ok(()),
                false => Err(Error::from(KeychainError::WrongBytes)),
            }
        };
        if let Err(error) = kept.await {
            if let Err(more) = self.cancel_request(&request.id).await {
                tracing::warn!(%more, "a request that came to nothing stays until it is cancelled");
            }
            return Err(error);
        }
        let code = self.code_of(&request).await?;
        Ok((request, code))
    }

    /// The code of a request that waits.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn code_of(&self, request: &KeyRequest) -> Result<RequestCode> {
        let account = match &request.account {
            Some(id) => Some(self.account_by_id(id).await?),
            None => None,
        };
        let label = account.as_ref().map(|account| account.label.clone());
        Ok(RequestCode {
            public: request.public.clone(),
            purposes: request.purposes.clone(),
            moving: request.moving,
            who: request.who.clone(),
            account: label.unwrap_or_default(),
            mage_id: account.and_then(|account| account.mage_id),
        })
    }

    /// Gives a request up: a file that still comes for it can never be opened.
    ///
    /// # Errors
    /// No such request, keychain and records.
    pub async fn cancel_request(&self, id: &HandOverId) -> Result<()> {
        let request = self.key_request(id).await?;
        self.ports.keychain.forget(&request.item).await?;
        Ok(self.ports.records.remove_key_request(id).await?)
    }

    async fn key_request(&self, id: &HandOverId) -> Result<KeyRequest> {
        let requests = self.key_requests().await?;
        requests
            .into_iter()
            .find(|request| &request.id == id)
            .ok_or_else(|| no_such("request", id.as_str()))
    }
}
