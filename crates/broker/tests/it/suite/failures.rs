//! Handlers that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oruma_broker::{HandleError, Handler, Subscription};

use crate::support::{Log, World, eventually, handler};

/// A handler whose first calls do something else.
fn failing(log: &Log, times: usize, fail: fn() -> HandleError) -> Arc<dyn Handler> {
    let (log, calls) = (log.clone(), Arc::new(AtomicUsize::new(0)));
    handler(move |event| {
        let (log, calls) = (log.clone(), Arc::clone(&calls));
        async move {
            if calls.fetch_add(1, Ordering::SeqCst) < times {
                return Err(fail());
            }
            log.note(&event);
            Ok(())
        }
    })
}

/// Publishes two events of a subject, and expects both to arrive in their order.
async fn both_arrive(
    world: &World,
    subscription: Subscription,
    handler: Arc<dyn Handler>,
    log: &Log,
) {
    let broker = world.broker();
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, handler).await;
    let published = broker
        .publish(&[world.thing("s", 1), world.thing("s", 2)])
        .await;
    assert_eq!(published, [Ok(()), Ok(())]);
    eventually("both arrived", async || log.of("s") == [1, 2]).await;
    assert_eq!(broker.dead_letters(&queue, 10).await.unwrap(), []);
}

pub(crate) async fn a_failure_is_tried_again(world: &World) {
    let log = Log::default();
    let twice = failing(&log, 2, || HandleError::retry("not yet"));
    both_arrive(world, world.things(), twice, &log).await;
}

pub(crate) async fn a_panic_is_tried_again(world: &World) {
    let log = Log::default();
    let once = failing(&log, 1, || panic!("a panic that the test wants"));
    both_arrive(world, world.things(), once, &log).await;
}

pub(crate) async fn an_outage_is_waited_for(world: &World) {
    let log = Log::default();
    let long = failing(&log, 4, || HandleError::unavailable("no database"));
    both_arrive(world, world.things().attempts(1), long, &log).await;
}

pub(crate) async fn a_call_that_takes_too_long_is_given_up(world: &World) {
    let broker = world.broker();
    let log = Log::default();
    let noted = log.clone();
    let endless = handler(move |event| {
        let log = noted.clone();
        async move {
            if event.subject == "endless" {
                std::future::pending::<()>().await;
            }
            log.note(&event);
            Ok(())
        }
    });
    let subscription = world
        .things()
        .attempts(1)
        .deadline(Duration::from_millis(50));
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, endless).await;
    broker
        .publish(&[world.thing("endless", 1), world.thing("s", 2)])
        .await;
    eventually("it died", async || {
        let letters = broker.dead_letters(&queue, 10).await.unwrap();
        letters
            .first()
            .is_some_and(|letter| letter.reason.contains("too long"))
    })
    .await;
    eventually("the other one arrived", async || log.of("s") == [2]).await;
}
