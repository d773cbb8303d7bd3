//! The implementation inside the process.

use std::sync::Arc;

use oruma_broker::{Broker, HandleError, InProcessBroker};

use crate::support::{Log, World, eventually, handler};

crate::suite::suite!(World::in_process);

#[tokio::test]
async fn a_broker_that_holds_publishes_once_released() {
    let world = World::in_process().await;
    let broker = Arc::new(InProcessBroker::holding(None));
    let publishing = {
        let (broker, event) = (Arc::clone(&broker), world.thing("s", 1));
        tokio::spawn(async move { broker.publish(&[event]).await })
    };
    // Without the hold, the event would be gone before anybody wants it.
    tokio::task::yield_now().await;
    let log = Log::default();
    broker
        .subscribe(world.things(), log.handler())
        .await
        .unwrap();
    assert!(!publishing.is_finished());
    broker.release();
    assert_eq!(publishing.await.unwrap(), [Ok(())]);
    assert_eq!(log.of("s"), [1]);
}

#[tokio::test]
async fn a_broker_that_holds_can_be_closed() {
    let world = World::in_process().await;
    let broker = Arc::new(InProcessBroker::holding(None));
    let publishing = {
        let (broker, event) = (Arc::clone(&broker), world.thing("s", 1));
        tokio::spawn(async move { broker.publish(&[event]).await })
    };
    tokio::task::yield_now().await;
    broker.close().await;
    assert!(publishing.await.unwrap()[0].is_err());
}

#[tokio::test]
async fn memory_keeps_the_last_thousand_dead_letters() {
    let world = World::in_process().await;
    let broker = InProcessBroker::new(None);
    let poisoned = handler(|_| async { Err(HandleError::poison("no")) });
    let subscription = world.things();
    let queue = subscription.queue.clone();
    broker.subscribe(subscription, poisoned).await.unwrap();
    let events: Vec<_> = (0..1010).map(|n| world.thing("s", n)).collect();
    assert!(broker.publish(&events).await.iter().all(Result::is_ok));
    let letters = broker.dead_letters(&queue, 2000).await.unwrap();
    assert_eq!(letters.len(), 1000);
    assert_eq!(letters[0].event_id, Some(events[10].id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_outlive_the_process() {
    let world = World::in_process().await;
    let subscription = world.things();
    let queue = subscription.queue.clone();
    let first = world.process();
    let poisoned = handler(|_| async { Err(HandleError::poison("no")) });
    world
        .subscribe(&first.broker, subscription.clone(), poisoned)
        .await;
    assert_eq!(first.broker.publish(&[world.thing("s", 1)]).await, [Ok(())]);
    drop(first);

    let (second, log) = (world.process(), Log::default());
    world
        .subscribe(&second.broker, subscription, log.handler())
        .await;
    assert_eq!(second.broker.requeue_dead_letters(&queue).await.unwrap(), 1);
    eventually("handled", async || log.of("s") == [1]).await;
    assert!(
        second
            .broker
            .dead_letters(&queue, 1)
            .await
            .unwrap()
            .is_empty()
    );
}
