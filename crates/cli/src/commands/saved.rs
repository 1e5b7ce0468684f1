//! A saved plan that comes back: only as it was saved, and only where it was (P13).

use patchbay_contract::push::saved::{FILE_MAX, NotAPlan, SavedPlan};
use patchbay_core::push::order::{OrderKind, PushOrder};

use super::Desk;
use crate::exit::Failure;
use crate::input;

/// The order of a saved plan that nobody edited.
pub(super) async fn order_of(desk: &Desk, file: &str) -> Result<PushOrder, Failure> {
    let bytes = input::file("the saved plan", file, FILE_MAX)?;
    let plan = SavedPlan::read(&bytes).map_err(|why| match why {
        NotAPlan::Newer => Failure::refused(
            "planNewer",
            "A newer Patchbay saved this plan.",
            "Update Patchbay, or make a new plan.",
        ),
        NotAPlan::Unreadable => edited("This is no saved plan, or it was edited."),
    })?;
    let ours = desk
        .patchbay
        .plan_mac_holds(&plan.canonical(), &plan.mac)
        .await?;
    let (Some(parts), Some(expected), true) = (plan.parts(), plan.expected(), ours) else {
        return Err(edited(
            "This plan was edited, or saved with another data directory: it is for reading only.",
        ));
    };
    let known = desk.patchbay.instances().await?;
    let mut names = Vec::new();
    for one in &plan.instances {
        match known.iter().find(|instance| instance.id.as_str() == one.id) {
            Some(instance) => names.push(instance.name.clone()),
            None => {
                return Err(Failure::refused(
                    "noSuch",
                    format!(
                        "The instance \"{}\" of this plan is not here any more.",
                        one.name
                    ),
                    "Make a new plan.",
                ));
            }
        }
    }
    if names.is_empty() {
        return Err(Failure::refused(
            "planEmpty",
            "There is no instance in this plan.",
            "Make a new plan.",
        ));
    }
    let mut order = PushOrder::new(OrderKind::Assignment, names);
    order.parts = parts;
    order.expected = Some(expected);
    Ok(order)
}

