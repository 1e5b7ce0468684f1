//! Shops in memory, and what every way of looking at one must do.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::trouble::Trouble;
use super::{lock, step_aside};
use crate::id::DataSpaceId;
use crate::ports::storefront::{ShopAnswer, ShopChannel, Storefront, StorefrontError};
use crate::registry::DataSpaceType;

/// Shops for tests, each known by its address.
#[derive(Debug, Default)]
pub struct FakeStorefront {
    shops: Mutex<HashMap<String, Result<ShopAnswer, StorefrontError>>>,
    asked: Mutex<Vec<String>>,
    /// Tells calls to fail.
    pub trouble: Trouble<StorefrontError>,
}

impl FakeStorefront {
    /// The shop at this address shows this data space.
    pub fn show(&self, url: &str, data_space: &DataSpaceId, kind: Option<DataSpaceType>) {
        let answer = ShopAnswer {
            data_space: data_space.clone(),
            kind,
            channel: ShopChannel::GraphQl,
        };
        self.put(url, Ok(answer));
    }

    /// The shop at this address answers so.
    pub fn put(&self, url: &str, answer: Result<ShopAnswer, StorefrontError>) {
        lock(&self.shops).insert(url.to_owned(), answer);
    }

    /// Which addresses were asked so far, in order.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }
}

#[async_trait]
impl Storefront for FakeStorefront {
    /// A shop nobody spoke of is there and shows nothing.
    async fn data_space(&self, url: &str) -> Result<ShopAnswer, StorefrontError> {
        step_aside().await;
        lock(&self.asked).push(url.to_owned());
        self.trouble.check()?;
        let known = lock(&self.shops).get(url).cloned();
        known.unwrap_or(Err(StorefrontError::SaysNothing))
    }
}

/// Shops for [`storefront_contract`].
#[derive(Debug)]
pub struct StorefrontCase<'a> {
    /// A shop whose GraphQL interface shows `data_space`, of type `Testing`.
    pub by_graphql: &'a str,
    /// A shop without that interface, whose page shows `data_space`.
    pub by_page: &'a str,
    /// A shop that shows none.
    pub silent: &'a str,
    /// The data space.
    pub data_space: &'a DataSpaceId,
}

/// What every way of looking at a shop must do, whichever one it is.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn storefront_contract(
    storefront: &dyn Storefront,
    case: &StorefrontCase<'_>,
) -> Result<(), StorefrontError> {
    let told = storefront.data_space(case.by_graphql).await?;
    assert_eq!(
        (&told.data_space, told.kind, told.channel),
        (
            case.data_space,
            Some(DataSpaceType::Testing),
            ShopChannel::GraphQl
        ),
        "what the interface says is told, with the channel"
    );
    let told = storefront.data_space(case.by_page).await?;
    assert_eq!(
        (&told.data_space, told.channel),
        (case.data_space, ShopChannel::Page),
        "a page is asked where the interface shows nothing"
    );
    assert_eq!(
        storefront.data_space(case.silent).await,
        Err(StorefrontError::SaysNothing),
        "a shop that shows none is an answer of its own"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let shops = FakeStorefront::default();
        let id = DataSpaceId::parse("22222222-2222-4222-8222-222222222222").unwrap();
        let answer = |channel| {
            Ok(ShopAnswer {
                data_space: id.clone(),
                kind: Some(DataSpaceType::Testing),
                channel,
            })
        };
        shops.put("https://a.test/", answer(ShopChannel::GraphQl));
        shops.put("https://b.test/", answer(ShopChannel::Page));
        let case = StorefrontCase {
            by_graphql: "https://a.test/",
            by_page: "https://b.test/",
            silent: "https://c.test/",
            data_space: &id,
        };
        storefront_contract(&shops, &case).await.unwrap();
        assert_eq!(shops.asked().len(), 3);
    }
}
