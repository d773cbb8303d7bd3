//! The schema: its steps, and what it refuses.

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::MigrationHarness;
use oruma_media::service::MIGRATIONS;
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};

use crate::pictures::jpeg;
use crate::support::{Media, Setup, ada, rows};

async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let path = "SET search_path TO media, public";
    conn.batch_execute(path).await.unwrap();
    conn
}

/// Every table, column, index and rule of the schema, in words.
async fn schema(conn: &mut AsyncPgConnection) -> Vec<Value> {
    let mut described = Vec::new();
    for query in [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
         FROM information_schema.columns WHERE table_schema = 'media' ORDER BY table_name, ordinal_position",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'media' ORDER BY indexname",
        "SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS rule
         FROM pg_constraint WHERE connamespace = 'media'::regnamespace ORDER BY conrelid::regclass::text, conname",
    ] {
        described.extend(rows(conn, query).await);
    }
    described
}

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let setup = Setup::new().await;
    let mut conn = connect(&setup.database).await;
    let mut harness = AsyncMigrationHarness::new(connect(&setup.database).await);
    let whole = schema(&mut conn).await;
    let steps = harness.applied_migrations().unwrap().len();
    assert!(steps >= 2);
    for _ in 0..steps {
        let with = schema(&mut conn).await;
        harness.revert_last_migration(MIGRATIONS).unwrap();
        let without = schema(&mut conn).await;
        assert_ne!(without, with);
        harness.run_next_migration(MIGRATIONS).unwrap();
        assert_eq!(schema(&mut conn).await, with);
        harness.revert_last_migration(MIGRATIONS).unwrap();
    }
    let left = "SELECT tablename FROM pg_tables WHERE schemaname = 'media'";
    let left = rows(&mut conn, left).await;
    assert_eq!(left, [json!({"tablename": "__diesel_schema_migrations"})]);

    let ran = harness.run_pending_migrations(MIGRATIONS).unwrap().len();
    assert_eq!(ran, steps);
    assert_eq!(schema(&mut conn).await, whole);
    let media = setup.start().await;
    media.upload(&ada(), &jpeg()).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let media = Media::start().await;
    media.upload(&ada(), &jpeg()).await;
    let mut conn = connect(&media.database).await;
    for wrong in [
        "UPDATE images SET folder = '..'",
        "UPDATE images SET format = 'svg'",
        "UPDATE images SET state = 'lost'",
        "UPDATE images SET state = 'deleted'",
        "UPDATE images SET deleted_at = now()",
        "UPDATE images SET size_bytes = 0",
        "UPDATE images SET digest = ''",
        "INSERT INTO image_uses VALUES (gen_random_uuid(), 'social.post/1')",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}
