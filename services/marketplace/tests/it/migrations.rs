//! The schema: its steps, and whether its indexes are of use.

use diesel_async::SimpleAsyncConnection;
use oruma_marketplace::service::MIGRATIONS;
use oruma_service_test_kit::schema::{check_replicas, check_steps, connect};

use crate::support::{Market, Setup, student};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let setup = Setup::new().await;
    check_steps(&setup.database, || MIGRATIONS).await;
    let market = setup.start().await;
    let item = market.offer(&student(1), "chair").await;
    market.save(&student(2), &item.id, None).await.unwrap();
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("marketplace", || MIGRATIONS).await;
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
