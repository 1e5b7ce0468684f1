//! Asking the registry: projects and data spaces of an account, and creating a project (G13).

use super::DataSpace;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::id::{DataSpaceId, ProjectId};
use crate::keypair::KeyPair;
use crate::keypair::keeping::Verification;
use crate::patchbay::Patchbay;
use crate::ports::gateway::{Bearer, GatewayError};
use crate::text;

/// Names of services; a project must not be called like one (docs/facts.md, limits).
const SERVICE_NAMES: [&str; 8] = [
    "product recommendations",
    "live search",
    "catalog service",
    "data connection",
    "payment services",
    "commerce services",
    "site-wide analysis tool",
    "channel manager",
];

impl Patchbay {
    /// Every data space an account may see, asked with one of its pairs that is here.
    ///
    /// # Errors
    /// No such account, no usable pair, keychain, gateway.
    pub async fn data_spaces(&self, account: &str) -> Result<(Account, Vec<DataSpace>)> {
        let account = self.account_named(account).await?;
        let pairs = self.pairs_to_ask_with(&account).await?;
        let mut trouble = None;
        for pair in &pairs {
            match self.spaces_of(pair).await {
                Ok(answer) => {
                    self.learn_account(&account.id, &answer.value).await?;
                    return Ok((self.account_by_id(&account.id).await?, answer.value));
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        Err(trouble.unwrap_or_else(|| no_pair(&account)))
    }

    /// Creates a project with its standard data spaces (G13). `again` is needed where the account
    /// has one already.
    ///
    /// # Errors
    /// A name of a service, a project there already, and everything of [`Patchbay::data_spaces`].
    pub async fn create_project(
        &self,
        account: &str,
        name: &str,
        again: bool,
    ) -> Result<Vec<DataSpace>> {
        let name = text::name("the project name", name)?;
        if SERVICE_NAMES.contains(&name.to_lowercase().as_str()) {
            return Err(Error::refused(
                "projectNameIsService",
                format!("\"{name}\" is the name of a service; a project is named after the shop."),
                "Choose another name.",
            ));
        }
        let (account, spaces) = self.data_spaces(account).await?;
        if let (Some(space), false) = (spaces.first(), again) {
            let mage_id = account
                .mage_id
                .as_ref()
                .map_or("this account", |id| id.as_str());
            return Err(Error::refused(
                "projectExists",
                format!(
                    "{mage_id} has a project already: \"{}\".",
                    space.project_name
                ),
                "Use it, or ask for another one explicitly where your licence covers several.",
            ));
        }
        let pairs = self.pairs_to_ask_with(&account).await?;
        let pair = pairs.first().ok_or_else(|| no_pair(&account))?;
        let (api_key, token) = self.own_token(pair).await?;
        let bearer = Bearer {
            api_key: &api_key,
            token: &token,
        };
        let created = self
            .ports
            .gateway
            .create_project(pair.purpose, &bearer, &name)
            .await?
            .value;
        self.learn_account(&account.id, &created).await?;
        Ok(created)
    }

    /// One data space as the registry has it now, asked with the first of these pairs that sees it. A
    /// pair that Adobe takes for the other purpose is refused (G5), whatever the others see.
    pub(crate) async fn fresh_space(
        &self,
        pairs: &[&KeyPair],
        project: &ProjectId,
        id: &DataSpaceId,
    ) -> Result<DataSpace> {
        let mut trouble: Option<Error> = None;
        for pair in pairs {
            let (api_key, token) = self.own_token(pair).await?;
            let bearer = Bearer {
                api_key: &api_key,
                token: &token,
            };
            match self
                .ports
                .gateway
                .data_space(pair.purpose, &bearer, id)
                .await
            {
                Ok(answer) if &answer.value.project_id == project => return Ok(answer.value),
                Ok(answer) => {
                    return Err(Error::refused(
                        "notInProject",
                        format!(
                            "The data space {id} is not in project {project} but in {}.",
                            answer.value.project_id
                        ),
                        "List the projects of the account and choose a data space of that project.",
                    ));
                }
                Err(error) => {
                    let rejected = matches!(error, GatewayError::Rejected { .. });
                    if rejected
                        && self.vouched_for(pair.purpose, &bearer).await == Verification::Swapped
                    {
                        return Err(swapped(pair));
                    }
                    trouble = trouble.or(Some(error.into()));
                }
            }
        }
        Err(trouble.unwrap_or(Error::Gateway(GatewayError::NotFound)))
    }

    /// The account's pairs that are here, production first.
    async fn pairs_to_ask_with(&self, account: &Account) -> Result<Vec<KeyPair>> {
        let mut pairs: Vec<KeyPair> = self
            .key_pairs()
            .await?
            .into_iter()
            .filter(|pair| pair.account == account.id && pair.is_here())
            .collect();
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.purpose));
        Ok(pairs)
    }
}

fn swapped(pair: &KeyPair) -> Error {
    let other = pair.purpose.other();
    Error::refused(
        "pairsSwapped",
        format!(
            "The pairs are swapped (G5): Adobe accepts \"{}\" as a {other} pair.",
            pair.name
        ),
        format!("Bring it again as a {other} pair, and assign that one."),
    )
}

fn no_pair(account: &Account) -> Error {
    Error::refused(
        "noKeyPair",
        format!(
            "No key pair of {} is on this computer, so Adobe cannot be asked.",
            account.label
        ),
        "Bring or create one first.",
    )
}
