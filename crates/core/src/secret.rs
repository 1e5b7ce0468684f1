//! Bytes nobody may see by accident.
//!
//! A private key lives in a [`Secret`] from the moment it enters the program until it is sealed
//! for an instance or handed to the keychain. Not here: where secrets are kept (the keychain
//! port) and what they mean (the key pair room).

use std::fmt;

use zeroize::Zeroizing;

/// Bytes on their way between the keychain, the user and an instance.
///
/// No `Serialize`, `Clone` or `Display`: a secret cannot cross the bridge to the window, be
/// copied by habit or reach a log. The bytes are overwritten when the value is dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over; the caller's vector is not copied.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Every call is a place a reviewer looks at.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether two secrets hold the same bytes; takes the same time wherever they differ.
    pub fn same_as(&self, other: &Secret) -> bool {
        self.len() == other.len()
            && self
                .expose()
                .iter()
                .zip(other.expose())
                .fold(0_u8, |difference, (a, b)| difference | (a ^ b))
                == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_bytes() {
        let secret = Secret::new(b"very private".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }

    #[test]
    fn comparison_sees_every_byte() {
        let one = Secret::new(b"abc".to_vec());
        assert!(one.same_as(&Secret::new(b"abc".to_vec())));
        assert!(!one.same_as(&Secret::new(b"abd".to_vec())));
        assert!(!one.same_as(&Secret::new(b"abcd".to_vec())));
    }
}