fn edited(text: &str) -> Failure {
    Failure::refused("planNotOurs", text, "Make a new plan with plan --out.")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use patchbay_core::assignment::AssignOrder;
    use patchbay_core::config::Purpose;
    use patchbay_core::fakes::samples::sample_assignment;
    use patchbay_core::fakes::{FakeInstance, Together, keys, together};
    use patchbay_core::id::{ApiKey, MageId};
    use patchbay_core::instance::adding::NewInstance;
    use patchbay_core::instance::{Role, SshWay, Way};
    use patchbay_core::keypair::keeping::BroughtKey;
    use patchbay_core::push::plan::Plan;
    use serde_json::Value;

    use super::*;
    use crate::output::Output;

    /// An instance with an assignment that would change all nine values.
    async fn assigned() -> Together {
        let all = together();
        let account = MageId::parse("MAG000000001").unwrap();
        all.patchbay.add_account("Nordlys", None).await.unwrap();
        for (at, purpose) in [(0, Purpose::Production), (1, Purpose::Sandbox)] {
            let api_key = ApiKey::parse(&format!("{at:032x}")).unwrap();
            all.gateway
                .register(&account, purpose, &api_key, &keys::der(at));
            let brought = BroughtKey {
                account: "Nordlys",
                purpose,
                name: purpose.as_str(),
                api_key: api_key.as_str(),
                private_key: &keys::pem(at),
            };
            all.patchbay.bring_key(&brought).await.unwrap();
        }
        all.transport.put("shop", FakeInstance::named("shop"));
        let way = SshWay {
            target: "shop".into(),
            port: None,
            identity_file: None,
            root: "/srv/shop".into(),
            php: None,
            run_as: None,
            container: None,
        };
        let added = all
            .patchbay
            .add_instance(NewInstance {
                name: "Shop",
                account: "Nordlys",
                role: Role::LiveNotOpenYet,
                way: Way::Ssh(way),
                url: None,
                tags: Vec::new(),
            })
            .await
            .unwrap();
        let mut space = sample_assignment(&added.instance.id, None, None)
            .unwrap()
            .data_space;
        space.mage_id = Some(account.clone());
        all.gateway.add_data_space(&account, space.clone());
        let order = AssignOrder {
            instance: "Shop",
            sandbox: Some("sandbox"),
            production: Some("production"),
            project: space.project_id,
            data_space: space.id,
        };
        all.patchbay.assign(&order).await.unwrap();
        all
    }

    async fn saved_plan(desk: &Desk) -> SavedPlan {
        let order = PushOrder::new(OrderKind::Assignment, vec!["Shop".into()]);
        let planned = desk.patchbay.plan(&order).await.unwrap();
        let plans: Vec<Plan> = planned.into_iter().map(|(_, plan)| plan.unwrap()).collect();
        let mut saved = SavedPlan::new(&plans, &order.parts, desk.patchbay.now());
        saved.mac = desk.patchbay.plan_mac(&saved.canonical()).await.unwrap();
        saved
    }

    /// Every place in a document, as a JSON pointer.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                let named = fields.iter();
                named.for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(n, inner)| places(inner, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }

    /// One edit of one field, the `how`th of several kinds; `None` where that kind does not fit.
    fn edit(document: &Value, place: &str, how: usize) -> Option<Value> {
        let mut edited = document.clone();
        let (above, name) = place.rsplit_once('/')?;
        let field = edited.pointer_mut(place)?;
        match (how, &mut *field) {
            (0, Value::String(text)) => {
                let last = text.pop().unwrap_or('a');
                text.push(if last == '0' { '1' } else { '0' });
            }
            (1, Value::String(text)) => text.push('x'),
            (2, Value::String(text)) => *text = text.to_uppercase(),
            (3, value) => *value = Value::Null,
            (4, Value::Array(items)) => items.push(items.first()?.clone()),
            (5, Value::Array(items)) => drop(items.pop()?),
            (6, Value::Number(number)) => *field = Value::from(number.as_u64()? + 1),
            (7, _) => match edited.pointer_mut(above)? {
                Value::Object(fields) => drop(fields.remove(name)?),
                Value::Array(items) => drop(items.remove(name.parse().ok()?)),
                _ => return None,
            },
            (8, Value::String(text)) => *text = "a".repeat(text.len()),
            (9.., Value::String(text)) => {
                let (at, found) = text.char_indices().nth((how - 9) * 7)?;
                let other = if found == '1' { "2" } else { "1" };
                text.replace_range(at..at + found.len_utf8(), other);
            }
            _ => return None,
        }
        (edited != *document).then_some(edited)
    }

    /// What somebody who knows the form, but not the key, puts right after an edit.
    fn put_right(edited: Value) -> Vec<u8> {
        use sha2::{Digest as _, Sha256};
        let Ok(mut plan) = serde_json::from_value::<SavedPlan>(edited.clone()) else {
            return edited.to_string().into_bytes();
        };
        let mut digest = Sha256::new();
        for one in &plan.instances {
            digest.update(one.hash.as_bytes());
        }
        plan.hash = patchbay_core::id::hex(&digest.finalize());
        serde_json::to_vec(&plan).unwrap()
    }

    #[tokio::test]
    async fn no_edit_of_a_saved_plan_is_carried_out() {
        let all = assigned().await;
        let desk = Desk {
            patchbay: all.patchbay.clone(),
            output: Output::new(true),
        };
        let plan = saved_plan(&desk).await;
        let document = serde_json::to_value(&plan).unwrap();
        let mut found = Vec::new();
        places(&document, "", &mut found);
        let all_edits: BTreeSet<Vec<u8>> = (0..17)
            .flat_map(|how| found.iter().map(move |at| (how, at)))
            .filter_map(|(how, at)| edit(&document, at, how))
            .flat_map(|edited| [edited.to_string().into_bytes(), put_right(edited)])
            .filter(|bytes| SavedPlan::read(bytes).as_ref() != Ok(&plan))
            .collect();
        assert!(all_edits.len() >= 500, "only {} edits", all_edits.len());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.json").display().to_string();
        all.transport.reset_tallies();
        for bytes in &all_edits {
            std::fs::write(&file, bytes).unwrap();
            // What is taken for our own must still not lead to anything but what was planned.
            if let Ok(order) = order_of(&desk, &file).await {
                panic!(
                    "an edited plan was taken as ours: {}\n{order:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
        assert_eq!(all.transport.tally("shop").connections, 0);

        std::fs::write(&file, serde_json::to_vec(&plan).unwrap()).unwrap();
        let order = order_of(&desk, &file).await.unwrap();
        let report = desk.patchbay.push(&order, &|_, _| {}).await.unwrap();
        assert_eq!(report.instances[0].outcome.as_str(), "pushed");
        let again = desk.patchbay.push(&order, &|_, _| {}).await.unwrap();
        assert_eq!(again.instances[0].outcome.as_str(), "changedSincePlan");
    }
}
