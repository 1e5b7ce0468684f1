//! Payments settings: every row of every scope, in the same transaction as the nine values.

use patchbay_core::config::ConfigPath;
use patchbay_core::look::ScopedValue;
use patchbay_core::ports::transport::{Conversation, Go, NotWritten, Restore, Transport as _};
use patchbay_core::push::values::Payments;
use patchbay_tests::ground::{InstanceOptions, Setting};

use crate::asking::{Site, begin_request, data_space, entry, everything, remove, send_with, site};
use crate::look::by_hand;

const METHOD: &str = "payment/payment_methods/method";

/// A copy of a live shop: settings in every scope, one without a value, and one in a scope that
/// means nothing.
async fn copy() -> Site {
    let in_scope = |scope: &str, scope_id, path: &str, value: Option<&str>| Setting {
        scope: scope.into(),
        scope_id,
        path: path.into(),
        value: value.map(str::to_owned),
        encrypted: false,
    };
    let site = site(InstanceOptions {
        by_hand: by_hand(),
        settings: vec![
            Setting::plain(METHOD, "production"),
            in_scope("websites", 1, METHOD, Some("sandbox")),
            in_scope("stores", 2, METHOD, None),
            in_scope("odd", 9, METHOD, Some("untouched")),
            Setting::plain("payment/payment_services/active", "1"),
        ],
        ..Default::default()
    })
    .await;
    site.instance.age_rows().await.unwrap();
    site
}

async fn removal(site: &Site) -> Box<dyn Conversation> {
    let mut talk = site.begin().await.unwrap();
    let nine = ConfigPath::ALL.map(remove);
    let go = send_with(&mut talk, &nine, Payments::Removed).await;
    assert_eq!(go, Ok(Go::Committed));
    talk
}

#[tokio::test]
async fn every_row_of_every_scope_goes_and_comes_back_byte_for_byte() {
    let site = copy().await;
    let before = site.instance.rows().await.unwrap();
    let seen = site.look().await.unwrap().payments;
    assert_eq!(
        seen.len(),
        5,
        "three of the mode, two merchant ids: {seen:?}"
    );
    let talk = removal(&site).await;
    let blob = talk.ready().undo.clone();
    let look = talk.finish().await.unwrap();
    assert_eq!((look.payments.len(), look.values.len()), (0, 0));
    let left = site.instance.rows().await.unwrap();
    let paths: Vec<&str> = left.iter().map(|row| row.path.as_str()).collect();
    assert!(paths.contains(&"payment/payment_services/active"));
    let odd = left.iter().filter(|row| row.path == METHOD);
    let odd: Vec<&str> = odd.map(|row| row.scope.as_str()).collect();
    assert_eq!(odd, ["odd"], "a scope that means nothing is left");

    let restore = Restore {
        entry: entry(),
        blob,
        touched: ConfigPath::ALL.into(),
        payments: seen.iter().map(ScopedValue::place).collect(),
    };
    let request = begin_request(Some(restore));
    let mut talk = site.transport.begin(&site.way(), &request).await.unwrap();
    assert_eq!(talk.ready().former.as_ref().unwrap().payments, seen);
    let go = send_with(&mut talk, &[], Payments::Left).await;
    assert_eq!(go, Ok(Go::Committed));
    assert_eq!(talk.finish().await.unwrap().payments, seen);
    assert_eq!(
        site.instance.rows().await.unwrap(),
        before,
        "numbers, times and the missing value too"
    );
}

#[tokio::test]
async fn only_the_rows_that_an_entry_took_come_back() {
    let site = copy().await;
    let seen = site.look().await.unwrap().payments;
    let talk = removal(&site).await;
    let blob = talk.ready().undo.clone();
    talk.finish().await.unwrap();
    let one = seen
        .iter()
        .find(|row| row.scope == "websites" && row.path == METHOD);
    let restore = Restore {
        entry: entry(),
        blob,
        touched: Vec::new(),
        payments: vec![one.unwrap().place()],
    };
    let request = begin_request(Some(restore));
    let mut talk = site.transport.begin(&site.way(), &request).await.unwrap();
    send_with(&mut talk, &[], Payments::Left).await.unwrap();
    let look = talk.finish().await.unwrap();
    assert_eq!(look.payments, [one.unwrap().clone()]);
    assert!(look.values.is_empty());
}

#[tokio::test]
async fn a_payments_row_that_changed_since_ready_stops_everything() {
    let site = copy().await;
    for (what, payments, statement) in [
        (
            "changed",
            Payments::Removed,
            "UPDATE {t} SET value = 'M-9' WHERE scope = 'websites' AND path LIKE '%sandbox_merchant_id'",
        ),
        (
            "new",
            Payments::Removed,
            "INSERT INTO {t} (scope, scope_id, path, value) VALUES ('stores', 5, 'payment/payment_methods/method', 'sandbox')",
        ),
        (
            "gone",
            Payments::Left,
            "DELETE FROM {t} WHERE scope = 'stores' AND scope_id = 5",
        ),
    ] {
        let mut talk = site.begin().await.unwrap();
        let table = site.instance.table("core_config_data");
        site.instance
            .sql(&statement.replace("{t}", &table))
            .await
            .unwrap();
        let before = site.instance.rows().await.unwrap();
        let go = send_with(&mut talk, &data_space(), payments).await;
        assert_eq!(go, Ok(Go::NotWritten(NotWritten::Changed)), "{what}");
        assert_eq!(site.instance.rows().await.unwrap(), before, "{what}");
    }
}

#[tokio::test]
async fn a_push_of_values_touches_no_payments_row_and_an_undo_takes_no_order_to() {
    let site = copy().await;
    let before: Vec<_> = site.instance.rows().await.unwrap();
    let (go, look) = site.push(&everything()).await;
    assert_eq!((go, look.unwrap().payments.len()), (Go::Committed, 5));
    let payments = |rows: Vec<patchbay_tests::ground::ConfigRow>| -> Vec<_> {
        let ours = rows
            .into_iter()
            .filter(|row| row.path.starts_with("payment/"));
        ours.collect()
    };
    let after = site.instance.rows().await.unwrap();
    assert_eq!(payments(after), payments(before));

    let talk = removal(&site).await;
    let blob = talk.ready().undo.clone();
    talk.finish().await.unwrap();
    let restore = Restore {
        entry: entry(),
        blob,
        touched: ConfigPath::ALL.into(),
        payments: Vec::new(),
    };
    let request = begin_request(Some(restore));
    let mut talk = site.transport.begin(&site.way(), &request).await.unwrap();
    let refused = send_with(&mut talk, &[], Payments::Removed).await;
    assert_eq!(refused, Ok(Go::NotWritten(NotWritten::BadValues)));
}
