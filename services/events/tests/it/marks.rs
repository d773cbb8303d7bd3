//! Saving, looking at, reporting, categories and export.

use futures::future::join_all;
use oruma_proto::events::v1 as proto;
use serde_json::json;

use crate::support::{Events, all, id_of, invalid_fields, party, student};

/// O-033: each person counts once, however often and at once.
#[tokio::test(flavor = "multi_thread")]
async fn saves_turn_over_and_count_once() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let event = events.create(&ada, party()).await;
    assert_eq!(events.save(&bob, &event.id, None).await.unwrap(), (true, 1));
    assert_eq!(
        events.save(&bob, &event.id, Some(true)).await.unwrap(),
        (true, 1)
    );
    assert!(events.get(&bob, &event.id).await.unwrap().saved);
    assert_eq!(
        events.save(&bob, &event.id, None).await.unwrap(),
        (false, 0)
    );
    assert_eq!(
        events.save(&bob, &event.id, Some(false)).await.unwrap(),
        (false, 0)
    );
    join_all((10..60).map(|nth| {
        let (events, id) = (&events, event.id.clone());
        async move {
            events
                .save(&student(nth % 20), &id, Some(nth % 3 > 0))
                .await
                .unwrap()
        }
    }))
    .await;
    events.assert_counters().await;
    assert_eq!(
        events.kinds().await[..3],
        ["event.created", "event.saved", "event.unsaved"]
    );
}

/// O-040, O-184: each person counts once, the organiser not at all.
#[tokio::test(flavor = "multi_thread")]
async fn views_count_people() {
    let events = Events::start().await;
    let ada = student(1);
    let event = events.create(&ada, party()).await;
    for person in [&student(2), &student(3), &student(2), &ada] {
        events.view(person, &event.id).await.unwrap();
        events.write_analytics().await;
    }
    assert_eq!(events.get(&ada, &event.id).await.unwrap().view_count, 2);
    events.assert_counters().await;
}

/// O-041: each person is heard once.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_told_once_a_person() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let event = events.create(&ada, party()).await;
    let answers = (0..10).map(|_| events.report(&bob, &event.id, " spam ", "It sells\nthings"));
    for answer in join_all(answers).await {
        answer.unwrap();
    }
    events
        .report(&student(3), &event.id, "fake", "")
        .await
        .unwrap();
    assert_eq!(events.count("events.reports").await, 2);
    let kinds = ["event.created", "event.reported", "event.reported"];
    assert_eq!(events.kinds().await, kinds);
    let told = &events.outbox_json().await[1];
    assert_eq!(told["data"]["reason"], "spam");
    assert_eq!(told["data"]["description"], "It sells\nthings");
    assert_eq!(told["data"]["reporterId"], json!(id_of(&bob)));
    for (reason, description, field) in [
        ("", String::new(), "reason"),
        ("a\nb", String::new(), "reason"),
        ("spam", "x".repeat(2_001), "description"),
    ] {
        let refusal = events.report(&bob, &event.id, reason, &description).await;
        assert_eq!(invalid_fields(refusal), [field]);
    }
    let long = "x".repeat(256);
    let refusal = events.report(&bob, &event.id, &long, "a\0b").await;
    assert_eq!(invalid_fields(refusal), ["reason", "description"]);
}

/// O-035: the most used first, without what is over or called off.
#[tokio::test(flavor = "multi_thread")]
async fn categories_count_what_is_not_over() {
    let events = Events::start().await;
    let ada = student(1);
    let of = |category: &str, date: &str| proto::CreateEventRequest {
        category: category.to_owned(),
        date: date.to_owned(),
        ..party()
    };
    for (category, date) in [
        ("Open Air", "2027-02-02"),
        ("MUSIC", "2027-02-02"),
        ("music", "2027-02-02"),
        ("music", "2027-01-15"),
        ("sport", "2027-01-15"),
    ] {
        events.create(&ada, of(category, date)).await;
    }
    let off = events.create(&ada, of("music", "2027-02-02")).await;
    events.cancel(&ada, &off).await.unwrap();
    events.clock.advance(chrono::TimeDelta::hours(10));
    let found = events.categories(&ada).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str(), one.count))
        .collect();
    assert_eq!(found, [("music", "Music", 2), ("open air", "Open Air", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_pages_with_words_count_as_searches() {
    let events = Events::start().await;
    let ada = student(1);
    let search = |query: &str| proto::ListEventsRequest {
        query: query.to_owned(),
        category: "Music".to_owned(),
        ..all()
    };
    for query in ["Free  Cake", "free cake", " "] {
        events.list(&ada, search(query)).await.unwrap();
    }
    events.write_analytics().await;
    let rows = events
        .rows("SELECT query, filters, count FROM events.searches")
        .await;
    let row = json!({"query": "free cake", "filters": "category=music", "count": 2});
    assert_eq!(rows, [row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_everything_of_a_person_and_nothing_else() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let empty = json!({"events": [], "registrations": [], "saves": [], "views": [], "reports": []});
    assert_eq!(events.export(&ada).await, empty);
    let event = events.create(&ada, party()).await;
    events.register(&bob, &event.id).await.unwrap();
    events.save(&bob, &event.id, None).await.unwrap();
    events.view(&bob, &event.id).await.unwrap();
    events
        .report(&bob, &event.id, "spam", "much")
        .await
        .unwrap();
    events.write_analytics().await;
    let adas = events.export(&ada).await;
    assert_eq!(adas["events"][0]["title"], "Party");
    assert_eq!(adas["events"][0]["startsAt"], "2027-02-01T18:00:00.000Z");
    assert_eq!(adas["events"][0]["registeredCount"], 1);
    assert_eq!(adas["registrations"], json!([]));
    let bobs = events.export(&bob).await;
    let at = "2027-01-15T10:00:00.123Z";
    assert_eq!(bobs["events"], json!([]));
    assert_eq!(bobs["registrations"][0]["status"], "registered");
    assert_eq!(
        bobs["saves"],
        json!([{"eventId": event.id, "createdAt": at}])
    );
    assert_eq!(
        bobs["views"],
        json!([{"eventId": event.id, "createdAt": at}])
    );
    let report =
        json!({"eventId": event.id, "reason": "spam", "description": "much", "createdAt": at});
    assert_eq!(bobs["reports"], json!([report]));
}
