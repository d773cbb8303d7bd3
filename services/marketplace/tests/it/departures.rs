//! What is left of a person whose account has ended.

use oruma_broker::{Broker, Event};
use oruma_ids::UserId;
use oruma_marketplace::app::departures;
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Market, id_of, no_item, start_time, student};

/// The tables in which a person is named, and by which column.
const TRACES: [(&str, &str); 8] = [
    ("items", "seller_id"),
    ("items", "buyer_id"),
    ("item_saves", "user_id"),
    ("item_views", "user_id"),
    ("sellers", "seller_id"),
    ("reviews", "seller_id"),
    ("reviews", "reviewer_id"),
    ("reports", "reporter_id"),
];

async fn traces(market: &Market, person: &Caller) -> Vec<usize> {
    let mut counts = Vec::new();
    for (table, column) in TRACES {
        let query = format!(
            "SELECT 1 FROM marketplace.{table} WHERE {column} = '{}'",
            id_of(person)
        );
        counts.push(market.rows(&query).await.len());
    }
    counts
}

fn departed(id: Uuid, person: &Caller) -> Event {
    let data = json!({"userId": id_of(person), "deletedAt": "2027-01-15T10:00:00.123Z"});
    Event::new(
        id,
        "auth.user.deleted.v1",
        "/oruma/auth",
        id_of(person),
        start_time(),
        &data,
    )
}

async fn follow(market: &Market, person: &Caller, event: u128) {
    let user: UserId = person.user().unwrap();
    departures::follow(&market.app, user, Uuid::from_u128(event))
        .await
        .unwrap();
}

/// Everybody sells to everybody, reviews, saves, looks and reports.
async fn live(market: &Market, people: &[Caller]) {
    for seller in people {
        for buyer in people.iter().filter(|buyer| *buyer != seller) {
            let item = market.sell(seller, Some(buyer)).await;
            market.review(buyer, &item.id, 4, "good").await.unwrap();
            market.save(buyer, &item.id, None).await.unwrap();
            market.view(buyer, &item.id).await.unwrap();
            market.report(buyer, &item.id, "spam", "").await.unwrap();
        }
    }
    eventually("views are written", || async {
        market.write_analytics().await.unwrap();
        let expected = people.len() * (people.len() - 1);
        market.count("marketplace.item_views").await == i64::try_from(expected).unwrap()
    })
    .await;
}

/// O-009, O-185: the broker's word that an account has ended removes its traces, once or twice, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_removes_the_traces_of_one_person() {
    let market = Market::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    live(&market, &[ada.clone(), bob.clone(), eve.clone()]).await;
    assert_eq!(traces(&market, &ada).await, [2, 2, 2, 2, 1, 2, 2, 2]);
    market.broker.release();
    let event = departed(Uuid::from_u128(1), &ada);
    for _ in 0..2 {
        let published = market.broker.publish(std::slice::from_ref(&event)).await;
        assert!(published.iter().all(Result::is_ok));
        assert_eq!(traces(&market, &ada).await, [0; 8]);
        market.assert_counters().await;
    }
    for other in [&bob, &eve] {
        // One of the two items that the other bought was Ada's; what Ada said of the two sales counts on, and what was said of Ada has gone.
        assert_eq!(traces(&market, other).await, [2, 1, 1, 1, 1, 2, 1, 1]);
        let items = market
            .rows("SELECT id FROM marketplace.items WHERE status = 'sold'")
            .await;
        assert_eq!(items.len(), 4);
    }
    let nameless = "SELECT rating, comment FROM marketplace.reviews WHERE reviewer_id IS NULL";
    let expected = vec![json!({"rating": 4, "comment": "good"}); 2];
    assert_eq!(market.rows(nameless).await, expected);
    assert_eq!(market.count("marketplace.inbox").await, 1);
}

/// O-009: subscribers are told of the items that go, more than one transaction takes, each once.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_tells_what_it_removes() {
    let market = Market::start().await;
    let ada = student(1);
    let item = market.offer(&ada, "chair").await;
    let many = format!(
        "INSERT INTO marketplace.items (id, seller_id, university, title, description, price_cents, condition, category, images,
             specification_labels, specification_values, location, tags, search, created_at, updated_at)
         SELECT gen_random_uuid(), '{}', '', 'x', 'x', 1, 'New', 'x', '{{}}', '{{}}', '{{}}', '', '{{}}', '', now(), now()
         FROM generate_series(1, 249)",
        id_of(&ada)
    );
    market.execute(&many).await;
    for _ in 0..2 {
        follow(&market, &ada, 1).await;
    }
    no_item(market.get(&ada, &item.id).await);
    let events = market.outbox().await;
    assert_eq!(events.len(), 1 + 250);
    for event in &events[1..] {
        assert_eq!(event.kind, "marketplace.item.deleted.v1");
        assert_eq!(event.data["deletedBy"], id_of(&ada));
    }
}

/// O-009: what is half done is finished the next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_that_broke_off_is_finished_later() {
    let market = Market::start().await;
    let (ada, bob) = (student(1), student(2));
    live(&market, &[ada.clone(), bob.clone()]).await;
    market
        .execute("ALTER TABLE marketplace.reports RENAME TO elsewhere")
        .await;
    let user = ada.user().unwrap();
    departures::follow(&market.app, user, Uuid::from_u128(1))
        .await
        .unwrap_err();
    assert_eq!(market.count("marketplace.inbox").await, 0);
    market
        .execute("ALTER TABLE marketplace.elsewhere RENAME TO reports")
        .await;
    assert_eq!(
        traces(&market, &ada).await[0],
        0,
        "what was done stays done"
    );
    assert_ne!(traces(&market, &ada).await, [0; 8]);
    follow(&market, &ada, 1).await;
    assert_eq!(traces(&market, &ada).await, [0; 8]);
    market.assert_counters().await;
}

/// O-009, O-184: what a person looked at a moment before is not written afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn views_that_wait_go_too() {
    let market = Market::start().await;
    let ada = student(1);
    let item = market.offer(&student(2), "look").await;
    market.view(&ada, &item.id).await.unwrap();
    market.view(&student(3), &item.id).await.unwrap();
    follow(&market, &ada, 1).await;
    eventually("the other view is written", || async {
        market.write_analytics().await.unwrap();
        market.count("marketplace.item_views").await >= 1
    })
    .await;
    market.assert_counters().await;
}
