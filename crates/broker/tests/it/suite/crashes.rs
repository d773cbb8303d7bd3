//! Consumers that go away, with an outbox behind them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oruma_broker::Handler;
use tokio::sync::{mpsc, watch};

use crate::support::effects::{Effects, count, effects};
use crate::support::{Log, World, eventually, handler};

/// A handler that tells when it is called, and waits at the gate.
fn gated(
    log: &Log,
    gate: &watch::Receiver<bool>,
) -> (Arc<dyn Handler>, mpsc::UnboundedReceiver<()>) {
    let (called, is_called) = mpsc::unbounded_channel();
    let (log, gate) = (log.clone(), gate.clone());
    let handler = handler(move |event| {
        let (log, mut gate) = (log.clone(), gate.clone());
        let _ = called.send(());
        async move {
            gate.wait_for(|open| *open).await.unwrap();
            log.note(&event);
            Ok(())
        }
    });
    (handler, is_called)
}

pub(crate) async fn a_close_finishes_what_is_under_way_and_hands_back_the_rest(world: &World) {
    let (log, (go_on, gate)) = (Log::default(), watch::channel(false));
    let subscription = world.things();
    let mut process = world.process();
    let (slow, mut is_called) = gated(&log, &gate);
    world
        .subscribe(&process.broker, subscription.clone(), slow)
        .await;
    process.start_relay();
    let events: Vec<_> = (1..=5).map(|n| world.thing("s", n)).collect();
    world.append(&events).await;
    is_called.recv().await.unwrap();

    let closing = {
        let broker = Arc::clone(&process.broker);
        tokio::spawn(async move { broker.close().await })
    };
    eventually("closing", async || process.broker.ping().await.is_err()).await;
    assert!(!closing.is_finished());
    go_on.send(true).unwrap();
    closing.await.unwrap();
    process.stop_relay().await;
    assert_eq!(log.of("s"), [1]);

    let mut next = world.process();
    world
        .subscribe(&next.broker, subscription, log.handler())
        .await;
    next.start_relay();
    eventually("the rest arrived", async || log.of("s") == [1, 2, 3, 4, 5]).await;
}

pub(crate) async fn a_crash_while_handling_loses_nothing(world: &World) {
    let (log, (_go_on, gate)) = (Log::default(), watch::channel(false));
    let subscription = world.things();
    let mut process = world.process();
    let (stuck, mut is_called) = gated(&log, &gate);
    world
        .subscribe(&process.broker, subscription.clone(), stuck)
        .await;
    process.start_relay();
    world
        .append(&[world.thing("s", 1), world.thing("s", 2)])
        .await;
    is_called.recv().await.unwrap();
    drop(process);
    assert_eq!(log.len(), 0);

    let mut next = world.process();
    world
        .subscribe(&next.broker, subscription, log.handler())
        .await;
    next.start_relay();
    eventually("both arrived", async || log.of("s") == [1, 2]).await;
}

/// Ends the process again and again while events flow, by a crash or in good order; each takes effect once, in order.
pub(crate) async fn a_subject_keeps_its_order_over_crashes(world: &World) {
    const SUBJECTS: usize = 10;
    const EACH: i64 = 100;
    let subscription = world.things();
    let crashes = AtomicUsize::new(0);
    let append = async {
        for n in 0..EACH {
            let events: Vec<_> = (0..SUBJECTS)
                .map(|subject| world.thing(&subject.to_string(), n))
                .collect();
            world.append(&events).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        eventually("all arrived", async || {
            count(&world.pool, "effects").await == Some(SUBJECTS as i64 * EACH)
        })
        .await;
    };
    let crash = async {
        loop {
            let mut process = world.process();
            let effect = Effects::handler(&process.pool);
            world
                .subscribe(&process.broker, subscription.clone(), effect)
                .await;
            process.start_relay();
            tokio::time::sleep(Duration::from_millis(100)).await;
            if crashes.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
                process.stop_relay().await;
                process.broker.close().await;
            }
            drop(process);
        }
    };
    tokio::select! {
        () = append => {}
        () = crash => {}
    }
    assert!(crashes.load(Ordering::SeqCst) > 1);
    let effects = effects(&world.pool).await;
    for subject in 0..SUBJECTS {
        let subject = subject.to_string();
        let of_subject = effects.iter().filter(|effect| effect.subject == subject);
        let numbers: Vec<_> = of_subject.map(|effect| effect.n).collect();
        assert_eq!(numbers, (0..EACH).collect::<Vec<_>>());
    }
}
