//! A place that takes copies, in memory, and what every such place must do.

use std::sync::Mutex;

use async_trait::async_trait;

use super::trouble::Trouble;
use super::{lock, step_aside};
use crate::keypair::ExportWay;
use crate::ports::outlet::{Outlet, OutletError};
use crate::secret::Secret;

/// An outlet for tests, which remembers every text it was handed.
#[derive(Debug)]
pub struct MemoryOutlet {
    way: ExportWay,
    taken: Mutex<Vec<Vec<u8>>>,
    /// Tells questions whether it is ready to be answered with no.
    pub unready: Trouble<OutletError>,
    /// Tells handing over to fail.
    pub trouble: Trouble<OutletError>,
}

impl MemoryOutlet {
    /// An empty one.
    pub fn new(way: ExportWay) -> Self {
        Self {
            way,
            taken: Mutex::default(),
            unready: Trouble::default(),
            trouble: Trouble::default(),
        }
    }

    /// Every text that was handed over, in order.
    pub fn taken(&self) -> Vec<Vec<u8>> {
        lock(&self.taken).clone()
    }
}

#[async_trait]
impl Outlet for MemoryOutlet {
    fn way(&self) -> ExportWay {
        self.way
    }

    async fn ready(&self) -> Result<(), OutletError> {
        step_aside().await;
        self.unready.check()
    }

    async fn put(&self, text: &Secret) -> Result<(), OutletError> {
        step_aside().await;
        self.trouble.check()?;
        lock(&self.taken).push(text.expose().to_vec());
        Ok(())
    }
}

/// What every outlet must do; `look` says what lies there now, as another program sees it.
///
/// # Errors
/// When it did not take a text that it should have taken.
pub async fn outlet_contract(
    outlet: &dyn Outlet,
    mut look: impl AsyncFnMut() -> Option<Vec<u8>>,
) -> Result<(), OutletError> {
    outlet.ready().await?;
    assert_eq!(
        look().await,
        None,
        "asking whether it is ready puts nothing there"
    );
    let text = b"-----BEGIN TEST-----\nfirst\n-----END TEST-----\n";
    outlet.put(&Secret::new(text.to_vec())).await?;
    assert_eq!(
        look().await.as_deref(),
        Some(&text[..]),
        "the text is there, byte for byte"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_stand_in_keeps_the_contract() {
        let outlet = MemoryOutlet::new(ExportWay::File);
        outlet_contract(&outlet, async || outlet.taken().pop())
            .await
            .unwrap();
    }
}
