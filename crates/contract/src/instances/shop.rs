//! What visitors of a shop see: beside an instance's own word, and of any address.

use patchbay_core::connection::shop::{self, ShopLooked, ShopSeen};
use patchbay_core::ports::storefront::{ShopAnswer, StorefrontError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Remark;
use crate::moment::rfc3339;

/// What visitors of an instance's shop saw last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ShopRow {
    /// When, RFC 3339.
    pub at: Option<String>,
    /// The data space they see; `null` where they see none.
    pub shown: Option<ShownSpace>,
    /// Why they see none; `null` where they see one.
    pub reason: Option<Remark>,
}

/// A data space as a shop shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ShownSpace {
    /// Its id.
    pub id: String,
    /// `Production` or `Testing`, where the shop said one of the two.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `graphQl`, or `page`, which may come from a cache.
    pub channel: String,
}

/// An address that is just looked at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ShopRequest {
    /// The shop's address.
    pub url: String,
}

/// `shop`: what just looking at an address found. Nothing is kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ShopLook {
    /// The address as it was asked.
    pub url: String,
    /// `shown`, `unknown` or `unreachable`.
    pub state: String,
    /// The data space its visitors see; `null` where they see none.
    pub shown: Option<ShownSpace>,
    /// Why they see none; `null` where they see one.
    pub reason: Option<Remark>,
    /// The data space's name and project, where an assignment here knows it.
    pub data_space: Option<String>,
    /// The project's name, where known.
    pub project: Option<String>,
    /// Instances here that hold or are assigned the same data space.
    pub used_by: Vec<ShopTwin>,
    /// Instances here that have this address.
    pub known_as: Vec<String>,
}

/// An instance here with the same data space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ShopTwin {
    /// Its name.
    pub name: String,
    /// Whether it is a live shop.
    pub live: bool,
    /// Whether the data space is assigned to it; otherwise it was only seen there.
    pub assigned: bool,
}

impl From<&ShopAnswer> for ShownSpace {
    fn from(answer: &ShopAnswer) -> Self {
        Self {
            id: answer.data_space.to_string(),
            kind: answer.kind.map(|kind| kind.as_str().to_owned()),
            channel: answer.channel.as_str().to_owned(),
        }
    }
}

fn parts(said: &Result<ShopAnswer, StorefrontError>) -> (Option<ShownSpace>, Option<Remark>) {
    match said {
        Ok(answer) => (Some(answer.into()), None),
        Err(error) => (None, Some((&shop::unseen(error)).into())),
    }
}

impl From<&ShopSeen> for ShopRow {
    fn from(seen: &ShopSeen) -> Self {
        let (shown, reason) = parts(&seen.said);
        Self {
            at: rfc3339(seen.at),
            shown,
            reason,
        }
    }
}

impl From<&ShopLooked> for ShopLook {
    fn from(looked: &ShopLooked) -> Self {
        let (shown, reason) = parts(&looked.said);
        let state = match &looked.said {
            Ok(_) => "shown",
            Err(StorefrontError::Unreachable { .. } | StorefrontError::TimedOut) => "unreachable",
            Err(_) => "unknown",
        };
        Self {
            url: looked.url.clone(),
            state: state.to_owned(),
            shown,
            reason,
            data_space: looked.known.as_ref().map(|space| space.name.clone()),
            project: looked
                .known
                .as_ref()
                .map(|space| space.project_name.clone()),
            used_by: looked
                .used_by
                .iter()
                .map(|one| ShopTwin {
                    name: one.name.clone(),
                    live: one.live,
                    assigned: one.assigned,
                })
                .collect(),
            known_as: looked.known_as.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_that_shows_nothing_is_unknown_and_says_why() {
        let looked = ShopLooked {
            url: "https://shop.test/".to_owned(),
            said: Err(StorefrontError::SaysNothing),
            known: None,
            used_by: Vec::new(),
            known_as: Vec::new(),
        };
        let json = serde_json::to_value(ShopLook::from(&looked)).unwrap();
        assert_eq!(json["state"], "unknown");
        assert_eq!(json["reason"]["code"], "shopSaysNothing");
        assert!(json["shown"].is_null());
    }
}
