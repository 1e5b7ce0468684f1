//! The state machine over random cases: green only with everything that makes it green.

use std::collections::BTreeMap;

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::judge::{Case, Neighbour, judge};
use patchbay_core::connection::{
    AdobeProof, ConnectionState as State, DataSpaceAnswer, PairAnswer, Remark,
};
use patchbay_core::fakes::samples::{sample_account, sample_instance};
use patchbay_core::fingerprint::FingerprintKey;
use patchbay_core::id::{DataSpaceId, Nonce, ProjectId};
use patchbay_core::instance::{Answers, Role};
use patchbay_core::look::{ConnectorModule, Look, SeenValue, Versions};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::gateway::Rejection;
use patchbay_core::ports::storefront::{ShopAnswer, ShopChannel};
use patchbay_core::registry::DataSpaceType;
use proptest::prelude::*;

use crate::world::{OTHER_PROJECT, PRODUCTION, PROJECT, TESTING, mage};

/// What an instance holds: nine values, those of the keys told apart by `keys`.
pub fn values_of(keys: u8, space: &str, kind: &str) -> BTreeMap<ConfigPath, SeenValue> {
    let key = FingerprintKey::new([1; 32]);
    ConfigPath::ALL
        .into_iter()
        .map(|path| {
            let text = match path {
                ConfigPath::ProjectId => PROJECT.to_owned(),
                ConfigPath::DataSpaceId => space.to_owned(),
                ConfigPath::DataSpaceType => kind.to_owned(),
                other => format!("{keys} {}", other.as_str()),
            };
            let value = SeenValue {
                exact: key.exact(text.as_bytes()),
                plain: (!path.is_private_key()).then_some(text),
                identity: None,
                looks_encrypted: false,
            };
            (path, value)
        })
        .collect()
}

pub fn look_with(values: BTreeMap<ConfigPath, SeenValue>) -> Look {
    Look {
        nonce: Nonce::from_random([1; 16]),
        clock: 0,
        versions: Versions::default(),
        connector: ConnectorModule::Enabled,
        values,
        locks: Vec::new(),
        pin: sample_instance(2, &sample_account(2).unwrap()).pin.unwrap(),
        saas_pair: Ok(Purpose::Production),
        gateways: BTreeMap::new(),
        credentials_type: "Magento_JWT".into(),
        payments: Vec::new(),
        cloud: None,
        tokens: Vec::new(),
        flow: None,
        notices: Vec::new(),
        sealed_keys: Vec::new(),
    }
}

fn answer() -> impl Strategy<Value = PairAnswer> {
    prop_oneof![
        4 => Just(PairAnswer::Accepted),
        1 => Just(PairAnswer::Rejected(Rejection::BadSignature)),
        1 => Just(PairAnswer::NotProvable(Remark::new("gatewayTimedOut", "No."))),
        1 => Just(PairAnswer::Absent),
    ]
}

fn kind() -> impl Strategy<Value = DataSpaceType> {
    prop_oneof![
        Just(DataSpaceType::Production),
        Just(DataSpaceType::Testing)
    ]
}

fn data_space() -> impl Strategy<Value = DataSpaceAnswer> {
    let found =
        (any::<bool>(), kind(), proptest::option::of(1_u32..3)).prop_map(|(ours, kind, owner)| {
            DataSpaceAnswer::Found {
                project: ProjectId::parse(if ours { PROJECT } else { OTHER_PROJECT }).unwrap(),
                kind,
                mage_id: owner.map(mage),
            }
        });
    prop_oneof![
        6 => found,
        1 => Just(DataSpaceAnswer::NotFound),
        1 => Just(DataSpaceAnswer::NotProvable(Remark::new("gatewayTimedOut", "No."))),
    ]
}

#[derive(Debug)]
struct Facts {
    proof: Option<AdobeProof>,
    role: Role,
    sandbox_used: bool,
    kind: String,
    missing: Option<usize>,
    flags: [bool; 7],
    neighbour: Option<(bool, bool)>,
}

fn facts() -> impl Strategy<Value = Facts> {
    let proof = (
        answer(),
        answer(),
        data_space(),
        proptest::bool::weighted(0.9),
    )
        .prop_map(
            |(production, sandbox, data_space, by_instance_token)| AdobeProof {
                production,
                sandbox,
                data_space,
                at: UnixMillis(0),
                by_instance_token,
                renewed_at: None,
                clock_ahead: None,
                account_sync: None,
            },
        );
    let kinds = prop_oneof![Just("Production"), Just("Testing"), Just("production")];
    let mostly = || proptest::bool::weighted(0.9);
    (
        proptest::option::weighted(0.95, proof),
        (0_usize..4).prop_map(|at| Role::ALL[at]),
        proptest::bool::weighted(0.2),
        kinds.prop_map(str::to_owned),
        proptest::option::weighted(0.1, 0_usize..9),
        [
            mostly(),
            mostly(),
            mostly(),
            mostly(),
            mostly(),
            mostly(),
            mostly(),
        ],
        proptest::option::weighted(0.1, (any::<bool>(), any::<bool>())),
    )
        .prop_map(
            |(proof, role, sandbox_used, kind, missing, flags, neighbour)| Facts {
                proof,
                role,
                sandbox_used,
                kind,
                missing,
                flags,
                neighbour,
            },
        )
}

