//! Who comes.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_events::service::MIGRATIONS;
use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::RegistrationStatus;
use oruma_rpc_error::ErrorCode;
use oruma_test_kit::TestDatabase;

use crate::support::{
    Events, NOTHING, change, conflict, id_of, invalid_fields, party, party_for, patiently, refused,
    student,
};

/// O-031: of a hundred who come at once to two replicas, thirty find a place.
#[tokio::test(flavor = "multi_thread")]
async fn places_are_given_once_however_many_come_at_once() {
    let database = Arc::new(TestDatabase::create("events", MIGRATIONS).await);
    let first = Events::on(Arc::clone(&database), 7).await;
    let second = Events::on(database, 8).await;
    let event = first.create(&student(1), party_for(30)).await;
    let replicas = [&first, &second];
    let answers = join_all((100..200).map(|nth| {
        let (replica, id) = (replicas[usize::from(nth) % 2], event.id.clone());
        async move {
            {
                let person = student(nth);
                patiently(|| replica.register(&person, &id)).await
            }
        }
    }))
    .await;
    let (came, full): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((came.len(), full.len()), (30, 70));
    for answer in full {
        conflict(answer, "event_full");
    }
    let mut counts: Vec<i64> = came.into_iter().map(Result::unwrap).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=30).collect::<Vec<_>>());
    let now = first.get(&student(1), &event.id).await.unwrap();
    assert_eq!(now.registered_count, 30);
    first.assert_counters().await;
    let told = first.kinds().await;
    let created = told.iter().filter(|kind| *kind == "registration.created");
    assert_eq!(created.count(), 30);
}

/// O-031, O-032: after a storm of coming and going the counter is the number of rows.
#[tokio::test(flavor = "multi_thread")]
async fn counters_are_exact_after_a_storm() {
    let events = Events::start().await;
    let event = events.create(&student(1), party_for(7)).await;
    join_all((0..200_u16).map(|nth| {
        let (events, id) = (&events, event.id.clone());
        async move {
            let person = student(10 + nth % 20);
            let answer = if nth % 3 == 0 {
                patiently(|| events.unregister(&person, &id)).await
            } else {
                patiently(|| events.register(&person, &id)).await
            };
            match answer {
                Ok(count) => assert!((0..=7).contains(&count)),
                refusal => conflict(refusal, "event_full"),
            }
        }
    }))
    .await;
    events.assert_counters().await;
    let kinds = events.kinds().await;
    let told = |name: &str| kinds.iter().filter(|kind| *kind == name).count();
    let here = told("registration.created") - told("registration.cancelled");
    let now = events.get(&student(1), &event.id).await.unwrap();
    assert_eq!(now.registered_count, i64::try_from(here).unwrap());
}

/// O-031, O-032: coming twice counts once, going twice frees one place.
#[tokio::test(flavor = "multi_thread")]
async fn coming_and_going_twice_counts_once() {
    let events = Events::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let event = events.create(&ada, party_for(2)).await;
    assert_eq!(events.unregister(&bob, &event.id).await.unwrap(), 0);
    for _ in 0..2 {
        assert_eq!(events.register(&bob, &event.id).await.unwrap(), 1);
    }
    let seen = events.get(&bob, &event.id).await.unwrap();
    assert!(seen.registered);
    assert!(!events.get(&eve, &event.id).await.unwrap().registered);
    // The organiser is no attendee, but may come.
    assert_eq!(events.register(&ada, &event.id).await.unwrap(), 2);
    conflict(events.register(&eve, &event.id).await, "event_full");
    assert_eq!(events.register(&bob, &event.id).await.unwrap(), 2);
    for _ in 0..2 {
        assert_eq!(events.unregister(&bob, &event.id).await.unwrap(), 1);
    }
    assert_eq!(events.register(&eve, &event.id).await.unwrap(), 2);
    conflict(events.register(&bob, &event.id).await, "event_full");
    events.unregister(&eve, &event.id).await.unwrap();
    events.clock.advance(TimeDelta::minutes(1));
    assert_eq!(events.register(&bob, &event.id).await.unwrap(), 2);
    events.assert_counters().await;
    let row = "SELECT 1 FROM events.registrations";
    assert_eq!(events.rows(row).await.len(), 3, "one row a person");
    let kinds: Vec<String> = events.kinds().await;
    let c = "registration.created";
    let x = "registration.cancelled";
    assert_eq!(kinds[1..], [c, c, x, c, x, c]);
}

