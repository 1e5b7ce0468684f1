//! One of everything the records keep, for contract tests: even numbers have everything set, odd
//! ones only what must be.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::assignment::Assignment;
use crate::config::{ConfigPath, Part, Purpose};
use crate::connection::drift::DriftLater;
use crate::connection::shop::ShopSeen;
use crate::connection::{
    AccountSync, AdobeProof, ConnectionState, DataSpaceAnswer, Evidence, PairAnswer, Remark, Seen,
    Verdict,
};
use crate::fingerprint::{FingerprintKey, IdentityFingerprint};
use crate::id::{
    AccountId, ApiKey, DataSpaceId, EntryId, InstanceId, KeyPairId, KeychainItem, MageId,
    ProjectId, PushId, hex,
};
use crate::instance::{Answers, Instance, Pin, Role, SshWay, Way};
use crate::journal::{AccountThen, Action, ChangeLine, JournalEvent, Phase};
use crate::keypair::{Export, KeyPair, KeyPairState, Origin};
use crate::look::{Flow, Versions};
use crate::ports::clock::UnixMillis;
use crate::ports::gateway::Rejection;
use crate::ports::records::RecordsError;
use crate::ports::storefront::{ShopAnswer, ShopChannel, StorefrontError};
use crate::registry::{DataSpace, DataSpaceType};
use crate::text::TextError;

pub(crate) fn failed(error: &TextError) -> RecordsError {
    RecordsError::Failed {
        detail: error.to_string(),
    }
}

pub(crate) fn instance_id(n: u8) -> InstanceId {
    InstanceId::from_random([n; 16])
}

pub(crate) fn pair_id(n: u8) -> KeyPairId {
    KeyPairId::from_random([n; 16])
}

/// An account with everything set or, for odd numbers, only what must be.
pub fn sample_account(n: u8) -> Result<Account, RecordsError> {
    let full = n.is_multiple_of(2);
    let mage_id = MageId::parse(&format!("MAG00000{n:04}")).map_err(|error| failed(&error))?;
    Ok(Account {
        id: AccountId::from_random([n; 16]),
        label: format!("Account {n:03}"),
        mage_id: full.then_some(mage_id),
        organisation: full.then(|| "北光商行 \"O'Neil\"".to_owned()),
        created_at: UnixMillis(1_780_000_000_000 + i64::from(n)),
    })
}

/// A key pair of an account with everything set or, for odd numbers, only what must be.
pub fn sample_key_pair(n: u8, account: &Account) -> Result<KeyPair, RecordsError> {
    let full = n.is_multiple_of(2);
    let key = FingerprintKey::new([n; 32]);
    let api_key = ApiKey::parse(&hex(&[n; 16])).map_err(|error| failed(&error))?;
    Ok(KeyPair {
        id: pair_id(n),
        account: account.id.clone(),
        purpose: if full {
            Purpose::Production
        } else {
            Purpose::Sandbox
        },
        name: format!("Pair {n:03}"),
        api_key: full.then_some(api_key),
        identity: full.then(|| IdentityFingerprint::of_spki(&[n])),
        exact: full.then(|| key.exact(b"private")),
        api_key_exact: full.then(|| key.exact(b"public")),
        origin: if full {
            Origin::Generated
        } else {
            Origin::Brought
        },
        state: if full {
            KeyPairState::Ready
        } else {
            KeyPairState::Pending
        },
        export: if full { Export::Unused } else { Export::None },
        item: KeychainItem::from_random([n; 16]),
        ticket: full.then(|| KeychainItem::from_random([n | 1; 16])),
        created_at: UnixMillis(-5),
        accepted_at: full.then_some(UnixMillis(1_780_000_000_000)),
        note: "second line\nof a note".to_owned(),
    })
}

/// An instance of an account with everything set or, for odd numbers, only what must be.
pub fn sample_instance(n: u8, account: &Account) -> Instance {
    let full = n.is_multiple_of(2);
    let way = SshWay {
        target: "deploy@shop.test".to_owned(),
        port: Some(65_535),
        identity_file: Some("~/.ssh/shop".to_owned()),
        root: "/srv/it's a shop".to_owned(),
        php: Some("/opt/php8.3/bin/php".to_owned()),
        run_as: Some("www-data".to_owned()),
        container: Some("web-1".to_owned()),
    };
    let pin = Pin {
        identity: "1".repeat(64),
        server: "2".repeat(64),
        base_url: "https://shop.test/".to_owned(),
    };
    Instance {
        id: instance_id(n),
        name: format!("Instance {n:03}"),
        account: account.id.clone(),
        role: Role::ALL
            .get(usize::from(n) % 4)
            .copied()
            .unwrap_or(Role::Live),
        way: if full { Way::Ssh(way) } else { Way::WatchOnly },
        url: full.then(|| "https://shop.test/".to_owned()),
        tags: if full {
            vec!["eu".to_owned(), "歐洲".to_owned()]
        } else {
            Vec::new()
        },
        pin: full.then_some(pin),
        answers: if full {
            Answers {
                is_live: Some(false),
                same_as: vec![instance_id(200)],
                copy_of: vec![instance_id(201), instance_id(202)],
                drift_later: Some(DriftLater {
                    until: UnixMillis(1_780_000_000_002),
                    mark: "services_connector/services_id/project_name=f".to_owned(),
                }),
                confirmed: vec!["G4:Testing".to_owned()],
            }
        } else {
            Answers::default()
        },
        created_at: UnixMillis(1_780_000_000_000),
    }
}

