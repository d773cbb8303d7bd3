//! The events of the service: their form, their transactions, and their way to subscribers.

use chrono::TimeDelta;
use oruma_proto::events::v1 as proto;
use oruma_test_kit::eventually;
use serde_json::Value;

use crate::support::{Events, change, list_of, party_for, student, user_id};

/// The first form of each kind of event, in the order in which [`everything`] makes them.
const GOLDEN: [&str; 9] = [
    include_str!("golden/events.event.created.v1.json"),
    include_str!("golden/events.event.updated.v1.json"),
    include_str!("golden/events.registration.created.v1.json"),
    include_str!("golden/events.registration.cancelled.v1.json"),
    include_str!("golden/events.event.saved.v1.json"),
    include_str!("golden/events.event.unsaved.v1.json"),
    include_str!("golden/events.event.reported.v1.json"),
    include_str!("golden/events.event.cancelled.v1.json"),
    include_str!("golden/events.event.deleted.v1.json"),
];

/// Makes an event of each kind, and tells the id of what they are about.
async fn everything(events: &Events) -> String {
    let (ada, bob) = (student(1), student(2));
    let minute = || events.clock.advance(TimeDelta::minutes(1));
    let request = proto::CreateEventRequest {
        date: "2027-02-01T00:00:00+03:00".to_owned(),
        tags: list_of(&["free", "food"]),
        banner_image: events.media.upload(user_id(1), "banner"),
        ..party_for(30)
    };
    let event = events.create(&ada, request).await;
    minute();
    let request = proto::UpdateEventRequest {
        title: Some("Big party".to_owned()),
        ..change(&event)
    };
    events.update(&ada, request).await.unwrap();
    minute();
    events.register(&bob, &event.id).await.unwrap();
    minute();
    events.unregister(&bob, &event.id).await.unwrap();
    for _ in 0..2 {
        events.save(&bob, &event.id, None).await.unwrap();
    }
    minute();
    let why = "It sells things";
    events.report(&bob, &event.id, "spam", why).await.unwrap();
    minute();
    events.cancel(&ada, &event).await.unwrap();
    minute();
    events.delete(&ada, &event.id).await.unwrap();
    event.id
}

/// What others consume has exactly the form that was published first. The files never change: another form is another version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let events = Events::start().await;
    let subject = everything(&events).await;
    let made = events.outbox_json().await;
    assert_eq!(made.len(), GOLDEN.len());
    for (event, golden) in made.iter().zip(GOLDEN) {
        let mut text = event.to_string();
        let id = event["id"].as_str().unwrap();
        assert_eq!(&id[14..15], "7", "a UUIDv7");
        text = text.replace(id, "01932a6e-0000-7000-8000-0000000000e1");
        text = text.replace(&subject, "01932a6e-0000-7000-8000-0000000000b1");
        if let Some(registration) = event["data"]["registrationId"].as_str() {
            text = text.replace(registration, "01932a6e-0000-7000-8000-0000000000c1");
        }
        let event: Value = serde_json::from_str(&text).unwrap();
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(event, golden);
    }
}

/// Subscribers are told everything once, in its order.
#[tokio::test(flavor = "multi_thread")]
async fn subscribers_are_told_in_order() {
    let events = Events::start().await;
    everything(&events).await;
    let kinds = events.kinds().await;
    events.broker.release();
    eventually("everything is told", || async {
        events.told.events().len() == GOLDEN.len()
    })
    .await;
    let told: Vec<String> = events
        .told
        .events()
        .into_iter()
        .map(|event| event.kind.replace("events.event.", "event."))
        .map(|kind| kind.replace("events.registration.", "registration."))
        .map(|kind| kind.replace(".v1", ""))
        .collect();
    assert_eq!(told, kinds);
    // What was told leaves the outbox right after.
    eventually("the outbox is empty", || async {
        events.count("events.outbox").await == 0
    })
    .await;
}
