//! What the person at the computer already knows when the demo begins: two accounts, the pairs in
//! hand, six instances, and what one of them should hold.

use patchbay_core::assignment::AssignOrder;
use patchbay_core::config::Purpose;
use patchbay_core::id::{DataSpaceId, MageId, ProjectId};
use patchbay_core::instance::Way;
use patchbay_core::instance::adding::NewInstance;
use patchbay_core::keypair::keeping::BroughtKey;
use patchbay_core::secret::Secret;
use patchbay_core::{Patchbay, Result};

use super::cast::Home;
use super::{Demo, Merchant, Story, way};

impl Demo {
    /// Puts all of it into an empty demo directory.
    ///
    /// # Errors
    /// Records and keychain; an instance that cannot be reached is part of the demo.
    pub async fn seed(&self, patchbay: &Patchbay) -> Result<()> {
        for merchant in Merchant::ALL {
            self.bring(patchbay, merchant).await?;
        }
        for story in Story::ALL {
            patchbay
                .add_instance(NewInstance {
                    name: story.name(),
                    account: story.merchant().label(),
                    role: story.role(),
                    way: Way::Ssh(way(story)),
                    url: Some(story.url()),
                    tags: Vec::new(),
                })
                .await?;
        }
        let drifted = Story::ChangedInTheAdmin;
        if let Some(home) = self.cast().meant_for(drifted) {
            self.assign(patchbay, drifted, home).await?;
        }
        Ok(())
    }

    async fn bring(&self, patchbay: &Patchbay, merchant: Merchant) -> Result<()> {
        let member = self.cast().member(merchant);
        let mage_id = MageId::parse(&member.mage_id)?;
        patchbay
            .add_account(merchant.label(), Some(mage_id))
            .await?;
        for (purpose, key) in [
            (Purpose::Production, &member.production),
            (Purpose::Sandbox, &member.sandbox),
        ] {
            let pem = Secret::new(key.private_key.expose().as_bytes().to_vec());
            patchbay
                .bring_key(&BroughtKey {
                    account: merchant.label(),
                    purpose,
                    name: merchant.pair_name(purpose),
                    api_key: &key.api_key,
                    private_key: &pem,
                })
                .await?;
        }
        Ok(())
    }

    /// Assigns the merchant's own pairs and this data space.
    pub(super) async fn assign(
        &self,
        patchbay: &Patchbay,
        story: Story,
        (project, space): Home<'_>,
    ) -> Result<()> {
        let merchant = story.merchant();
        patchbay
            .assign(&AssignOrder {
                instance: story.name(),
                sandbox: Some(merchant.pair_name(Purpose::Sandbox)),
                production: Some(merchant.pair_name(Purpose::Production)),
                project: ProjectId::parse(&project.id)?,
                data_space: DataSpaceId::parse(&space.id)?,
            })
            .await?;
        Ok(())
    }
}
