//! The events of the service: their form, their transactions, and their way to subscribers.

use chrono::TimeDelta;
use oruma_broker::{Broker, Event};
use oruma_proto::marketplace::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_test_kit::eventually;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{Market, Setup, change, list_of, refused, student, thing};

/// The kinds of events, and the first form of each.
const GOLDEN: [(&str, &str); 9] = [
    (
        "marketplace.item.created.v1",
        include_str!("golden/marketplace.item.created.v1.json"),
    ),
    (
        "marketplace.item.updated.v1",
        include_str!("golden/marketplace.item.updated.v1.json"),
    ),
    (
        "marketplace.item.reserved.v1",
        include_str!("golden/marketplace.item.reserved.v1.json"),
    ),
    (
        "marketplace.item.sold.v1",
        include_str!("golden/marketplace.item.sold.v1.json"),
    ),
    (
        "marketplace.item.saved.v1",
        include_str!("golden/marketplace.item.saved.v1.json"),
    ),
    (
        "marketplace.item.unsaved.v1",
        include_str!("golden/marketplace.item.unsaved.v1.json"),
    ),
    (
        "marketplace.item.reported.v1",
        include_str!("golden/marketplace.item.reported.v1.json"),
    ),
    (
        "marketplace.review.created.v1",
        include_str!("golden/marketplace.review.created.v1.json"),
    ),
    (
        "marketplace.item.deleted.v1",
        include_str!("golden/marketplace.item.deleted.v1.json"),
    ),
];

// === form ===

/// Makes an event of each kind.
async fn everything(market: &Market) -> (proto::Item, proto::Review) {
    let (ada, bob) = (student(1), student(2));
    let minute = || market.clock.advance(TimeDelta::minutes(1));
    let request = proto::CreateItemRequest {
        price: "120.50".to_owned(),
        condition: "Like New".to_owned(),
        category: "Furniture".to_owned(),
        location: "Dormitory".to_owned(),
        tags: list_of(&["wood", "red"]),
        images: vec![market.media.upload(ada.user().unwrap(), "chair")],
        ..thing("chair")
    };
    let item = market.create(&ada, request).await.unwrap();
    minute();
    for _ in 0..2 {
        market.save(&bob, &item.id, None).await.unwrap();
    }
    market
        .report(&bob, &item.id, "odd", "a table")
        .await
        .unwrap();
    minute();
    market
        .step(&ada, &item, "reserved", Some(&bob))
        .await
        .unwrap();
    minute();
    market.step(&ada, &item, "sold", None).await.unwrap();
    minute();
    let review = market.review(&bob, &item.id, 4, "fine").await.unwrap();
    minute();
    market.delete(&ada, &item.id).await.unwrap();
    (item, review)
}

/// The event as it is stored, with the ids of the golden files in place of its own.
fn with_golden_ids(event: &Value, ids: &[(&str, &str)]) -> Value {
    let id = event["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(&id[14..15], "7", "a UUIDv7");
    let mut text = event
        .to_string()
        .replace(id, "01932a6e-0000-7000-8000-0000000000e1");
    for (ours, golden) in ids {
        text = text.replace(ours, golden);
    }
    serde_json::from_str(&text).unwrap()
}

/// O-043 to O-054: what others consume has exactly the form that was published first. The files never change: another form is another
/// version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let market = Market::start().await;
    let (item, review) = everything(&market).await;
    let ids = [
        (item.id.as_str(), "01932a6e-0000-7000-8000-0000000000b1"),
        (review.id.as_str(), "01932a6e-0000-7000-8000-0000000000c1"),
    ];
    let events = market.outbox_json().await;
    assert_eq!(events.len(), 10);
    for (kind, golden) in GOLDEN {
        let kind = format!("com.oruma.{kind}");
        let event = events.iter().find(|event| event["type"] == *kind).unwrap();
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(with_golden_ids(event, &ids), golden);
    }
}

fn data<T: DeserializeOwned>(kind: &str) -> T {
    let (_, golden) = GOLDEN.iter().find(|(name, _)| *name == kind).unwrap();
    let event = Event::from_json(golden.as_bytes()).unwrap();
    assert_eq!(event.kind, kind);
    serde_json::from_value(event.data).unwrap()
}

