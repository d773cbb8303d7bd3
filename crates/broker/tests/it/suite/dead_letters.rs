//! Events that are given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::TimeDelta;
use oruma_broker::{Event, HandleError, SharedBroker};
use oruma_service_runtime::Clock;

use crate::support::{Log, World, eventually, handler};

async fn has_letters(broker: &SharedBroker, queue: &str, count: usize) {
    eventually("dead letters", async || {
        broker.dead_letters(queue, 100).await.unwrap().len() == count
    })
    .await;
}

pub(crate) async fn too_many_failures_make_a_dead_letter(world: &World) {
    let broker = world.broker();
    let (log, calls) = (Log::default(), Arc::new(AtomicUsize::new(0)));
    let failing = {
        let (log, calls) = (log.clone(), Arc::clone(&calls));
        handler(move |event| {
            let (log, calls) = (log.clone(), Arc::clone(&calls));
            async move {
                if event.data["n"] == 1 {
                    calls.fetch_add(1, Ordering::SeqCst);
                    return Err(HandleError::retry("never mind"));
                }
                log.note(&event);
                Ok(())
            }
        })
    };
    let subscription = world.things().attempts(3);
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, failing).await;
    let bad = world.thing("s", 1);
    let published = broker.publish(&[bad.clone(), world.thing("s", 2)]).await;
    assert_eq!(published, [Ok(()), Ok(())]);
    eventually("the next one arrived", async || log.of("s") == [2]).await;

    let letters = broker.dead_letters(&queue, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(letter.queue, queue);
    assert_eq!(letter.event_id, Some(bad.id));
    assert_eq!(Event::from_json(letter.body.as_bytes()).unwrap(), bad);
    assert!(letter.reason.contains("never mind"), "{}", letter.reason);
    assert_eq!((letter.attempts, calls.load(Ordering::SeqCst)), (3, 3));
    let age = Clock::system().now() - letter.died_at.unwrap();
    assert!(age < TimeDelta::minutes(5) && age > TimeDelta::seconds(-5));
}

pub(crate) async fn poison_is_a_dead_letter_at_once(world: &World) {
    let broker = world.broker();
    let poisoned = handler(|event| async move {
        Err(HandleError::poison(format!(
            "number {} is unknown",
            event.data["n"]
        )))
    });
    let subscription = world.things();
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, poisoned).await;
    for n in 1..=3 {
        assert_eq!(broker.publish(&[world.thing("s", n)]).await, [Ok(())]);
    }
    has_letters(&broker, &queue, 3).await;
    let letters = broker.dead_letters(&queue, 2).await.unwrap();
    let told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.reason.as_str(), letter.attempts))
        .collect();
    assert_eq!(
        told,
        [("number 1 is unknown", 1), ("number 2 is unknown", 1)]
    );
    // Looking changes nothing.
    assert_eq!(broker.dead_letters(&queue, 2).await.unwrap(), letters);
}

pub(crate) async fn a_dead_letter_gets_another_chance(world: &World) {
    let broker = world.broker();
    let (log, mended) = (Log::default(), Arc::new(AtomicBool::new(false)));
    let broken = {
        let (log, mended) = (log.clone(), Arc::clone(&mended));
        handler(move |event| {
            let (log, mended) = (log.clone(), mended.load(Ordering::SeqCst));
            async move {
                if !mended || event.data["n"] == 3 {
                    return Err(HandleError::poison("not understood"));
                }
                log.note(&event);
                Ok(())
            }
        })
    };
    let subscription = world.things();
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, broken).await;
    for n in 1..=3 {
        assert_eq!(broker.publish(&[world.thing("s", n)]).await, [Ok(())]);
    }
    has_letters(&broker, &queue, 3).await;
    mended.store(true, Ordering::SeqCst);
    assert_eq!(broker.requeue_dead_letters(&queue).await.unwrap(), 3);
    eventually("two were handled", async || log.of("s") == [1, 2]).await;
    // The third one died again.
    has_letters(&broker, &queue, 1).await;
    let letters = broker.dead_letters(&queue, 10).await.unwrap();
    assert!(letters[0].body.contains("\"n\":3") || letters[0].body.contains("\"n\": 3"));
}

pub(crate) async fn a_queue_without_dead_letters_has_none(world: &World) {
    let broker = world.broker();
    assert_eq!(broker.dead_letters("never.declared", 10).await.unwrap(), []);
    let subscription = world.things();
    let queue = subscription.queue.clone();
    world
        .subscribe(&broker, subscription, Log::default().handler())
        .await;
    assert_eq!(broker.dead_letters(&queue, 10).await.unwrap(), []);
    assert_eq!(broker.requeue_dead_letters(&queue).await.unwrap(), 0);
}
