//! The guards over every combination that matters: role, type, parts, single or bulk, merchant
//! id, space used elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_core::config::{ConfigPath, Part, Purpose};
use patchbay_core::fakes::samples::{sample_account, sample_instance};
use patchbay_core::fingerprint::{FingerprintKey, IdentityFingerprint};
use patchbay_core::instance::{Answers, Instance, Role};
use patchbay_core::look::Look;
use patchbay_core::push::guards::{Effect, GuardId, PairFacts, Surroundings, speak};
use patchbay_core::push::plan::{self, PaymentsWanted, PlanInput, PlanKind, Shown, Wanted};
use patchbay_core::registry::{DataSpace, DataSpaceType};

use crate::judging::{look_with, values_of};
use crate::world::{PRODUCTION, PROJECT, TESTING, mage, space};

pub struct Case {
    pub role: Role,
    pub is_live: Option<bool>,
    pub kind: DataSpaceType,
    pub parts: BTreeSet<Part>,
    pub plan: PlanKind,
    pub bulk: bool,
    pub merchant: bool,
    pub elsewhere: bool,
    /// Whether the instance holds other values already.
    pub filled: bool,
}

impl Case {
    pub fn new(role: Role, kind: DataSpaceType) -> Self {
        Self {
            role,
            is_live: None,
            kind,
            parts: Part::ALL.into(),
            plan: PlanKind::Assignment,
            bulk: false,
            merchant: false,
            elsewhere: false,
            filled: false,
        }
    }

    fn instance(&self) -> Instance {
        let mut instance = sample_instance(2, &sample_account(2).unwrap());
        instance.role = self.role;
        instance.answers = Answers {
            is_live: self.is_live,
            ..Answers::default()
        };
        instance
    }

    fn look(&self) -> Look {
        let mut look = look_with(if self.filled {
            values_of(9, TESTING, "Production")
        } else {
            BTreeMap::new()
        });
        if self.merchant {
            look.payments = crate::checks::payments(&[("sandbox_merchant_id", "M1")]);
        }
        look
    }

    fn wanted(&self) -> BTreeMap<ConfigPath, Wanted> {
        if self.plan == PlanKind::Detach {
            return ConfigPath::ALL
                .into_iter()
                .map(|path| (path, Wanted::Remove))
                .collect();
        }
        let key = FingerprintKey::new([1; 32]);
        ConfigPath::ALL
            .into_iter()
            .filter(|path| self.parts.contains(&path.part()))
            .map(|path| {
                let text = match path {
                    ConfigPath::DataSpaceId => PRODUCTION.to_owned(),
                    other => format!("new {}", other.as_str()),
                };
                let shown = if path.is_private_key() {
                    Shown::Key(IdentityFingerprint::of_spki(text.as_bytes()))
                } else {
                    Shown::Plain(text.clone())
                };
                let exact = key.exact(text.as_bytes());
                (path, Wanted::Set { exact, shown })
            })
            .collect()
    }

    /// Disconnecting takes every payments setting that is there.
    fn payments(&self, look: &Look) -> PaymentsWanted {
        match self.plan {
            PlanKind::Detach => look
                .payments
                .iter()
                .map(|row| (row.place(), None))
                .collect(),
            _ => PaymentsWanted::new(),
        }
    }

    fn target(&self) -> DataSpace {
        space(PRODUCTION, self.kind, PROJECT, Some(mage(1)))
    }

    pub fn said(&self) -> Vec<(GuardId, Effect)> {
        let (instance, look, target) = (self.instance(), self.look(), self.target());
        let pairs: Vec<PairFacts> = Purpose::ALL
            .into_iter()
            .map(|purpose| PairFacts {
                purpose,
                accepted_as: Some(purpose),
                owner: "MAG".into(),
                owns_data_space: Some(true),
            })
            .collect();
        self.spoken(&instance, &look, &target, &pairs)
    }

    fn spoken(
        &self,
        instance: &Instance,
        look: &Look,
        target: &DataSpace,
        pairs: &[PairFacts],
    ) -> Vec<(GuardId, Effect)> {
        let plan = plan::make(&PlanInput {
            instance: &instance.id,
            name: &instance.name,
            kind: &self.plan,
            parts: &self.parts,
            wanted: &self.wanted(),
            payments: &self.payments(look),
            look,
        });
        let holders = if self.elsewhere {
            vec!["Other".to_owned()]
        } else {
            Vec::new()
        };
        let said = speak(
            &plan,
            &Surroundings {
                instance,
                look,
                data_space: self.plan.leads_to_assignment().then_some(target),
                holders: &holders,
                rightful: &[],
                pairs,
                owner: "MAG000000009",
                former: None,
                bulk: self.bulk,
            },
        );
        said.into_iter()
            .map(|finding| (finding.id, finding.effect))
            .collect()
    }
}

const BLOCKED: Effect = Effect::Blocked;
const CONFIRM: Effect = Effect::Confirm;

