//! The schema: its steps, and what it refuses.

use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use oruma_events::service::MIGRATIONS;
use oruma_service_test_kit::schema::{check_replicas, check_steps, connect};
use oruma_test_kit::TestDatabase;

use crate::support::{Events, party_for, student};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let database = Arc::new(TestDatabase::create("events", MIGRATIONS).await);
    check_steps(&database, || MIGRATIONS).await;
    let events = Events::on(database, 7).await;
    let event = events.create(&student(1), party_for(1)).await;
    events.register(&student(2), &event.id).await.unwrap();
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("events", || MIGRATIONS).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let events = Events::start().await;
    let event = events.create(&student(1), party_for(1)).await;
    events.register(&student(2), &event.id).await.unwrap();
    let mut conn = connect(&events.database).await;
    for wrong in [
        "UPDATE events SET registered_count = 2",
        "UPDATE events SET registered_count = -1",
        "UPDATE events SET capacity = 0",
        "UPDATE events SET ends_at = starts_at",
        "UPDATE events SET title = ''",
        "UPDATE events SET save_count = -1",
        "UPDATE registrations SET status = 'maybe'",
        "INSERT INTO registrations SELECT gen_random_uuid(), event_id, user_id, status, now() FROM registrations",
        "INSERT INTO event_saves VALUES (gen_random_uuid(), gen_random_uuid(), now())",
        "INSERT INTO reports SELECT id, organizer_id, '', '', now() FROM events",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}