/// O-031: what was called off takes nobody, not even who came before; going is always possible.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_event_takes_nobody() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    let event = events.create(&ada, party_for(1)).await;
    events.register(&bob, &event.id).await.unwrap();
    events.cancel(&ada, &event).await.unwrap();
    for person in [&bob, &student(3)] {
        conflict(events.register(person, &event.id).await, "event_cancelled");
    }
    assert_eq!(events.unregister(&bob, &event.id).await.unwrap(), 0);
}

/// O-163: a capacity holds those who are there, also when it shrinks while people come.
#[tokio::test(flavor = "multi_thread")]
async fn a_capacity_never_falls_below_those_who_come() {
    let events = Events::start().await;
    let ada = student(1);
    let event = events.create(&ada, party()).await;
    for nth in 10..15 {
        events.register(&student(nth), &event.id).await.unwrap();
    }
    let resize = |capacity| proto::UpdateEventRequest {
        capacity: Some(capacity),
        ..change(&event)
    };
    assert_eq!(
        invalid_fields(events.update(&ada, resize(4)).await),
        ["capacity"]
    );
    let event_now = events.update(&ada, resize(5)).await.unwrap();
    assert_eq!(
        (event_now.capacity, event_now.registered_count),
        (Some(5), 5)
    );
    conflict(events.register(&student(20), &event.id).await, "event_full");
    let (grown, _) = tokio::join!(
        events.update(&ada, resize(8)),
        join_all((30..40).map(|nth| {
            let (events, id) = (&events, event.id.clone());
            async move { drop(events.register(&student(nth), &id).await) }
        }))
    );
    assert_eq!(grown.unwrap().capacity, Some(8));
    let shrunk = events.update(&ada, resize(6)).await;
    let now = events.get(&ada, &event.id).await.unwrap();
    assert!(now.registered_count <= i64::from(now.capacity.unwrap()));
    assert_eq!(shrunk.is_ok(), now.registered_count <= 6);
    events.assert_counters().await;
}

/// O-038: oldest first, with what became of them.
#[tokio::test(flavor = "multi_thread")]
async fn registrations_tell_what_became_of_them() {
    let events = Events::start().await;
    let ada = student(1);
    let event = events.create(&ada, party()).await;
    for nth in [4, 2, 3] {
        events.register(&student(nth), &event.id).await.unwrap();
        events.clock.advance(TimeDelta::minutes(1));
    }
    events.unregister(&student(2), &event.id).await.unwrap();
    let there = id_of(&student(3));
    for (attended, status) in [
        (true, RegistrationStatus::Attended),
        (false, RegistrationStatus::Registered),
        (true, RegistrationStatus::Attended),
    ] {
        let answer = events
            .attend(&ada, &event.id, &there, attended)
            .await
            .unwrap();
        assert_eq!(
            (answer.status(), answer.user_id.as_str()),
            (status, there.as_str())
        );
    }
    let found = events.list_registrations(&ada, &event.id).await.unwrap();
    let people: Vec<_> = found
        .iter()
        .map(|one| (one.user_id.clone(), one.status()))
        .collect();
    let expected = [
        (id_of(&student(4)), RegistrationStatus::Registered),
        (id_of(&student(2)), RegistrationStatus::Cancelled),
        (there, RegistrationStatus::Attended),
    ];
    assert_eq!(people, expected);
    for nobody in [
        id_of(&student(2)),
        NOTHING.to_owned(),
        "nonsense".to_owned(),
    ] {
        let refusal = events.attend(&ada, &event.id, &nobody, true).await;
        refused(refusal, ErrorCode::NotFound, "registration_not_found");
    }
    assert_eq!(events.register(&student(3), &event.id).await.unwrap(), 2);
    assert_eq!(events.unregister(&student(3), &event.id).await.unwrap(), 1);
    events.assert_counters().await;
}
