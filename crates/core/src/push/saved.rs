//! Saved plans: the seal that tells our own file from an edited one (P13).
//!
//! The key lies in the keychain, so only this data directory's owner can make a file that a push
//! takes. Not here: what stands in the file (the contract) and comparing it with the instance (a
//! push does that by each plan's hash).

use crate::error::Result;
use crate::fingerprint::mac;
use crate::id::hex;
use crate::patchbay::Patchbay;
use crate::ports::records::OwnSecret;
use crate::secret::Secret;

/// Keeps this use of the key apart from any other.
const ABOUT: &[u8] = b"patchbay saved plan 1\n";

impl Patchbay {
    /// The MAC of a saved plan's bytes: 64 lower-case hex digits.
    ///
    /// # Errors
    /// Records and keychain.
    pub async fn plan_mac(&self, bytes: &[u8]) -> Result<String> {
        let key = self.own_key(OwnSecret::PlanKey).await?;
        Ok(hex(&mac(key.expose(), &[ABOUT, bytes])))
    }

    /// Whether a MAC is the one these bytes were saved with; takes the same time wherever they
    /// differ.
    ///
    /// # Errors
    /// Records and keychain.
    pub async fn plan_mac_holds(&self, bytes: &[u8], given: &str) -> Result<bool> {
        let right = Secret::new(self.plan_mac(bytes).await?.into_bytes());
        let given = Secret::new(given.as_bytes().to_vec());
        Ok(right.same_as(&given))
    }
}

#[cfg(test)]
mod tests {
    use crate::fakes::together;

    #[tokio::test]
    async fn a_mac_holds_for_the_very_bytes_and_in_this_data_directory_only() {
        let patchbay = together().patchbay;
        let mac = patchbay.plan_mac(b"a plan").await.unwrap();
        assert_eq!(mac.len(), 64);
        assert!(patchbay.plan_mac_holds(b"a plan", &mac).await.unwrap());
        assert!(!patchbay.plan_mac_holds(b"a plan ", &mac).await.unwrap());
        for wrong in ["", "zz", &mac[1..], &mac.to_uppercase(), &"0".repeat(64)] {
            let held = patchbay.plan_mac_holds(b"a plan", wrong).await.unwrap();
            assert!(!held, "{wrong:?} is not its MAC");
        }
    }
}
