//! Pushes: from `ready` to the re-read.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::ports::transport::Go;
use patchbay_tests::ground::{InstanceOptions, Shape};

use crate::asking::{everything, fingerprint_key, site};
use crate::keys::{OTHER, USUAL};

#[tokio::test]
async fn nine_values_are_written_encrypted_read_back_and_sign() {
    for shape in [Shape::V2_0, Shape::V3_2, Shape::V3_3] {
        let site = site(InstanceOptions {
            shape,
            ..Default::default()
        })
        .await;
        let (go, look) = site.push(&everything()).await;
        assert_eq!(go, Go::Committed);
        let look = look.unwrap();
        let key = fingerprint_key();
        for write in everything() {
            let wanted = write.value.unwrap();
            let wanted = String::from_utf8(wanted.expose().to_vec()).unwrap();
            // The instance's own decryption drops white space at the ends.
            assert_eq!(
                look.exact(write.path),
                Some(&key.exact(wanted.trim().as_bytes())),
                "{} {shape:?}",
                write.path
            );
            let stored = site
                .instance
                .row(write.path.as_str())
                .await
                .unwrap()
                .unwrap();
            match write.path.purpose() {
                Some(_) => assert_eq!(site.instance.decrypt(&stored).unwrap(), wanted),
                None => assert_eq!(stored, wanted),
            }
        }
        for token in &look.tokens {
            let pair = if token.purpose == Purpose::Sandbox {
                &OTHER
            } else {
                &USUAL
            };
            pair.verify(token.token.as_ref().unwrap().expose());
        }
        assert_eq!(look.tokens.len(), 2);
        assert_eq!(
            look.plain(ConfigPath::ProjectName),
            Some("Nordlys — 北極光")
        );
        assert_eq!(
            (
                site.ground.ssh_connections().unwrap(),
                site.instance.php_starts()
            ),
            (1, 1)
        );
    }
}