/// An assignment of these pairs to an instance.
pub fn sample_assignment(
    instance: &InstanceId,
    sandbox: Option<KeyPairId>,
    production: Option<KeyPairId>,
) -> Result<Assignment, RecordsError> {
    let uuid = |digit: &str| format!("{0}-1111-4111-8111-{0}1111", digit.repeat(8));
    Ok(Assignment {
        instance: instance.clone(),
        sandbox,
        production,
        data_space: DataSpace {
            id: DataSpaceId::parse(&uuid("2")).map_err(|error| failed(&error))?,
            name: "Testing 1".to_owned(),
            kind: DataSpaceType::Testing,
            project_id: ProjectId::parse(&uuid("1")).map_err(|error| failed(&error))?,
            project_name: "Nordlys 北光".to_owned(),
            mage_id: MageId::parse("MAG005500000").ok(),
            organisation: Some("Nordlys AS".to_owned()),
            features: vec!["Catalog Service".to_owned(), "Commerce Payments".to_owned()],
            cloud_id: None,
            account_sync: None,
        },
        assigned_at: UnixMillis(1_780_000_000_001),
    })
}

/// Evidence with everything set or, for odd numbers, only what must be.
pub fn sample_evidence(n: u8, instance: &InstanceId) -> Result<Evidence, RecordsError> {
    let full = n.is_multiple_of(2);
    let key = FingerprintKey::new([n; 32]);
    let data_space = sample_assignment(instance, None, None)?.data_space;
    let mut seen = Seen {
        data_space: Some(data_space.id),
        used: Some(Purpose::Production),
        flow: Some(Flow {
            sent_at: Some(UnixMillis(12)),
            failing_since: None,
        }),
        versions: Versions {
            php: "8.3.1".to_owned(),
            ..Versions::default()
        },
        ..sample_seen(UnixMillis(7))
    };
    seen.exact
        .insert(ConfigPath::SandboxPrivateKey, key.exact(b"x"));
    seen.identity.insert(
        ConfigPath::SandboxPrivateKey,
        IdentityFingerprint::of_spki(b"x"),
    );
    seen.plain
        .insert(ConfigPath::ProjectName, "北光".to_owned());
    let adobe = AdobeProof {
        production: PairAnswer::Rejected(Rejection::BadSignature),
        sandbox: PairAnswer::NotProvable(Remark::new("gatewayTimedOut", "No answer.")),
        data_space: DataSpaceAnswer::Found {
            project: data_space.project_id,
            kind: DataSpaceType::Production,
            mage_id: None,
        },
        at: UnixMillis(8),
        by_instance_token: true,
        renewed_at: Some(UnixMillis(10)),
        clock_ahead: Some(-2),
        account_sync: Some(AccountSync {
            status: "COMPLETED".to_owned(),
            updated_at: None,
        }),
    };
    Ok(Evidence {
        instance: instance.clone(),
        at: UnixMillis(9),
        verdict: Verdict {
            state: ConnectionState::AccountNotVerified,
            reason: Remark::new("signatureInvalid", "Adobe rejects the key.")
                .with("kind", "production"),
            findings: vec![Remark::new("lock", "one"), Remark::new("lock", "two")],
        },
        seen: full.then_some(seen),
        adobe: full.then_some(adobe),
        shop: full.then(|| sample_shop(n)),
        connected_at: full.then_some(UnixMillis(3)),
    })
}

/// What was read on an instance at a time: nothing but that it was there.
pub fn sample_seen(at: UnixMillis) -> Seen {
    Seen {
        at,
        pin: Pin {
            identity: "a".repeat(64),
            server: "b".repeat(64),
            base_url: String::new(),
        },
        exact: BTreeMap::new(),
        plain: BTreeMap::new(),
        identity: BTreeMap::new(),
        data_space: None,
        used: None,
        flow: None,
        versions: Versions::default(),
    }
}

/// What a shop showed: a data space, or for every fourth nothing.
fn sample_shop(n: u8) -> ShopSeen {
    let id = format!("{0}-1111-4111-8111-{0}1111", "2".repeat(8));
    let shown = DataSpaceId::parse(&id)
        .ok()
        .filter(|_| !n.is_multiple_of(4));
    ShopSeen {
        at: UnixMillis(11),
        said: shown
            .map(|data_space| ShopAnswer {
                data_space,
                kind: Some(DataSpaceType::Testing),
                channel: ShopChannel::Page,
            })
            .ok_or(StorefrontError::SentElsewhere {
                host: "elsewhere.test".to_owned(),
            }),
    }
}

/// A journal line to append.
pub fn sample_event(n: u8, entry: &EntryId, phase: Phase) -> JournalEvent {
    JournalEvent {
        entry: entry.clone(),
        push: PushId::from_random([n; 16]),
        at: UnixMillis(1_780_000_000_000 + i64::from(n)),
        person: "mei".to_owned(),
        phase,
        action: Action::Push,
        instance: instance_id(n),
        instance_name: "Instance 北光".to_owned(),
        account: Some(AccountThen {
            id: AccountId::from_random([n; 16]),
            label: "Account 北光".to_owned(),
        }),
        parts: Part::ALL.into_iter().take(usize::from(n % 3)).collect(),
        changes: vec![ChangeLine {
            path: ConfigPath::ProjectName.as_str().to_owned(),
            from: (String::new(), String::new()),
            to: ("北光".to_owned(), "f".repeat(64)),
        }],
        outcome: (phase == Phase::Ended).then(|| "failed".to_owned()),
        error: (phase == Phase::Ended).then(|| ("busy".to_owned(), "Wait.".to_owned())),
    }
}
