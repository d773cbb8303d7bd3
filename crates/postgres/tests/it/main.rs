//! The pool, against a real server.

use std::time::Duration;

use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use oruma_test_kit::{TestDatabase, within};

/// Whoever goes away in the middle of a transaction takes its locks along, and nothing of it stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_transaction_is_rolled_back_at_once() {
    let place = TestDatabase::create_empty("public").await;
    let database = place.connect();
    let mut conn = database.writer().await.unwrap();
    conn.batch_execute("CREATE TABLE shelf (book text PRIMARY KEY)")
        .await
        .unwrap();
    drop(conn);

    let abandoned = async {
        let mut conn = database.writer().await.unwrap();
        conn.transaction::<(), diesel::result::Error, _>(async |conn| {
            conn.batch_execute("LOCK TABLE shelf; INSERT INTO shelf VALUES ('unwritten')")
                .await?;
            std::future::pending().await
        })
        .await
    };
    assert!(
        tokio::time::timeout(Duration::from_millis(300), abandoned)
            .await
            .is_err()
    );

    // A connection that is not of the pool, so nothing that the pool does when it lends is what ends the transaction.
    let other = place.connect();
    within(Duration::from_secs(10), "the lock is gone", || async {
        let mut conn = other.reader().await.unwrap();
        conn.batch_execute("SET lock_timeout = '200ms'; SELECT * FROM shelf")
            .await
            .is_ok()
    })
    .await;
    let mut conn = other.writer().await.unwrap();
    let deleted = diesel::sql_query("DELETE FROM shelf")
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(deleted, 0);
    assert!(database.ping().await.is_ok());
}
