//! Saves and views, one at a time and many at once.

use futures::future::join_all;
use oruma_proto::marketplace::v1 as proto;
use oruma_test_kit::eventually;

use crate::support::{Market, student};

/// O-047: what does not say which way turns over, and setting twice is no news.
#[tokio::test(flavor = "multi_thread")]
async fn saves_are_set_and_turned_over() {
    let market = Market::start().await;
    let bob = student(2);
    let item = market.offer(&student(1), "chair").await;
    for (wanted, is_set) in [
        (Some(true), true),
        (Some(true), true),
        (None, false),
        (Some(false), false),
        (None, true),
    ] {
        let count = i64::from(is_set);
        let answer = market.save(&bob, &item.id, wanted).await.unwrap();
        assert_eq!(answer, (is_set, count));
        let seen = market.get(&bob, &item.id).await.unwrap();
        assert_eq!((seen.saved, seen.save_count), (is_set, count));
        assert!(!market.get(&student(3), &item.id).await.unwrap().saved);
    }
    let expected = ["item.created", "item.saved", "item.unsaved", "item.saved"];
    assert_eq!(market.kinds().await, expected);
    let saved = proto::ListItemsRequest {
        saved: true,
        ..Default::default()
    };
    assert_eq!(market.titles(&bob, saved.clone()).await, ["chair"]);
    assert!(market.titles(&student(3), saved).await.is_empty());
}

/// O-047: a storm of saves leaves as many rows as are counted, and each step was told once.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_saves_is_counted_exactly() {
    let market = Market::start().await;
    let item = market.offer(&student(1), "chair").await;
    let people: Vec<_> = (100..130).map(student).collect();
    let saves = people.iter().map(async |person| {
        for wanted in [None, Some(true), None, None] {
            market.save(person, &item.id, wanted).await.unwrap();
        }
    });
    join_all(saves).await;
    market.assert_counters().await;
    let kinds = market.kinds().await;
    let count = |kind: &str| kinds.iter().filter(|name| *name == kind).count();
    let (saved, unsaved) = (count("item.saved"), count("item.unsaved"));
    let rows = market.count("marketplace.item_saves").await;
    assert_eq!(i64::try_from(saved - unsaved).unwrap(), rows);
    let counts = market.outbox().await;
    let last = counts.last().unwrap().data["saveCount"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(last, rows.to_string());
}

/// O-055, O-184: each person counts once, the seller not at all.
#[tokio::test(flavor = "multi_thread")]
async fn views_count_each_person_once() {
    let market = Market::start().await;
    let ada = student(1);
    let item = market.offer(&ada, "chair").await;
    for _ in 0..3 {
        for person in [&ada, &student(2), &student(3)] {
            market.view(person, &item.id).await.unwrap();
        }
        market.write_analytics().await.unwrap();
    }
    eventually("the views are written", || async {
        market.get(&ada, &item.id).await.unwrap().view_count == 2
    })
    .await;
    market.assert_counters().await;
}

/// O-187: what is searched for is counted once a search, with what narrowed it.
#[tokio::test(flavor = "multi_thread")]
async fn searches_are_counted() {
    let market = Market::start().await;
    let search = proto::ListItemsRequest {
        query: " Red CHAIR".to_owned(),
        category: "furniture".to_owned(),
        tags: vec!["a\u{7}b".to_owned(), "wood".to_owned()],
        ..Default::default()
    };
    market.list(&student(1), search).await.unwrap();
    eventually("the search is written", || async {
        market.write_analytics().await.unwrap();
        market.count("marketplace.searches").await == 1
    })
    .await;
    let kept = market
        .rows("SELECT query, filters FROM marketplace.searches")
        .await;
    assert_eq!(kept[0]["query"], "red chair");
    assert_eq!(kept[0]["filters"], "category=furniture&tags=a b,wood");
}
