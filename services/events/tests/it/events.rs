//! Announcing, reading, changing, calling off and removing events.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::EventStatus;
use oruma_rpc_error::ErrorCode;
use serde_json::json;

use crate::support::{
    Events, NOTHING, STANFORD, at, change, conflict, id_of, invalid_fields, list_of, naming,
    no_event, party, party_for, refused, student, time, user_id,
};

/// O-027, O-028: what was said comes back in its form, to everybody.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_announced_and_read() {
    let events = Events::start().await;
    let ada = student(1);
    let request = proto::CreateEventRequest {
        title: " Cafe\u{301} <b>night</b> ".to_owned(),
        category: "Live MUSIC".to_owned(),
        date: "2027-02-01T00:00:00+03:00".to_owned(),
        tags: list_of(&["Jazz", "jazz", " Free "]),
        banner_image: events.media.upload(user_id(1), "banner"),
        ..party_for(30)
    };
    let event = events.create(&ada, request).await;
    assert_eq!(event.title, "Café <b>night</b>");
    assert_eq!(
        (event.category.as_str(), event.university.as_str()),
        ("live music", STANFORD)
    );
    assert_eq!(event.tags, ["jazz", "free"]);
    assert_eq!(time(event.starts_at), at("2027-02-01T15:00:00Z"));
    assert_eq!(time(event.ends_at), at("2027-02-01T17:00:00Z"));
    assert_eq!(event.utc_offset_minutes, 180);
    assert_eq!(
        (event.capacity, event.registration_required),
        (Some(30), true)
    );
    assert_eq!(
        (event.registered_count, event.registered, event.saved),
        (0, false, false)
    );
    assert_eq!(
        (event.organizer_id.clone(), event.status()),
        (id_of(&ada), EventStatus::Upcoming)
    );
    assert_eq!(event.banner_image, "events/banner.jpg");
    assert_eq!(events.media.claimed(), [["events/banner.jpg"]]);
    assert_eq!(events.get(&student(2), &event.id).await.unwrap(), event);
    for wrong in [NOTHING, "", "nonsense"] {
        no_event(events.get(&ada, wrong).await);
    }
}

/// O-161, O-162, O-163: every field at fault is named.
#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_named() {
    let events = Events::start().await;
    type Spoil = fn(&mut proto::CreateEventRequest);
    let cases: [(&str, Spoil); 22] = [
        ("title", |request| request.title = " ".to_owned()),
        ("title", |request| request.title = "x".repeat(256)),
        ("title", |request| request.title = "a\nb".to_owned()),
        ("description", |request| request.description = String::new()),
        ("description", |request| {
            request.description = "x".repeat(10_001)
        }),
        ("description", |request| {
            request.description = "a\0b".to_owned()
        }),
        ("category", |request| request.category = String::new()),
        ("category", |request| request.category = "x".repeat(101)),
        ("location", |request| request.location = String::new()),
        ("location", |request| request.location = "x".repeat(256)),
        ("date", |request| request.date = String::new()),
        ("date", |request| request.date = "2027-02-31".to_owned()),
        ("date", |request| request.date = "2027-01-14".to_owned()),
        ("start_time", |request| {
            request.start_time = "25:61".to_owned()
        }),
        ("start_time", |request| {
            request.start_time = "9:00".to_owned()
        }),
        ("end_time", |request| request.end_time = "24:00".to_owned()),
        ("end_time", |request| request.end_time = "18:00".to_owned()),
        ("capacity", |request| request.capacity = Some(0)),
        ("capacity", |request| request.capacity = Some(-5)),
        ("tags[0]", |request| request.tags = vec!["x".repeat(51)]),
        ("tags", |request| {
            request.tags = (0..21).map(|nth| format!("t{nth}")).collect()
        }),
        ("banner_image", |request| {
            request.banner_image = "events/foreign.jpg".to_owned()
        }),
    ];
    for (nth, (field, spoil)) in cases.into_iter().enumerate() {
        let mut request = party();
        spoil(&mut request);
        let fields = invalid_fields(events.try_create(&student(1), request).await);
        assert_eq!(fields, [field], "case {nth}");
    }
    let nothing = invalid_fields(
        events
            .try_create(&student(1), proto::CreateEventRequest::default())
            .await,
    );
    let all = [
        "title",
        "description",
        "category",
        "date",
        "start_time",
        "end_time",
        "location",
    ];
    assert_eq!(nothing, all);
    assert_eq!(events.count("events.events").await, 0);
    assert_eq!(events.count("events.outbox").await, 0);
}