fn used(facts: &Facts) -> Purpose {
    if facts.sandbox_used {
        Purpose::Sandbox
    } else {
        Purpose::Production
    }
}

fn neighbours(facts: &Facts) -> Vec<Neighbour> {
    let neighbours = facts.neighbour.iter();
    neighbours
        .map(|(live, assigned)| Neighbour {
            name: "Other".into(),
            live: *live,
            assigned: *assigned,
        })
        .collect()
}

fn another_space() -> ShopAnswer {
    ShopAnswer {
        data_space: DataSpaceId::parse(TESTING).unwrap(),
        kind: None,
        channel: ShopChannel::GraphQl,
    }
}

/// What the state machine says, given these facts.
fn state_of(facts: &Facts) -> State {
    let [
        same,
        enabled,
        own_gateways,
        as_assigned,
        consistent,
        shop_agrees,
        own_clock,
    ] = facts.flags;
    let mut values = values_of(1, PRODUCTION, &facts.kind);
    let expected = values
        .iter()
        .map(|(path, value)| (*path, value.exact.clone()))
        .collect();
    if !as_assigned {
        let other = FingerprintKey::new([2; 32]).exact(b"other");
        values
            .get_mut(&ConfigPath::ProductionPrivateKey)
            .unwrap()
            .exact = other;
    }
    if let Some(at) = facts.missing {
        values.remove(&ConfigPath::ALL[at]);
    }
    let mut look = look_with(values);
    look.saas_pair = Ok(used(facts));
    if !enabled {
        look.connector = ConnectorModule::Disabled;
    }
    let mut instance = sample_instance(2, &sample_account(2).unwrap());
    instance.role = facts.role;
    instance.answers = Answers::default();
    if !same {
        look.pin.identity = "9".repeat(64);
    }
    let others = neighbours(facts);
    let account = mage(1);
    let another = another_space();
    let mut proof = facts.proof.clone();
    if let (Some(proof), false) = (&mut proof, own_clock) {
        proof.clock_ahead = Some(600);
    }
    let verdict = judge(&Case {
        instance: &instance,
        contact: Some(Ok(&look)),
        adobe: proof.as_ref(),
        expected,
        gone: &[],
        assigned: None,
        others: &others,
        twins: &[],
        mage_id: Some(&account),
        own_gateways,
        consistent,
        shop: (!shop_agrees).then_some(&another),
    });
    verdict.state
}

/// Product's own words for green, said another way than the state machine does.
fn may_be_green(facts: &Facts) -> bool {
    let Some(proof) = &facts.proof else {
        return false;
    };
    let DataSpaceAnswer::Found {
        project,
        kind,
        mage_id,
    } = &proof.data_space
    else {
        return false;
    };
    let copy = facts.role.is_copy();
    proof.by_instance_token
        && proof.pair(used(facts)) == &PairAnswer::Accepted
        && !matches!(proof.pair(used(facts).other()), PairAnswer::Rejected(_))
        && project.as_str() == PROJECT
        && facts.kind == kind.as_str()
        && mage_id.as_ref().is_none_or(|owner| *owner == mage(1))
        && !(copy && *kind == DataSpaceType::Production)
        && !(facts.role == Role::Live && *kind == DataSpaceType::Testing)
        && facts.flags.iter().all(|flag| *flag)
        && facts.missing.is_none()
        && facts
            .neighbour
            .is_none_or(|(live, assigned)| !assigned && !live && facts.role == Role::Live)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn green_is_exactly_what_the_product_says(facts in facts()) {
        prop_assert_eq!(state_of(&facts) == State::Connected, may_be_green(&facts));
    }
}

#[test]
fn never_contacted_is_unknown() {
    let instance = sample_instance(2, &sample_account(2).unwrap());
    let verdict = judge(&Case {
        instance: &instance,
        contact: None,
        adobe: None,
        expected: BTreeMap::new(),
        gone: &[],
        assigned: None,
        others: &[],
        twins: &[],
        mage_id: None,
        own_gateways: true,
        consistent: true,
        shop: None,
    });
    assert_eq!(verdict.state, State::Unknown);
}

#[test]
fn a_removed_pair_and_a_twin_are_findings() {
    let instance = sample_instance(2, &sample_account(2).unwrap());
    let look = look_with(values_of(1, PRODUCTION, "Production"));
    let twins = ["Twin".to_owned()];
    let verdict = judge(&Case {
        instance: &instance,
        contact: Some(Ok(&look)),
        adobe: None,
        expected: BTreeMap::new(),
        gone: &[Purpose::Sandbox],
        assigned: None,
        others: &[],
        twins: &twins,
        mage_id: None,
        own_gateways: true,
        consistent: true,
        shop: None,
    });
    for code in ["assignedPairGone", "sameIdentity"] {
        assert!(
            verdict.findings.iter().any(|finding| finding.code == code),
            "{code}"
        );
    }
}
