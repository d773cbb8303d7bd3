//! What is left of a person whose account has ended.

use oruma_broker::{Broker, Event};
use oruma_events::app::departures;
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Events, id_of, no_event, party, start_time, student};

/// The tables in which a person is named, and by which column.
const TRACES: [(&str, &str); 5] = [
    ("events", "organizer_id"),
    ("registrations", "user_id"),
    ("event_saves", "user_id"),
    ("event_views", "user_id"),
    ("reports", "reporter_id"),
];

async fn traces(events: &Events, person: &Caller) -> usize {
    let mut count = 0;
    for (table, column) in TRACES {
        let id = id_of(person);
        let query = format!("SELECT 1 FROM events.{table} WHERE {column} = '{id}'");
        count += events.rows(&query).await.len();
    }
    count
}

fn departed(id: u128, person: &Caller) -> Event {
    let data = json!({"userId": id_of(person), "deletedAt": "2027-01-15T10:00:00.123Z"});
    let kind = "auth.user.deleted.v1";
    let id = Uuid::from_u128(id);
    Event::new(id, kind, "/oruma/auth", id_of(person), start_time(), &data)
}

/// Nothing of the person is left, everything of others is, and every counter is right; hearing of it again changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_who_is_gone() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let mut ids = Vec::new();
    for organizer in [&ada, &bob] {
        let event = events.create(organizer, party()).await;
        for person in [&ada, &bob] {
            events.register(person, &event.id).await.unwrap();
            events.save(person, &event.id, None).await.unwrap();
            events.view(person, &event.id).await.unwrap();
            events.report(person, &event.id, "spam", "").await.unwrap();
        }
        ids.push(event.id);
    }
    let left = events.create(&bob, party()).await;
    events.register(&ada, &left.id).await.unwrap();
    events.unregister(&ada, &left.id).await.unwrap();
    events.write_analytics().await;
    // More than one batch.
    events
        .execute(&format!(
            "INSERT INTO events.events (id, organizer_id, university, title, description, category, starts_at, ends_at, utc_offset_minutes,
                                        location, folded_location, registration_required, banner_image, tags, created_at, updated_at)
             SELECT gen_random_uuid(), '{}', '', 'many', 'x', 'x', now(), now() + interval '1 hour', 0, 'x', 'x', true, '', '{{}}', now(), now()
             FROM generate_series(1, 230)",
            id_of(&ada)
        ))
        .await;
    let before = events.outbox_json().await.len();
    for _ in 0..2 {
        let user = ada.user().unwrap();
        departures::follow(&events.app, user, Uuid::from_u128(1))
            .await
            .unwrap();
    }
    assert_eq!(events.count("events.inbox").await, 1);
    assert_eq!(traces(&events, &ada).await, 0);
    no_event(events.get(&bob, &ids[0]).await);
    let bobs = events.get(&bob, &ids[1]).await.unwrap();
    assert_eq!((bobs.registered_count, bobs.save_count), (1, 1));
    assert!(bobs.registered && bobs.saved);
    events.assert_counters().await;
    let told = events.outbox_json().await;
    assert_eq!(told.len() - before, 231);
    for event in &told[before..] {
        assert_eq!(event["type"], "com.oruma.events.event.deleted.v1");
        assert_eq!(event["data"]["deletedBy"], id_of(&ada));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_account_is_heard() {
    let events = Events::start().await;
    let ada = student(1);
    events.create(&ada, party()).await;
    events.broker.release();
    for result in events.broker.publish(&[departed(1, &ada)]).await {
        result.unwrap();
    }
    eventually("the departure is followed", || async {
        traces(&events, &ada).await == 0
    })
    .await;
}