/// O-162: later today is fine.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_may_be_later_today() {
    let events = Events::start().await;
    let today = |start: &str| proto::CreateEventRequest {
        date: "2027-01-15".to_owned(),
        start_time: start.to_owned(),
        ..party()
    };
    events.create(&student(1), today("10:01")).await;
    let passed = events.try_create(&student(1), today("10:00")).await;
    assert_eq!(invalid_fields(passed), ["start_time"]);
}

/// O-029: absent fields stay; the same again is no change.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_changes_in_what_is_said() {
    let events = Events::start().await;
    let ada = student(1);
    let first = events.media.upload(user_id(1), "first");
    let request = proto::CreateEventRequest {
        banner_image: first.clone(),
        tags: list_of(&["one"]),
        ..party_for(5)
    };
    let event = events.create(&ada, request).await;
    events.clock.advance(TimeDelta::minutes(1));
    let same = events.update(&ada, change(&event)).await.unwrap();
    assert_eq!(same, event);
    assert_eq!(events.kinds().await, ["event.created"]);

    let request = proto::UpdateEventRequest {
        title: Some("Bigger party".to_owned()),
        start_time: Some("17:30".to_owned()),
        capacity: Some(50),
        tags: Some(proto::TextList {
            values: list_of(&["Two"]),
        }),
        banner_image: Some(first),
        ..change(&event)
    };
    let changed = events.update(&ada, request.clone()).await.unwrap();
    assert_eq!(changed.title, "Bigger party");
    assert_eq!(time(changed.starts_at), at("2027-02-01T17:30:00Z"));
    assert_eq!(changed.ends_at, event.ends_at);
    assert_eq!(
        (changed.capacity, changed.tags.clone()),
        (Some(50), list_of(&["two"]))
    );
    assert!(time(changed.updated_at) > time(event.updated_at));
    let expected = proto::Event {
        title: changed.title.clone(),
        starts_at: changed.starts_at,
        capacity: Some(50),
        tags: changed.tags.clone(),
        updated_at: changed.updated_at,
        ..event
    };
    assert_eq!(changed, expected);
    assert_eq!(
        events.media.claimed().len(),
        1,
        "the banner was there before"
    );
    assert_eq!(events.update(&ada, request).await.unwrap(), changed);
    assert_eq!(events.kinds().await, ["event.created", "event.updated"]);

    let request = proto::UpdateEventRequest {
        banner_image: Some(String::new()),
        tags: Some(proto::TextList::default()),
        ..change(&changed)
    };
    let bare = events.update(&ada, request).await.unwrap();
    assert_eq!((bare.banner_image.as_str(), bare.tags.len()), ("", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_change_is_named_and_changes_nothing() {
    let events = Events::start().await;
    let ada = student(1);
    let event = events.create(&ada, party()).await;
    type Spoil = fn(&mut proto::UpdateEventRequest);
    let cases: [(&str, Spoil); 10] = [
        ("title", |request| request.title = Some(String::new())),
        ("description", |request| {
            request.description = Some(String::new())
        }),
        ("category", |request| request.category = Some(String::new())),
        ("location", |request| request.location = Some(String::new())),
        ("date", |request| {
            request.date = Some("2026-01-01".to_owned())
        }),
        ("start_time", |request| {
            request.start_time = Some("noon".to_owned())
        }),
        ("end_time", |request| {
            request.end_time = Some("17:00".to_owned())
        }),
        ("capacity", |request| request.capacity = Some(0)),
        ("status", |request| {
            request.status = Some("postponed".to_owned())
        }),
        ("status", |request| {
            request.status = Some("completed".to_owned())
        }),
    ];
    for (field, spoil) in cases {
        let mut request = change(&event);
        spoil(&mut request);
        assert_eq!(invalid_fields(events.update(&ada, request).await), [field]);
    }
    let request = proto::UpdateEventRequest {
        banner_image: Some("events/foreign.jpg".to_owned()),
        ..change(&event)
    };
    assert_eq!(
        invalid_fields(events.update(&ada, request.clone()).await),
        ["banner_image"]
    );
    events.media.be_away(true);
    refused(
        events.update(&ada, request).await,
        ErrorCode::Unavailable,
        "unavailable",
    );
    assert_eq!(events.get(&ada, &event.id).await.unwrap(), event);
    assert_eq!(events.kinds().await, ["event.created"]);
}

/// O-210: the clock alone moves an event on, and filters see it move.
#[tokio::test(flavor = "multi_thread")]
async fn status_follows_from_the_clock() {
    let events = Events::start().await;
    let ada = student(1);
    let request = proto::CreateEventRequest {
        date: "2027-01-15".to_owned(),
        start_time: "11:00".to_owned(),
        end_time: "12:00".to_owned(),
        ..party()
    };
    let event = events.create(&ada, request).await;
    let names = ["upcoming", "ongoing", "completed", "cancelled"];
    for (minutes, status) in [
        (0, EventStatus::Upcoming),
        (59, EventStatus::Upcoming),
        (1, EventStatus::Ongoing),
        (59, EventStatus::Ongoing),
        (1, EventStatus::Completed),
    ] {
        events.clock.advance(TimeDelta::minutes(minutes));
        let now = events.get(&ada, &event.id).await.unwrap();
        assert_eq!(now.status(), status);
        for (nth, name) in names.into_iter().enumerate() {
            let request = proto::ListEventsRequest {
                status: name.to_owned(),
                ..Default::default()
            };
            let found = events.list(&ada, request).await.unwrap();
            assert_eq!(found.total, i64::from(nth + 1 == status as usize), "{name}");
        }
    }
    conflict(events.cancel(&ada, &event).await, "event_over");
    conflict(events.register(&student(2), &event.id).await, "event_over");
}

/// O-029: an event is called off once, and stays so.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_called_off_for_good() {
    let events = Events::start().await;
    let ada = student(1);
    let event = events.create(&ada, party()).await;
    let cancelled = events.cancel(&ada, &event).await.unwrap();
    assert_eq!(cancelled.status(), EventStatus::Cancelled);
    assert_eq!(events.cancel(&ada, &event).await.unwrap(), cancelled);
    for status in ["upcoming", "ongoing", "completed"] {
        let request = proto::UpdateEventRequest {
            status: Some(status.to_owned()),
            ..change(&event)
        };
        conflict(events.update(&ada, request).await, "event_cancelled");
    }
    let request = proto::UpdateEventRequest {
        description: Some("We are ill".to_owned()),
        ..change(&event)
    };
    let changed = events.update(&ada, request).await.unwrap();
    assert_eq!(changed.status(), EventStatus::Cancelled);
    events.clock.advance(TimeDelta::days(60));
    let later = events.get(&ada, &event.id).await.unwrap();
    assert_eq!(later.status(), EventStatus::Cancelled);
    conflict(
        events.register(&student(2), &event.id).await,
        "event_cancelled",
    );
    let kinds = ["event.created", "event.cancelled", "event.updated"];
    assert_eq!(events.kinds().await, kinds);
}

/// O-030: what hangs on an event goes along.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_gone_with_all_that_hung_on_it() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let event = events.create(&ada, party()).await;
    events.register(&bob, &event.id).await.unwrap();
    events.save(&bob, &event.id, None).await.unwrap();
    events.view(&bob, &event.id).await.unwrap();
    events.report(&bob, &event.id, "spam", "").await.unwrap();
    events.write_analytics().await;
    events.delete(&ada, &event.id).await.unwrap();
    for table in [
        "events",
        "registrations",
        "event_saves",
        "event_views",
        "reports",
    ] {
        assert_eq!(events.count(&format!("events.{table}")).await, 0, "{table}");
    }
    let last = events.outbox_json().await.pop().unwrap();
    assert_eq!(last["type"], "com.oruma.events.event.deleted.v1");
    assert_eq!(last["data"]["title"], "Party");
    assert_eq!(last["subject"], json!(event.id));
    no_event(events.delete(&ada, &event.id).await);
    no_event(events.register(&bob, &event.id).await);
    no_event(events.unregister(&bob, &event.id).await);
    no_event(events.save(&bob, &event.id, None).await);
    no_event(events.view(&bob, &event.id).await);
    no_event(events.report(&bob, &event.id, "", "").await);
    no_event(events.list_registrations(&ada, &event.id).await);
    no_event(events.attend(&ada, &event.id, &id_of(&bob), true).await);
}

/// K-15: however many repetitions of a request come at once, they announce one event.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_event() {
    let events = Events::start().await;
    let named = naming(&student(1), 7);
    let made = join_all((0..8).map(|_| events.create(&named, party()))).await;
    assert!(made.iter().all(|event| event.id == made[0].id));
    assert_eq!(events.count("events.events").await, 1);
}
