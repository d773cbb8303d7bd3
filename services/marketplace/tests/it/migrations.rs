//! The schema: its steps, and whether its indexes are of use.

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::MigrationHarness;
use futures::future::join_all;
use oruma_marketplace::service::MIGRATIONS;
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};

use crate::support::{Market, Setup, rows, student};

async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let path = "SET search_path TO marketplace, public";
    conn.batch_execute(path).await.unwrap();
    conn
}

/// Every table, column, index and rule of the schema, in words.
async fn schema(conn: &mut AsyncPgConnection) -> Vec<Value> {
    let mut described = Vec::new();
    for query in [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
         FROM information_schema.columns WHERE table_schema = 'marketplace' ORDER BY table_name, ordinal_position",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'marketplace' ORDER BY indexname",
        "SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS rule
         FROM pg_constraint WHERE connamespace = 'marketplace'::regnamespace ORDER BY conrelid::regclass::text, conname",
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
    assert!(steps >= 4);
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
        "SELECT tablename FROM pg_tables WHERE schemaname = 'marketplace'",
    )
    .await;
    assert_eq!(left, [json!({"tablename": "__diesel_schema_migrations"})]);

    let ran = harness.run_pending_migrations(MIGRATIONS).unwrap().len();
    assert_eq!(ran, steps);
    assert_eq!(schema(&mut conn).await, whole);
    let market = setup.start().await;
    let item = market.offer(&student(1), "chair").await;
    market.save(&student(2), &item.id, None).await.unwrap();
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    let database = TestDatabase::create_empty("marketplace").await;
    let runs = (0..4).map(|_| {
        let config = database.config().clone();
        tokio::spawn(async move { oruma_postgres::migrate(&config, MIGRATIONS).await })
    });
    let ran: usize = join_all(runs)
        .await
        .into_iter()
        .map(|ran| ran.unwrap().unwrap().len())
        .sum();
    let mut harness = AsyncMigrationHarness::new(connect(&database).await);
    assert_eq!(ran, harness.applied_migrations().unwrap().len());
    assert!(!harness.has_pending_migration(MIGRATIONS).unwrap());
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let market = Market::start().await;
    let ada = student(1);
    let sold = market.sell(&ada, Some(&student(2))).await;
    market.review(&student(2), &sold.id, 5, "").await.unwrap();
    market
        .report(&student(3), &sold.id, "spam", "")
        .await
        .unwrap();
    let mut conn = connect(&market.database).await;
    for wrong in [
        "UPDATE items SET title = ''",
        "UPDATE items SET description = ''",
        "UPDATE items SET category = ''",
        "UPDATE items SET price_cents = 0",
        "UPDATE items SET condition = 'new'",
        "UPDATE items SET status = 'gone'",
        "UPDATE items SET status = 'available'",
        "UPDATE items SET buyer_id = seller_id",
        "UPDATE items SET save_count = -1",
        "UPDATE items SET view_count = -1",
        "UPDATE items SET number = 7",
        "UPDATE items SET specification_labels = '{a}'",
        "UPDATE reviews SET rating = 6",
        "UPDATE reviews SET rating = 0",
        "UPDATE reviews SET reviewer_id = seller_id",
        "INSERT INTO reviews SELECT gen_random_uuid(), item_id, seller_id, reviewer_id, 1, '', now() FROM reviews",
        "UPDATE sellers SET review_count = 0",
        "UPDATE sellers SET rating_sum = 6",
        "UPDATE reports SET reason = ''",
        "INSERT INTO reports SELECT item_id, reporter_id, 'again', '', now() FROM reports",
        "INSERT INTO item_saves VALUES (gen_random_uuid(), gen_random_uuid(), now())",
        "INSERT INTO searches VALUES (now(), 'x', '', 0)",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}
