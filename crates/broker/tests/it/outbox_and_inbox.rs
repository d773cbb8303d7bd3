//! What services write in their transactions.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::QueryableByName;
use diesel::result::Error;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, RunQueryDsl};
use oruma_broker::{Event, Inbox, Outbox};
use oruma_postgres::Database;
use oruma_service_runtime::Clock;
use serde_json::json;
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::support::effects::count;
use crate::support::{SCHEMA, World};

async fn writer(world: &World) -> oruma_postgres::Writer {
    world.pool.writer().await.unwrap()
}

#[tokio::test]
async fn an_event_is_there_only_with_its_transaction() {
    let world = World::in_process().await;
    let outbox = Outbox::new(SCHEMA);
    let mut conn = writer(&world).await;
    for (n, commits) in [(1, true), (2, false), (3, true)] {
        let event = world.thing("s", n);
        let outcome = conn
            .transaction(async |conn| {
                outbox.append(conn, &event).await?;
                if commits {
                    Ok(())
                } else {
                    Err(Error::RollbackTransaction)
                }
            })
            .await;
        assert_eq!(outcome.is_ok(), commits);
    }
    assert_eq!(count(&world.pool, "outbox").await, Some(2));
}

#[tokio::test]
async fn what_could_not_be_published_fails_the_transaction() {
    let world = World::in_process().await;
    let outbox = Outbox::new(SCHEMA);
    let mut conn = writer(&world).await;
    let wrong = Event {
        kind: "not a kind".to_owned(),
        ..world.thing("s", 1)
    };
    let appended = outbox.append(&mut conn, &wrong).await;
    assert!(matches!(appended, Err(Error::SerializationError(_))));
    let large = Event {
        data: json!("x".repeat(300_000)),
        ..world.thing("s", 1)
    };
    let appended = outbox.append(&mut conn, &large).await;
    assert!(matches!(appended, Err(Error::SerializationError(_))));
    let nul = Event {
        data: json!("\0"),
        ..world.thing("s", 1)
    };
    assert!(outbox.append(&mut conn, &nul).await.is_err());
    assert_eq!(count(&world.pool, "outbox").await, Some(0));
}

#[tokio::test]
async fn statements_are_prepared_once() {
    #[derive(QueryableByName)]
    struct Prepared {
        #[diesel(sql_type = BigInt)]
        statements: i64,
    }
    let world = World::in_process().await;
    let (outbox, inbox) = (Outbox::new(SCHEMA), Inbox::new(SCHEMA, "test"));
    let mut conn = writer(&world).await;
    for n in 0..5 {
        let event = world.thing("s", n);
        outbox.append(&mut conn, &event).await.unwrap();
        assert!(inbox.first_time(&mut conn, event.id).await.unwrap());
    }
    let prepared: Prepared = diesel::sql_query(
        "SELECT count(*) AS statements FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'",
    )
    .get_result(&mut conn)
    .await
    .unwrap();
    assert_eq!(prepared.statements, 2);
}

/// Handles an event in a transaction that commits or not, and tells whether it was the first time.
async fn handle(pool: &Database, inbox: &Inbox, event: Uuid, commits: bool) -> bool {
    let mut conn = pool.writer().await.unwrap();
    let mut first = false;
    let _ = conn
        .transaction(async |conn| {
            first = inbox.first_time(conn, event).await?;
            if commits {
                Ok(())
            } else {
                Err(Error::RollbackTransaction)
            }
        })
        .await;
    first
}

#[tokio::test]
async fn an_event_is_new_until_its_handling_commits() {
    let world = World::in_process().await;
    let event = world.thing("s", 1).id;
    let (inbox, other) = (Inbox::new(SCHEMA, "one"), Inbox::new(SCHEMA, "other"));
    assert!(handle(&world.pool, &inbox, event, false).await);
    assert!(handle(&world.pool, &inbox, event, true).await);
    assert!(!handle(&world.pool, &inbox, event, true).await);
    assert!(handle(&world.pool, &other, event, true).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_the_same_time_one_is_the_first() {
    let world = World::in_process().await;
    let event = world.thing("s", 1).id;
    let barrier = Arc::new(Barrier::new(8));
    let handlings: Vec<_> = (0..8)
        .map(|_| {
            let (pool, barrier) = (world.pool.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                handle(&pool, &Inbox::new(SCHEMA, "test"), event, true).await
            })
        })
        .collect();
    let mut first = 0;
    for handling in handlings {
        first += usize::from(handling.await.unwrap());
    }
    assert_eq!(first, 1);
}

#[tokio::test]
async fn old_events_are_forgotten() {
    let world = World::in_process().await;
    let (inbox, other) = (Inbox::new(SCHEMA, "one"), Inbox::new(SCHEMA, "other"));
    let event = world.thing("s", 1).id;
    assert!(handle(&world.pool, &inbox, event, true).await);
    assert!(handle(&world.pool, &other, event, true).await);
    let now = Clock::system().now();
    let mut conn = writer(&world).await;
    for (time, forgotten) in [
        (now - TimeDelta::hours(1), 0),
        (now + TimeDelta::hours(1), 1),
    ] {
        assert_eq!(
            inbox.forget_before(&mut conn, time).await.unwrap(),
            forgotten
        );
    }
    assert_eq!(count(&world.pool, "inbox").await, Some(1));
}
