//! The schema: its steps, and what it refuses.

use std::sync::Arc;

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::MigrationHarness;
use oruma_events::service::MIGRATIONS;
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};

use crate::support::{Events, party_for, rows, student};

async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let path = "SET search_path TO events, public";
    conn.batch_execute(path).await.unwrap();
    conn
}

/// Every table, column, index and rule of the schema, in words.
async fn schema(conn: &mut AsyncPgConnection) -> Vec<Value> {
    let mut described = Vec::new();
    for query in [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
         FROM information_schema.columns WHERE table_schema = 'events' ORDER BY table_name, ordinal_position",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'events' ORDER BY indexname",
        "SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS rule
         FROM pg_constraint WHERE connamespace = 'events'::regnamespace ORDER BY conrelid::regclass::text, conname",
    ] {
        described.extend(rows(conn, query).await);
    }
    described
}

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let database = Arc::new(TestDatabase::create("events", MIGRATIONS).await);
    let mut conn = connect(&database).await;
    let mut harness = AsyncMigrationHarness::new(connect(&database).await);
    let whole = schema(&mut conn).await;
    let steps = harness.applied_migrations().unwrap().len();
    assert_eq!(steps, 4);
    for _ in 0..steps {
        let with = schema(&mut conn).await;
        harness.revert_last_migration(MIGRATIONS).unwrap();
        let without = schema(&mut conn).await;
        assert_ne!(without, with);
        harness.run_next_migration(MIGRATIONS).unwrap();
        assert_eq!(schema(&mut conn).await, with);
        harness.revert_last_migration(MIGRATIONS).unwrap();
        assert_eq!(schema(&mut conn).await, without);
    }
    let left = rows(
        &mut conn,
        "SELECT tablename FROM pg_tables WHERE schemaname = 'events'",
    )
    .await;
    assert_eq!(left, [json!({"tablename": "__diesel_schema_migrations"})]);
    let ran = harness.run_pending_migrations(MIGRATIONS).unwrap().len();
    assert_eq!(ran, steps);
    assert_eq!(schema(&mut conn).await, whole);
    let events = Events::on(database, 7).await;
    let event = events.create(&student(1), party_for(1)).await;
    events.register(&student(2), &event.id).await.unwrap();
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
