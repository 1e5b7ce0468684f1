//! Finding instances on a server before they are added.

use patchbay_core::fakes::FakeInstance;
use patchbay_core::instance::{Role, SshWay};
use patchbay_core::ports::transport::{FoundPhp, FoundRoot, Survey, TransportError};

use crate::world::{PRODUCTION, empty_world, way, world};

fn nowhere_yet(target: &str) -> SshWay {
    SshWay {
        root: String::new(),
        ..way(target)
    }
}

fn root(path: &str, owner: &str) -> FoundRoot {
    FoundRoot {
        path: path.into(),
        owner: owner.into(),
    }
}

fn there(roots: Vec<FoundRoot>, php: &[(&str, &str)]) -> FakeInstance {
    let php = php.iter().map(|(program, version)| FoundPhp {
        program: (*program).into(),
        version: (*version).into(),
    });
    let mut there = FakeInstance::named("shop");
    there.base_url = "https://www.shop.example/".into();
    there.survey = Survey {
        user: "deploy".into(),
        roots,
        php: php.collect(),
    };
    there
}

#[tokio::test]
async fn what_is_found_is_looked_at_and_suggested() {
    let world = empty_world().await;
    let roots = vec![root("/srv/shop", "www-data")];
    let php = [("php", "7.4.33"), ("php8.2", "8.2.29")];
    world.transport.put("shop", there(roots, &php));
    let found = world.patchbay.find_one(nowhere_yet("shop")).await.unwrap();
    assert_eq!(found.way.root, "/srv/shop");
    assert_eq!(found.way.php.as_deref(), Some("php8.2"));
    assert_eq!(found.way.run_as.as_deref(), Some("www-data"));
    assert_eq!(
        (found.owner.as_str(), found.php.as_str()),
        ("www-data", "8.2.29")
    );
    let probed = found.looked.unwrap();
    assert_eq!(
        (probed.name.as_str(), probed.role),
        ("shop.example", Role::Live)
    );
    assert!(world.patchbay.instances().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_person_named_is_left_as_it_is() {
    let world = empty_world().await;
    let roots = vec![root("/srv/shop", "www-data")];
    world
        .transport
        .put("shop", there(roots, &[("php8.3", "8.3.1")]));
    let asked = SshWay {
        php: Some("/opt/php".into()),
        run_as: Some("shop".into()),
        ..nowhere_yet("shop")
    };
    let found = world.patchbay.find_one(asked).await.unwrap();
    assert_eq!(found.way.php.as_deref(), Some("/opt/php"));
    assert_eq!(found.way.run_as.as_deref(), Some("shop"));
}

#[tokio::test]
async fn several_are_named_and_none_is_said() {
    let world = empty_world().await;
    let roots = vec![root("/srv/a", "deploy"), root("/srv/b", "deploy")];
    world
        .transport
        .put("shop", there(roots, &[("php", "8.2.1")]));
    let all = world.patchbay.find(nowhere_yet("shop")).await.unwrap();
    assert_eq!(all.len(), 2);
    let several = world.patchbay.find_one(nowhere_yet("shop")).await;
    let several = several.unwrap_err();
    assert_eq!(several.code(), "severalFound");
    assert!(several.to_string().contains("/srv/a, /srv/b"), "{several}");
    world.transport.put("empty", there(Vec::new(), &[]));
    let none = world.patchbay.find_one(nowhere_yet("empty")).await;
    assert_eq!(none.unwrap_err().code(), "noneFound");
}

#[tokio::test]
async fn a_path_that_could_not_be_typed_is_not_suggested_and_a_far_end_is_not_believed() {
    let world = empty_world().await;
    let roots = vec![
        root("/srv/a\nb", "deploy"),
        root("relative", "deploy"),
        root("/srv/ok", "$(id)"),
        root("/srv/shop", "deploy"),
    ];
    world
        .transport
        .put("shop", there(roots, &[("php", "8.2.1")]));
    let all = world.patchbay.find(nowhere_yet("shop")).await.unwrap();
    let paths: Vec<_> = all.iter().map(|one| one.way.root.as_str()).collect();
    assert_eq!(paths, ["/srv/shop"]);
    let bad = world.patchbay.find(nowhere_yet("-oProxyCommand=x")).await;
    assert_eq!(bad.unwrap_err().code(), "badInput");
}

#[tokio::test]
async fn a_server_that_is_not_reached_is_told_apart_and_a_known_one_is_recognised() {
    let world = world().await;
    world.connected("live", Role::Live, PRODUCTION).await;
    let known = world.patchbay.find_one(nowhere_yet("live")).await.unwrap();
    assert_eq!(known.looked.unwrap().known_as.as_deref(), Some("live"));
    world.with("live", |there| {
        there.unreachable = Some(TransportError::LoginRefused)
    });
    let refused = world.patchbay.find(nowhere_yet("live")).await;
    assert_eq!(refused.unwrap_err().code(), "loginRefused");
}
