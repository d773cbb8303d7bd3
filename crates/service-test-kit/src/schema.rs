//! The schema of a service: its steps go down and up again, one by one and by several replicas at once.

use std::time::{Duration, Instant};

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use futures::future::join_all;
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};

use crate::rows;

/// Longer than an idle connection keeps what it has counted to itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection for which the tables of the service need no schema before their names.
pub async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let schema = database.config().schema;
    let path = format!("SET search_path TO {schema}, public");
    conn.batch_execute(&path).await.unwrap();
    conn
}

/// Every table, column, index and rule of the schema, in words.
async fn described(conn: &mut AsyncPgConnection, schema: &str) -> Vec<Value> {
    let mut described = Vec::new();
    for query in [
        format!(
            "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
             FROM information_schema.columns WHERE table_schema = '{schema}' ORDER BY table_name, ordinal_position"
        ),
        format!(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY indexname"
        ),
        format!(
            "SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS rule
             FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace ORDER BY conrelid::regclass::text, conname"
        ),
    ] {
        described.extend(rows(conn, &query).await);
    }
    described
}

/// Takes each step down and up again, which must leave what was there, then all of them down, which must leave nothing, and up. The database
/// is up to date before and after. Needs a multi-threaded runtime.
pub async fn check_steps(database: &TestDatabase, migrations: impl Fn() -> EmbeddedMigrations) {
    let schema = database.config().schema;
    let mut conn = connect(database).await;
    let mut harness = AsyncMigrationHarness::new(connect(database).await);
    let whole = described(&mut conn, schema).await;
    let steps = harness.applied_migrations().unwrap().len();
    assert!(steps > 0);
    for _ in 0..steps {
        let with = described(&mut conn, schema).await;
        harness.revert_last_migration(migrations()).unwrap();
        let without = described(&mut conn, schema).await;
        assert_ne!(without, with);
        harness.run_next_migration(migrations()).unwrap();
        assert_eq!(described(&mut conn, schema).await, with);
        harness.revert_last_migration(migrations()).unwrap();
        assert_eq!(described(&mut conn, schema).await, without);
    }
    let left = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'");
    let left = rows(&mut conn, &left).await;
    assert_eq!(left, [json!({"tablename": "__diesel_schema_migrations"})]);
    let ran = harness.run_pending_migrations(migrations()).unwrap().len();
    assert_eq!(ran, steps);
    assert_eq!(described(&mut conn, schema).await, whole);
}

/// Replicas that are rolled out together run each step once. Needs a multi-threaded runtime.
pub async fn check_replicas(schema: &'static str, migrations: impl Fn() -> EmbeddedMigrations) {
    let database = TestDatabase::create_empty(schema).await;
    // Each on a thread of its own: a replica that waits for another blocks its thread.
    let runs = (0..4).map(|_| {
        let (config, migrations) = (database.config().clone(), migrations());
        tokio::spawn(async move { oruma_postgres::migrate(&config, migrations).await })
    });
    let ran = join_all(runs).await.into_iter();
    let ran: usize = ran.map(|ran| ran.unwrap().unwrap().len()).sum();
    let mut harness = AsyncMigrationHarness::new(connect(&database).await);
    assert_eq!(ran, harness.applied_migrations().unwrap().len());
    assert!(!harness.has_pending_migration(migrations()).unwrap());
}

/// Waits until each of these indexes has been read since the database was made, or says which has not. The server counts reads with some delay.
pub async fn check_indexes_read(conn: &mut AsyncPgConnection, indexes: &[&str]) {
    let began = Instant::now();
    loop {
        let read = rows(
            conn,
            "SELECT indexrelname FROM pg_stat_user_indexes WHERE idx_scan > 0",
        )
        .await;
        let unread = indexes
            .iter()
            .filter(|name| !read.contains(&json!({"indexrelname": name})));
        let unread: Vec<_> = unread.collect();
        if unread.is_empty() {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "nothing reads the indexes {unread:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
