//! Looks: what an instance says about itself.

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::look::ConnectorModule;
use patchbay_tests::ground::{HandConnected, InstanceOptions, ModuleState, Shape};

use crate::asking::{PROJECT, SPACE, fingerprint_key, site};
use crate::keys::{OTHER, USUAL};

fn by_hand() -> HandConnected {
    HandConnected {
        production: Some((USUAL.api_key.into(), USUAL.pem.into())),
        sandbox: Some((OTHER.api_key.into(), OTHER.pem.into())),
        saas: Some([PROJECT, "Shop", SPACE, "Testing 1", "Testing"].map(str::to_owned)),
        merchant_ids: Some(("MERCHANT-P".into(), "MERCHANT-S".into())),
    }
}

#[tokio::test]
async fn every_shape_of_the_connector_is_read() {
    for (shape, services_id) in [
        (Shape::V2_0, "2.0.3"),
        (Shape::V3_2, "3.2.5"),
        (Shape::V3_3, "3.3.1"),
    ] {
        let site = site(InstanceOptions {
            shape,
            by_hand: by_hand(),
            ..Default::default()
        })
        .await;
        let look = site.look().await.unwrap();
        assert_eq!(look.versions.services_id, services_id);
        assert_eq!(look.connector, ConnectorModule::Enabled);
        assert_eq!(look.values.len(), 9, "{shape:?}");
        let key = fingerprint_key();
        let pem = &look.values[&ConfigPath::ProductionPrivateKey];
        assert_eq!(pem.exact, key.exact(USUAL.pem.trim_end().as_bytes()));
        assert_eq!(pem.identity, Some(USUAL.identity()));
        assert_eq!(look.plain(ConfigPath::DataSpaceId), Some(SPACE));
        assert_eq!(look.plain(ConfigPath::SandboxApiKey), Some(OTHER.api_key));
        assert_eq!(look.saas_pair, Ok(Purpose::Production));
        assert_eq!(
            look.gateways[&Purpose::Production],
            "https://commerce.adobe.io/"
        );
        assert_eq!(look.credentials_type, "Magento_JWT");
        assert_eq!(look.pin.identity.len(), 64);
        assert_eq!(look.pin.base_url, "https://shop.example.test/");
        assert_eq!(look.merchant_ids().count(), 2);
        assert_eq!(look.tokens.len(), 2);
        for token in &look.tokens {
            let pair = if token.purpose == Purpose::Sandbox {
                &OTHER
            } else {
                &USUAL
            };
            let exp = pair.verify(token.token.as_ref().unwrap().expose());
            assert!((exp - look.clock - 300).abs() <= 1, "signed in this run");
        }
        assert_eq!(
            (
                site.ground.ssh_connections().unwrap(),
                site.instance.php_starts()
            ),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn a_module_that_is_off_or_not_there_is_told_apart() {
    for (module, expected) in [
        (ModuleState::Disabled, ConnectorModule::Disabled),
        (ModuleState::Absent, ConnectorModule::Absent),
    ] {
        let site = site(InstanceOptions {
            module,
            ..Default::default()
        })
        .await;
        assert_eq!(site.look().await.unwrap().connector, expected);
    }
}