/// O-043 to O-054: whoever reads events by today's messages understands those of the first day.
#[test]
fn golden_events_are_understood() {
    let created: proto::ItemCreatedV1 = data("marketplace.item.created.v1");
    assert_eq!((created.number, created.price_cents), (1, 12_050));
    assert_eq!(created.images, list_of(&["marketplace/chair.jpg"]));
    let updated: proto::ItemUpdatedV1 = data("marketplace.item.updated.v1");
    assert_eq!(
        (created.status.as_str(), updated.status.as_str()),
        ("available", "reserved")
    );
    let reserved: proto::ItemReservedV1 = data("marketplace.item.reserved.v1");
    let sold: proto::ItemSoldV1 = data("marketplace.item.sold.v1");
    assert_eq!(
        (&reserved.buyer_id, reserved.price_cents),
        (&sold.buyer_id, 12_050)
    );
    let saved: proto::ItemSavedV1 = data("marketplace.item.saved.v1");
    let unsaved: proto::ItemUnsavedV1 = data("marketplace.item.unsaved.v1");
    assert_eq!((saved.save_count, unsaved.save_count), (1, 0));
    let reported: proto::ItemReportedV1 = data("marketplace.item.reported.v1");
    assert_eq!(
        (reported.reason.as_str(), &reported.reporter_id),
        ("odd", &saved.user_id)
    );
    let review: proto::ReviewCreatedV1 = data("marketplace.review.created.v1");
    assert_eq!((review.rating, &review.reviewer_id), (4, &sold.buyer_id));
    let deleted: proto::ItemDeletedV1 = data("marketplace.item.deleted.v1");
    assert_eq!(deleted.deleted_by, created.seller_id);
}

// === transactions ===

const TABLES: [&str; 5] = ["items", "item_saves", "sellers", "reviews", "reports"];

async fn state(market: &Market) -> Vec<Vec<Value>> {
    let mut state = Vec::new();
    for table in TABLES {
        let query = format!("SELECT t.* FROM marketplace.{table} AS t ORDER BY t::text");
        state.push(market.rows(&query).await);
    }
    state
}

/// O-043 to O-054: no change happens without its event, and the error tells nothing of what is inside.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_event_nothing_changes() {
    let market = Market::start().await;
    let (ada, bob) = (student(1), student(2));
    let item = market.offer(&ada, "chair").await;
    let sold = market.sell(&ada, Some(&bob)).await;
    market.save(&ada, &item.id, Some(true)).await.unwrap();
    let before = state(&market).await;
    // The relay lets go of the table once it has told what was there.
    market.broker.release();
    eventually("the outbox is empty", || async {
        market.count("marketplace.outbox").await == 0
    })
    .await;
    market.execute("DROP TABLE marketplace.outbox").await;

    let answer = market.items().create_item(ada.send(thing("new"))).await;
    let status = answer.unwrap_err();
    let told = format!("{status:?} {}", String::from_utf8_lossy(status.details()));
    for inside in [
        "outbox",
        "relation",
        "INSERT",
        "marketplace.items",
        "diesel",
    ] {
        assert!(!told.contains(inside), "{told}");
    }
    let renamed = proto::UpdateItemRequest {
        title: Some("table".to_owned()),
        ..change(&item)
    };
    let failures: [Result<(), RpcError>; 8] = [
        Err(status.into()),
        market.update(&ada, renamed).await.map(drop),
        market.step(&ada, &item, "reserved", None).await.map(drop),
        market.delete(&ada, &item.id).await,
        market.save(&ada, &item.id, None).await.map(drop),
        market.save(&bob, &item.id, Some(true)).await.map(drop),
        market.report(&bob, &item.id, "spam", "").await,
        market.review(&bob, &sold.id, 5, "").await.map(drop),
    ];
    for failure in failures {
        let failure = refused(failure, ErrorCode::Internal, "internal");
        assert_eq!(failure.message, "internal error");
    }
    assert_eq!(state(&market).await, before);
    // What changes nothing needs no event.
    market.save(&ada, &item.id, Some(true)).await.unwrap();
    market.update(&ada, change(&item)).await.unwrap();
}

/// O-043 to O-054: the events of an item reach subscribers once, in the order of what happened, also after a stop.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_once_and_in_their_order() {
    let market = Market::start().await;
    everything(&market).await;
    let expected = market.outbox().await;
    let database = market.database.clone();
    market.broker.close().await;
    drop(market);
    let market = Setup::on(database).start().await;
    assert!(market.told.events().is_empty());
    market.broker.release();
    eventually("all is told", || async {
        market.told.events().len() >= expected.len()
    })
    .await;
    assert_eq!(market.told.events(), expected);
}
