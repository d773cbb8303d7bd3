//! Who gets what, and in which order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oruma_broker::{BrokerError, Event, HandleError, Handler, PublishError, Subscription};
use tokio::sync::watch;

use crate::support::effects::{Effects, count, effects};
use crate::support::{Log, World, eventually, handler};

pub(crate) async fn each_queue_that_wants_an_event_gets_it(world: &World) {
    let broker = world.broker();
    let (posts, all, others) = (Log::default(), Log::default(), Log::default());
    for (name, kinds, log) in [
        (
            "posts",
            vec![world.kind("post.*.v1"), world.kind("post.created.*")],
            &posts,
        ),
        ("all", vec![world.kind("#")], &all),
        ("others", vec![world.kind("comment.created.v1")], &others),
    ] {
        let subscription = Subscription::once(world.queue(name), kinds);
        world.subscribe(&broker, subscription, log.handler()).await;
    }
    let events = [
        world.event("post.created.v1", "p", 1),
        world.event("post.created.v2", "p", 2),
        world.event("like.set.v1", "p", 3),
    ];
    assert_eq!(broker.publish(&events).await, [Ok(()), Ok(()), Ok(())]);
    eventually("all arrived", async || posts.len() == 2 && all.len() == 3).await;
    assert_eq!(posts.of("p"), [1, 2]);
    assert_eq!(all.of("p"), [1, 2, 3]);
    assert_eq!(others.len(), 0);
}

pub(crate) async fn a_duplicate_has_its_effect_once(world: &World) {
    let broker = world.broker();
    world
        .subscribe(&broker, world.things(), Effects::handler(&world.pool))
        .await;
    let event = world.thing("s", 1);
    let last = world.thing("s", 2);
    let events = [event.clone(), event.clone(), event, last];
    assert!(broker.publish(&events).await.iter().all(Result::is_ok));
    eventually("the last one arrived", async || {
        effects(&world.pool)
            .await
            .last()
            .is_some_and(|last| last.n == 2)
    })
    .await;
    assert_eq!(effects(&world.pool).await.len(), 2);
    assert_eq!(count(&world.pool, "inbox").await, Some(2));
}

pub(crate) async fn events_of_a_subject_keep_their_order(world: &World) {
    const SUBJECTS: i64 = 40;
    const EACH: i64 = 25;
    let broker = world.broker();
    let log = Log::default();
    let noted = log.clone();
    let uneven = handler(move |event| {
        let log = noted.clone();
        async move {
            // Some take longer than others.
            for _ in 0..event.id.as_u128() % 7 {
                tokio::task::yield_now().await;
            }
            log.note(&event);
            Ok(())
        }
    });
    world.subscribe(&broker, world.things(), uneven).await;
    for n in 0..EACH {
        let events: Vec<_> = (0..SUBJECTS)
            .map(|subject| world.thing(&subject.to_string(), n))
            .collect();
        assert!(broker.publish(&events).await.iter().all(Result::is_ok));
    }
    eventually("all arrived", async || log.len() == 1000).await;
    for subject in 0..SUBJECTS {
        assert_eq!(log.of(&subject.to_string()), (0..EACH).collect::<Vec<_>>());
    }
}

pub(crate) async fn a_slow_subject_does_not_hold_up_others(world: &World) {
    let broker = world.broker();
    let log = Log::default();
    let (go_on, gate) = watch::channel(false);
    let noted = log.clone();
    let gated = handler(move |event| {
        let (log, mut gate) = (noted.clone(), gate.clone());
        async move {
            if event.subject == "slow" {
                gate.wait_for(|open| *open).await.unwrap();
            }
            log.note(&event);
            Ok(())
        }
    });
    world.subscribe(&broker, world.things(), gated).await;
    let mut events = vec![world.thing("slow", 0)];
    events.extend((0..40).map(|n| world.thing(&format!("s{n}"), n)));
    let publishing = {
        let broker = Arc::clone(&broker);
        tokio::spawn(async move { broker.publish(&events).await })
    };
    // Those that share its lane wait with it.
    eventually("others pass", async || log.len() >= 20).await;
    assert!(log.of("slow").is_empty());
    go_on.send(true).unwrap();
    eventually("all arrived", async || log.len() == 41).await;
    assert!(publishing.await.unwrap().iter().all(Result::is_ok));
}