#[test]
fn an_empty_instance() {
    use DataSpaceType::{Production, Testing};
    for (role, kind, expected) in [
        (Role::Live, Production, vec![]),
        (Role::Live, Testing, vec![(GuardId::G4, CONFIRM)]),
        (Role::LiveNotOpenYet, Production, vec![]),
        (Role::LiveNotOpenYet, Testing, vec![]),
        (
            Role::Staging,
            Production,
            vec![(GuardId::G4, BLOCKED), (GuardId::G11, CONFIRM)],
        ),
        (Role::Staging, Testing, vec![(GuardId::G11, CONFIRM)]),
        (
            Role::Development,
            Production,
            vec![(GuardId::G4, BLOCKED), (GuardId::G11, CONFIRM)],
        ),
        (Role::Development, Testing, vec![(GuardId::G11, CONFIRM)]),
    ] {
        let case = Case::new(role, kind);
        assert_eq!(case.said(), expected, "{role:?} {kind:?}");
        let used = Case {
            elsewhere: true,
            ..Case::new(role, kind)
        };
        let mut with_g3 = expected.clone();
        with_g3.push((GuardId::G3, BLOCKED));
        with_g3.sort_by_key(|(id, _)| *id);
        assert_eq!(used.said(), with_g3, "{role:?} {kind:?} used elsewhere");
        let keys = Case {
            parts: [Part::Keys].into(),
            elsewhere: true,
            ..Case::new(role, kind)
        };
        let only: Vec<_> = expected
            .into_iter()
            .filter(|(id, _)| *id == GuardId::G11)
            .collect();
        assert_eq!(keys.said(), only, "{role:?} {kind:?} keys only");
    }
}

#[test]
fn an_instance_that_holds_both_is_changed_in_two_steps_where_it_is_live() {
    for role in Role::ALL {
        for (parts, both) in [
            (BTreeSet::from(Part::ALL), true),
            ([Part::Keys].into(), false),
            ([Part::DataSpace].into(), false),
        ] {
            let case = Case {
                parts,
                filled: true,
                ..Case::new(role, DataSpaceType::Testing)
            };
            let said = case.said();
            let g1 = said.contains(&(GuardId::G1, BLOCKED));
            assert_eq!(
                g1,
                role == Role::Live && both,
                "{role:?} {:?} {said:?}",
                case.parts
            );
            let g2 = said.contains(&(GuardId::G2, CONFIRM));
            assert_eq!(
                g2,
                case.parts.contains(&Part::DataSpace),
                "away from Production"
            );
        }
    }
}

#[test]
fn a_merchant_id_makes_every_move_a_question() {
    for filled in [true, false] {
        let case = Case {
            merchant: true,
            filled,
            parts: [Part::DataSpace].into(),
            ..Case::new(Role::LiveNotOpenYet, DataSpaceType::Testing)
        };
        assert_eq!(case.said(), [(GuardId::G2, CONFIRM)]);
        let keys = Case {
            parts: [Part::Keys].into(),
            ..case
        };
        assert!(keys.said().is_empty());
    }
}

#[test]
fn removing_from_live_is_typed_and_never_in_bulk() {
    for (role, bulk, expected) in [
        (Role::Live, false, Some(CONFIRM)),
        (Role::Live, true, Some(BLOCKED)),
        (Role::Staging, true, None),
        (Role::LiveNotOpenYet, false, None),
    ] {
        let case = Case {
            plan: PlanKind::Detach,
            filled: true,
            bulk,
            ..Case::new(role, DataSpaceType::Testing)
        };
        let said = case.said();
        let g10 = said
            .iter()
            .find(|(id, _)| *id == GuardId::G10)
            .map(|(_, effect)| *effect);
        assert_eq!(g10, expected, "{role:?} {bulk}");
        assert!(
            !said.iter().any(|(id, _)| *id == GuardId::G1),
            "detach is not G1"
        );
    }
}

#[test]
fn pairs_that_are_swapped_or_of_another_merchant_are_told() {
    let case = Case::new(Role::Live, DataSpaceType::Production);
    let (instance, look, target) = (case.instance(), case.look(), case.target());
    let facts = |accepted, owns| {
        vec![PairFacts {
            purpose: Purpose::Production,
            accepted_as: Some(accepted),
            owner: "MAG000000002".into(),
            owns_data_space: owns,
        }]
    };
    for (pairs, expected) in [
        (facts(Purpose::Sandbox, Some(true)), (GuardId::G5, BLOCKED)),
        (
            facts(Purpose::Production, Some(false)),
            (GuardId::G6, BLOCKED),
        ),
        (facts(Purpose::Production, None), (GuardId::G6, CONFIRM)),
    ] {
        assert_eq!(case.spoken(&instance, &look, &target, &pairs), [expected]);
    }
}

#[test]
fn what_looks_live_is_guarded_by_both_until_it_is_answered() {
    let case = |is_live, kind| Case {
        is_live,
        filled: true,
        ..Case::new(Role::Staging, kind)
    };
    let said = |case: &Case| {
        let mut look = case.look();
        look.payments =
            crate::checks::payments(&[("method", "production"), ("production_merchant_id", "M")]);
        case.spoken(&case.instance(), &look, &case.target(), &[])
    };
    use DataSpaceType::{Production, Testing};
    let open = said(&case(None, Testing));
    for finding in [
        (GuardId::G1, BLOCKED),
        (GuardId::G4, CONFIRM),
        (GuardId::G11, CONFIRM),
        (GuardId::G12, Effect::Warning),
    ] {
        assert!(open.contains(&finding), "{open:?}");
    }
    assert!(said(&case(None, Production)).contains(&(GuardId::G4, BLOCKED)));
    let live = said(&case(Some(true), Production));
    assert_eq!(live, [(GuardId::G1, BLOCKED), (GuardId::G2, CONFIRM)]);
    let not = said(&case(Some(false), Testing));
    assert_eq!(not, [(GuardId::G2, CONFIRM), (GuardId::G11, CONFIRM)]);
}
