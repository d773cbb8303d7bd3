//! From the outbox to whatever broker there is.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel_async::SimpleAsyncConnection;
use oruma_broker::{PublishError, Relay, RelayError, SharedBroker};

use crate::support::effects::count;
use crate::support::recorder::Recorder;
use crate::support::{Relaying, SCHEMA, World, eventually};

/// A relay with connections of its own, as another replica has it.
fn replica(world: &World, recorder: &Arc<Recorder>) -> Relaying {
    let broker: SharedBroker = Arc::clone(recorder) as SharedBroker;
    Relaying::start(Relay::new(world.database.pool(), SCHEMA, broker))
}

async fn append(world: &World, numbers: std::ops::Range<i64>) {
    let events: Vec<_> = numbers.map(|n| world.thing("s", n)).collect();
    world.append(&events).await;
}

async fn is_empty(world: &World) {
    eventually("the outbox is empty", async || {
        count(&world.pool, "outbox").await == Some(0)
    })
    .await;
}

/// The numbers without those that came again.
fn first_times(numbers: &[i64]) -> Vec<i64> {
    let mut seen = HashSet::new();
    numbers
        .iter()
        .copied()
        .filter(|n| seen.insert(*n))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_at_once_keep_the_order() {
    let world = World::in_process().await;
    let recorder = Recorder::new(|_| Ok(()));
    let relays = [replica(&world, &recorder), replica(&world, &recorder)];
    for n in 0..100 {
        append(&world, n * 10..(n + 1) * 10).await;
    }
    eventually("all published", async || recorder.numbers().len() >= 1000).await;
    is_empty(&world).await;
    for relay in relays {
        relay.stop().await;
    }
    assert_eq!(recorder.numbers(), (0..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_dead_process_left_is_published() {
    let world = World::in_process().await;
    append(&world, 0..3).await;
    let recorder = Recorder::new(|_| Ok(()));
    let _relay = replica(&world, &recorder);
    eventually("published at the start", async || {
        recorder.numbers() == [0, 1, 2]
    })
    .await;
    // This relay's own pool wrote nothing, so nobody wakes it.
    append(&world, 3..5).await;
    eventually("published without a call", async || {
        recorder.numbers() == [0, 1, 2, 3, 4]
    })
    .await;
}

#[tokio::test]
async fn a_drain_publishes_what_there_is() {
    let world = World::in_process().await;
    let recorder = Recorder::new(|_| Ok(()));
    let broker: SharedBroker = Arc::clone(&recorder) as SharedBroker;
    let relay = world.relay(&broker);
    assert_eq!(relay.drain().await.unwrap(), 0);
    append(&world, 0..600).await;
    assert_eq!(relay.drain().await.unwrap(), 600);
    assert_eq!(recorder.numbers(), (0..600).collect::<Vec<_>>());
    assert_eq!(count(&world.pool, "outbox").await, Some(0));
}

#[tokio::test]
async fn events_stay_while_the_broker_is_away() {
    let world = World::in_process().await;
    let (away, tries) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let recorder = Recorder::new({
        let (away, tries) = (Arc::clone(&away), Arc::clone(&tries));
        move |_| {
            tries.fetch_add(1, Ordering::SeqCst);
            if away.load(Ordering::SeqCst) {
                return Err(PublishError::Unreachable("away".to_owned()));
            }
            Ok(())
        }
    });
    append(&world, 0..3).await;
    let broker: SharedBroker = Arc::clone(&recorder) as SharedBroker;
    let drained = world.relay(&broker).drain().await;
    assert!(matches!(drained, Err(RelayError::Publish { left: 3, .. })));

    let relay = replica(&world, &recorder);
    eventually("several tries", async || tries.load(Ordering::SeqCst) > 9).await;
    append(&world, 3..6).await;
    assert_eq!(count(&world.pool, "outbox").await, Some(6));
    away.store(false, Ordering::SeqCst);
    is_empty(&world).await;
    relay.stop().await;
    assert_eq!(recorder.numbers(), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_event_that_the_broker_refuses_does_not_hold_up_the_rest() {
    let world = World::in_process().await;
    let recorder = Recorder::new(|event| match event.data["n"].as_i64() {
        Some(3) => Err(PublishError::Refused("too large".to_owned())),
        _ => Ok(()),
    });
    append(&world, 0..6).await;
    let _relay = replica(&world, &recorder);
    is_empty(&world).await;
    assert_eq!(recorder.numbers(), [0, 1, 2, 4, 5]);
    dead_letter_says(&world, "too large").await;
}

#[tokio::test]
async fn a_row_that_is_no_event_does_not_hold_up_the_rest() {
    let world = World::in_process().await;
    append(&world, 0..1).await;
    let mut conn = world.pool.writer().await.unwrap();
    conn.batch_execute(&format!(
        "INSERT INTO {SCHEMA}.outbox (id, kind, subject, event) VALUES (gen_random_uuid(), '', '', '{{}}')"
    ))
    .await
    .unwrap();
    append(&world, 1..2).await;
    let recorder = Recorder::new(|_| Ok(()));
    let _relay = replica(&world, &recorder);
    is_empty(&world).await;
    assert_eq!(recorder.numbers(), [0, 1]);
    dead_letter_says(&world, "no event").await;
}

async fn dead_letter_says(world: &World, reason: &str) {
    let letters = world.broker().dead_letters("outbox", 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains(reason), "{}", letters[0].reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_to_the_database_are_survived() {
    let world = World::in_process().await;
    let recorder = Recorder::new(|_| Ok(()));
    let relay = replica(&world, &recorder);
    for n in 0..20 {
        append(&world, n * 50..(n + 1) * 50).await;
        if n % 5 == 4 {
            world.database.cut_connections().await;
            // The pool of the test lost its connections too.
            eventually("a connection", async || world.pool.ping().await.is_ok()).await;
        }
    }
    is_empty(&world).await;
    relay.stop().await;
    assert_eq!(
        first_times(&recorder.numbers()),
        (0..1000).collect::<Vec<_>>()
    );
}