/// Counts what it is told.
#[derive(Default)]
struct Cache {
    missed: AtomicUsize,
    handled: AtomicUsize,
}

#[async_trait]
impl Handler for Cache {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.subject == "broken" {
            return Err(HandleError::poison("broken"));
        }
        self.handled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn missed(&self) {
        self.missed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Cache {
    fn counts(&self) -> (usize, usize) {
        (
            self.missed.load(Ordering::SeqCst),
            self.handled.load(Ordering::SeqCst),
        )
    }
}

pub(crate) async fn each_process_gets_the_event(world: &World) {
    // Inside the process there is one process.
    let processes = if world.rabbitmq.is_some() { 3 } else { 1 };
    let kinds = [world.kind("thing.happened.v1")];
    let mut caches = Vec::new();
    let mut brokers = Vec::new();
    for _ in 0..processes {
        let (broker, cache) = (world.broker(), Arc::new(Cache::default()));
        let subscription = Subscription::each_process("cards", kinds.clone());
        let handler: Arc<dyn Handler> = cache.clone();
        world.subscribe(&broker, subscription, handler).await;
        eventually("told at first", async || cache.counts() == (1, 0)).await;
        caches.push(cache);
        brokers.push(broker);
    }
    let published = brokers[0]
        .publish(&[world.thing("a", 1), world.thing("b", 2)])
        .await;
    assert_eq!(published, [Ok(()), Ok(())]);
    for cache in &caches {
        eventually("both arrived", async || cache.counts() == (1, 2)).await;
    }
    // What it could not handle counts as missed.
    let published = brokers[0].publish(&[world.thing("broken", 3)]).await;
    assert_eq!(published, [Ok(())]);
    for cache in &caches {
        eventually("told again", async || cache.counts() == (2, 2)).await;
    }
}

pub(crate) async fn what_nobody_wants_is_gone(world: &World) {
    let broker = world.broker();
    let published = broker
        .publish(&[world.event("nobody.wants.v1", "s", 1)])
        .await;
    assert_eq!(published, [Ok(())]);
    assert_eq!(broker.publish(&[]).await, []);
}

pub(crate) async fn an_invalid_event_is_refused_alone(world: &World) {
    let broker = world.broker();
    let log = Log::default();
    world
        .subscribe(&broker, world.things(), log.handler())
        .await;
    let wrong = Event {
        kind: "No Kind".to_owned(),
        ..world.thing("s", 2)
    };
    let published = broker
        .publish(&[world.thing("s", 1), wrong, world.thing("s", 3)])
        .await;
    assert!(published[0].is_ok() && published[2].is_ok());
    assert!(matches!(published[1], Err(PublishError::Invalid(_))));
    eventually("the others arrived", async || log.of("s") == [1, 3]).await;
}

pub(crate) async fn a_queue_is_subscribed_once(world: &World) {
    let broker = world.broker();
    let log = Log::default();
    let subscription = world.things();
    world
        .subscribe(&broker, subscription.clone(), log.handler())
        .await;
    let again = broker.subscribe(subscription, log.handler()).await;
    assert!(matches!(again, Err(BrokerError::AlreadySubscribed(_))));
    let wrong = broker
        .subscribe(Subscription::once("", ["a"]), log.handler())
        .await;
    assert!(matches!(wrong, Err(BrokerError::InvalidSubscription(_))));
}

pub(crate) async fn a_closed_broker_takes_nothing(world: &World) {
    let broker = world.broker();
    broker.ping().await.unwrap();
    broker.close().await;
    assert_eq!(
        broker.publish(&[world.thing("s", 1)]).await,
        [Err(PublishError::Closed)]
    );
    assert!(matches!(broker.ping().await, Err(BrokerError::Closed)));
    let subscription = Subscription::each_process("late", ["a"]);
    let late = broker
        .subscribe(subscription, Log::default().handler())
        .await;
    assert!(matches!(late, Err(BrokerError::Closed)));
    broker.close().await;
}
